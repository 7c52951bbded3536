"""matplotlib without the settings of the machine and the user, which could change the figures or stop the import."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from indicator_defs.system.settings import environment_aside


@contextlib.contextmanager
def _without_settings() -> Iterator[None]:
    """Hides the user's settings while matplotlib is imported.

    An unknown backend would stop the import; an invalid line would print warnings. A `matplotlibrc` in the current
    folder cannot be hidden, because it has precedence, so warnings about it are suppressed.
    """
    log = logging.getLogger("matplotlib")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        # an empty file replaces the user's own
        with environment_aside("MPLBACKEND", MATPLOTLIBRC=os.devnull):
            yield
    finally:
        log.setLevel(level)


with _without_settings():
    try:
        import matplotlib as mpl
    except (OSError, UnicodeError):  # unreadable matplotlibrc in the current folder: import from another one
        for name in [n for n in sys.modules if n.partition(".")[0] == "matplotlib"]:
            del sys.modules[name]
        with contextlib.chdir(Path(__file__).parent):
            import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.collections import PatchCollection
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Rectangle

__all__ = [
    "Figure",
    "FigureCanvasAgg",
    "Line2D",
    "LinearSegmentedColormap",
    "PatchCollection",
    "Rectangle",
    "mpl",
    "own_settings",
]


def own_settings() -> dict[Any, Any]:
    """matplotlib's default of every setting except the backend, which figures with their own canvas do not use."""
    return {name: value for name, value in mpl.rcParamsDefault.items() if not name.startswith("backend")}

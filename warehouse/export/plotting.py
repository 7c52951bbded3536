"""matplotlib without the machine's and the user's settings: loaded so that they cannot stop it, and its own defaults.

Belongs here: everything that keeps such settings out of the figures; the parts of matplotlib that they are drawn with.
Does not belong here: how the figures look (report_figures.py).
"""

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
    """Sets aside what matplotlib reads when it is loaded: an unknown backend would stop it, a wrong line fill the screen.

    Without the folder's `matplotlibrc`, which comes before any other: what is said of that one is not shown.
    """
    log = logging.getLogger("matplotlib")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        # a file without a line instead of the user's own
        with environment_aside("MPLBACKEND", MATPLOTLIBRC=os.devnull):
            yield
    finally:
        log.setLevel(level)


with _without_settings():
    try:
        import matplotlib as mpl
    except (OSError, UnicodeError):  # a matplotlibrc in the folder that cannot be read: once more, from another one
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
    """matplotlib's own defaults of every setting but the backend, which a figure with a canvas of its own does not use."""
    return {name: value for name, value in mpl.rcParamsDefault.items() if not name.startswith("backend")}

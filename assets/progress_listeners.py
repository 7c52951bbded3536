"""The listeners of a run: functions that receive what each asset made, and each step of a download.

The command line adds a listener to show progress (pipelines/cli/output); the UI needs none.
"""

from __future__ import annotations

from collections.abc import Callable

from sources.fetching import FetchProgress

# Arguments: (asset, what it made, None) for an asset, (dataset, message, step) for a download.
Listener = Callable[[str, str, FetchProgress | None], None]
_listeners: list[Listener] = []


def add_listener(listener: Listener) -> None:
    """Adds a listener."""
    _listeners.append(listener)


def remove_listener(listener: Listener) -> None:
    """Removes a listener."""
    _listeners.remove(listener)


def report(asset: str, message: str, step: FetchProgress | None = None) -> None:
    """Reports what an asset made, or a step of a download, to all listeners."""
    for listener in _listeners:
        listener(asset, message, step)

"""Who follows a run: functions that get what each asset made, and each step of a fetch.

Belongs here: the list of listeners, and reporting to them. The command line adds one to show progress; the UI needs none.
Does not belong here: how progress is shown (pipelines/cli/output).
"""

from __future__ import annotations

from collections.abc import Callable

from sources.fetching import FetchProgress

# (asset, what it made, None) of each asset, and (dataset, what, step) of a fetch.
Listener = Callable[[str, str, FetchProgress | None], None]
_listeners: list[Listener] = []


def add_listener(listener: Listener) -> None:
    """Adds a function that gets (asset, what it made, None) of each asset, and (dataset, what, step) of a fetch."""
    _listeners.append(listener)


def remove_listener(listener: Listener) -> None:
    """Removes a listener that was added."""
    _listeners.remove(listener)


def report(asset: str, message: str, step: FetchProgress | None = None) -> None:
    """Hands what an asset made, or a step of a fetch, to all listeners."""
    for listener in _listeners:
        listener(asset, message, step)

"""Shows the progress of a refresh: bars on a terminal, JSON events for programs.

The graph (assets) reports the progress; refresh_text.py shows the result of a refresh.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

    from assets.progress_listeners import Listener
    from sources.fetching import FetchProgress


@contextmanager
def on_terminal(stream: TextIO | None = None) -> Iterator[Listener | None]:
    """A listener that draws bars on stderr until the work ends; None (no output) if stderr is not a terminal."""
    terminal = sys.stderr if stream is None else stream
    if not terminal.isatty():
        yield None
        return
    from rich.console import Console

    with Bars(Console(file=terminal)) as bars:
        yield bars.show


@contextmanager
def ignoring_closed_pipe(stream: TextIO) -> Iterator[None]:
    """Lets the work continue when the reader of `stream` has ended (payung refresh --json | head)."""
    try:
        yield
    except BrokenPipeError:
        with Path(os.devnull).open("w", encoding="utf-8") as null_device:
            os.dup2(null_device.fileno(), stream.fileno())


class Bars:
    """One line for the graph, and one bar for each provider with downloads: pages and rows received."""

    def __init__(self, console: Console) -> None:
        """Prepares bars on this console; use the object as a context."""
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self.progress: Progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[pages_and_rows]}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._graph = self.progress.add_task("starting", total=None, pages_and_rows="")
        self._tasks: dict[str, TaskID] = {}
        # for each provider, by dataset and request: pages received, total pages, total rows
        self._parts: dict[str, dict[tuple[str, str], tuple[int, int, int]]] = {}
        self._rows: dict[str, dict[str, int]] = {}

    def __enter__(self) -> Bars:
        """Starts to draw."""
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Removes the bars."""
        self.progress.stop()

    def show(self, asset: str, message: str, step: FetchProgress | None = None) -> None:
        """Shows what an asset made, or the step of a download (then `asset` is provider/dataset)."""
        if step is None:
            self.progress.update(self._graph, description=f"{asset}: {message}")
            return
        provider = asset.split("/")[0]
        if provider not in self._tasks:
            self._tasks[provider] = self.progress.add_task(provider, total=None, pages_and_rows="requesting")
        parts = self._parts.setdefault(provider, {})
        rows = self._rows.setdefault(provider, {})
        if step.page is not None and step.pages is not None:
            received = parts.get((asset, step.part), (0, 0, 0))[0] + 1
            parts[asset, step.part] = received, step.pages, step.rows or 0
            rows[asset] = sum(r for (name, _), (_, _, r) in parts.items() if name == asset)
        elif step.rows is not None:
            rows[asset] = step.rows
        done, pages = (sum(p[i] for p in parts.values()) for i in (0, 1))
        text = f"{done} of {pages} pages, {sum(rows.values()):,} rows" if pages else step.text
        self.progress.update(self._tasks[provider], completed=done, total=pages or None, pages_and_rows=text)


class Events:
    """Writes one JSON object per line: start, progress, fetched, and at the end published, unchanged or failed."""

    def __init__(self, stream: TextIO) -> None:
        """Writes the events to this stream."""
        self.stream = stream

    def write(self, event: str, **facts: Any) -> None:
        """Writes one event and flushes it, so that a reader receives it during the work."""
        with ignoring_closed_pipe(self.stream):
            self.stream.write(json.dumps({"event": event, **facts}, ensure_ascii=False, default=str) + "\n")
            self.stream.flush()

    def progress(self, asset: str, message: str, step: FetchProgress | None = None) -> None:
        """Writes the event `progress`: asset and text; for a download also part, page, pages and rows if known."""
        numbers = {} if step is None else {"part": step.part, "page": step.page, "pages": step.pages, "rows": step.rows}
        self.write("progress", asset=asset, text=message, **{k: v for k, v in numbers.items() if v not in (None, "")})

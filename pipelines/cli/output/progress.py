"""How far a refresh is: bars on a terminal, events for machines.

Belongs here: showing what the graph reports.
Does not belong here: what is reported (assets), the end of a refresh (refresh_text.py).
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
    """Bars on the terminal of stderr, gone when the work is done; None (silence) where it is no terminal."""
    where = sys.stderr if stream is None else stream
    if not where.isatty():
        yield None
        return
    from rich.console import Console

    with Bars(Console(file=where)) as bars:
        yield bars.show


@contextmanager
def ignoring_closed_pipe(stream: TextIO) -> Iterator[None]:
    """Work that goes on when the reader of `stream` has gone (payung refresh --json | head): the rest goes nowhere."""
    try:
        yield
    except BrokenPipeError:
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
            os.dup2(nowhere.fileno(), stream.fileno())


class Bars:
    """One line for the graph, and one bar for each provider that is asked: pages that came, and rows."""

    def __init__(self, console: Console) -> None:
        """Bars on this console; use it as a context."""
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
        # of each provider, by dataset and question: pages that came, pages in all, rows in all
        self._parts: dict[str, dict[tuple[str, str], tuple[int, int, int]]] = {}
        self._rows: dict[str, dict[str, int]] = {}

    def __enter__(self) -> Bars:
        """Begins to draw."""
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Takes the bars away."""
        self.progress.stop()

    def show(self, asset: str, what: str, step: FetchProgress | None = None) -> None:
        """Draws what an asset made, or the step of a fetch (then `asset` is provider/dataset)."""
        if step is None:
            self.progress.update(self._graph, description=f"{asset}: {what}")
            return
        provider = asset.split("/")[0]
        if provider not in self._tasks:
            self._tasks[provider] = self.progress.add_task(provider, total=None, pages_and_rows="asking")
        parts = self._parts.setdefault(provider, {})
        rows = self._rows.setdefault(provider, {})
        if step.page is not None and step.pages is not None:
            came = parts.get((asset, step.part), (0, 0, 0))[0] + 1
            parts[asset, step.part] = came, step.pages, step.rows or 0
            rows[asset] = sum(r for (name, _), (_, _, r) in parts.items() if name == asset)
        elif step.rows is not None:
            rows[asset] = step.rows
        done, pages = (sum(p[i] for p in parts.values()) for i in (0, 1))
        text = f"{done} of {pages} pages, {sum(rows.values()):,} rows" if pages else step.text
        self.progress.update(self._tasks[provider], completed=done, total=pages or None, pages_and_rows=text)


class Events:
    """One JSON object a line: start, progress, fetched, and at the end published, unchanged or failed."""

    def __init__(self, stream: TextIO) -> None:
        """Events on this stream."""
        self.stream = stream

    def write(self, event: str, **facts: Any) -> None:
        """Writes one event at once, so that a reader sees it while the work goes on."""
        with ignoring_closed_pipe(self.stream):
            self.stream.write(json.dumps({"event": event, **facts}, ensure_ascii=False, default=str) + "\n")
            self.stream.flush()

    def progress(self, asset: str, what: str, step: FetchProgress | None = None) -> None:
        """The event `progress`: asset and text; of a fetch also part, page, pages and rows where they are known."""
        numbers = {} if step is None else {"part": step.part, "page": step.page, "pages": step.pages, "rows": step.rows}
        self.write("progress", asset=asset, text=what, **{k: v for k, v in numbers.items() if v not in (None, "")})

"""Progress: a bar for each provider on a terminal, no output elsewhere, one JSON object per line with --json."""

from __future__ import annotations

import io
import json
import os

from rich.console import Console

from pipelines.cli.output.progress import Bars, Events, on_terminal
from sources.fetching import FetchProgress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def page(part: str, number: int, pages: int, rows: int) -> FetchProgress:
    return FetchProgress(f"{part}: page {number} of {pages}, {rows} rows", part, number, pages, rows)


def test_each_provider_has_a_bar_with_its_pages_and_rows() -> None:
    out = io.StringIO()
    with Bars(Console(file=out, force_terminal=True, width=120)) as bars:
        bars.show("unsd_sdg/sdg", "requesting", FetchProgress("requesting"))
        for number in (1, 2):
            bars.show("unsd_sdg/sdg", "", page("series_data_01", number, 2, 6000))
        bars.show("unsd_sdg/sdg", "", page("series_data_02", 1, 3, 12000))
        bars.show("world_bank/wdi", "", page("indicator_01", 1, 4, 900))
        bars.show("un_wpp/wpp2024", "unchanged", FetchProgress("unchanged"))
        bars.show("harmonised.observation", "20 rows")
        _, un, bank, wpp = bars.progress.tasks
    assert [(t.description, t.completed, t.total) for t in (un, bank)] == [("unsd_sdg", 3, 5), ("world_bank", 1, 4)]
    assert un.fields["pages_and_rows"] == "3 of 5 pages, 18,000 rows"
    assert (wpp.total, wpp.fields["pages_and_rows"]) == (None, "unchanged")
    assert bars.progress.tasks[0].description == "harmonised.observation: 20 rows"
    assert "3 of 5 pages" in out.getvalue()


def test_bars_on_a_terminal_and_no_output_elsewhere() -> None:
    with on_terminal(io.StringIO()) as no_listener:
        assert no_listener is None
    terminal = Terminal()
    with on_terminal(terminal) as listener:
        assert listener is not None
        listener("ilostat/X", "1 of 1", page("X", 1, 1, 12))
    assert "ilostat" in terminal.getvalue()


def test_event_is_one_line_with_the_numbers_available() -> None:
    out = io.StringIO()
    events = Events(out)
    events.progress("unsd_sdg/sdg", "page 2", page("series_data_01", 2, 3, 100))
    events.progress("release", "2026.11.22-1\nsecond line")
    assert [json.loads(line) for line in out.getvalue().splitlines()] == [
        {
            "event": "progress",
            "asset": "unsd_sdg/sdg",
            "text": "page 2",
            "part": "series_data_01",
            "page": 2,
            "pages": 3,
            "rows": 100,
        },
        {"event": "progress", "asset": "release", "text": "2026.11.22-1\nsecond line"},
    ]


def test_events_continue_after_their_reader_has_closed() -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "w", encoding="utf-8") as out:
        events = Events(out)
        os.close(reader)  # payung refresh --json | head
        events.write("start")
        events.write("published")

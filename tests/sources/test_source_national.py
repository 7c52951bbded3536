"""Our own national format, and the inbox that a statistician puts files into."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from source_samples import SUBMISSION

from indicator_defs.breakdowns import BREAKDOWNS
from sources.newest_vintages import current_snapshots
from sources.parsing import ParsedDataset, SourceError
from sources.providers.national import identify, parse
from sources.registry import dataset, parse_snapshot, provider
from sources.snapshots import SnapshotStore
from sources.submissions.inbox import collect_inbox, inbox_sheets

SUBMISSIONS = dataset("national", "submissions")
HEADER = SUBMISSION.splitlines()[0]


def read(text: str, encoding: str = "utf-8") -> ParsedDataset:
    return parse(SUBMISSIONS, [("khm.csv", text.encode(encoding))])


def test_breakdowns_default_to_the_total() -> None:
    frame = read(SUBMISSION).frame
    assert list(frame["sex"]) == ["_T", "F"], "an empty cell is the total"
    for breakdown in BREAKDOWNS[1:]:
        assert set(frame[breakdown]) == {"_T"}, "so is a column that is absent"
    assert list(frame["obs_value"]) == ["12.5", "<0.5"]
    assert list(frame["snapshot_row"]) == ["khm.csv:2", "khm.csv:3"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_what_a_spreadsheet_saves(encoding: str, delimiter: str) -> None:
    text = SUBMISSION.replace(",", delimiter).replace("\n", "\r\n")
    assert read(text, encoding).frame.equals(read(SUBMISSION).frame)


@pytest.mark.parametrize(
    ("found", "instead", "said"),
    [
        ("ASP_COV_PENSN,KHM,2021,F", "pension,KHM,2021,F", "row 3, column indicator: found 'pension'"),
        ("KHM,2021,F", "Cambodia,2021,F", "row 3, column ref_area: found 'Cambodia'"),
        (
            "KHM,2021,F",
            "KHM,2009/2010,F",
            "row 3, column time_period: found '2009/2010', expected a year in four digits",
        ),
        (",12.5,", ',"12,5",', "row 2, column obs_value: found '12,5', .* Write decimals with a point"),
        (",12.5,", ",about 12,", "row 2, column obs_value: found 'about 12'"),
        (",12.5,", ",47.5%,", "row 2, column obs_value: found '47.5%'"),
        (",12.5,PT,", ",12.5,,", "row 2, column unit_measure: empty"),
        ("PT,A,National survey 2021,small", "PT,A,,small", "row 3, column source_citation: empty"),
        ("2026-10-01,National office\nASP", "1.10.2026,National office\nASP", "row 2, column vintage_date"),
        (",F,", ",female,", "row 3, column sex: found 'female'"),
    ],
)
def test_faults_name_row_and_column(found: str, instead: str, said: str) -> None:
    assert found in SUBMISSION
    with pytest.raises(SourceError, match=f"(?s)khm.csv: 1 fault;.*docs/national_format.md.*{said}"):
        read(SUBMISSION.replace(found, instead, 1))


def test_all_faults_come_at_once() -> None:
    spoilt = SUBMISSION.replace("12.5", "x").replace("<0.5", "y").replace("KHM,2021,F", "KHM,21,F")
    with pytest.raises(SourceError) as caught:
        read(spoilt)
    assert [line.strip()[:5] for line in str(caught.value).splitlines()[1:]] == ["row 2", "row 3", "row 3"]


def test_bounds_stand_in_order() -> None:
    text = SUBMISSION.replace(HEADER, HEADER + ",lower_bound,upper_bound").replace(
        "National office", "National office,5,4"
    )
    with pytest.raises(SourceError, match="row 2: lower_bound 5 is above upper_bound 4"):
        read(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SUBMISSION.replace(",ref_area", ",area"), "required column ref_area missing; found indicator, area"),
        (SUBMISSION.replace("footnote", "sex"), "column 'sex' stands twice"),
        (SUBMISSION.replace("small sample", "small, sample"), "row 3: found 13 cells, expected 12 .* in quotes"),
        ("just a note\nmore\n", "expected the column names"),
        (HEADER + "\n", "a header and no rows"),
        (
            SUBMISSION.replace("national_submission", "document"),
            "'document', which does not belong to dataset submissions",
        ),
    ],
)
def test_files_that_are_not_the_format(text: str, said: str) -> None:
    with pytest.raises(SourceError, match=f"(?s)khm.csv: .*{said}"):
        read(text)


def test_a_file_in_another_encoding() -> None:
    with pytest.raises(SourceError, match=r"khm.csv: line 2: byte \d+ is not UTF-8"):
        read(SUBMISSION.replace("National survey", "Enquête"), "latin-1")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SUBMISSION.replace(",vintage_date", ",published"), "required column vintage_date missing"),
        (SUBMISSION.replace(",kind", ",type"), "required column kind missing"),
        (SUBMISSION.replace("national_submission", "draft"), "row 2, column kind: found 'draft', expected document or"),
        (SUBMISSION.replace("2026-10-01", "October 2026"), "row 2, column vintage_date: found 'October 2026'"),
        (SUBMISSION.replace("2026-10-01", "2026-02-30"), "row 2, column vintage_date: found '2026-02-30'"),
        (
            SUBMISSION.replace("2026-10-01", "2026-10-02", 1),
            "column vintage_date: found .* one and the same in every row",
        ),
    ],
)
def test_a_file_that_does_not_say_what_it_is(text: str, said: str) -> None:
    with pytest.raises(SourceError, match=f"(?s)khm.csv: .*{said}"):
        identify(provider("national"), "khm.csv", text.encode())


class TestInbox:
    @pytest.fixture
    def inbox(self, tmp_path: Path) -> Path:
        folder = tmp_path / "inbox"
        folder.mkdir()
        (folder / "khm.csv").write_text(SUBMISSION)
        return folder

    def test_files_become_snapshots(self, inbox: Path, store: SnapshotStore) -> None:
        (inbox / "tha.csv").write_text(SUBMISSION.replace("KHM", "THA").replace("national_submission", "document"))
        (inbox / "notes.txt").write_text("not taken")
        khm, tha = collect_inbox(inbox, store)
        assert (khm.dataset, tha.dataset) == ("submissions", "documents")
        assert (khm.producer, khm.vintage_date, khm.rows) == ("National office", date(2026, 10, 1), 2)
        assert (khm.series_asked, khm.areas_asked) == (["ASP_COV_PENSN"], ["KHM"])
        assert (khm.origin, khm.rebuilt, khm.address) == ("inbox", False, "inbox/khm.csv")
        assert khm.fetched_at is not None
        assert len(parse_snapshot(store, khm).frame) == 2

    def test_the_same_file_is_taken_once(self, inbox: Path, store: SnapshotStore) -> None:
        first = collect_inbox(inbox, store)
        assert collect_inbox(inbox, store) == first
        assert store.list() == first

    def test_a_corrected_file_replaces_its_own_figures_only(self, inbox: Path, store: SnapshotStore) -> None:
        (inbox / "tha.csv").write_text(SUBMISSION.replace("KHM", "THA"))
        khm, tha = collect_inbox(inbox, store)
        (inbox / "khm.csv").write_text(SUBMISSION.replace("12.5", "13.5").replace("2026-10-01", "2026-10-15"))
        corrected, _ = collect_inbox(inbox, store)
        assert corrected.snapshot_id != khm.snapshot_id
        assert {c.manifest.place for c in current_snapshots(store.list())} == {corrected.place, tha.place}
        assert len(store.list()) == 3, "the first file stays as a vintage"

    def test_a_faulty_file_is_refused_whole(self, inbox: Path, store: SnapshotStore) -> None:
        (inbox / "khm.csv").write_text(SUBMISSION.replace("12.5", "12,5", 1))
        with pytest.raises(SourceError, match=r"(?s)khm\.csv: 1 fault; .*row 2: found 13 cells"):
            collect_inbox(inbox, store)
        assert store.list() == []

    def test_all_faults_come_at_once_whatever_their_kind(self, inbox: Path, store: SnapshotStore) -> None:
        short = "ASP_COV_PENSN,KHM,2022"
        (inbox / "khm.csv").write_text(
            SUBMISSION.replace("national_submission", "document", 1).replace(",12.5,", ",47 %,") + short + "\n"
        )
        with pytest.raises(SourceError) as caught:
            collect_inbox(inbox, store)
        head, *faults = str(caught.value).split("\n  ")
        assert head.startswith("khm.csv: 3 faults; nothing was taken from it.")
        assert [f.split(":")[0] for f in faults] == ["column kind", "row 2, column obs_value", "row 4"]

    @pytest.mark.parametrize("body", [b"", b"\0\0", b"<html>", b'"never closed'])
    def test_file_that_is_no_table_is_told_what_a_statistician_can_do(
        self, inbox: Path, store: SnapshotStore, body: bytes
    ) -> None:
        (inbox / "khm.csv").write_bytes(body)
        with pytest.raises(SourceError) as caught:
            collect_inbox(inbox, store)
        assert "Save the file as CSV again, or take it out of the inbox." in str(caught.value)
        assert "provider" not in str(caught.value)

    def test_what_is_a_file_of_figures_is_told_by_its_ending(self, inbox: Path, store: SnapshotStore) -> None:
        (inbox / "khm.csv").rename(inbox / "KHM.CSV")
        (inbox / "folder.csv").mkdir()
        (inbox / "._KHM.csv").write_bytes(b"\0what a Mac leaves")
        (inbox / "lao.xlsx").write_bytes(b"PK")
        (taken,) = collect_inbox(inbox, store)
        assert taken.address == "inbox/KHM.CSV"
        assert [p.name for p in inbox_sheets(inbox)] == ["lao.xlsx"]

    def test_a_file_of_a_day_far_ahead_is_refused(self, inbox: Path, store: SnapshotStore) -> None:
        (inbox / "khm.csv").write_text(SUBMISSION.replace("2026-10-01", "2999-10-01"))
        with pytest.raises(SourceError, match=r"(?s)khm\.csv: .*column vintage_date: found 2999-10-01, .* to come"):
            collect_inbox(inbox, store)
        assert store.list() == []

    def test_a_file_may_be_dated_a_year_ahead_and_bears_the_day_it_came(
        self, inbox: Path, store: SnapshotStore, day: date
    ) -> None:
        (inbox / "khm.csv").write_text(SUBMISSION.replace("2026-10-01", str(day + timedelta(days=367))))
        with pytest.raises(SourceError, match="which is still to come"):
            collect_inbox(inbox, store)
        (inbox / "khm.csv").write_text(SUBMISSION.replace("2026-10-01", str(day + timedelta(days=366))))
        (taken,) = collect_inbox(inbox, store)
        assert str(taken.fetched_at)[:10] == str(day)

    def test_no_inbox_is_an_empty_one(self, tmp_path: Path, store: SnapshotStore) -> None:
        assert collect_inbox(tmp_path / "none", store) == []

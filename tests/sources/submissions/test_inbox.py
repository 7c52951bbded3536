"""The inbox that a statistician puts files into."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from provider_sample import sample_of

from sources.newest_vintages import current_snapshots
from sources.parsing import SourceError
from sources.registry import parse_snapshot, provider_fed_by
from sources.snapshots import SnapshotStore
from sources.submissions.inbox import collect_inbox, inbox_sheets

FED = provider_fed_by("inbox")
SUBMISSION = sample_of(FED.provider).without_snapshot(FED.dataset("submissions")).body.decode()


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
    def test_file_that_is_no_table_says_what_a_statistician_can_do(
        self, inbox: Path, store: SnapshotStore, body: bytes
    ) -> None:
        (inbox / "khm.csv").write_bytes(body)
        with pytest.raises(SourceError) as caught:
            collect_inbox(inbox, store)
        assert "Save the file as CSV again, or take it out of the inbox." in str(caught.value)
        assert "provider" not in str(caught.value)

    def test_a_file_of_figures_is_known_by_its_ending(self, inbox: Path, store: SnapshotStore) -> None:
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

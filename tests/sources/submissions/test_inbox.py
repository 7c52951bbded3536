"""The inbox for the files of statisticians."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from messages import assert_reports
from provider_sample import sample_of

from sources.newest_vintages import current_snapshots
from sources.parsing import SourceError
from sources.registry import parse_snapshot, provider_fed_by
from sources.snapshots import SnapshotStore
from sources.submissions.inbox import collect_inbox, inbox_sheets

INBOX_PROVIDER = provider_fed_by("inbox")
SUBMISSION = sample_of(INBOX_PROVIDER.provider).without_snapshot(INBOX_PROVIDER.dataset("submissions")).body.decode()


class TestInbox:
    @pytest.fixture
    def inbox(self, tmp_path: Path) -> Path:
        folder = tmp_path / "inbox"
        folder.mkdir()
        (folder / "khm.csv").write_text(SUBMISSION)
        return folder

    def test_files_become_snapshots(self, inbox: Path, store: SnapshotStore) -> None:
        (inbox / "tha.csv").write_text(SUBMISSION.replace("KHM", "THA").replace("national_submission", "document"))
        (inbox / "notes.txt").write_text("not a submission")
        khm, tha = collect_inbox(inbox, store)
        assert (khm.dataset, tha.dataset) == ("submissions", "documents")
        assert (khm.producer, khm.vintage_date, khm.rows) == ("National office", date(2026, 10, 1), 2)
        assert (khm.series_asked, khm.areas_asked) == (["ASP_COV_PENSN"], ["KHM"])
        assert (khm.origin, khm.rebuilt, khm.address) == ("inbox", False, "inbox/khm.csv")
        assert khm.fetched_at is not None
        assert len(parse_snapshot(store, khm).frame) == 2

    def test_same_file_is_stored_once(self, inbox: Path, store: SnapshotStore) -> None:
        first = collect_inbox(inbox, store)
        assert collect_inbox(inbox, store) == first
        assert store.list() == first

    def test_corrected_file_replaces_only_its_own_figures(self, inbox: Path, store: SnapshotStore) -> None:
        (inbox / "tha.csv").write_text(SUBMISSION.replace("KHM", "THA"))
        khm, tha = collect_inbox(inbox, store)
        (inbox / "khm.csv").write_text(SUBMISSION.replace("12.5", "13.5").replace("2026-10-01", "2026-10-15"))
        corrected, _ = collect_inbox(inbox, store)
        assert corrected.snapshot_id != khm.snapshot_id
        assert {c.manifest.place for c in current_snapshots(store.list())} == {corrected.place, tha.place}
        assert len(store.list()) == 3, "the first file remains as a vintage"

    def test_faulty_file_is_refused_completely(self, inbox: Path, store: SnapshotStore) -> None:
        (inbox / "khm.csv").write_text(SUBMISSION.replace("12.5", "12,5", 1))
        with pytest.raises(SourceError) as error:
            collect_inbox(inbox, store)
        assert_reports(str(error.value), place="khm.csv: 1 fault;", found="row 2: found 13 cells")
        assert store.list() == []

    def test_faults_of_all_kinds_are_reported_together(self, inbox: Path, store: SnapshotStore) -> None:
        short = "ASP_COV_PENSN,KHM,2022"
        (inbox / "khm.csv").write_text(
            SUBMISSION.replace("national_submission", "document", 1).replace(",12.5,", ",47 %,") + short + "\n"
        )
        with pytest.raises(SourceError) as error:
            collect_inbox(inbox, store)
        head, *faults = str(error.value).split("\n  ")
        assert_reports(head, place="khm.csv: 3 faults;", found="nothing of it was stored")
        assert [f.split(":")[0] for f in faults] == ["column kind", "row 2, column obs_value", "row 4"]

    @pytest.mark.parametrize("body", [b"", b"\0\0", b"<html>", b'"never closed'])
    def test_file_that_is_not_a_table_is_reported_with_the_remedy(
        self, inbox: Path, store: SnapshotStore, body: bytes
    ) -> None:
        (inbox / "khm.csv").write_bytes(body)
        with pytest.raises(SourceError) as error:
            collect_inbox(inbox, store)
        assert_reports(str(error.value), remedy=("save the file as CSV", "remove it from the inbox"))
        assert "provider" not in str(error.value)

    def test_csv_files_are_recognised_by_their_ending(self, inbox: Path, store: SnapshotStore) -> None:
        (inbox / "khm.csv").rename(inbox / "KHM.CSV")
        (inbox / "folder.csv").mkdir()
        (inbox / "._KHM.csv").write_bytes(b"\0metadata of a Mac")
        (inbox / "lao.xlsx").write_bytes(b"PK")
        (manifest,) = collect_inbox(inbox, store)
        assert manifest.address == "inbox/KHM.CSV"
        assert [p.name for p in inbox_sheets(inbox)] == ["lao.xlsx"]

    def test_vintage_date_far_in_the_future_is_refused(self, inbox: Path, store: SnapshotStore) -> None:
        (inbox / "khm.csv").write_text(SUBMISSION.replace("2026-10-01", "2999-10-01"))
        with pytest.raises(SourceError) as error:
            collect_inbox(inbox, store)
        assert_reports(
            str(error.value), place=("khm.csv: ", "column vintage_date"), found="2999-10-01", expected="at the latest"
        )
        assert store.list() == []

    def test_vintage_date_may_be_a_year_ahead(self, inbox: Path, store: SnapshotStore, day: date) -> None:
        (inbox / "khm.csv").write_text(SUBMISSION.replace("2026-10-01", str(day + timedelta(days=367))))
        with pytest.raises(SourceError, match=f"expected {day + timedelta(days=366)} at the latest"):
            collect_inbox(inbox, store)
        (inbox / "khm.csv").write_text(SUBMISSION.replace("2026-10-01", str(day + timedelta(days=366))))
        (manifest,) = collect_inbox(inbox, store)
        assert str(manifest.fetched_at)[:10] == str(day)

    def test_missing_inbox_counts_as_empty(self, tmp_path: Path, store: SnapshotStore) -> None:
        assert collect_inbox(tmp_path / "none", store) == []

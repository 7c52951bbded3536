"""The inputs of a release: a change during the refresh is not recorded as part of the release."""

from __future__ import annotations

import shutil
from pathlib import Path

import dagster as dg

from assets.home import Home
from assets.release_inputs import inputs
from assets.workplace import Workplace
from sources.manifests import RawFile, SnapshotOrigin
from sources.submissions.inbox import collect_inbox


def test_file_added_to_the_inbox_during_a_run_is_new_for_the_next_run(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.inbox.mkdir()
    workplace = Workplace(home=str(tmp_path))
    workplace.setup_for_execution(dg.build_init_resource_context())
    try:
        before = inputs(home)
        (home.inbox / "khm.csv").write_text("figures of Cambodia", encoding="utf-8")
        fetched = SnapshotOrigin(
            provider="un",
            dataset="sdg",
            producer="UN",
            vintage_date="2026-01-01",
            fetched_at="2026-01-02T00:00:00+00:00",
            address="https://un.example",
            licence="CC",
            attribution="UN",
            origin="fetched",
        )
        home.snapshots.add(fetched, [RawFile("data.json", b"[]")])
        made_from = workplace.build_inputs
    finally:
        workplace.teardown_after_execution(dg.build_init_resource_context())
    assert made_from["inbox"] == before["inbox"]
    assert made_from["snapshots"] == inputs(home)["snapshots"] != before["snapshots"], "the run itself downloaded it"
    assert made_from != inputs(home), "the next refresh has something to do"


def submit(home: Home, name: str, value: str = "10.5") -> Path:
    """A national file in the inbox."""
    home.inbox.mkdir(exist_ok=True)
    path = home.inbox / name
    path.write_text(
        "indicator,ref_area,time_period,obs_value,unit_measure,source_citation,kind,vintage_date\n"
        f"ASP_COV_SHP,VNM,2021,{value},PT,Survey,national_submission,2022-01-31\n",
        encoding="utf-8",
    )
    return path


def test_inputs_do_not_change_with_copies_of_a_file_that_was_read(tmp_path: Path) -> None:
    home = Home(tmp_path)
    empty = inputs(home)
    path = submit(home, "vnm.csv")
    with_file = inputs(home)
    assert with_file["inbox"] != empty["inbox"], "a new file changes the inputs"
    collect_inbox(home.inbox, home.snapshots)
    assert inputs(home) == with_file, "reading it changes nothing"
    renamed = path.rename(path.with_name("viet nam.csv"))
    assert inputs(home) == with_file
    shutil.copy(renamed, home.inbox / "copy.csv")
    assert inputs(home) == with_file, "a copy of the same bytes"
    shutil.rmtree(home.inbox)
    assert inputs(home) == with_file, "its figures remain"
    submit(home, "vnm.csv", "10.6")
    assert inputs(home) != with_file, "new bytes under the same name"


def test_file_removed_before_it_was_read_changes_no_input(tmp_path: Path) -> None:
    home = Home(tmp_path)
    empty = inputs(home)
    submit(home, "vnm.csv").unlink()
    assert inputs(home) == empty

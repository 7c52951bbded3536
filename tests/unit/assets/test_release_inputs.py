"""What a release says it is made from: what changes while a refresh is running is not claimed to be in it."""

from __future__ import annotations

import shutil
from pathlib import Path

import dagster as dg

from assets.home import Home
from assets.release_inputs import inputs
from assets.workplace import Workplace
from sources.manifests import RawFile, SnapshotOrigin
from sources.submissions.inbox import collect_inbox


def test_file_put_into_the_inbox_during_a_run_is_new_to_the_next_one(tmp_path: Path) -> None:
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
    assert made_from["snapshots"] == inputs(home)["snapshots"] != before["snapshots"], "the run itself fetched it"
    assert made_from != inputs(home), "the next refresh has something to do"


def handed_in(home: Home, name: str, value: str = "10.5") -> Path:
    """A national file in the inbox."""
    home.inbox.mkdir(exist_ok=True)
    path = home.inbox / name
    path.write_text(
        "indicator,ref_area,time_period,obs_value,unit_measure,source_citation,kind,vintage_date\n"
        f"ASP_COV_SHP,VNM,2021,{value},PT,Survey,national_submission,2022-01-31\n",
        encoding="utf-8",
    )
    return path


def test_file_that_was_taken_from_the_inbox_is_no_news_whatever_becomes_of_it_there(tmp_path: Path) -> None:
    home = Home(tmp_path)
    empty = inputs(home)
    path = handed_in(home, "vnm.csv")
    with_file = inputs(home)
    assert with_file["inbox"] != empty["inbox"], "a new file is news"
    collect_inbox(home.inbox, home.snapshots)
    assert inputs(home) == with_file, "taking it adds nothing"
    renamed = path.rename(path.with_name("viet nam.csv"))
    assert inputs(home) == with_file
    shutil.copy(renamed, home.inbox / "twice.csv")
    assert inputs(home) == with_file, "the same bytes again"
    shutil.rmtree(home.inbox)
    assert inputs(home) == with_file, "its figures stay in"
    handed_in(home, "vnm.csv", "10.6")
    assert inputs(home) != with_file, "other bytes under a name that was taken"


def test_file_that_was_not_taken_yet_is_no_news_once_it_is_removed(tmp_path: Path) -> None:
    home = Home(tmp_path)
    empty = inputs(home)
    handed_in(home, "vnm.csv").unlink()
    assert inputs(home) == empty

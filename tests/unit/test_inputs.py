"""What a release says it is made from: what changes while a refresh is running is not claimed to be in it."""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from assets.inputs import Home, inputs
from assets.resource import Workplace
from sources.manifests import Origin, RawFile


def test_file_put_into_the_inbox_during_a_run_is_new_to_the_next_one(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.inbox.mkdir()
    workplace = Workplace(home=str(tmp_path))
    workplace.setup_for_execution(dg.build_init_resource_context())
    try:
        before = inputs(home)
        (home.inbox / "khm.csv").write_text("figures of Cambodia", encoding="utf-8")
        fetched = Origin(
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
        made_from = workplace.made_from
    finally:
        workplace.teardown_after_execution(dg.build_init_resource_context())
    assert made_from["inbox"] == before["inbox"]
    assert made_from["snapshots"] == inputs(home)["snapshots"] != before["snapshots"], "the run itself fetched it"
    assert made_from != inputs(home), "the next refresh has something to do"

"""Queries of the exports on a release of a few rows, for a case that the archive does not contain."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from small_build import SmallBuild, un_row

from sources import registry
from warehouse.build.audit_checks import result_frame
from warehouse.build.engine import computed_tables, write_frame
from warehouse.build.staging import staged_tables
from warehouse.export.release_reader import ReleaseReader, open_release
from warehouse.metadata import table
from warehouse.release.publish import Provenance, publish
from warehouse.release.release_folders import Releases


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReleaseReader]:
    """Pensions of the Philippines, with a different error in the value of 2020 in each of two vintages."""
    folder = tmp_path_factory.mktemp("few")
    small = SmallBuild(folder / "build")
    cell = {"indicator": "ASP_COV_PENSN", "ref_area": "PHL", "time_period": 2020, "action": "mark_unreliable"}
    cell |= {"source": "unsd_sdg", "provider_series": "SI_COV_PENSN"}
    texts = (("20.5", "Old error."), ("20.6", "New error."))
    small.write(
        "reference.correction",
        [{**cell, "correction_id": i, "expected_text": t, "why": w} for i, (t, w) in enumerate(texts)],
    )
    for vintage, value in (("2022-12-17", "20.5"), ("2023-12-17", "20.6")):
        rows = {2016: "39.8", 2020: value}
        pensions = [un_row("SI_COV_PENSN", "608", y, v, sex="BOTHSEX") for y, v in rows.items()]
        small.stage("unsd_sdg", "sdg", vintage, pensions)
    small.staged().make(*computed_tables())
    write_frame(small.build, table("quality.check_result"), result_frame([]))
    staged = staged_tables(small.build, registry.structures())
    with open_release(publish(small.build, Releases(folder), staged, Provenance({}, [], "0.1.0"))) as opened:
        yield opened


@pytest.mark.long
def test_value_with_two_corrections_is_listed_once_with_the_applied_one(reader: ReleaseReader) -> None:
    found = reader.query_file("site_value")
    rows = [(row[found.at("time_period")], row[found.at("correction_why")]) for row in found.rows]
    assert rows == [(2016, None), (2020, "New error.")]

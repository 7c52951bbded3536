"""Drift: one release in which something else moved for each of these headline figures, and the causes found."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from warehouse.disk import sha256
from warehouse.edition.drift import Drift, drift
from warehouse.edition.edition_store import CHECKSUM, MANIFEST, Edition, EditionError

Altered = Callable[..., Path]


def differing(found: Drift) -> set[tuple[str, str, str, str]]:
    """(kind, indicator, area, item) of the figures that differ."""
    return {(d.kind, d.indicator, d.ref_area, d.item) for d in found.figures}


def cell(indicator: str, area: str) -> str:
    """The condition for one headline figure of baseline.value."""
    return f"indicator = 'ASP_{indicator}' AND ref_area = '{area}' AND is_headline"


def raised(indicator: str, area: str, by: str = "1", end: str = "latest") -> str:
    """The statement that raises one headline figure."""
    return f"UPDATE baseline.value SET {end}_value = {end}_value + {by} WHERE {cell(indicator, area)}"


GONE = f"SELECT latest_observation_id FROM baseline.value WHERE {cell('COV_ANY', 'VNM')}"
PHL = "indicator = 'ASP_COV_PENSN' AND ref_area = 'PHL'"
VNM = "ref_area = 'VNM' AND indicator = 'ASP_COV_MATNL' AND area_group = 'CLMV'"
MOVED = (
    # a new vintage
    f"UPDATE baseline.value SET latest_value = 70, latest_text = '70' WHERE {cell('COV_PENSN', 'PHL')}",
    raised("COV_PENSN", "ASEAN6"),
    f"UPDATE indicator_set.aggregate_member SET value_low = 70, value_high = 70 WHERE {PHL} AND reference_year = 2023",
    f"UPDATE indicator_set.value SET vintage_date = DATE '2026-01-31' WHERE {PHL}",
    f"UPDATE harmonised.observation SET snapshot_id = 'ilostat/new' WHERE {PHL} AND source = 'ilostat'",
    # a value withdrawn
    f"DELETE FROM harmonised.observation WHERE observation_id IN ({GONE})",
    f"DELETE FROM indicator_set.value WHERE observation_id IN ({GONE})",
    "UPDATE baseline.value SET latest_value = NULL, latest_text = NULL, latest_year = NULL, latest_status = NULL, "
    f"latest_observation_id = NULL WHERE {cell('COV_ANY', 'VNM')}",
    # a rule, a text and a standing
    raised("COV_UEMP", "THA"),
    "UPDATE reference.indicator SET definition = 'Other', lookback_years = 9 WHERE indicator = 'ASP_COV_UEMP'",
    "UPDATE reference.set_member SET standing = 'adopted' WHERE indicator = 'ASP_COV_UEMP'",
    # a weight
    raised("COV_MATNL", "CLMV"),
    "UPDATE indicator_set.weight_value SET weight_value = 2 * weight_value WHERE weight = 'BIRTHS' AND ref_area = 'VNM'",
    f"UPDATE indicator_set.aggregate_member SET weight_value = 2 * weight_value WHERE {VNM}",
    "UPDATE reference.weight_series SET multiplier = 1, weight_series_file = 'elsewhere:1' WHERE role = 'births'",
    # membership, settings, correction, series, method, break
    raised("HLT_UHC", "ASEAN10"),
    "DELETE FROM reference.area_group WHERE area_group = 'ASEAN10' AND ref_area = 'SGP'",
    raised("HLT_U5MR", "THA", end="baseline"),
    "UPDATE reference.indicator_set SET baseline_from = 2013",
    raised("COV_DISAB", "THA"),
    "INSERT INTO reference.correction SELECT * REPLACE (99 AS correction_id, 'ASP_COV_DISAB' AS indicator, "
    "'THA' AS ref_area) FROM reference.correction LIMIT 1",
    raised("COV_INJ", "THA"),
    "DELETE FROM reference.claim WHERE indicator = 'ASP_COV_INJ' AND provider = 'unsd_sdg'",
    raised("POV_GINI", "ASEAN"),
    "UPDATE reference.method SET formula = 'Another' WHERE kind = 'median'",
    "UPDATE baseline.value SET comparable = NOT comparable, reason = 'looked at', latest_status = 'U', "
    f"latest_footnote = 'A new footnote' WHERE {cell('NUT_STUNT', 'IDN')}",
    "INSERT INTO reference.series_break SELECT * REPLACE ('ASP_NUT_STUNT' AS indicator, 'IDN' AS ref_area, "
    "2018 AS break_year) FROM reference.series_break LIMIT 1",
    f"UPDATE baseline.value SET publication_class = 'C' WHERE {cell('COV_PENSN', 'CLMV')}",
    # nothing at all, and less than a difference
    raised("HLT_SBA", "KHM"),
    raised("COV_PENSN", "VNM", by="1e-9"),
)  # fmt: skip


@pytest.fixture(scope="module")
def ilo(release: Path) -> dict[str, str]:
    """The ILO's source in the manifest of the made release."""
    sources = json.loads((release / MANIFEST).read_text(encoding="utf-8"))["sources"]
    return next(s for s in sources if s["provider"] == "ilostat")


@pytest.fixture(scope="module")
def moved_release(altered: Altered, release: Path, ilo: dict[str, str]) -> Path:
    """The release in which all of MOVED moved, with a new snapshot of the ILO beside the old one."""
    sources = json.loads((release / MANIFEST).read_text(encoding="utf-8"))["sources"]
    return altered(*MOVED, sources=[*sources, {**ilo, "snapshot": "ilostat/new", "vintage_date": "2026-01-31"}])


@pytest.fixture(scope="module")
def moved(edition: Edition, moved_release: Path) -> Drift:
    """The drift of the edition against that release."""
    return drift(edition, moved_release)


def why(found: Drift, indicator: str, area: str, item: str = "latest") -> list[str]:
    """The causes of one figure in words."""
    same = [d for d in found.figures if (d.indicator, d.ref_area, d.item) == (f"ASP_{indicator}", area, item)]
    assert len(same) == 1, (indicator, area, item)
    return [str(c) for c in same[0].why]


def test_drift_holds_what_moved_and_nothing_else(moved: Drift) -> None:
    changed = {
        ("COV_PENSN", "PHL"), ("COV_PENSN", "ASEAN6"), ("COV_UEMP", "THA"), ("COV_MATNL", "CLMV"), ("HLT_UHC", "ASEAN10"),
        ("COV_DISAB", "THA"), ("COV_INJ", "THA"), ("POV_GINI", "ASEAN"), ("HLT_SBA", "KHM"),
    }  # fmt: skip
    assert differing(moved) == {("changed", f"ASP_{i}", a, "latest") for i, a in changed} | {
        ("changed", "ASP_HLT_U5MR", "THA", "baseline"),
        ("disappeared", "ASP_COV_ANY", "VNM", "latest"),
        ("class", "ASP_COV_PENSN", "CLMV", "latest: class"),
        ("comparability", "ASP_NUT_STUNT", "IDN", "comparability"),
        ("status", "ASP_NUT_STUNT", "IDN", "latest: status"),
    }
    assert [(d.kind, d.after.text) for d in moved.companions] == [("footnote", "A new footnote")]
    pension = next(d for d in moved.figures if d.ref_area == "PHL")
    assert (pension.before.value, pension.after.value, pension.before.year) == (65.6, 70, 2021)
    lost = next(d for d in moved.figures if d.kind == "disappeared")
    assert (lost.after.value, lost.after.text, lost.after.year) == (None, None, None)
    assert sum(moved.by_kind().values()) == len(moved.figures)


def test_new_vintage_names_the_source_for_the_member_and_its_group(moved: Drift, ilo: dict[str, str]) -> None:
    states = f"ilostat/{ilo['dataset']} of {ilo['vintage_date']} -> ilostat/{ilo['dataset']} of 2026-01-31"
    assert why(moved, "COV_PENSN", "PHL") == [f"new vintage: {states}"]
    assert f"new vintage: PHL: {states}" in why(moved, "COV_PENSN", "ASEAN6")
    assert [(s.dataset, s.after[-1]) for s in moved.sources] == [(f"ilostat/{ilo['dataset']}", "2026-01-31")]


def test_withdrawn_value_names_the_vintage_that_no_longer_has_it(moved: Drift, ilo: dict[str, str]) -> None:
    expected_text = f"withdrawn by the source: ilostat/{ilo['dataset']} of 2026-01-31 no longer has it"
    assert why(moved, "COV_ANY", "VNM") == [expected_text]


def test_rule_of_a_definition_is_a_cause_and_its_words_are_none(moved: Drift) -> None:
    assert why(moved, "COV_UEMP", "THA") == ["definition: indicator ASP_COV_UEMP: lookback_years 4 -> 9"]
    assert {(d.table, d.field) for d in moved.definitions if d.indicator == "ASP_COV_UEMP"} == {
        ("reference.indicator", "definition"),
        ("reference.indicator", "lookback_years"),
        ("reference.set_member", "standing"),
    }


@pytest.mark.parametrize(
    ("indicator", "area", "item", "expected_text"),
    [
        ("COV_MATNL", "CLMV", "latest", "weights: BIRTHS: VNM"),
        ("COV_MATNL", "CLMV", "latest", "weights: weight_series births: multiplier 1000"),
        ("HLT_UHC", "ASEAN10", "latest", "membership: area_group ASEAN10/SGP: gone"),
        ("HLT_U5MR", "THA", "baseline", "settings of the set: indicator_set asean_indicator_set: baseline_from"),
        ("COV_DISAB", "THA", "latest", "correction: correction ASP_COV_DISAB/THA/"),
        ("COV_INJ", "THA", "latest", "definition: claim ASP_COV_INJ/unsd_sdg/sdg/"),
        ("POV_GINI", "ASEAN", "latest", "definition: method median"),
        ("NUT_STUNT", "IDN", "comparability", "break: series_break ASP_NUT_STUNT/IDN/2018: new"),
        ("HLT_SBA", "KHM", "latest", "not explained: sources, corrections, definitions"),
    ],
)  # fmt: skip
def test_cause_in_what_the_figure_rests_on(
    moved: Drift, indicator: str, area: str, item: str, expected_text: str
) -> None:
    found = why(moved, indicator, area, item)
    assert any(cause.startswith(expected_text) for cause in found), found
    assert expected_text.startswith("not explained") == any(cause.startswith("not explained") for cause in found)


def test_nothing_moved_but_the_code(edition: Edition, moved_release: Path) -> None:
    manifest = json.loads((moved_release / MANIFEST).read_text(encoding="utf-8"))
    inputs = {**manifest["inputs"], "code": "another"}
    (moved_release / MANIFEST).write_text(json.dumps({**manifest, "inputs": inputs}), encoding="utf-8")
    try:
        assert why(drift(edition, moved_release), "HLT_SBA", "KHM")[0].startswith("calculation: made by another state")
    finally:
        (moved_release / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


def test_edition_of_another_version_is_told_as_such(copied: Edition, release: Path) -> None:
    lacks = "parquet/baseline.change_contribution.parquet"
    (copied.folder / lacks).unlink()
    path = copied.folder / MANIFEST
    files = {name: entry for name, entry in copied.manifest["files"].items() if name != lacks}
    path.write_text(json.dumps({**copied.manifest, "files": files}), encoding="utf-8")
    (copied.folder / CHECKSUM).write_text(f"{sha256(path)}  {MANIFEST}\n", encoding="utf-8")
    with pytest.raises(EditionError, match="do not have the same tables"):
        drift(Edition(copied.folder), release)


def test_drift_against_an_altered_edition_is_refused(copied: Edition, release: Path) -> None:
    path = copied.folder / "csv" / "baseline.value.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("65.6", "66.6"), encoding="utf-8")
    with pytest.raises(EditionError, match=r"not as it was signed.*csv/baseline.value.csv: altered"):
        drift(copied, release)

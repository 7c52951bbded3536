"""Drift: a release in which each of some headline figures changed for another cause, and the causes that are found."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from messages import assert_reports

from warehouse.disk import sha256
from warehouse.edition.drift import Drift, drift
from warehouse.edition.edition_store import CHECKSUM, MANIFEST, Edition, EditionError

Altered = Callable[..., Path]


def differing_figures(result: Drift) -> set[tuple[str, str, str, str]]:
    """(kind, indicator, area, item) of the figures that differ."""
    return {(d.kind, d.indicator, d.ref_area, d.item) for d in result.figures}


def cell(indicator: str, area: str) -> str:
    """The condition for one headline figure of baseline.value."""
    return f"indicator = 'ASP_{indicator}' AND ref_area = '{area}' AND is_headline"


def raised(indicator: str, area: str, by: str = "1", end: str = "latest") -> str:
    """The statement that raises one headline figure."""
    return f"UPDATE baseline.value SET {end}_value = {end}_value + {by} WHERE {cell(indicator, area)}"


WITHDRAWN_ID = f"SELECT latest_observation_id FROM baseline.value WHERE {cell('COV_ANY', 'VNM')}"
PHL = "indicator = 'ASP_COV_PENSN' AND ref_area = 'PHL'"
VNM = "ref_area = 'VNM' AND indicator = 'ASP_COV_MATNL' AND area_group = 'CLMV'"
CHANGES = (
    # a new vintage
    f"UPDATE baseline.value SET latest_value = 70, latest_text = '70' WHERE {cell('COV_PENSN', 'PHL')}",
    raised("COV_PENSN", "ASEAN6"),
    f"UPDATE indicator_set.aggregate_member SET value_low = 70, value_high = 70 WHERE {PHL} AND reference_year = 2023",
    f"UPDATE indicator_set.value SET vintage_date = DATE '2026-01-31' WHERE {PHL}",
    f"UPDATE harmonised.observation SET snapshot_id = 'ilostat/new' WHERE {PHL} AND source = 'ilostat'",
    # a value withdrawn
    f"DELETE FROM harmonised.observation WHERE observation_id IN ({WITHDRAWN_ID})",
    f"DELETE FROM indicator_set.value WHERE observation_id IN ({WITHDRAWN_ID})",
    "UPDATE baseline.value SET latest_value = NULL, latest_text = NULL, latest_year = NULL, latest_status = NULL, "
    f"latest_observation_id = NULL WHERE {cell('COV_ANY', 'VNM')}",
    # a rule, a description and the standing of a definition
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
    "UPDATE baseline.value SET comparable = NOT comparable, reason = 'reviewed', latest_status = 'U', "
    f"latest_footnote = 'A new footnote' WHERE {cell('NUT_STUNT', 'IDN')}",
    "INSERT INTO reference.series_break SELECT * REPLACE ('ASP_NUT_STUNT' AS indicator, 'IDN' AS ref_area, "
    "2018 AS break_year) FROM reference.series_break LIMIT 1",
    f"UPDATE baseline.value SET publication_class = 'C' WHERE {cell('COV_PENSN', 'CLMV')}",
    # a change without a cause, and a change that is too small
    raised("HLT_SBA", "KHM"),
    raised("COV_PENSN", "VNM", by="1e-9"),
)  # fmt: skip


@pytest.fixture(scope="module")
def ilo(release: Path) -> dict[str, str]:
    """The ILO's source in the manifest of the made release."""
    sources = json.loads((release / MANIFEST).read_text(encoding="utf-8"))["sources"]
    return next(s for s in sources if s["provider"] == "ilostat")


@pytest.fixture(scope="module")
def changed_release(altered: Altered, release: Path, ilo: dict[str, str]) -> Path:
    """The release with all CHANGES, and with a new snapshot of the ILO in addition to the old one."""
    sources = json.loads((release / MANIFEST).read_text(encoding="utf-8"))["sources"]
    return altered(*CHANGES, sources=[*sources, {**ilo, "snapshot": "ilostat/new", "vintage_date": "2026-01-31"}])


@pytest.fixture(scope="module")
def changed(edition: Edition, changed_release: Path) -> Drift:
    """The drift between the edition and that release."""
    return drift(edition, changed_release)


def causes(result: Drift, indicator: str, area: str, item: str = "latest") -> list[str]:
    """The causes of the difference of one figure, as texts."""
    differences = [d for d in result.figures if (d.indicator, d.ref_area, d.item) == (f"ASP_{indicator}", area, item)]
    assert len(differences) == 1, (indicator, area, item)
    return [str(c) for c in differences[0].why]


def test_only_changed_figures_are_reported(changed: Drift) -> None:
    changed_figures = {
        ("COV_PENSN", "PHL"), ("COV_PENSN", "ASEAN6"), ("COV_UEMP", "THA"), ("COV_MATNL", "CLMV"), ("HLT_UHC", "ASEAN10"),
        ("COV_DISAB", "THA"), ("COV_INJ", "THA"), ("POV_GINI", "ASEAN"), ("HLT_SBA", "KHM"),
    }  # fmt: skip
    assert differing_figures(changed) == {("changed", f"ASP_{i}", a, "latest") for i, a in changed_figures} | {
        ("changed", "ASP_HLT_U5MR", "THA", "baseline"),
        ("disappeared", "ASP_COV_ANY", "VNM", "latest"),
        ("class", "ASP_COV_PENSN", "CLMV", "latest: class"),
        ("comparability", "ASP_NUT_STUNT", "IDN", "comparability"),
        ("status", "ASP_NUT_STUNT", "IDN", "latest: status"),
    }
    assert [(d.kind, d.after.text) for d in changed.companions] == [("footnote", "A new footnote")]
    pension = next(d for d in changed.figures if d.ref_area == "PHL")
    assert (pension.before.value, pension.after.value, pension.before.year) == (65.6, 70, 2021)
    withdrawn = next(d for d in changed.figures if d.kind == "disappeared")
    assert (withdrawn.after.value, withdrawn.after.text, withdrawn.after.year) == (None, None, None)
    assert sum(changed.by_kind().values()) == len(changed.figures)


def test_new_vintage_is_the_cause_for_the_member_and_its_group(changed: Drift, ilo: dict[str, str]) -> None:
    vintages = f"ilostat/{ilo['dataset']} of {ilo['vintage_date']} -> ilostat/{ilo['dataset']} of 2026-01-31"
    assert causes(changed, "COV_PENSN", "PHL") == [f"new vintage: {vintages}"]
    assert f"new vintage: PHL: {vintages}" in causes(changed, "COV_PENSN", "ASEAN6")
    assert [(s.dataset, s.after[-1]) for s in changed.sources] == [(f"ilostat/{ilo['dataset']}", "2026-01-31")]


def test_cause_of_a_withdrawn_value_names_the_vintage_without_it(changed: Drift, ilo: dict[str, str]) -> None:
    (cause,) = causes(changed, "COV_ANY", "VNM")
    assert_reports(cause, place=f"ilostat/{ilo['dataset']}", found=("withdrawn by the source", "2026-01-31"))


def test_rule_of_a_definition_is_a_cause_but_its_description_is_not(changed: Drift) -> None:
    (cause,) = causes(changed, "COV_UEMP", "THA")
    assert_reports(cause, place="definition: indicator ASP_COV_UEMP", found="lookback_years 4 -> 9")
    assert {(d.table, d.field) for d in changed.definitions if d.indicator == "ASP_COV_UEMP"} == {
        ("reference.indicator", "definition"),
        ("reference.indicator", "lookback_years"),
        ("reference.set_member", "standing"),
    }


@pytest.mark.parametrize(
    ("indicator", "area", "item", "expected_text"),
    [
        ("COV_MATNL", "CLMV", "latest", "weights: BIRTHS: VNM"),
        ("COV_MATNL", "CLMV", "latest", "weights: weight_series births: multiplier 1000"),
        ("HLT_UHC", "ASEAN10", "latest", "membership: area_group ASEAN10/SGP: removed"),
        ("HLT_U5MR", "THA", "baseline", "settings of the set: indicator_set asean_indicator_set: baseline_from"),
        ("COV_DISAB", "THA", "latest", "correction: correction ASP_COV_DISAB/THA/"),
        ("COV_INJ", "THA", "latest", "definition: claim ASP_COV_INJ/unsd_sdg/sdg/"),
        ("POV_GINI", "ASEAN", "latest", "definition: method median"),
        ("NUT_STUNT", "IDN", "comparability", "break: series_break ASP_NUT_STUNT/IDN/2018: new"),
        ("HLT_SBA", "KHM", "latest", "not explained: "),
    ],
)  # fmt: skip
def test_cause_in_the_inputs_of_the_figure(
    changed: Drift, indicator: str, area: str, item: str, expected_text: str
) -> None:
    reported = causes(changed, indicator, area, item)
    assert any(cause.startswith(expected_text) for cause in reported), reported
    assert expected_text.startswith("not explained") == any(cause.startswith("not explained") for cause in reported)


def test_other_code_is_the_cause_where_nothing_else_changed(edition: Edition, changed_release: Path) -> None:
    manifest = json.loads((changed_release / MANIFEST).read_text(encoding="utf-8"))
    inputs = {**manifest["inputs"], "code": "another"}
    (changed_release / MANIFEST).write_text(json.dumps({**manifest, "inputs": inputs}), encoding="utf-8")
    try:
        assert causes(drift(edition, changed_release), "HLT_SBA", "KHM")[0].startswith("calculation: ")
    finally:
        (changed_release / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


def signed_again(edition: Edition) -> Edition:
    """The edition after its files were altered, with a manifest and checksum that fit them."""
    files = {n: entry for n, entry in edition.manifest["files"].items() if (edition.folder / n).exists()}
    for name, entry in files.items():
        entry["sha256"] = sha256(edition.folder / name)
    path = edition.folder / MANIFEST
    path.write_text(json.dumps({**edition.manifest, "files": files}), encoding="utf-8")
    (edition.folder / CHECKSUM).write_text(f"{sha256(path)}  {MANIFEST}\n", encoding="utf-8")
    return Edition(edition.folder)


def test_edition_without_a_table_is_refused_with_its_version(copied: Edition, release: Path) -> None:
    (copied.folder / "parquet" / "baseline.change_contribution.parquet").unlink()
    with pytest.raises(EditionError) as error:
        drift(signed_again(copied), release)
    assert_reports(
        str(error.value),
        place=("Edition first", str(release)),
        found=("version 0.1.0", "change_contribution"),
        remedy="payung refresh --force",
    )


def replace_table(edition: Edition, full_name: str, select: str) -> None:
    """Replaces a table of an edition by a SELECT from its table `t`."""
    path = edition.table(full_name)
    con = duckdb.connect()
    con.execute(f"CREATE TABLE t AS FROM read_parquet('{path}')")
    con.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    con.close()


# Other sentences in the code lists, and the texts that a build makes from them.
REWORDED = (
    "UPDATE reference.code SET name = 'In other words: ' || name WHERE codelist = 'sentence'",
    "UPDATE reference.code SET name = 'In other words: ' || name, description = 'Other' WHERE codelist = 'aggregate_flag'",
    "UPDATE reference.class_criterion SET needs = 'at least ' || needs",
    "UPDATE baseline.value SET reason = 'In other words: ' || reason",
    "UPDATE baseline.value SET baseline_footnote = 'In other words: ' || baseline_footnote "
    "WHERE baseline_sentence_code IS NOT NULL OR area_type = 'group'",
    "UPDATE baseline.value SET latest_footnote = 'In other words: ' || latest_footnote WHERE area_type = 'group'",
)
BREAK = "sentence_code = 'break_between' AND area_type = 'country'"


def test_reworded_sentences_are_not_drift(edition: Edition, altered: Altered) -> None:
    assert not drift(edition, altered(*REWORDED))


def test_other_reason_is_drift_and_so_is_another_value_in_a_sentence(edition: Edition, altered: Altered) -> None:
    release = altered(
        *REWORDED,
        f"UPDATE baseline.value SET reason = replace(reason, 'step 2022', 'step 2021') WHERE {BREAK}",
        "UPDATE baseline.value SET sentence_code = 'end_not_usable' WHERE sentence_code = 'ends_too_close'",
    )
    result = drift(edition, release)
    assert {d.kind for d in result.differences} == {"comparability"}
    texts = [(str(d.before.text), str(d.after.text)) for d in result.differences]
    assert any("step 2022" in before and "step 2021" in after for before, after in texts)
    with duckdb.connect(str(release / "warehouse.duckdb"), read_only=True) as con:
        query = "SELECT count(*) FILTER (sentence_code = 'end_not_usable') FROM baseline.value"
        too_close = con.execute(query).fetchall()[0][0]
    assert len([before for before, _ in texts if "step 2022" not in before]) > too_close / 2 > 100


def test_edition_without_sentence_codes_has_no_drift_through_other_words(
    copied: Edition, altered: Altered, release: Path
) -> None:
    columns = "sentence_code, baseline_sentence_code, latest_sentence_code"
    replace_table(copied, "baseline.value", f"SELECT * EXCLUDE ({columns}) FROM t")
    replace_table(copied, "reference.code", "SELECT * FROM t WHERE codelist <> 'sentence'")
    older = signed_again(copied)
    assert not drift(older, release)
    assert not drift(older, altered(*REWORDED))
    result = drift(older, altered(*REWORDED, f"UPDATE baseline.value SET comparable = TRUE WHERE {BREAK}"))
    assert {d.after.text for d in result.differences} == {"comparable"}


def test_drift_against_an_altered_edition_is_refused(copied: Edition, release: Path) -> None:
    path = copied.folder / "csv" / "baseline.value.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("65.6", "66.6"), encoding="utf-8")
    with pytest.raises(EditionError) as error:
        drift(copied, release)
    assert_reports(
        str(error.value),
        place="Edition first",
        found="csv/baseline.value.csv: altered",
        remedy="payung edition verify first",
    )

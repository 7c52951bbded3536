"""The diff of two releases: it has every kind of difference with its reason, and nothing else."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pandas as pd
import pytest
from messages import assert_reports
from payung_command import writable

from indicator_defs.catalog import load_catalog
from indicator_defs.tolerances import Tolerance
from pipelines.cli.output.diff_text import diff_text, diff_values
from pipelines.cli.output.diff_workbook import write_diff_workbook
from warehouse.build.engine import Build
from warehouse.compare.exceeded_tolerances import exceeded_tolerances
from warehouse.compare.release_diff import CODE_CHANGED, KINDS, NO_CAUSE, ComparedState, Diff, DiffError, compare

PENSION = "indicator = 'ASP_COV_PENSN' AND ref_area = 'PHL' AND is_headline"


def alter(folder: Path, full_name: str, statement: str) -> None:
    """Changes one table of a copied release by a statement on the table `t`."""
    path = folder / full_name.replace(".", "/")
    path = path.with_suffix(".parquet")
    con = duckdb.connect()
    con.execute(f"CREATE TABLE t AS SELECT * FROM '{path}'")
    changed = con.execute(statement).fetchall()
    assert changed, f"{statement} must change rows"
    assert int(changed[0][0]) > 0, f"{statement} must change rows"
    con.execute(f"COPY t TO '{path}' (FORMAT parquet)")
    con.close()


def copied(release: Path, to: Path) -> Path:
    writable(Path(shutil.copytree(release / "parquet", to)))
    return to


@pytest.fixture(scope="module")
def altered(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Diff:
    """The diff of the real release and a copy with one change of each kind."""
    folder = copied(release, tmp_path_factory.mktemp("diff") / "parquet")
    value = "indicator_set.value"
    alter(folder, value, f"DELETE FROM t WHERE {PENSION} AND time_period = 2019")
    alter(folder, value, f"UPDATE t SET obs_value = obs_value + 5 WHERE {PENSION} AND time_period = 2021")
    alter(folder, value, f"UPDATE t SET footnote = 'other' WHERE {PENSION} AND time_period = 2015")
    alter(
        folder,
        value,
        "INSERT INTO t SELECT * REPLACE (1999 AS time_period, 'new-one' AS observation_id) FROM t "
        f"WHERE {PENSION} AND time_period = 2021",
    )
    aggregate = "indicator = 'ASP_COV_PENSN' AND ref_area = 'ASEAN' AND is_headline AND time_period = 2023"
    alter(
        folder,
        "indicator_set.aggregate",
        f"UPDATE t SET obs_value = NULL, publication_class = 'C' WHERE {aggregate}",
    )
    alter(
        folder,
        "indicator_set.aggregate_member",
        "DELETE FROM t WHERE indicator = 'ASP_COV_PENSN' AND area_group = 'ASEAN' AND reference_year = 2023 "
        "AND ref_area = 'IDN'",
    )
    alter(
        folder,
        "baseline.value",
        "UPDATE t SET latest_value = NULL, latest_year = NULL, change = NULL WHERE indicator = 'ASP_COV_PENSN' "
        "AND ref_area = 'ASEAN' AND is_headline",
    )
    alter(folder, "lineage.series_vintage", "UPDATE t SET vintage_date = DATE '2030-01-01' WHERE provider = 'ilostat'")
    alter(folder, "lineage.snapshot", "UPDATE t SET vintage_date = DATE '2030-01-01' WHERE provider = 'ilostat'")
    alter(folder, "lineage.snapshot", "UPDATE t SET snapshot_id = snapshot_id || 'x' WHERE provider = 'ilostat'")
    alter(folder, "reference.indicator", "UPDATE t SET definition = 'Other words' WHERE indicator = 'ASP_COV_ANY'")
    alter(folder, "reference.indicator", "UPDATE t SET maximum = 77 WHERE indicator = 'ASP_COV_UEMP'")
    alter(folder, value, "UPDATE t SET obs_value = obs_value / 2 WHERE indicator = 'ASP_COV_UEMP' AND obs_value > 50")
    alter(folder, "reference.indicator", "DELETE FROM t WHERE indicator = 'ASP_FIN_GDP'")
    alter(folder, "reference.code", "UPDATE t SET name = 'Women' WHERE codelist = 'sex' AND code = 'F'")
    alter(folder, "reference.code", "DELETE FROM t WHERE codelist = 'unit' AND code = 'PT'")
    alter(folder, "reference.code", "INSERT INTO t (codelist, code, name) VALUES ('sex', 'X', 'Other')")
    return compare(ComparedState("old", Build(release / "parquet")), ComparedState("now", Build(folder)))


def one(diff: Diff, **cell: object) -> dict[str, Any]:
    rows = diff.values
    for name, value in cell.items():
        rows = rows[rows[name] == value]
    assert len(rows) == 1, rows.to_string()
    return {str(k): v for k, v in rows.iloc[0].to_dict().items()}


def test_release_does_not_differ_from_itself(release: Path) -> None:
    state = ComparedState("same", Build(release / "parquet"))
    diff = compare(state, state)
    assert diff.is_empty
    assert_reports(diff_text(diff), found=("same", "differ"))
    assert exceeded_tolerances(diff, load_catalog().tolerances) == []


def test_reason_of_a_withdrawn_value_has_the_new_vintage(altered: Diff) -> None:
    row = one(altered, kind="withdrawn", level="country", indicator="ASP_COV_PENSN")
    assert (row["ref_area"], row["time_period"], row["source_before"]) == ("PHL", 2019, "ilostat")
    assert pd.isna(row["value_after"])
    reason = str(row["reason"])
    assert_reports(reason, place="published by ilostat", found="no longer chosen")
    assert_reports(reason, place="new vintage of ilostat", found="2024-09-12 -> 2030-01-01")


def test_changed_and_new_values_have_both_figures(altered: Diff) -> None:
    changed = one(altered, kind="changed", level="country", indicator="ASP_COV_PENSN")
    assert float(str(changed["value_after"])) - float(str(changed["value_before"])) == pytest.approx(5)
    new = one(altered, kind="new", level="country", indicator="ASP_COV_PENSN")
    assert new["time_period"] == 1999
    assert pd.isna(new["value_before"])


def test_value_with_another_footnote_is_restated_and_not_changed(altered: Diff) -> None:
    row = one(altered, kind="restated", level="country", indicator="ASP_COV_PENSN")
    assert row["fields"] == "footnote"
    assert row["value_before"] == row["value_after"]


def test_reason_of_a_regional_figure_has_class_and_members(altered: Diff) -> None:
    row = one(altered, level="regional", kind="withdrawn", is_headline=True)
    assert (row["text_before"], row["text_after"]) == ("B", "C")
    changed_class, changed_members = str(row["reason"]).split("; ")
    assert changed_class == "class B -> C"
    assert changed_members.endswith(" Indonesia")


def test_reason_of_a_baseline_value_is_its_values(altered: Diff) -> None:
    rows = altered.values[altered.values["level"] == "baseline"]
    assert set(rows["quantity"]) == {"latest_value", "change"}
    assert set(rows["kind"]) == {"withdrawn"}
    for reason in rows["reason"]:
        assert_reports(reason, found="values in this list")


def test_changed_definition_is_a_reason_only_where_it_affects_values(altered: Diff) -> None:
    rows = altered.values[altered.values["indicator"] == "ASP_COV_UEMP"]
    assert len(rows)
    assert all("definition changed (maximum)" in reason for reason in rows["reason"])
    description = altered.definitions[altered.definitions["key"] == "ASP_COV_ANY"]
    assert description[["field", "after"]].to_numpy().tolist() == [["definition", "Other words"]]
    assert "ASP_COV_ANY" not in set(altered.values["indicator"])


def test_other_filter_of_a_claim_is_a_changed_definition(release: Path, tmp_path: Path) -> None:
    folder = copied(release, tmp_path / "parquet")
    children = "claim_id = (SELECT claim_id FROM '{}' WHERE indicator = 'ASP_COV_CHLD' AND provider = 'ilostat')"
    children = children.format(release / "parquet/reference/claim.parquet")
    alter(folder, "reference.claim_filter", f"UPDATE t SET code = 'SOC_CONTIG_OTHER' WHERE {children}")
    alter(folder, "indicator_set.value", "DELETE FROM t WHERE indicator = 'ASP_COV_CHLD' AND source = 'ilostat'")
    after = ComparedState("altered", Build(folder), {"code": "of another version"})
    diff = compare(ComparedState("made", Build(release / "parquet"), {"code": "of this version"}), after)
    assert [(d.kind, d.key.split()[0], d.key.split()[-1]) for d in diff.definitions.itertuples()] == [
        ("withdrawn", "ASP_COV_CHLD", "SOC=SOC_CONTIG_CHILD"),
        ("new", "ASP_COV_CHLD", "SOC=SOC_CONTIG_OTHER"),
    ]
    reasons = set(diff.values.loc[diff.values["level"] == "country", "reason"])
    assert len(reasons) == 1
    assert reasons.pop().startswith("definition changed (sources)")


def test_indicators_codes_and_sources_are_compared(altered: Diff) -> None:
    assert altered.indicators[["kind", "key"]].to_numpy().tolist() == [["withdrawn", "ASP_FIN_GDP"]]
    codes = altered.codes[["kind", "key", "field", "after"]].to_numpy().tolist()
    assert ["changed", "sex F", "name", "Women"] in codes
    assert ["new", "sex X", "", "name=Other"] in codes
    assert [c[0] for c in codes] == ["withdrawn", "changed", "new"]
    sources = altered.sources[["provider", "vintages_before", "vintages_after", "what"]].to_numpy().tolist()
    assert sources == [["ilostat", "2024-09-12", "2030-01-01", "other vintages"]]


def test_withdrawn_values_are_first_everywhere(altered: Diff) -> None:
    order = [KINDS.index(k) for k in altered.values["kind"]]
    assert order == sorted(order)
    text = diff_text(altered)
    assert text.index("Withdrawn values: 1 ") < text.index("Changed values") < text.index("New values")
    assert list(diff_values(altered))[4:8] == list(KINDS)


def test_tables_and_columns_that_an_older_version_does_not_have_are_not_compared(release: Path, tmp_path: Path) -> None:
    folder = copied(release, tmp_path / "parquet")
    reference = folder / "reference"
    (reference / "weight_series.parquet").unlink()
    for name, column in (("claim", "set_cell"), ("indicator", "headline_cell"), ("indicator", "maximum_is_hard")):
        path = reference / f"{name}.parquet"
        con = duckdb.connect()
        con.execute(f"CREATE TABLE t AS SELECT * EXCLUDE ({column}) FROM '{path}'")
        con.execute(f"COPY t TO '{path}' (FORMAT parquet)")
        con.close()
    older, today = ComparedState("older", Build(folder)), ComparedState("now", Build(release / "parquet"))
    assert compare(older, today).is_empty
    assert compare(today, older).is_empty


def test_reworded_sentences_change_no_figure(release: Path, tmp_path: Path) -> None:
    folder = copied(release, tmp_path / "parquet")
    alter(folder, "reference.code", "UPDATE t SET name = 'In other words: ' || name WHERE codelist = 'sentence'")
    alter(folder, "baseline.value", "UPDATE t SET reason = 'In other words: ' || reason WHERE reason IS NOT NULL")
    sentence = "title_sentence_code IS NOT NULL"
    alter(folder, "indicator_set.aggregate", f"UPDATE t SET title = 'In other words: ' || title WHERE {sentence}")
    before = ComparedState("old", Build(release / "parquet"))
    reworded = compare(before, ComparedState("now", Build(folder)))
    assert reworded.values.empty
    assert reworded.definitions.empty
    assert set(reworded.codes["field"]) == {"name"}
    assert exceeded_tolerances(reworded, load_catalog().tolerances) == []
    path = folder / "indicator_set" / "aggregate.parquet"
    older = tmp_path / "older.parquet"
    duckdb.execute(f"COPY (SELECT * EXCLUDE (title_sentence_code) FROM '{path}') TO '{older}' (FORMAT parquet)")
    older.replace(path)
    assert compare(ComparedState("older", Build(folder)), before).values.empty, "an older version has no codes"
    alter(folder, "indicator_set.aggregate", "UPDATE t SET title = 'Other' WHERE obs_value IS NOT NULL")
    titles = compare(ComparedState("older", Build(folder)), before).values
    assert set(titles["fields"]) == {"title"}, "titles of definitions are compared as texts"


def test_other_series_of_a_weight_is_a_reason_of_regional_figures(release: Path, tmp_path: Path) -> None:
    folder = copied(release, tmp_path / "parquet")
    alter(folder, "reference.weight_series", "UPDATE t SET multiplier = 1000 * multiplier WHERE role = 'labour_force'")
    alter(folder, "reference.weight_series", "UPDATE t SET weight_series_file = 'elsewhere:1'")
    alter(
        folder,
        "indicator_set.aggregate",
        "UPDATE t SET obs_value = 1 + obs_value WHERE is_headline AND weight_name = 'LABOUR_FORCE'",
    )
    diff = compare(ComparedState("old", Build(release / "parquet")), ComparedState("now", Build(folder)))
    assert set(diff.definitions["field"]) == {"multiplier"}
    changed = diff.values[(diff.values["level"] == "regional") & (diff.values["quantity"] == "obs_value")]
    assert set(changed["reason"]) == {"rules changed: weight_series labour_force (multiplier)"}


def test_difference_without_a_cause_has_a_reason_too(release: Path, tmp_path: Path) -> None:
    folder = copied(release, tmp_path / "parquet")
    alter(folder, "indicator_set.value", f"UPDATE t SET obs_value = 1 WHERE {PENSION} AND time_period = 2021")
    build = Build(folder)
    before = ComparedState("old", Build(release / "parquet"), {"code": "c1"})
    unexplained = compare(before, ComparedState("now", build, {"code": "c1"}))
    assert unexplained.values["reason"].tolist() == [NO_CAUSE]
    assert compare(before, ComparedState("now", build, {"code": "c2"})).values["reason"].tolist() == [CODE_CHANGED]
    (folder / "indicator_set" / "aggregate.parquet").unlink()
    with pytest.raises(DiffError) as error:
        compare(before, ComparedState("now", build))
    assert_reports(
        str(error.value),
        place=str(folder / "indicator_set" / "aggregate.parquet"),
        found="now has no indicator_set.aggregate",
        remedy="payung releases verify",
    )


def test_json_has_every_row_and_null_for_missing_numbers(altered: Diff) -> None:
    content = json.loads(json.dumps(diff_values(altered, []), allow_nan=False))
    assert sum(len(content[kind]) for kind in KINDS) == len(altered.values)
    assert content["exceeded"] == []
    assert content["withdrawn"][0]["value_after"] is None


def test_workbook_has_a_sheet_for_each_kind(altered: Diff, tmp_path: Path) -> None:
    exceeded = exceeded_tolerances(altered, {"all": tolerance(withdrawn_percent=0, free=0)})
    book = openpyxl.load_workbook(write_diff_workbook(altered, tmp_path / "to" / "meeting.xlsx", exceeded))
    expected = ["summary", *KINDS, "indicators", "codes", "definitions", "sources", "tolerances"]
    assert book.sheetnames == expected
    for name in expected:
        sheet = book[name]
        assert sheet.freeze_panes in ("A2", "F2")
        assert sheet["A1"].font.bold
        widths = [d.width for d in sheet.column_dimensions.values()]
        assert min(widths) >= 9
        assert max(widths) <= 70
    rows = list(book["withdrawn"].iter_rows(values_only=True))
    assert len(rows) == 1 + len(altered.of_kind("withdrawn"))
    assert rows[0][2:5] == ("indicator", "ref area", "time period")
    assert [p.name for p in (tmp_path / "to").iterdir()] == ["meeting.xlsx"]


def tolerance(**differently: float) -> Tolerance:
    fields = {
        "withdrawn_percent": 100, "changed_percent": 100, "changed_by_percent": 10, "free": 0, "regional_by_percent": 1e9,
    }  # fmt: skip
    return Tolerance.model_validate({"indicator": "all", "why": "a test of one rule", **fields, **differently})


def test_each_tolerance_is_measured_separately(altered: Diff) -> None:
    withheld = exceeded_tolerances(altered, {"all": tolerance()})
    assert [(e.indicator, e.rule) for e in withheld] == [("ASP_COV_PENSN", "regional_by_percent")], (
        "withheld counts as 100 %"
    )
    total = int(altered.totals.set_index("indicator")["n_before"]["ASP_COV_PENSN"])
    exceeded = exceeded_tolerances(altered, {"all": tolerance(withdrawn_percent=0)})
    (withdrawn,) = [e for e in exceeded if e.rule == "withdrawn_percent"]
    assert (withdrawn.indicator, withdrawn.values, withdrawn.of) == ("ASP_COV_PENSN", 1, total)
    assert withdrawn.found == round(100 / total, 1)
    assert "PHL 2019" in withdrawn.line()
    assert "no longer chosen" in withdrawn.line()
    assert not [
        e for e in exceeded_tolerances(altered, {"all": tolerance(withdrawn_percent=0, free=1)}) if "drawn" in e.rule
    ]
    changed = {
        e.indicator
        for e in exceeded_tolerances(altered, {"all": tolerance(changed_percent=0, changed_by_percent=5)})
        if "changed" in e.rule
    }
    assert changed == {"ASP_COV_PENSN", "ASP_COV_UEMP"}
    large = exceeded_tolerances(altered, {"all": tolerance(changed_percent=0, changed_by_percent=40)})
    assert {e.indicator for e in large if "changed" in e.rule} == {"ASP_COV_UEMP"}, "half of it is more than 40 %"


@pytest.mark.parametrize(("before", "after"), [(60.0, None), (None, 60.0)])
def test_number_that_replaces_a_bound_or_is_replaced_by_one_has_changed(
    before: float | None, after: float | None
) -> None:
    value = {"indicator": "ASP_COV_UEMP", "level": "country", "kind": "changed", "is_headline": True, "ref_area": "PHL"}
    value |= {"time_period": 2021, "value_before": before, "value_after": after, "reason": "new vintage"}
    empty = pd.DataFrame()
    totals = pd.DataFrame({"indicator": ["ASP_COV_UEMP"], "n_before": [1]})
    values = pd.DataFrame([value]).astype({"value_before": float, "value_after": float})
    diff = Diff("before", "after", empty, empty, empty, empty, values, totals)
    (exceeded,) = exceeded_tolerances(diff, {"all": tolerance(changed_percent=0, changed_by_percent=40, free=0)})
    assert (exceeded.rule, exceeded.values) == ("changed_percent", 1)


def test_tolerance_of_an_indicator_replaces_the_general_one(altered: Diff) -> None:
    strict, generous = (
        tolerance(changed_percent=0, changed_by_percent=5),
        tolerance().model_copy(update={"indicator": "ASP_COV_UEMP"}),
    )
    exceeded = exceeded_tolerances(altered, {"all": strict, "ASP_COV_UEMP": generous})
    assert {e.indicator for e in exceeded if e.rule == "changed_percent"} == {"ASP_COV_PENSN"}


def test_tolerances_of_the_project_are_exceeded_by_an_indicator_without_values(release: Path, tmp_path: Path) -> None:
    folder = copied(release, tmp_path / "parquet")
    alter(folder, "indicator_set.value", "DELETE FROM t WHERE indicator = 'ASP_COV_PENSN'")
    exceeded = exceeded_tolerances(
        compare(ComparedState("old", Build(release / "parquet")), ComparedState("now", Build(folder))),
        load_catalog().tolerances,
    )
    assert [(e.indicator, e.rule, e.found) for e in exceeded] == [("ASP_COV_PENSN", "withdrawn_percent", 100.0)]

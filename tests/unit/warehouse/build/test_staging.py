"""Staging observations: the rows that pandera rejects, the rows that are accepted, and that no row is lost."""

from __future__ import annotations

import pandas as pd
import pandera.config
import pytest
from messages import assert_reports
from small_build import structure_of, un_row

from indicator_defs.errors import PayungError
from warehouse.build.staging import series_key, stage
from warehouse.metadata import ROLES

UN = structure_of("unsd_sdg", "sdg")
ILO = structure_of("ilostat", "SDG_0131_SEX_SOC_RT")


def parsed(rows: list[dict[str, str | None]], dropped: tuple[str, ...] = ()) -> pd.DataFrame:
    """Rows as a parser returns them: all columns of the structure, text or None."""
    columns = ["snapshot_row", "series", *ROLES, *(c.name for c in UN.columns if c.role in ("dimension", "attribute"))]
    frame = pd.DataFrame(
        [{"snapshot_row": f"page.json:{i}", **row} for i, row in enumerate(rows, start=1)],
        columns=[c for c in columns if c not in dropped],
        dtype=object,
    )
    return frame.where(frame.notna(), None)


GOOD = un_row("SI_COV_PENSN", "608", 2016, "39.8", sex="BOTHSEX", age="15+", source_citation="ILO estimates")


def test_repeated_key_is_rejected_where_the_provider_has_one_value_per_key() -> None:
    other_value = {**GOOD, "obs_value": "40.1"}
    rows = [GOOD, GOOD, other_value, {**GOOD, "sex": "FEMALE"}]
    several = stage(parsed(rows), UN, "s1")
    assert (len(several.rows), len(several.rejected)) == (4, 0), "the UN may publish a key several times"
    once = stage(parsed(rows), UN.model_copy(update={"key_once": True}), "s1")
    assert list(once.rows["snapshot_row"]) == ["page.json:1", "page.json:4"]
    assert list(once.rejected["snapshot_row"]) == ["page.json:2", "page.json:3"]
    (detail,) = set(once.rejected["detail"])
    assert_reports(detail, found="row: ", expected=("one value per key", "page.json:1"))
    assert len(once.failures) == 2


def test_valid_row_is_not_altered() -> None:
    result = stage(parsed([GOOD]), UN, "s1")
    assert result.failures.empty
    assert result.rejected.empty
    (row,) = result.rows.to_dict("records")
    assert row["obs_value"] == "39.8"
    assert isinstance(row["obs_value"], str), "text as published"
    assert (row["snapshot_id"], row["provider"], row["dataset"]) == ("s1", "unsd_sdg", "sdg")
    assert row["source_citation"] == "ILO estimates"
    assert row["footnote"] is None


def test_series_key_has_the_filled_dimensions_sorted() -> None:
    result = stage(parsed([GOOD, {**GOOD, "sex": None, "age": ""}]), UN, "s1")
    assert list(result.rows["series_key"]) == ["Age=15+;Sex=BOTHSEX", ""]
    dimensions = result.dimensions[["series", "series_key", "dimension", "code"]].to_dict("records")
    assert dimensions == [
        {"series": "SI_COV_PENSN", "series_key": "Age=15+;Sex=BOTHSEX", "dimension": "Age", "code": "15+"},
        {"series": "SI_COV_PENSN", "series_key": "Age=15+;Sex=BOTHSEX", "dimension": "Sex", "code": "BOTHSEX"},
    ]


def test_series_key_has_the_dimension_of_each_code() -> None:
    frame = pd.DataFrame({"a": ["1", "1", None, "1"], "b": [None, "2", "2", None]}, dtype=object)
    named = [("A", "a"), ("B", "b")]
    assert list(series_key(frame, named)) == ["A=1", "A=1;B=2", "B=2", "A=1"]
    assert list(series_key(frame, [])) == ["", "", "", ""]


@pytest.mark.parametrize(
    ("column", "cell", "expected_text"),
    [
        ("obs_value", "about 12", "obs_value: "),
        ("obs_value", "1,5", "obs_value: "),
        ("time_period", "2009/2010", "time_period: "),
        ("time_period", None, "time_period: not_nullable"),
        ("ref_area", "KHM", "ref_area: "),
        ("series", None, "series: not_nullable"),
    ],
)
def test_faulty_row_is_rejected_with_its_address_and_the_valid_one_is_accepted(
    column: str, cell: str | None, expected_text: str
) -> None:
    result = stage(parsed([GOOD, {**GOOD, column: cell}]), UN, "s1")
    assert len(result.rows) == 1
    (rejected,) = result.rejected.to_dict("records")
    assert rejected["snapshot_row"] == "page.json:2"
    assert (rejected["stage"], rejected["reason"]) == ("staged", "schema")
    assert expected_text in rejected["detail"]
    pattern = next(c.pattern for c in UN.columns if c.role == column)
    if cell is not None:
        assert pattern is not None
        assert pattern in rejected["detail"], "the expected pattern"
    if column != "obs_value":
        assert "obs_value=39.8" in rejected["row_as_published"]
    assert not result.failures.empty


@pytest.mark.parametrize("text", ["<0.5", ">=80", "N", "NaN", "0", "-3.2", "1e-3", "<2.5"])
def test_bounds_and_markers_of_missing_values_are_accepted(text: str) -> None:
    result = stage(parsed([{**GOOD, "obs_value": text}]), UN, "s1")
    assert list(result.rows["obs_value"]) == [text]


def test_all_faults_of_a_row_are_reported_in_one_line() -> None:
    result = stage(parsed([{**GOOD, "obs_value": "x", "time_period": "x"}]), UN, "s1")
    (rejected,) = result.rejected.to_dict("records")
    assert "obs_value: " in rejected["detail"]
    assert "time_period: " in rejected["detail"]


def test_each_copy_of_a_duplicated_row_is_rejected() -> None:
    frame = parsed([GOOD, GOOD, GOOD])
    frame["snapshot_row"] = ["page.json:1", "page.json:1", "page.json:2"]
    result = stage(frame, UN, "s1")
    assert list(result.rows["snapshot_row"]) == ["page.json:2"]
    assert sorted(result.rejected["snapshot_row"]) == ["page.json:1", "page.json:1#2"], "each has its own key"


def test_missing_required_column_is_an_error() -> None:
    with pytest.raises(PayungError) as error:
        stage(parsed([GOOD], dropped=("time_period",)), UN, "s1")
    assert_reports(
        str(error.value),
        place=("unsd_sdg__sdg", "snapshot s1"),
        found="time_period",
        remedy="sources/providers/unsd_sdg.yaml",
    )


def test_extra_column_is_staged_and_an_extra_dimension_is_in_the_key() -> None:
    frame = parsed([GOOD, GOOD])
    frame["note_2026"] = "new"
    frame["tariff_band"] = ["low", None]
    result = stage(frame, UN, "s1", {"Tariff band": "tariff_band"})
    assert list(result.rows["note_2026"]) == ["new", "new"]
    assert list(result.rows["series_key"]) == ["Age=15+;Sex=BOTHSEX;Tariff band=low", "Age=15+;Sex=BOTHSEX"]
    assert ("Tariff band", "low") in set(zip(result.dimensions["dimension"], result.dimensions["code"], strict=True))


def test_no_row_is_lost() -> None:
    rows = [{**GOOD, "obs_value": v} for v in ("1", "x", "2", "", None, "<3", "y")]
    result = stage(parsed(rows), UN, "s1")
    assert len(result.rows) + len(result.rejected) == len(rows)
    assert set(result.rows["snapshot_row"]).isdisjoint(result.rejected["snapshot_row"])


def test_empty_answer_gives_an_empty_table_with_all_columns() -> None:
    result = stage(parsed([]), UN, "s1")
    assert len(result.rows) == 0
    assert {"snapshot_id", "series_key", "sex", "obs_value"} <= set(result.rows.columns)


def test_dimension_pattern_of_another_provider() -> None:
    row = {
        "snapshot_row": "data.csv:2",
        "series": "SDG_0131_SEX_SOC_RT",
        "ref_area": "PHL",
        "time_period": "2021",
        "obs_value": "65.6",
        "freq": "A",
        "measure": "SDG_0131_RT",
        "soc": "SOC_CONTIG_PENSION",
    }
    names = ["snapshot_row", "series", *ROLES, *(c.name for c in ILO.columns if c.role in ("dimension", "attribute"))]
    frame = pd.DataFrame([{**row, "sex": "SEX_T"}, {**row, "sex": "Female"}], columns=names, dtype=object)
    frame["snapshot_row"] = ["data.csv:2", "data.csv:3"]
    result = stage(frame.where(frame.notna(), None), ILO, "s2")
    assert list(result.rows["series_key"]) == ["FREQ=A;MEASURE=SDG_0131_RT;SEX=SEX_T;SOC=SOC_CONTIG_PENSION"]
    assert list(result.rejected["snapshot_row"]) == ["data.csv:3"]


def test_validation_switched_off_is_refused() -> None:
    with (
        pandera.config.config_context(validation_enabled=False),
        pytest.raises(PayungError, match="PANDERA_VALIDATION_ENABLED"),
    ):
        stage(parsed([GOOD]), UN, "s1")

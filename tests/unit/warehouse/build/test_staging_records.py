"""Staging records: types, code lists and keys, no row is lost, and the page of the dictionary."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd
import pytest
from messages import assert_reports

from indicator_defs.datasets import DatasetStructure
from indicator_defs.errors import PayungError
from sources import registry
from warehouse.build.staging_records import stage_records
from warehouse.export.docs import data_dictionary
from warehouse.export.release_reader import ReleaseReader
from warehouse.metadata import staged_table
from warehouse.release.database import ddl

STORED = Path(__file__).parents[3] / "end_to_end" / "new_records" / "sources" / "providers"
GOOD = {"scheme": "KHM-1", "year": "2021", "ref_area": "KHM", "name": "Cash transfer"}


@pytest.fixture
def structure() -> DatasetStructure:
    """The dataset of records of the made-up provider."""
    return registry.providers(STORED)["made_up"].dataset("schemes")


def parsed(structure: DatasetStructure, *rows: dict[str, str | None]) -> pd.DataFrame:
    """Rows as a parser delivers them."""
    columns = ["snapshot_row", *(c.name for c in structure.columns)]
    full = [{"snapshot_row": f"a.csv:{n}", **row} for n, row in enumerate(rows, start=2)]
    frame = pd.DataFrame(full, columns=columns, dtype=object)
    return frame.where(frame.notna(), None)


@pytest.mark.parametrize(
    ("column", "cell", "detail"),
    [
        ("year", "2021.5", "year: expected a whole number"),
        ("year", "9" * 19, "year: expected a whole number"),
        ("year", "", "year: not_nullable"),
        ("spending", "nan", "spending: expected a number"),
        ("spending", "1,5", "spending: expected a number"),
        ("began", "2023-02-29", "began: expected a date such as 2026-11-22"),
        ("is_statutory", "True", "is_statutory: expected true or false"),
        ("ref_area", "khm", "ref_area: expected a code of the list area"),
        ("scheme", "KHM1", r"scheme: expected [A-Z]{3}-\d+"),
    ],
)
def test_row_that_breaks_the_schema_is_rejected_with_its_reason(
    structure: DatasetStructure, column: str, cell: str, detail: str
) -> None:
    result = stage_records(parsed(structure, GOOD, {**GOOD, "scheme": "LAO-1", column: cell}), structure, "s1")
    assert list(result.rows["snapshot_row"]) == ["a.csv:2"]
    (rejected,) = result.rejected.to_dict("records")
    assert (rejected["reason"], rejected["detail"], rejected["series"]) == ("schema", detail, "")
    assert rejected["row_as_published"].startswith("scheme=")


def test_every_accepted_cell_can_be_cast_to_its_type(structure: DatasetStructure) -> None:
    cells = {"year": "-0021", "spending": "+.5e-3", "began": "1967-08-08", "is_statutory": "false"}
    (row,) = stage_records(parsed(structure, {**GOOD, **cells}), structure, "s1").rows.to_dict("records")
    types = {c.name: c.type for c in staged_table(structure).columns}
    values = {c: duckdb.execute(f"SELECT CAST(? AS {types[c]})", [row[c]]).fetchall()[0][0] for c in cells}
    assert values["year"] == -21
    assert values["spending"] == 0.0005
    assert str(values["began"]) == "1967-08-08"
    assert values["is_statutory"] is False


def test_first_valid_row_of_a_key_is_accepted(structure: DatasetStructure) -> None:
    faulty = {**GOOD, "name": None}
    result = stage_records(parsed(structure, faulty, GOOD, {**GOOD, "year": "02021"}, GOOD), structure, "s1")
    assert list(result.rows["snapshot_row"]) == ["a.csv:3"]
    assert result.rejected[["snapshot_row", "reason"]].to_numpy().tolist() == [
        ["a.csv:2", "schema"],
        ["a.csv:4", "key_repeated"],
        ["a.csv:5", "key_repeated"],
    ]
    (detail,) = set(result.rejected["detail"][1:])
    assert_reports(detail, found="key scheme=KHM-1, year=2021 ", expected="a.csv:3")
    assert len(result.failures) == 3


def test_missing_column_is_an_error_of_the_whole_answer(structure: DatasetStructure) -> None:
    frame = parsed(structure, GOOD).drop(columns="year")
    with pytest.raises(PayungError) as error:
        stage_records(frame, structure, "s1")
    assert_reports(
        str(error.value),
        place=("made_up__schemes", "snapshot s1"),
        found="column_in_dataframe: year",
        remedy="sources/providers/made_up.yaml",
    )


def test_dictionary_describes_records(structure: DatasetStructure, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"release": "made_up"}', encoding="utf-8")
    with duckdb.connect() as con:
        con.execute("CREATE SCHEMA staged")
        for statement in ddl(staged_table(structure)):
            con.execute(statement)
        page = data_dictionary.pages(ReleaseReader(tmp_path, con))["dictionary.md"]
    assert "### staged.made_up__schemes" in page
    assert "Key: snapshot_id, scheme, year" in page
    assert "| `began` | DATE |" in page
    assert "(published as Began) |" in page

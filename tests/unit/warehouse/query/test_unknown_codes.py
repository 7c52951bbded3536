"""Codes that a statement passes to macros and the release does not have."""

from __future__ import annotations

from pathlib import Path

import pytest
from messages import assert_reports

from warehouse.query.read_only import reader
from warehouse.query.unknown_codes import KINDS, NO_CODES, unknown_codes
from warehouse.release.macros import macros, macros_and_aliases


def test_every_parameter_of_every_macro_has_a_kind() -> None:
    for macro in macros():
        assert macro.parameters, macro.name
        assert set(macro.parameters) <= {*KINDS, *NO_CODES}, macro.name


@pytest.mark.parametrize("macro", macros_and_aliases(), ids=lambda m: m.name)
def test_unknown_code_of_every_macro_is_reported(release: Path, macro) -> None:
    expected = [KINDS[p] for p in macro.parameters if p in KINDS]
    values = {"requested_year": "2020", "known_on": "DATE '2022-12-31'", "word": "'pension'"}
    given = ", ".join(values.get(p, "'NOT_THERE'") for p in macro.parameters)
    with reader(release) as con:
        statement = f"SELECT * FROM {macro.name}({given})"
        con.execute(statement)  # the statement is valid
        lines = unknown_codes(con, statement, is_empty=True)
    assert len(lines) == len(set(expected)), lines
    for what, line in zip(dict.fromkeys(expected), lines, strict=True):
        assert line.startswith(f"unknown {what} 'NOT_THERE'; ")


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("FROM profile('VNM')", []),
        ("FROM profile('Vietnam')", ["unknown area 'Vietnam': write VNM (Viet Nam)"]),
        ("FROM profile('vnm')", ["unknown area 'vnm': write VNM (Viet Nam)"]),
        ("FROM main.PROFILE ( 'Laos' )", ["unknown area 'Laos': write LAO (Lao People's Democratic Republic)"]),
        (
            "FROM regional('ASP_COV_PENSN', area_group_code := 'ASEAN-6')",
            ["unknown area 'ASEAN-6': write ASEAN6 (ASEAN-6)"],
        ),
        (
            "FROM series(area := 'Siam', indicator_code := 'ASP_COV_PENSN')",
            ["unknown area 'Siam': write THA (Thailand)"],
        ),
        ("SELECT '; profile(''Laos'')' -- profile('Laos')\n/* gaps('Laos') */", []),
        (
            "SELECT 'ไทย' AS a, * FROM gaps('Laos')",
            ["unknown area 'Laos': write LAO (Lao People's Democratic Republic)"],
        ),
        ("FROM gaps('L' || 'AO')", []),
        ("SELECT 1 AS gaps", []),
        ("SELECT * FROM gaps('LAO'), profile('Burma')", ["unknown area 'Burma': write MMR (Myanmar)"]),
        ("FROM gaps('Burma') UNION FROM gaps('Burma')", ["unknown area 'Burma': write MMR (Myanmar)"]),
        ("FROM gaps('It''s')", ['unknown area "It\'s"; list all: SELECT ref_area, name FROM reference.area']),
    ],
)
def test_literals_of_macros_are_found_as_the_parser_reads_them(
    release: Path, statement: str, expected: list[str]
) -> None:
    with reader(release) as con:
        assert unknown_codes(con, statement, is_empty=False) == expected


def test_unknown_indicator_in_a_condition_is_reported_where_the_result_is_empty(release: Path) -> None:
    statement = "FROM regional_baseline WHERE indicator = 'ASP_COV_PENSON'"
    with reader(release) as con:
        (line,) = unknown_codes(con, statement, is_empty=True)
        assert_reports(line, found="unknown indicator 'ASP_COV_PENSON'", expected="ASP_COV_PENSN (")
        assert unknown_codes(con, statement, is_empty=False) == []


def test_unknown_code_is_reported_as_of_a_date_too(release: Path) -> None:
    from datetime import date

    with reader(release, date(2022, 12, 31)) as con:
        assert unknown_codes(con, "FROM series('ASP_COV_PENSN', 'Siam')", True) == [
            "unknown area 'Siam': write THA (Thailand)"
        ]

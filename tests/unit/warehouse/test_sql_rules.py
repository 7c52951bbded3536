"""The rules and functions that several SQL files use: warehouse/sql/rule and warehouse/sql/function."""

from __future__ import annotations

import pytest
from messages import assert_reports

from warehouse.build.engine import inputs_of
from warehouse.connection import define_functions, open_engine
from warehouse.sql_files import RULES, expanded


def test_marker_of_a_rule_is_replaced_by_its_query() -> None:
    assert expanded('SELECT * FROM "@class_test"').startswith("SELECT * FROM (\n-- ")
    assert "reference.class_limit" in inputs_of("indicator_set.class_test")
    assert {"baseline.group_change", "reference.class_limit"} <= set(inputs_of("baseline.class_test"))


def test_unknown_rule_is_reported_with_the_existing_ones() -> None:
    with pytest.raises(ValueError, match=r"^x\.sql: ") as error:
        expanded('SELECT * FROM "@class_tests"', "x.sql")
    rules = sorted(p.stem for p in RULES.glob("*.sql"))
    assert_reports(str(error.value), place="x.sql", found='FROM "@class_tests"', expected=("sql/rule", *rules))


@pytest.mark.parametrize(
    ("sentence", "contents", "expected"),
    [
        ("value of {year} of {area}", {"year": "2015", "area": "THA"}, "value of 2015 of THA"),
        ("value of {year}", {"year": None}, "value of "),
        (
            "titled {title}, unit {unit}",
            {"title": "in {unit} {year}", "unit": "PT"},
            "titled in {unit} {year}, unit PT",
        ),
        (None, {"year": "2015"}, None),
    ],
)
def test_places_of_a_sentence_are_filled_once(sentence: str, contents: dict[str, str], expected: str) -> None:
    con = open_engine()
    define_functions(con)
    pairs = ", ".join(f"'{place}': ?" for place in contents)
    result = con.execute(f"SELECT filled(?::VARCHAR, MAP {{{pairs}}})", [sentence, *contents.values()]).fetchall()
    assert result == [(expected,)]

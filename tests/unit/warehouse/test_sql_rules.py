"""Rules and functions that several SQL files use: warehouse/sql/rule, warehouse/sql/function."""

from __future__ import annotations

import pytest

from warehouse.build.engine import inputs_of
from warehouse.connection import define_functions, open_engine
from warehouse.sql_files import RULES, expanded


def test_rule_stands_in_the_place_of_a_table_with_its_inputs() -> None:
    assert expanded('SELECT * FROM "@class_test"').startswith("SELECT * FROM (\n-- ")
    assert "reference.class_limit" in inputs_of("indicator_set.class_test")
    assert {"baseline.group_change", "reference.class_limit"} <= set(inputs_of("baseline.class_test"))


def test_unknown_rule_is_refused_with_those_there_are() -> None:
    known = ", ".join(sorted(p.stem for p in RULES.glob("*.sql")))
    with pytest.raises(ValueError, match=f'found FROM "@class_tests", expected a file of sql/rule: {known}'):
        expanded('SELECT * FROM "@class_tests"', "x.sql")


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
    found = con.execute(f"SELECT filled(?::VARCHAR, MAP {{{pairs}}})", [sentence, *contents.values()]).fetchall()
    assert found == [(expected,)]

"""Rules that several SQL files use: the queries of warehouse/sql/rule."""

from __future__ import annotations

import pytest

from warehouse.build.engine import inputs_of
from warehouse.sql_files import RULES, expanded


def test_rule_stands_in_the_place_of_a_table_with_its_inputs() -> None:
    assert expanded('SELECT * FROM "@class_test"').startswith("SELECT * FROM (\n-- ")
    assert "reference.class_limit" in inputs_of("indicator_set.class_test")
    assert {"baseline.group_change", "reference.class_limit"} <= set(inputs_of("baseline.class_test"))


def test_unknown_rule_is_refused_with_those_there_are() -> None:
    known = ", ".join(sorted(p.stem for p in RULES.glob("*.sql")))
    with pytest.raises(ValueError, match=f'found FROM "@class_tests", expected a file of sql/rule: {known}'):
        expanded('SELECT * FROM "@class_tests"', "x.sql")

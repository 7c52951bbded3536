"""Query results as JSON: nothing is lost if the engine allows what JSON does not."""

from __future__ import annotations

import json

from pipelines.cli.output.query_result import answer_json
from warehouse.query.read_only import QueryAnswer


def test_columns_with_the_same_name_are_all_included() -> None:
    answer = QueryAnswer(("a", "a_1", "a"), ("INTEGER",) * 3, [(1, 2, 3)])
    assert json.loads(answer_json(answer)) == [{"a": 1, "a_1": 2, "a_2": 3}]


def test_nan_is_null_at_any_depth() -> None:
    nan = float("nan")
    answer = QueryAnswer(("x", "y", "z"), ("DOUBLE", "DOUBLE[]", "STRUCT(v DOUBLE)"), [(nan, [1.5, nan], {"v": nan})])
    text = answer_json(answer)
    assert "NaN" not in text
    assert json.loads(text) == [{"x": None, "y": [1.5, None], "z": {"v": None}}]

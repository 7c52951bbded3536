"""Fixtures of the golden tests: the release of the shipped archive, open for reading."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from warehouse.query.read_only import reader

Query = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="session")
def rows_of(release: Path) -> Query:
    """A function that runs a query on the release and returns its rows as dictionaries, NULL as None."""

    def rows(query: str, *values: Any) -> list[dict[str, Any]]:
        # opened for each query, because a process cannot open a file with two sets of settings
        with reader(release) as con:
            result = con.execute(query, list(values))
            names = [column[0] for column in result.description or []]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    return rows

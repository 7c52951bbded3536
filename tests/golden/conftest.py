"""Fixtures of the golden tests: the release of the shipped archive, open for reading."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from warehouse.query.read_only import reader

Ask = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="session")
def ask(release: Path) -> Ask:
    """A function that answers a query on the release: rows as dictionaries, missing cells as None."""

    def answer(query: str, *values: Any) -> list[dict[str, Any]]:
        # opened for each query: one process cannot hold a file open with two sets of settings
        with reader(release) as con:
            result = con.execute(query, list(values))
            names = [column[0] for column in result.description or []]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    return answer

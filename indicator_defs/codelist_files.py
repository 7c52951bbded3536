"""The codes of our code lists, by the name of the list, loaded quickly by the processes that stage snapshots.

Checking the lists and making their rows is in codelists.py.
"""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).parent / "codelists"


def codelist_names() -> list[str]:
    """The names of all code lists with a column `code`, sorted."""
    return [path.stem for path in sorted(FOLDER.glob("*.csv")) if path.stem != "area_group"]


@lru_cache(maxsize=32)
def codes_of(name: str) -> frozenset[str]:
    """The codes of one list."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return frozenset(row["code"] for row in csv.DictReader(file))

"""Former names of views and macros of main: a release has them as aliases until the version in the list.

Belongs here: reading the list (sql/former_names.csv), the comment of an alias, the name in an open release.
Does not belong here: creating the aliases (views.py, macros.py).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import duckdb

LIST = Path(__file__).parent.parent / "sql" / "former_names.csv"


@dataclass(frozen=True)
class FormerName:
    """A former name, the present name, and the version that no longer has the alias."""

    former_name: str
    name: str
    removed_in: str

    @property
    def comment(self) -> str:
        """The comment of the alias."""
        return f"Former name of {self.name}; will be removed in version {self.removed_in}"


@lru_cache(maxsize=2)
def former_names(kind: Literal["view", "macro"]) -> tuple[FormerName, ...]:
    """The former names of views or of macros, in the order of the list."""
    with LIST.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return tuple(FormerName(r["former_name"], r["name"], r["removed_in"]) for r in rows if r["kind"] == kind)


def name_in_release(con: duckdb.DuckDBPyConnection, name: str) -> str:
    """The name of a view of main in an open release: the former name where an older version made the release."""
    names = [name, *(f.former_name for f in former_names("view") if f.name == name)]
    found = con.execute(
        "SELECT view_name FROM duckdb_views() WHERE database_name = current_database() AND schema_name = 'main'"
    )
    present = {row[0] for row in found.fetchall()}
    return next((n for n in names if n in present), name)

"""The table macros of a release: questions with a name, as `series('ASP_COV_PENSN', 'PHL')`.

Belongs here: reading warehouse/sql/macros/*.sql and writing them into a database.
Does not belong here: what they ask (the SQL files) and the worked queries (docs/sql.md).

A file begins with the comment that stands in the database, up to the first empty comment line; the statement
creates one macro of the file's name. Its first words are the call, as an example to type.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.connection import define_half_up
from warehouse.sql_files import read_sql

if TYPE_CHECKING:
    import duckdb

FOLDER = Path(__file__).parent.parent / "sql" / "macros"


@dataclass(frozen=True)
class Macro:
    """One macro: its name, the comment for users, the statement that creates it."""

    name: str
    comment: str
    statement: str


def macros() -> list[Macro]:
    """All macros, in the order of their names. Raises ValueError where a file creates another name than its own."""
    return [_read(path) for path in sorted(FOLDER.glob("*.sql"))]


def _read(path: Path) -> Macro:
    comment: list[str] = []
    text = read_sql(path)
    for line in text.splitlines():
        if not line.startswith("-- "):
            break
        comment.append(line.removeprefix("-- ").strip())
    start = text.find(f"CREATE MACRO {path.stem}(")
    if start < 0 or not comment:
        raise ValueError(f"{path.name} must begin with a comment and hold CREATE MACRO {path.stem}(…) AS TABLE …")
    return Macro(path.stem, " ".join(comment), text[start:].rstrip().rstrip(";"))


def create_macros(
    con: duckdb.DuckDBPyConnection,
    leave_out: frozenset[str] = frozenset(),
    altered: Callable[[str], str] = lambda statement: statement,
) -> None:
    """Creates the macros with their comments in the schema main of the database in use; `altered` may change them.

    With them the function `half_up` (connection.py).
    """
    define_half_up(con)
    for macro in macros():
        if macro.name not in leave_out:
            con.execute(altered(macro.statement).replace("CREATE MACRO ", "CREATE MACRO main.", 1))
            comment = macro.comment.replace("'", "''")
            con.execute(f"COMMENT ON MACRO TABLE main.{macro.name} IS '{comment}'")

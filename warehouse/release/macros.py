"""The table macros of a release: named queries with parameters, such as `series('ASP_COV_PENSN', 'PHL')`.

Belongs here: reading warehouse/sql/macros/*.sql and writing them into a database.
Does not belong here: the queries themselves (the SQL files) and examples of queries (docs/sql.md).

A file begins with the comment for the database, up to the first empty comment line; the comment begins with an example
of a call. The statement creates one macro with the name of the file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.connection import define_function
from warehouse.release.former_names import former_names
from warehouse.sql_files import read_sql

if TYPE_CHECKING:
    import duckdb

FOLDER = Path(__file__).parent.parent / "sql" / "macros"


@dataclass(frozen=True)
class Macro:
    """One macro: its name, its comment, and the statement that creates it.

    `former_name_of`: the macro that it is an alias of.
    """

    name: str
    comment: str
    statement: str
    former_name_of: str | None = None

    @property
    def parameters(self) -> list[str]:
        """The names of its parameters, in order."""
        return [part.split(":=")[0].strip() for part in self.signature.split(",")]

    @property
    def signature(self) -> str:
        """Its parameters with their defaults, as in the statement."""
        return self.statement.partition("(")[2].partition(") AS TABLE")[0]

    def alias(self, name: str, comment: str) -> Macro:
        """A macro with another name that returns the same rows."""
        call = f"{self.name}({', '.join(self.parameters)})"
        return Macro(name, comment, f"CREATE MACRO {name}({self.signature}) AS TABLE SELECT * FROM {call}", self.name)


def macros() -> list[Macro]:
    """The macros in the order of their names, without aliases.

    Raises ValueError where a file does not create a macro with the name of the file.
    """
    return [_read(path) for path in sorted(FOLDER.glob("*.sql"))]


def macros_and_aliases() -> list[Macro]:
    """The macros in the order of their names, then the aliases under former names."""
    current = macros()
    by_name = {m.name: m for m in current}
    return current + [by_name[f.name].alias(f.former_name, f.comment) for f in former_names("macro")]


def _read(path: Path) -> Macro:
    comment: list[str] = []
    text = read_sql(path)
    for line in text.splitlines():
        if not line.startswith("-- "):
            break
        comment.append(line.removeprefix("-- ").strip())
    start = text.find(f"CREATE MACRO {path.stem}(")
    if start < 0 or not comment:
        raise ValueError(f"{path.name} must begin with a comment and contain CREATE MACRO {path.stem}(…) AS TABLE …")
    return Macro(path.stem, " ".join(comment), text[start:].rstrip().rstrip(";"))


def create_macros(
    con: duckdb.DuckDBPyConnection,
    left_out: frozenset[str] = frozenset(),
    altered: Callable[[str], str] = lambda statement: statement,
) -> None:
    """Creates macros and aliases with their comments in the schema main of the database in use.

    The function `half_up` (connection.py), which they use, is created too. `left_out`: names of macros that are not
    created, neither are their aliases; `altered`: changes a statement before it runs.
    """
    define_function(con, "half_up")
    for macro in macros_and_aliases():
        if not {macro.name, macro.former_name_of} & left_out:
            con.execute(altered(macro.statement).replace("CREATE MACRO ", "CREATE MACRO main.", 1))
            comment = macro.comment.replace("'", "''")
            con.execute(f"COMMENT ON MACRO TABLE main.{macro.name} IS '{comment}'")

"""The views of a release: makes them from the SELECTs of warehouse/sql, with their comments.

Belongs here: the labelled views of main, the views of the other schemas, and aliases under former names.
Does not belong here: the SQL of the views (sql/main, sql/views), and macros (macros.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.connection import quoted
from warehouse.metadata import (
    TableDescription,
    staged_observation,
    view_column_comment,
    views,
)
from warehouse.release.former_names import former_names
from warehouse.sql_files import read_sql

if TYPE_CHECKING:
    import duckdb

SQL = Path(__file__).parent.parent / "sql"


@dataclass(frozen=True)
class LabelledView:
    """One view of main: its name, comment and SELECT. `former_name_of`: the view that it is an alias of."""

    name: str
    comment: str
    select: str
    former_name_of: str | None = None


def labelled_views() -> list[LabelledView]:
    """The views of main in the order of their names, then the aliases under former names."""
    out = []
    for path in sorted((SQL / "main").glob("*.sql")):
        text = read_sql(path)
        out.append(LabelledView(path.stem, text.split("\n", 1)[0].removeprefix("-- "), text.rstrip().rstrip(";")))
    aliases = [
        LabelledView(f.former_name, f.comment, f"SELECT * FROM main.{f.name}", f.name) for f in former_names("view")
    ]
    return out + aliases


def create_labelled_views(con: duckdb.DuckDBPyConnection) -> None:
    """Creates the views of main with their comments in the database in use."""
    for view in labelled_views():
        con.execute(f"CREATE VIEW main.{view.name} AS {view.select}")
        con.execute(f"COMMENT ON VIEW main.{view.name} IS '{quoted(view.comment)}'")
        for column in con.execute(f"SELECT * FROM main.{view.name} LIMIT 0").description or []:
            text = quoted(view_column_comment(column[0]))
            con.execute(f"COMMENT ON COLUMN main.{view.name}.\"{column[0]}\" IS '{text}'")


def schema_views(published: Sequence[TableDescription]) -> list[str]:
    """Statements that create the views of the schemas other than main, with their comments.

    staged.observation combines the staged tables of observations among `published`.
    """
    out = _statements(staged_observation(), _staged_select(published))
    for full_name, description in views().items():
        out += _statements(description, schema_view_select(full_name))
    return out


def schema_view_select(full_name: str) -> str:
    """The SELECT of a view of metadata.views()."""
    return read_sql(SQL / "views" / f"{full_name}.sql").rstrip()


def _staged_select(published: Sequence[TableDescription]) -> str:
    description = staged_observation()
    names = ", ".join(f'"{c}"' for c in description.column_names)
    over = [t.full_name for t in published if t.shape == "observations"]
    empty = ", ".join(f"CAST(NULL AS {c.type}) AS {c.name}" for c in description.columns)
    return " UNION ALL ".join(f"SELECT {names} FROM {name}" for name in over) or f"SELECT {empty} WHERE FALSE"


def _statements(description: TableDescription, select: str) -> list[str]:
    full, key = description.full_name, f" Key: {', '.join(description.key)}."
    return [
        f"CREATE VIEW {full} AS {select}",
        f"COMMENT ON VIEW {full} IS '{quoted(description.comment + '.' + key)}'",
        *(f"COMMENT ON COLUMN {full}.\"{c.name}\" IS '{quoted(c.whole_comment)}'" for c in description.columns),
    ]

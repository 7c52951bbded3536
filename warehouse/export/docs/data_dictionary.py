"""dictionary.md: every schema, table, view, column and macro of the release, from the comments in its database."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from warehouse import metadata
from warehouse.export.docs.markdown import code, table
from warehouse.export.release_reader import ReleaseReader
from warehouse.release.former_names import former_names

_COLUMNS = """
SELECT
    c.schema_name, c.table_name, coalesce(t.comment, v.comment, '') AS table_comment, c.column_name, c.data_type,
    coalesce(c.comment, '') AS comment
FROM duckdb_columns() AS c
LEFT JOIN duckdb_tables() AS t ON t.table_oid = c.table_oid AND t.database_name = c.database_name
LEFT JOIN duckdb_views() AS v ON v.view_oid = c.table_oid AND v.database_name = c.database_name
WHERE c.database_name = current_database() AND NOT c.internal
ORDER BY c.schema_name, c.table_name, c.column_index
"""
_MACROS = """
SELECT function_name, array_to_string(parameters, ', ') AS parameters, comment
FROM duckdb_functions()
WHERE database_name = current_database() AND NOT internal AND function_type IN ('macro', 'table_macro')
ORDER BY function_name
"""
_ABOUT = (
    "Every breakdown column contains `_T` where a value is not broken down by it. The text in square brackets is the "
    "foreign key of a column: the table that lists all its codes, with the code list for `reference.code`. Years are "
    "INTEGER; shares are DOUBLE in per cent, unless the description gives the range 0 to 1."
)


def pages(reader: ReleaseReader) -> dict[str, str]:
    """The page."""
    titles = {"main": "Views with labels, for users who need one table", **metadata.schema_titles()}
    by_schema: dict[str, list[tuple[Any, ...]]] = {schema: [] for schema in titles}
    for row in reader.query(_COLUMNS).rows:
        by_schema[row[0]].append(row)
    parts = [
        "# Data dictionary",
        f"For analysts: every table and column of release {reader.release_id}, as the comments of its database describe "
        "them (`SELECT * FROM duckdb_columns()`).",
        _ABOUT,
        table(["schema", "contents"], ([f"[`{s}`](#{s})", title] for s, title in titles.items())),
    ]
    for schema, rows in by_schema.items():
        parts.append(f"## {schema}\n\n{titles[schema]}.")
        parts += [_table(list(columns)) for _, columns in groupby(rows, key=lambda row: row[1])]
        if schema == "main":
            parts.append(_macros(reader))
    return {"dictionary.md": "\n\n".join(parts) + "\n"}


def _table(columns: list[tuple[Any, ...]]) -> str:
    schema, name, comment = columns[0][:3]
    head = f"### {schema}.{name}\n\n{comment.rstrip('.')}."
    if schema == "main" and name in {f.former_name for f in former_names("view")}:
        return head
    rows = ([code(column), type_name, about] for *_, column, type_name, about in columns)
    return f"{head}\n\n{table(['column', 'type', 'description'], rows)}"


def _macros(reader: ReleaseReader) -> str:
    rows = ([code(f"{name}({parameters})"), comment] for name, parameters, comment in reader.query(_MACROS).rows)
    about = (
        "Prepared queries: `SELECT * FROM series('ASP_COV_PENSN', 'PHL')`. `half_up(obs_value, 1)` is a function that "
    )
    about += "rounds in the same way as every export."
    return f"### Macros\n\n{about}\n\n{table(['macro', 'description'], rows)}"

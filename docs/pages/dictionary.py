"""docs/dictionary.md: every schema, table and column of a release, from the descriptions of the tables.

Belongs here: the order of the page and the words around its tables. Does not belong here: what a table or column is
(warehouse/tables/*.yaml, sources/providers/*.yaml).
"""

from __future__ import annotations

import duckdb
import yaml

from sources import registry
from warehouse import metadata
from warehouse.metadata import TableDescription
from warehouse.release.database import ddl
from warehouse.release.macros import macros_and_aliases
from warehouse.release.views import labelled_views, schema_views

from .markdown import code, table


def pages() -> dict[str, str]:
    """The page."""
    return {"dictionary.md": dictionary()}


def dictionary() -> str:
    """The data dictionary: every published table with its columns, by schema."""
    parts = [
        "# Data dictionary",
        "Every schema, table and column of a release, from the same descriptions as the comments in the database "
        "(`SELECT * FROM duckdb_columns()`). Made by `python docs/make.py`; mend `warehouse/tables/*.yaml` or "
        "`sources/providers/*.yaml`, not this file.",
        "Every breakdown column holds `_T` where a value is not broken down by it. In brackets the foreign key of a "
        "column: the table, and with `reference.code` the code list, in which every code of the column stands. Years are "
        "INTEGER, shares DOUBLE in per cent unless the column says 0 to 1.",
    ]
    schemas = {s: yaml.safe_load((metadata.FOLDER / f"{s}.yaml").read_text(encoding="utf-8")) for s in metadata.SCHEMAS}
    published = [*(t for t in metadata.tables().values() if not t.is_work), *metadata.views().values()]
    listed = {s: [t for t in published if t.schema == s] for s in schemas}
    listed["staged"] = [metadata.staged_observation(), *(metadata.staged_table(s) for s in registry.structures())]
    rows: list[list[object]] = [["[`main`](#main)", "Plain views with labels, for people who want one table"]]
    rows += [[f"[`{s}`](#{s})", schemas[s]["title"]] for s in schemas]
    parts.append(table(["schema", "what"], rows))
    parts.append(_main())
    parts.append(_macros())
    for schema, found in listed.items():
        parts.append(f"## {schema}\n\n{schemas[schema]['title']}.")
        parts += [_described(t) for t in sorted(found, key=lambda t: t.name)]
    parts.append(_work())
    return "\n\n".join(parts) + "\n"


def _described(description: TableDescription) -> str:
    key = ", ".join(code(k) for k in description.key)
    rows = ([code(c.name), c.type, c.whole_comment] for c in description.columns)
    head = f"### {description.full_name}\n\n{description.comment}.\n\nKey: {key}"
    if description.order:
        head += f"\n\nRows in the order of {', '.join(code(o) for o in description.order)}"
    return f"{head}\n\n{table(['column', 'type', 'what'], rows)}"


def _main() -> str:
    parts = ["## main\n\nPlain views with labels, for people who want one table."]
    with duckdb.connect() as con:
        described = [*metadata.tables().values(), *(metadata.staged_table(s) for s in registry.structures())]
        for statement in [*(s for d in described for s in ddl(d)), *schema_views(described)]:
            con.execute(statement)
        for view in labelled_views():
            con.execute(f"CREATE VIEW main.{view.name} AS {view.select}")
            names = [row[0] for row in con.execute(f"DESCRIBE main.{view.name}").fetchall()]
            columns = "" if view.former_name_of else f"\n\nColumns: {', '.join(code(n) for n in names)}"
            parts.append(f"### main.{view.name}\n\n{view.comment}.{columns}")
    return "\n\n".join(parts)


def _macros() -> str:
    rows = ([code(m.name), m.comment] for m in macros_and_aliases())
    about = "Questions with a name: `SELECT * FROM series('ASP_COV_PENSN', 'PHL')`. Examples in [sql.md](sql.md). "
    about += "`half_up(obs_value, 1)` is a function: it rounds as every export does."
    return f"## Table macros\n\n{about}\n\n{table(['macro', 'what'], rows)}"


def _work() -> str:
    rows = ([code(t.full_name), t.comment] for t in metadata.tables().values() if t.is_work)
    return "## Made on the way\n\nTables of a build that are not published.\n\n" + table(["table", "what"], rows)

"""The metadata of a table for the UI: rows, columns and a preview."""

from __future__ import annotations

from typing import Any

import dagster as dg

from assets.progress_listeners import report
from assets.workplace import Workplace
from warehouse.build.engine import preview
from warehouse.metadata import TableDescription


def report_table(workplace: Workplace, description: TableDescription, rows: int) -> dict[str, Any]:
    """The metadata of a table: rows, columns, a preview in Markdown. Also reports the rows to the listeners.

    A work table, which no release contains, has only the rows; warehouse/tables describes its columns.
    """
    report(description.full_name, f"{rows:,} rows")
    if description.is_work:
        return {"dagster/row_count": rows}
    return {
        "dagster/row_count": rows,
        "dagster/column_schema": dg.TableSchema(
            columns=[dg.TableColumn(c.name, c.type, description=c.comment) for c in description.columns]
        ),
        "preview": dg.MetadataValue.md(markdown_table(*preview(workplace.build.path(description.full_name)))),
    }


def markdown_table(names: list[str], rows: list[tuple[Any, ...]], most_columns: int = 12) -> str:
    """A small table in Markdown, with at most `most_columns` columns and without those that are empty or totals only."""
    if not rows:
        return "(no rows)"
    columns = [i for i in range(len(names)) if any(row[i] not in (None, "_T") for row in rows)][:most_columns]

    def cell(value: object) -> str:
        text = "" if value is None else str(value).replace("|", "\\|").replace("\n", " ")
        return text if len(text) <= 60 else text[:57] + "..."

    head = f"| {' | '.join(names[i] for i in columns)} |\n|{'---|' * len(columns)}\n"
    return head + "\n".join(f"| {' | '.join(cell(row[i]) for i in columns)} |" for row in rows)

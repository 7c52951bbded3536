"""indicators/: the metadata sheet of every indicator, one page for each group of indicators.

The fields are those of the workbook and the site (metadata_sheet.py). These pages are for printing and sending, so fields
that are often empty state why they are.
"""

from __future__ import annotations

from typing import Any

from warehouse.export.docs.markdown import cell, code, table
from warehouse.export.metadata_sheet import metadata_fields
from warehouse.export.release_reader import ReleaseReader

_ABOUT = (
    "One sheet for each indicator, to print or to send, for instance when an indicator is proposed to ACSS. The "
    "producer's own words are in fields of their own. To see which Member States have values, and why others do not: "
    "`payung gaps --indicator CODE`. To correct a sheet, edit its definition file."
)
_IF_EMPTY = {
    "producer_titles": "not known: the series in use have no title",
    "producer_note": "not included; see the metadata of the producer",
    "sdg": "none",
    "target_groups": "only those of its breakdowns",
}


def pages(reader: ReleaseReader) -> dict[str, str]:
    """The text of each page by its path: an index, and a page for each group of indicators."""
    found = reader.query_file("indicator_sheet")
    by_group: dict[str, list[dict[str, Any]]] = {}
    for row in found.rows:
        record = dict(zip(found.fields, row, strict=True))
        by_group.setdefault(record["group_name"], []).append(record)
    group_codes = {name: key for (codelist, key), name in reader.labels.items() if codelist == "indicator_group"}
    out, index = {}, []
    for group in sorted(by_group, key=list(group_codes).index):
        rows = sorted(by_group[group], key=lambda row: str(row["indicator"]))
        page = f"{group_codes[group]}.md"
        sheets = (_sheet(reader, row) for row in rows)
        parts = [f"# {group}: metadata sheets", f"Release {reader.release_id}. {_ABOUT}", *sheets]
        out[f"indicators/{page}"] = "\n\n".join(parts) + "\n"
        index.append([f"[{group}]({page})", len(rows), ", ".join(code(row["indicator"]) for row in rows)])
    listed = table(["group", "sheets", "indicators"], index)
    about = f"What each indicator of release {reader.release_id} measures."
    out["indicators/README.md"] = f"# Metadata sheets\n\n{about} {_ABOUT}\n\n{listed}\n"
    return out


def _sheet(reader: ReleaseReader, row: dict[str, Any]) -> str:
    stated = {**row, **{field: row[field] or text for field, text in _IF_EMPTY.items()}}
    fields = metadata_fields(reader, stated)
    lines = ["| | |", "|---|---|"]
    for name, content in fields:
        if content and name != "Name":
            lines.append(f"| {cell(name)} | {'<br>'.join(cell(line) for line in content.splitlines())} |")
    return f"## {row['indicator']}: {row['name']}\n\n" + "\n".join(lines)

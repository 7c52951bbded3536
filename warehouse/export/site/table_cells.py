"""Cells of the site's tables and rows of its CSV files, for more than one page; value_texts.py rounds the numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from markupsafe import Markup

from warehouse.export.labels import GAP_REASONS, QUOTED_FIGURE
from warehouse.export.site import value_texts


def csv_text(fields: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A CSV file: numbers with all digits, missing values empty, booleans in lower case as in the other exports."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(fields)
    writer.writerows([str(v).lower() if isinstance(v, bool) else v for v in row] for row in rows)
    return buffer.getvalue()


def is_empty(row: Any) -> bool:
    """Whether a benchmark row has no value, minimum or target."""
    return row.latest_year is None and row.baseline_year is None and row.floor is None and row.target is None


def point_cells(row: Any, point: str, place: str) -> Markup:
    """Year and value of the baseline or latest point as two cells; `place`: the address of the value's lineage, or ""."""
    year, value = getattr(row, f"{point}_year"), getattr(row, f"{point}_value")
    text = getattr(row, f"{point}_text", None)
    if value is not None:
        shown = value_texts.number(value, row.decimals)
    elif text:
        shown = Markup("{}").format(text)
    else:
        shown = value_texts.gap(
            GAP_REASONS["outside_window"] if point == "latest" else "no value in the baseline period"
        )
        place = ""
    if place:
        shown = Markup('<a href="{}">{}</a>').format(place, shown)
    return Markup('<td class="y">{}</td><td class="v">{}</td>').format(year if year is not None else "", shown)


def point_or_gap_cells(row: Any, point: str, place: str) -> Markup:
    """As point_cells, for a row of baseline.sql: its gap field has the reason, or a bound."""
    if getattr(row, f"{point}_value") is not None:
        return point_cells(row, point, place)
    gap_text = getattr(row, f"{point}_gap") or ""
    year = getattr(row, f"{point}_year")
    shown = (
        Markup("{}").format(gap_text)
        if gap_text.startswith(("<", ">"))
        else value_texts.gap(gap_text.removeprefix("no value: "))
    )
    return Markup('<td class="y">{}</td><td class="v">{}</td>').format(year if year is not None else "", shown)


def summary_notes(row: Any) -> list[str]:
    """The notes of a latest value on the page of a target group."""
    out = []
    if row.dataset_kind == "document":
        out.append(QUOTED_FIGURE)
    elif not row.is_usable:
        out.append("Superseded or unreliable: excluded from regional figures and changes.")
    if row.publication_class is None and row.latest_status and row.latest_status != "A":
        out.append(f"Status {row.latest_status_label or row.latest_status}.")
    if row.latest_footnote:
        out.append(row.latest_footnote[:1].upper() + row.latest_footnote[1:])
    return out


def in_order(cells: Iterable[list[Any]], labels: dict[tuple[str, str], str]) -> dict[str, list[Any]]:
    """Rows of each cell by its label; the codes are added to a label that another cell has too."""
    out: dict[str, list[Any]] = {}
    for rows in cells:
        label = value_texts.cell_label(rows[0], labels)
        out[label if label not in out else f"{label} ({value_texts.cell_codes(rows[0])})"] = rows
    return out


def anchor(text: str) -> str:
    """A text as the id of an element."""
    return "".join(c if c.isalnum() else "-" for c in text.lower()).strip("-")


def origin_link(row: Any) -> str:
    """The address of a latest value on the page of its indicator: its row, or the section with it."""
    if row.publication_class is not None:
        place = "regional" if row.is_headline else "breakdowns"
    else:
        place = f"{row.ref_area}-{row.latest_year}" if row.is_headline else "breakdowns"
    return f"../indicator/{row.indicator}.html#{place}"

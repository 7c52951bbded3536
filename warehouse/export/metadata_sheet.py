"""The metadata sheet of an indicator: its fields in words, for the workbook and the site.

Belongs here: what a sheet says, from one row of sql/indicator_sheet.sql.
Does not belong here: how it looks (release_workbook.py, site/templates).
"""

from __future__ import annotations

from typing import Any

from indicator_defs.breakdowns import BREAKDOWNS
from indicator_defs.rounding import digits
from warehouse.export.release_reader import ReleaseReader


def metadata_fields(reader: ReleaseReader, row: dict[str, Any]) -> list[tuple[str, str | None]]:
    """Fields of one indicator's metadata sheet, (name, content), from a row of indicator_sheet.sql."""

    def listed(codelist: str, codes: str | None) -> str | None:
        return "\n".join(f"{c} {reader.label(codelist, c)}" for c in codes.split("; ")) if codes else None

    return [
        ("Name", row["name"]),
        ("Group", row["group_name"]),
        ("Tier", row["tier"] + (", stands first in the tables" if row["stands_first"] else "")),
        ("Definition", row["definition"]),
        ("Unit", row["unit_name"]),
        ("Numerator", row["numerator"] or "not stated"),
        ("Denominator", row["denominator"] or "not stated"),
        ("Bounds", _bounds(row)),
        ("How a change reads", row["direction"].replace("_", " ")),
        ("Headline cell", _cell(reader, row["headline_cell"])),
        ("Breakdowns expected", row["breakdowns"] or "none"),
        ("Target groups", row["target_groups"]),
        ("Sector", row["sector_name"]),
        ("Who makes the figures", row["owner"]),
        ("Sources, by preference", row["sources"] or "none yet"),
        ("Notes on the sources", row["feed_notes"]),
        ("Regional figure", f"{row['method_title']}. {row['formula']}"),
        ("Title of the regional figure", row["aggregate_title"]),
        ("Weight", _weight(row)),
        ("Window", _window(row)),
        ("Publication rule", row["publication_rule"]),
        ("Comparability", row["comparability"]),
        ("What the producer calls it", row["producer_titles"]),
        ("The producer's own note", row["producer_note"]),
        ("Frequency", f"as a rule {every(row['periodicity'])} in a Member State" if row["periodicity"] else None),
        ("SDG indicator", row["sdg"]),
        ("Articles of the Declaration", listed("article", row["articles"])),
        ("ASEAN bodies in charge", listed("body", row["body"])),
        ("Why there are no values", _gap(row)),
        ("Who could fill the gap", listed("body", row["gap_body"])),
        ("Definition file", row["definition_file"]),
    ]


def every(years: int) -> str:
    """How often, in words."""
    return "a value every year" if years == 1 else f"a value every {years} years"


def _bounds(row: dict[str, Any]) -> str:
    bounds = [f"lowest {digits(row['minimum'])}"] if row["minimum"] is not None else []
    if row["maximum"] is not None:
        hard = "" if row["maximum_is_hard"] else " (values above can be right)"
        bounds.append(f"highest {digits(row['maximum'])}{hard}")
    return "; ".join(bounds) or "none"


def _cell(reader: ReleaseReader, cell: str) -> str:
    """A cell's codes in words under the names of their breakdowns, without totals; "total" where all are."""
    given = [(b, c) for b, c in zip(BREAKDOWNS, cell.split("|"), strict=True) if c != "_T"]
    parts = [f"{reader.label('breakdown', b).lower()}: {reader.label(b, c)} ({c})" for b, c in given]
    return "; ".join(parts) or "total (no breakdown)"


def _weight(row: dict[str, Any]) -> str | None:
    if not row["weight_title"]:
        return None
    weight = f"{row['weight_title']}. Source: {row['weight_source']}."
    if row["weight_is_proxy"]:
        accepted = row["proxy_accepted"]
        weight += " It stands in for the denominator"
        weight += f"; accepted: {accepted}" if accepted else ", so the class is B at best."
    return weight


def _window(row: dict[str, Any]) -> str:
    back = row["lookback_years"]
    window = f"{back} years back from the reference year" if back else "the reference year only"
    return window + (" (rare survey)" if row["is_survey"] else "")


def _gap(row: dict[str, Any]) -> str | None:
    return f"{row['gap_reason']} Obtain from: {row['gap_obtain_from']}" if row["gap_reason"] else None

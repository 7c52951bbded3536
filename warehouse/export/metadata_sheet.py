"""The metadata sheet of an indicator as (field, text) pairs, for the workbook, the site and the pages."""

from __future__ import annotations

from typing import Any

from indicator_defs.breakdowns import BREAKDOWNS
from indicator_defs.rounding import digits
from warehouse.export.labels import FILLED_BY, NOT_STATED
from warehouse.export.release_reader import ReleaseReader


def metadata_fields(reader: ReleaseReader, row: dict[str, Any]) -> list[tuple[str, str | None]]:
    """The (field, text) pairs of one indicator, from a row of indicator_sheet.sql."""

    def with_labels(codelist: str, codes: str | None) -> str | None:
        return "\n".join(f"{c} {reader.label(codelist, c)}" for c in codes.split("; ")) if codes else None

    return [
        ("Name", row["name"]),
        ("Group", row["group_name"]),
        ("Tier", row["tier"] + (", priority indicator" if row["is_priority"] else "")),
        ("Definition", row["definition"]),
        ("Unit", row["unit_name"]),
        ("Numerator", row["numerator"] or NOT_STATED),
        ("Denominator", row["denominator"] or NOT_STATED),
        ("Bounds", _bounds(row)),
        ("Direction", row["direction"].replace("_", " ")),
        ("Headline cell", _cell(reader, row["headline_cell"])),
        ("Expected breakdowns", row["breakdowns"] or "none"),
        ("Target groups", row["target_groups"]),
        ("Sector", row["sector_name"]),
        ("Owner of the figures", row["owner"]),
        ("Sources, by rank; of one rank the newest vintage", row["sources"] or "none yet"),
        ("Notes on the sources", row["feed_notes"]),
        ("Regional figure", f"{row['method_title']}. {row['formula']}"),
        ("Title of the regional figure", row["aggregate_title"]),
        ("Weight", _weight(row)),
        ("Window", _window(row)),
        ("Publication rule", row["publication_rule"]),
        ("Comparability", row["comparability"]),
        ("Producer's title", row["producer_titles"]),
        ("Producer's note", row["producer_note"]),
        ("Frequency", f"usually {frequency(row['periodicity'])} for a Member State" if row["periodicity"] else None),
        ("SDG indicator", row["sdg"]),
        ("Articles of the Declaration", with_labels("article", row["articles"])),
        ("Responsible ASEAN bodies", with_labels("body", row["body"])),
        ("Reason for the gap", _gap(row)),
        (FILLED_BY, with_labels("body", row["gap_body"])),
        ("Definition file", row["definition_file"]),
    ]


def frequency(years: int) -> str:
    """The number of years between two values, in words."""
    return "a value every year" if years == 1 else f"a value every {years} years"


def _bounds(row: dict[str, Any]) -> str:
    bounds = [f"minimum {digits(row['minimum'])}"] if row["minimum"] is not None else []
    if row["maximum"] is not None:
        hard = "" if row["maximum_is_hard"] else " (higher values can be valid)"
        bounds.append(f"maximum {digits(row['maximum'])}{hard}")
    return "; ".join(bounds) or "none"


def _cell(reader: ReleaseReader, cell: str) -> str:
    """The breakdowns of a cell with their labels, without totals; "total" if every breakdown is a total."""
    codes_without_totals = [(b, c) for b, c in zip(BREAKDOWNS, cell.split("|"), strict=True) if c != "_T"]
    parts = [f"{reader.label('breakdown', b).lower()}: {reader.label(b, c)} ({c})" for b, c in codes_without_totals]
    return "; ".join(parts) or "total (no breakdown)"


def _weight(row: dict[str, Any]) -> str | None:
    if not row["weight_title"]:
        return None
    weight = f"{row['weight_title']}. Source: {row['weight_source']}."
    if row["weight_is_proxy"]:
        accepted = row["proxy_accepted"]
        weight += " It is a proxy: the denominator is not available."
        weight += f" Accepted for class A: {accepted}" if accepted else " The best possible class is B."
    return weight


def _window(row: dict[str, Any]) -> str:
    years = row["lookback_years"]
    before = "the year before it" if years == 1 else f"the {years} years before it"
    window = f"the reference year and {before}" if years else "the reference year only"
    return window + (" (infrequent survey)" if row["is_survey"] else "")


def _gap(row: dict[str, Any]) -> str | None:
    return f"{row['gap_reason']} Obtain from: {row['gap_obtain_from']}" if row["gap_reason"] else None

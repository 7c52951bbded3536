"""The workbook of a release: the columns, headings and descriptions of its tables.

Belongs here: the content of each sheet that is a table.
Does not belong here: the page of contents (contents_sheet.py), the notes (reading_notes.py), the fields of a metadata sheet
(metadata_sheet.py), the layout of a sheet (sheet_writer.py) and the SQL (sql/).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from indicator_defs.breakdowns import BREAKDOWNS
from warehouse.export.contents_sheet import add_contents
from warehouse.export.labels import (
    AVAILABILITY,
    AVAILABILITY_FILLS,
    AVAILABILITY_LETTERS,
    FILLED_BY,
    REJECTED_ROWS,
    SOURCES,
)
from warehouse.export.metadata_sheet import metadata_fields
from warehouse.export.reading_notes import note_rows
from warehouse.export.release_reader import ReleaseReader, Rows
from warehouse.export.sheet_writer import Book, SheetColumn, SheetTable, first_rows
from warehouse.export.workbook_tabs import WorkbookTab

NAMES = (
    SheetColumn("indicator", "Indicator", 19, "code"),
    SheetColumn("name", "Name", 32),
    SheetColumn("group_name", "Group", 19),
    SheetColumn("tier", "Tier", 10),
    SheetColumn("unit_name", "Unit", 11),
    SheetColumn("ref_area", "Area", 10, "code"),
    SheetColumn("area_name", "Area name", 19),
)
BASELINE_AND_LATEST = (
    SheetColumn("baseline_year", "Baseline year", 9, "year"),
    SheetColumn("baseline_value", "Baseline value", 18, "value", "baseline_gap"),
    SheetColumn("baseline_status", "Baseline status", 13),
    SheetColumn("baseline_footnote", "Baseline footnote", 30, "note"),
    SheetColumn("latest_year", "Latest year", 9, "year"),
    SheetColumn("latest_value", "Latest value", 18, "value", "latest_gap"),
    SheetColumn("latest_status", "Latest status", 13),
    SheetColumn("latest_footnote", "Latest footnote", 30, "note"),
    SheetColumn("change", "Change, latest minus baseline", 10, "value"),
    SheetColumn("comparable", "Comparable", 13),
    SheetColumn("reason", "Reason if not comparable", 38, "note"),
    SheetColumn("baseline_class", "Class of baseline (groups)", 13, "class"),
    SheetColumn("latest_class", "Class of latest (groups)", 13, "class"),
)
# Heading and width of a breakdown, if its name and the usual width are not suitable.
_BREAKDOWN_HEADINGS = {
    "sex": ("Sex", 8),
    "urbanisation": ("Urbanisation", 15),
    "income_wealth_quantile": ("Quantile", 9),
    "education_lev": ("Education", 10),
    "occupation": ("Occupation", 11),
    "composite_breakdown": ("Other breakdown", 16),
}


def _breakdown_column(breakdown: str) -> SheetColumn:
    heading, width = _BREAKDOWN_HEADINGS.get(breakdown, (breakdown.replace("_", " ").capitalize(), 10))
    return SheetColumn(breakdown, heading, width, "code")


BREAKDOWN_COLUMNS = tuple(map(_breakdown_column, BREAKDOWNS))


def write_workbook(reader: ReleaseReader, to: Path) -> Path:
    """Writes payung_ID.xlsx into the folder `to` and returns its path. Raises ExportError if that fails."""
    book = Book(f"{reader.settings.title}, release {reader.release_id}", reader.made_on, f"Payung {reader.release_id}")
    metadata = _metadata(reader)
    add_contents(reader, book, first_rows(metadata))
    for sheet in (
        _notes(reader),
        _baseline(reader),
        _by_breakdown(reader),
        _values(reader),
        _aggregates(reader),
        _availability(reader),
        _rejections(reader),
        _sources(reader),
        metadata,
    ):
        book.add_table(sheet)
    path = to / f"payung_{reader.release_id}.xlsx"
    book.save(path)
    return path


def _about(reader: ReleaseReader, text: str) -> str:
    return f"{text} Release {reader.release_id}. Letters and classes are explained in the sheet {WorkbookTab.NOTES}."


def _baseline(reader: ReleaseReader) -> SheetTable:
    s = reader.settings
    return SheetTable(
        WorkbookTab.BASELINE,
        f"Regional baseline {s.baseline_years} and latest values at the reference year {s.latest_reference_year}",
        _about(
            reader,
            "The headline figure of each indicator for each Member State and group. A gap is shown as text with its "
            "reason; a 0 is a published 0.",
        ),
        (
            *NAMES,
            *BASELINE_AND_LATEST,
            SheetColumn("change_area_names", "Members included in the change (groups)", 20, "note"),
            SheetColumn("change_without_largest", "Change without the largest member", 11, "value"),
            SheetColumn("floor", "National minimum", 10, "value"),
            SheetColumn("target", "National target", 10, "value"),
            SheetColumn("filled_by", FILLED_BY, 16, "note"),
        ),
        reader.query_file("baseline", headline=True),
        frozen=2,
        block_field="indicator",
    )


def _by_breakdown(reader: ReleaseReader) -> SheetTable:
    rows = reader.query_file("baseline", headline=False)
    used = [c for c in BREAKDOWN_COLUMNS if any(v != "_T" for v in rows.column(c.field))]
    return SheetTable(
        WorkbookTab.BREAKDOWNS,
        "Baseline and latest value by sex, age, quintile and other breakdowns",
        _about(
            reader,
            "All cells except the headline that have a baseline or a latest value. Codes are those of the code lists; _T "
            "is the total.",
        ),
        (*NAMES, *used, *BASELINE_AND_LATEST),
        rows,
        frozen=2,
        block_field="indicator",
    )


def _values(reader: ReleaseReader) -> SheetTable:
    return SheetTable(
        WorkbookTab.VALUES,
        "ASEAN indicator set: headline values of all years",
        _about(
            reader,
            "One feed is chosen for each indicator and Member State. Each value is given with its year, status, footnote "
            "and source.",
        ),
        (
            *NAMES,
            SheetColumn("time_period", "Year", 7, "year"),
            SheetColumn("obs_value", "Value", 14, "value", "obs_gap"),
            SheetColumn("value_text", "As published", 12, "code"),
            SheetColumn("status", "Status", 13),
            SheetColumn("nature", "Nature", 15),
            SheetColumn("time_detail", "Period as published", 11, "code"),
            SheetColumn("footnote", "Footnote", 34, "note"),
            SheetColumn("source_citation", "Source as stated by the provider", 30, "note"),
            SheetColumn("source", "Dataset", 24),
            SheetColumn("provider_series", "Series", 18, "code"),
            SheetColumn("vintage_date", "Vintage", 11, "date"),
            SheetColumn("role", "Role", 10),
            SheetColumn("break_before", "Break before", 11),
            SheetColumn("in_aggregates", "Usable in regional figures", 12),
            SheetColumn("observation_id", "Observation", 34, "code"),
        ),
        reader.query_file("indicator_set"),
        frozen=2,
        block_field="indicator",
    )


def _aggregates(reader: ReleaseReader) -> SheetTable:
    s = reader.settings
    return SheetTable(
        WorkbookTab.AGGREGATES,
        f"Regional figures at {s.baseline_year} and {s.latest_reference_year}, with coverage and uncertainty",
        _about(
            reader,
            "Headline figures, and the same figures by sex. A figure of class B is indicative; a figure of class C is "
            "withheld, and the members that report are named. The producer's own regional figure, which often includes "
            "imputed values, is given for comparison. Indicators without a source are not listed.",
        ),
        (
            *NAMES,
            SheetColumn("breakdown", "Breakdown", 12),
            SheetColumn("point", "Point", 9),
            SheetColumn("time_period", "Reference year", 10, "year"),
            SheetColumn("obs_value", "Figure", 16, "value", "obs_gap"),
            SheetColumn("publication_class", "Class", 12, "class"),
            SheetColumn("class_reason", "Why the class is not higher", 26, "note"),
            SheetColumn("title", "Type of figure", 24),
            SheetColumn("n_areas", "Members with a value", 9, "count"),
            SheetColumn("area_names", "Members and years", 30, "note"),
            SheetColumn("weight_covered", "Weight covered (0 to 1)", 10, "share"),
            SheetColumn("weight_title", "Weight", 22),
            SheetColumn("mean_year", "Weighted mean year", 10, "exact"),
            SheetColumn("recent_share", "Share with a recent value (0 to 1)", 11, "share"),
            SheetColumn("share_estimated", "Share estimated or modelled (0 to 1)", 11, "share"),
            SheetColumn("median", "Median", 9, "value"),
            SheetColumn("minimum", "Lowest", 9, "value"),
            SheetColumn("maximum", "Highest", 9, "value"),
            SheetColumn("without_largest", "Without the largest member", 10, "value"),
            SheetColumn("uncertainty", "Uncertainty, plus or minus", 11, "value"),
            SheetColumn("lower", "Lower bound (censored values)", 11, "value"),
            SheetColumn("upper", "Upper bound (censored values)", 11, "value"),
            SheetColumn("flags", "Flags", 20, "note"),
            SheetColumn("producer_value", "Producer's own figure", 11, "value"),
            SheetColumn("producer_year", "Year of producer's figure", 8, "year"),
            SheetColumn("producer_area", "Area of producer's figure", 24),
        ),
        reader.query_file("aggregate"),
        frozen=2,
        block_field="indicator",
    )


def _availability(reader: ReleaseReader) -> SheetTable:
    found = reader.query_file("availability")
    members = reader.members
    matrix: dict[tuple[str, str], dict[str, Any]] = {}
    for indicator, name, group, tier, breakdown, area, availability, shown_as, year, _, filled_by in found.rows:
        row = matrix.setdefault(
            (indicator, breakdown),
            {
                "indicator": indicator,
                "name": name,
                "group_name": group,
                "tier": tier,
                "breakdown": reader.label("breakdown", breakdown).lower(),
                "n": 0,
                "filled_by": set(),
            },
        )
        row[area] = availability_text(shown_as, year)
        row["n"] += availability == "available"
        row["filled_by"] |= set((filled_by or "").split("; ")) - {""}
    fields = ("indicator", "name", "group_name", "tier", "breakdown", *(m.ref_area for m in members), "n", "filled_by")
    rows: list[tuple[Any, ...]] = []
    for row in matrix.values():
        row["filled_by"] = "; ".join(sorted(row["filled_by"])) or None
        rows.append(tuple(row.get(f) for f in fields))
    legend = "; ".join(f"{letter}: {text.split(':')[0].lower()}" for letter, text in AVAILABILITY_LETTERS.values())
    letters = {text for row in rows for text in row[5 : 5 + len(members)] if text is not None}
    fills = {text: AVAILABILITY_FILLS[text[0]] for text in sorted(letters)}
    return SheetTable(
        WorkbookTab.AVAILABILITY,
        f"{AVAILABILITY} at {reader.settings.latest_reference_year}, by indicator, breakdown and Member State",
        _about(reader, f"Each cell has a letter and the year of the last value: {legend}."),
        (
            SheetColumn("indicator", "Indicator", 17, "code"),
            SheetColumn("name", "Name", 40),
            SheetColumn("group_name", "Group", 22),
            SheetColumn("tier", "Tier", 9),
            SheetColumn("breakdown", "Breakdown", 15),
            *(SheetColumn(m.ref_area, m.name, 11, "letter") for m in members),
            SheetColumn("n", "Members with a value in the window", 11, "count"),
            SheetColumn("filled_by", FILLED_BY, 18, "note"),
        ),
        Rows(fields, rows),
        frozen=2,
        fills=fills,
        block_field="indicator",
    )


def availability_text(shown_as: str, year: int | None) -> str:
    """The text of a cell of the matrix: the letter, and the latest year if there is one ("A 2022")."""
    letter = AVAILABILITY_LETTERS[shown_as][0]
    return letter if year is None else f"{letter} {year}"


def _rejections(reader: ReleaseReader) -> SheetTable:
    rows = reader.query_file("rejection")
    return SheetTable(
        WorkbookTab.REJECTIONS,
        REJECTED_ROWS,
        _about(
            reader,
            "Row counts. The table lineage.rejection lists each row with its position in the snapshot."
            if rows.rows
            else "No row was rejected in this release.",
        ),
        (
            SheetColumn("provider", "Provider", 13, "code"),
            SheetColumn("dataset", "Dataset", 22, "code"),
            SheetColumn("series", "Series", 20, "code"),
            SheetColumn("stage", "Stage", 12),
            SheetColumn("reason", "Reason", 24),
            SheetColumn("row_count", "Rows", 8, "count"),
            SheetColumn("example_detail", "Example: detail", 44, "note"),
            SheetColumn("example_row", "Example: row as published", 44, "note"),
        ),
        rows,
        frozen=3,
    )


def _sources(reader: ReleaseReader) -> SheetTable:
    return SheetTable(
        WorkbookTab.SOURCES,
        SOURCES,
        _about(
            reader,
            "Rows read = harmonised + records + out of scope + rejected; the difference must be 0. Records are rows "
            "that are not observations, such as schemes.",
        ),
        (
            SheetColumn("provider", "Provider", 12, "code"),
            SheetColumn("dataset", "Dataset", 20, "code"),
            SheetColumn("title", "Title", 28),
            SheetColumn("producer", "Producer", 24),
            SheetColumn("vintage_date", "Vintage", 11, "date"),
            SheetColumn("is_rebuilt", "Rebuilt from public copies", 10),
            SheetColumn("rows_in", "Rows read", 9, "count"),
            SheetColumn("harmonised", "Harmonised", 11, "count"),
            SheetColumn("records", "Records", 9, "count"),
            SheetColumn("out_of_scope", "Out of scope", 9, "count"),
            SheetColumn("rejected", "Rejected", 9, "count"),
            SheetColumn("difference", "Difference", 10, "count"),
            SheetColumn("licence", "Licence", 30, "note"),
            SheetColumn("attribution", "Attribution", 34, "note"),
            SheetColumn("address", "Address", 34, "note"),
            SheetColumn("note", "Note", 30, "note"),
            SheetColumn("snapshot_id", "Snapshot", 46, "code"),
        ),
        reader.query_file("source"),
        frozen=2,
        most_lines=9,
    )


def _notes(reader: ReleaseReader) -> SheetTable:
    return SheetTable(
        WorkbookTab.NOTES,
        "Notes and legend",
        f"How to read the figures. Release {reader.release_id}.",
        (
            SheetColumn("topic", "Topic", 24),
            SheetColumn("code", "Code", 22, "code"),
            SheetColumn("name", "Name", 34),
            SheetColumn("meaning", "Meaning", 100, "note"),
        ),
        Rows(("topic", "code", "name", "meaning"), note_rows(reader)),
        block_field="topic",
        most_lines=12,
    )


def _metadata(reader: ReleaseReader) -> SheetTable:
    # One sheet with a block for each indicator: more than a hundred tabs could not be searched, filtered by field,
    # compared or printed together. The contents link to each block.
    found = reader.query_file("indicator_sheet")
    rows: list[tuple[Any, ...]] = []
    for row in found.rows:
        record = dict(zip(found.fields, row, strict=True))
        for number, (field, content) in enumerate(metadata_fields(reader, record)):
            if content:
                rows.append((record["indicator"], field, content, number == 0))
    return SheetTable(
        WorkbookTab.METADATA,
        "Metadata sheet of each indicator",
        _about(
            reader,
            "One block for each indicator. Filter the first column to see one indicator, the second to compare one field.",
        ),
        (
            SheetColumn("indicator", "Indicator", 18, "code"),
            SheetColumn("field", "Field", 26),
            SheetColumn("content", "Content", 120, "note"),
        ),
        Rows(("indicator", "field", "content", "is_title"), rows),
        frozen=2,
        block_field="indicator",
        bold_field="is_title",
        most_lines=25,
    )

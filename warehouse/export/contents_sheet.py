"""The first sheet of the workbook: edition, citation, and links to each sheet and each indicator's metadata."""

from __future__ import annotations

from warehouse.export.labels import AVAILABILITY, PAYUNG, REJECTED_ROWS, SOURCES
from warehouse.export.release_reader import ReleaseReader, vintage_text
from warehouse.export.sheet_writer import Book, SheetLine
from warehouse.export.workbook_tabs import WorkbookTab

# The content of each sheet, in the order of the sheets.
SHEET_CONTENTS = {
    WorkbookTab.NOTES: "How to read the tables; letters, classes, units, methods, licences and attributions",
    WorkbookTab.BASELINE: "Headline figures of Member States and groups: baseline, latest value, change, gaps",
    WorkbookTab.BREAKDOWNS: "The same figures by sex, age, quintile, disability and other breakdowns",
    WorkbookTab.VALUES: "Headline values of all years, with status, footnote and source",
    WorkbookTab.AGGREGATES: "Regional figures with publication class, coverage and uncertainty",
    WorkbookTab.AVAILABILITY: f"{AVAILABILITY}, by Member State and breakdown",
    WorkbookTab.REJECTIONS: REJECTED_ROWS,
    WorkbookTab.SOURCES: SOURCES,
    WorkbookTab.METADATA: "Definition, sources, aggregation and comparability of each indicator",
}


def add_contents(reader: ReleaseReader, book: Book, blocks: dict[str, int]) -> None:
    """Adds the page to the workbook; `blocks`: the first row of each indicator in the sheet Metadata."""
    s = reader.settings
    names = reader.query("SELECT indicator, name, group_name FROM ordered_indicator ORDER BY indicator_order")
    lines = [
        SheetLine(("About this workbook",), bold=True),
        SheetLine((f"Edition: {s.edition}",)),
        SheetLine((f"Release {reader.release_id} of {reader.made_on.isoformat()}",)),
        SheetLine((f"Baseline {s.baseline_years}; latest values at the reference year {s.latest_reference_year}",)),
        SheetLine(("",)),
        SheetLine(("How to cite",), bold=True),
        SheetLine((reader.citation,)),
        SheetLine((f"Cite the producer of a figure too; the attributions are in the sheet {WorkbookTab.NOTES}.",)),
        SheetLine(("",)),
        SheetLine(("Sheets",), bold=True),
        *(SheetLine((tab, content), link=f"'{tab}'!A1") for tab, content in SHEET_CONTENTS.items()),
        SheetLine(("",)),
        SheetLine(("Vintages of the source datasets",), bold=True),
        *(SheetLine(("", vintage_text([dataset]))) for dataset in reader.vintages),
        SheetLine(("",)),
        SheetLine(("Metadata of each indicator",), bold=True),
        *(
            SheetLine((code, name, group or ""), link=f"'{WorkbookTab.METADATA}'!A{blocks[code]}")
            for code, name, group in names.rows
        ),
    ]
    book.add_page(
        WorkbookTab.CONTENTS,
        s.title,
        PAYUNG,
        (24, 90, 34),
        lines,
    )

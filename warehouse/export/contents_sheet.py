"""The first sheet of the workbook: what it is, how to cite it, and where each sheet and metadata sheet stands.

Belongs here: the page of contents.
Does not belong here: the sheets themselves (release_workbook.py) and the look of a page (sheet_writer.py).
"""

from __future__ import annotations

from warehouse.export.release_reader import ReleaseReader, vintage_text
from warehouse.export.sheet_writer import Book, SheetLine
from warehouse.export.workbook_tabs import WorkbookTab

# What stands in each sheet, in the order of the sheets.
ABOUT = {
    WorkbookTab.NOTES: "Letters, classes, units, methods, licences and attributions",
    WorkbookTab.BASELINE: "Headline figures of Member States and groups: baseline, latest, change, gaps with their reasons",
    WorkbookTab.BREAKDOWNS: "The same by sex, age, quintile, disability and other breakdowns",
    WorkbookTab.VALUES: "Chosen headline values of all years with status, footnote and source",
    WorkbookTab.AGGREGATES: "Regional figures with class, coverage, uncertainty",
    WorkbookTab.AVAILABILITY: "What there is and what is missing, by Member State and breakdown",
    WorkbookTab.REJECTIONS: "Published rows that could not be used, by reason",
    WorkbookTab.SOURCES: "Snapshots, vintages, licences, account of rows",
    WorkbookTab.METADATA: "Definition, sources, aggregation and comparability of each indicator",
}


def add_contents(reader: ReleaseReader, book: Book, blocks: dict[str, int]) -> None:
    """Adds the page to the workbook; `blocks`: the row at which each indicator's metadata sheet begins."""
    s = reader.settings
    names = reader.ask("SELECT indicator, name, group_name FROM ordered_indicator ORDER BY indicator_order")
    lines = [
        SheetLine(("About this workbook",), bold=True),
        SheetLine((f"Edition: {s.edition}",)),
        SheetLine((f"Release {reader.release_id} of {reader.made_on.isoformat()}",)),
        SheetLine((f"Baseline {s.baseline_years}, latest at the reference year {s.latest_reference_year}",)),
        SheetLine(("",)),
        SheetLine(("How to cite",), bold=True),
        SheetLine((reader.citation,)),
        SheetLine(("Name the producer of a figure too; attributions stand in the sheet Notes.",)),
        SheetLine(("",)),
        SheetLine(("Sheets",), bold=True),
        *(SheetLine((tab, about), link=f"'{tab}'!A1") for tab, about in ABOUT.items()),
        SheetLine(("",)),
        SheetLine(("Vintages: the state in which each source stood",), bold=True),
        *(SheetLine(("", vintage_text([one]))) for one in reader.vintages),
        SheetLine(("",)),
        SheetLine(("Metadata sheets",), bold=True),
        *(
            SheetLine((code, name, group or ""), link=f"'{WorkbookTab.METADATA}'!A{blocks[code]}")
            for code, name, group in names.rows
        ),
    ]
    book.add_page(
        WorkbookTab.CONTENTS,
        s.title,
        "Payung, indicator warehouse for social protection in ASEAN.",
        (24, 90, 34),
        lines,
    )

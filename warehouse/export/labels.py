"""Texts that several exports share: names of classes, letters of availability, reasons of gaps, common sentences.

Belongs here: the name of a code in an export, if no code list of the warehouse has it, and a sentence that more than
one export, sheet or page shows.
Does not belong here: labels of code lists (reference.code) and texts of a single sheet or page.
"""

from __future__ import annotations

CLASS_NAMES = {"A": "published", "B": "indicative", "C": "withheld"}
PUBLICATION_CLASSES = {letter: f"{letter} {name}" for letter, name in CLASS_NAMES.items()}
CLASS_LEGEND = (
    "A published; B indicative; C withheld: too few Member States report, or they cover too little of the weight."
)

# Letter and meaning of each code of quality.availability, shown_as: the one column that decides it for every export.
AVAILABILITY_LETTERS = {
    "available": ("A", "Available: a value in the window that ends at the reference year"),
    "old": ("O", "Old: the last value is older than the window"),
    "superseded": ("S", "Superseded or unreliable: shown, but excluded from changes and from classes A and B"),
    "document": ("D", "Document: only figures quoted in documents"),
    "rejected": ("R", "Rejected: published, but rejected by a check or removed by a correction"),
    "no_value": ("N", "No value: the available sources have none"),
    "declared": ("X", "Defined: part of the set, but no source is known"),
    "not_gathered": ("P", "Published elsewhere, not collected"),
    "national_submission": ("W", "Awaiting a national submission"),
    "source_failed": ("F", "Last download failed: no usable value is stored"),
    "not_applicable": ("-", "Not applicable: a value cannot exist, so this is not a gap"),
}
# Fills only repeat the letter; the hues are distinct for colour-blind readers and in grey print.
AVAILABILITY_FILLS = {
    "A": "A9D0E8",
    "O": "DDEBF5",
    "S": "F6D9A8",
    "D": "E9DDF0",
    "R": "F2B9A0",
    "N": "FFFFFF",
    "X": "E3E3E3",
    "P": "EFEBD0",
    "W": "DCEBDD",
    "F": "E8A08C",
    "-": "F4F4F4",
}

NO_VALUE = "no value"
# Reasons of gaps; the files of sql/ read them as getvariable('gap_withheld') and so on.
GAP_REASONS = {
    "withheld": "withheld (class C)",
    "no_source": "no source with a value",
    "no_source_for_member": "no source has a value for this Member State",
    "no_member": "no member has a value that can be aggregated",
    "outside_window": "no value in the window",
}

FILLED_BY = "Body that could fill the gap"
NOT_STATED = "not stated"
PAYUNG = "Payung, indicator warehouse for social protection in ASEAN."
AVAILABILITY = "Available and missing data"
REJECTED_ROWS = "Rejected rows, by series and reason"
SOURCES = "Source datasets and vintages used, with row counts"

GROUP_CHANGE = (
    "The change of a group covers only the members with comparable values in both years; it is not the difference "
    "between its two figures."
)
QUOTED_FIGURE = "Figure quoted in a document: shown for information, not compared or aggregated."
NOT_RANKED = "Countries are not ranked."
MEDIAN_IS_NOT_A_TARGET = "The median is not a target; countries are not ranked."

"""Words that the workbook, the site, the figures and the notes share: classes, letters of availability.

Belongs here: what a code is called in an export, where no code list of the warehouse says it.
Does not belong here: labels of code lists (reference.code) and texts of one export only.
"""

from __future__ import annotations

PUBLICATION_CLASSES = {"A": "A publish", "B": "B indicative", "C": "C withheld"}

# Letter and meaning of each word of quality.availability, shown_as: the one column that decides it for every export.
AVAILABILITY_LETTERS = {
    "available": ("A", "Available: a value within the window at the reference year"),
    "old": ("O", "Old: the last value lies before the window"),
    "superseded": ("S", "Superseded or of low reliability: shown, and kept out of changes and of classes A and B"),
    "document": ("D", "Document: only figures quoted in documents"),
    "rejected": ("R", "Rejected: published, and refused by a check or taken out by a correction"),
    "no_value": ("N", "No value: the sources at hand have none"),
    "declared": ("X", "Declared: part of the set, no source is known"),
    "not_gathered": ("P", "Published elsewhere, not gathered yet"),
    "national_submission": ("W", "Waiting for a national submission"),
    "source_failed": ("F", "Source failed: its last fetch did, and what is kept has no value that counts"),
    "not_applicable": ("-", "Not applicable: cannot exist, no gap"),
}
# Fills only repeat what the letter says; the hues stay apart for colour-blind readers and in grey print.
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

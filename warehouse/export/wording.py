"""Words that the workbook, the figures and the notes share: classes, letters of availability.

Belongs here: what a code is called in an export, where no code list of the warehouse says it.
Does not belong here: labels of code lists (reference.code) and texts of one export only.
"""

from __future__ import annotations

PUBLICATION_CLASSES = {"A": "A publish", "B": "B indicative", "C": "C withheld"}

# Letter and meaning of each word of quality.availability.
AVAILABILITY_LETTERS = {
    "available": ("A", "Available: a value within the window at the reference year"),
    "old": ("O", "Old: the last value lies before the window"),
    "superseded": ("S", "Superseded or of low reliability: shown, and kept out of changes and of classes A and B"),
    "document": ("D", "Document: only figures quoted in documents"),
    "rejected": ("R", "Rejected: published, and refused by a check"),
    "no_value": ("N", "No value: no source publishes it"),
    "declared": ("X", "Declared: part of the set, no source yet"),
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
}

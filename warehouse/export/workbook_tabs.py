"""The names of the sheets of the workbook, used for the tabs and for references between sheets."""

from __future__ import annotations

from enum import StrEnum


class WorkbookTab(StrEnum):
    """The sheets of the workbook, in their order."""

    CONTENTS = "Contents"
    NOTES = "Notes"
    BASELINE = "Baseline"
    BREAKDOWNS = "Baseline by breakdown"
    VALUES = "Indicator set"
    AGGREGATES = "Aggregates"
    AVAILABILITY = "Availability"
    REJECTIONS = "Rejections"
    SOURCES = "Sources"
    METADATA = "Metadata"

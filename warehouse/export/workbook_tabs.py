"""The names of the sheets of the workbook: its contents page, its notes and its tables refer to each other by them."""

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

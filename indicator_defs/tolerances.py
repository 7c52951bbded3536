"""Tolerances for the differences between a release and the previous one: tolerances.yaml.

The limits of checks are in expectations.py.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise

from pydantic import Field

from indicator_defs.definition_files import Files, repeated
from indicator_defs.model import Number, Placed, Text, Whole

TOLERANCES = "tolerances.yaml"
# The entry that applies to indicators without an entry of their own.
EVERY_INDICATOR = "all"


class Tolerance(Placed):
    """The difference from the previous release up to which an indicator is published without a review."""

    indicator: str = Field(description="Code of the indicator, or all for indicators without an entry of their own.")
    withdrawn_percent: Number = Field(
        ge=0, le=100, description="Maximum share of country values withdrawn, in per cent."
    )
    changed_percent: Number = Field(ge=0, le=100, description="Maximum share of country values changed, in per cent.")
    changed_by_percent: Number = Field(ge=0, description="Change of a value, in per cent, above which it is counted.")
    free: Whole = Field(ge=0, description="Number of values that may be withdrawn, or changed, whatever their share.")
    regional_by_percent: Number = Field(ge=0, description="Maximum change of a headline regional figure, in per cent.")
    why: Text = Field(description="Reason for these limits.")


def read_tolerances(files: Files, definitions: Collection[str]) -> dict[str, Tolerance]:
    """The tolerances, by indicator, checked."""
    problems = files.problems
    n_before = len(problems)
    tolerances = files.items(TOLERANCES, "tolerances", Tolerance)
    all_readable = len(problems) == n_before
    for t in tolerances:
        if t.indicator != EVERY_INDICATOR:
            problems.check_code(t.place, "indicator", t.indicator, definitions)
    for same in repeated(tolerances, lambda t: t.indicator):
        for before, t in pairwise(same):
            problems.add_duplicate(t.place, f"the entry of {t.indicator}", before.place)
    by_indicator = {t.indicator: t for t in tolerances}
    if all_readable and EVERY_INDICATOR not in by_indicator:
        problems.add(
            f"{files.label(TOLERANCES)}:1",
            f"the entry `indicator: {EVERY_INDICATOR}`, for indicators without their own entry, is missing; add it",
        )
    return by_indicator

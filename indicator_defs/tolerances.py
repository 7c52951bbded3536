"""How far a release may differ from the one before: tolerances.yaml.

Belongs here: the tolerances of releases.
Does not belong here: the limits of checks (check_tolerances.csv, expectations.py).
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise

from pydantic import Field

from indicator_defs.definition_files import Files, repeated
from indicator_defs.model import Number, Placed, Text, Whole

TOLERANCES = "tolerances.yaml"
# The tolerances of indicators that have none of their own.
EVERY_INDICATOR = "all"


class Tolerance(Placed):
    """How far an indicator may differ from the release before, until somebody accepts it with a reason."""

    indicator: str = Field(description="Code of the indicator, or all for those without an entry of their own.")
    withdrawn_percent: Number = Field(ge=0, le=100, description="Most country values that may go, in per cent.")
    changed_percent: Number = Field(ge=0, le=100, description="Most country values that may change, in per cent.")
    changed_by_percent: Number = Field(ge=0, description="A value has changed if it moved by more per cent of itself.")
    free: Whole = Field(ge=0, description="So many values may go, or change, whatever share they are.")
    regional_by_percent: Number = Field(ge=0, description="Most per cent that a headline regional figure may move.")
    why: Text = Field(description="Why so much may move without anybody looking.")


def read_tolerances(files: Files, definitions: Collection[str]) -> dict[str, Tolerance]:
    """The tolerances by indicator, checked."""
    problems = files.problems
    n_before = len(problems)
    tolerances = files.items(TOLERANCES, "tolerances", Tolerance)
    all_readable = len(problems) == n_before
    for t in tolerances:
        if t.indicator != EVERY_INDICATOR:
            problems.check_code(t.place, "indicator", t.indicator, definitions)
    for same in repeated(tolerances, lambda t: t.indicator):
        for before, t in pairwise(same):
            problems.add(t.place, f"{t.indicator} has tolerances in {before.place} too")
    by_indicator = {t.indicator: t for t in tolerances}
    if all_readable and EVERY_INDICATOR not in by_indicator:
        problems.add(
            f"{files.label(TOLERANCES)}:1",
            f"no entry for `indicator: {EVERY_INDICATOR}`, which holds for the indicators without their own",
        )
    return by_indicator

"""Differences that exceed the tolerances of the catalogue, so that a person must accept them before publication.

Belongs here: measuring a diff against the tolerances. Does not belong here: the tolerances themselves
(indicator_defs/tolerances.yaml), recording who accepted (release/publish.py), and finding the differences.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from indicator_defs.rounding import digits, half_up
from indicator_defs.tolerances import EVERY_INDICATOR, Tolerance
from warehouse.compare.release_diff import Diff

MOST_CASES = 3


@dataclass(frozen=True)
class ExceededTolerance:
    """One exceeded tolerance. `found` and `allowed` in per cent; `reasons`: the derived reasons of its values."""

    indicator: str
    rule: str
    found: float
    allowed: float
    values: int
    of: int
    cases: str
    reasons: str

    def line(self) -> str:
        """The exceeded tolerance as one line of a message."""
        what = {
            "withdrawn_percent": f"{self.values} of {self.of} country values withdrawn",
            "changed_percent": f"{self.values} of {self.of} country values changed",
            "regional_by_percent": f"{self.values} headline regional figure(s) changed or withheld",
        }[self.rule]
        return (
            f"{self.indicator}: {what} ({digits(self.found)} %, {self.rule} allows {digits(self.allowed)}). "
            f"First: {self.cases}. Reasons: {self.reasons}."
        )

    def as_dict(self) -> dict[str, Any]:
        """The fields as plain values for JSON."""
        return asdict(self)


def exceeded_tolerances(diff: Diff, tolerances: Mapping[str, Tolerance]) -> list[ExceededTolerance]:
    """The tolerances that a diff exceeds, by indicator and rule."""
    values_before = dict(zip(diff.totals["indicator"], diff.totals["n_before"].astype(int), strict=True))
    values = diff.values[diff.values["kind"].isin(["withdrawn", "changed"])]
    change_percent = _change_percent(values)
    out: list[ExceededTolerance] = []
    for indicator in sorted(set(values["indicator"])):
        allowed = tolerances.get(indicator, tolerances[EVERY_INDICATOR])
        of_indicator = values["indicator"] == indicator
        country = of_indicator & (values["level"] == "country")
        withdrawn = values[country & (values["kind"] == "withdrawn")]
        changed = values[country & (values["kind"] == "changed") & (change_percent > allowed.changed_by_percent)]
        total = values_before.get(indicator, 0)
        for rule, cases, limit in (
            ("withdrawn_percent", withdrawn, allowed.withdrawn_percent),
            ("changed_percent", changed, allowed.changed_percent),
        ):
            share = 100 * len(cases) / total if total else 0.0
            if len(cases) > allowed.free and share > limit:
                out.append(_excess(indicator, rule, float(half_up(share, 1)), limit, cases, total))
        regional = of_indicator & (values["level"] == "regional") & values["is_headline"].astype(bool)
        shifted = values[regional & ((values["kind"] == "withdrawn") | (change_percent > allowed.regional_by_percent))]
        if len(shifted):
            largest = change_percent[shifted.index].max() if (shifted["kind"] == "changed").all() else 100.0
            limit = allowed.regional_by_percent
            out.append(
                _excess(
                    indicator, "regional_by_percent", float(half_up(float(largest), 1)), limit, shifted, len(shifted)
                )
            )
    return out


def _change_percent(values: pd.DataFrame) -> pd.Series[float]:
    """The change of each value in per cent of the former value; infinite where that is 0 or one side is not a number."""
    before = values["value_before"].abs()
    size = (values["value_after"] - values["value_before"]).abs()
    percent = (100 * size / before).where(before > 0, float("inf")).where(size > 0, 0.0)
    one_sided = values["value_before"].isna() != values["value_after"].isna()  # the other is a bound, such as <0.5
    return percent.mask(one_sided, float("inf"))


def _excess(
    indicator: str, rule: str, found: float, limit: float, cases: pd.DataFrame, total: int
) -> ExceededTolerance:
    first = [_case(row) for row in cases.head(MOST_CASES).to_dict("records")]
    reasons = cases["reason"].value_counts()
    reason_texts = [f"{reason} ({n})" for reason, n in reasons.head(MOST_CASES).items()]
    reason_texts += [f"and {len(reasons) - MOST_CASES} others"] if len(reasons) > MOST_CASES else []
    return ExceededTolerance(
        indicator, rule, found, limit, len(cases), total, ", ".join(first), ", ".join(reason_texts)
    )


def _case(row: dict[Any, Any]) -> str:
    after = "none" if pd.isna(row["value_after"]) else digits(row["value_after"], 10)
    before = "none" if pd.isna(row["value_before"]) else digits(row["value_before"], 10)
    return f"{row['ref_area']} {row['time_period']} {before} -> {after}"

"""Concepts that exclude each other: series that must never feed one indicator (methods.md section 2).

Belongs here: never_together.csv, and finding definitions that mix two of its concepts.
Does not belong here: one series whose meaning changes between vintages (the feed's vintage_from and vintage_to).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indicator_defs.catalog import Claim, Row

NEVER_TOGETHER = "never_together.csv"
COLUMNS = ("one", "other", "why")


def check_concepts(rows: Iterable[Row], claims: Iterable[Claim], problems: list[str]) -> None:
    """Adds a problem for each indicator whose feeds hold two concepts that exclude each other, with both places.

    A concept is a pattern on provider/dataset/series, `*` for any text and `?` for any letter.
    """
    by_indicator: dict[str, dict[str, Claim]] = {}
    for claim in claims:
        name = f"{claim.provider}/{claim.dataset}/{claim.series.code}"
        by_indicator.setdefault(claim.indicator, {}).setdefault(name, claim)
    for row in rows:
        if len(row["why"]) < 10 or "/" not in row["one"] or not row["other"]:
            problems.append(
                f"{row.file}:{row.line}: expected two patterns such as unsd_sdg/sdg/SL_TLF_UEM and *_19ICLS, and why "
                "they exclude each other"
            )
            continue
        for series in by_indicator.values():
            _check(row, series, problems)


def _check(row: Row, series: Mapping[str, Claim], problems: list[str]) -> None:
    one = next((c for name, c in series.items() if fnmatchcase(name, row["one"])), None)
    other = next((c for name, c in series.items() if fnmatchcase(name, row["other"])), None)
    if one is None or other is None or one is other:
        return
    problems.append(
        f"{other.file}:{other.line}: {other.indicator} takes {other.series.code} beside {one.series.code} (line "
        f"{one.line}), which exclude each other: {row['why']} ({row.file}:{row.line}). Give one of them an indicator "
        "of its own."
    )

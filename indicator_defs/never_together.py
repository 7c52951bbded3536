"""Concepts that exclude each other: series that must never feed one indicator (methods.md section 2).

Belongs here: never_together.csv, and finding definitions that mix two of its concepts.
Does not belong here: one series whose meaning changes between vintages (the feed's vintage_from and vintage_to).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from indicator_defs.claims import Claim
from indicator_defs.definition_files import Files, Problems, Row

NEVER_TOGETHER = "never_together.csv"
COLUMNS = ("one", "other", "why")


def check_never_together(files: Files, claims: Iterable[Claim]) -> None:
    """Adds a problem for each indicator whose feeds hold two concepts that exclude each other, with both places.

    A concept is a pattern on provider/dataset/series, `*` for any text and `?` for any letter.
    """
    by_indicator: dict[str, dict[str, Claim]] = {}
    for claim in claims:
        name = f"{claim.provider}/{claim.dataset}/{claim.series.code}"
        by_indicator.setdefault(claim.indicator, {}).setdefault(name, claim)
    rows = files.rows(NEVER_TOGETHER, COLUMNS, ("one", "other"))
    pairs = {(row["one"], row["other"]): row for row in rows}
    for row in rows:
        mirror = pairs.get((row["other"], row["one"]))
        if mirror is not None and mirror.line < row.line:
            files.problems.add(row.place, f"line {mirror.line} has the same two patterns; keep one of the two lines")
        if len(row["why"]) < 10 or "/" not in row["one"] or not row["other"]:
            files.problems.add(
                row.place,
                "expected two patterns such as unsd_sdg/sdg/SL_TLF_UEM and *_19ICLS, and why they exclude each other",
            )
            continue
        for series in by_indicator.values():
            _check(row, series, files.problems)


def _check(row: Row, series: Mapping[str, Claim], problems: Problems) -> None:
    one = next((c for name, c in series.items() if fnmatchcase(name, row["one"])), None)
    other = next((c for name, c in series.items() if fnmatchcase(name, row["other"])), None)
    if one is None or other is None or one is other:
        return
    problems.add(
        other.place,
        f"{other.indicator} takes {other.series.code} beside {one.series.code} (line {one.line}), which exclude each "
        f"other: {row['why']} ({row.place}). Give one of them an indicator of its own.",
    )

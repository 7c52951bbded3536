"""Concepts that exclude each other: series that must not feed the same indicator (never_together.csv).

The reasons are in docs/methods.md, Which series is used. If the meaning of one series changes between vintages, the
feed has vintage_from and vintage_to instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from indicator_defs.claims import Claim
from indicator_defs.definition_files import Files, Problems, Row

NEVER_TOGETHER = "never_together.csv"
COLUMNS = ("one", "other", "why")


def check_never_together(files: Files, claims: Iterable[Claim]) -> None:
    """Adds a problem, with both places, for each indicator whose feeds have two concepts that exclude each other.

    A concept is a pattern for provider/dataset/series: `*` for any text, `?` for any character.
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
            what = f"the pair of {row['one']} and {row['other']}"
            files.problems.add_duplicate(row.place, what, f"line {mirror.line}", "keep one of the two lines")
        if len(row["why"]) < 10 or "/" not in row["one"] or not row["other"]:
            files.problems.add(
                row.place,
                f"found {row['one']!r}, {row['other']!r}, {row['why']!r}; expected two patterns such as "
                "unsd_sdg/sdg/SL_TLF_UEM and *_19ICLS, and the reason why they exclude each other",
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
        f"{other.indicator} uses {other.series.code} together with {one.series.code} (line {one.line}), but they exclude "
        f"each other: {row['why']} ({row.place}); move one of them to another indicator",
    )

"""The output of `payung releases diff`: differences as text and as plain values for JSON, withdrawn values first.

warehouse/compare/release_diff.py finds them, diff_workbook.py writes them as a workbook.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd

from pipelines.cli.output.numbers import ten_digits
from pipelines.cli.output.printing import cut
from pipelines.frame_records import frame_records
from warehouse.compare.exceeded_tolerances import ExceededTolerance
from warehouse.compare.release_diff import KINDS, LEVELS, Diff

SAMPLES = 5
HEADINGS = {
    "withdrawn": "Withdrawn values",
    "changed": "Changed values",
    "new": "New values",
    "restated": "Same value with other attributes",
}
LEVEL_WORDS = {"country": "country values", "regional": "regional figures", "baseline": "baseline values"}
VALUE_COLUMNS = (
    "level", "quantity", "indicator", "ref_area", "time_period", "breakdown", "is_headline", "value_before",
    "value_after", "text_before", "text_after", "fields", "source_before", "source_after", "series_before",
    "series_after", "vintage_before", "vintage_after", "reason",
)  # fmt: skip


def diff_text(diff: Diff, exceeded: Sequence[ExceededTolerance] = (), samples: int = SAMPLES) -> str:
    """The differences as text, withdrawn values first: the first cases of each kind, and the number of each reason."""
    lines = [f"From release {diff.before} to release {diff.after}"]
    if diff.is_empty:
        return "\n".join([*lines, "Nothing differs: values, indicators, codes, definitions and sources are equal."])
    lines += _sources(diff.sources)
    counts = diff.counts()
    for kind in KINDS:
        found = diff.of_kind(kind)
        counted = ", ".join(f"{counts[level][kind]:,} {LEVEL_WORDS[level]}" for level in LEVELS if counts[level][kind])
        lines.append(f"\n{HEADINGS[kind]}: {counted or 'none'}")
        for level in LEVELS:
            own = found[found["level"] == level]
            lines += [f"  {_case(row)}" for row in _first_cases(own, samples).to_dict("records")]
            if len(own) > samples:
                lines.append(f"  ... and {len(own) - samples:,} more {LEVEL_WORDS[level]}")
        if len(found):
            reasons = found.loc[found["level"] == "country", "reason"].value_counts()
            lines += [f"  reason for {n:,} country values: {reason}" for reason, n in reasons.head(samples).items()]
            if len(reasons) > samples:
                lines.append(f"  ... and {len(reasons) - samples:,} more reasons")
    for title, frame in other_changes(diff):
        lines.append(f"\n{title}: {len(frame) or 'none'}")
        lines += [f"  {_row(row)}" for row in frame.head(samples).to_dict("records")]
        if len(frame) > samples:
            lines.append(f"  ... and {len(frame) - samples:,} more")
    if exceeded:
        lines += ["\nTolerances exceeded:", *(f"  {e.line()}" for e in exceeded)]
    return "\n".join(lines)


def diff_values(diff: Diff, exceeded: Sequence[ExceededTolerance] | None = None) -> dict[str, Any]:
    """All differences as plain values, withdrawn values first; with `exceeded` if tolerances were checked."""
    out: dict[str, Any] = {
        "before": diff.before,
        "after": diff.after,
        "counts": diff.counts(),
        "sources": plain_records(diff.sources),
        **{kind: plain_records(diff.of_kind(kind)[list(VALUE_COLUMNS)]) for kind in KINDS},
        "indicators": plain_records(diff.indicators),
        "codes": plain_records(diff.codes),
        "definitions": plain_records(diff.definitions),
    }
    return out if exceeded is None else out | {"exceeded": [e.as_dict() for e in exceeded]}


def _sources(sources: pd.DataFrame) -> list[str]:
    return [
        f"Source {s['provider']}/{s['dataset']}: {s['what']} ({text_or_empty(s['vintages_before']) or 'none'} -> "
        f"{text_or_empty(s['vintages_after']) or 'none'})"
        for s in sources.to_dict("records")
    ]


def other_changes(diff: Diff) -> list[tuple[str, pd.DataFrame]]:
    """The differences other than values, each with its heading."""
    return [
        ("Indicators withdrawn, new or with a changed status", diff.indicators),
        ("Codes", diff.codes),
        ("Definitions, methods and rules", diff.definitions),
    ]


def _first_cases(rows: pd.DataFrame, most: int) -> pd.DataFrame:
    """The rows to show: headline figures first, then the largest changes in per cent of the former value."""
    before = rows["value_before"].abs()
    relative_change = ((rows["value_after"] - rows["value_before"]).abs() / before.where(before > 0)).fillna(0)
    order = rows.assign(_change=relative_change).sort_values(["is_headline", "_change"], ascending=False, kind="stable")
    return order.head(most)


def _case(row: dict[Any, Any]) -> str:
    quantity = "" if row["quantity"] == "obs_value" else f" {row['quantity']}"
    breakdown = f" [{row['breakdown']}]" if row["breakdown"] else ""
    fields = f" ({row['fields']})" if row["kind"] == "restated" and text_or_empty(row["fields"]) else ""
    return (
        f"{row['indicator']} {row['ref_area']} {text_or_empty(row['time_period'])}{breakdown}{quantity}: "
        f"{_number(row['value_before'])} -> {_number(row['value_after'])}{fields}; {row['reason']}"
    )


def _row(row: dict[Any, Any]) -> str:
    name = str(row["table"]).removeprefix("reference.")
    if row["field"]:
        return f"{name} {row['key']}: {row['field']} {_quoted(row['before'])} -> {_quoted(row['after'])}"
    return f"{row['kind']}: {name} {row['key']} ({_quoted(row['before'] or row['after'])})"


def _quoted(text: str) -> str:
    return repr(cut(text, 80))


def text_or_empty(value: Any) -> str:
    """The text of a value; empty for a missing value."""
    return "" if value is None or pd.isna(value) else str(value)


def _number(value: Any) -> str:
    return "none" if value is None or pd.isna(value) else ten_digits(float(value))  # JSON and workbook: all digits


def _plain(value: Any) -> Any:
    if value is None or value is pd.NA or (isinstance(value, float) and pd.isna(value)):
        return None
    return value.isoformat() if isinstance(value, date) else value


def plain_records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as plain values: dates as text, missing values as None."""
    return [{k: _plain(v) for k, v in row.items()} for row in frame_records(frame)]

"""A diff as text, as plain values for JSON, and as a workbook for the meeting.

Belongs here: the words and the order in which a difference is told; withdrawn first.
Does not belong here: finding it (warehouse/compare/release_diff.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from indicator_defs.errors import PayungError
from indicator_defs.rounding import digits
from indicator_defs.system import files
from pipelines.cli.output.numbers import cut
from pipelines.cli.output.records import records
from warehouse.compare.exceeded_tolerances import ExceededTolerance
from warehouse.compare.release_diff import KINDS, LEVELS, Diff

if TYPE_CHECKING:
    from warehouse.workbook_cells import Cells

SAMPLES = 5
HEADINGS = {
    "withdrawn": "Withdrawn values",
    "changed": "Changed values",
    "new": "New values",
    "restated": "Same value, otherwise restated",
}
LEVEL_WORDS = {"country": "country values", "regional": "regional figures", "baseline": "of the baseline"}
SHOWN = (
    "level", "quantity", "indicator", "ref_area", "time_period", "breakdown", "is_headline", "value_before",
    "value_after", "text_before", "text_after", "fields", "source_before", "source_after", "series_before",
    "series_after", "vintage_before", "vintage_after", "reason",
)  # fmt: skip
WIDEST, NARROWEST = 70, 9


class ShowingError(PayungError):
    """The workbook could not be written."""


def as_text(diff: Diff, exceeded: Sequence[ExceededTolerance] = (), samples: int = SAMPLES) -> str:
    """The difference as text: what is withdrawn first, with the first cases of each kind and the reasons counted."""
    lines = [f"From {diff.before} to {diff.after}"]
    if diff.is_empty:
        return "\n".join([*lines, "Nothing differs: no value, indicator, code, definition or source."])
    lines += _sources(diff.sources)
    counts = diff.counts()
    for kind in KINDS:
        found = diff.of_kind(kind)
        said = ", ".join(f"{counts[level][kind]:,} {LEVEL_WORDS[level]}" for level in LEVELS if counts[level][kind])
        lines.append(f"\n{HEADINGS[kind]}: {said or 'none'}")
        for level in LEVELS:
            own = found[found["level"] == level]
            lines += [f"  {_case(row)}" for row in _telling(own, samples).to_dict("records")]
            if len(own) > samples:
                lines.append(f"  ... and {len(own) - samples:,} more {LEVEL_WORDS[level]}")
        if len(found):
            reasons = found.loc[found["level"] == "country", "reason"].value_counts()
            lines += [f"  reason, {n:,} country values: {reason}" for reason, n in reasons.head(samples).items()]
            if len(reasons) > samples:
                lines.append(f"  ... and {len(reasons) - samples:,} more reasons")
    for title, frame in _others(diff):
        lines.append(f"\n{title}: {len(frame) or 'none'}")
        lines += [f"  {_row(row)}" for row in frame.head(samples).to_dict("records")]
        if len(frame) > samples:
            lines.append(f"  ... and {len(frame) - samples:,} more")
    if exceeded:
        lines += ["\nMore than the tolerances of the catalogue allow:", *(f"  {e.line()}" for e in exceeded)]
    return "\n".join(lines)


def as_dict(diff: Diff, exceeded: Sequence[ExceededTolerance] | None = None) -> dict[str, Any]:
    """The whole difference as plain values, withdrawn values first; `exceeded` where it was measured."""
    out: dict[str, Any] = {
        "before": diff.before,
        "after": diff.after,
        "counts": diff.counts(),
        "sources": _records(diff.sources),
        **{kind: _records(diff.of_kind(kind)[list(SHOWN)]) for kind in KINDS},
        "indicators": _records(diff.indicators),
        "codes": _records(diff.codes),
        "definitions": _records(diff.definitions),
    }
    return out if exceeded is None else out | {"exceeded": [e.as_dict() for e in exceeded]}


def write_xlsx(diff: Diff, path: Path, exceeded: Sequence[ExceededTolerance] = ()) -> Path:
    """Writes the workbook for the meeting: a summary and one sheet a kind; whole or not at all."""
    from openpyxl import Workbook

    from warehouse.workbook_cells import Cells, add_cuts

    cells = Cells("payung releases diff --json")
    book = Workbook()
    book.remove(book.worksheets[0])
    _summary_sheet(book, cells, diff, exceeded)
    for kind in KINDS:
        _sheet(book, cells, kind, diff.of_kind(kind)[list(SHOWN)])
    for name, frame in (
        ("indicators", diff.indicators),
        ("codes", diff.codes),
        ("definitions", diff.definitions),
        ("sources", diff.sources),
    ):
        _sheet(book, cells, name, frame)
    if exceeded:
        _sheet(book, cells, "tolerances", pd.DataFrame([e.as_dict() for e in exceeded]))
    add_cuts(book, cells)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with files.written_aside(path) as aside:
            book.save(aside)
    except OSError as error:
        raise ShowingError(f"{path} could not be written: {error.strerror or error}. Name another file.") from error
    return path


def _sources(sources: pd.DataFrame) -> list[str]:
    return [
        f"Source {s['provider']}/{s['dataset']}: {s['what']} ({_text(s['vintages_before']) or 'none'} -> "
        f"{_text(s['vintages_after']) or 'none'})"
        for s in sources.to_dict("records")
    ]


def _others(diff: Diff) -> list[tuple[str, pd.DataFrame]]:
    return [
        ("Indicators withdrawn, new or with another status", diff.indicators),
        ("Codes", diff.codes),
        ("Definitions, methods and rules", diff.definitions),
    ]


def _telling(rows: pd.DataFrame, most: int) -> pd.DataFrame:
    """The rows to show first: headline figures, then by how far they moved, in per cent of what they were."""
    before = rows["value_before"].abs()
    moved = ((rows["value_after"] - rows["value_before"]).abs() / before.where(before > 0)).fillna(0)
    order = rows.assign(_moved=moved).sort_values(["is_headline", "_moved"], ascending=False, kind="stable")
    return order.head(most)


def _case(row: dict[Any, Any]) -> str:
    what = "" if row["quantity"] == "obs_value" else f" {row['quantity']}"
    breakdown = f" [{row['breakdown']}]" if row["breakdown"] else ""
    fields = f" ({row['fields']})" if row["kind"] == "restated" and _text(row["fields"]) else ""
    return (
        f"{row['indicator']} {row['ref_area']} {_text(row['time_period'])}{breakdown}{what}: "
        f"{_number(row['value_before'])} -> {_number(row['value_after'])}{fields}; {row['reason']}"
    )


def _row(row: dict[Any, Any]) -> str:
    name = str(row["table"]).removeprefix("reference.")
    if row["field"]:
        return f"{name} {row['key']}: {row['field']} {_short(row['before'])} -> {_short(row['after'])}"
    return f"{row['kind']}: {name} {row['key']} ({_short(row['before'] or row['after'])})"


def _short(text: str) -> str:
    return repr(cut(text, 80))


def _text(value: Any) -> str:
    return "" if value is None or pd.isna(value) else str(value)


def _number(value: Any) -> str:
    if value is None or pd.isna(value):
        return "none"
    return digits(float(value), 10)  # without the noise of the last bits; JSON and workbook have all digits


def _plain(value: Any) -> Any:
    if value is None or value is pd.NA or (isinstance(value, float) and pd.isna(value)):
        return None
    return value.isoformat() if isinstance(value, date) else value


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{k: _plain(v) for k, v in row.items()} for row in records(frame)]


def _summary_sheet(book: Any, cells: Cells, diff: Diff, exceeded: Sequence[ExceededTolerance]) -> None:
    counts = diff.counts()
    rows = [
        {"what": HEADINGS[kind], "level": LEVEL_WORDS[level], "number": counts[level][kind]}
        for kind in KINDS
        for level in LEVELS
    ]
    rows += [{"what": title, "level": "", "number": len(frame)} for title, frame in _others(diff)]
    rows += [{"what": "Sources with other snapshots", "level": "", "number": len(diff.sources)}]
    rows += [{"what": "Tolerances exceeded", "level": "", "number": len(exceeded)}]
    rows += [{"what": f"From release {diff.before} to {diff.after}", "level": "", "number": None}]
    _sheet(book, cells, "summary", pd.DataFrame(rows, columns=["what", "level", "number"]).astype({"number": "Int64"}))


def _sheet(book: Any, cells: Cells, name: str, frame: pd.DataFrame) -> None:
    """One sheet: bold header, frozen, with a filter and widths that fit what it holds."""
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    from warehouse.workbook_cells import check_size, coordinate, sheet_name

    check_size(f"Sheet {name}", len(frame) + 1, len(frame.columns), "Use payung releases diff --json.")
    sheet = book.create_sheet(sheet_name(name, book.sheetnames))
    for column, heading in enumerate(frame.columns, start=1):
        cell = sheet.cell(1, column)
        cells.put(cell, str(heading).replace("_", " "))
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", start_color="FFDCE6F1")
        cell.alignment = Alignment(vertical="top", wrap_text=True)
    for number, row in enumerate(_records(frame), start=2):
        for column, value in enumerate(row.values(), start=1):
            cells.put(sheet.cell(number, column), _cell(value), f"{name}!{coordinate(column, number)}")
    for number, heading in enumerate(frame.columns, start=1):
        longest = max([len(str(heading)), *(len(_text(v)) for v in frame[heading].head(2000))])
        sheet.column_dimensions[get_column_letter(number)].width = min(max(longest + 2, NARROWEST), WIDEST)
    # of values also what the number is of stays in sight
    sheet.freeze_panes = "F2" if "ref_area" in frame.columns else "A2"
    sheet.auto_filter.ref = sheet.dimensions


def _cell(value: Any) -> Any:
    return "yes" if value is True else "no" if value is False else value

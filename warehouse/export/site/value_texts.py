"""Values, breakdown cells and notes as texts of the site.

Belongs here: rounded numbers, labels of breakdown cells, and the notes of a value.
Does not belong here: labels of single codes (reference.code) and texts that several exports share (export/labels.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from indicator_defs import rounding
from indicator_defs.breakdowns import BREAKDOWNS
from warehouse.export.labels import NO_VALUE, QUOTED_FIGURE

DASH = "–"


def rounded(value: float, decimals: int) -> str:
    """The value with this number of decimals; a small value that would be rounded to 0 keeps two significant digits."""
    return rounding.shown(value, decimals).replace("-", "\N{MINUS SIGN}")


def signed(value: float, decimals: int) -> str:
    """A change or difference with its sign."""
    text = rounded(value, decimals)
    return f"+{text}" if value > 0 else text


def mean_year(value: float) -> Markup:
    """A mean of years, without a thousands separator."""
    return Markup('<data value="{}">{}</data>').format(repr(value), rounding.half_up(value, 1))


def number(value: float, decimals: int = 1) -> Markup:
    """A rounded number, with all its digits in the markup."""
    return Markup('<data value="{}">{}</data>').format(repr(value), rounded(value, decimals))


def percent(share: float) -> Markup:
    """A share (0 to 1) in per cent, without the sign; the markup has all digits."""
    return Markup('<data value="{}">{}</data>').format(rounding.in_percent(share), rounding.percent(share))


def difference(value: float, decimals: int = 1) -> Markup:
    """A rounded number with its sign, with all its digits in the markup."""
    return Markup('<data value="{}">{}</data>').format(repr(value), signed(value, decimals))


def gap(reason: str | None) -> Markup:
    """A missing value: a dash and its reason, never a zero."""
    return Markup('<i class="g">{} {}</i>').format(DASH, (reason or NO_VALUE).removeprefix(f"{NO_VALUE}: "))


def flags(codes: str | None, labels: Mapping[tuple[str, str], str]) -> Markup:
    """The labels of the flags of a regional figure."""
    flag_texts = "; ".join(labels.get(("aggregate_flag", code)) or code for code in codes.split("; ")) if codes else ""
    return Markup(" <small>{}</small>").format(flag_texts) if flag_texts else Markup("")


def cell_codes(row: Any) -> str:
    """The codes of a row's breakdowns, joined as in the column `cell`."""
    return "|".join(getattr(row, name) for name in BREAKDOWNS)


def cell_label(row: Any, labels: Mapping[tuple[str, str], str]) -> str:
    """The labels of the breakdowns of a cell, without totals; "total" if every breakdown is a total."""
    parts = []
    for name in BREAKDOWNS:
        code = getattr(row, name)
        if code != "_T":
            label = labels.get((name, code)) or code
            parts.append(f"aged {label}" if name == "age" and label[:1].isdigit() else label)
    return ", ".join(parts) or "total"


def notes_of(value: Any) -> list[str]:
    """The notes of a value of a Member State."""
    out = []
    if value.dataset_kind == "document":
        out.append(QUOTED_FIGURE)
    elif value.is_superseded:
        out.append("Superseded, and no later vintage is available: excluded from changes and from classes A and B.")
    elif not value.in_aggregates:
        out.append("Excluded from regional figures and changes (different definition or low reliability).")
    if value.break_before == "step":
        out.append("Not comparable with the previous value: large change, not yet reviewed.")
    elif value.break_before is not None:
        why = f" {value.break_why}" if value.break_why else ""
        out.append(f"Not comparable with the previous value (break: {value.break_before}).{why}")
    if value.role != "chosen":
        out.append(f"{value.role[:1].upper()}{value.role[1:]} from another series: not comparable with later values.")
    if value.correction is not None:
        out.append(f"Correction ({value.correction.replace('_', ' ')}): {value.correction_why or 'see Methods'}")
    if value.above_maximum:
        out.append("Above the maximum of the definition; shown as published.")
    if value.time_detail:
        out.append(f"Period as published: {value.time_detail}.")
    if value.footnote:
        out.append(f"Producer's footnote: {value.footnote}")
    if value.source_citation:
        out.append(f"Producer's source: {value.source_citation}")
    return out

"""How the site writes values, cells and notes.

Belongs here: rounding for readers, labels of a breakdown cell, and what must be said beside a value.
Does not belong here: labels of single codes (reference.code) and the words that all exports share (export/labels.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from indicator_defs import rounding
from indicator_defs.breakdowns import BREAKDOWNS

NO_VALUE = "–"
CLASSES = {"A": "A, published", "B": "B, indicative", "C": "C, withheld"}


def rounded(value: float, decimals: int) -> str:
    """The value with so many decimals; one that would read 0 and is none keeps two digits that count."""
    return rounding.shown(value, decimals).replace("-", "\N{MINUS SIGN}")


def signed(value: float, decimals: int) -> str:
    """A change or difference with its sign."""
    text = rounded(value, decimals)
    return f"+{text}" if value > 0 else text


def mean_year(value: float) -> Markup:
    """A mean of years: no thousands in it."""
    return Markup('<data value="{}">{}</data>').format(repr(value), rounding.half_up(value, 1))


def number(value: float, decimals: int = 1) -> Markup:
    """A number for readers that carries all its digits for machines."""
    return Markup('<data value="{}">{}</data>').format(repr(value), rounded(value, decimals))


def percent(share: float) -> Markup:
    """A share of 1 in per cent, without the sign; machines get all digits of the share times 100."""
    return Markup('<data value="{}">{}</data>').format(rounding.in_percent(share), rounding.percent(share))


def difference(value: float, decimals: int = 1) -> Markup:
    """A signed number that carries all its digits."""
    return Markup('<data value="{}">{}</data>').format(repr(value), signed(value, decimals))


def gap(reason: str | None) -> Markup:
    """A missing value: a dash and its reason, never a zero."""
    return Markup('<i class="g">{} {}</i>').format(NO_VALUE, (reason or "no value").removeprefix("no value: "))


def flags(codes: str | None, labels: Mapping[tuple[str, str], str]) -> Markup:
    """What must be said beside a regional figure, in words."""
    flag_texts = "; ".join(labels.get(("aggregate_flag", code)) or code for code in codes.split("; ")) if codes else ""
    return Markup(" <small>{}</small>").format(flag_texts) if flag_texts else Markup("")


def cell_codes(row: Any) -> str:
    """The codes of a row's breakdowns, joined as in the column `cell`."""
    return "|".join(getattr(row, name) for name in BREAKDOWNS)


def cell_label(row: Any, labels: Mapping[tuple[str, str], str]) -> str:
    """The breakdown of a cell in words, without what is a total; "total" where all are."""
    parts = []
    for name in BREAKDOWNS:
        code = getattr(row, name)
        if code != "_T":
            label = labels.get((name, code)) or code
            parts.append(f"aged {label}" if name == "age" and label[:1].isdigit() else label)
    return ", ".join(parts) or "total"


def notes_of(value: Any) -> list[str]:
    """What has to be said beside a value of a Member State."""
    out = []
    if value.dataset_kind == "document":
        out.append("Figure quoted in a document: shown for the record, never compared or aggregated.")
    elif value.is_superseded:
        out.append("Of a vintage without successor: kept out of changes and of classes A and B.")
    elif not value.in_aggregates:
        out.append("Kept out of regional figures and changes (definition or reliability).")
    if value.break_before == "step":
        out.append("Not comparable with the value before: a large step that nobody has looked at yet.")
    elif value.break_before is not None:
        why = f" {value.break_why}" if value.break_why else ""
        out.append(f"Not comparable with the value before (break: {value.break_before}).{why}")
    if value.role != "chosen":
        out.append(f"{value.role[:1].upper()}{value.role[1:]} from another series: not comparable with the later ones.")
    if value.correction is not None:
        out.append(f"Correction ({value.correction.replace('_', ' ')}): {value.correction_why or 'see Methods'}")
    if value.above_maximum:
        out.append("Above the highest value that the definition expects; kept as published.")
    if value.time_detail:
        out.append(f"Period as published: {value.time_detail}.")
    if value.footnote:
        out.append(f"Producer's footnote: {value.footnote}")
    if value.source_citation:
        out.append(f"Producer's source: {value.source_citation}")
    return out

"""The output of `payung explain`: the lineage of one figure, as text and as JSON.

Belongs here: the labels and the order of the parts.
Does not belong here: reading them from a release (warehouse/explain/explanation.py).
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import groupby

from indicator_defs.rounding import digits
from pipelines.cli.output.numbers import in_percent, one_decimal, up_to_six_decimals
from pipelines.cli.output.text_table import TextTable, aligned_lines, cell_text
from warehouse.explain.explanation_parts import (
    BaselineUse,
    ChosenValue,
    ClassTest,
    Explanation,
    FigureWeight,
    GapExplanation,
    NearbyValue,
    RegionalFigure,
    RequestedCell,
    ValueLineage,
    ValueOrigin,
    WeightRow,
)

WIDTH = 118
# Columns of the staged row that are shown in other parts, or only identify the row.
SHOWN_ELSEWHERE = ("provider", "dataset", "series", "series_key")
PERCENT, POINTS = "PT", "percentage points"
ROLES = {"chosen": "chosen", "extended backwards": "from another feed, which extends the chosen feed to earlier years"}


def explanation_json(found: Explanation) -> str:
    """All parts as one JSON object; missing values are null, dates as 2021-12-31."""
    return json.dumps(asdict(found), indent=1, ensure_ascii=False, default=str)


def explanation_text(found: Explanation) -> str:
    """The explanation as plain text, the most important parts first."""
    lines = [*_head(found)]
    # the requested figure comes first: the baseline of event counts is the mean of several years
    is_mean = found.baseline is not None and bool(found.baseline.averaged) and found.cell.asked == "baseline"
    if is_mean:
        lines += _baseline(found)
    if found.value:
        lines += _value(found.value, found, f"Value of {found.cell.time_period} alone" if is_mean else "Value")
    if found.gap:
        lines += _gap(found.gap)
    if found.group:
        lines += _group(found.group, found.cell)
    if not is_mean:
        lines += _baseline(found)
    lines += _choice(found)
    for origin in found.origins:
        lines += _origin(origin, found)
    if found.cell.area_type != "group":
        lines += _history(found)
    return "\n".join(lines)


# -- building blocks --------------------------------------------------------------------------------------------------


def _section(title: str, body: Iterable[str]) -> list[str]:
    lines = [line for line in body if line]
    return ["", title, *lines] if lines else []


def _pair(label: str, text: object) -> str:
    """One labelled line; a long text continues on indented lines. Empty for an empty text."""
    if text in (None, ""):
        return ""
    head = f"  {label:<17}" if len(label) < 17 else f"  {label}  "
    return textwrap.fill(
        str(text),
        WIDTH,
        initial_indent=head,
        subsequent_indent=" " * 19,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _table(head: Sequence[str], body: Sequence[Sequence[object]], right: Sequence[int] = ()) -> list[str]:
    """The lines of a table without its empty columns; none without rows. `right`: the right-aligned columns."""
    table = TextTable(head, [[cell_text(cell) for cell in row] for row in body], right)
    return list(aligned_lines(table, indent="  ", drop_empty_columns=True)) if body else []


def _breakdowns(breakdowns: dict[str, str]) -> str:
    return ", ".join(f"{name} {code}" for name, code in breakdowns.items())


def _cell_text(cell: RequestedCell) -> str:
    if cell.is_headline:
        given = {b: c for b, c in cell.breakdowns.items() if c != "_T"}
        return "headline figure" + (f" ({_breakdowns(given)})" if given else "")
    return _breakdowns({b: cell.breakdowns[b] for b in cell.breakdown_family.split("+")})


def _rebuilt(is_rebuilt: bool) -> str:
    if is_rebuilt:
        return "yes: from public copies of the figures, in the provider's format; not the provider's own file"
    return "no: the file as received from the provider"


# -- the parts -------------------------------------------------------------------------------------------------------


def _head(found: Explanation) -> list[str]:
    cell = found.cell
    return [
        f"{cell.indicator}, {cell.area_name} ({cell.ref_area}), {cell.time_period}: {_cell_text(cell)}",
        cell.name,
        f"Release {found.release}; definition {cell.definition_file}",
    ]


def _value(value: ChosenValue, found: Explanation, title: str) -> list[str]:
    bounds = [f"from {up_to_six_decimals(value.lower_bound)}" if value.lower_bound is not None else ""]
    bounds += [f"to {up_to_six_decimals(value.upper_bound)}" if value.upper_bound is not None else ""]
    status = f"{value.obs_status} ({value.status})" if value.obs_status else "not stated"
    if value.status_changed_by:
        status += f"; published as {value.published_status or 'not stated'}, changed because: {value.status_changed_by}"
    return _section(
        f"{title}  {value.value_text}  ({found.cell.unit})",
        [
            _pair(
                "numeric value",
                up_to_six_decimals(value.obs_value)
                if value.obs_value is not None
                else "none: the published text is not a plain number",
            ),
            _pair("multiplier", _multiplier(found)),
            _pair("bounds", " ".join(b for b in bounds if b)),
            _pair("status", status),
            _pair("nature", value.nature or "not stated"),
            _pair("period", value.time_detail),
            _pair("footnote", value.footnote),
            _pair("producer's source", value.source_citation),
            _pair("role", ROLES.get(value.role, value.role)),
            _pair("in aggregates", _in_aggregates(value)),
            _pair(
                "break before", value.break_before and f"not comparable with the previous value ({value.break_before})"
            ),
            _pair("about the break", value.break_why),
            _pair(
                "above maximum",
                "above the possible maximum; regional figures use the maximum" if value.above_maximum else "",
            ),
        ],
    )


def _multiplier(found: Explanation) -> str:
    """The multiplier that the row states for its number, unless it is 1."""
    power = found.origins[0].row.get("unit_mult", "0") if found.origins else "0"
    return (
        ""
        if power.lstrip("+-").strip("0") == ""
        else f"the number is the published text times 10 to the power of {power}"
    )


def _in_aggregates(value: ChosenValue) -> str:
    if not value.is_member:
        return "no: regional figures use values of Member States only"
    return "yes" if value.in_aggregates else "no: not used in regional figures and changes"


def _gap(gap: GapExplanation) -> list[str]:
    over_all_years = "" if gap.availability == gap.reason else gap.availability
    lines = _section(
        "No value",
        [
            _pair("why", gap.reason),
            _pair("for all years", over_all_years),
            _pair("possible source", gap.filled_by),
        ],
    )
    lines += _section("The same cell in other years", _near_lines(gap.years))
    lines += _section("Other breakdowns with values", _near_lines(gap.breakdowns))
    rejected = [[r.reason, r.detail, r.row_as_published, r.snapshot_id, r.snapshot_row] for r in gap.rejections]
    lines += _section("Rejected rows", _table(["reason", "detail", "row as published", "snapshot", "row"], rejected))
    return lines


def _near_lines(near: list[NearbyValue]) -> list[str]:
    body = [[n.time_period, _breakdowns(n.breakdowns) or "headline", n.value_text, n.feed] for n in near]
    return _table(["year", "breakdown", "value", "feed"], body, right=(2,))


def _baseline(found: Explanation) -> list[str]:
    use = found.baseline
    if use is None:
        return []
    values = f"baseline {up_to_six_decimals(use.baseline_value) or 'none'} ({use.baseline_year or 'no year'}), "
    values += f"latest {up_to_six_decimals(use.latest_value) or 'none'} ({use.latest_year or 'no year'})"
    change = _change(use, found.cell) if use.comparable else f"none: {use.reason}"
    lines = _section(
        f"Regional baseline (this year is the {use.role} year)", [_pair("values", values), _pair("change", change)]
    )
    if use.averaged:
        lines.append(f"  The baseline value is the mean of {len(use.averaged)} yearly values:")
        lines += _values_table(use.averaged)
    return lines


def _change(use: BaselineUse, cell: RequestedCell) -> str:
    # The difference of two percentages is in percentage points. The two values of a group may have different members.
    text = f"{up_to_six_decimals(use.change)} ({POINTS if cell.unit_measure == PERCENT else cell.unit})"
    if use.change_areas is None:
        return text
    return (
        f"{text}, computed for the members with values in both years ({use.change_area_names}); it can differ from "
        "latest minus baseline"
    )


def _values_table(values: list[ValueLineage]) -> list[str]:
    head = ["year", "published", "feed", "vintage", "snapshot", "row"]
    body = [[v.time_period, v.value_text, v.feed, v.vintage_date, v.snapshot_id, v.snapshot_row] for v in values]
    return _table(head, body, right=(1,))


def _choice(found: Explanation) -> list[str]:
    cell = found.cell
    feeds = [
        [
            "*" if f.is_chosen else "",
            f.feed,
            f.source_rank,
            f.vintage_date,
            f.n_values,
            f"{f.first_year}-{f.last_year}",
            f.reason,
        ]
        for f in found.feeds
    ]
    family = cell.breakdown_family.replace("+", " and ")
    family_text = "the headline figure" if family == "total" else f"the breakdown by {family}"
    lines = _section(
        f"Choice of the feed (one for {cell.indicator}, {cell.ref_area} and {family_text}; * chosen)",
        _table(["", "feed", "rank", "vintage", "values", "years", "reason"], feeds, right=(2, 4)),
    )
    candidates = [
        ["*" if c.is_used else "", c.time_period, c.value_text, c.feed, c.obs_status, c.snapshot_row, c.why]
        for c in found.candidates
    ]
    lines += _section(
        "Published values of this cell, in this year and the years before and after it (* used)",
        _table(["", "year", "value", "feed", "status", "row", "why"], candidates, right=(2,)),
    )
    for c in found.corrections:
        lines += _section(
            f"Correction  {c.action}" + ("" if c.applied else "  (no longer applies)"),
            [
                _pair("expected text", f"{c.expected_text}; found {c.found_text or 'none'}"),
                _pair("why", c.why),
                _pair("evidence", c.evidence),
                _pair("reported", c.reported),
                _pair("defined in", c.place),
            ],
        )
    if found.value and not found.corrections:
        lines += _section("Corrections", ["  none for this cell"])
    return lines


def _origin(origin: ValueOrigin, found: Explanation) -> list[str]:
    title = "Snapshot" if found.value else f"Source of the unused value {origin.row.get('obs_value', '(blank)')}"
    lines = _section(
        title,
        [
            _pair("producer", origin.producer),
            _pair(
                "vintage", f"{origin.vintage_date}" + (f", downloaded {origin.fetched_at}" if origin.fetched_at else "")
            ),
            _pair("series", f"{origin.provider_series} of {origin.source}/{origin.dataset}"),
            _pair(
                "title", origin.row.get("series_name") or "not published, so it was not compared with the definition"
            ),
            _pair("defined in", origin.definition),
            _pair("renamed by", origin.series_renamed_by),
            _pair("address", origin.address),
            _pair("snapshot", origin.snapshot_id),
            _pair("file", origin.file),
            _pair("sha256", origin.sha256),
            _pair("rebuilt", _rebuilt(origin.is_rebuilt)),
            _pair("note", origin.note),
            _pair("licence", origin.licence),
        ],
    )
    row = [_pair(k, v) for k, v in origin.row.items() if k not in SHOWN_ELSEWHERE]
    lines += _section(f"The row as published: {origin.snapshot_row} (in {origin.staged_table})", row)
    translated = [
        [t.dimension, t.code or "(blank)", t.target or "not stated", t.concept, t.place, t.note]
        for t in origin.translations
    ]
    translated += [["", "", f.target, f.concept, f.place, "set by the definition or a rename"] for f in origin.fixed]
    lines += _section(
        "Translated codes, with the line of the crosswalk",
        _table(["dimension", "code", "our code", "concept", "file:line", "note"], translated),
    )
    return lines


def _history(found: Explanation) -> list[str]:
    vintages = [[v.vintage_date, v.value_text, v.obs_status, v.snapshot_id, v.snapshot_row] for v in found.vintages]
    lines = _section(
        "This cell in all stored vintages",
        _table(["vintage", "value", "status", "snapshot", "row"], vintages, right=(1,)),
    )
    changes = [
        [
            r.revision_class,
            r.vintage_from,
            r.vintage_to,
            r.text_from,
            r.text_to,
            f"{r.time_period_from} to {r.time_period}" if r.time_period_from not in (None, r.time_period) else "",
            r.fields,
            r.feed,
        ]
        for r in found.revisions
    ]
    head = ["class", "from vintage", "to vintage", "before", "after", "year moved", "fields", "feed"]
    none = ["  none between the stored vintages"] if vintages else []
    return lines + _section("Revisions", _table(head, changes, right=(3, 4)) or none)


# -- regional figures ------------------------------------------------------------------------------------------------

NEEDS = {"A": "class A needs", "B": "class B needs", "B_alternative": "or for class B"}
CLASSES = {"A": "published", "B": "indicative", "C": "withheld"}


def _group(group: RegionalFigure, cell: RequestedCell) -> list[str]:
    withheld = group.obs_value is None
    title = "Value withheld" if withheld else f"Value  {up_to_six_decimals(group.obs_value)}  ({cell.unit})"
    interval = (
        f"{up_to_six_decimals(group.lower)} to {up_to_six_decimals(group.upper)}" if group.lower is not None else ""
    )
    share = "" if group.weight_covered is None else f"{in_percent(group.weight_covered, 1)} % of the members' weight"
    estimated = "not stated" if group.share_estimated is None else f"{in_percent(group.share_estimated, 1)} %"
    is_mean = group.kind == "mean"
    lines = _section(
        title,
        [
            _pair("title", group.title),
            _pair("class", f"{group.publication_class} ({CLASSES[group.publication_class]})"),
            _pair("why", group.class_reason),
            *_needs(group.class_tests),
            _pair("status", group.obs_status and f"{group.obs_status} (suppressed)"),
            _pair("reporting", group.area_names if withheld else ""),
            _pair("interval", interval),
            _pair(
                "coverage",
                f"{group.n_areas} member{'' if group.n_areas == 1 else 's'}" + (f", {share}" if share else ""),
            ),
            _pair("mean year", one_decimal(group.mean_year) if group.mean_year is not None else ""),
            _pair(
                "recent",
                f"members with {in_percent(group.recent_share, 1)} % of the weight have a recent value"
                if group.recent_share is not None
                else "",
            ),
            _pair(
                "estimated",
                ""
                if withheld
                else f"{estimated} of the weight for which a status or nature is stated"
                if group.share_estimated is not None
                else "not stated",
            ),
            _pair("uncertainty", f"± {up_to_six_decimals(group.uncertainty)}" if group.uncertainty is not None else ""),
            _pair("median", up_to_six_decimals(group.median)),
            _pair(
                "range",
                f"{up_to_six_decimals(group.minimum)} to {up_to_six_decimals(group.maximum)}"
                if group.minimum is not None
                else "",
            ),
            _pair("without largest", up_to_six_decimals(group.without_largest)),
            _pair("flags", group.flags),
        ],
    )
    lines += _section(
        f"Method  {group.method}",
        [_pair("title", group.method_title), _pair("formula", group.formula), _pair("window", _window(group, cell))],
    )
    if group.weight:
        lines += _weight(group.weight, is_mean)
    lines += _members(group)
    lines += _section(
        "Breaks in the series of members, between the baseline year and the year of their values",
        [_pair(f"{b.ref_area} {b.break_year}", f"{b.why} ({b.place})") for b in group.breaks],
    )
    absent = [[a.ref_area, a.newest_year, a.newest_text, a.reason] for a in group.absent]
    lines += _section("Members not included", _table(["area", "year", "value", "reason"], absent, right=(2,)))
    return lines


def _needs(tests: list[ClassTest]) -> list[str]:
    """One line for each class, with its requirements."""
    lines = []
    for threshold, same in groupby(tests, key=lambda t: t.threshold):
        texts = [
            t.needs.format(
                limit=in_percent(t.limit_value) if t.unit == "share" else digits(t.limit_value), years=t.years
            )
            for t in same
            if t.needs
        ]
        lines.append(_pair(NEEDS.get(threshold, threshold), ", ".join(texts)))
    return lines


def _window(group: RegionalFigure, cell: RequestedCell) -> str:
    if group.is_baseline and group.event_count:
        return f"the mean of the counts from {group.baseline_from} to {group.baseline_to}"
    if group.is_baseline:
        return f"the value nearest to {cell.time_period} in the years {group.baseline_from} to {group.baseline_to}"
    if group.lookback_years:
        return f"the newest usable value from {cell.time_period - group.lookback_years} to {cell.time_period}"
    return f"only {cell.time_period}"


def _weight(weight: FigureWeight, is_mean: bool) -> list[str]:
    proxy = ""
    if weight.is_proxy:
        proxy = (
            f"yes; accepted: {weight.proxy_accepted}"
            if weight.proxy_accepted
            else "yes: so the class cannot be better than B"
        )
    lines = _section(
        f"Weight  {weight.weight}" + ("" if is_mean else "  (used only for the coverage)"),
        [
            _pair("title", weight.title),
            _pair("source", weight.source),
            _pair("missing years", weight.filling),
            _pair("proxy", proxy),
            _pair("coverage of", weight.coverage_indicator),
        ],
    )
    body = [
        [m.series, m.producer, m.vintage_date, m.snapshot_id, "yes" if m.is_rebuilt else "no"] for m in weight.made_of
    ]
    lines += _table(["series used", "producer", "vintage", "snapshot", "rebuilt"], body)
    made = [
        [r.ref_area, r.series, r.time_period, r.value_text, r.snapshot_id, _place(r), r.n_rows if r.n_rows > 1 else ""]
        for r in weight.rows
    ]
    head = ["area", "series", "year", "published", "snapshot", "row", "rows"]
    return lines + _section("Source of each weight", _table(head, made, right=(3, 6)))


def _place(made: WeightRow) -> str:
    last = f" to {made.last_row}" if made.last_row != made.first_row else ""
    return f"{made.file}:{made.first_row}{last}"


def _members(group: RegionalFigure) -> list[str]:
    body = []
    for m in group.members:
        value = (
            up_to_six_decimals(m.value_low)
            if m.value_low == m.value_high
            else f"{up_to_six_decimals(m.value_low)} to {up_to_six_decimals(m.value_high)}"
        )
        marks = [f"mean of {len(m.values)} years" if len(m.values) > 1 else "", "extended" if m.is_extended else ""]
        marks += ["capped" if m.is_capped else "", "proxy weight" if m.weight_is_proxy else ""]
        share = "" if m.weight_share is None else in_percent(m.weight_share, 2)
        body.append(
            [
                m.ref_area,
                m.value_year,
                value,
                up_to_six_decimals(m.weight_value),
                share,
                m.weight_filling,
                up_to_six_decimals(m.contribution),
                m.obs_status,
                ", ".join(mark for mark in marks if mark),
            ]
        )
    head = ["area", "year", "value", "weight", "share %", "weight is", "contribution", "status", "marks"]
    lines = _section("Members", _table(head, body, right=(2, 3, 4, 6)))
    values = [
        [m.ref_area, v.time_period, v.value_text, v.feed, v.vintage_date, v.snapshot_id, v.snapshot_row]
        for m in group.members
        for v in m.values
    ]
    head = ["area", "year", "published", "feed", "vintage", "snapshot", "row"]
    lines += _section("Source of each member's value", _table(head, values, right=(2,)))
    files_read = {(v.snapshot_id, v.file, v.sha256 or "") for m in group.members for v in m.values}
    files_read |= {(r.snapshot_id, r.file, r.sha256 or "") for r in (group.weight.rows if group.weight else [])}
    files = sorted(files_read)
    return lines + _section("Files read", _table(["snapshot", "file", "sha256"], files))

"""The figures of the report as PNG and SVG: coverage by contingency, baseline and latest values, availability.

Belongs here: the layout of the figures. Members are in the given order, not ranked; gaps are labelled.
Does not belong here: the queries (sql/).
"""

from __future__ import annotations

import re
import textwrap
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from indicator_defs import rounding
from warehouse.export.export_files import written_aside
from warehouse.export.labels import AVAILABILITY, AVAILABILITY_FILLS, AVAILABILITY_LETTERS, NO_VALUE
from warehouse.export.plotting import (
    Figure,
    FigureCanvasAgg,
    Line2D,
    LinearSegmentedColormap,
    PatchCollection,
    Rectangle,
    mpl,
    own_settings,
)
from warehouse.export.release_reader import ReleaseReader, Rows

# All default settings of matplotlib, so that no setting of the user remains, and our own.
STYLE: dict[Any, Any] = {
    **own_settings(),
    "font.family": ["DejaVu Sans"],
    "font.size": 8,
    "svg.fonttype": "none",  # text, not outlines: it can be searched, and edited in the report
    "svg.hashsalt": "payung",  # the same release gives the same bytes
    "text.parse_math": False,  # a $ in a name is a $
    "axes.spines.top": False,
    "axes.spines.right": False,
}
DPI = 200

# Okabe and Ito's colours, which colour-blind readers can distinguish.
BLUE, VERMILLION, GREY, INK = "#0072B2", "#D55E00", "#8C8C8C", "#222222"
LIGHT_TO_DARK = LinearSegmentedColormap.from_list("payung", ["#F3F8FC", "#6BAED6", "#08306B"])
DARK_FROM = 55.0  # from this value on a cell is so dark that its text is white

# Indicators with fewer comparable members get no panel.
FEWEST_COMPARABLE = 3

# A row with the same gap for all members is drawn as one band with this text.
BANDS = {
    AVAILABILITY_LETTERS[code][0]: text
    for code, text in (
        ("declared", "no source known"),
        ("not_gathered", "published elsewhere, not collected"),
        ("national_submission", "waiting for national submissions"),
        ("not_applicable", "one figure for ASEAN, not by member"),
    )
}


# Marks that change the direction of the text around them, and characters that XML does not allow.
_DIRECTION_MARKS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_UNWRITABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def plain(text: str) -> str:
    """The text on one line, without direction marks and without characters that XML does not allow."""
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", _DIRECTION_MARKS.sub("", " ".join(text.split())))


class PlainReader(ReleaseReader):
    """A release whose texts are safe for figures; pages and cells have their own rules."""

    def query(self, sql: str, **parameters: Any) -> Rows:
        """As in ReleaseReader, with texts as plain() returns them."""
        found = super().query(sql, **parameters)
        return Rows(found.fields, [tuple(plain(v) if isinstance(v, str) else v for v in row) for row in found.rows])


@dataclass(frozen=True)
class CoveragePoint:
    """One value in a cell of the coverage table."""

    year: int | None
    value: float | None
    text: str | None
    is_old: bool
    letters: str
    decimals: int


@dataclass(frozen=True)
class BaselineLatestPair:
    """Baseline and latest of one member."""

    baseline_year: int | None
    baseline: float | None
    latest_year: int | None
    latest: float | None
    comparable: bool

    @property
    def is_not_comparable(self) -> bool:
        """Whether both values exist but are not comparable."""
        return self.baseline is not None and self.latest is not None and not self.comparable


def write_figures(reader: ReleaseReader, to: Path) -> list[Path]:
    """Writes the three figures as PNG (200 dpi) and SVG; returns the paths of the six files.

    Raises ExportError if the folder cannot be written.
    """
    files = []
    for name, draw in (
        ("coverage_by_contingency", coverage_by_contingency),
        ("baseline_and_latest", baseline_and_latest),
        ("availability", availability),
    ):
        files += write_figure(reader, draw, [to / f"{name}.png", to / f"{name}.svg"])
    return files


def write_figure(reader: ReleaseReader, draw: Callable[[ReleaseReader], Figure], paths: Sequence[Path]) -> list[Path]:
    """Writes one figure to each of the paths, as PNG or SVG by its suffix; returns the paths."""
    metadata: dict[str, dict[str, Any]] = {"png": {"Software": None}, "svg": {"Date": None, "Creator": "Payung"}}
    with mpl.rc_context(STYLE), warnings.catch_warnings():
        # a character that the font lacks is a box in the PNG; in the SVG the viewer's fonts can show it
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = draw(PlainReader(reader.folder, reader.con))
        for path in paths:
            kind = path.suffix.removeprefix(".").lower()
            with written_aside(path) as temporary_path:
                figure.savefig(temporary_path, format=kind, dpi=DPI, metadata=metadata[kind])
    return list(paths)


def coverage_by_contingency(reader: ReleaseReader) -> Figure:
    """Table of the latest coverage, contingencies by members: number and year, or "no value", in each cell."""
    found = reader.query_file("coverage_by_contingency")
    members = reader.members
    names: dict[str, str] = {}
    cells: dict[tuple[str, str], CoveragePoint] = {}
    used: set[tuple[str, date]] = set()
    for (
        indicator,
        name,
        area,
        year,
        value,
        text,
        is_old,
        status,
        has_break,
        attribution,
        vintage,
        decimals,
    ) in found.rows:
        names[indicator] = name
        letters = " ".join(filter(None, (status, "*" if has_break else None)))
        cells[(indicator, area)] = CoveragePoint(year, value, text, bool(is_old), letters, decimals)
        if attribution:
            used.add((attribution, vintage))
    figure = new_figure(13.2, 1.95 + 0.56 * len(names))
    height = figure.get_figheight()
    bottom, top = 0.42 / height, 1 - 1.5 / height
    axes = figure.add_axes((0.2, bottom, 0.725, top - bottom))
    for y, indicator in enumerate(names):
        for x, member in enumerate(members):
            _coverage_cell(axes, x, y, cells[(indicator, member.ref_area)])
    axes.set_xlim(-0.01, len(members) + 0.01)
    axes.set_ylim(len(names) + 0.01, -0.01)
    axes.set_xticks([x + 0.5 for x in range(len(members))], [_wrapped(m.name, 14) for m in members])
    axes.set_yticks([y + 0.5 for y in range(len(names))], [_wrapped(n, 40) for n in names.values()])
    axes.xaxis.tick_top()
    _bare(axes)
    _colour_bar(figure.add_axes((0.945, bottom, 0.012, top - bottom)))
    s = reader.settings
    _frame(
        figure,
        "Effective coverage by contingency (SDG 1.3.1), latest value of each Member State",
        "Per cent of the population group named in each row, both sexes. The year below each number is not later than "
        f"{s.latest_reference_year}. White cells with a grey number: older than the window, not current. Letters after "
        "a year give the observation status; * marks a break or a large, not yet reviewed change since the previous value.",
        reader,
        used,
    )
    return figure


def _coverage_cell(axes: Any, x: int, y: int, point: CoveragePoint) -> None:
    current = point.value is not None and not point.is_old
    fill = LIGHT_TO_DARK(min(point.value or 0, 100) / 100) if current else "white"
    edge, order = ("white", 1) if current else ("#C0C0C0", 2)
    axes.add_patch(Rectangle((x, y), 1, 1, facecolor=fill, edgecolor=edge, linewidth=1, zorder=order))
    if point.year is None:
        axes.text(
            x + 0.5,
            y + 0.5,
            NO_VALUE,
            ha="center",
            va="center",
            color="#666666",
            style="italic",
            fontsize=7,
            zorder=3,
        )
        return
    number = point.text or "" if point.value is None else rounding.shown(point.value, point.decimals)
    colour = "#666666" if point.is_old else "white" if current and (point.value or 0) >= DARK_FROM else INK
    axes.text(x + 0.5, y + 0.4, number, ha="center", va="center", color=colour, fontsize=10, zorder=3)
    year = f"{point.year}, old" if point.is_old else str(point.year)
    below = f"{year} {point.letters}".strip()
    axes.text(x + 0.5, y + 0.76, below, ha="center", va="center", color=colour, fontsize=6.5, zorder=3)


def _colour_bar(axes: Any) -> None:
    steps = 100
    for step in range(steps):
        axes.add_patch(Rectangle((0, step), 1, 1.02, facecolor=LIGHT_TO_DARK((step + 0.5) / steps), edgecolor="none"))
    axes.set_xlim(0, 1)
    axes.set_ylim(0, steps)
    axes.yaxis.tick_right()
    axes.set_xticks([])
    axes.set_yticks(range(0, steps + 1, 20))
    axes.set_title("per cent", fontsize=7)
    for spine in axes.spines.values():
        spine.set_visible(False)


def baseline_and_latest(reader: ReleaseReader) -> Figure:
    """A panel for each core indicator in per cent with enough comparable members: baseline and latest value.

    A line joins comparable values; others have no line and their own mark. The years are at the right of each row.
    """
    found = reader.query_file("baseline_and_latest")
    members = reader.members
    names: dict[str, str] = {}
    pairs: dict[str, dict[str, BaselineLatestPair]] = {}
    sources: dict[str, set[tuple[str, date]]] = {}
    for row in found.rows:
        record = dict(zip(found.fields, row, strict=True))
        code = record["indicator"]
        names[code] = record["name"]
        pairs.setdefault(code, {})[record["ref_area"]] = BaselineLatestPair(
            record["baseline_year"],
            record["baseline_value"],
            record["latest_year"],
            record["latest_value"],
            record["comparable"],
        )
        for end in ("baseline", "latest"):
            if record[f"{end}_attribution"]:
                sources.setdefault(code, set()).add((record[f"{end}_attribution"], record[f"{end}_vintage"]))
    shown = [c for c, p in pairs.items() if sum(pair.comparable for pair in p.values()) >= FEWEST_COMPARABLE]
    across = 4
    down = -(-(len(shown) + 1) // across)  # one cell of the grid is for the legend
    figure = new_figure(15.5, 1.8 + 2.45 * down)
    height = figure.get_figheight()
    grid = figure.add_gridspec(down, across, left=0.135, right=0.935, top=1 - 1.2 / height, bottom=0.75 / height)
    grid.update(wspace=0.34, hspace=0.36)
    for number, code in enumerate(shown):
        axes = figure.add_subplot(grid[number // across, number % across])
        _panel(axes, names[code], [pairs[code][m.ref_area] for m in members])
        labels = [m.name for m in members] if number % across == 0 else []
        axes.set_yticks(range(len(members)), labels if labels else [""] * len(members), fontsize=7)
    _pair_legend(figure.add_subplot(grid[len(shown) // across, len(shown) % across]))
    s = reader.settings
    _frame(
        figure,
        f"Baseline {s.baseline_year} and latest value at the reference year {s.latest_reference_year}, core indicators",
        f"Per cent; each panel has its own scale. Core indicators with comparable values for at least {FEWEST_COMPARABLE} "
        f"Member States. Baseline: the value nearest to {s.baseline_year} within {s.baseline_from}-{s.baseline_to}. Right "
        "of each row: baseline year | latest year. Comparable: same feed, no break between the two values, at least "
        f"{s.minimum_years_apart} years apart.",
        reader,
        set().union(*(sources.get(c, set()) for c in shown)),
    )
    return figure


def _panel(axes: Any, title: str, pairs: Sequence[BaselineLatestPair]) -> None:
    rows = range(len(pairs))
    axes.hlines(rows, 0, 1, transform=axes.get_yaxis_transform(), color="#EFEFEF", linewidth=0.6, zorder=0)
    joined = [(y, p.baseline, p.latest) for y, p in zip(rows, pairs, strict=True) if p.comparable]
    axes.hlines(*_columns(joined, 3), color=BLUE, linewidth=1.6, alpha=0.45, zorder=1)
    for marker, colour, not_comparable in (("o", BLUE, False), ("D", VERMILLION, True)):
        latest = [
            (p.latest, y)
            for y, p in zip(rows, pairs, strict=True)
            if p.latest is not None and p.is_not_comparable is not_comparable
        ]
        axes.scatter(*_columns(latest, 2), s=20, marker=marker, color=colour, zorder=2)
    # The baseline is a ring, so that it does not hide a latest value at the same place.
    baseline = [(p.baseline, y) for y, p in zip(rows, pairs, strict=True) if p.baseline is not None]
    axes.scatter(*_columns(baseline, 2), s=38, facecolor="none", edgecolor=INK, zorder=3)
    for y, pair in zip(rows, pairs, strict=True):
        gap = pair.baseline_year is None and pair.latest_year is None
        axes.text(
            1.03,
            y,
            _years(pair),
            transform=axes.get_yaxis_transform(),
            ha="left",
            va="center",
            fontsize=6,
            color=GREY if gap else "#555555",
            style="italic" if gap else "normal",
        )
    values = [v for p in pairs for v in (p.baseline, p.latest) if v is not None]
    low, high = min(0, *values), max(values)
    axes.set_xlim(low - 0.03 * (high - low), high + 0.04 * (high - low))
    axes.set_ylim(len(pairs) - 0.5, -0.5)
    axes.locator_params(axis="x", nbins=5)
    axes.tick_params(length=2, labelsize=6.5, pad=2)
    axes.tick_params(axis="y", length=0)
    axes.set_title(_wrapped(title, 40), fontsize=8, loc="left", fontweight="bold", pad=4)
    axes.spines["left"].set_visible(False)


def _columns(rows: Sequence[tuple[Any, ...]], count: int) -> Sequence[Sequence[Any]]:
    """The columns of some rows: always `count` of them, even without rows."""
    return list(zip(*rows, strict=True)) or [()] * count


def _years(pair: BaselineLatestPair) -> str:
    if pair.baseline_year is None and pair.latest_year is None:
        return NO_VALUE
    return f"{pair.baseline_year or NO_VALUE} | {pair.latest_year or NO_VALUE}"


def _pair_legend(axes: Any) -> None:
    axes.axis("off")
    joined = Line2D([], [], color=BLUE, linewidth=1.6, alpha=0.45, marker="o", markersize=4.5, markerfacecolor=BLUE)
    handles = [
        Line2D([], [], linestyle="", marker="o", markersize=6, markerfacecolor="none", markeredgecolor=INK),
        Line2D([], [], linestyle="", marker="o", markersize=4.5, color=BLUE),
        joined,
        Line2D([], [], linestyle="", marker="D", markersize=4.5, color=VERMILLION),
    ]
    labels = [
        "baseline",
        "latest",
        "joined by a line: the two values are comparable",
        "latest, not comparable with the baseline\n(not joined; reason in the workbook)",
    ]
    axes.legend(handles, labels, loc="center left", frameon=False, fontsize=8, labelspacing=1.1)


def availability(reader: ReleaseReader) -> Figure:
    """Heat map of indicators by members, headline figures only: each cell has a colour and a letter."""
    found = reader.query_file("availability_headline")
    members = reader.members
    rows: list[tuple[str, bool, dict[str, str]]] = []  # text, whether it is a heading, letter by member
    row_numbers: dict[str, int] = {}
    group = None
    for indicator, name, group_name, tier, area, shown_as in found.rows:
        if group_name != group and indicator not in row_numbers:
            group = group_name
            rows.append((group_name or "", True, {}))
        if indicator not in row_numbers:
            row_numbers[indicator] = len(rows)
            rows.append((name if tier == "core" else f"{name} *", False, {}))
        rows[row_numbers[indicator]][2][area] = AVAILABILITY_LETTERS[shown_as][0]
    blocks = _blocks(rows, 3)
    longest = max(len(b) for b in blocks)
    figure = new_figure(20.0, 3.1 + 0.165 * longest)
    height = figure.get_figheight()
    top, bottom = 1 - 2.65 / height, 0.4 / height
    for number, block in enumerate(blocks):
        axes = figure.add_axes((0.208 + number * 0.333, bottom, 0.118, top - bottom))
        _heat(axes, block, [m.ref_area for m in members], longest)
        ticks = [x + 0.3 for x in range(len(members))]
        axes.set_xticks(ticks, [m.name for m in members], rotation=60, ha="left", fontsize=6.5)
    _letters_legend(figure, {letter for _, _, cells in rows for letter in cells.values()})
    s = reader.settings
    _frame(
        figure,
        f"{AVAILABILITY} by indicator and Member State, at the reference year {s.latest_reference_year}",
        "Headline figures of all indicators of the set, including those without a source. * marks indicators of the "
        "extended tier; all others are core.",
        reader,
        None,
    )
    return figure


def _blocks(rows: list[tuple[str, bool, dict[str, str]]], count: int) -> list[list[tuple[str, bool, dict[str, str]]]]:
    """The rows in `count` blocks of about equal length; a heading stays with the row after it."""
    size = -(-len(rows) // count)
    out: list[list[tuple[str, bool, dict[str, str]]]] = [[]]
    heading = ""
    for row in rows:
        heading = row[0] if row[1] else heading
        if len(out[-1]) >= size - (1 if row[1] else 0) and len(out) < count:
            out.append([] if row[1] else [(f"{heading} (continued)", True, {})])
        out[-1].append(row)
    return out


def _heat(axes: Any, block: list[tuple[str, bool, dict[str, str]]], areas: Sequence[str], longest: int) -> None:
    cells: list[Rectangle] = []
    fills: list[str] = []
    style: dict[str, Any] = {"va": "center", "color": INK, "clip_on": False}
    for y, (text, is_heading, letters) in enumerate(block):
        weight = "bold" if is_heading else "normal"
        axes.text(-0.2, y + 0.5, text, ha="right", fontsize=6.3, fontweight=weight, **style)
        common_letter = next(iter(letters.values())) if len(set(letters.values())) == 1 else ""
        if common_letter in BANDS and len(letters) == len(areas):  # clearer than a row of equal letters
            cells.append(Rectangle((0, y), len(areas), 1))
            fills.append(f"#{AVAILABILITY_FILLS[common_letter]}")
            axes.text(
                len(areas) / 2, y + 0.5, f"{common_letter}  {BANDS[common_letter]}", ha="center", fontsize=6, **style
            )
            continue
        for x, area in enumerate(areas):
            if area in letters:
                cells.append(Rectangle((x, y), 1, 1))
                fills.append(f"#{AVAILABILITY_FILLS[letters[area]]}")
                axes.text(x + 0.5, y + 0.5, letters[area], ha="center", fontsize=6, **style)
    axes.add_collection(PatchCollection(cells, facecolors=fills, edgecolors="#C8C8C8", linewidths=0.4))
    axes.set_xlim(0, len(areas))
    axes.set_ylim(longest, 0)
    axes.xaxis.tick_top()
    axes.set_yticks([])
    _bare(axes)


def _letters_legend(figure: Figure, present: set[str]) -> None:
    handles = [
        Rectangle((0, 0), 1, 1, facecolor=f"#{AVAILABILITY_FILLS[letter]}", edgecolor="#808080", linewidth=0.5)
        for letter, _ in AVAILABILITY_LETTERS.values()
        if letter in present
    ]
    labels = [f"{letter}  {text}" for letter, text in AVAILABILITY_LETTERS.values() if letter in present]
    top = 1 - 0.6 / figure.get_figheight()
    figure.legend(handles, labels, loc="upper left", bbox_to_anchor=(0.005, top), ncols=3, frameon=False, fontsize=7)


def new_figure(width: float, height: float) -> Figure:
    """An empty white figure, sized in inches, that needs no display."""
    figure = Figure(figsize=(width, height), facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def _frame(
    figure: Figure, title: str, subtitle: str, reader: ReleaseReader, used: Iterable[tuple[str, date]] | None
) -> None:
    """Adds the title and subtitle at the top, and at the bottom the sources with their vintages and the release."""
    width, height = figure.get_size_inches()
    characters = int(width * 13.5)
    figure.text(0.01, 1 - 0.12 / height, title, ha="left", va="top", fontsize=13, fontweight="bold", color=INK)
    figure.text(
        0.01, 1 - 0.4 / height, _wrapped(subtitle, characters), ha="left", va="top", fontsize=8.5, color="#444444"
    )
    release = f"Payung, release {reader.release_id}."
    if used is None:
        source = f"Source: {release}"
    else:
        vintages: dict[str, list[date]] = {}
        for attribution, vintage in sorted(used):
            vintages.setdefault(attribution, []).append(vintage)
        parts = [f"{a.rstrip('.')} (vintage {', '.join(map(str, dates))})" for a, dates in vintages.items()]
        source = f"Source: {'; '.join(parts)}. {release}"
    figure.text(
        0.01, 0.08 / height, _wrapped(source, int(width * 17)), ha="left", va="bottom", fontsize=7, color="#444444"
    )


def _bare(axes: Any) -> None:
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _wrapped(text: str, width: int) -> str:
    return "\n".join(textwrap.wrap(text, width))

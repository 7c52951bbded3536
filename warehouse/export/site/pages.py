"""The pages of the site, with the content of each.

Belongs here: one function for each kind of page, the search index and the files to download.
Does not belong here: queries (content.py), HTML (templates) and writing the folder (__init__.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from indicator_defs.breakdowns import BREAKDOWNS
from warehouse.export import labels
from warehouse.export.labels import AVAILABILITY_LETTERS
from warehouse.export.metadata_sheet import metadata_fields
from warehouse.export.reading_notes import note_rows
from warehouse.export.site import indicator_chart, value_texts
from warehouse.export.site.content import Content, PageNotes, SourceSnapshot, grouped_by
from warehouse.export.site.table_cells import (
    anchor,
    csv_text,
    in_order,
    is_empty,
    origin_link,
    point_cells,
    point_or_gap_cells,
    summary_notes,
)

TEMPLATES = Path(__file__).parent / "templates"
NAVIGATION = (
    ("index.html", "Home"),
    ("indicators.html", "Indicators"),
    ("countries.html", "Countries"),
    ("groups.html", "Target groups"),
    ("availability.html", "Availability"),
    ("methods.html", "Methods"),
    ("sources.html", "Sources"),
    ("dictionary.html", "Dictionary"),
)
# Topics of the notes that another page covers.
NOT_ON_METHODS = ("Licences and attributions",)


@dataclass(frozen=True)
class FirstRow:
    """One row of the first table: an indicator with its figures for ASEAN, or the reason for the gap."""

    sheet: Any
    baseline: Any
    latest: Any
    reason: str


@dataclass(frozen=True)
class Topic:
    """One topic of the page of methods, with its notes (code, name, text)."""

    anchor: str
    name: str
    rows: list[tuple[Any, ...]]


@dataclass(frozen=True)
class AvailabilityLine:
    """One row of the heat map: its first record, the label of its breakdown, and (letter, year) for each member."""

    first: Any
    breakdown: str
    cells: list[tuple[str, int | None]]


@dataclass(frozen=True)
class GroupLine:
    """One breakdown of one indicator on the page of a target group."""

    label: str
    match: str
    cells: dict[str, Any]
    notes: dict[str, list[int]]


@dataclass(frozen=True)
class GroupTable:
    """One indicator on the page of a target group: all members, and ASEAN if it has a figure."""

    indicator: str
    name: str
    unit_name: str
    areas: list[tuple[str, str]]
    lines: list[GroupLine]


class Site:
    """All files of the site as (path in the site, text)."""

    def __init__(self, content: Content) -> None:
        """`content`: the content of the release."""
        self.content = content
        self.index: list[tuple[str, str, str, str]] = []
        reader = content.reader
        self._jinja = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=lambda name: True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._jinja.globals.update(
            release=reader.release_id,
            citation=reader.citation,
            navigation=NAVIGATION,
            settings=content.settings,
            members=content.members,
            texts=labels,
            number=value_texts.number,
            mean_year=value_texts.mean_year,
            percent=value_texts.percent,
            difference=value_texts.difference,
            gap=value_texts.gap,
            flags=partial(value_texts.flags, labels=content.labels),
        )

    def files(self) -> Iterator[tuple[str, str]]:
        """Every page and download, then the search index, which lists all pages."""
        yield self._home()
        yield self._indicator_list()
        yield from (self._indicator(sheet) for sheet in self.content.indicators)
        yield self._country_list()
        yield from (self._country(code, name) for code, name in self.content.members)
        yield self._group_list()
        yield from (self._group(group) for group in self.content.target_groups)
        yield self._availability()
        yield self._methods()
        yield self._sources()
        yield self._dictionary()
        yield self._page("search.html", "search.html", "Search")
        yield from self._downloads()
        text = json.dumps(self.index, ensure_ascii=False, separators=(",", ":"))
        yield "search-index.js", f"window.PAYUNG_INDEX = {text};\n"

    def _page(
        self,
        path: str,
        template: str,
        title: str,
        kind: str = "",
        keywords: str = "",
        current_page: str = "",
        **fields: Any,
    ) -> tuple[str, str]:
        """Renders one page and puts it into the search index under `kind`."""
        root = "../" * path.count("/")
        if kind:
            self.index.append((title, kind, path, keywords))
        text = self._jinja.get_template(template).render(
            title=title, root=root, current_page=current_page or path, **fields
        )
        return path, text

    # home and lists

    def _home(self) -> tuple[str, str]:
        c = self.content
        member_values = sum(len(rows) for rows in c.values.values())
        regional = [
            r for rows in c.regional.values() for r in rows if r.breakdown == "headline" and r.point == "latest"
        ]
        with_values = sum(any((i.indicator, m) in c.values for m, _ in c.members) for i in c.indicators)
        counts = (
            (with_values, "indicators with values"),
            (len(c.indicators) - with_values, "indicators without values yet"),
            (len(c.members), "Member States"),
            (member_values, "headline values of Member States"),
            (sum(r.publication_class == "A" for r in regional), "latest regional figures of class A (published)"),
            (sum(r.publication_class == "B" for r in regional), "of class B (indicative)"),
            (sum(r.publication_class == "C" for r in regional), "of class C (withheld)"),
        )
        failed = [k for k in c.checks if not k.passed]
        snapshots = list(c.snapshots.values())
        return self._page(
            "index.html",
            "index.html",
            "Social protection in ASEAN",
            kind="Home",
            set_title=c.settings.title,
            edition=c.settings.edition,
            made_on=c.reader.made_on,
            counts=counts,
            passed=len(c.checks) - len(failed),
            failed=failed,
            first_table=self._first_table(),
            vintages=c.reader.vintages,
            rebuilt=sum(s.row.is_rebuilt == "yes" for s in snapshots),
            snapshots=len(snapshots),
            target_groups=c.target_groups,
        )

    def _first_table(self) -> dict[str, list[FirstRow]]:
        out: dict[str, list[FirstRow]] = {}
        for sheet in self.content.indicators:
            if not (sheet.is_priority or (sheet.tier == "core" and sheet.status == "with_values")):
                continue
            figures = {
                r.point: r
                for r in self.content.regional.get(sheet.indicator, [])
                if r.ref_area == "ASEAN" and r.breakdown == "headline"
            }
            reason = sheet.gap_reason or "no regional figure is calculated for this indicator"
            group = "Priority indicators" if sheet.is_priority else sheet.group_name
            row = FirstRow(sheet, figures.get("baseline"), figures.get("latest"), reason)
            out.setdefault(group, []).append(row)
        return out

    def _indicator_list(self) -> tuple[str, str]:
        c = self.content
        available = {
            i.indicator: sum(
                r.availability == "available" for m, _ in c.members if (r := c.gaps.get((i.indicator, m))) is not None
            )
            for i in c.indicators
        }
        with_values = sum(i.status == "with_values" for i in c.indicators)
        return self._page(
            "indicators.html",
            "indicators.html",
            "Indicators",
            kind="List",
            groups=c.groups,
            available=available,
            total=len(c.indicators),
            with_values=with_values,
        )

    def _country_list(self) -> tuple[str, str]:
        entries = [(f"country/{code}.html", name, "") for code, name in self.content.members]
        about = f"One profile for each Member State, in the order of the tables. {labels.NOT_RANKED}"
        return self._page("countries.html", "list.html", "Countries", kind="List", entries=entries, about=about)

    def _group_list(self) -> tuple[str, str]:
        entries = [(f"group/{g.code}.html", g.name, g.description) for g in self.content.target_groups]
        about = "The groups named in the Declaration and its plan of action, with the indicators about each group."
        return self._page("groups.html", "list.html", "Target groups", kind="List", entries=entries, about=about)

    # indicators

    def _indicator(self, sheet: Any) -> tuple[str, str]:
        c, code = self.content, sheet.indicator
        decimals, notes = c.decimals[code], PageNotes()
        by_member = [(area, name, c.values.get((code, area), [])) for area, name in c.members]
        values = [v for _, _, rows in by_member for v in rows]
        value_notes = {v.observation_id: notes.numbers(value_texts.notes_of(v)) for v in values}
        value_ids = {v.observation_id for v in values}

        def row_notes(row: Any) -> list[int]:
            """The notes of the baseline and the latest value: those of the value itself, its footnote and its status."""
            out: list[int] = []
            for point in ("baseline", "latest"):
                found = value_notes.get(getattr(row, f"{point}_observation_id") or "", [])
                out += [n for n in found if n not in out]
                footnote = getattr(row, f"{point}_footnote")
                if footnote and getattr(row, f"{point}_observation_id") not in value_ids:
                    out.append(notes.number(f"{point.title()}: {footnote}"))
                status = getattr(row, f"{point}_status")
                if status and status != "not stated" and not status.startswith("A "):
                    out.append(notes.number(f"Status of the {point} value: {status}"))
            return sorted(set(out))

        def linked_point(row: Any, point: str) -> Markup:
            place = ""
            if getattr(row, f"{point}_observation_id") in value_ids:
                place = f"#{row.ref_area}-{getattr(row, f'{point}_year')}"
            return point_or_gap_cells(row, point, place)

        headline_rows = c.baseline_and_latest.get(code, [])
        breakdown_rows = c.breakdown_baseline_and_latest.get(code, [])
        regional = c.regional.get(code, [])
        chart = indicator_chart.draw(
            sheet.name,
            sheet.unit_name,
            [(name, rows) for _, name, rows in by_member],
            lambda value: value_texts.rounded(value, decimals),
        )
        possible_sections = (
            ("chart", "Over time", chart is not None),
            ("baseline", "Baseline and latest", bool(headline_rows and values)),
            ("regional", "Regional figures", bool(regional)),
            ("breakdowns", "Breakdowns", bool(breakdown_rows)),
            ("values", "All values", bool(values)),
            ("others", "Other sources", code in c.discrepancies),
        )
        used: list[SourceSnapshot] = [
            s for s in c.snapshots.values() if any(v.snapshot_id == s.row.snapshot_id for v in values)
        ]
        row = vars(sheet)
        fields = {
            "sheet": sheet,
            "decimals": decimals,
            "values": values,
            "by_member": by_member,
            "value_notes": value_notes,
            "headline_rows": headline_rows if values else [],
            "linked_point": linked_point,
            "headline_notes": {r.ref_area: row_notes(r) for r in headline_rows} if values else {},
            "regional": regional,
            "has_regional_file": code in c.regional_downloads[1],
            "regional_years": c.regional_years.get(code, []),
            "breakdowns": in_order(grouped_by(breakdown_rows, *BREAKDOWNS).values(), c.labels),
            "breakdown_notes": {(value_texts.cell_codes(r), r.ref_area): row_notes(r) for r in breakdown_rows},
            "cell_codes": value_texts.cell_codes,
            "unlinked_point": lambda r, point: point_or_gap_cells(r, point, ""),
            "chart": chart,
            "most_years_apart": indicator_chart.MOST_YEARS_APART,
            "discrepancies": c.discrepancies.get(code, []),
            "choices": c.choices.get(code, []),
            "used": used,
            "snapshots": c.snapshots,
            "gaps": c.gaps,
            "is_quoted": bool(values) and all(v.dataset_kind == "document" for v in values),
            "fields": [(n, t) for n, t in metadata_fields(c.reader, row) if t and n not in ("Name", "Definition file")],
            "notes": notes,
        }
        sections = [(place, name) for place, name, has in possible_sections if has]
        sections += [("notes", "Notes")] if notes.texts else []
        return self._page(
            f"indicator/{code}.html",
            "indicator.html",
            sheet.name,
            kind="Indicator" if values else "Indicator, no value yet",
            keywords=f"{code} {sheet.group_name} {sheet.sdg or ''} {sheet.definition}",
            current_page="indicators.html",
            sections=[*sections, ("sheet", "Metadata sheet")],
            **fields,
        )

    # countries

    def _country(self, area: str, name: str) -> tuple[str, str]:
        c, notes = self.content, PageNotes()
        rows = c.benchmarks.get(area, [])
        values = {v.observation_id: v for i in c.indicators for v in c.values.get((i.indicator, area), [])}
        shown = [r for r in rows if not is_empty(r)]

        def note_numbers(row: Any) -> list[int]:
            texts: list[str] = []
            for point in ("baseline", "latest"):
                value = values.get(getattr(row, f"{point}_observation_id") or "")
                if value is not None:
                    texts += [f"{row.name}, {value.time_period}: {t}" for t in value_texts.notes_of(value)]
            if row.baseline_footnote and row.baseline_observation_id is None:
                texts.append(f"Baseline: {row.baseline_footnote}")
            if row.latest_status_label and row.latest_status != "A":
                texts.append(f"Status {row.latest_status_label}")
            return sorted(set(notes.numbers(texts)))

        def linked(row: Any, point: str) -> Markup:
            value = values.get(getattr(row, f"{point}_observation_id") or "")
            place = f"../indicator/{row.indicator}.html#" + (f"{area}-{value.time_period}" if value else "breakdowns")
            if getattr(row, f"{point}_observation_id") is None:
                place = ""
            return point_cells(row, point, place)

        return self._page(
            f"country/{area}.html",
            "country.html",
            name,
            kind="Country profile",
            keywords=area,
            current_page="countries.html",
            groups=grouped_by(shown, "group_name"),
            row_notes={(r.indicator, r.sex): note_numbers(r) for r in shown},
            linked=linked,
            missing=[r for r in rows if r.is_headline and is_empty(r)],
            with_latest=sum(r.is_headline and r.latest_year is not None for r in rows),
            indicators=len(c.indicators),
            bodies=self._bodies,
            notes=notes,
        )

    def _bodies(self, codes: str | None) -> str:
        return "; ".join(self.content.reader.label("body", b) for b in codes.split("; ")) if codes else ""

    # target groups

    def _group(self, group: Any) -> tuple[str, str]:
        c, notes = self.content, PageNotes()
        rules = c.group_rules.get(group.code, [])
        rows = c.group_values.get(group.code, [])
        tables = [self._group_table(found, notes) for found in grouped_by(rows, "indicator").values()]
        return self._page(
            f"group/{group.code}.html",
            "group.html",
            group.name,
            kind="Target group",
            keywords=f"{group.code} {group.description}",
            current_page="groups.html",
            group=group,
            rules=rules,
            tables=tables,
            with_values={r.indicator for r in rows},
            origin_link=origin_link,
            notes=notes,
        )

    def _group_table(self, rows: Sequence[Any], notes: PageNotes) -> GroupTable:
        groups = {r.ref_area: r.area_name for r in rows if r.ref_area not in dict(self.content.members)}
        areas = [*self.content.members, *groups.items()]
        lines = []
        for (_, match), found in grouped_by(rows, "cell", "match").items():
            cells = {r.ref_area: r for r in found}
            lines.append(
                GroupLine(
                    label=value_texts.cell_label(found[0], self.content.labels),
                    match=match,
                    cells=cells,
                    notes={a: notes.numbers(summary_notes(r)) for a, r in cells.items()},
                )
            )
        return GroupTable(rows[0].indicator, rows[0].name, rows[0].unit_name, areas, lines)

    # availability, methods, sources and dictionary

    def _availability(self) -> tuple[str, str]:
        lines: dict[bool, dict[str, list[AvailabilityLine]]] = {True: {}, False: {}}
        for (_, breakdown), rows in grouped_by(self.content.availability, "indicator", "breakdown").items():
            found = {r.ref_area: r for r in rows}
            cells = [
                (AVAILABILITY_LETTERS[found[m].shown_as][0], found[m].latest_year) if m in found else ("", None)
                for m, _ in self.content.members
            ]
            line = AvailabilityLine(rows[0], self.content.reader.label("breakdown", breakdown).lower(), cells)
            lines[breakdown == "headline"].setdefault(rows[0].group_name, []).append(line)
        return self._page(
            "availability.html",
            "availability.html",
            labels.AVAILABILITY,
            kind="Availability",
            keywords="availability heat map gaps",
            legend=list(AVAILABILITY_LETTERS.values()),
            headline=lines[True],
            breakdowns=lines[False],
        )

    def _methods(self) -> tuple[str, str]:
        c = self.content
        topics: dict[str, list[tuple[Any, ...]]] = {}
        for topic, *rest in note_rows(c.reader):
            if topic not in NOT_ON_METHODS:
                topics.setdefault(topic, []).append(tuple(rest))
        return self._page(
            "methods.html",
            "methods.html",
            "Methods",
            kind="Methods",
            keywords="baseline latest change classes weights median breaks corrections status nature",
            topics=[Topic("classes" if "classes" in t else anchor(t), t, rows) for t, rows in topics.items()],
            weights=c.weights,
            breaks=c.breaks,
            corrections=c.corrections,
        )

    def _sources(self) -> tuple[str, str]:
        return self._page(
            "sources.html",
            "sources.html",
            "Sources",
            kind="Sources",
            keywords="vintages snapshots licences attribution rejected rows",
            snapshots=list(self.content.snapshots.values()),
            rejections=self.content.rejections,
        )

    def _dictionary(self) -> tuple[str, str]:
        page = self._page(
            "dictionary.html",
            "dictionary.html",
            "Data dictionary",
            kind="Dictionary",
            keywords="tables columns codes",
            tables=self.content.tables,
            codes=self.content.codes,
        )
        for schema, name, comment in self.content.tables:
            self.index.append(
                (f"{schema}.{name}", "Table of the warehouse", f"dictionary.html#{schema}.{name}", comment)
            )
        return page

    # downloads

    def _downloads(self) -> Iterator[tuple[str, str]]:
        for ending, (fields, files) in (
            ("csv", self.content.downloads),
            ("regional.csv", self.content.regional_downloads),
        ):
            for indicator, rows in files.items():
                yield f"data/{indicator}.{ending}", csv_text(fields, rows)
        found = self.content.reader.query("SELECT * FROM baseline.benchmark ORDER BY indicator, ref_area, sex")
        yield "data/benchmark.csv", csv_text(found.fields, found.rows)

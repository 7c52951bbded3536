"""What the workbook says: its sheets, their columns and notes.

Belongs here: which sheets there are, in words a reader of the report understands.
Does not belong here: the look of a sheet (workbook.py) and the SQL behind it (sql/).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from warehouse.export.reading import ReleaseReader, Rows, vintage_text
from warehouse.export.wording import AVAILABILITY_FILLS, AVAILABILITY_LETTERS, PUBLICATION_CLASSES, availability_word
from warehouse.export.workbook import Book, Column, Line, Table, first_rows

CONTENTS, NOTES, BASELINE, BREAKDOWNS, VALUES, AGGREGATES, AVAILABILITY, REJECTIONS, SOURCES, METADATA = TABS = (
    "Contents",
    "Notes",
    "Baseline",
    "Baseline by breakdown",
    "Indicator set",
    "Aggregates",
    "Availability",
    "Rejections",
    "Sources",
    "Metadata",
)

FLAGS = {
    "carried_weight": "A weight has no figure for the year; the last one was taken",
    "proxy_weight": "The weight stands in for the indicator's own denominator, which no source has",
    "censored": "A member's value is a bound such as <0.5; the figure is the midpoint of the interval",
    "capped": "A member's value above the maximum counted as the maximum",
    "extended": "A member's value comes from the backwards extension of its series",
    "no_weight": "No weight for this breakdown, so no figure",
    "sex_total_differs": "The members with figures by sex differ from all members, so no figure by sex",
}

NAMES = (
    Column("indicator", "Indicator", 19, "code"),
    Column("name", "Name", 32),
    Column("group_name", "Group", 19),
    Column("tier", "Tier", 10),
    Column("unit_name", "Unit", 11),
    Column("ref_area", "Area", 10, "code"),
    Column("area_name", "Area name", 19),
)
BOTH_ENDS = (
    Column("baseline_year", "Baseline year", 9, "year"),
    Column("baseline_value", "Baseline value", 18, "value", "baseline_gap"),
    Column("baseline_status", "Baseline status", 13),
    Column("baseline_footnote", "Baseline footnote", 30, "note"),
    Column("latest_year", "Latest year", 9, "year"),
    Column("latest_value", "Latest value", 18, "value", "latest_gap"),
    Column("latest_status", "Latest status", 13),
    Column("latest_footnote", "Latest footnote", 30, "note"),
    Column("change", "Change, latest minus baseline", 10, "value"),
    Column("comparable", "Compa-rable", 10),
    Column("reason", "Reason why not", 38, "note"),
    Column("baseline_class", "Class of baseline (groups)", 13, "class"),
    Column("latest_class", "Class of latest (groups)", 13, "class"),
)
BREAKDOWN_COLUMNS = (
    ("sex", "Sex", 8),
    ("age", "Age", 10),
    ("urbanisation", "Urbani-sation", 9),
    ("income_wealth_quantile", "Quantile", 9),
    ("disability_status", "Disability status", 10),
    ("education_lev", "Education", 10),
    ("migratory_status", "Migratory status", 10),
    ("occupation", "Occupation", 11),
    ("activity", "Activity", 10),
    ("formality", "Formality", 10),
    ("composite_breakdown", "Other breakdown", 16),
)


def write_workbook(reader: ReleaseReader, to: Path) -> Path:
    """Writes payung_ID.xlsx into the folder `to` and returns its path. Raises ExportError when it cannot be written."""
    book = Book(f"{reader.settings.title}, release {reader.release_id}", reader.made_on, f"Payung {reader.release_id}")
    metadata = _metadata(reader)
    _contents(reader, book, first_rows(metadata))
    for sheet in (
        _notes(reader),
        _baseline(reader),
        _by_breakdown(reader),
        _values(reader),
        _aggregates(reader),
        _availability(reader),
        _rejections(reader),
        _sources(reader),
        metadata,
    ):
        book.add_table(sheet)
    path = to / f"payung_{reader.release_id}.xlsx"
    book.save(path)
    return path


def _about(reader: ReleaseReader, text: str) -> str:
    return f"{text} Release {reader.release_id}. Letters and classes: sheet {NOTES}."


def _baseline_years(reader: ReleaseReader) -> str:
    s = reader.settings
    return f"{s.baseline_year} ({s.baseline_from}-{s.baseline_to})"


def _baseline(reader: ReleaseReader) -> Table:
    s = reader.settings
    return Table(
        BASELINE,
        f"Regional baseline {_baseline_years(reader)} and latest value at {s.latest_reference_year}",
        _about(
            reader,
            "The headline figure of each indicator for each Member State and group. A gap stands as text with its "
            "reason; a 0 is a published 0.",
        ),
        (
            *NAMES,
            *BOTH_ENDS,
            Column("change_areas", "Members in the change (groups)", 20, "note"),
            Column("change_without_largest", "Change without the largest member", 11, "value"),
            Column("floor", "National minimum", 10, "value"),
            Column("target", "National target", 10, "value"),
            Column("filled_by", "Who could fill the gap", 16, "note"),
        ),
        reader.ask_file("baseline", headline=True),
        frozen=2,
        starts="indicator",
    )


def _by_breakdown(reader: ReleaseReader) -> Table:
    rows = reader.ask_file("baseline", headline=False)
    used = [c for c in BREAKDOWN_COLUMNS if any(v != "_T" for v in rows.column(c[0]))]
    return Table(
        BREAKDOWNS,
        "Baseline and latest value by sex, age, quintile and other breakdowns",
        _about(
            reader,
            "The cells beyond the headline with a value at one end at least. Codes as in the code lists; _T is the "
            "total.",
        ),
        (*NAMES, *(Column(f, h, w, "code") for f, h, w in used), *BOTH_ENDS),
        rows,
        frozen=2,
        starts="indicator",
    )


def _values(reader: ReleaseReader) -> Table:
    return Table(
        VALUES,
        "ASEAN indicator set: chosen headline values of all years",
        _about(
            reader,
            "One feed is chosen for an indicator and Member State; every value stands with its year, status, footnote "
            "and source.",
        ),
        (
            *NAMES,
            Column("time_period", "Year", 7, "year"),
            Column("obs_value", "Value", 14, "value", "obs_gap"),
            Column("value_text", "As published", 12, "code"),
            Column("status", "Status", 13),
            Column("nature", "Nature", 15),
            Column("time_detail", "Period as published", 11, "code"),
            Column("footnote", "Footnote", 34, "note"),
            Column("source_citation", "Source as the provider states it", 30, "note"),
            Column("source", "Dataset", 24),
            Column("provider_series", "Series", 18, "code"),
            Column("vintage_date", "Vintage", 11, "date"),
            Column("role", "Role", 10),
            Column("break_before", "Break before", 11),
            Column("in_aggregates", "May enter regional figures", 12),
            Column("observation_id", "Observation", 34, "code"),
        ),
        reader.ask_file("indicator_set"),
        frozen=2,
        starts="indicator",
    )


def _aggregates(reader: ReleaseReader) -> Table:
    s = reader.settings
    return Table(
        AGGREGATES,
        f"Regional figures at {s.baseline_year} and {s.latest_reference_year} with what they rest on",
        _about(
            reader,
            "Headline cells, and the same by sex. A figure of class B is indicative; of class C it is withheld and the "
            "members that report are named. The producer's own figure, often with imputed members, stands beside ours. "
            "Indicators that no source has yet are not repeated here.",
        ),
        (
            *NAMES,
            Column("breakdown", "Breakdown", 12),
            Column("point", "Point", 9),
            Column("time_period", "Reference year", 10, "year"),
            Column("obs_value", "Figure", 16, "value", "obs_gap"),
            Column("publication_class", "Class", 12, "class"),
            Column("class_reason", "Why the class is not better", 26, "note"),
            Column("title", "What the figure is", 24),
            Column("n_areas", "Members with a value", 9, "count"),
            Column("areas", "Members and years", 30, "note"),
            Column("weight_covered", "Weight covered (0 to 1)", 10, "share"),
            Column("weight_title", "Weight", 22),
            Column("mean_year", "Weighted mean year", 10, "exact"),
            Column("recent_share", "Share with a recent value (0 to 1)", 11, "share"),
            Column("share_estimated", "Share estimated or modelled (0 to 1)", 11, "share"),
            Column("median", "Median", 9, "value"),
            Column("minimum", "Lowest", 9, "value"),
            Column("maximum", "Highest", 9, "value"),
            Column("without_largest", "Without the largest member", 10, "value"),
            Column("uncertainty", "Uncertainty, plus or minus", 11, "value"),
            Column("lower", "Lower bound (censored values)", 11, "value"),
            Column("upper", "Upper bound (censored values)", 11, "value"),
            Column("flags", "Flags", 20, "note"),
            Column("producer_value", "Producer's own figure", 11, "value"),
            Column("producer_year", "Its year", 8, "year"),
            Column("producer_area", "Its area", 24),
        ),
        reader.ask_file("aggregate"),
        frozen=2,
        starts="indicator",
    )


def _availability(reader: ReleaseReader) -> Table:
    found = reader.ask_file("availability")
    members = reader.members
    matrix: dict[tuple[str, str], dict[str, Any]] = {}
    for indicator, name, group, tier, breakdown, area, word, reason, year, _, filled_by in found.rows:
        row = matrix.setdefault(
            (indicator, breakdown),
            {
                "indicator": indicator,
                "name": name,
                "group_name": group,
                "tier": tier,
                "breakdown": breakdown.replace("_", " "),
                "n": 0,
                "filled_by": set(),
            },
        )
        row[area] = availability_text(availability_word(word, reason), year)
        row["n"] += word == "available"
        row["filled_by"] |= set((filled_by or "").split("; ")) - {""}
    fields = ("indicator", "name", "group_name", "tier", "breakdown", *(m.ref_area for m in members), "n", "filled_by")
    rows: list[tuple[Any, ...]] = []
    for row in matrix.values():
        row["filled_by"] = "; ".join(sorted(row["filled_by"])) or None
        rows.append(tuple(row.get(f) for f in fields))
    legend = "; ".join(f"{letter} {text.split(':')[0].lower()}" for letter, text in AVAILABILITY_LETTERS.values())
    letters = {text for row in rows for text in row[5 : 5 + len(members)] if text is not None}
    fills = {text: AVAILABILITY_FILLS[text[0]] for text in sorted(letters)}
    return Table(
        AVAILABILITY,
        f"Availability at {reader.settings.latest_reference_year}, by indicator, breakdown and Member State",
        _about(reader, f"Letter and the latest year: {legend}."),
        (
            Column("indicator", "Indicator", 17, "code"),
            Column("name", "Name", 40),
            Column("group_name", "Group", 22),
            Column("tier", "Tier", 9),
            Column("breakdown", "Breakdown", 15),
            *(Column(m.ref_area, m.name, 11, "letter") for m in members),
            Column("n", "Members with a value in the window", 11, "count"),
            Column("filled_by", "Who could fill the gaps", 18, "note"),
        ),
        Rows(fields, rows),
        frozen=2,
        fills=fills,
        starts="indicator",
    )


def availability_text(word: str, year: int | None) -> str:
    """What stands in a cell of the matrix: the letter, and the latest year where there is one ("A 2022")."""
    letter = AVAILABILITY_LETTERS[word][0]
    return letter if year is None else f"{letter} {year}"


def _rejections(reader: ReleaseReader) -> Table:
    rows = reader.ask_file("rejection")
    return Table(
        REJECTIONS,
        "Published rows that could not be used, by reason",
        _about(
            reader,
            "Every row stands in lineage.rejection with its place in the snapshot; here they are counted."
            if rows.rows
            else "No row was rejected in this release.",
        ),
        (
            Column("provider", "Provider", 13, "code"),
            Column("dataset", "Dataset", 22, "code"),
            Column("series", "Series", 20, "code"),
            Column("stage", "Stage", 12),
            Column("reason", "Reason", 24),
            Column("row_count", "Rows", 8, "count"),
            Column("example_detail", "Example: what was found", 44, "note"),
            Column("example_row", "Example: row as published", 44, "note"),
        ),
        rows,
        frozen=3,
    )


def _sources(reader: ReleaseReader) -> Table:
    return Table(
        SOURCES,
        "Sources: the snapshots that the release rests on, and what became of their rows",
        _about(reader, "Rows read = harmonised + out of scope + rejected; the difference must be 0."),
        (
            Column("provider", "Provider", 12, "code"),
            Column("dataset", "Dataset", 20, "code"),
            Column("title", "Title", 28),
            Column("producer", "Producer", 24),
            Column("vintage_date", "Vintage", 11, "date"),
            Column("is_rebuilt", "Rebuilt from public copies", 10),
            Column("rows_in", "Rows read", 9, "count"),
            Column("harmonised", "Harmonised", 11, "count"),
            Column("out_of_scope", "Out of scope", 9, "count"),
            Column("rejected", "Rejected", 9, "count"),
            Column("difference", "Difference", 10, "count"),
            Column("licence", "Licence", 30, "note"),
            Column("attribution", "Attribution", 34, "note"),
            Column("address", "Address", 34, "note"),
            Column("note", "Note", 30, "note"),
            Column("snapshot_id", "Snapshot", 46, "code"),
        ),
        reader.ask_file("source"),
        frozen=2,
        most_lines=9,
    )


def _notes(reader: ReleaseReader) -> Table:
    return Table(
        NOTES,
        "Notes and legend",
        f"How to read the figures. Release {reader.release_id}.",
        (
            Column("topic", "Topic", 24),
            Column("code", "Code", 22, "code"),
            Column("name", "Name", 34),
            Column("meaning", "Meaning", 100, "note"),
        ),
        Rows(("topic", "code", "name", "meaning"), note_rows(reader)),
        starts="topic",
        most_lines=12,
    )


def note_rows(reader: ReleaseReader) -> list[tuple[Any, ...]]:
    """How to read the tables, with every letter and class: (topic, code, name, text). The site prints them too."""
    s = reader.settings
    reading = (
        ("Gaps", 'A missing value stands as text, "no value: " and the reason. It is never 0; a 0 is a published 0.'),
        (
            "Censored values",
            'A value published as a bound ("<0.5") stands as that text. It has no number and enters no change; in a '
            "regional figure it counts with both bounds.",
        ),
        (
            "Units",
            "Per cent are written as 47.5, with the unit in its own column; cells carry no percent format. Cells show "
            "as many digits as the indicator asks for and keep all digits of the source.",
        ),
        (
            "Baseline",
            f"The value nearest to {s.baseline_year} within {s.baseline_from}-{s.baseline_to} (a tie: the earlier); "
            f"for counts of events the mean of {s.baseline_from}-{s.baseline_to}, shown at {s.baseline_year}.",
        ),
        (
            "Latest",
            f"The newest value within the window that ends in {s.latest_reference_year}; the window of an indicator "
            "stands in its metadata. The reference year is part of the set and does not move with the clock.",
        ),
        (
            "Change",
            f"Only where both values come from the same feed, at least {s.minimum_years_apart} years apart, with no "
            f"break between and neither of low reliability. A step of more than {s.step_points:g} points or a factor "
            f"of {s.step_factor:g} is not comparable until somebody has looked at it. A group's change is over the "
            "members present at both ends; it is not the difference of the two figures.",
        ),
        ("Order", "Member States stand in a fixed order. Nothing is ranked and there is no composite score."),
        (
            "Class",
            "Classes are for regional figures; the values of Member States have none. Where a group's status is empty "
            "the class says how far the figure carries.",
        ),
    )
    rows: list[tuple[Any, ...]] = [("Reading the tables", None, name, text) for name, text in reading]
    rows += [("Status (obs_status)", *row) for row in _codes(reader, "obs_status")]
    rows.append(("Status (obs_status)", None, "not stated", "The provider states no status"))
    rows += [("Nature", *row) for row in _codes(reader, "nature")]
    rows.append(("Nature", None, "not stated", "The provider does not say how the figure was made"))
    rows += _class_rows(reader)
    rows += [("Flags of regional figures", flag, None, text) for flag, text in FLAGS.items()]
    rows += [
        ("Availability", letter, word.replace("_", " "), text) for word, (letter, text) in AVAILABILITY_LETTERS.items()
    ]
    units = reader.ask(
        "SELECT c.code, c.name, c.description FROM reference.code AS c WHERE c.codelist = 'unit' "
        "AND c.code IN (SELECT unit_measure FROM reference.indicator) ORDER BY c.code"
    )
    rows += [("Units", *row) for row in units.rows]
    methods = reader.ask(
        "SELECT method, title, formula || ' (' || reference || ')' FROM reference.method "
        "WHERE method IN (SELECT method FROM reference.indicator) ORDER BY method"
    )
    rows += [("Methods", *row) for row in methods.rows]
    groups = reader.ask(
        "SELECT a.ref_area, a.area_name, string_agg(m.name, ', ' ORDER BY m.sort_order) FROM ordered_area AS a "
        "JOIN reference.area_group AS g ON g.area_group = a.ref_area AND g.is_member_today "
        "JOIN reference.area AS m ON m.ref_area = g.ref_area GROUP BY a.ref_area, a.area_name, a.area_order "
        "ORDER BY a.area_order"
    )
    rows += [("Groups of Member States", *row) for row in groups.rows]
    licences = reader.ask(
        "SELECT d.provider || '/' || d.dataset, d.title, d.licence || ' Attribution: ' || d.attribution "
        "FROM reference.dataset AS d WHERE EXISTS (SELECT 1 FROM lineage.snapshot AS s "
        "WHERE s.provider = d.provider AND s.dataset = d.dataset) ORDER BY d.provider, d.dataset"
    )
    rows += [("Licences and attributions", *row) for row in licences.rows]
    rows.append(("How to cite", None, "This workbook", reader.citation))
    rows.append(
        (
            "How to cite",
            None,
            "A figure",
            "Name the producer too: the dataset, series and vintage that stand beside each number in the sheet "
            f"{VALUES}, with the attribution above.",
        )
    )
    return rows


def _codes(reader: ReleaseReader, codelist: str) -> list[tuple[Any, ...]]:
    query = "SELECT code, name, description FROM reference.code WHERE codelist = $codelist ORDER BY code"
    return reader.ask(query, codelist=codelist).rows


def _class_rows(reader: ReleaseReader) -> list[tuple[Any, ...]]:
    found = reader.ask(
        "SELECT publication_rule, threshold, weight_covered, n_areas, n_areas_small, recent_share, recent_years, "
        "recent_years_survey, proxy_allowed FROM reference.publication_rule ORDER BY publication_rule, threshold"
    )
    rules: dict[str, dict[str, str]] = {}
    for rule, threshold, weight, areas, small, share, years, survey, proxy in found.rows:
        text = f"at least {weight:.0%} of the weight and {areas} members (groups of up to six: {small})"
        if share:
            text += f"; at least {share:.0%} of the weight from the last {years} years (surveys {survey})"
        if not proxy:
            text += "; no proxy weight"
        rules.setdefault(rule, {})[threshold] = text
    out: list[tuple[Any, ...]] = []
    for rule, texts in rules.items():
        meanings = {
            "A": f"Published: {texts['A']}.",
            "B": f'Published as "indicative": {texts["B"]}; or {texts["B_alternative"]}.',
            "C": "Less than class B: not published, status Q; the members that report are named.",
        }
        for letter, meaning in meanings.items():
            out.append(("Publication classes", letter, PUBLICATION_CLASSES[letter], f"{meaning} Rule: {rule}."))
    return out


def _metadata(reader: ReleaseReader) -> Table:
    # One sheet of blocks, not a sheet for each indicator: with more than a hundred indicators the tabs could not be
    # found again, nor the definitions be searched, filtered by field, compared or printed in one go. The contents link
    # to each block.
    found = reader.ask_file("indicator_sheet")
    rows: list[tuple[Any, ...]] = []
    for row in found.rows:
        one = dict(zip(found.fields, row, strict=True))
        for number, (field, content) in enumerate(metadata_fields(reader, one)):
            if content:
                rows.append((one["indicator"], field, content, number == 0))
    return Table(
        METADATA,
        "Metadata sheet of each indicator",
        _about(reader, "One block for each indicator; filter the first column for one of them, the second to compare."),
        (
            Column("indicator", "Indicator", 18, "code"),
            Column("field", "Field", 26),
            Column("content", "Content", 120, "note"),
        ),
        Rows(("indicator", "field", "content", "is_title"), rows),
        frozen=2,
        starts="indicator",
        bold="is_title",
        most_lines=25,
    )


def metadata_fields(reader: ReleaseReader, row: dict[str, Any]) -> list[tuple[str, str | None]]:
    """Fields of one indicator's metadata sheet, (name, content), from a row of indicator_sheet.sql."""

    def listed(codelist: str, codes: str | None) -> str | None:
        return "\n".join(f"{c} {reader.label(codelist, c)}" for c in codes.split("; ")) if codes else None

    bounds = [f"lowest {row['minimum']:g}"] if row["minimum"] is not None else []
    if row["maximum"] is not None:
        hard = "" if row["maximum_is_hard"] else " (values above can be right)"
        bounds.append(f"highest {row['maximum']:g}{hard}")
    back = row["lookback_years"]
    window = f"{back} years back from the reference year" if back else "the reference year only"
    weight = None
    if row["weight_title"]:
        weight = f"{row['weight_title']}. Source: {row['weight_source']}."
        if row["weight_is_proxy"]:
            accepted = row["proxy_accepted"]
            weight += " It stands in for the denominator"
            weight += f"; accepted: {accepted}" if accepted else ", so the class is B at best."
    gap = None
    if row["gap_reason"]:
        gap = f"{row['gap_reason']} Obtain from: {row['gap_obtain_from']}"
    return [
        ("Name", row["name"]),
        ("Group", row["group_name"]),
        ("Tier", row["tier"] + (", stands first in the tables" if row["stands_first"] else "")),
        ("Definition", row["definition"]),
        ("Unit", row["unit_name"]),
        ("Numerator", row["numerator"] or "not stated"),
        ("Denominator", row["denominator"] or "not stated"),
        ("Bounds", "; ".join(bounds) or "none"),
        ("How a change reads", row["direction"].replace("_", " ")),
        ("Headline cell", cell_text(row["headline_cell"])),
        ("Breakdowns expected", row["breakdowns"] or "none"),
        ("Target groups", row["target_groups"]),
        ("Sector", row["sector_name"]),
        ("Who makes the figures", row["owner"]),
        ("Sources, by preference", row["sources"] or "none yet"),
        ("Regional figure", f"{row['method_title']}. {row['formula']}"),
        ("Title of the regional figure", row["aggregate_title"]),
        ("Weight", weight),
        ("Window", window + (" (rare survey)" if row["is_survey"] else "")),
        ("Publication rule", row["publication_rule"]),
        ("Comparability", row["comparability"]),
        ("The producer's own note", row["producer_note"]),
        ("SDG indicator", row["sdg"]),
        ("Articles of the Declaration", listed("article", row["articles"])),
        ("ASEAN bodies in charge", listed("body", row["body"])),
        ("Why there are no values", gap),
        ("Who could fill the gap", listed("body", row["gap_body"])),
        ("Definition file", row["definition_file"]),
    ]


def cell_text(cell: str) -> str:
    """A cell's codes with the names of their breakdowns, those that are not totals; "total" where none is."""
    names = [f for f, _, _ in BREAKDOWN_COLUMNS]
    parts = [f"{n.replace('_', ' ')} {c}" for n, c in zip(names, cell.split("|"), strict=True) if c != "_T"]
    return "; ".join(parts) or "total (no breakdown)"


def _contents(reader: ReleaseReader, book: Book, blocks: dict[str, int]) -> None:
    s = reader.settings
    about = {
        NOTES: "Letters, classes, units, methods, licences and attributions",
        BASELINE: "Headline figures of Member States and groups: baseline, latest, change, gaps with their reasons",
        BREAKDOWNS: "The same by sex, age, quintile, disability and other breakdowns",
        VALUES: "Chosen headline values of all years with status, footnote and source",
        AGGREGATES: "Regional figures with class, coverage, uncertainty",
        AVAILABILITY: "What there is and what is missing, by Member State and breakdown",
        REJECTIONS: "Published rows that could not be used, by reason",
        SOURCES: "Snapshots, vintages, licences, account of rows",
        METADATA: "Definition, sources, aggregation and comparability of each indicator",
    }
    lines = [
        Line(("About this workbook",), bold=True),
        Line((f"Edition: {s.edition}",)),
        Line((f"Release {reader.release_id} of {reader.made_on.isoformat()}",)),
        Line((f"Baseline {_baseline_years(reader)}, latest at the reference year {s.latest_reference_year}",)),
        Line(("",)),
        Line(("How to cite",), bold=True),
        Line((reader.citation,)),
        Line(("Name the producer of a figure too; attributions stand in the sheet Notes.",)),
        Line(("",)),
        Line(("Sheets",), bold=True),
        *(Line((tab, about[tab]), link=f"'{tab}'!A1") for tab in TABS[1:]),
        Line(("",)),
        Line(("Vintages: the state in which each source stood",), bold=True),
        *(Line(("", vintage_text([one]))) for one in reader.vintages),
        Line(("",)),
        Line(("Metadata sheets",), bold=True),
    ]
    names = reader.ask("SELECT indicator, name, group_name FROM ordered_indicator ORDER BY indicator_order")
    lines += [Line((code, name, group or ""), link=f"'{METADATA}'!A{blocks[code]}") for code, name, group in names.rows]
    book.add_page(
        CONTENTS,
        s.title,
        "Payung, indicator warehouse for social protection in ASEAN.",
        (24, 90, 34),
        lines,
    )

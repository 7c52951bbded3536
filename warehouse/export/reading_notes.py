"""How to read the exports: the notes and the legend of every letter, class and unit, for the workbook and the site.

Belongs here: what is said once for all tables.
Does not belong here: how it looks (release_workbook.py, site/templates), words that name a thing in the tables (labels.py).
"""

from __future__ import annotations

from typing import Any

from indicator_defs.rounding import digits, percent
from warehouse.export.labels import AVAILABILITY_LETTERS, PUBLICATION_CLASSES
from warehouse.export.release_reader import IndicatorSetSettings, ReleaseReader
from warehouse.export.workbook_tabs import WorkbookTab

Note = tuple[Any, ...]  # topic, code, name, text

# What the release itself says of its codes, by topic: code, name, text.
LEGENDS = {
    "Flags of regional figures": (
        "SELECT code, NULL, name FROM reference.code WHERE codelist = 'aggregate_flag' ORDER BY rowid"
    ),
    "Units": (
        "SELECT c.code, c.name, c.description FROM reference.code AS c WHERE c.codelist = 'unit' "
        "AND c.code IN (SELECT unit_measure FROM reference.indicator) ORDER BY c.code"
    ),
    "Methods": (
        "SELECT method, title, formula || ' (' || reference || ')' FROM reference.method "
        "WHERE method IN (SELECT method FROM reference.indicator) ORDER BY method"
    ),
    "Groups of Member States": (
        "SELECT a.ref_area, a.area_name, string_agg(m.short_name, ', ' ORDER BY m.sort_order) FROM ordered_area AS a "
        "JOIN reference.area_group AS g ON g.area_group = a.ref_area AND g.is_member_today "
        "JOIN reference.area AS m ON m.ref_area = g.ref_area GROUP BY a.ref_area, a.area_name, a.area_order "
        "ORDER BY a.area_order"
    ),
    "Licences and attributions": (
        "SELECT d.provider || '/' || d.dataset, d.title, d.licence || ' Attribution: ' || d.attribution "
        "FROM reference.dataset AS d WHERE EXISTS (SELECT 1 FROM lineage.snapshot AS s "
        "WHERE s.provider = d.provider AND s.dataset = d.dataset) ORDER BY d.provider, d.dataset"
    ),
}


def note_rows(reader: ReleaseReader) -> list[Note]:
    """How to read the tables, with every letter and class: (topic, code, name, text)."""
    legends = [(topic, *row) for topic, query in LEGENDS.items() for row in reader.ask(query).rows]
    return [
        *_reading(reader.settings),
        *_codes(reader, "Status (obs_status)", "obs_status", "The provider states no status"),
        *_codes(reader, "Nature", "nature", "The provider does not say how the figure was made"),
        *_classes(reader),
        *(
            ("Availability", letter, word.replace("_", " "), text)
            for word, (letter, text) in AVAILABILITY_LETTERS.items()
        ),
        *legends,
        ("How to cite", None, "This workbook", reader.citation),
        (
            "How to cite",
            None,
            "A figure",
            "Name the producer too: the dataset, series and vintage that stand beside each number in the sheet "
            f"{WorkbookTab.VALUES}, with the attribution above.",
        ),
    ]


def _reading(s: IndicatorSetSettings) -> list[Note]:
    texts = {
        "Gaps": 'A missing value stands as text, "no value: " and the reason. It is never 0; a 0 is a published 0.',
        "Censored values": (
            'A value published as a bound ("<0.5") stands as that text. It has no number and enters no change; in a '
            "regional figure it counts with both bounds."
        ),
        "Units": (
            "Per cent are written as 47.5, with the unit in its own column; cells carry no percent format. Cells show "
            "as many digits as the indicator asks for and keep all digits of the source."
        ),
        "Baseline": (
            f"The value nearest to {s.baseline_year} within {s.baseline_from}-{s.baseline_to} (a tie: the earlier); "
            f"for counts of events the mean of {s.baseline_from}-{s.baseline_to}, shown at {s.baseline_year}."
        ),
        "Latest": (
            f"The newest value within the window that ends in {s.latest_reference_year}; the window of an indicator "
            "stands in its metadata. The reference year is part of the set and does not move with the clock."
        ),
        "Change": (
            f"Only where both values come from the same feed, at least {s.minimum_years_apart} years apart, with no "
            f"break between and neither of low reliability. A step of more than {digits(s.step_points)} points or a factor "
            f"of {digits(s.step_factor)} is not comparable until somebody has looked at it. A group's change is over the "
            "members present at both ends; it is not the difference of the two figures."
        ),
        "Order": "Member States stand in a fixed order. Nothing is ranked and there is no composite score.",
        "Class": (
            "Classes are for regional figures; the values of Member States have none. Where a group's status is empty "
            "the class says how far the figure carries."
        ),
    }
    return [("Reading the tables", None, name, text) for name, text in texts.items()]


def _codes(reader: ReleaseReader, topic: str, codelist: str, not_stated: str) -> list[Note]:
    """The codes of a list, and what an empty cell means."""
    query = "SELECT code, name, description FROM reference.code WHERE codelist = $codelist ORDER BY code"
    found = reader.ask(query, codelist=codelist).rows
    return [*((topic, *row) for row in found), (topic, None, "not stated", not_stated)]


def _classes(reader: ReleaseReader) -> list[Note]:
    found = reader.ask(
        "SELECT publication_rule, threshold, weight_covered, n_areas, n_areas_small, small_group, recent_share, "
        "recent_years, recent_years_survey, proxy_allowed FROM reference.publication_rule "
        "ORDER BY publication_rule, threshold"
    )
    rules: dict[str, dict[str, str]] = {}
    for rule, threshold, weight, areas, in_small, size, share, years, survey, proxy in found.rows:
        text = f"at least {percent(weight)} % of the weight and {areas} members (groups of up to {size}: {in_small})"
        if share:
            text += f"; at least {percent(share)} % of the weight from the last {years} years (surveys {survey})"
        if not proxy:
            text += "; no proxy weight"
        rules.setdefault(rule, {})[threshold] = text
    out: list[Note] = []
    for rule, texts in rules.items():
        meanings = {
            "A": f"Published: {texts['A']}.",
            "B": f'Published as "indicative": {texts["B"]}; or {texts["B_alternative"]}.',
            "C": "Less than class B: not published, status Q; the members that report are named.",
        }
        for letter, meaning in meanings.items():
            out.append(("Publication classes", letter, PUBLICATION_CLASSES[letter], f"{meaning} Rule: {rule}."))
    return out

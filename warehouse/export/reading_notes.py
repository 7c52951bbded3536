"""How to read the exports: the notes and the legend of every letter, class and unit, for the workbook and the site.

Belongs here: explanations that apply to all tables.
Does not belong here: layout (release_workbook.py, site/templates) and names used in the tables (labels.py).
"""

from __future__ import annotations

from typing import Any

from indicator_defs.rounding import digits, percent
from warehouse.export.labels import (
    AVAILABILITY_LETTERS,
    CLASS_NAMES,
    GROUP_CHANGE,
    NO_VALUE,
    NOT_RANKED,
    NOT_STATED,
)
from warehouse.export.release_reader import IndicatorSetSettings, ReleaseReader
from warehouse.export.workbook_tabs import WorkbookTab

Note = tuple[Any, ...]  # topic, code, name, text

# Legends that the release itself defines, by topic: code, name, text.
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
    """The notes and legends of all tables: (topic, code, name, text)."""
    legends = [(topic, *row) for topic, query in LEGENDS.items() for row in reader.query(query).rows]
    return [
        *_reading(reader.settings),
        *_codes(reader, "Status (obs_status)", "obs_status", "The provider gives no status"),
        *_codes(reader, "Nature", "nature", "The provider does not state how the figure was made"),
        *_classes(reader),
        *(
            ("Availability", letter, code.replace("_", " "), text)
            for code, (letter, text) in AVAILABILITY_LETTERS.items()
        ),
        *legends,
        ("How to cite", None, "This release", reader.citation),
        (
            "How to cite",
            None,
            "A figure",
            "Cite the producer too: name the dataset, series and vintage given with the number (in the workbook: sheet "
            f"{WorkbookTab.VALUES}) and the attribution of the dataset.",
        ),
    ]


def _reading(s: IndicatorSetSettings) -> list[Note]:
    texts = {
        "Gaps": (
            f'A missing value is shown as text: "{NO_VALUE}: " followed by the reason. It is never shown as 0; '
            "a 0 is a published 0."
        ),
        "Censored values": (
            'A value published as a bound, such as "<0.5", is shown as that text. It has no exact number, so no change '
            "is calculated from it; regional figures use its lower and its upper bound."
        ),
        "Units": (
            "Per cent values are written as 47.5, with the unit in a separate column; cells have no percent format. "
            "Cells display the number of decimals defined for the indicator and store all digits of the source."
        ),
        "Baseline": (
            f"The value nearest to {s.baseline_year} within {s.baseline_from}-{s.baseline_to}; if two are equally near, "
            f"the earlier one. For counts of events: the mean of {s.baseline_from}-{s.baseline_to}, shown at "
            f"{s.baseline_year}."
        ),
        "Latest": (
            f"The newest value in the window that ends in {s.latest_reference_year}. The metadata of each indicator give "
            "the length of its window. The reference year is fixed for each edition."
        ),
        "Change": (
            "Calculated only if both values come from the same feed, are reliable and are at least "
            f"{s.minimum_years_apart} years apart, with no break between them. A change of more than "
            f"{digits(s.step_points)} points or a factor of {digits(s.step_factor)} between two consecutive values counts "
            f"as a break until it has been reviewed. {GROUP_CHANGE}"
        ),
        "Headline figure": "The main figure of an indicator: the total, unless the definition names another breakdown.",
        "Feed": (
            "The series of one provider from which the values of an indicator are taken. One feed is chosen for each "
            "indicator, Member State and kind of breakdown."
        ),
        "Cell": "One combination of breakdowns of an indicator, for example female, 65 years and over.",
        "Window": (
            "The years whose values count for a reference year: the reference year and the years before it. The metadata "
            "of each indicator give its length."
        ),
        "Order": f"Member States are listed in a fixed order. {NOT_RANKED} There is no composite score.",
        "Class": (
            "Publication classes apply to regional figures; values of Member States have none. If the status of a "
            "group's figure is empty, the class indicates how reliable the figure is."
        ),
    }
    return [("Reading the tables", None, name, text) for name, text in texts.items()]


def _codes(reader: ReleaseReader, topic: str, codelist: str, not_stated: str) -> list[Note]:
    """The codes of a list, and the meaning of "not stated"."""
    query = "SELECT code, name, description FROM reference.code WHERE codelist = $codelist ORDER BY code"
    found = reader.query(query, codelist=codelist).rows
    return [*((topic, *row) for row in found), (topic, None, NOT_STATED, not_stated)]


def _classes(reader: ReleaseReader) -> list[Note]:
    found = reader.query(
        "SELECT publication_rule, threshold, weight_covered, n_areas, n_areas_small, small_group, recent_share, "
        "recent_years, recent_years_survey, proxy_allowed FROM reference.publication_rule "
        "ORDER BY publication_rule, threshold"
    )
    rules: dict[str, dict[str, str]] = {}
    for rule, threshold, weight, areas, in_small, size, share, years, survey, proxy in found.rows:
        text = (
            f"values cover at least {percent(weight)} % of the weight and {areas} members "
            f"({in_small} in groups of up to {size} members)"
        )
        if share:
            recent = f"values of the last {years} years ({survey} years for surveys)"
            text += f", {recent} cover at least {percent(share)} % of the weight"
        if not proxy:
            text += ", and the weight is not a proxy"
        rules.setdefault(rule, {})[threshold] = text
    out: list[Note] = []
    for rule, texts in rules.items():
        meanings = {
            "A": f"Published if {texts['A']}.",
            "B": f'Published as "indicative" if {texts["B"]}; or if {texts["B_alternative"]}.',
            "C": "Below class B: not published (status Q); the members that report are named.",
        }
        for letter, meaning in meanings.items():
            out.append(("Publication classes", letter, CLASS_NAMES[letter], f"{meaning} Rule: {rule}."))
    return out

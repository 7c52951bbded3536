"""Our code lists (codelists/*.csv): their columns, reading and checking them, and their rows.

The codes of providers are in crosswalks.py.
"""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise

from indicator_defs.breakdowns import BREAKDOWNS
from indicator_defs.cell_texts import is_day, is_number
from indicator_defs.definition_files import Files, Problems, Row, repeated
from indicator_defs.names import Names, area_names, search_key, split_names
from indicator_defs.reference_rows import ReferenceRows, listed, number, position, rows_of

# The code list of a concept, if its name differs from that of the concept.
CODELIST_OF = {"ref_area": "area", "unit_measure": "unit"}
AREA_GROUP = "area_group"
_COLUMNS = {
    "area": ("code", "name", "short_name", "description", "type", "iso2", "m49", "also_known_as"),
    AREA_GROUP: ("group", "member", "valid_from", "valid_to", "note"),
    "age": ("code", "name", "description", "age_from", "age_to"),
    "body": ("code", "name", "description", "type"),
}
AREA_TYPES = ("country", "group", "aggregate")
_MAXIMUM_AGE = 150
EXPECTED_AGE = f"an age in years, a number from 0 to {_MAXIMUM_AGE}"
_KEYS = {AREA_GROUP: ("group", "member", "valid_from")}
_PLAIN_COLUMNS = ("code", "name", "description")
PLAIN_LISTS = (
    *(b for b in BREAKDOWNS if b != "age"),
    "target_group",
    "sector",
    "obs_status",
    "nature",
    "unit",
    "body",
    "indicator_group",
    "article",
    "gap_reason",
    "breakdown",
    "aggregate_flag",
    "sentence",
)


def is_age(text: str) -> bool:
    """Whether the text is an age in years."""
    return is_number(text) and 0 <= float(text) <= _MAXIMUM_AGE


class Codelists(dict[str, list[Row]]):
    """The lines of each code list, by its name."""

    @cached_property
    def _codes(self) -> dict[str, set[str]]:
        return {name: {row["code"] for row in rows} for name, rows in self.items() if name != AREA_GROUP}

    def codes(self, name: str) -> set[str]:
        """The codes of one code list."""
        return self._codes[name]

    @cached_property
    def areas(self) -> Names:
        """The areas with their other and former names, to find the code of an area given by name."""
        return area_names((row.values for row in self["area"]), "code")

    def check_area(self, place: str, code: str, problems: Problems) -> bool:
        """Whether an area exists; if not, a problem is added with the correct or similar codes."""
        return problems.check_code(place, "area", code, self.codes("area"), names=self.areas)

    @property
    def groups(self) -> set[str]:
        """The area groups."""
        return {row["group"] for row in self[AREA_GROUP]}

    def members(self, group: str) -> list[str]:
        """The current members of an area group, in the order of the file."""
        return [r["member"] for r in self[AREA_GROUP] if r["group"] == group and not r["valid_to"]]


def read_codelists(files: Files) -> Codelists:
    """All code lists, checked."""
    # dict.fromkeys removes the duplicate: `body` is in both tuples
    names = dict.fromkeys((*_COLUMNS, *PLAIN_LISTS))
    lists = Codelists(
        (n, files.rows(f"codelists/{n}.csv", _COLUMNS.get(n, _PLAIN_COLUMNS), _KEYS.get(n, ("code",)))) for n in names
    )
    _check_ages(lists["age"], files.problems)
    _check_names(lists["area"], files.problems)
    _check_groups(lists, files.problems)
    return lists


def _check_ages(rows: list[Row], problems: Problems) -> None:
    for row in rows:
        for bound in ("age_from", "age_to"):
            problems.check_cell(row, bound, not row[bound] or is_age(row[bound]), EXPECTED_AGE)
        ends = [float(row[b]) for b in ("age_from", "age_to") if is_age(row[b])]
        if ends != sorted(ends):
            problems.add(row.place, f"age_to: found {row['age_to']}, expected at least the age_from {row['age_from']}")
    for first, *others in repeated([r for r in rows if r["age_from"]], lambda r: (r["age_from"], r["age_to"])):
        for row in others:
            problems.add(
                row.place, f"{row['code']} has the same ages as {first['code']} in line {first.line}; use one code"
            )


def _check_names(rows: list[Row], problems: Problems) -> None:
    """Adds names and codes that two areas share, because a search by them would be ambiguous."""
    row_of: dict[str, Row] = {}
    for row in rows:
        other_names = split_names(row["also_known_as"])
        problems.check_cell(
            row, "also_known_as", all(map(search_key, other_names)), "names separated by |, none of them empty"
        )
        for text in (row["code"], row["name"], row["short_name"], row["iso2"], row["m49"], *other_names):
            before = row_of.setdefault(search_key(text), row) if text else row
            if before is not row:
                other = f"line {before.line}, for {before['code']}"
                problems.add_duplicate(row.place, f"the name {text!r}", other, "keep it in one line")


def _check_groups(lists: Codelists, problems: Problems) -> None:
    """Adds groups that contain other groups, and members that are in a group twice at a time and would count twice."""
    kinds = {row["code"]: row["type"] for row in lists["area"]}
    for row in lists["area"]:
        problems.check_cell(row, "type", row["type"] in AREA_TYPES, f"one of {', '.join(AREA_TYPES)}")
    for row in lists[AREA_GROUP]:
        for column, kind in (("group", "group"), ("member", "country")):
            if problems.check_code(row.place, "area", row[column], kinds, names=lists.areas):
                is_kind = kinds[row[column]] == kind
                problems.check_cell(row, column, is_kind, f"an area of type {kind} (codelists/area.csv)")
        for column in ("valid_from", "valid_to"):
            is_valid = not row[column] or is_day(row[column])
            problems.check_cell(row, column, is_valid, "a date such as 1967-08-08, or an empty cell")
        if row["valid_to"] and row["valid_from"] > row["valid_to"]:
            problems.add(
                row.place, f"valid_to: found {row['valid_to']}, expected valid_from {row['valid_from']} or a later date"
            )
    for same in repeated(lists[AREA_GROUP], lambda r: (r["group"], r["member"])):
        for before, row in pairwise(sorted(same, key=lambda r: (r["valid_from"], r.line))):
            if not before["valid_to"] or row["valid_from"] <= before["valid_to"]:
                problems.add(
                    row.place,
                    f"{row['member']} is already a member of {row['group']} in line {before.line} at the same time; "
                    "correct valid_from or valid_to",
                )


def code_rows(codelists: Codelists) -> ReferenceRows:
    """reference.code: the codes of all lists except the area groups."""
    rows = [
        (name, r["code"], r["name"], r["description"] or None)
        for name in ("area", "age", *PLAIN_LISTS)
        for r in codelists[name]
    ]
    return listed(["codelist", "code", "name", "description"], rows)


def area_rows(codelists: Codelists) -> ReferenceRows:
    """reference.area."""
    return rows_of(
        codelists["area"],
        ref_area=lambda r: r["code"],
        name=lambda r: r["name"],
        short_name=lambda r: r["short_name"] or r["name"],
        area_type=lambda r: r["type"],
        iso2=lambda r: r["iso2"] or None,
        m49=lambda r: r["m49"] or None,
        also_known_as=lambda r: r["also_known_as"] or None,
        sort_order=position,
    )


def area_name_rows(codelists: Codelists) -> ReferenceRows:
    """reference.area_name: every code and name of each area, in capital letters for the comparison in SQL."""
    names = codelists.areas
    rows = {(text.upper(), code): None for code in names.names for text in names.texts(code)}
    return listed(["name", "ref_area"], sorted(rows))


def area_group_rows(codelists: Codelists) -> ReferenceRows:
    """reference.area_group."""
    return rows_of(
        codelists[AREA_GROUP],
        area_group=lambda r: r["group"],
        ref_area=lambda r: r["member"],
        valid_from=lambda r: r["valid_from"] or None,
        valid_to=lambda r: r["valid_to"] or None,
        is_member_today=lambda r: not r["valid_to"],
    )


def age_rows(codelists: Codelists) -> ReferenceRows:
    """reference.age."""
    return rows_of(
        codelists["age"],
        age=lambda r: r["code"],
        name=lambda r: r["name"],
        age_from=lambda r: number(r["age_from"]),
        age_to=lambda r: number(r["age_to"]),
    )

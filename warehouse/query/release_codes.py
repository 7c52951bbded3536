"""The codes of a release: reading them, and finding the code that a text means, or a message about an unknown one.

The search itself is in indicator_defs/names.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from indicator_defs.names import Names, area_names
from warehouse.query.result_records import records

if TYPE_CHECKING:
    import duckdb

    from indicator_defs.errors import PayungError

LISTINGS = {
    "indicator": 'payung sql "SELECT indicator, name FROM reference.indicator"',
    "area": 'payung sql "SELECT ref_area, name, also_known_as FROM reference.area"',
}


@dataclass(frozen=True)
class CodeMatch:
    """A code of the release, and its name."""

    given: str
    code: str
    name: str

    @property
    def note(self) -> str:
        """A note where the text was another name of the area; empty where it was the code or the name itself."""
        same = self.given.casefold() in (self.code.casefold(), self.name.casefold())
        return "" if same else f"{self.given} is {self.code} ({self.name})"


def indicators(con: duckdb.DuckDBPyConnection) -> Names:
    """The indicators of an open release."""
    rows = records(con, "SELECT indicator, name FROM reference.indicator ORDER BY indicator")
    return Names({str(r["indicator"]): str(r["name"]) for r in rows})


def areas(con: duckdb.DuckDBPyConnection) -> Names:
    """The areas of an open release, with their other names, if the release has them."""
    return area_names(records(con, "SELECT * FROM reference.area ORDER BY sort_order"))


def named_areas(con: duckdb.DuckDBPyConnection, listed: str | None) -> str | None:
    """A list of areas ("IDN 2020, KHM 2021") with short names in place of codes, in the order of reference.area."""
    if listed is None:
        return None
    rows = records(con, "SELECT * FROM reference.area ORDER BY sort_order")
    parts = [part.partition(" ") for part in listed.split(", ")]
    # Releases made before 0.2 have no short names.
    return ", ".join(
        f"{row.get('short_name') or row['name']}{blank}{years}"
        for row in rows
        for code, blank, years in parts
        if code == row["ref_area"]
    )


def codes(con: duckdb.DuckDBPyConnection, codelist: str) -> Names:
    """The codes of one code list."""
    query = "SELECT code, name FROM reference.code WHERE codelist = $codelist ORDER BY code"
    return Names({str(r["code"]): str(r["name"]) for r in records(con, query, {"codelist": codelist})})


def find_code(names: Names, what: str, given: str, error: type[PayungError], listing: str = "") -> CodeMatch:
    """The code that a text means. Raises `error`, which lists similar codes, where the release has no such code."""
    code = names.find(given)
    if code is None:
        raise error(unknown_code_message(names, what, given, listing))
    return CodeMatch(given, code, names.names[code])


def unknown_code_message(names: Names, what: str, given: str, listing: str = "") -> str:
    """The message about a text that is not a code of the release."""
    advice = names.hint(given)
    advice_text = f"{advice[0].upper()}{advice[1:]}. " if advice else ""
    return f"The release has no {what} {given!r}. {advice_text}List all: {listing or LISTINGS[what]}"

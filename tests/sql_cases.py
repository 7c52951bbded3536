"""Readable cases for the SQL of tables: a few input rows and the expected rows, in tests/golden/sql/SCHEMA/TABLE.yaml.

    background:                        tables of every case that does not define them itself
      reference.settings: |
        baseline_year | latest_reference_year
        2015          | 2023
    cases:
      - case: A value of the window counts     the rule that the case shows, as a sentence
        given:
          indicator_set.value: |
            indicator | ref_area | sex | obs_value
            A         | IDN      | F   | 12.5
        expect: |
          indicator | ref_area | cell  | obs_value
          A         | IDN      | sex=F | 12.5

An empty cell is NULL, '' is an empty text. Tables and columns that are not given are empty; breakdowns are _T. The column
`cell` is made from the breakdowns of the row; if it is given, it is written as `_T` or `sex=F, age=Y0T14`. Only the columns
in `expect` are compared: all rows, in order if the SQL has an order, numbers to the decimals that are written.
`expect: none` means that no row is expected. `accepted_changes` lists changes of tests/sql_changes.py that no case can
notice, each with the reason: `- {change: "condition x = 1", why: it only makes the table smaller}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import yaml

from indicator_defs.breakdowns import BREAKDOWNS
from warehouse.build.engine import inputs_of, sql_text
from warehouse.connection import define_functions, open_engine
from warehouse.metadata import TableDescription, staged_observation, staged_record, table

FOLDER = Path(__file__).parent / "golden" / "sql"
Cells = dict[str, str | None]

_VIEWS = {
    "staged.observation": staged_observation,
    "staged.record": staged_record,
    "staged.rejection": partial(table, "lineage.rejection"),
}
_SPELLED = {"cell": "", "headline_cell": "headline_", "set_cell": "set_"}


class CaseError(Exception):
    """A case that cannot be read: its file, its name and the error."""


@dataclass(frozen=True)
class Case:
    """One case of a table: the given rows of each input table, and the expected rows."""

    table: str
    name: str
    given: Mapping[str, list[Cells]]
    expected: list[Cells]

    def __str__(self) -> str:
        """`schema.table: name of the case`."""
        return f"{self.table}: {self.name}"


def path_of(full_name: str) -> Path:
    """The file with the cases of a table."""
    schema, name = full_name.split(".")
    return FOLDER / schema / f"{name}.yaml"


@lru_cache(maxsize=128)
def cases_of(full_name: str) -> tuple[Case, ...]:
    """The cases of one table, in the order of its file; empty without a file. Raises CaseError."""
    path = path_of(full_name)
    if not path.exists():
        return ()
    content = _content(path)
    background = {t: _rows(text, f"{path.name}, {t}") for t, text in (content.get("background") or {}).items()}
    return tuple(_case(full_name, spec, background) for spec in content["cases"])


def accepted_changes(full_name: str) -> list[str]:
    """The changes of the SQL of a table that no case can notice, as listed in its file."""
    return [accepted["change"] for accepted in _content(path_of(full_name)).get("accepted_changes", ())]


@lru_cache(maxsize=128)
def _content(path: Path) -> dict[str, Any]:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    unknown = set(content) - {"background", "cases", "accepted_changes"}
    if unknown:
        raise CaseError(f"{path.name}: found {sorted(unknown)}, expected background, cases and accepted_changes")
    return dict(content)


def _case(full_name: str, spec: dict[str, Any], background: Mapping[str, list[Cells]]) -> Case:
    unknown = set(spec) - {"case", "given", "expect"}
    if unknown:
        raise CaseError(f"{full_name}: found {sorted(unknown)}, expected case, given and expect")
    place = f"{full_name}: {spec['case']}"
    given = {t: _rows(text, f"{place}, {t}") for t, text in (spec.get("given") or {}).items()}
    not_read = set(given) - set(inputs_of(full_name))
    if not_read:
        raise CaseError(
            f"{place}: found {sorted(not_read)}, expected tables that its SQL reads: {inputs_of(full_name)}"
        )
    expected = [] if spec["expect"] == "none" else _rows(spec["expect"], place)
    return Case(full_name, spec["case"], {**background, **given}, expected)


def _rows(text: str, place: str) -> list[Cells]:
    """The rows of a table written with | between the cells; the first line has the columns."""
    lines = [line for line in text.splitlines() if line.strip()]
    names = [name.strip() for name in lines[0].split("|")]
    out = []
    for line in lines[1:]:
        cells = [cell.strip() for cell in (re.split(r" \|(?= |$)", line) if len(names) > 1 else [line])]
        if len(cells) == len(names) + 1 and not cells[-1]:
            cells.pop()  # a line that ends in |
        cells += [""] * (len(names) - len(cells))
        if len(cells) > len(names):
            raise CaseError(f"{place}: found {len(cells)} cells in {line.strip()!r}, expected {len(names)}")
        out.append({n: None if c == "" else "" if c == "''" else c for n, c in zip(names, cells, strict=True)})
    return out


def _description(full_name: str) -> TableDescription:
    return _VIEWS[full_name]() if full_name in _VIEWS else table(full_name)


def _spelled_out(text: str | None) -> str | None:
    """A cell as stored in tables: `sex=F` becomes F|_T|_T..."""
    if text is None or "|" in text or (text != "_T" and "=" not in text):
        return text
    codes = dict(part.strip().split("=") for part in text.split(",")) if text != "_T" else {}
    unknown = set(codes) - set(BREAKDOWNS)
    if unknown:
        raise CaseError(f"found {sorted(unknown)} in the cell {text!r}, expected breakdowns: {', '.join(BREAKDOWNS)}")
    return "|".join(codes.get(b, "_T") for b in BREAKDOWNS)


def _full_row(description: TableDescription, row: Cells) -> Cells:
    names = description.column_names
    unknown = set(row) - set(names)
    if unknown:
        raise CaseError(
            f"found columns {sorted(unknown)}, expected those of {description.full_name}: {', '.join(names)}"
        )
    headlines = [f"headline_{b}" for b in BREAKDOWNS]
    full: Cells = {n: "_T" if n in BREAKDOWNS or n in headlines else None for n in names} | row
    for name, prefix in _SPELLED.items():
        if name not in names:
            continue
        if full[name] is None and {prefix + b for b in BREAKDOWNS} <= set(names):
            full[name] = "|".join(full[prefix + b] or "" for b in BREAKDOWNS)
        full[name] = _spelled_out(full[name])
    return full


class CaseDatabase:
    """A database with the inputs of the SQL of one table; each case fills it again."""

    def __init__(self, full_name: str) -> None:
        """Makes the empty inputs."""
        self.con = open_engine()
        self.con.execute("SET threads = 1")
        define_functions(self.con)
        self.inputs = {name: _description(name) for name in inputs_of(full_name)}
        for name, description in self.inputs.items():
            columns = ", ".join(f'"{c.name}" {c.type}' for c in description.columns)
            self.con.execute(f"CREATE SCHEMA IF NOT EXISTS {name.split('.')[0]}")
            self.con.execute(f"CREATE TABLE {name} ({columns})")
        self.types = self._types(full_name)

    def _types(self, full_name: str) -> dict[str, str]:
        """The columns that the SQL makes: as declared; for a view in main as inferred by the engine."""
        if full_name.startswith("main."):
            return {row[0]: row[1] for row in self.con.execute(f"DESCRIBE {sql_text(full_name)}").fetchall()}
        return {c.name: c.type for c in table(full_name).columns}

    def fill(self, case: Case) -> None:
        """Replaces the rows of the inputs by those of a case."""
        for name, description in self.inputs.items():
            self.con.execute(f"DELETE FROM {name}")
            rows = [_full_row(description, row) for row in case.given.get(name, ())]
            if rows:
                cast = ", ".join(f"CAST(? AS {c.type})" for c in description.columns)
                values = [[row[c.name] for c in description.columns] for row in rows]
                self.con.executemany(f"INSERT INTO {name} SELECT {cast}", values)

    def rows(self, sql: str, columns: Iterable[str]) -> list[tuple[Any, ...]]:
        """The rows of a query on the inputs: these columns, cast to their declared types."""
        listed = ", ".join(f'CAST("{c}" AS {self.types[c]})' for c in columns)
        return self.con.execute(f"SELECT {listed or '1'} FROM (\n{sql}\n)").fetchall()


def differences(case: Case, database: CaseDatabase, sql: str | None = None) -> list[str]:
    """The differences between the rows of the SQL (`sql`: another query) and the rows that a case expects."""
    query = (sql or sql_text(case.table)).rstrip().rstrip(";")
    database.fill(case)
    columns = list(case.expected[0]) if case.expected else []
    unknown = set(columns) - set(database.types)
    if unknown:
        raise CaseError(f"{case}: found columns {sorted(unknown)}, expected those of the table")
    found = database.rows(query, columns)
    expected = [tuple(_spelled_out(v) if c in _SPELLED else v for c, v in row.items()) for row in case.expected]
    if not columns or not is_ordered(query):
        found, expected = sorted(found, key=repr), sorted(expected, key=repr)
        found, expected = _paired(found, expected)
    out = [
        f"row {number}: found {_shown(f, columns)}, expected {_shown(e, columns)}"
        for number, (f, e) in enumerate(zip(found, expected, strict=False), start=1)
        if not all(is_equal(a, b) for a, b in zip(f, e, strict=True))
    ]
    if len(found) != len(expected):
        out.append(f"found {len(found)} rows, expected {len(expected)}: {found}")
    return out


def _paired(found: list[Any], expected: list[Any]) -> tuple[list[Any], list[Any]]:
    """Both lists, ordered so that equal rows have the same position."""
    unmatched_found, pairs, unmatched_expected = list(found), [], []
    for row in expected:
        match = next((f for f in unmatched_found if all(is_equal(a, b) for a, b in zip(f, row, strict=True))), None)
        if match is None:
            unmatched_expected.append(row)
        else:
            unmatched_found.remove(match)
            pairs.append((match, row))
    return [f for f, _ in pairs] + unmatched_found, [e for _, e in pairs] + unmatched_expected


def is_ordered(query: str) -> bool:
    """Whether a query sorts its rows: its last clause is ORDER BY."""
    tail = query[query.rfind("\nSELECT") :]
    return "\nORDER BY" in tail


def is_equal(found: Any, expected: str | None) -> bool:
    """Whether a value equals that of a case: numbers to the decimals that are written, everything else as text."""
    if found is None or expected is None:
        return found is None and expected is None
    if isinstance(found, bool):
        return str(found).lower() == expected.lower()
    if isinstance(found, float):
        places = len(expected.partition(".")[2])
        return (
            abs(found - float(expected)) <= 0.5000001 * 10**-places if "e" not in expected else found == float(expected)
        )
    if isinstance(found, list):
        return "[" + ", ".join(map(str, found)) + "]" == expected
    return str(found) == expected


def _shown(row: tuple[Any, ...], columns: list[str]) -> str:
    return ", ".join(f"{c} {'NULL' if v is None else v!s}" for c, v in zip(columns, row, strict=True))

"""The checks before a release: keys and codes, made from the metadata, and those of warehouse/checks/*.sql.

Belongs here: running checks, and their results. A check is a query that returns one row for each problem.
Does not belong here: the consequence of a failed check (release/publish.py does not publish the build).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast, get_args

import duckdb

from indicator_defs.breakdowns import BREAKDOWNS
from warehouse.build.engine import Build, attach_inputs, connect, tables_read
from warehouse.metadata import TableDescription, table, tables
from warehouse.sql_files import read_sql

if TYPE_CHECKING:
    import pandas as pd

CHECKS = Path(__file__).parent.parent / "checks"
MOST_PROBLEMS = 1000  # problems that are read row by row; beyond them only the number is computed
Severity = Literal["blocks", "warns", "informs"]
_HEADER = re.compile(r"^-- (severity|as of|description|finding): (.+)$", re.MULTILINE)
_NUMBERED = re.compile(r"\[([^|\]]*)\|([^\]]*)\]")

# Columns whose codes must be in a code list, in every table, and that code list.
CODED: dict[str, str] = {
    **{breakdown: breakdown for breakdown in BREAKDOWNS},
    "ref_area": "area",
    "sector": "sector",
    "target_group": "target_group",
    "unit_measure": "unit",
    "obs_status": "obs_status",
    "nature": "nature",
}


# Tables in which new codes can appear; tables derived from them have the same codes.
NEW_CODES = ("harmonised.observation", "indicator_set.value", "indicator_set.aggregate", "baseline.value")


@dataclass(frozen=True)
class Check:
    """One check: its query returns a row for each problem. A check blocks unless its file gives another severity.

    `description`: the rule. `finding`: the sentence that is reported when the rule is broken, with {n} for the number
    of problems and [singular|plural] for words that depend on it.
    """

    name: str
    severity: Severity
    description: str
    finding: str
    query: str
    family: str | None = None
    as_of_severity: Severity | None = None

    def for_past_date(self) -> Check:
        """The check for a build as of a date, which lacks what later vintages brought, so some checks do not block."""
        return replace(self, severity=self.as_of_severity or self.severity)

    @property
    def inputs(self) -> list[str]:
        """The tables its query reads."""
        return sorted(tables_read(self.query))


@dataclass(frozen=True)
class CheckResult:
    """The result of a check: the number of problems, and the first ones as text."""

    check: Check
    problems: int
    sample: str

    @property
    def passed(self) -> bool:
        """Whether it found no problem."""
        return self.problems == 0

    @property
    def finding(self) -> str | None:
        """The finding in one sentence; None where the check passed."""
        if self.passed:
            return None
        text = _NUMBERED.sub(lambda m: m[1] if self.problems == 1 else m[2], self.check.finding)
        return text.replace("{n}", f"{self.problems:,}")


# Users see the generated checks as two families: a line for each table would be long and rarely useful.
KEYS = Check(
    "keys_are_unique",
    "blocks",
    "The key of every table is unique",
    "{n} [key of a table is|keys of tables are] repeated or incomplete",
    "",
)
CODES = Check(
    "codes_are_known",
    "blocks",
    "Every code is in its code list",
    "{n} [code is|codes are] not in the code list",
    "",
)


def _unique_key(description: TableDescription) -> Check:
    # the cell joins all breakdown codes of a row: one column to compare instead of eleven
    has_cell = "cell" in description.column_names
    columns = [c for c in description.key if not (has_cell and c in BREAKDOWNS)]
    columns += ["cell"] if has_cell and "cell" not in columns else []
    key = ", ".join(f'"{c}"' for c in columns)
    missing = " OR ".join(f'"{c}" IS NULL' for c in columns)
    return Check(
        f"unique_key_{description.schema}_{description.name}",
        "blocks",
        f"The key of {description.full_name} is unique and complete",
        f"{{n}} [key|keys] of {description.full_name} [is|are] repeated or incomplete",
        f"SELECT {key}, count(*) AS row_count FROM {description.full_name} GROUP BY {key} "
        f"HAVING count(*) > 1 OR {missing}",
        KEYS.name,
    )


def _codes_in_lists(description: TableDescription) -> Check:
    coded = [(c, CODED[c]) for c in description.column_names if c in CODED]
    union = " UNION ALL ".join(
        f"SELECT '{c}' AS column_name, \"{c}\" AS code FROM {description.full_name} "
        f'WHERE "{c}" IS NOT NULL AND "{c}" NOT IN (SELECT code FROM reference.code WHERE codelist = \'{codelist}\')'
        for c, codelist in coded
    )
    return Check(
        f"codes_known_{description.schema}_{description.name}",
        "blocks",
        f"Every code in {description.full_name} is in its code list",
        f"{{n}} [code|codes] in {description.full_name} [is|are] not in the code list",
        f"SELECT column_name, code, count(*) AS row_count FROM ({union}) GROUP BY column_name, code",
        CODES.name,
    )


_SEVERITIES: tuple[tuple[str, str | None], ...] = (("severity", "blocks"), ("as of", None))


def _severity(path: Path, named: str | None) -> Severity | None:
    for severity in get_args(Severity):
        if named == severity:
            return cast(Severity, severity)
    if named is not None:
        raise ValueError(f"{path.name}: severity is {named!r}, expected blocks, warns or informs")
    return None


@lru_cache(maxsize=2)
def checks(folder: Path = CHECKS) -> list[Check]:
    """All checks, sorted by name: the generated ones and those in the files of `folder`."""
    out = []
    for description in tables().values():
        if description.is_work or description.full_name == "quality.check_result":
            continue
        out.append(_unique_key(description))
        if description.full_name in NEW_CODES:
            out.append(_codes_in_lists(description))
    for path in sorted(folder.glob("*.sql")):
        text = read_sql(path)
        header = dict(_HEADER.findall(text))
        severity, past = (_severity(path, header.get(name, default)) for name, default in _SEVERITIES)
        rule = str(header["description"])
        finding = str(header.get("finding") or rule)  # a description can be the finding too
        out.append(Check(path.stem, severity or "blocks", rule, finding, text, as_of_severity=past))
    return sorted(out, key=lambda c: c.name)


def query_of(name: str) -> str:
    """The query of a check in warehouse/checks, for running it on a release."""
    return read_sql(CHECKS / f"{name}.sql").rstrip().rstrip(";")


def evaluate(con: duckdb.DuckDBPyConnection, check: Check) -> CheckResult:
    """Runs one check; `con` has the tables under their full names."""
    query = check.query.rstrip().rstrip(";")
    with con.cursor() as cursor:
        found = cursor.execute(f"SELECT * FROM ({query}) ORDER BY ALL LIMIT {MOST_PROBLEMS}").df()
        total = len(found)
        if total == MOST_PROBLEMS:
            total = int(cursor.execute(f"SELECT count(*) FROM ({query})").fetchall()[0][0])
    return CheckResult(check, total, _sample(found))


def run_checks(
    build: Build,
    chosen: list[Check] | None = None,
    evaluate: Callable[[duckdb.DuckDBPyConnection, Check], CheckResult] = evaluate,
) -> list[CheckResult]:
    """Runs checks on a build, each with `evaluate`; results in the order of their names."""
    checks_to_run = checks() if chosen is None else chosen
    with connect() as con:
        attach_inputs(con, build, sorted({name for c in checks_to_run for name in c.inputs}))
        try:
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                # planning takes one core and most of the time of these queries, so several run at a time
                return list(pool.map(lambda check: evaluate(con, check), checks_to_run))
        except duckdb.OutOfMemoryException:  # one at a time they need less memory
            return [evaluate(con, check) for check in checks_to_run]


def _sample(found: pd.DataFrame, rows: int = 5) -> str:
    lines = [", ".join(f"{k}={v}" for k, v in row.items()) for row in found.head(rows).to_dict("records")]
    return "; ".join(lines)


def result_frame(results: list[CheckResult]) -> pd.DataFrame:
    """The results as quality.check_result."""
    rows = [
        {
            "check_name": r.check.name,
            "severity": r.check.severity,
            "passed": r.passed,
            "n_problems": r.problems,
            "description": r.check.description,
            "finding": r.finding,
            "sample": r.sample or None,
        }
        for r in results
    ]
    import pandas as pd

    return pd.DataFrame(rows, columns=table("quality.check_result").column_names)


def shown_checks() -> list[Check]:
    """The checks as the asset graph shows them: each family of generated checks as one."""
    return [KEYS, CODES, *(c for c in checks() if c.family is None)]


def grouped_results(results: list[CheckResult]) -> list[CheckResult]:
    """The results for `shown_checks`: the problems of a family added up, its samples joined."""
    out = []
    for family in (KEYS, CODES):
        members = [r for r in results if r.check.family == family.name]
        samples = [f"{r.check.name}: {r.sample}" for r in members if not r.passed]
        out.append(CheckResult(family, sum(r.problems for r in members), "; ".join(samples)))
    return out + [r for r in results if r.check.family is None]

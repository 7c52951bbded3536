"""The SQL of each table gives the rows expected by its cases (tests/golden/sql/SCHEMA/TABLE.yaml, tests/sql_cases.py)."""

from __future__ import annotations

from functools import lru_cache

import pytest
from small_build import catalogue
from sql_cases import FOLDER, Case, CaseDatabase, accepted_changes, cases_of, differences
from sql_changes import changes, is_noticed, unnoticed

from warehouse.build.engine import computed_tables, sql_text
from warehouse.metadata import tables

TABLES = sorted(computed_tables())
VIEWS = sorted(f"main.{path.stem}" for path in (FOLDER / "main").glob("*.yaml"))


@lru_cache(maxsize=4)
def database_of(full_name: str) -> CaseDatabase:
    """The database for the cases of one table; each case fills it again."""
    return CaseDatabase(full_name)


CASES = [case for name in (*TABLES, *VIEWS) for case in cases_of(name)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Case) -> None:
    assert differences(case, database_of(case.table)) == []


@pytest.mark.parametrize("full_name", TABLES)
def test_every_table_has_a_case_that_notices_a_changed_rule(full_name: str) -> None:
    assert cases_of(full_name), f"{full_name} has no case: write one, see tests/sql_cases.py"
    database = database_of(full_name)
    is_changeable = next(changes(full_name), None) is not None
    assert not is_changeable or any(is_noticed(full_name, change, database) for change in changes(full_name))


@pytest.mark.long
@pytest.mark.parametrize("full_name", [*TABLES, *VIEWS])
def test_every_changed_rule_is_noticed(full_name: str) -> None:
    """Except the changes that a file lists under `accepted_changes`; each of those is indeed not noticed."""
    assert sorted(unnoticed(full_name)) == sorted(accepted_changes(full_name))


REFERS_TO = {column.name: column.refers_to for description in tables().values() for column in description.columns}
SENTENCES = [(row["description"], row["code"]) for row in catalogue().codelists["sentence"]]


@pytest.mark.parametrize(("full_name", "code"), SENTENCES)
def test_every_sentence_has_a_rule_in_sql_and_a_case(full_name: str, code: str) -> None:
    assert f"'{code}'" in sql_text(full_name)
    expected = [row for case in cases_of(full_name) for row in case.expected]
    shown = {row[column] for row in expected for column in row if REFERS_TO.get(column) == "reference.code sentence"}
    assert code in shown, f"no case of {full_name} expects {code}"

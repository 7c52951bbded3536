"""Completion at the prompt of `payung sql`: tables, columns, macros, keywords, and codes between quotes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from warehouse.query.read_only import run_query

KEYWORDS = re.findall(
    r"\S+",
    """SELECT FROM WHERE GROUP BY ORDER LIMIT JOIN LEFT ON USING AND OR NOT IN IS NULL BETWEEN LIKE DISTINCT AS CASE WHEN
    THEN ELSE END WITH UNION ALL HAVING DESC ASC PIVOT DESCRIBE SUMMARIZE EXPLAIN DATE count sum avg min max round arg_max
    coalesce string_agg""",
)
COMMANDS = {"\\d": "tables, or columns of a table", "\\?": "help", "\\q": "leave"}
_WORD = re.compile(r"[\w.\\?]+$")
_TABLE_AND_ALIAS = re.compile(r"\b(?:from|join)\s+([\w.]+)(?:\([^)]*\))?(?:\s+(?:as\s+)?(\w+))?", re.IGNORECASE)
_TABLE_NEXT = re.compile(r"(?:\b(?:from|join|describe|summarize)\s+|^\\d\s+)[\w.]*$", re.IGNORECASE)


@dataclass(frozen=True)
class CompletionWords:
    """The words to complete: columns of each table, descriptions of tables (`about`) and macros, names of codes."""

    columns: dict[str, dict[str, str]]
    about: dict[str, str]
    macros: dict[str, str]
    codes: dict[str, str]


def read_words(con: Any) -> CompletionWords:
    """The tables, columns, macros and codes of an open release."""
    columns: dict[str, dict[str, str]] = {}
    for schema, table, column, kind in run_query(
        con,
        "SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE database_name = current_database() AND NOT internal ORDER BY ALL",
    ).rows:
        columns.setdefault(table if schema == "main" else f"{schema}.{table}", {})[column] = kind
    about = {
        (n if s == "main" else f"{s}.{n}"): c or ""
        for s, n, c in run_query(
            con,
            "SELECT schema_name, table_name, comment FROM duckdb_tables() WHERE database_name = current_database() "
            "UNION ALL SELECT schema_name, view_name, comment FROM duckdb_views() WHERE database_name = current_database()",
        ).rows
    }
    macros = run_query(
        con,
        "SELECT function_name, comment FROM duckdb_functions() WHERE database_name = current_database() "
        "AND NOT internal AND function_type IN ('table_macro', 'macro')",
    )
    codes = run_query(
        con,
        "SELECT indicator, name FROM reference.indicator UNION ALL SELECT ref_area, name FROM reference.area "
        "UNION ALL SELECT code, name FROM reference.code WHERE codelist IN ('target_group', 'sector') AND code <> '_T'",
    )
    return CompletionWords(
        columns,
        about,
        {n: c or "" for n, c in macros.rows},
        {str(c): str(n) for c, n in codes.rows},
    )


class SqlCompleter(Completer):
    """Offers completions that fit the position of the cursor."""

    def __init__(self, words: CompletionWords) -> None:
        """`words`: the words of the open database."""
        self.words = words

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """The words that begin with the typed text and fit its position."""
        before = document.text_before_cursor
        if before.count("'") % 2:
            yield from _fitting(before.rpartition("'")[2], self.words.codes)
            return
        found = _WORD.search(before)
        typed = found.group() if found else ""
        if before.startswith("\\") and " " not in before:
            yield from _fitting(typed, COMMANDS)
        elif _TABLE_NEXT.search(before):
            yield from _fitting(typed, {name: self.words.about.get(name, "") for name in self.words.columns})
            yield from _fitting(typed, {f"{n}(": c for n, c in self.words.macros.items()})
        elif "." in typed:
            table, _, start = typed.rpartition(".")
            tables = self._tables_by_alias(document.text)
            yield from _fitting(start, self.words.columns.get(tables.get(table, table), {}))
            yield from _fitting(typed, {name: self.words.about.get(name, "") for name in self.words.columns})
        elif typed:
            columns: dict[str, str] = {}
            for table in set(self._tables_by_alias(document.text).values()) or self.words.columns:
                columns |= self.words.columns.get(table, {})
            yield from _fitting(typed, columns)
            yield from _fitting(typed, dict.fromkeys(KEYWORDS, ""))

    def _tables_by_alias(self, text: str) -> dict[str, str]:
        """The tables of a statement, by name and by alias."""
        out = {}
        for table, alias in _TABLE_AND_ALIAS.findall(text):
            out[table] = table
            if alias:
                out[alias] = table
        return out


def _fitting(start: str, words: dict[str, str]) -> Iterator[Completion]:
    for word in sorted(words):
        if word.lower().startswith(start.lower()):
            yield Completion(word, start_position=-len(start), display_meta=words[word][:60])

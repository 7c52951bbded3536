"""Read-only SQL on one release, and the table that a refresh shows at its end.

Belongs here: the sandboxed connection, the allowed statements, and running them.
Does not belong here: prompts and formats of the command line (pipelines), results as files (answer_files.py), values as
of a date (as_of_views.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from indicator_defs.errors import PayungError
from indicator_defs.rounding import half_up, in_percent
from warehouse.connection import open_engine, quoted
from warehouse.release.release_folders import DATABASE
from warehouse.release.settings_table import in_release

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd

# Settings that restrict a reader; the last one prevents changes of all settings.
LOCKED = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "enable_external_access": "false",
    "lock_configuration": "true",
}
READS = ("SELECT", "MULTI")  # MULTI: a PIVOT, whose columns are found by a query of its own
_SPACE = re.compile(r"\A(?:\s|--[^\n]*\n|/\*.*?\*/)*", re.DOTALL)
_EXPLAIN = re.compile(r"explain\b(?:\s+analyze\b)?(?:\s*\([^)]*\))?", re.IGNORECASE)


class QueryError(PayungError):
    """The query is wrong, or is not allowed in a read-only session."""


@dataclass(frozen=True)
class QueryAnswer:
    """The result of one query: names and DuckDB types of its fields, and the rows in order."""

    fields: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    rows: list[tuple[Any, ...]] = field(default_factory=list)


@contextmanager
def reader(release: Path, as_of: date | None = None, writes: Path | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that can only read this release: no writing, no other files, no extensions, no settings.

    `as_of`: show the values as of a date (as_of_views.py). `writes`: the only file that our own `COPY … TO` may write.
    Raises QueryError where the file is missing or damaged.
    """
    path = (release / DATABASE).resolve()
    name = "warehouse" if as_of is None else "today"
    # A separate engine, because two readers of one file in one process may have different settings.
    con = open_engine()
    try:
        try:
            con.execute(f"ATTACH '{quoted(path)}' AS {name} (READ_ONLY)")
        except duckdb.Error as error:
            raise QueryError(
                f"{path} cannot be opened: {error}. Make a new release from the snapshots: payung refresh --force"
            ) from error
        if as_of is None:
            con.execute(f"USE {name}")
        else:
            from warehouse.query.as_of_views import show_as_of

            show_as_of(con, as_of)
        if writes is not None:
            con.execute(f"SET allowed_paths = ['{quoted(writes)}']")
        for setting in LOCKED:
            con.execute(f"SET {setting} = {LOCKED[setting]}")
        yield con
    finally:
        con.close()


def refuse_writing(text: str) -> None:
    """Raises QueryError where a text has a statement that does more than read, or cannot be parsed.

    The locked engine would refuse most of them too. This check also refuses temporary tables, databases in memory and
    session settings, so that every statement reads only the release.
    """
    try:
        statements = duckdb.extract_statements(text)
    except duckdb.Error as error:
        raise QueryError(str(error)) from error
    for statement in statements:
        kind = statement.type.name
        own = statement.query.strip()
        if kind == "EXPLAIN":
            refuse_writing(_EXPLAIN.sub("", _SPACE.sub("", own), count=1))
        elif kind not in READS and own:  # in DuckDB 1.5 a PIVOT adds a statement of another type without text
            raise QueryError(
                f"payung sql only reads; {kind.replace('_', ' ')} is not allowed: {own[:80]}. "
                "Write SELECT, PIVOT, DESCRIBE, SHOW or EXPLAIN; to write the result to a file, use --format with "
                "--to FILE."
            )


def run_query(con: duckdb.DuckDBPyConnection, text: str) -> QueryAnswer:
    """The result of a query on an open reader. Raises QueryError with the engine's message and its place."""
    refuse_writing(text)
    try:
        result: duckdb.DuckDBPyConnection | None = con.execute(text)
        if result is None:  # only blanks, comments or semicolons
            raise QueryError("Found no statement in the query. Write one, such as: SELECT * FROM regional_baseline")
        if not result.description:
            return QueryAnswer()
        fields = tuple(str(d[0]) for d in result.description)
        return QueryAnswer(fields, tuple(str(d[1]) for d in result.description), result.fetchall())
    except duckdb.Error as error:
        raise QueryError(str(error)) from error


def query(release: Path, text: str, parameters: dict[str, Any] | None = None) -> pd.DataFrame:
    """The result of one query on a release; `parameters` by name ($name). QueryError with the engine's message."""
    refuse_writing(text)
    with reader(release) as con:
        try:
            text = in_release(con, text)
            result = con.execute(text, parameters) if parameters else con.execute(text)
            if result is None or not result.description:
                import pandas as pd

                return pd.DataFrame()
            days = [column[0] for column in result.description if str(column[1]) == "DATE"]
            frame = result.df()
            for name in days:  # pandas has no date type: without this, a time of day would be shown
                frame[name] = frame[name].dt.date
            return frame
        except duckdb.Error as error:
            raise QueryError(str(error)) from error


FIRST_TABLE = """
WITH shown AS (
    SELECT
        i.indicator, i.name, b.latest_year, b.latest_value, b.publication_class
    FROM baseline.value AS b
    JOIN reference.indicator AS i ON i.indicator = b.indicator
    WHERE b.is_headline AND b.ref_area = 'ASEAN' AND i.tier = 'core' AND b.latest_value IS NOT NULL
)
SELECT
    s.name AS indicator, s.latest_year AS year, s.latest_value AS asean, s.publication_class AS class,
    a.n_areas AS members, a.weight_covered
FROM shown AS s
JOIN indicator_set.aggregate AS a
    ON a.indicator = s.indicator AND a.ref_area = 'ASEAN' AND a.time_period = s.latest_year AND a.is_headline
ORDER BY s.indicator
LIMIT 12
"""


def first_table(release: Path) -> pd.DataFrame:
    """The table that a refresh shows at its end: indicator, year, asean, class, members, weight_covered (percent)."""
    table = query(release, FIRST_TABLE)
    table["asean"] = [float(half_up(v, 1)) for v in table["asean"]]
    table["weight_covered"] = [float(half_up(in_percent(v), 0)) for v in table["weight_covered"]]
    return table


def split_statements(text: str) -> list[str]:
    """The statements of a text, split by the engine's own parser. Raises QueryError where it cannot be parsed.

    Each statement ends before its semicolon, so that it can be used within another statement.
    """
    try:
        parts = [_bare(s.query) for s in duckdb.extract_statements(text)]
    except duckdb.Error as error:
        raise QueryError(str(error)) from error
    return parts if all(parts) else [text]  # DuckDB 1.5 splits a PIVOT into statements without text


def is_complete(text: str) -> bool:
    """Whether a text ends with the semicolon of a statement; comments after it are ignored."""
    last = [byte for byte, kind in _tokens(text) if kind != duckdb.token_type.comment][-1:]
    return last == [b";"]


def _bare(statement: str) -> str:
    """A statement up to its first semicolon that is not within quotes or comments."""
    encoded = statement.encode()
    ends = (at for at, _ in duckdb.tokenize(statement) if encoded[at : at + 1] == b";")
    return encoded[: next(ends, len(encoded))].decode().strip()


def _tokens(text: str) -> list[tuple[bytes, Any]]:
    """The first byte and the kind of each token of a text."""
    encoded = text.encode()  # positions are in bytes
    return [(encoded[at : at + 1], kind) for at, kind in duckdb.tokenize(text)]

"""Read-only SQL on one release, and the first tables that a refresh shows.

Belongs here: the sandboxed connection and query results.
Does not belong here: prompts and formats of the command line (pipelines).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from indicator_defs.errors import PayungError
from warehouse.engine import open_engine
from warehouse.release import DATABASE, quoted

# What a reader may not do; the last setting locks them all.
LOCKED = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "enable_external_access": "false",
    "lock_configuration": "true",
}


class QueryError(PayungError):
    """The query is wrong, or tries what a read-only session may not do."""


@contextmanager
def reader(release: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that can only read this release: no writing, no other files, no extensions, no settings.

    Raises QueryError where the file is missing or damaged.
    """
    path = (release / DATABASE).resolve()
    # Attached to an engine of its own: two readers of one file in one process need not agree on settings.
    con = open_engine()
    try:
        try:
            con.execute(f"ATTACH '{quoted(path)}' AS warehouse (READ_ONLY)")
        except duckdb.Error as error:
            raise QueryError(
                f"{path} cannot be opened: {error}. Publish anew: payung refresh --force (the snapshots are enough)."
            ) from error
        con.execute("USE warehouse")
        for setting in LOCKED:
            con.execute(f"SET {setting} = {LOCKED[setting]}")
        yield con
    finally:
        con.close()


def query(release: Path, text: str, parameters: dict[str, Any] | None = None) -> pd.DataFrame:
    """The result of one query on a release; `parameters` by name ($name). QueryError with the engine's message."""
    with reader(release) as con:
        try:
            result = con.execute(text, parameters) if parameters else con.execute(text)
            if not result.description:
                return pd.DataFrame()
            days = [column[0] for column in result.description if str(column[1]) == "DATE"]
            frame = result.df()
            for name in days:  # pandas has no type for days: without this they would show a time of day
                frame[name] = frame[name].dt.date
            return frame
        except duckdb.Error as error:
            raise QueryError(str(error)) from error


FIRST_TABLE = """
WITH shown AS (
    SELECT
        i.indicator, i.name, b.ref_area, b.latest_year, b.latest_value, b.publication_class,
        row_number() OVER (PARTITION BY i.indicator ORDER BY b.ref_area) AS turn
    FROM baseline.value AS b
    JOIN reference.indicator AS i ON i.indicator = b.indicator
    WHERE b.is_headline AND b.ref_area = 'ASEAN' AND i.tier = 'core' AND b.latest_value IS NOT NULL
)
SELECT
    s.name AS indicator, s.latest_year AS year, round(s.latest_value, 1) AS asean, s.publication_class AS class,
    a.n_areas AS members, round(100 * a.weight_covered) AS weight_covered
FROM shown AS s
JOIN indicator_set.aggregate AS a
    ON a.indicator = s.indicator AND a.ref_area = 'ASEAN' AND a.time_period = s.latest_year AND a.is_headline
ORDER BY s.indicator
LIMIT 12
"""


def first_table(release: Path) -> pd.DataFrame:
    """What a refresh shows at its end: indicator, year, asean, class, members, weight_covered (percent)."""
    return query(release, FIRST_TABLE)


def split_statements(text: str) -> list[str]:
    """The single statements of a text, split by the engine's own parser. Raises QueryError where it cannot."""
    try:
        return [s.query.strip() for s in duckdb.extract_statements(text)]
    except duckdb.Error as error:
        raise QueryError(str(error)) from error

"""Measures query times on the current release with and without a refresh running at the same time.

The queries run in a loop, and each round opens the file again. That their results are correct is tested in
tests/unit/warehouse/release/test_concurrent_readers.py.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from bench.measure import ROOT, BenchError, load
from bench.refresh import PAYUNG
from indicator_defs.system import settings

IDLE_ROUNDS = 60
QUERIES = {
    "one series": "SELECT time_period, obs_value FROM indicator_set.value WHERE indicator = 'ASP_COV_PENSN' "
    "AND ref_area = 'PHL' AND is_headline ORDER BY time_period",
    "one country": "SELECT indicator, latest_year, latest_value FROM baseline.value WHERE ref_area = 'VNM' AND is_headline",
    "regional figures": "SELECT indicator, obs_value, publication_class FROM indicator_set.aggregate "
    "WHERE ref_area = 'ASEAN' AND time_period = 2023 AND is_headline",
    "labelled view": "SELECT count(*), avg(obs_value) FROM observations WHERE indicator = 'ASP_COV_ANY'",
    "all values": "SELECT indicator, count(*), median(obs_value) FROM indicator_set.value GROUP BY indicator",
}


@dataclass(frozen=True)
class ReadTimes:
    """The seconds of each run of each query, and of each opening of the file."""

    opening: list[float]
    seconds: dict[str, list[float]]


@dataclass(frozen=True)
class Readers:
    """The times without and with a refresh, the seconds of the refresh, and the number of releases that queries saw."""

    alone: ReadTimes
    during_refresh: ReadTimes
    refresh_seconds: float
    releases_seen: int
    load_before: str
    load_after: str


def measure(home: Path) -> Readers:
    """Runs queries without and then during a complete refresh. Raises BenchError if the refresh fails."""
    before = load()
    alone, _ = _query(home, lambda times: len(times.opening) < IDLE_ROUNDS)
    env = settings.for_child(PAYUNG_HOME=str(home))
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    began = time.perf_counter()
    refresh = subprocess.Popen(
        [PAYUNG, "refresh", "--force"], env=env, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    during_refresh, seen = _query(home, lambda _: refresh.poll() is None)
    seconds = time.perf_counter() - began
    _, errors = refresh.communicate()
    if refresh.returncode:
        raise BenchError(f"the refresh during the queries failed:\n{errors}")
    seen |= _query(home, lambda times: not times.opening)[1]
    return Readers(alone, during_refresh, seconds, len(seen), before, load())


def _query(home: Path, more: Callable[[ReadTimes], bool]) -> tuple[ReadTimes, set[str]]:
    times = ReadTimes([], {name: [] for name in QUERIES})
    seen: set[str] = set()
    while more(times):
        began = time.perf_counter()
        con = duckdb.connect(str(home / "current" / "warehouse.duckdb"), read_only=True)
        try:
            seen.add(con.execute("SELECT release FROM main.release").fetchall()[0][0])
            times.opening.append(time.perf_counter() - began)
            for name, query in QUERIES.items():
                began = time.perf_counter()
                if not con.execute(query).fetchall():
                    raise BenchError(f"the query {name!r} returned no rows")
                times.seconds[name].append(time.perf_counter() - began)
        finally:
            con.close()
        time.sleep(0.05)
    return times, seen

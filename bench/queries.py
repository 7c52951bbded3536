"""Measures the example queries of docs/sql.md on a release and on larger ones: opening, p50 and p95 in one process.

Run as `python -m bench.queries DATABASE_FOLDER RESULT` in its own process.

A larger release has copies of the tables of a real one, up to a given number of observations. It has the same eleven
Member States, first with as many other countries as the world has, then with more indicators; tables with Member States
only grow by indicators. The tables keep the row order of a release. (grow.py makes larger input for the SQL that makes
the tables, and copies the Member States too.)
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles

import duckdb

from bench.measure import ROOT, load, remove, run
from warehouse.build.engine import Build
from warehouse.connection import parquet, quoted
from warehouse.metadata import TableDescription, staged_table, table, tables
from warehouse.query.read_only import reader, run_query
from warehouse.release.database import write_database
from warehouse.release.release_folders import DATABASE

TIMES = 7
MOST_AREAS = 20  # copies of today's 21 areas; this gives about as many as there are countries and groups in the world
IDS = ("observation_id", "other_observation_id")
# All tables with indicators grow by indicators; this table and those with areas other than members also by areas.
AREAS = "reference.area"


@dataclass(frozen=True)
class QueryTimes:
    """The times of the example queries on one size, in milliseconds of wall time and of processor time (all threads).

    On a busy machine the processor time is the better measure: an idle machine does not need more.
    `slowest`: median processor time of the slowest queries.
    """

    observations: int
    megabytes: float
    opening: float
    opening_cpu: float
    p50: float
    p95: float
    p50_cpu: float
    p95_cpu: float
    queries: int
    slowest: list[tuple[str, float]]
    load: str = ""


def cookbook() -> dict[str, str]:
    """The example queries of docs/sql.md, by heading."""
    text = (ROOT / "docs" / "sql.md").read_text(encoding="utf-8")
    sections = re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", text, re.S | re.M)
    return {
        f"{heading} ({n})": query
        for heading, section in sections
        for n, query in enumerate(re.findall(r"```sql\n(.*?)```", section, re.S), start=1)
    }


def grow(release: Path, folder: Path, observations: int) -> None:
    """Writes a larger database into `folder`, which is emptied first."""
    remove(folder)
    build = Build(folder / "build")
    con = duckdb.connect()
    con.execute("SET enable_progress_bar = false")
    con.execute("SET memory_limit = '6GB'")
    con.execute(f"SET temp_directory = '{quoted(folder / 'spill')}'")
    observation = parquet(release / "parquet/harmonised/observation.parquet")
    n = max(1, round(observations / con.execute(f"SELECT count(*) FROM {observation}").fetchall()[0][0]))
    areas = min(n, MOST_AREAS)
    con.execute(f"CREATE TABLE area AS SELECT a::INTEGER AS a FROM range({areas}) AS t(a)")
    con.execute(f"CREATE TABLE indicator AS SELECT i::INTEGER AS i FROM range({max(1, round(n / areas))}) AS t(i)")
    groups = parquet(release / "parquet/reference/area_group.parquet")
    con.execute(f"CREATE TABLE ours AS SELECT unnest([ref_area, area_group]) AS ref_area FROM {groups}")
    published: list[TableDescription] = []
    for path in sorted((release / "parquet").glob("*/*.parquet")):
        full_name = f"{path.parent.name}.{path.stem}"
        if full_name not in tables() and path.parent.name != "staged":
            continue
        to, source = build.path(full_name), parquet(path)
        to.parent.mkdir(parents=True, exist_ok=True)
        names = [d[0] for d in con.execute(f"SELECT * FROM {source} LIMIT 0").description]
        published.append(table(full_name) if full_name in tables() else _staged(path.stem, names))
        if path.parent.name == "staged" or ("indicator" not in names and full_name != AREAS):
            shutil.copyfile(path, to)
            continue
        has_others = full_name == AREAS or (
            {"indicator", "ref_area"} <= set(names)
            and path.parent.name != "reference"
            and con.execute(f"SELECT bool_or(ref_area NOT IN (FROM ours)) FROM {source}").fetchall()[0][0]
        )
        grown_by = ["area"] if has_others else []
        renamed = {"ref_area": "a"} if has_others else {}
        if "indicator" in names:
            grown_by.append("indicator")
            renamed |= {"indicator": "i"}
        key = " * 1000 + ".join(renamed.values())  # a different number for each copy
        renamed |= {name: f"({key})" for name in IDS if name in names}
        code_of_copy = [
            f"CASE WHEN {k} = 0 THEN {name} ELSE {name} || '~' || {k} END AS {name}" for name, k in renamed.items()
        ]
        if has_others and "is_member" in names:
            code_of_copy.append("is_member AND a = 0 AS is_member")
        copies = ", ".join([f"{source} AS s", *grown_by])
        con.execute(
            f"COPY (SELECT s.* REPLACE ({', '.join(code_of_copy)}) FROM {copies} {order_of(full_name)}) "
            f"TO '{quoted(to)}' (FORMAT parquet, COMPRESSION zstd)"
        )
    con.close()
    write_database(build, published, folder / DATABASE, f"grown from {release.name}")
    remove(folder / "build")
    remove(folder / "spill")


def order_of(full_name: str) -> str:
    """ORDER BY with the declared row order of a table; empty for tables of the catalogue and of providers."""
    order = table(full_name).order if full_name in tables() else ()
    return f"ORDER BY {', '.join(order)}" if order else ""


def _staged(key: str, names: list[str]) -> TableDescription:
    from sources import registry

    structure = next(s for s in registry.structures() if s.key == key)
    return staged_table(structure, tuple(names))


def measure(release: Path) -> QueryTimes:
    """Opens a release and runs every example query, `TIMES` times each; returns the times."""
    opening: list[tuple[float, float]] = []
    for _ in range(TIMES):
        before = _clocks()
        with reader(release):
            opening.append(_since(before))
    every: list[tuple[float, float]] = []
    medians: dict[str, float] = {}
    with reader(release) as con:
        observations = run_query(con, "SELECT count(*) FROM harmonised.observation").rows[0][0]
        for name, text in cookbook().items():
            run_query(con, text)
            times_of_query = []
            for _ in range(TIMES):
                before = _clocks()
                run_query(con, text)
                times_of_query.append(_since(before))
            every += times_of_query
            medians[name] = median(cpu for _, cpu in times_of_query)
    wall, cpu = [e[0] for e in every], [e[1] for e in every]
    return QueryTimes(
        observations,
        (release / DATABASE).stat().st_size / 2**20,
        median(o[0] for o in opening),
        median(o[1] for o in opening),
        median(wall),
        quantiles(wall, n=20)[18],
        median(cpu),
        quantiles(cpu, n=20)[18],
        len(medians),
        sorted(medians.items(), key=lambda m: -m[1])[:5],
    )


def _clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _since(before: tuple[float, float]) -> tuple[float, float]:
    return 1000 * (time.perf_counter() - before[0]), 1000 * (time.process_time() - before[1])


def measure_all(release: Path, folder: Path, observations: list[int]) -> list[QueryTimes]:
    """Measures the release and a larger one for each number of observations, each in its own process."""
    found = []
    for size in (0, *observations):
        measured, result_file = release, folder / "query_times.json"
        if size:
            measured = folder / "grown-release"
            grow(release, measured, size)
        before = load()
        run([sys.executable, "-m", "bench.queries", str(measured), str(result_file)])
        found.append(QueryTimes(**{**json.loads(result_file.read_text(encoding="utf-8")), "load": before}))
        if size:
            remove(measured)
    return found


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps(asdict(measure(Path(sys.argv[1])))), encoding="utf-8")

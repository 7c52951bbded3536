"""The cookbook of docs/sql.md on a release and on a larger one: opening, p50 and p95 in one process.

Belongs here: a release's tables copied until there are as many observations as asked for, and asking them.
Does not belong here: growing the input of the SQL that makes the tables (grow.py).

Run as `python -m bench.queries DATABASE_FOLDER RESULT` in a process of its own.

Every copy of the larger one is another set of countries and groups, as in grow.py, with observations of its own; the tables
keep the order of rows that a release has.
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
from warehouse.database import write_database
from warehouse.engine import Build, computed_tables, sql_text
from warehouse.metadata import Table, staged_table, table, tables
from warehouse.query import ask, reader
from warehouse.releases import DATABASE

TIMES = 7
RENAMED = ("ref_area", "area_group", "observation_id", "other_observation_id")
# Of the catalogue only what says which areas there are; definitions, code lists and weights' rules stay as they are.
COPIED_REFERENCE = ("area", "area_group", "set_group", "series_break")


@dataclass(frozen=True)
class Asked:
    """What the cookbook took on one size; milliseconds on the clock, and of the processor (all threads together).

    On a busy machine the processor's time is the honest one: an idle machine needs no longer than that.
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
    """The queries of docs/sql.md by heading."""
    text = (ROOT / "docs" / "sql.md").read_text(encoding="utf-8")
    sections = re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", text, re.S | re.M)
    return {
        f"{heading} ({n})": query
        for heading, section in sections
        for n, query in enumerate(re.findall(r"```sql\n(.*?)```", section, re.S), start=1)
    }


def grow(release: Path, folder: Path, observations: int) -> None:
    """Writes a larger database into `folder`, beside nothing else."""
    remove(folder)
    build = Build(folder / "build")
    con = duckdb.connect()
    con.execute("SET enable_progress_bar = false")
    con.execute("SET memory_limit = '6GB'")
    con.execute(f"SET temp_directory = '{folder / 'spill'}'")
    source = f"read_parquet('{release}/parquet/harmonised/observation.parquet')"
    have = con.execute(f"SELECT count(*) FROM {source}").fetchall()[0][0]
    con.execute(f"CREATE TABLE copy AS SELECT k::INTEGER AS k FROM range({max(1, round(observations / have))}) AS t(k)")
    published: list[Table] = []
    for path in sorted((release / "parquet").glob("*/*.parquet")):
        full_name = f"{path.parent.name}.{path.stem}"
        if full_name not in tables() and path.parent.name != "staged":
            continue
        to = build.path(full_name)
        to.parent.mkdir(parents=True, exist_ok=True)
        names = [d[0] for d in con.execute(f"SELECT * FROM read_parquet('{path}') LIMIT 0").description]
        published.append(table(full_name) if full_name in tables() else _staged(path.stem, names))
        renamed = [n for n in RENAMED if n in names]
        of_reference = path.parent.name == "reference" and path.stem not in COPIED_REFERENCE
        if not renamed or of_reference or path.parent.name == "staged":
            shutil.copyfile(path, to)
            continue
        marked = ", ".join(f"CASE WHEN k = 0 THEN {n} ELSE {n} || '~' || k END AS {n}" for n in renamed)
        con.execute(
            f"COPY (SELECT s.* REPLACE ({marked}) FROM read_parquet('{path}') AS s, copy {order_of(full_name)}) "
            f"TO '{to}' (FORMAT parquet, COMPRESSION zstd)"
        )
    con.close()
    write_database(build, published, folder / DATABASE, f"grown from {release.name}")
    remove(folder / "build")
    remove(folder / "spill")


def order_of(full_name: str) -> str:
    """The order of rows of a table as its SQL has it; a table of the catalogue has none that matters."""
    if full_name not in computed_tables():
        return ""
    (order,) = re.findall(r"^ORDER BY ([^()]+)\Z", sql_text(full_name), re.M)
    return "ORDER BY " + re.sub(r"\b[a-z]\.", "", order.strip())


def _staged(key: str, names: list[str]) -> Table:
    from sources import registry

    structure = next(s for s in registry.structures() if s.key == key)
    return staged_table(structure, tuple(names))


def measure(release: Path) -> Asked:
    """Opens a release a few times, asks every query of the cookbook `TIMES` times, and counts."""
    opening: list[tuple[float, float]] = []
    for _ in range(TIMES):
        before = _clocks()
        with reader(release):
            opening.append(_since(before))
    every: list[tuple[float, float]] = []
    medians: dict[str, float] = {}
    with reader(release) as con:
        observations = ask(con, "SELECT count(*) FROM harmonised.observation").rows[0][0]
        for name, text in cookbook().items():
            ask(con, text)
            taken = []
            for _ in range(TIMES):
                before = _clocks()
                ask(con, text)
                taken.append(_since(before))
            every += taken
            medians[name] = median(cpu for _, cpu in taken)
    wall, cpu = [e[0] for e in every], [e[1] for e in every]
    return Asked(
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


def measure_all(release: Path, folder: Path, observations: list[int]) -> list[Asked]:
    """The release as it is, and grown to each number of observations; each asked in a process of its own."""
    found = []
    for wanted in (0, *observations):
        asked, told = release, folder / "asked.json"
        if wanted:
            asked = folder / "grown-release"
            grow(release, asked, wanted)
        before = load()
        run([sys.executable, "-m", "bench.queries", str(asked), str(told)])
        found.append(Asked(**{**json.loads(told.read_text(encoding="utf-8")), "load": before}))
        if wanted:
            remove(asked)
    return found


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps(asdict(measure(Path(sys.argv[1])))), encoding="utf-8")

"""Measures all SQL tables and the audit on one build: seconds, peak memory and rows of each table.

Run as `python -m bench.chain BUILD MEMORY_GB RESULT [floor] [pandas] [each]` in its own process; `bench.grow` makes the
build. `floor` also measures the time in which the engine only reads and writes the same Parquet, `pandas` the same
regional figures in pandas, and `each` pandas with a function for each figure even if there are many figures.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench import pandas_way
from bench.measure import peak_mb, remove, reset_peak
from warehouse.build import audit_checks
from warehouse.build.engine import Build, computed_tables, connect, dataset_files, make
from warehouse.connection import parquet, quoted

AUDIT = "audit"


@dataclass(frozen=True)
class Step:
    """The measurement of one table: seconds, peak memory of the process (MB), rows, floor in seconds (0: not measured)."""

    name: str
    seconds: float
    peak_mb: float
    rows: int
    floor: float = 0.0


@dataclass(frozen=True)
class Result:
    """The measurements of one size."""

    staged_rows: int
    steps: list[Step]
    read_floor: float
    pandas: pandas_way.Comparison | None = None
    failed: list[str] = field(default_factory=list)


def _copy(source: str, to: Path) -> float:
    started = time.perf_counter()
    with connect() as con:
        con.execute(f"COPY (SELECT * FROM {source}) TO '{quoted(to)}' (FORMAT parquet, COMPRESSION zstd)")
    seconds = time.perf_counter() - started
    to.unlink()
    return seconds


def limit_memory(gigabytes: float, spill: Path) -> None:
    """Sets the memory limit of the engine and the folder for its temporary files."""
    with connect() as con:
        con.execute(f"SET memory_limit = '{1000 * gigabytes:.0f}MB'")
        con.execute(f"SET temp_directory = '{quoted(spill)}'")


def measure(build: Build, with_floor: bool, with_pandas: bool, each: bool) -> Result:
    """Makes and measures every computed table of a staged build, then audits it."""
    scratch = build.folder / "floor.parquet"
    with connect() as con:
        source = parquet(dataset_files(con, build, "staged.observation"))
        rows = int(con.execute(f"SELECT count(*) FROM {source}").fetchall()[0][0])
    read_floor = _copy(source, scratch) if with_floor else 0.0
    steps = []
    for name in computed_tables():
        reset_peak()
        started = time.perf_counter()
        count = make(build, name)
        seconds = time.perf_counter() - started
        peak = peak_mb()
        floor = _copy(parquet(build.path(name)), scratch) if with_floor else 0.0
        steps.append(Step(name, seconds, peak, count, floor))
        print(f"{seconds:8.2f} s  {peak:7.0f} MB  {count:12,}  {name}", file=sys.stderr, flush=True)
    reset_peak()
    started = time.perf_counter()
    results = audit_checks.run_checks(build)
    steps.append(Step(AUDIT, time.perf_counter() - started, peak_mb(), len(results)))
    failed = [f"{r.check.name}: {r.sample}" for r in results if not r.passed and r.check.severity == "blocks"]
    return Result(rows, steps, read_floor, pandas_way.compare(build, each) if with_pandas else None, failed)


def main(folder: str, gigabytes: str, result: str, *parts: str) -> None:
    """Measures one build and writes the result as JSON."""
    build = Build(Path(folder))
    spill = build.folder / "spill"
    limit_memory(float(gigabytes), spill)
    measured = measure(build, "floor" in parts, "pandas" in parts, "each" in parts)
    Path(result).write_text(json.dumps(asdict(measured)), encoding="utf-8")
    remove(spill)


if __name__ == "__main__":
    main(*sys.argv[1:])

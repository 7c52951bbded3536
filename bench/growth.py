"""The SQL on larger input: each size made and measured in processes of its own."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.chain import Result, Step
from bench.measure import load, remove, run
from bench.pandas_way import Comparison

# Larger sizes are measured by themselves: pandas would need more memory than a machine has, and the floor an hour more.
MOST_COMPARED = 20_000_000


@dataclass(frozen=True)
class Size:
    """One size: how it was made, the memory that the engine may use (GB), the machine's load before, and the result."""

    way: str
    memory: float
    load: str
    result: Result

    @property
    def peak_sql(self) -> float:
        """Peak memory of the SQL (MB), pandas apart."""
        return max(s.peak_mb for s in self.result.steps)


def measure(
    release: Path, folder: Path, rows: list[int], ways: list[str], memory: list[float], each: bool = False
) -> list[Size]:
    """The real size, each of `rows` with more areas, and the smallest of them grown in the other ways.

    `memory`: what the engine may use (GB), for each of `rows`; the last one for all that follow, the first one also for
    the real size. `each`: pandas with a function for each figure also where that takes long.
    """
    sizes = [(1, "areas", memory[0])]
    allowed = sorted((n, memory[min(i, len(memory) - 1)]) for i, n in enumerate(rows))
    if "areas" in ways:
        sizes += [(n, "areas", gigabytes) for n, gigabytes in allowed]
    sizes += [(allowed[0][0], way, allowed[0][1]) for way in ways if way != "areas" and allowed]
    return [_one(release, folder, *size, each) for size in sizes]


def _one(release: Path, folder: Path, rows: int, way: str, memory: float, each: bool) -> Size:
    build, result_file = folder / "grown", folder / "grown.json"
    try:
        run([sys.executable, "-m", "bench.grow", str(release), str(build), str(rows), way])
        before = load()
        parts = [] if rows > MOST_COMPARED else ["floor", "pandas"] if way == "areas" else ["floor"]
        parts += ["each"] if each else []
        run([sys.executable, "-m", "bench.chain", str(build), str(memory), str(result_file), *parts])
        found = json.loads(result_file.read_text(encoding="utf-8"))
    finally:
        remove(build)
    result = Result(
        found["staged_rows"],
        [Step(**s) for s in found["steps"]],
        found["read_floor"],
        Comparison(**found["pandas"]) if found["pandas"] else None,
        found["failed"],
    )
    return Size(way, memory, before, result)

"""Measures the SQL on larger input; each size is made and measured in its own processes."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.chain import Result, Step
from bench.measure import load, remove, run
from bench.pandas_way import Comparison

# Larger sizes have no comparison: pandas would need more memory than the machine has, and the floor one more hour.
MOST_COMPARED = 20_000_000


@dataclass(frozen=True)
class Size:
    """One size: how it was made, the memory limit of the engine (GB), the machine's load before, and the result."""

    way: str
    memory: float
    load: str
    result: Result

    @property
    def peak_sql(self) -> float:
        """Peak memory of the SQL without pandas (MB)."""
        return max(s.peak_mb for s in self.result.steps)


def measure(
    release: Path, folder: Path, rows: list[int], ways: list[str], memory: list[float], each: bool = False
) -> list[Size]:
    """Measures the real size, each of `rows` with more areas, and the smallest of them with more years and vintages.

    `memory`: the memory limit of the engine (GB) for each of `rows`; the last one applies to the rest, the first one also
    to the real size. `each`: run pandas with a function for each figure even if that takes long.
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

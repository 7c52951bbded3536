"""The SQL on larger input: each size made and measured in processes of its own."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.chain import Result, Step
from bench.measure import load, remove, run
from bench.pandas_way import Comparison


@dataclass(frozen=True)
class Size:
    """One size: how it was made, the machine's load before, and the result."""

    way: str
    load: str
    result: Result

    @property
    def peak_sql(self) -> float:
        """Peak memory of the SQL (MB), pandas apart."""
        return max(s.peak_mb for s in self.result.steps)


def measure(release: Path, folder: Path, rows: list[int], ways: list[str], memory: float) -> list[Size]:
    """The real size, each of `rows` with more areas, and the smallest of them grown in the other ways."""
    wanted = [(1, "areas"), *((n, "areas") for n in rows if "areas" in ways)]
    wanted += [(rows[0], way) for way in ways if way != "areas" and rows]
    return [_one(release, folder, n, way, memory) for n, way in wanted]


def _one(release: Path, folder: Path, rows: int, way: str, memory: float) -> Size:
    build, told = folder / "grown", folder / "grown.json"
    try:
        run([sys.executable, "-m", "bench.grow", str(release), str(build), str(rows), way])
        before = load()
        beside = ["pandas"] if way == "areas" else []
        run([sys.executable, "-m", "bench.chain", str(build), str(memory), str(told), *beside])
        found = json.loads(told.read_text(encoding="utf-8"))
    finally:
        remove(build)
    result = Result(
        found["staged_rows"],
        [Step(**s) for s in found["steps"]],
        found["read_floor"],
        Comparison(**found["pandas"]) if found["pandas"] else None,
        found["failed"],
    )
    return Size(way, before, result)

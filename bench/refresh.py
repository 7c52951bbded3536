"""Measures commands on a new home (refresh from scratch, refresh with nothing new, help), and Dagster's share."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.measure import BenchError, Times, load, remove, repeat, run

PAYUNG = str(Path(sys.executable).parent / "payung")


@dataclass(frozen=True)
class Commands:
    """The measurements of the commands. `stages`: seconds by stage of the same work without Dagster (best run)."""

    scratch: Times
    forced: Times
    bare: Times
    nothing_new: Times
    help: Times
    export: Times
    stages: dict[str, float]
    release: Path
    load_before: str
    load_after: str


def release_in(folder: Path) -> Path:
    """The release of the home in `folder`; it is made if there is none."""
    home = folder / "home"
    if not (home / "current").exists():
        run([PAYUNG, "refresh"], PAYUNG_HOME=str(home))
    return (home / "current").resolve()


def measure(folder: Path, times: int) -> Commands:
    """Measures the commands in `folder`, which keeps the home of the last refresh from scratch."""
    before = load()
    run([PAYUNG, "--help"])  # compiles the bytecode of changed files
    home = folder / "home"
    scratch, bare, stages = [], [], []
    spans = folder / "spans.json"
    for _ in range(times):  # in turn, so that the load of the machine affects both
        remove(home)
        scratch.append(run([PAYUNG, "refresh"], PAYUNG_HOME=str(home)))
        release = release_in(folder)
        remove(folder / "bare")
        bare.append(run([sys.executable, "-m", "bench.bare", str(folder / "bare"), str(release), str(spans)]))
        stages.append(json.loads(spans.read_text(encoding="utf-8")))
    nothing_new = repeat([PAYUNG, "refresh"], 2 * times, PAYUNG_HOME=str(home))
    if any("Nothing changed" not in r.output for r in nothing_new.runs):
        raise BenchError("the refresh with nothing new made a release: the project changed meanwhile; run again")
    forced = repeat([PAYUNG, "refresh", "--force"], times, PAYUNG_HOME=str(home))
    export = repeat([PAYUNG, "export", "--to", str(folder / "export")], 1, PAYUNG_HOME=str(home))
    return Commands(
        Times(scratch),
        forced,
        Times(bare),
        nothing_new,
        repeat([PAYUNG, "--help"], 5 * times),
        export,
        min(stages, key=lambda s: sum(s.values())),
        release,
        before,
        load(),
    )

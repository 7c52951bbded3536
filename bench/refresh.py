"""The command line on a home of its own: from scratch, with nothing new, and help; and Dagster's share of it."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.measure import BenchError, Times, load, remove, repeat, run

PAYUNG = str(Path(sys.executable).parent / "payung")


@dataclass(frozen=True)
class Commands:
    """What the commands took. `stages`: seconds by stage of the same work without Dagster (best run)."""

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
    """The release of the home in `folder`, made if there is none yet."""
    home = folder / "home"
    if not (home / "current").exists():
        run([PAYUNG, "refresh"], PAYUNG_HOME=str(home))
    return (home / "current").resolve()


def measure(folder: Path, times: int) -> Commands:
    """Measures the commands in `folder`; the home of the last refresh from scratch stays, with its release."""
    before = load()
    run([PAYUNG, "--help"])  # compiles bytecode after a change of the code
    home = folder / "home"
    scratch, bare, stages = [], [], []
    spans = folder / "spans.json"
    for _ in range(times):  # in turn, so that a busy machine is busy for both
        remove(home)
        scratch.append(run([PAYUNG, "refresh"], PAYUNG_HOME=str(home)))
        release = release_in(folder)
        remove(folder / "bare")
        bare.append(run([sys.executable, "-m", "bench.bare", str(folder / "bare"), str(release), str(spans)]))
        stages.append(json.loads(spans.read_text(encoding="utf-8")))
    nothing_new = repeat([PAYUNG, "refresh"], 2 * times, PAYUNG_HOME=str(home))
    if any("Nothing changed" not in r.output for r in nothing_new.runs):
        raise BenchError("a refresh with nothing new built a release: the project was changed while it was measured")
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

"""Measures parsing and staging of providers' answers, without pandera, and an online and an offline refresh.

The online refresh sends its requests to the test servers of tests/providers on 127.0.0.1, which respond at once.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path

from bench.measure import ROOT, Run, Times, load, remove, run
from bench.refresh import PAYUNG
from sources import registry
from sources.parsing import ParsedDataset, no_collection
from sources.shipped_archive import shipped_archive
from sources.snapshots import SnapshotStore
from warehouse.build import staging

# The rows of the ILO's answer are repeated up to this number, so that the time can be measured.
LEAST_ROWS = 50_000
ANSWERS = {
    "UN SDG, JSON pages": (("unsd_sdg", "sdg"), 40_000),
    "World Bank, JSON pages": (("world_bank", "wdi"), None),
    "ILOSTAT, SDMX-CSV": (("ilostat", "SDG_0131_SEX_SOC_RT"), 150_000),
    "UN WPP 2019, CSV": (("un_wpp", "wpp2019_age_sex"), None),
}


@dataclass(frozen=True)
class Reading:
    """One answer: its rows, the shortest processor time to parse it and to make its keys, the target in rows per second."""

    what: str
    rows: int
    parse: float
    key: float
    aim: int | None


@dataclass(frozen=True)
class Read:
    """The measurements of all answers, and of the offline and the online refresh from scratch."""

    answers: list[Reading]
    offline: Times
    online: Times
    load_before: str
    load_after: str


def measure(folder: Path, times: int) -> Read:
    """Measures in `folder`: the best of `times` readings, and `times` refreshes of each kind in turn."""
    before = load()
    answers = [_reading(what, which, aim, times) for what, (which, aim) in ANSWERS.items()]
    sys.path.insert(0, str(ROOT / "tests"))
    from providers.servers import serving

    offline: list[Run] = []
    online: list[Run] = []
    with serving() as providers:
        for _ in range(times):
            for runs, more in ((offline, ()), (online, ("--online",))):
                home = folder / "reading"
                remove(home)
                runs.append(run([PAYUNG, "refresh", *more], PAYUNG_HOME=str(home), **providers.environment))
    return Read(answers, Times(offline), Times(online), before, load())


def _reading(what: str, which: tuple[str, str], aim: int | None, times: int) -> Reading:
    store = SnapshotStore(shipped_archive())
    manifest = [m for m in store.list() if (m.provider, m.dataset) == which][-1]
    files = [(name, body) for name, body in store.files(manifest)]
    structure = next(s for s in registry.structures() if (s.provider, s.dataset) == which)
    parser = registry.parser(which[0])
    files = _larger(files) if which[0] == "ilostat" else files
    best: tuple[float, float, int] | None = None
    for _ in range(times):
        started = time.process_time()
        with no_collection():  # as registry.parse_snapshot does
            parsed: ParsedDataset = parser(registry.dataset(*which), files)
        between = time.process_time()
        frame = parsed.frame.astype(object)
        frame["provider"], frame["dataset"] = which
        named = staging.dimension_columns(frame, structure, {})
        frame["series_key"] = staging.series_key(frame, named)
        staging.series_dimensions(frame, named)
        current = (between - started, time.process_time() - between, len(frame))
        best = current if best is None or sum(current[:2]) < sum(best[:2]) else best
    assert best is not None
    return Reading(what, best[2], best[0], best[1], aim)


def _larger(files: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """The CSV file with repeated records."""
    ((name, body),) = files
    header, _, records = body.partition(b"\n")
    records = records.rstrip(b"\n") + b"\n"
    return [(name, header + b"\n" + records * (LEAST_ROWS // max(records.count(b"\n"), 1) + 1))]

"""Formats measurements as tables in Markdown and writes them between the markers of docs/performance.md."""

from __future__ import annotations

from pathlib import Path
from statistics import quantiles

from bench.chain import AUDIT
from bench.growth import Size
from bench.measure import Times, machine
from bench.queries import TIMES, QueryTimes
from bench.readers import Readers
from bench.reading import Read
from bench.refresh import Commands
from docs.pages.places import filled
from indicator_defs.system import clock, files

# The tables that the pandas code makes too.
REGIONAL = ("indicator_set.member_value", "indicator_set.aggregate_member", "indicator_set.aggregate")


def write(path: Path, tables: dict[str, str]) -> None:
    """Writes each table between its markers, like docs/make.py. Raises PayungError if the page has no such markers."""
    text = path.read_text(encoding="utf-8")
    for name, table in tables.items():
        text = filled(text, name, table)
    files.write(path, text)


def _stamp(loads: str) -> str:
    return f"Measured on {clock.today()} on {machine()}; load of the machine: {loads}."


def _seconds(times: Times) -> str:
    if len(times.runs) == 1:
        return f"{times.seconds:.2f}"
    return f"{times.seconds:.2f} ({times.fastest:.2f} to {times.slowest:.2f})"


def commands(found: Commands, times: int) -> str:
    """The table of the commands, Dagster's share, and the stages without it."""
    rows = [
        ("`payung refresh` from scratch, complete archive, without exports", found.scratch, "15 s, 1 GB"),
        ("`payung refresh --force` on the same home", found.forced, ""),
        ("the same work without Dagster, in one process", found.bare, ""),
        ("`payung refresh`, nothing new", found.nothing_new, "4 s"),
        ("`payung --help`", found.help, "0.4 s"),
        ("`payung export`, all formats", found.export, ""),
    ]
    lines = [
        _stamp(f"{found.load_before} to {found.load_after}"),
        f"Complete processes from start to exit, median of {times} or more runs (fastest to slowest).",
        "",
        "| command | seconds | processor, s | peak memory, MB | target |",
        "|---|---:|---:|---:|---|",
        *(f"| {command} | {_seconds(t)} | {t.cpu:.2f} | {t.peak_mb:.0f} | {target} |" for command, t, target in rows),
    ]
    share, cpu = found.scratch.seconds - found.bare.seconds, found.scratch.cpu - found.bare.cpu
    lines += [
        "",
        f"Dagster's share of the refresh from scratch: {share:.1f} s, {100 * share / found.scratch.seconds:.0f} %; "
        f"of its processor time {cpu:.1f} s, {100 * cpu / found.scratch.cpu:.0f} %.",
        "",
        "Time by stage, without Dagster:",
        "",
        "| stage | seconds |",
        "|---|---:|",
    ]
    sql = {k: v for k, v in found.stages.items() if "." in k}
    for stage, seconds in found.stages.items():
        if stage not in sql:
            if stage == "audit":
                lines.append(f"| {len(sql)} tables made by SQL | {sum(sql.values()):.2f} |")
            lines.append(f"| {stage} | {seconds:.2f} |")
    return "\n".join(lines)


def reading(found: Read, times: int) -> str:
    """The table of providers' answers, and the online refresh compared with the offline one."""
    lines = [
        _stamp(f"{found.load_before} to {found.load_after}"),
        f"Processor seconds, the best of {times}, without pandera. Parsing and keys: all steps from bytes to staged rows.",
        "",
        "| answer | rows | parsing, s | keys, s | rows per second | target |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for r in found.answers:
        target = "" if r.aim is None else f"{r.aim:,}"
        speed = r.rows / (r.parse + r.key)
        lines.append(f"| {r.what} | {r.rows:,} | {r.parse:.2f} | {r.key:.2f} | {speed:,.0f} | {target} |")
    lines += [
        "",
        "| refresh from scratch | seconds | processor, s |",
        "|---|---:|---:|",
        f"| offline | {_seconds(found.offline)} | {found.offline.cpu:.1f} |",
        f"| online, from servers on 127.0.0.1 | {_seconds(found.online)} | {found.online.cpu:.1f} |",
        "",
        f"Online takes {found.online.seconds / found.offline.seconds:.1f} times as long; the target is at most 2.",
    ]
    return "\n".join(lines)


WAYS = {
    "areas": "more areas and groups",
    "years": "more years",
    "vintages": "more vintages",
}


def growth(found: list[Size]) -> str:
    """The summary by size, the comparison with pandas, and the measurements by table."""
    by_areas = [s for s in found if s.way == "areas"]
    real = found[0]
    lines = [
        _stamp(" / ".join(s.load for s in found)),
        "The SQL engine uses two threads and at most the given memory; it writes to disk what does not fit.",
        "",
        "| staged rows | grown by | observations | SQL, s | audit, s | reading and writing, s | memory limit, GB "
        "| peak memory, MB |",
        "|---:|---|---:|---:|---:|---:|---:|---:|",
    ]
    for size in found:
        r = size.result
        observations = next(s.rows for s in r.steps if s.name == "harmonised.observation")
        grown = "real size" if size is real else WAYS[size.way]
        lines.append(
            f"| {r.staged_rows:,} | {grown} | {observations:,} | {_sql(size):.1f} | {_audit(size):.1f} | "
            f"{_floor(size)} | {size.memory:g} | {size.peak_sql:.0f} |"
        )
    lines += [
        "",
        "| staged rows | grown by | regional figures | pandas, whole columns, s (times the SQL's) "
        "| pandas, a function for each figure, s (times the SQL's) | pandas, whole columns, MB | SQL, s | SQL, MB "
        "| differing figures | largest difference of a number |",
        "|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for size in found:
        p = size.result.pandas
        if p is None:
            continue
        same = [s for s in size.result.steps if s.name in REGIONAL]
        grown = "real size" if size is real else WAYS[size.way]
        sql = sum(s.seconds for s in same)
        ways = [f"{t:.1f} ({t / sql:.1f} ×)" if t else "" for t in (p.seconds, p.seconds_one_by_one)]
        lines.append(
            f"| {size.result.staged_rows:,} | {grown} | {p.figures:,} | {ways[0]} | {ways[1]} | {p.peak_mb:.0f} | "
            f"{sql:.1f} | {max(s.peak_mb for s in same):.0f} | {p.different} | {p.largest_difference:.0e} |"
        )
    lines += [
        "",
        "By table, grown by areas: seconds (peak memory in MB), and how much longer the last size takes.",
        "",
    ]
    heads = " | ".join(f"{s.result.staged_rows:,} rows" for s in by_areas)
    factor = by_areas[-1].result.staged_rows / by_areas[-2].result.staged_rows if len(by_areas) > 1 else 0
    with_floor = [s.result for s in by_areas if s.result.read_floor][-1]  # at least the real size has it
    lines += [
        f"| table | {heads} | rows | reading and writing for {with_floor.staged_rows:,}, s |"
        + (f" for {factor:.1f} × rows |" if factor else ""),
        "|---|" + "---:|" * (len(by_areas) + 2 + bool(factor)),
    ]
    for i, step in enumerate(by_areas[-1].result.steps):
        cells = [f"{s.result.steps[i].seconds:.2f} ({s.result.steps[i].peak_mb:.0f})" for s in by_areas]
        before = by_areas[-2].result.steps[i].seconds if len(by_areas) > 1 else 0
        grew = f" {step.seconds / before:.1f} × |" if factor and step.seconds >= 1 else " |" if factor else ""
        rows = "" if step.name == AUDIT else f"{step.rows:,}"
        floor = "" if step.name == AUDIT else f"{with_floor.steps[i].floor:.2f}"
        lines.append(f"| {step.name} | {' | '.join(cells)} | {rows} | {floor} |{grew}")
    failed = [
        f"{s.result.staged_rows:,} rows, {WAYS[s.way]}: {'; '.join(s.result.failed)}" for s in found if s.result.failed
    ]
    if failed:
        lines += ["", "Failed checks: " + " ".join(failed)]
    return "\n".join(lines)


def queries(found: list[QueryTimes]) -> str:
    """The times of the example queries by size, and the slowest queries."""
    lines = [
        _stamp(" / ".join(a.load for a in found)),
        f"{found[0].queries} queries, each {TIMES} times in one process after opening; milliseconds of wall time "
        "(of processor time, all threads).",
        "",
        "| observations | file, MB | opening | p50 | p95 | slowest queries, median processor time |",
        "|---:|---:|---:|---:|---:|---|",
    ]
    for a in found:
        slowest = "; ".join(f"{name} {milliseconds:.0f}" for name, milliseconds in a.slowest)
        lines.append(
            f"| {a.observations:,} | {a.megabytes:.0f} | {a.opening:.0f} ({a.opening_cpu:.0f}) | "
            f"{a.p50:.0f} ({a.p50_cpu:.0f}) | {a.p95:.0f} ({a.p95_cpu:.0f}) | {slowest} |"
        )
    return "\n".join(lines)


def readers(found: Readers) -> str:
    """The table of query times with and without a refresh at the same time."""
    times = [("opening the file", found.alone.opening, found.during_refresh.opening)]
    times += [(name, alone, found.during_refresh.seconds[name]) for name, alone in found.alone.seconds.items()]
    lines = [
        _stamp(f"{found.load_before} to {found.load_after}"),
        f"One process that opens the file again for each round; {len(found.alone.opening)} rounds without a refresh, "
        f"{len(found.during_refresh.opening)} from the start to the end of a refresh of {found.refresh_seconds:.0f} s. "
        f"The queries saw {found.releases_seen} releases. Milliseconds.",
        "",
        "| | without a refresh: median | p95 | during a refresh: median | p95 |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, alone, during_refresh in times:
        cells = [1000 * quantiles(seconds, n=100)[at] for seconds in (alone, during_refresh) for at in (49, 94)]
        lines.append(f"| {name} | " + " | ".join(f"{c:.1f}" for c in cells) + " |")
    return "\n".join(lines)


def _sql(size: Size) -> float:
    return sum(s.seconds for s in size.result.steps if s.name != AUDIT)


def _audit(size: Size) -> float:
    return sum(s.seconds for s in size.result.steps if s.name == AUDIT)


def _floor(size: Size) -> str:
    seconds = size.result.read_floor + sum(s.floor for s in size.result.steps)
    return f"{seconds:.1f}" if seconds else ""  # not measured

"""The output of `payung status`: the status of a home as text."""

from __future__ import annotations

from typing import Any

from pipelines.cli.output.numbers import gigabytes, megabytes
from pipelines.home_status import FAILED_SINCE, HomeStatus
from pipelines.release_sources import path_of
from warehouse.release import history

MOST_INDICATORS = 10  # overdue indicators listed


def render_status(status: HomeStatus) -> str:
    """The status as text for a terminal."""
    lines = [
        f"Home     {status.home}",
        f"Release  {status.release or 'none'}" + (f", made {status.made_at}" if status.made_at else ""),
    ]
    if status.sources:
        lines.append("Sources")
        width = max(len(path_of(s)) for s in status.sources)
        for s in status.sources:
            rebuilt = "  rebuilt from public copies" if s.get("rebuilt") else ""
            overdue = f"  overdue: {s['late'][0].lower()}{s['late'][1:]}" if s.get("late") else ""
            lines.append(f"  {path_of(s):<{width}}  vintage {s['vintage_date']}{rebuilt}{overdue}")
    if status.fetches:
        lines.append("Last downloads")
        lines += [
            line
            for f in status.fetches
            for line in (
                f"  {path_of(f)}  {f['at'][:16]}  {f['outcome'].replace('_', ' ')}  {f['release_tag'] or ''}",
                *(f"    {w}" for w in f["warnings"]),
            )
        ]
    if status.rows:
        r = status.rows
        records = f"{r['records']:,} records + " if r["records"] else ""
        lines.append(
            f"Rows     {r['rows_in']:,} = {r['harmonised']:,} harmonised + {records}{r['out_of_scope']:,} out of scope + "
            f"{r['rejected']:,} rejected"
        )
    if status.indicators:
        lines.append(
            f"Indicators  {status.indicators.get('with_values', 0)} with values, "
            f"{status.indicators.get('declared', 0)} without values"
        )
    lines += _detail_lines(status.lateness, status.discrepancies, status.rejections, status.accepted, status.disk)
    if status.history:
        last = history.Event(**status.history[-1])
        lines.append(f"History  {last.line()}  (all: payung releases list)")
    if status.editions:
        lines.append("Editions")
        lines += [
            f"  {e['edition']}  "
            + (
                f"signed {e['signed_at'][:10]} by {e['signed_by']}, from release {e['release']}"
                if e["signed_at"]
                else "cannot be read"
            )
            for e in status.editions
        ]
    if status.warnings:
        lines += ["Audit warnings", *(f"  {w}" for w in status.warnings)]
    if status.last_failure:
        is_over = not any(FAILED_SINCE in a for a in status.attention)
        heading = "Last failure" + (", before the current release was made" if is_over and status.rows else "")
        lines += [heading, *(f"  {line}" for line in status.last_failure.splitlines())]
    if status.attention:
        lines += ["Needs attention", *(f"  {a}" for a in status.attention)]
    lines += status.to_do
    return "\n".join(lines)


def _every(years: int) -> str:
    return "yearly" if years == 1 else f"every {years} years"


def _detail_lines(
    lateness: list[dict[str, Any]],
    discrepancies: list[dict[str, Any]],
    rejections: list[dict[str, Any]],
    accepted: list[dict[str, Any]],
    disk: dict[str, int],
) -> list[str]:
    """The details as lines for a terminal; --json has all of them."""
    out = []
    if lateness:
        in_all = [i for i in lateness if i["is_late"]]
        n_in_some = sum(1 for i in lateness if i["late_members"] and not i["is_late"])
        out.append(
            f"Overdue indicators  {len(in_all)} in all Member States, {n_in_some} in some (compared with reference year "
            f"{lateness[0]['reference_year']})"
        )
        out += [
            f"  {i['indicator']}  latest value {i['latest_year']}, usually published {_every(i['periodicity'])}"
            for i in in_all[:MOST_INDICATORS]
        ]
        if len(in_all) > MOST_INDICATORS:
            out.append(f"  ... and {len(in_all) - MOST_INDICATORS} more (all with --json)")
    if discrepancies:
        largest = ", ".join(f"{d['indicator']} ({d['n']})" for d in discrepancies[:3])
        total = sum(d["n"] for d in discrepancies)
        out.append(f"Discrepancies  {total} between sources, not resolved; most in {largest}")
    if rejections:
        out.append("Rejected rows  " + ", ".join(f"{r['reason']} {r['n']:,}" for r in rejections))
    for a in accepted:
        out.append(
            f"Accepted  by {a['by']} on {a['at'][:10]}: {a['reason']} ({len(a['exceeded'])} tolerances exceeded)"
        )
    if disk:
        sizes = [f"{name} {megabytes(n)}" for name, n in disk.items() if n >= 50_000 and name != "free"]
        out.append(f"Disk     {', '.join(sizes)}; {gigabytes(disk['free'])} free")
    return out

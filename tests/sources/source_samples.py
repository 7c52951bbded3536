"""Small whole answers of every provider, cut from the shipped archive, and ways to spoil them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sources.provider_spec import DatasetSpec
from sources.snapshots import SnapshotStore

ROWS = 6
Body = bytes
Change = Callable[[Any], Any]

SUBMISSION = (
    "indicator,ref_area,time_period,sex,obs_value,unit_measure,obs_status,source_citation,footnote,kind,vintage_date,"
    "producer\n"
    "ASP_COV_PENSN,KHM,2021,,12.5,PT,A,National survey 2021,,national_submission,2026-10-01,National office\n"
    "ASP_COV_PENSN,KHM,2021,F,<0.5,PT,A,National survey 2021,small sample,national_submission,2026-10-01,"
    "National office\n"
)


@dataclass(frozen=True)
class Sample:
    """One answer of one file: its name, its bytes, and how many staged rows it makes."""

    file: str
    body: Body
    rows: int


def sample(dataset: DatasetSpec, archive: SnapshotStore, place: str | None) -> Sample:
    """The first rows of a shipped answer as an answer of its own, its totals set to them."""
    if place is None:
        return Sample("submission.csv", SUBMISSION.encode(), 2)
    name, body = next(
        (n.removesuffix(".gz"), b) for n, b in archive.files(archive.open(place)) if not n.startswith("series_list")
    )
    if dataset.provider == "unsd_sdg":
        page = json.loads(body)
        page["data"] = page["data"][:ROWS]
        page |= {"totalElements": len(page["data"]), "totalPages": 1}
        return Sample(name, json.dumps(page).encode(), len(page["data"]))
    if dataset.provider == "world_bank":
        header, rows = json.loads(body)
        rows = rows[:ROWS]
        header |= {"pages": 1, "total": len(rows)}
        return Sample(name, json.dumps([header, rows]).encode(), len(rows))
    lines = list(csv.reader(io.StringIO(body.decode())))[: ROWS + 1]
    return Sample(name, write_csv(lines), (len(lines) - 1) * max(1, len(dataset.measures)))


def write_csv(lines: list[list[str]]) -> Body:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(lines)
    return out.getvalue().encode()


def change_rows(provider: str, body: Body, change: Callable[[dict[str, Any]], None]) -> Body:
    """The answer with `change` done to each row (a dictionary of the provider's own fields)."""
    if provider in ("unsd_sdg", "world_bank"):
        answer = json.loads(body)
        for row in answer["data"] if provider == "unsd_sdg" else answer[1]:
            change(row)
        return json.dumps(answer).encode()
    rows = list(csv.DictReader(io.StringIO(body.decode())))
    for row in rows:
        change(row)
    return write_csv([list(rows[0]), *(list(r.values()) for r in rows)])


def without(provider: str, body: Body, column: str) -> Body:
    """The answer without one column."""

    def drop(row: dict[str, Any]) -> None:
        holder: dict[str, Any] = row
        *outer, name = column.split(".") if provider == "world_bank" else [column]
        for part in outer:
            holder = holder[part]
        del holder[name]

    return change_rows(provider, body, drop)


def with_extra(provider: str, body: Body, column: str, value: str) -> Body:
    """The answer with one column more."""
    return change_rows(provider, body, lambda row: row.update({column: value}))


def fewer_rows(provider: str, body: Body) -> Body:
    """The answer without its last row, its header telling the old total."""
    if provider == "unsd_sdg":
        page = json.loads(body)
        page["data"].pop()
        return json.dumps(page).encode()
    answer = json.loads(body)
    answer[1].pop()
    return json.dumps(answer).encode()

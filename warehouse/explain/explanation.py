"""The way back of one number: from the figure to the row of the bytes that were read, and why it is this one.

Belongs here: finding everything that a release knows of one cell of the indicator set, and nothing where it knows
nothing. Regional figures: regional_figure.py. The same in SQL for many cells: sql/main/way_back*.sql.
Does not belong here: how it is printed (pipelines/cli/output/explain.py), and computing or choosing anything (sql/).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from indicator_defs.breakdowns import BREAKDOWNS
from indicator_defs.cell_texts import is_year
from indicator_defs.errors import PayungError, WrongUseError
from warehouse.explain import queries as sql
from warehouse.explain.parts import (
    BaselineUse,
    Candidate,
    Cell,
    Correction,
    Feed,
    Fixed,
    Gap,
    Near,
    Origin,
    Rejection,
    Revision,
    Short,
    Translation,
    Value,
    Vintage,
    WayBack,
)
from warehouse.explain.regional_figure import find_group, find_without_group
from warehouse.query import known_codes
from warehouse.query.read_only import reader
from warehouse.query.rows import one, records, rows

IN_BASELINE = ("baseline", "latest")


class WayBackError(PayungError):
    """The number asked for cannot be explained from this release."""


class UnknownError(WayBackError, WrongUseError):
    """What is asked for is not known to the release; the message names what is near."""


@dataclass(frozen=True)
class Asked:
    """The number asked for. `year`: a year, or baseline or latest; breakdowns left out are those of the headline."""

    indicator: str
    area: str
    year: str
    breakdowns: Mapping[str, str] = field(default_factory=dict)


def way_back(release: Path, asked: Asked) -> WayBack:
    """Everything that a release knows of one number, or of the gap in its place. Raises as `ways_back` does."""
    return ways_back(release, [asked])[0]


def ways_back(release: Path, asked: Sequence[Asked]) -> list[WayBack]:
    """The ways back of several numbers of one release, in the order asked for.

    Raises UnknownError for an indicator, area, year or breakdown code that the release does not know, WayBackError for a
    release of another version.
    """
    with reader(release) as con:
        try:
            return [_way_back(con, a) for a in asked]
        except duckdb.CatalogException as error:
            raise WayBackError(
                f"Release {release.name} lacks a table or view that its numbers are explained with: {error}. It was made "
                "by another version; publish anew: payung refresh --force"
            ) from error


def _way_back(con: duckdb.DuckDBPyConnection, asked: Asked) -> WayBack:
    cell = _cell(con, asked)
    release = str(one(con, "SELECT release FROM main.release")["release"])
    if cell.area_type == "group":
        group = find_group(con, cell)
        near = _nears(con, sql.NEAR_GROUP_BREAKDOWNS, _of(cell))
        gap = None if group else Gap(find_without_group(con, cell), None, None, _near_years(con, cell), near, [])
        kind = "gap" if group is None else "withheld" if group.obs_value is None else "group"
        baseline = _baseline(con, cell)
        return WayBack(release, kind, cell, None, [], [], [], [], [], [], group, baseline, gap)
    value = _value(con, cell)
    candidates = _candidates(con, cell)
    corrections = rows(con, sql.CORRECTIONS, Correction, _of(cell))
    revisions = rows(con, sql.REVISIONS, Revision, _of(cell))
    ids = set(_distinct(candidates, cell)) | {r["id"] for r in records(con, sql.WITHDRAWN_IDS, _of(cell))}
    vintages = rows(con, sql.VINTAGES, Vintage, {"ids": sorted(ids)})
    return WayBack(
        release=release,
        kind="gap" if value is None else "value",
        cell=cell,
        value=value,
        origins=[origin(con, i) for i in ([value.observation_id] if value else _distinct(candidates, cell))],
        feeds=rows(con, sql.FEEDS, Feed, _of(cell)),
        candidates=candidates,
        corrections=corrections,
        vintages=vintages,
        revisions=revisions,
        group=None,
        baseline=_baseline(con, cell),
        gap=None if value else _gap(con, cell, candidates, corrections, revisions),
    )


# -- what is asked for -----------------------------------------------------------------------------------------------


def _of(cell: Cell) -> dict[str, Any]:
    """The parameters of the queries about a cell; each takes those that it names."""
    return {
        "indicator": cell.indicator,
        "area": cell.ref_area,
        "year": cell.time_period,
        "cell": cell.key,
        "family": cell.breakdown_family,
    }


def _cell(con: duckdb.DuckDBPyConnection, asked: Asked) -> Cell:
    indicator = known_codes.find(known_codes.indicators(con), "indicator", asked.indicator, UnknownError).code
    meant = known_codes.find(known_codes.areas(con), "area", asked.area, UnknownError)
    area = meant.code
    area_type = one(con, "SELECT area_type FROM reference.area WHERE ref_area = $area", {"area": area})["area_type"]
    found = one(con, sql.INDICATOR, {"indicator": indicator})
    headline = {b: str(found[f"headline_{b}"]) for b in BREAKDOWNS}
    breakdowns = headline | {b: _code(con, b, given) for b, given in asked.breakdowns.items()}
    differing = [b for b in BREAKDOWNS if breakdowns[b] != headline[b]]
    key = "|".join(breakdowns.values())
    return Cell(
        asked=asked.year.lower(),
        indicator=indicator,
        name=found["name"],
        definition_file=found["definition_file"],
        unit_measure=found["unit_measure"],
        unit=found["unit"] or found["unit_measure"],
        method=found["method"],
        ref_area=area,
        area_name=meant.name,
        area_type=area_type,
        time_period=_year(con, indicator, area, key, asked.year),
        breakdowns=breakdowns,
        breakdown_family="+".join(differing) or "total",
        is_headline=not differing,
    )


def _code(con: duckdb.DuckDBPyConnection, breakdown: str, given: str) -> str:
    listing = f"payung sql \"SELECT code, name FROM reference.code WHERE codelist = '{breakdown}'\""
    return known_codes.find(
        known_codes.codes(con, breakdown), f"code of {breakdown}", given, UnknownError, listing
    ).code


def _year(con: duckdb.DuckDBPyConnection, indicator: str, area: str, cell: str, given: str) -> int:
    if given.lower() in IN_BASELINE:
        word = given.lower()
        # where there is none, the year that the set asks for, so that the gap is explained
        wanted = {"baseline": "baseline_year", "latest": "latest_reference_year"}[word]
        found = one(
            con,
            f"SELECT coalesce((SELECT {word}_year FROM baseline.value WHERE indicator = $indicator "
            f"AND ref_area = $area AND cell = $cell), {wanted}) AS year "
            "FROM reference.indicator_set WHERE set_name = 'asean_indicator_set'",
            {"indicator": indicator, "area": area, "cell": cell},
        )
        return int(found["year"])
    if not is_year(given):
        raise UnknownError(f"{given!r} is no year: give four digits, as 2021, or baseline or latest.")
    return int(given)


# -- a value and its candidates --------------------------------------------------------------------------------------


def _value(con: duckdb.DuckDBPyConnection, cell: Cell) -> Value | None:
    found = rows(con, sql.VALUE, Value, _of(cell))
    return found[0] if found else None


def origin(con: duckdb.DuckDBPyConnection, observation_id: str) -> Origin:
    """The row and the bytes of one observation, and the crosswalk lines that translated its codes."""
    found = one(con, sql.ORIGIN, {"id": observation_id})
    table = f'staged."{found.pop("staged_name")}"'
    place = {"snapshot": found["snapshot_id"], "row": found["snapshot_row"], "series": found["provider_series"]}
    staged = one(
        con,
        f"SELECT * FROM {table} WHERE snapshot_id = $snapshot AND snapshot_row = $row AND series = $series",
        place,
    )
    codes = {
        "provider": staged["provider"],
        "dataset": staged["dataset"],
        "series": staged["series"],
        "series_key": staged["series_key"],
        "ref_area": staged["ref_area"] or "",
        "unit_measure": staged["unit_measure"] or "",
        "obs_status": staged["obs_status"] or "",
        "nature": staged["nature"] or "",
    }
    return Origin(
        **found,
        row={k: str(v) for k, v in staged.items() if v not in (None, "") and k not in ("snapshot_id", "snapshot_row")},
        translations=rows(con, sql.TRANSLATIONS, Translation, codes),
        fixed=_fixed(con, observation_id),
    )


def _fixed(con: duckdb.DuckDBPyConnection, observation_id: str) -> list[Fixed]:
    """Breakdowns that the definition or a rename of the series sets; a rename goes before the definition."""
    out: dict[str, Fixed] = {}
    for found in records(con, sql.SETTINGS, {"id": observation_id}):
        for breakdown in BREAKDOWNS:
            target = found[f"set_{breakdown}"]
            if target is not None and breakdown not in out:
                out[breakdown] = Fixed(breakdown, target, found["place"])
    return list(out.values())


def _candidates(con: duckdb.DuckDBPyConnection, cell: Cell) -> list[Candidate]:
    return rows(con, sql.CANDIDATES, Candidate, _of(cell))


def _distinct(candidates: list[Candidate], cell: Cell) -> list[str]:
    """The observations among the candidates that are of the year itself."""
    return list(dict.fromkeys(c.observation_id for c in candidates if c.time_period == cell.time_period))


def _baseline(con: duckdb.DuckDBPyConnection, cell: Cell) -> BaselineUse | None:
    found = records(con, sql.BASELINE, _of(cell))
    if not found:
        return None
    is_averaged = found[0].pop("is_averaged")
    roles = [r for r in IN_BASELINE if found[0][f"{r}_year"] == cell.time_period]
    if not roles:
        return None
    averaged = rows(con, sql.AVERAGED, Short, _of(cell)) if is_averaged and "baseline" in roles else []
    return BaselineUse(role=" and ".join(roles), averaged=averaged, **found[0])


# -- a gap -----------------------------------------------------------------------------------------------------------


def _gap(
    con: duckdb.DuckDBPyConnection,
    cell: Cell,
    candidates: list[Candidate],
    corrections: list[Correction],
    revisions: list[Revision],
) -> Gap:
    years = _near_years(con, cell)
    breakdowns = _nears(con, sql.NEAR_BREAKDOWNS, _of(cell))
    rejections = _rejections(con, cell)
    wanted = ["headline"] if cell.is_headline else cell.breakdown_family.split("+")
    gaps = records(con, sql.AVAILABILITY, {**_of(cell), "breakdowns": wanted})
    said = "; ".join(g["reason"] for g in gaps if g["reason"]) or None
    there = [c for c in candidates if c.time_period == cell.time_period]
    gone = [r for r in revisions if r.revision_class == "withdrawn" and r.time_period == cell.time_period]
    if there:
        told = [f"{c.value_text or 'no value'} ({c.feed}): {c.why}" for c in there]
        reason = "Published, but not used: " + "; ".join([*told, *(k.why for k in corrections if k.applied)])
    elif rejections:
        reason = f"Published, but rejected: {rejections[0].reason}, {rejections[0].detail}"
    elif gone:
        last = max(gone, key=lambda r: r.vintage_to)
        reason = (
            f"Withdrawn: {last.feed} published {last.text_from} in the vintage of {last.vintage_from} and has none in "
            f"that of {last.vintage_to}"
        )
    elif years:
        reason = f"No source publishes it for {cell.time_period}; other years are at hand"
    elif gaps:
        reason = said or "No source publishes this breakdown"
    else:
        reason = "No source publishes it for this area and breakdown"
    return Gap(
        reason, said, next((g["filled_by"] for g in gaps if g["filled_by"]), None), years, breakdowns, rejections
    )


def _near_years(con: duckdb.DuckDBPyConnection, cell: Cell) -> list[Near]:
    return _nears(con, sql.NEAR_GROUP_YEARS if cell.area_type == "group" else sql.NEAR_YEARS, _of(cell))


def _nears(con: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, Any]) -> list[Near]:
    return [
        Near(
            found["time_period"],
            {b: found[b] for b in BREAKDOWNS if found[b] != found[f"headline_{b}"]},
            found["value_text"],
            found["feed"],
        )
        for found in records(con, query, parameters)
    ]


def _rejections(con: duckdb.DuckDBPyConnection, cell: Cell) -> list[Rejection]:
    out: list[Rejection] = []
    for claimed in records(con, sql.CLAIMED_TABLES, {"indicator": cell.indicator}):
        out += rows(
            con,
            sql.REJECTIONS.format(table=f'staged."{claimed["staged_table"]}"'),
            Rejection,
            {**_of(cell), "period": str(cell.time_period)},
        )
    return out

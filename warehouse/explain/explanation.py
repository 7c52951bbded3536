"""The lineage of one number: from the figure to the row in the downloaded file, and why this value was chosen.

Belongs here: reading the lineage of one cell of the indicator set from a release. Regional figures: regional_figure.py.
Does not belong here: the text for users (pipelines/cli/output/explain_text.py), computing or choosing values (sql/).
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
from warehouse.explain import value_queries as queries
from warehouse.explain.explanation_parts import (
    AssignedBreakdown,
    BaselineUse,
    Candidate,
    CellCorrection,
    CellRevision,
    CellVintage,
    ChosenValue,
    CodeTranslation,
    Explanation,
    FeedChoice,
    GapExplanation,
    NearbyValue,
    RejectedRow,
    RequestedCell,
    ValueLineage,
    ValueOrigin,
)
from warehouse.explain.regional_figure import find_group, reason_without_figure
from warehouse.query import release_codes
from warehouse.query.read_only import reader
from warehouse.query.result_records import objects, one_record, records

IN_BASELINE = ("baseline", "latest")


class ExplanationError(PayungError):
    """The requested number cannot be explained from this release."""


class UnknownCellError(ExplanationError, WrongUseError):
    """The release has no such indicator, area, year or code; the message lists similar ones."""


@dataclass(frozen=True)
class ExplanationRequest:
    """The number to explain. `year`: a year, or baseline or latest; missing breakdowns are those of the headline."""

    indicator: str
    area: str
    year: str
    breakdowns: Mapping[str, str] = field(default_factory=dict)


def explain(release: Path, request: ExplanationRequest) -> Explanation:
    """The explanation of one number, or of a gap. Raises errors as `explain_all` does."""
    return explain_all(release, [request])[0]


def explain_all(release: Path, requests: Sequence[ExplanationRequest]) -> list[Explanation]:
    """The explanations of several numbers of one release, in the order of the requests.

    Raises UnknownCellError for an indicator, area, year or breakdown code that the release does not know,
    ExplanationError for a release of another version.
    """
    with reader(release) as con:
        try:
            return [_explain(con, request) for request in requests]
        except duckdb.CatalogException as error:
            raise ExplanationError(
                f"Release {release.name} was made by another version of Payung and has no table that explanations need "
                f"({str(error).splitlines()[0]}). Make a release of this version and explain the number there: "
                "payung refresh --force"
            ) from error


def _explain(con: duckdb.DuckDBPyConnection, request: ExplanationRequest) -> Explanation:
    cell = _cell(con, request)
    release = str(one_record(con, "SELECT release FROM main.release")["release"])
    if cell.area_type == "group":
        group = find_group(con, cell)
        nearby = _nearby(con, queries.NEAR_GROUP_BREAKDOWNS, _parameters(cell))
        gap = (
            None
            if group
            else GapExplanation(reason_without_figure(con, cell), None, None, _nearby_years(con, cell), nearby, [])
        )
        kind = "gap" if group is None else "withheld" if group.obs_value is None else "group"
        baseline = _baseline(con, cell)
        return Explanation(release, kind, cell, None, [], [], [], [], [], [], group, baseline, gap)
    value = _value(con, cell)
    candidates = _candidates(con, cell)
    corrections = objects(con, queries.CORRECTIONS, CellCorrection, _parameters(cell))
    revisions = objects(con, queries.REVISIONS, CellRevision, _parameters(cell))
    ids = set(_ids_of_year(candidates, cell)) | {
        r["id"] for r in records(con, queries.WITHDRAWN_IDS, _parameters(cell))
    }
    vintages = objects(con, queries.VINTAGES, CellVintage, {"ids": sorted(ids)})
    return Explanation(
        release=release,
        kind="gap" if value is None else "value",
        cell=cell,
        value=value,
        origins=[origin(con, i) for i in ([value.observation_id] if value else _ids_of_year(candidates, cell))],
        feeds=objects(con, queries.FEEDS, FeedChoice, _parameters(cell)),
        candidates=candidates,
        corrections=corrections,
        vintages=vintages,
        revisions=revisions,
        group=None,
        baseline=_baseline(con, cell),
        gap=None if value else _gap(con, cell, candidates, corrections, revisions),
    )


# -- the requested cell -----------------------------------------------------------------------------------------------


def _parameters(cell: RequestedCell) -> dict[str, Any]:
    """The parameters of the queries about a cell; each query uses some of them."""
    return {
        "indicator": cell.indicator,
        "area": cell.ref_area,
        "year": cell.time_period,
        "cell": cell.key,
        "family": cell.breakdown_family,
    }


def _cell(con: duckdb.DuckDBPyConnection, request: ExplanationRequest) -> RequestedCell:
    indicator = release_codes.find_code(
        release_codes.indicators(con), "indicator", request.indicator, UnknownCellError
    ).code
    area_match = release_codes.find_code(release_codes.areas(con), "area", request.area, UnknownCellError)
    area = area_match.code
    area_type = one_record(con, "SELECT area_type FROM reference.area WHERE ref_area = $area", {"area": area})[
        "area_type"
    ]
    definition = one_record(con, queries.INDICATOR, {"indicator": indicator})
    headline = {b: str(definition[f"headline_{b}"]) for b in BREAKDOWNS}
    breakdowns = headline | {b: _code(con, b, given) for b, given in request.breakdowns.items()}
    differing = [b for b in BREAKDOWNS if breakdowns[b] != headline[b]]
    key = "|".join(breakdowns.values())
    return RequestedCell(
        asked=request.year.lower(),
        indicator=indicator,
        name=definition["name"],
        definition_file=definition["definition_file"],
        unit_measure=definition["unit_measure"],
        unit=definition["unit"] or definition["unit_measure"],
        method=definition["method"],
        ref_area=area,
        area_name=area_match.name,
        area_type=area_type,
        time_period=_year(con, indicator, area, key, request.year),
        breakdowns=breakdowns,
        breakdown_family="+".join(differing) or "total",
        is_headline=not differing,
    )


def _code(con: duckdb.DuckDBPyConnection, breakdown: str, given: str) -> str:
    listing = f"payung sql \"SELECT code, name FROM reference.code WHERE codelist = '{breakdown}'\""
    return release_codes.find_code(
        release_codes.codes(con, breakdown), f"code of {breakdown}", given, UnknownCellError, listing
    ).code


def _year(con: duckdb.DuckDBPyConnection, indicator: str, area: str, cell: str, given: str) -> int:
    if given.lower() in IN_BASELINE:
        end = given.lower()
        # without such a row the year of the set is used, so that the gap is explained
        set_year = {"baseline": "baseline_year", "latest": "latest_reference_year"}[end]
        found = one_record(
            con,
            f"SELECT coalesce((SELECT {end}_year FROM baseline.value WHERE indicator = $indicator "
            f"AND ref_area = $area AND cell = $cell), {set_year}) AS year "
            "FROM reference.settings",
            {"indicator": indicator, "area": area, "cell": cell},
        )
        return int(found["year"])
    if not is_year(given):
        raise UnknownCellError(f"{given!r} is not a year; expected four digits such as 2021, or baseline, or latest.")
    return int(given)


# -- a value and its candidates --------------------------------------------------------------------------------------


def _value(con: duckdb.DuckDBPyConnection, cell: RequestedCell) -> ChosenValue | None:
    found = objects(con, queries.VALUE, ChosenValue, _parameters(cell))
    return found[0] if found else None


def origin(con: duckdb.DuckDBPyConnection, observation_id: str) -> ValueOrigin:
    """The row and file of one observation, and the crosswalk lines that translated its codes."""
    found = one_record(con, queries.ORIGIN, {"id": observation_id})
    table = f'staged."{found.pop("staged_name")}"'
    place = {"snapshot": found["snapshot_id"], "row": found["snapshot_row"], "series": found["provider_series"]}
    staged = one_record(
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
    return ValueOrigin(
        **found,
        row={k: str(v) for k, v in staged.items() if v not in (None, "") and k not in ("snapshot_id", "snapshot_row")},
        translations=objects(con, queries.TRANSLATIONS, CodeTranslation, codes),
        fixed=_assigned_breakdowns(con, observation_id),
    )


def _assigned_breakdowns(con: duckdb.DuckDBPyConnection, observation_id: str) -> list[AssignedBreakdown]:
    """Breakdowns that the definition or a rename of the series sets; a rename has priority over the definition."""
    out: dict[str, AssignedBreakdown] = {}
    for found in records(con, queries.SETTINGS, {"id": observation_id}):
        for breakdown in BREAKDOWNS:
            target = found[f"set_{breakdown}"]
            if target is not None and breakdown not in out:
                out[breakdown] = AssignedBreakdown(breakdown, target, found["place"])
    return list(out.values())


def _candidates(con: duckdb.DuckDBPyConnection, cell: RequestedCell) -> list[Candidate]:
    return objects(con, queries.CANDIDATES, Candidate, _parameters(cell))


def _ids_of_year(candidates: list[Candidate], cell: RequestedCell) -> list[str]:
    """The observation IDs of the candidates of the requested year itself."""
    return list(dict.fromkeys(c.observation_id for c in candidates if c.time_period == cell.time_period))


def _baseline(con: duckdb.DuckDBPyConnection, cell: RequestedCell) -> BaselineUse | None:
    found = records(con, queries.BASELINE, _parameters(cell))
    if not found:
        return None
    is_averaged = found[0].pop("is_averaged")
    roles = [r for r in IN_BASELINE if found[0][f"{r}_year"] == cell.time_period]
    if not roles:
        return None
    averaged = (
        objects(con, queries.AVERAGED, ValueLineage, _parameters(cell)) if is_averaged and "baseline" in roles else []
    )
    names = release_codes.named_areas(con, found[0]["change_areas"])
    return BaselineUse(role=" and ".join(roles), averaged=averaged, change_area_names=names, **found[0])


# -- a gap -----------------------------------------------------------------------------------------------------------


def _gap(
    con: duckdb.DuckDBPyConnection,
    cell: RequestedCell,
    candidates: list[Candidate],
    corrections: list[CellCorrection],
    revisions: list[CellRevision],
) -> GapExplanation:
    years = _nearby_years(con, cell)
    breakdowns = _nearby(con, queries.NEAR_BREAKDOWNS, _parameters(cell))
    rejections = _rejections(con, cell)
    breakdowns_of_cell = ["headline"] if cell.is_headline else cell.breakdown_family.split("+")
    gaps = records(con, queries.AVAILABILITY, {**_parameters(cell), "breakdowns": breakdowns_of_cell})
    availability = "; ".join(g["reason"] for g in gaps if g["reason"]) or None
    published = [c for c in candidates if c.time_period == cell.time_period]
    withdrawn = [r for r in revisions if r.revision_class == "withdrawn" and r.time_period == cell.time_period]
    if published:
        candidate_texts = [f"{c.value_text or 'no value'} ({c.feed}): {c.why}" for c in published]
        reason = "Published, but not used: " + "; ".join([*candidate_texts, *(k.why for k in corrections if k.applied)])
    elif rejections:
        reason = f"Published, but rejected: {rejections[0].reason}, {rejections[0].detail}"
    elif withdrawn:
        last = max(withdrawn, key=lambda r: r.vintage_to)
        reason = (
            f"Withdrawn: {last.feed} published {last.text_from} in the vintage of {last.vintage_from} and no value in "
            f"that of {last.vintage_to}"
        )
    elif years:
        reason = f"No source publishes it for {cell.time_period}; other years are available"
    elif gaps:
        reason = availability or "No source publishes this breakdown"
    else:
        reason = "No source publishes it for this area and breakdown"
    return GapExplanation(
        reason,
        availability,
        next((g["filled_by"] for g in gaps if g["filled_by"]), None),
        years,
        breakdowns,
        rejections,
    )


def _nearby_years(con: duckdb.DuckDBPyConnection, cell: RequestedCell) -> list[NearbyValue]:
    return _nearby(
        con,
        queries.NEAR_GROUP_YEARS if cell.area_type == "group" else queries.NEAR_YEARS,
        _parameters(cell),
    )


def _nearby(con: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, Any]) -> list[NearbyValue]:
    return [
        NearbyValue(
            found["time_period"],
            {b: found[b] for b in BREAKDOWNS if found[b] != found[f"headline_{b}"]},
            found["value_text"],
            found["feed"],
        )
        for found in records(con, query, parameters)
    ]


def _rejections(con: duckdb.DuckDBPyConnection, cell: RequestedCell) -> list[RejectedRow]:
    out: list[RejectedRow] = []
    for dataset in records(con, queries.CLAIMED_TABLES, {"indicator": cell.indicator}):
        out += objects(
            con,
            queries.REJECTIONS.format(table=f'staged."{dataset["staged_table"]}"'),
            RejectedRow,
            {**_parameters(cell), "period": str(cell.time_period)},
        )
    return out

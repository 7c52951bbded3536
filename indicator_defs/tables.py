"""The catalogue as tables: what the SQL of warehouse/ joins, one function per `reference.*` table.

Belongs here: turning checked definitions into rows. Their columns are described in
warehouse/tables/reference.yaml.
Does not belong here: checks (catalog.py) and anything that needs data.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from indicator_defs.catalog import (
    CODELIST_OF,
    NATIONAL,
    NATIONAL_DATASETS,
    PLAIN_LISTS,
    RULE_COLUMNS,
    Catalog,
    filter_lines,
)
from indicator_defs.model import BREAKDOWNS, DatasetStructure, NotApplicable
from indicator_defs.national_targets import rows_of
from indicator_defs.set_tables import set_tables


def _frame(rows: Iterable[dict[str, Any]], columns: Iterable[str]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(columns)).astype(object).where(lambda f: f.notna(), None)


def _number(text: str) -> float | None:
    return float(text) if text else None


def reference_tables(catalog: Catalog, structures: list[DatasetStructure]) -> dict[str, pd.DataFrame]:
    """All `reference.*` tables that come from the definitions, by name without the schema."""
    return {
        "indicator": _indicator(catalog),
        "indicator_breakdown": _indicator_breakdown(catalog),
        "claim": _claim(catalog),
        "claim_filter": _claim_filter(catalog),
        "dataset": _dataset(structures),
        "dataset_scope": _dataset_scope(structures),
        "crosswalk": _crosswalk(catalog, structures),
        "code": _code(catalog),
        "area": _area(catalog),
        "area_group": _area_group(catalog),
        "age": _age(catalog),
        "target_group_rule": _target_group_rule(catalog),
        "method": _method(catalog),
        "publication_rule": _publication_rule(catalog),
        "weight": _weight(catalog),
        **{name: _frame(rows, columns) for name, (columns, rows) in set_tables(catalog).items()},
        "series_break": _series_break(catalog),
        "correction": _correction(catalog),
        "series_rename": _series_rename(catalog),
        "not_applicable": _frame((e.model_dump() for e in catalog.not_applicable), NotApplicable.model_fields),
        **catalog.expectations.tables(),
        "national_target": _national_target(catalog),
    }


def _indicator(catalog: Catalog) -> pd.DataFrame:
    columns = [
        "indicator",
        "name",
        "indicator_group",
        "tier",
        "status",
        "definition",
        "numerator",
        "denominator",
        "unit_measure",
        "decimals",
        "direction",
        "minimum",
        "maximum",
        "maximum_is_hard",
        "owner",
        "sector",
        *[f"headline_{b}" for b in BREAKDOWNS],
        "method",
        "weight",
        "weight_is_proxy",
        "proxy_accepted",
        "lookback_years",
        "is_survey",
        "sex_total_age",
        "aggregate_title",
        "publication_rule",
        "change_tolerance",
        "sdg",
        "articles",
        "body",
        "comparability",
        "producer_note",
        "gap_kind",
        "gap_reason",
        "gap_obtain_from",
        "gap_body",
        "definition_file",
    ]
    rows = []
    for d in catalog.definitions.values():
        a = d.aggregation
        rows.append(
            {
                **{f"headline_{b}": d.headline.get(b, "_T") for b in BREAKDOWNS},
                "indicator": d.code,
                "name": d.name,
                "indicator_group": d.group,
                "tier": d.tier,
                "status": d.status,
                "definition": d.definition,
                "numerator": d.numerator,
                "denominator": d.denominator,
                "unit_measure": d.unit,
                "decimals": d.decimals,
                "direction": d.direction,
                "minimum": d.minimum,
                "maximum": d.maximum,
                "maximum_is_hard": d.maximum_is_hard,
                "owner": d.owner,
                "sector": d.sector,
                "method": a.method,
                "weight": a.weight,
                "weight_is_proxy": a.weight_is_proxy,
                "proxy_accepted": a.proxy_accepted,
                "lookback_years": a.window,
                "is_survey": a.survey,
                "sex_total_age": a.sex_total_age,
                "aggregate_title": a.title,
                "publication_rule": d.publication_rule,
                "change_tolerance": d.change_tolerance,
                "sdg": d.sdg,
                "articles": "; ".join(d.articles),
                "body": "; ".join(d.body),
                "comparability": d.comparability,
                "producer_note": d.producer_note,
                "gap_kind": d.gap.kind if d.gap else None,
                "gap_reason": d.gap.reason if d.gap else None,
                "gap_obtain_from": d.gap.obtain_from if d.gap else None,
                "gap_body": "; ".join(d.gap.body) if d.gap else None,
                "definition_file": catalog.places[d.code],
            }
        )
    return _frame(rows, columns)


def _indicator_breakdown(catalog: Catalog) -> pd.DataFrame:
    rows = (
        {"indicator": d.code, "breakdown": breakdown}
        for d in catalog.definitions.values()
        for breakdown in ("headline", *d.breakdowns)
    )
    return _frame(rows, ["indicator", "breakdown"])


def _claim(catalog: Catalog) -> pd.DataFrame:
    """Claims of the definitions, and for every indicator the implied ones of national data."""
    columns = [
        "claim_id",
        "indicator",
        "feed",
        "provider",
        "dataset",
        "source_rank",
        "provider_series",
        "filters",
        *[f"set_{b}" for b in BREAKDOWNS],
        "vintage_from",
        "vintage_to",
        "series_name_contains",
        "superseded_before",
        "definition_file",
        "definition_line",
    ]
    rows = []
    for c in catalog.claims:
        rows.append(
            {
                "claim_id": c.claim_id,
                "indicator": c.indicator,
                "feed": c.feed,
                "provider": c.provider,
                "dataset": c.dataset,
                "source_rank": c.rank,
                "provider_series": c.series.code,
                "filters": len(c.series.where),
                **{f"set_{b}": c.series.set.get(b) for b in BREAKDOWNS},
                "vintage_from": c.source.vintage_from,
                "vintage_to": c.source.vintage_to,
                "series_name_contains": c.source.series_name_contains,
                "superseded_before": c.source.superseded_before,
                "definition_file": c.file,
                "definition_line": c.line,
            }
        )
    declared = {(c.indicator, c.dataset) for c in catalog.claims if c.provider == NATIONAL}
    for code in catalog.definitions:
        for dataset, rank in NATIONAL_DATASETS.items():
            if (code, dataset) not in declared:
                rows.append(
                    {
                        "claim_id": len(rows) + 1,
                        "indicator": code,
                        "feed": f"{NATIONAL}/{dataset}/{code}",
                        "provider": NATIONAL,
                        "dataset": dataset,
                        "source_rank": rank,
                        "provider_series": code,
                        "filters": 0,
                        "definition_file": catalog.places[code],
                        "definition_line": 1,
                    }
                )
    return _frame(rows, columns)


def _claim_filter(catalog: Catalog) -> pd.DataFrame:
    rows = [
        {
            "claim_id": c.claim_id,
            "dimension": dimension,
            "code": code,
            "fixes": not isinstance(c.series.where[dimension], list),
        }
        for c in catalog.claims
        for dimension, code in filter_lines(c)
    ]
    return _frame(rows, ["claim_id", "dimension", "code", "fixes"])


def _dataset(structures: list[DatasetStructure]) -> pd.DataFrame:
    rows = (
        {
            "provider": s.provider,
            "dataset": s.dataset,
            "title": s.title,
            "kind": s.kind,
            "use": s.use,
            "staged_table": s.key,
            "licence": s.licence,
            "attribution": s.attribution,
        }
        for s in structures
    )
    return _frame(rows, ["provider", "dataset", "title", "kind", "use", "staged_table", "licence", "attribution"])


def _dataset_scope(structures: list[DatasetStructure]) -> pd.DataFrame:
    rows = (
        {"provider": s.provider, "dataset": s.dataset, "dimension": d, "code": c}
        for s in structures
        for d, c in s.in_scope.items()
    )
    return _frame(rows, ["provider", "dataset", "dimension", "code"])


def _crosswalk(catalog: Catalog, structures: list[DatasetStructure]) -> pd.DataFrame:
    """The lines of the crosswalk files and, for columns that use our own code lists, each code onto itself."""
    columns = ["provider", "dimension", "code", "concept", "target", "note", "crosswalk_file", "crosswalk_line"]
    rows = [
        {
            "provider": x.provider,
            "dimension": x.dimension,
            "code": x.code,
            "concept": x.concept,
            "target": x.target or None,
            "note": x.note or None,
            "crosswalk_file": x.file,
            "crosswalk_line": x.line,
        }
        for x in catalog.crosswalks
    ]
    own = {
        (
            s.provider,
            c.published_as if c.role == "dimension" else c.role,
            c.name if c.role == "dimension" else c.role,
        ): c
        for s in structures
        for c in s.columns
        if c.codelist
    }
    for (provider, dimension, concept), column in own.items():
        name = column.codelist or CODELIST_OF.get(concept, concept)
        lines = [(r["code"], r["code"], r.file, r.line) for r in catalog.codelists[name]]
        if concept in ("obs_status", "nature", "unit_measure"):
            lines.append(("", "", f"{catalog.folder.name}/codelists/{name}.csv", 1))
        rows.extend(
            {
                "provider": provider,
                "dimension": dimension,
                "code": code,
                "concept": concept,
                "target": target or None,
                "crosswalk_file": file,
                "crosswalk_line": line,
            }
            for code, target, file, line in lines
        )
    return _frame(rows, columns)


def _code(catalog: Catalog) -> pd.DataFrame:
    rows = (
        {"codelist": name, "code": r["code"], "name": r["name"], "description": r["description"] or None}
        for name in ("area", "age", *PLAIN_LISTS)
        for r in catalog.codelists[name]
    )
    return _frame(rows, ["codelist", "code", "name", "description"])


def _area(catalog: Catalog) -> pd.DataFrame:
    rows = (
        {
            "ref_area": r["code"],
            "name": r["name"],
            "area_type": r["type"],
            "iso2": r["iso2"] or None,
            "m49": r["m49"] or None,
            "sort_order": i,
        }
        for i, r in enumerate(catalog.codelists["area"], start=1)
    )
    return _frame(rows, ["ref_area", "name", "area_type", "iso2", "m49", "sort_order"])


def _area_group(catalog: Catalog) -> pd.DataFrame:
    rows = (
        {
            "area_group": r["group"],
            "ref_area": r["member"],
            "valid_from": r["valid_from"] or None,
            "valid_to": r["valid_to"] or None,
            "is_member_today": not r["valid_to"],
        }
        for r in catalog.codelists["area_group"]
    )
    return _frame(rows, ["area_group", "ref_area", "valid_from", "valid_to", "is_member_today"])


def _age(catalog: Catalog) -> pd.DataFrame:
    rows = (
        {"age": r["code"], "name": r["name"], "age_from": _number(r["age_from"]), "age_to": _number(r["age_to"])}
        for r in catalog.codelists["age"]
    )
    return _frame(rows, ["age", "name", "age_from", "age_to"])


def _target_group_rule(catalog: Catalog) -> pd.DataFrame:
    """General rules by breakdown, and the rules of the definitions with their indicator."""
    columns = ["rule_id", "indicator", *RULE_COLUMNS[:3], *[c for c in RULE_COLUMNS[3:-1] if c not in BREAKDOWNS]]
    columns += [*BREAKDOWNS, "note"]
    rows: list[dict[str, Any]] = []
    for r in catalog.target_group_rules:
        row: dict[str, Any] = {c: r[c] or None for c in RULE_COLUMNS}
        row["priority"] = int(r["priority"])
        row["age_within_from"] = _number(r["age_within_from"])
        row["age_within_to"] = _number(r["age_within_to"])
        rows.append(row)
    for d in catalog.definitions.values():
        for rule in d.target_groups:
            rows.append(
                {
                    "indicator": d.code,
                    "target_group": rule.group,
                    "match": rule.match,
                    "priority": 50 + 10 * len(rule.where),
                    "note": rule.note,
                    **dict[str, str](rule.where.items()),
                }
            )
    for i, row in enumerate(rows, start=1):
        row["rule_id"] = i
    return _frame(rows, columns)


def _method(catalog: Catalog) -> pd.DataFrame:
    rows = (m.model_dump() for m in catalog.methods.values())
    return _frame(rows, ["name", "title", "kind", "formula", "needs_weight", "event_count", "reference"]).rename(
        columns={"name": "method"}
    )


def _publication_rule(catalog: Catalog) -> pd.DataFrame:
    classes = ("A", "B", "B_alternative")
    rows = (
        {
            "publication_rule": r.name,
            "threshold": c,
            **getattr(r, c).model_dump(),
            "sex_total_tolerance": r.sex_total_tolerance,
        }
        for r in catalog.publication_rules.values()
        for c in classes
    )
    return _frame(
        rows,
        [
            "publication_rule",
            "threshold",
            "weight_covered",
            "n_areas",
            "n_areas_small",
            "recent_share",
            "recent_years",
            "recent_years_survey",
            "proxy_allowed",
            "sex_total_tolerance",
        ],
    )


def _weight(catalog: Catalog) -> pd.DataFrame:
    columns = [
        "name",
        "title",
        "kind",
        "age_from",
        "age_to",
        "sex",
        "series",
        "coverage_indicator",
        "source",
        "filling",
    ]
    rows = (w.model_dump() for w in catalog.weights.values())
    return _frame(rows, columns).rename(columns={"name": "weight", "series": "provider_series"})


def _series_break(catalog: Catalog) -> pd.DataFrame:
    columns = ["indicator", "ref_area", "break_year", "why", "evidence", "decided", "break_file"]
    rows = (
        {
            "indicator": b.indicator,
            "ref_area": b.area,
            "break_year": b.year,
            "why": b.why,
            "evidence": b.evidence,
            "decided": b.decided,
            "break_file": catalog.places[repr(b)],
        }
        for b in catalog.breaks
    )
    return _frame(rows, columns)


def _correction(catalog: Catalog) -> pd.DataFrame:
    columns = ["correction_id", "indicator", "ref_area", "time_period", "source", "provider_series", *BREAKDOWNS]
    columns += ["expected_text", "action", "why", "evidence", "reported", "correction_file"]
    rows = (
        {
            "correction_id": i,
            "indicator": c.indicator,
            "ref_area": c.area,
            "time_period": c.year,
            "source": c.provider,
            "provider_series": c.series,
            **{b: c.breakdown.get(b, "_T") for b in BREAKDOWNS},
            "expected_text": c.expected,
            "action": c.action,
            "why": c.why,
            "evidence": c.evidence,
            "reported": c.reported,
            "correction_file": catalog.places[repr(c)],
        }
        for i, c in enumerate(catalog.corrections, start=1)
    )
    return _frame(rows, columns)


def _series_rename(catalog: Catalog) -> pd.DataFrame:
    columns = ["provider", "dataset", "old_series", "new_series", *[f"set_{b}" for b in BREAKDOWNS]]
    columns += ["valid_from", "note", "evidence", "rename_file", "rename_line"]
    copied = {"provider", "dataset", "old_series", "new_series", "valid_from", "note", "evidence"}
    rows = (
        {
            **r.model_dump(include=copied),
            **{f"set_{b}": r.old_set.get(b) for b in BREAKDOWNS},
            "rename_file": r.file,
            "rename_line": r.line,
        }
        for r in catalog.renames
    )
    return _frame(rows, columns)


def _national_target(catalog: Catalog) -> pd.DataFrame:
    columns = ["ref_area", "indicator", "floor", "target", "target_year", "legal_basis", "target_file"]
    return _frame(rows_of(catalog.national_targets), columns)

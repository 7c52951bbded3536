"""The catalogue as tables: what the SQL of warehouse/ joins, one function per `reference.*` table.

Belongs here: turning checked definitions into rows. Their columns are described in
warehouse/tables/reference.yaml.
Does not belong here: the tables of codes (code_tables.py) and of the sets (set_tables.py), checks, and anything that
needs data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from indicator_defs.breakdowns import BREAKDOWNS, cell_text
from indicator_defs.code_tables import code_tables
from indicator_defs.definitions import national_claims
from indicator_defs.expectations import Expectations
from indicator_defs.frames import by_breakdown, frame, listed, number, position
from indicator_defs.model import DatasetStructure
from indicator_defs.rules import RULE_COLUMNS
from indicator_defs.set_tables import set_tables

if TYPE_CHECKING:
    from indicator_defs.catalog import Catalog


def reference_tables(catalog: Catalog, structures: list[DatasetStructure]) -> dict[str, pd.DataFrame]:
    """All `reference.*` tables that come from the definitions, by name without the schema."""
    return {
        "indicator": _indicator(catalog),
        "breakdown": _breakdown(),
        "indicator_breakdown": _indicator_breakdown(catalog),
        "claim": _claim(catalog),
        "claim_filter": _claim_filter(catalog),
        "claim_title": _claim_title(catalog),
        "weight_title": _weight_title(catalog),
        "vintage_unit": _vintage_unit(catalog),
        **code_tables(catalog, structures),
        "target_group_rule": _target_group_rule(catalog),
        "method": _method(catalog),
        "publication_rule": _publication_rule(catalog),
        "weight": _weight(catalog),
        **set_tables(catalog),
        "series_break": _series_break(catalog),
        "correction": _correction(catalog),
        "series_rename": _series_rename(catalog),
        "not_applicable": _not_applicable(catalog),
        "must_exist": _must_exist(catalog.expectations),
        "check_tolerance": _check_tolerance(catalog.expectations),
        "published_aggregate": _published_aggregate(catalog.expectations),
        "national_target": _national_target(catalog),
    }


def _indicator(catalog: Catalog) -> pd.DataFrame:
    return frame(
        catalog.definitions.values(),
        indicator=lambda d: d.code,
        name=lambda d: d.name,
        indicator_group=lambda d: d.group,
        tier=lambda d: d.tier,
        status=lambda d: d.status,
        definition=lambda d: d.definition,
        numerator=lambda d: d.numerator,
        denominator=lambda d: d.denominator,
        unit_measure=lambda d: d.unit,
        decimals=lambda d: d.decimals,
        direction=lambda d: d.direction,
        minimum=lambda d: d.minimum,
        maximum=lambda d: d.maximum,
        maximum_is_hard=lambda d: d.maximum_is_hard,
        owner=lambda d: d.owner,
        sector=lambda d: d.sector,
        **by_breakdown("headline_", lambda d: d.headline, "_T"),
        method=lambda d: d.aggregation.method,
        weight=lambda d: d.aggregation.weight,
        weight_is_proxy=lambda d: d.aggregation.weight_is_proxy,
        proxy_accepted=lambda d: d.aggregation.proxy_accepted,
        lookback_years=lambda d: d.aggregation.window,
        is_survey=lambda d: d.aggregation.survey,
        sex_total_age=lambda d: d.aggregation.sex_total_age,
        aggregate_title=lambda d: d.aggregation.title,
        publication_rule=lambda d: d.publication_rule,
        change_tolerance=lambda d: d.change_tolerance,
        sdg=lambda d: d.sdg,
        articles=lambda d: "; ".join(d.articles),
        body=lambda d: "; ".join(d.body),
        comparability=lambda d: d.comparability,
        producer_note=lambda d: d.producer_note,
        gap_kind=lambda d: d.gap.kind if d.gap else None,
        gap_reason=lambda d: d.gap.reason if d.gap else None,
        gap_obtain_from=lambda d: d.gap.obtain_from if d.gap else None,
        gap_body=lambda d: "; ".join(d.gap.body) if d.gap else None,
        definition_file=lambda d: catalog.places[d.code],
    )


def _indicator_breakdown(catalog: Catalog) -> pd.DataFrame:
    definitions = catalog.definitions.values()
    return listed(["indicator", "breakdown"], [(d.code, b) for d in definitions for b in ("headline", *d.breakdowns)])


def _claim(catalog: Catalog) -> pd.DataFrame:
    """Claims of the definitions, and for every indicator the implied ones of national data."""
    return frame(
        [*catalog.claims, *national_claims(catalog.claims, catalog.places)],
        claim_id=lambda c: c.claim_id,
        indicator=lambda c: c.indicator,
        feed=lambda c: c.feed,
        provider=lambda c: c.provider,
        dataset=lambda c: c.dataset,
        source_rank=lambda c: c.rank,
        provider_series=lambda c: c.series.code,
        filters=lambda c: len(c.series.where),
        **by_breakdown("set_", lambda c: c.series.set),
        vintage_from=lambda c: c.source.vintage_from,
        vintage_to=lambda c: c.source.vintage_to,
        series_name_contains=lambda c: c.source.series_name_contains,
        superseded_before=lambda c: c.source.superseded_before,
        definition_file=lambda c: c.file,
        definition_line=lambda c: c.line,
    )


def _claim_filter(catalog: Catalog) -> pd.DataFrame:
    rows = [
        (c.claim_id, dimension, code, not isinstance(c.series.where[dimension], list))
        for c in catalog.claims
        for dimension, code in c.filters
    ]
    return listed(["claim_id", "dimension", "code", "fixes"], rows)


def _claim_title(catalog: Catalog) -> pd.DataFrame:
    return listed(["claim_id", "title"], [(c.claim_id, t) for c in catalog.claims for t in c.series.titles])


def _weight_title(catalog: Catalog) -> pd.DataFrame:
    rows = [(w.name, s, t) for w in catalog.weights.values() for s, titles in w.titles.items() for t in titles]
    return listed(["weight", "provider_series", "title"], rows)


def _vintage_unit(catalog: Catalog) -> pd.DataFrame:
    return frame(
        catalog.vintage_units,
        provider=lambda u: u.provider,
        dataset=lambda u: u.dataset,
        series=lambda u: u.series,
        vintage_date=lambda u: u.vintage_date,
        unit=lambda u: u.unit,
        evidence=lambda u: u.evidence,
        vintage_unit_file=lambda u: u.place,
    )


def _target_group_rule(catalog: Catalog) -> pd.DataFrame:
    """General rules by breakdown, and the rules of the definitions with their indicator."""
    columns = ["indicator", *[c for c in RULE_COLUMNS if c not in (*BREAKDOWNS, "note")], *BREAKDOWNS, "note"]
    rows: list[dict[str, Any]] = []
    for r in catalog.target_group_rules:
        row: dict[str, Any] = {c: r[c] or None for c in RULE_COLUMNS}
        row["priority"] = int(r["priority"])
        row["age_within_from"] = number(r["age_within_from"])
        row["age_within_to"] = number(r["age_within_to"])
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
    numbered = ([i, *map(row.get, columns), cell_text(row)] for i, row in enumerate(rows, start=1))
    return listed(["rule_id", *columns, "cell"], numbered)


def _breakdown() -> pd.DataFrame:
    return frame(BREAKDOWNS, breakdown=lambda b: b, position=position)


def _method(catalog: Catalog) -> pd.DataFrame:
    return frame(
        catalog.methods.values(),
        method=lambda m: m.name,
        title=lambda m: m.title,
        kind=lambda m: m.kind,
        formula=lambda m: m.formula,
        needs_weight=lambda m: m.needs_weight,
        event_count=lambda m: m.event_count,
        reference=lambda m: m.reference,
    )


def _publication_rule(catalog: Catalog) -> pd.DataFrame:
    return frame(
        [
            (r, name, thresholds)
            for r in catalog.publication_rules.values()
            for name, thresholds in (("A", r.A), ("B", r.B), ("B_alternative", r.B_alternative))
        ],
        publication_rule=lambda x: x[0].name,
        threshold=lambda x: x[1],
        weight_covered=lambda x: x[2].weight_covered,
        n_areas=lambda x: x[2].n_areas,
        n_areas_small=lambda x: x[2].n_areas_small,
        recent_share=lambda x: x[2].recent_share,
        recent_years=lambda x: x[2].recent_years,
        recent_years_survey=lambda x: x[2].recent_years_survey,
        proxy_allowed=lambda x: x[2].proxy_allowed,
        sex_total_tolerance=lambda x: x[0].sex_total_tolerance,
    )


def _weight(catalog: Catalog) -> pd.DataFrame:
    return frame(
        catalog.weights.values(),
        weight=lambda w: w.name,
        title=lambda w: w.title,
        kind=lambda w: w.kind,
        age_from=lambda w: w.age_from,
        age_to=lambda w: w.age_to,
        sex=lambda w: w.sex,
        provider_series=lambda w: w.series,
        coverage_indicator=lambda w: w.coverage_indicator,
        source=lambda w: w.source,
        filling=lambda w: w.filling,
        weight_file=lambda w: w.place,
    )


def _series_break(catalog: Catalog) -> pd.DataFrame:
    return frame(
        catalog.breaks,
        indicator=lambda b: b.indicator,
        ref_area=lambda b: b.area,
        break_year=lambda b: b.year,
        why=lambda b: b.why,
        evidence=lambda b: b.evidence,
        decided=lambda b: b.decided,
        break_file=lambda b: b.place,
    )


def _correction(catalog: Catalog) -> pd.DataFrame:
    return frame(
        catalog.corrections,
        correction_id=position,
        indicator=lambda c: c.indicator,
        ref_area=lambda c: c.area,
        time_period=lambda c: c.year,
        source=lambda c: c.provider,
        provider_series=lambda c: c.series,
        **by_breakdown("", lambda c: c.breakdown, "_T"),
        expected_text=lambda c: c.expected,
        action=lambda c: c.action,
        why=lambda c: c.why,
        evidence=lambda c: c.evidence,
        reported=lambda c: c.reported,
        correction_file=lambda c: c.place,
    )


def _series_rename(catalog: Catalog) -> pd.DataFrame:
    return frame(
        catalog.renames,
        provider=lambda r: r.provider,
        dataset=lambda r: r.dataset,
        old_series=lambda r: r.old_series,
        new_series=lambda r: r.new_series,
        **by_breakdown("set_", lambda r: r.old_set),
        valid_from=lambda r: r.valid_from,
        note=lambda r: r.note,
        evidence=lambda r: r.evidence,
        rename_file=lambda r: r.file,
        rename_line=lambda r: r.line,
    )


def _not_applicable(catalog: Catalog) -> pd.DataFrame:
    return frame(
        catalog.not_applicable,
        indicator=lambda e: e.indicator,
        ref_area=lambda e: e.ref_area,
        breakdown=lambda e: e.breakdown,
        why=lambda e: e.why,
        evidence=lambda e: e.evidence,
        list_file=lambda e: e.file,
        list_line=lambda e: e.line,
    )


def _must_exist(expectations: Expectations) -> pd.DataFrame:
    return frame(
        expectations.must_exist,
        indicator=lambda m: m.indicator,
        ref_area=lambda m: m.ref_area,
        time_period=lambda m: m.time_period,
        **by_breakdown("", lambda m: m.codes),
        obs_value=lambda m: m.obs_value,
        tolerance=lambda m: m.tolerance,
        taken_from=lambda m: m.taken_from,
        source_citation=lambda m: m.source_citation,
        must_exist_file=lambda m: m.file,
        must_exist_line=lambda m: m.line,
    )


def _check_tolerance(expectations: Expectations) -> pd.DataFrame:
    return frame(
        expectations.tolerances,
        check_name=lambda t: t.check,
        quantity=lambda t: t.quantity,
        value=lambda t: t.value,
        why=lambda t: t.why,
        tolerance_file=lambda t: t.file,
        tolerance_line=lambda t: t.line,
    )


def _published_aggregate(expectations: Expectations) -> pd.DataFrame:
    return frame(
        expectations.aggregates,
        provider=lambda a: a.provider,
        ref_area=lambda a: a.ref_area,
        area_group=lambda a: a.area_group,
        members=lambda a: ", ".join(a.members),
        imputes=lambda a: a.imputes,
        note=lambda a: a.note,
        aggregate_file=lambda a: a.file,
        aggregate_line=lambda a: a.line,
    )


def _national_target(catalog: Catalog) -> pd.DataFrame:
    return frame(
        sorted(catalog.national_targets, key=lambda t: (t.area, t.indicator)),
        ref_area=lambda t: t.area,
        indicator=lambda t: t.indicator,
        floor=lambda t: t.floor,
        target=lambda t: t.target,
        target_year=lambda t: t.year,
        legal_basis=lambda t: t.legal_basis,
        target_file=lambda t: t.place,
    )

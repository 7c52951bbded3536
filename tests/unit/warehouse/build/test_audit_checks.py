"""The checks of the audit: each fails on a build with one fault, and passes without the fault."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import duckdb
import pytest
from messages import assert_reports
from small_build import TOTAL_CELL, Row, SmallBuild

from warehouse.build import audit_checks
from warehouse.build.audit_checks import CheckResult, grouped_results, result_frame, run_checks, shown_checks
from warehouse.metadata import table, tables

PENSN = {"indicator": "ASP_COV_PENSN", "ref_area": "PHL", "time_period": 2019, "cell": TOTAL_CELL}
OBSERVATION = {
    "observation_id": "o1",
    "indicator": "ASP_COV_PENSN",
    "ref_area": "PHL",
    "time_period": 2019,
    "obs_value": 48.0,
    "value_text": "48",
    "source": "ilostat",
    "dataset": "SDG_0131_SEX_SOC_RT",
    "provider_series": "SDG_0131_SEX_SOC_RT",
    "feed": "ilostat/SDG_0131_SEX_SOC_RT/SDG_0131_SEX_SOC_RT",
    "candidate_no": 1,
    "vintage_date": date(2024, 9, 12),
    "snapshot_id": "s1",
    "snapshot_row": "data.csv:2",
}
VALUE = {**PENSN, "observation_id": "o1", "obs_value": 48.0, "dataset_kind": "statistical", "is_headline": True}
FIGURE = {
    "indicator": "ASP_COV_PENSN",
    "ref_area": "ASEAN",
    "time_period": 2019,
    "cell": TOTAL_CELL,
    "obs_value": 30.0,
    "publication_class": "A",
    "method": "weighted_mean",
    "minimum": 20.0,
    "maximum": 40.0,
    "median": 30.0,
}
MEMBERS = [
    {
        "indicator": "ASP_COV_PENSN",
        "area_group": "ASEAN",
        "reference_year": 2019,
        "cell": TOTAL_CELL,
        "ref_area": area,
        "value_low": value,
        "value_high": value,
        "weight_share": 0.5,
        "weight_value": 1.0,
        "observation_id": f"o{area}",
    }
    for area, value in (("PHL", 20.0), ("THA", 40.0))
]
CHANGE = {"indicator": "ASP_COV_PENSN", "ref_area": "ASEAN", "cell": TOTAL_CELL, "change": 3.0}
PARTS = [
    {"indicator": "ASP_COV_PENSN", "area_group": "ASEAN", "cell": TOTAL_CELL, "ref_area": a, "contribution": c}
    for a, c in (("PHL", 1.0), ("THA", 2.0))
]
ACCOUNT = {
    "snapshot_id": "s1",
    "provider": "ilostat",
    "rows_in": 3,
    "harmonised": 1,
    "out_of_scope": 1,
    "rejected": 1,
    "difference": 0,
}
Tables = dict[str, list[Row]]
SNAPSHOT = {"snapshot_id": "s1", "provider": "ilostat"}
AVAILABILITY = {"indicator": "ASP_COV_PENSN", "ref_area": "PHL", "breakdown": "sex", "availability": "no_value"}
SERIES_VINTAGE = {
    "snapshot_id": "s1",
    "provider": "unsd_sdg",
    "dataset": "sdg",
    "series": "SI_COV_PENSN",
    "current_series": "SI_COV_PENSN",
    "area_code": "",
    "vintage_no": 1,
    "is_newest": True,
}
HARMONISED_ROW = {
    "snapshot_id": "s1",
    "source": "unsd_sdg",
    "dataset": "sdg",
    "provider_series": "SI_COV_PENSN",
    "current_series": "SI_COV_PENSN",
}
CLAIM = {
    "indicator": "ASP_COV_PENSN",
    "provider": "unsd_sdg",
    "dataset": "sdg",
    "definition_file": "a.yaml",
    "definition_line": 7,
}
SERIES = {"provider": "unsd_sdg", "dataset": "sdg", "series": "SI_COV_PENSN"}
ROW_WITH_UNIT = {"claim_id": 3, "provider_series": "SI_COV_PENSN", "published_unit": "NUMBER"}
GDP_DATASET = {"provider": "world_bank", "dataset": "wdi"}
GDP_ROLE = {
    **GDP_DATASET,
    "role": "gdp",
    "sex": "_T",
    "provider_series": "NY.GDP.MKTP.PP.CD",
    "weight_series_file": "w.yaml:7",
}
BREAK, BREAK_FILE = {"indicator": "ASP_COV_PENSN", "ref_area": "PHL"}, {"break_file": "breaks/known.yaml:7"}
FILTERED_CLAIM = {**CLAIM, "claim_id": 3, "provider_series": "SI_COV_PENSN"}
AGE = {"dimension": "Age"}
STAGED_SERIES = {"provider": "unsd_sdg", "dataset": "sdg", "series": "SI_OLD"}
UNMAPPED_SERIES = {
    "provider": "unsd_sdg",
    "series": "SI_COV_PENSN",
    "outcome": "rejected",
    "reason": "unmapped_dimension",
    "detail": "dimension Level",
}
REJECTION = {"snapshot_id": "s1", "series": "SI_COV_PENSN", "reason": "unknown_code"}
VINTAGE_VALUE = {"observation_id": "o1", "snapshot_id": "s1", "snapshot_row": "data.csv:2", "obs_value": 48.0}
REVISION = {
    "revision_class": "changed",
    "observation_id": "o1",
    "ref_area": "PHL",
    "provider_series": "SI_COV_PENSN",
    "snapshot_from": "s1",
    "row_from": "data.csv:2",
    "value_from": 48.0,
    "snapshot_to": "s2",
    "row_to": "data.csv:9",
    "value_to": 20.5,
}

NEWER_DATE = date(2024, 9, 12)
VALUE_IN_HISTORY = {
    **VALUE,
    "role": "chosen",
    "in_aggregates": True,
    "vintage_date": date(2023, 12, 17),
    "known_from": date(2023, 12, 17),
    "known_to": None,
}

GAP = {**AVAILABILITY, "reason_code": "no_source", "filled_by": "SOMSWD"}
REASONS = [{"codelist": "gap_reason", "code": "no_source"}, {"codelist": "gap_reason", "code": "not_applicable"}]

EXPECTED = {
    **PENSN,
    "obs_value": 48.0,
    "tolerance": 0.05,
    "taken_from": "unsd_sdg/sdg/2020-12-27",
    "source_citation": "UN SDG Global Database",
    "must_exist_file": "indicator_defs/must_exist.csv",
    "must_exist_line": 7,
}
CHOSEN = {**VALUE, "feed": "unsd_sdg/sdg/SI_COV_PENSN", "vintage_date": date(2023, 12, 17), "value_text": "48"}
PUBLISHED_AGGREGATE = {
    "observation_id": "o1",
    "indicator": "ASP_COV_PENSN",
    "published_value": 40.0,
    "is_large": False,
    "likely_reason": "agrees",
}


def by_sex(total: float, women: float = 40.0, men: float = 50.0, indicator: str = "ASP_COV_PENSN") -> list[Row]:
    """A total and the figures of women and men, of one feed."""
    rest = TOTAL_CELL.removeprefix("_T")
    return [
        {**CHOSEN, "indicator": indicator, "observation_id": f"o{sex}", "sex": sex, "cell": f"{sex}{rest}"}
        | {"obs_value": value, "unit_measure": "PT"}
        for sex, value in (("_T", total), ("F", women), ("M", men))
    ]


def cells_of(rows: Iterable[Row]) -> list[Row]:
    """The cells of some values, as rows of harmonised.cell."""
    cells = sorted({(r["indicator"], r["cell"]) for r in rows})
    return [{"cell_no": n, "indicator": indicator, "cell": cell} for n, (indicator, cell) in enumerate(cells, start=1)]


def previous_values(*values: float) -> list[Row]:
    """The values of the previous release, one for each year."""
    return [{**PENSN, "release": "2026.11.21-1", "time_period": 2000 + i, "obs_value": v} for i, v in enumerate(values)]


def new_values(*values: float | None) -> list[Row]:
    """The values of the build, one for each year without a None."""
    return [
        {**CHOSEN, "observation_id": f"o{i}", "time_period": 2000 + i, "obs_value": v}
        for i, v in enumerate(values)
        if v is not None
    ]


# By check: a build that passes, tables with one fault, and a part of the message about the fault.
DESCRIBED = {
    "snapshot_id": "s2",
    "provider": "unsd_sdg",
    "dataset": "sdg",
    "series": "SI_COV_PENSN",
    "current_series": "SI_COV_PENSN",
    "vintage_date": date(2024, 12, 31),
    "used_in": "coverage/ASP_COV_PENSN.yaml:31",
    "title": "Pensions (number)",
    "unit_as_published": "",
    "unexpected": "",
    "expected": "Pensions (%)",
    "finding": "title_changed",
}
DESCRIBED_BEFORE = {**DESCRIBED, "snapshot_id": "s1", "vintage_date": date(2023, 12, 31), "finding": None}
IN_USE = {k: DESCRIBED[k] for k in ("provider", "dataset", "series", "current_series")} | {
    "snapshot_id": "s1",
    "area_code": "",
    "vintage_date": date(2023, 12, 31),
    "is_newest": True,
    "is_declared": True,
}
NOT_IN_USE = {
    **IN_USE,
    "snapshot_id": "s2",
    "vintage_date": date(2024, 12, 31),
    "is_newest": False,
    "is_declared": False,
}

CASES: dict[str, tuple[Tables, Tables, str]] = {
    "series_meaning_confirmed": (
        {
            "lineage.series_description": [DESCRIBED_BEFORE, {**DESCRIBED, "finding": None}],
            "lineage.series_vintage": [IN_USE, NOT_IN_USE],
        },
        {"lineage.series_description": [DESCRIBED_BEFORE, DESCRIBED]},
        "found=title Pensions (number), expected=Pensions (%), vintage_date=2024-12-31",
    ),
    "series_meaning_known": (
        {"lineage.series_description": [DESCRIBED_BEFORE, DESCRIBED]},
        {"lineage.series_description": [DESCRIBED]},
        "claimed_in=coverage/ASP_COV_PENSN.yaml:31, series=SI_COV_PENSN, found=title Pensions (number)",
    ),
    "every_gap_has_a_reason": (
        {
            "quality.availability": [GAP, {**GAP, "reason_code": "not_applicable", "filled_by": None}],
            "reference.code": REASONS,
        },
        {"quality.availability": [{**GAP, "reason_code": None}], "reference.code": REASONS},
        "PHL",
    ),
    "row_account_balances": (
        {"quality.row_account": [ACCOUNT]},
        {"quality.row_account": [ACCOUNT, {**ACCOUNT, "snapshot_id": "s2", "harmonised": 0, "difference": 1}]},
        "s2",
    ),
    "one_row_one_indicator": (
        {"harmonised.observation": [OBSERVATION, {**OBSERVATION, "snapshot_row": "data.csv:3"}]},
        {"harmonised.observation": [OBSERVATION, {**OBSERVATION, "indicator": "ASP_COV_UEMP"}]},
        "data.csv:2",
    ),
    "class_c_is_withheld": (
        {
            "indicator_set.aggregate": [
                FIGURE,
                {**FIGURE, "publication_class": "C", "obs_value": None, "median": None, "obs_status": "Q"},
            ]
        },
        {"indicator_set.aggregate": [{**FIGURE, "publication_class": "C", "obs_status": "Q", "median": None}]},
        "obs_value=30.0",
    ),
    "aggregate_recomputed": (
        {"indicator_set.aggregate": [FIGURE], "indicator_set.aggregate_member": MEMBERS},
        {"indicator_set.aggregate": [{**FIGURE, "obs_value": 31.0}]},
        "recomputed=30.0",
    ),
    "must_exist_figures": (
        {"reference.must_exist": [EXPECTED], "indicator_set.value": [{**CHOSEN, "obs_value": 48.04}]},
        {"indicator_set.value": [{**CHOSEN, "obs_value": 48.2}]},
        "indicator_defs/must_exist.csv:7",
    ),
    "published_aggregate_differs": (
        {"quality.published_aggregate": [PUBLISHED_AGGREGATE]},
        {"quality.published_aggregate": [{**PUBLISHED_AGGREGATE, "is_large": True, "likely_reason": "weights"}]},
        "likely_reason=weights",
    ),
    "parts_around_total": (
        {
            "indicator_set.value": [*by_sex(45.0), *by_sex(50.4, indicator="ASP_COV_UEMP")],
            "harmonised.cell": cells_of([*by_sex(45.0), *by_sex(50.4, indicator="ASP_COV_UEMP")]),
        },
        {"indicator_set.value": by_sex(52.0)},
        "total=52.0",
    ),
    "shares_within_bounds": (
        {
            "indicator_set.aggregate": [{**FIGURE, "weight_covered": 1.0, "recent_share": 0.5}],
            "indicator_set.aggregate_member": MEMBERS,
            "harmonised.observation": [OBSERVATION],
        },
        {"indicator_set.aggregate": [{**FIGURE, "weight_covered": 1.01}]},
        "what=weight_covered",
    ),
    "one_value_at_a_time": (
        {
            "indicator_set.value_history": [
                {**VALUE_IN_HISTORY, "known_to": NEWER_DATE},
                {**VALUE_IN_HISTORY, "known_from": NEWER_DATE, "obs_value": 20.5},
            ]
        },
        {
            "indicator_set.value_history": [
                VALUE_IN_HISTORY,
                {**VALUE_IN_HISTORY, "known_from": NEWER_DATE, "obs_value": 20.5},
            ]
        },
        "other_value=20.5",
    ),
    "magnitude_kept": (
        {"lineage.previous_value": previous_values(48.0, 0.1), "indicator_set.value": new_values(20.5, 0.9)},
        {"indicator_set.value": new_values(0.48, 0.9)},
        "value_before=48.0",
    ),
    "aggregate_within_members": (
        {"indicator_set.aggregate": [FIGURE]},
        {"indicator_set.aggregate": [{**FIGURE, "obs_value": 40.1}]},
        "maximum=40.0",
    ),
    "contributions_add_up": (
        {"baseline.value": [CHANGE], "baseline.change_contribution": PARTS},
        {"baseline.value": [{**CHANGE, "change": 3.5}]},
        "total=3.0",
    ),
    "value_equals_text": (
        {
            "harmonised.observation": [
                OBSERVATION,
                {**OBSERVATION, "obs_value": None, "value_text": "<0.5"},
                {**OBSERVATION, "value_text": " 48.0"},
            ]
        },
        {"harmonised.observation": [{**OBSERVATION, "obs_value": 4.8}]},
        "value_text=48",
    ),
    "documents_stay_out_of_aggregates": (
        {"indicator_set.aggregate_member": MEMBERS, "indicator_set.value": [{**VALUE, "observation_id": "oPHL"}]},
        {"indicator_set.value": [{**VALUE, "observation_id": "oPHL", "dataset_kind": "document"}]},
        "document",
    ),
    "no_future_year": (
        {"harmonised.observation": [OBSERVATION, {**OBSERVATION, "time_period": 2030, "obs_status": "F"}]},
        {"harmonised.observation": [{**OBSERVATION, "time_period": 2025}]},
        "time_period=2025",
    ),
    "chosen_value_traces_to_snapshot": (
        {
            "indicator_set.value": [VALUE],
            "harmonised.observation": [OBSERVATION],
            "lineage.snapshot": [SNAPSHOT],
        },
        {"lineage.snapshot": [{**SNAPSHOT, "snapshot_id": "s9"}]},
        "o1",
    ),
    "indicator_with_values_has_values": (
        {
            "reference.indicator": [{"indicator": "ASP_COV_PENSN", "status": "with_values"}],
            "indicator_set.value": [VALUE],
        },
        {"indicator_set.value": [{**VALUE, "ref_area": "WLD"}]},
        "ASP_COV_PENSN",
    ),
    "weight_has_values": (
        {
            "reference.indicator": [
                {
                    "indicator": "ASP_COV_PENSN",
                    "status": "with_values",
                    "method": "weighted_mean",
                    "weight": "POP_Y_GE65",
                    "headline_sex": "_T",
                }
            ],
            "reference.area_group": [{"area_group": "ASEAN", "ref_area": "PHL", "is_member_today": True}],
            "lineage.series_vintage": [],
            "indicator_set.weight_value": [
                {
                    "weight": "POP_Y_GE65",
                    "ref_area": "PHL",
                    "time_period": 2023,
                    "urbanisation": "_T",
                    "weight_value": 6e6,
                }
            ],
        },
        {"indicator_set.weight_value": []},
        "POP_Y_GE65",
    ),
    "key_published_twice": (
        {"harmonised.observation": [OBSERVATION, {**OBSERVATION, "candidate_no": 2}]},
        {"harmonised.observation": [OBSERVATION, {**OBSERVATION, "candidate_no": 2, "value_text": "49"}]},
        "candidates=2",
    ),
    "value_above_maximum": (
        {"indicator_set.value": [{**VALUE, "above_maximum": False}]},
        {"indicator_set.value": [{**VALUE, "above_maximum": True, "obs_value": 104.0}]},
        "obs_value=104.0",
    ),
    "step_not_looked_at": (
        {"indicator_set.value": [{**VALUE, "break_before": "declared"}]},
        {"indicator_set.value": [{**VALUE, "break_before": "step"}]},
        "PHL",
    ),
    "rows_rejected": (
        {  # rejections in vintages that are not the newest are no problem; records have no series
            "lineage.rejection": [REJECTION, {**REJECTION, "dataset": "schemes", "series": "", "snapshot_id": "r1"}],
            "lineage.series_vintage": [
                {**SERIES_VINTAGE, "is_newest": False},
                {**SERIES_VINTAGE, "snapshot_id": "s2", "is_newest": True, "vintage_no": 2},
            ],
            "lineage.snapshot": [
                {**SNAPSHOT, "dataset": "schemes", "snapshot_id": s, "vintage_date": date(2024, month, 1)}
                for s, month in (("r1", 1), ("r2", 2))
            ],
        },
        {"lineage.series_vintage": [SERIES_VINTAGE]},
        "unknown_code",
    ),
    "values_withdrawn": (
        {"lineage.revision": [REVISION], "lineage.series_vintage": [{**SERIES_VINTAGE, "snapshot_id": "s2"}]},
        {"lineage.revision": [{**REVISION, "revision_class": "withdrawn"}]},
        "value_from=48.0",
    ),
    "revision_traces_to_vintages": (
        {
            "lineage.revision": [REVISION],
            "lineage.vintage_value": [
                VINTAGE_VALUE,
                {**VINTAGE_VALUE, "snapshot_id": "s2", "snapshot_row": "data.csv:9", "obs_value": 20.5},
            ],
        },
        {"lineage.revision": [{**REVISION, "value_from": 47.0}]},
        "data.csv:2",
    ),
    "discrepancies": (
        {"lineage.discrepancy": []},
        {"lineage.discrepancy": [{"indicator": "ASP_COV_PENSN", "obs_value": 48.0, "other_value": 20.5}]},
        "other_value=20.5",
    ),
    "correction_applies": (
        {"lineage.correction": [{"correction_id": 1, "applied": True}]},
        {"lineage.correction": [{"correction_id": 1, "applied": False, "expected_text": "0.7"}]},
        "expected_text=0.7",
    ),
    "breakdown_missing_everywhere": (
        {"quality.availability": [{**AVAILABILITY, "n_values": 0}, {**AVAILABILITY, "ref_area": "THA", "n_values": 3}]},
        {"quality.availability": [{**AVAILABILITY, "n_values": 0}, {**AVAILABILITY, "ref_area": "THA", "n_values": 0}]},
        "breakdown=sex",
    ),
    "claimed_series_known": (
        {
            "reference.claim": [
                {**CLAIM, "provider_series": "SI_COV_PENSN"},
                {**CLAIM, "provider_series": "SI_COV_SOCAST"},
                {**CLAIM, "provider": "national", "dataset": "documents", "provider_series": "submitted in future"},
                {**CLAIM, "provider_series": "SI_NOT_LISTED"},
                {**CLAIM, "provider": "ilostat", "dataset": "failing", "provider_series": "NEW"},
            ],
            "lineage.fetch": [
                {
                    "provider": "unsd_sdg",
                    "dataset": "sdg",
                    "outcome": "unchanged",
                    "left_out": "No more: SI_NOT_LISTED.",
                },
                {"provider": "ilostat", "dataset": "failing", "outcome": "failed"},
            ],
            "reference.series_rename": [
                {"provider": "unsd_sdg", "dataset": "sdg", "old_series": "OLD", "new_series": "SI_COV_SOCAST"}
            ],
            "lineage.snapshot": [
                {"snapshot_id": "s1", "provider": "unsd_sdg", "dataset": "sdg"},
                {"snapshot_id": "s2", "provider": "ilostat", "dataset": "failing"},
                {"snapshot_id": "s3", "provider": "national", "dataset": "documents"},
            ],
            "lineage.snapshot_series": [
                {"snapshot_id": "s1", "series": "SI_COV_PENSN"},
                {"snapshot_id": "s1", "series": "OLD"},
                {"snapshot_id": "s2", "series": "KNOWN"},
                {"snapshot_id": "s3", "series": "submitted"},
            ],
        },
        {"reference.claim": [{**CLAIM, "provider_series": "SI_COV_PENSM"}]},
        "claimed_in=a.yaml:7, indicator=ASP_COV_PENSN, unknown_series=SI_COV_PENSM, similar_names=SI_COV_PENSN ",
    ),
    "claimed_unit_fits": (
        {
            "reference.indicator": [{"indicator": "ASP_COV_PENSN", "unit_measure": "PT"}],
            "reference.claim": [{**CLAIM, "claim_id": 3, "provider_series": "SI_COV_PENSN"}],
            "lineage.series_vintage": [
                {**SERIES, "snapshot_id": "s1", "is_newest": False},
                {**SERIES, "snapshot_id": "s2", "is_newest": True},
            ],
            "staged.observation": [{**SERIES, "snapshot_id": "s2", "series_name": "Pensions (% of the aged)"}],
            "harmonised.row": [  # a rejection in an older vintage is no problem
                {**ROW_WITH_UNIT, "snapshot_id": "s1", "outcome": "rejected", "reason": "unit_differs"},
                {**ROW_WITH_UNIT, "snapshot_id": "s2", "outcome": "harmonised"},
            ],
        },
        {
            "harmonised.row": [
                {**ROW_WITH_UNIT, "snapshot_id": "s2", "outcome": "rejected", "reason": "unit_differs"},
            ],
        },
        "defined_in=a.yaml, unit=PT, provider=unsd_sdg, series=SI_COV_PENSN, found=unit NUMBER",
    ),
    "weight_series_known": (
        {
            "reference.weight_series": [GDP_ROLE],
            "lineage.series_vintage": [
                {**GDP_DATASET, "series": "NY.GDP.MKTP.PP.CD"},
                {**GDP_DATASET, "series": "SL.TLF.TOTL.IN"},
            ],
        },
        {"reference.weight_series": [{**GDP_ROLE, "provider_series": "NY.GDP.MKTP.PP.KD"}]},
        "named_in=w.yaml:7, role=gdp, unknown_series=NY.GDP.MKTP.PP.KD, similar_names=NY.GDP.MKTP.PP.CD SL.TLF.TOTL.IN",
    ),
    "claimed_series_published": (
        {
            "reference.claim": [{"provider": "unsd_sdg", "dataset": "sdg", "provider_series": "SI_COV_PENSN"}],
            "harmonised.row": [HARMONISED_ROW],
            "lineage.series_vintage": [SERIES_VINTAGE],
        },
        {"lineage.series_vintage": [{**SERIES_VINTAGE, "is_newest": False}]},
        "SI_COV_PENSN",
    ),
    "dimensions_mapped": (
        {  # a series with usable rows is no problem here: rows_rejected reports the others
            "reference.claim": [{**CLAIM, "claim_id": 3}],
            "harmonised.series_map": [
                {**UNMAPPED_SERIES, "claim_id": 3},
                {**UNMAPPED_SERIES, "claim_id": 3, "outcome": "harmonised", "reason": None},
            ],
        },
        {"harmonised.series_map": [{**UNMAPPED_SERIES, "claim_id": 3}]},
        "claimed_in=a.yaml:7, provider=unsd_sdg, series=SI_COV_PENSN, detail=dimension Level",
    ),
    "break_between_values": (
        {
            "reference.series_break": [{**BREAK, **BREAK_FILE, "break_year": 2019}],
            "lineage.vintage_value": [{**BREAK, "time_period": year} for year in (2018, 2019)],
        },
        {"reference.series_break": [{**BREAK, **BREAK_FILE, "break_year": year} for year in (2018, 2020)]},
        "declared_in=breaks/known.yaml:7, indicator=ASP_COV_PENSN, ref_area=PHL, break_year=2018, first_year=2018, "
        "last_year=2019; declared_in=breaks/known.yaml:7, indicator=ASP_COV_PENSN, ref_area=PHL, break_year=2020",
    ),
    "claim_filter_known": (
        {  # published under the former code of the series; SI_COV_UEMP has no rows
            "reference.claim": [FILTERED_CLAIM, {**FILTERED_CLAIM, "claim_id": 4, "provider_series": "SI_COV_UEMP"}],
            "reference.claim_filter": [{**AGE, "claim_id": c, "code": "15-24"} for c in (3, 4)],
            "staged.series_dimension": [{**STAGED_SERIES, **AGE, "code": c} for c in ("15-24", "25-64", "ALL")],
            "reference.series_rename": [
                {"provider": "unsd_sdg", "dataset": "sdg", "old_series": "SI_OLD", "new_series": "SI_COV_PENSN"}
            ],
        },
        {
            "reference.claim_filter": [
                {**AGE, "claim_id": 3, "code": "15-25"},
                {"claim_id": 3, "dimension": "Ages", "code": "15-24"},
            ]
        },
        "a.yaml:7, series=SI_COV_PENSN, unknown=Age 15-25, similar_names=15-24 25-64 ALL; "
        "claimed_in=a.yaml:7, series=SI_COV_PENSN, unknown=dimension Ages, similar_names=Age",
    ),
    "crosswalk_line_unused": (
        {
            "reference.crosswalk": [{"provider": "unsd_sdg", "dimension": "Sex", "code": "FEMALE", "concept": "sex"}],
            "staged.series_dimension": [{"provider": "unsd_sdg", "dimension": "Sex", "code": "FEMALE"}],
        },
        {"staged.series_dimension": [{"provider": "unsd_sdg", "dimension": "Sex", "code": "MALE"}]},
        "FEMALE",
    ),
}
BY_NAME = {c.name: c for c in audit_checks.checks()}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SmallBuild:
    """A build with the reference tables, shared by tests, which write the other tables."""
    return SmallBuild(tmp_path_factory.mktemp("build"))


@pytest.fixture
def fresh(tmp_path: Path) -> SmallBuild:
    """A build for one test only."""
    return SmallBuild(tmp_path)


def test_unit_is_read_from_the_name_of_a_series_without_harmonised_rows(fresh: SmallBuild) -> None:
    good, _, _ = CASES["claimed_unit_fits"]
    indicator = {"indicator": "ASP_COV_PENSN", "unit_measure": "NUMBER"}
    for full_name, rows in {**good, "reference.indicator": [indicator], "harmonised.row": []}.items():
        fresh.write(full_name, rows)
    (result,) = run_checks(fresh.build, [BY_NAME["claimed_unit_fits"]])
    assert_reports(
        result.sample,
        place=("provider=unsd_sdg", "series=SI_COV_PENSN"),
        found="Pensions (% of the aged)",
        expected="unit=NUMBER",
    )


def test_claim_of_a_dataset_without_data_is_reported(fresh: SmallBuild) -> None:
    claim = {**CLAIM, "provider": "world_bank", "dataset": "wdi", "provider_series": "NEW"}
    for name in ("lineage.snapshot", "lineage.snapshot_series", "lineage.fetch", "reference.series_rename"):
        fresh.write(name, [])
    fresh.write("reference.claim", [claim])
    (result,) = run_checks(fresh.build, [BY_NAME["claimed_series_known"]])
    assert_reports(result.sample, place="a.yaml:7", found="unknown_series=NEW", expected="similar_names=no series")


def test_every_check_of_the_folder_has_a_case() -> None:
    assert {p.stem for p in audit_checks.CHECKS.glob("*.sql")} == set(CASES)


@pytest.mark.parametrize("name", sorted(CASES))
def test_check_passes_without_the_fault_and_fails_with_it(fresh: SmallBuild, name: str) -> None:
    good, fault, expected_text = CASES[name]
    for full_name, rows in good.items():
        fresh.write(full_name, rows)
    (passed,) = run_checks(fresh.build, [BY_NAME[name]])
    assert passed.passed, passed.sample
    for full_name, rows in fault.items():
        fresh.write(full_name, rows)
    (failed,) = run_checks(fresh.build, [BY_NAME[name]])
    assert not failed.passed
    assert failed.problems >= 1
    assert expected_text in failed.sample


def test_checks_run_one_at_a_time_where_memory_is_too_small_for_several(
    small: SmallBuild,
) -> None:
    small.write("indicator_set.aggregate", [{**FIGURE, "publication_class": "C"}])

    def evaluate_in_main_thread(con: duckdb.DuckDBPyConnection, check: audit_checks.Check) -> CheckResult:
        if threading.current_thread() is not threading.main_thread():
            raise duckdb.OutOfMemoryException("failed to pin block")
        return audit_checks.evaluate(con, check)

    (result,) = run_checks(small.build, [BY_NAME["class_c_is_withheld"]], evaluate_in_main_thread)
    assert result.problems == 1


@pytest.mark.parametrize("change", [{"obs_status": None}, {"publication_class": "A"}, {"median": 30.0}])
def test_class_c_must_be_withheld_in_every_column(small: SmallBuild, change: Row) -> None:
    withheld = {**FIGURE, "publication_class": "C", "obs_value": None, "median": None, "obs_status": "Q"}
    small.write("indicator_set.aggregate", [{**withheld, **change}])
    (result,) = run_checks(small.build, [BY_NAME["class_c_is_withheld"]])
    assert result.problems == 1


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ([], "missing"),
        ([{**CHOSEN, "obs_value": None, "value_text": "<0.5"}], "published as <0.5"),
        ([{**CHOSEN, "obs_value": 4.8}], "-43.2, tolerance 0.05"),
        ([{**CHOSEN, "vintage_date": date(2020, 12, 27)}], "vintage"),
        ([{**CHOSEN, "sex": "F", "cell": "F" + TOTAL_CELL.removeprefix("_T")}], "missing"),
    ],
)
def test_each_missing_or_different_figure_is_reported(small: SmallBuild, values: list[Row], problem: str) -> None:
    small.write("reference.must_exist", [EXPECTED, {**EXPECTED, "time_period": 2020, "must_exist_line": 8}])
    small.write("indicator_set.value", [*values, {**CHOSEN, "time_period": 2020}])
    (result,) = run_checks(small.build, [BY_NAME["must_exist_figures"]])
    assert result.problems == 1
    assert problem in result.sample
    assert "must_exist.csv:7" in result.sample


def test_parts_of_other_ages_or_feeds_and_indices_are_not_compared(small: SmallBuild) -> None:
    total, *parts = by_sex(70.0)
    other_feed = [{**total, "feed": "ilostat/SDG_0131_SEX_SOC_RT/SDG_0131_SEX_SOC_RT"}, *parts]
    total_of_all_ages, *adults = by_sex(
        70.0, indicator="ASP_NUT_FIMS"
    )  # the total is of all ages, the parts of 15 and over
    food = [
        total_of_all_ages,
        *({**r, "age": "Y_GE15", "cell": r["cell"].replace("|_T", "|Y_GE15", 1)} for r in adults),
    ]
    index = [{**r, "unit_measure": "RO"} for r in by_sex(0.9, 0.3, 0.4, "ASP_CHD_WPARITY")]
    small.write("indicator_set.value", [*other_feed, *food, *index])
    small.write("harmonised.cell", cells_of([*other_feed, *food, *index]))
    assert run_checks(small.build, [BY_NAME["parts_around_total"]])[0].passed


def test_counts_of_parts_add_up(small: SmallBuild) -> None:
    for total, problems in ((90.0, 0), (80.0, 1)):
        rows = [{**r, "unit_measure": "PS"} for r in by_sex(total, 40.0, 50.0, "ASP_NUT_POUN")]
        small.write("indicator_set.value", rows)
        small.write("harmonised.cell", cells_of(rows))
        (result,) = run_checks(small.build, [BY_NAME["parts_around_total"]])
        assert result.problems == problems


@pytest.mark.parametrize(
    ("name", "rows", "what"),
    [
        ("indicator_set.aggregate", [{**FIGURE, "obs_value": 100.5}], "what=obs_value"),
        ("indicator_set.aggregate", [{**FIGURE, "share_estimated": -0.1}], "what=share_estimated"),
        ("indicator_set.aggregate_member", MEMBERS[:1], "ASEAN"),
        ("harmonised.observation", [{**OBSERVATION, "obs_value": -1.0}], "minimum"),
    ],
)
def test_every_bound_is_checked(fresh: SmallBuild, name: str, rows: list[Row], what: str) -> None:
    good, _, _ = CASES["shares_within_bounds"]
    for full_name, table_rows in {**good, name: rows}.items():
        fresh.write(full_name, table_rows)
    (result,) = run_checks(fresh.build, [BY_NAME["shares_within_bounds"]])
    assert (result.problems, what in result.sample) == (1, True)


@pytest.mark.parametrize(("method", "value"), [("sum_reporting", 60.0), ("median", 30.0), ("weighted_mean", 30.0)])
def test_sums_and_medians_are_recomputed_too(small: SmallBuild, method: str, value: float) -> None:
    small.write("indicator_set.aggregate_member", MEMBERS)
    for stored, passed in ((value, True), (value + 1e-6, False)):
        small.write("indicator_set.aggregate", [{**FIGURE, "method": method, "obs_value": stored}])
        assert run_checks(small.build, [BY_NAME["aggregate_recomputed"]])[0].passed is passed


def test_missing_tolerances_are_zero(fresh: SmallBuild) -> None:
    fresh.write("reference.check_tolerance", [])
    for name in ("parts_around_total", "magnitude_kept"):
        for full_name, rows in {**CASES[name][0], "indicator_set.value": CASES[name][1]["indicator_set.value"]}.items():
            fresh.write(full_name, rows)
        assert not run_checks(fresh.build, [BY_NAME[name]])[0].passed


@pytest.mark.parametrize("status", ["U", "V"])
def test_unreliable_values_stay_out_of_aggregates(small: SmallBuild, status: str) -> None:
    small.write("indicator_set.aggregate_member", MEMBERS)
    small.write("indicator_set.value", [{**VALUE, "observation_id": "oTHA", "obs_status": status}])
    (result,) = run_checks(small.build, [BY_NAME["documents_stay_out_of_aggregates"]])
    assert result.problems == 1


KEYED = sorted(n for n, t in tables().items() if not t.is_work and n != "quality.check_result")


@pytest.mark.parametrize("name", KEYED)
def test_repeated_key_is_found_in_every_table(fresh: SmallBuild, name: str) -> None:
    check = BY_NAME[f"unique_key_{name.replace('.', '_')}"]
    assert check.severity == "blocks"
    row = {
        c.name: {"VARCHAR": "x", "DATE": date(2024, 1, 1), "BOOLEAN": True}.get(c.type, 1) for c in table(name).columns
    }
    fresh.write(name, [row])
    assert run_checks(fresh.build, [check])[0].passed
    fresh.write(name, [row, row])
    (result,) = run_checks(fresh.build, [check])
    assert result.problems == 1
    assert "row_count=2" in result.sample


def test_key_with_an_empty_cell_is_found(fresh: SmallBuild) -> None:
    check = BY_NAME["unique_key_reference_indicator"]
    assert "complete" in check.description
    fresh.write("reference.indicator", [{"indicator": None, "name": "nameless"}])
    assert not run_checks(fresh.build, [check])[0].passed


@pytest.mark.parametrize(
    ("name", "row", "column", "code"),
    [
        ("harmonised.observation", OBSERVATION, "sex", "FEMALE"),
        ("harmonised.observation", OBSERVATION, "ref_area", "608"),
        ("harmonised.observation", OBSERVATION, "unit_measure", "PERCENT"),
        ("harmonised.observation", OBSERVATION, "nature", "X"),
        ("indicator_set.value", VALUE, "obs_status", "R"),
        ("indicator_set.value", VALUE, "age", "15+"),
        ("indicator_set.aggregate", FIGURE, "ref_area", "ASEAN12"),
        ("baseline.value", CHANGE, "target_group", "EVERYBODY"),
    ],
)
def test_unknown_code_is_found(fresh: SmallBuild, name: str, row: Row, column: str, code: str) -> None:
    check = BY_NAME[f"codes_known_{name.replace('.', '_')}"]
    fresh.write(name, [row])
    assert run_checks(fresh.build, [check])[0].passed
    fresh.write(name, [row, {**row, column: code}])
    (result,) = run_checks(fresh.build, [check])
    assert result.sample == f"column_name={column}, code={code}, row_count=1"


def test_problems_beyond_the_sample_are_counted(fresh: SmallBuild) -> None:
    rows = [{**ACCOUNT, "snapshot_id": f"s{i}", "difference": i} for i in range(1500)]
    fresh.write("quality.row_account", rows)
    (result,) = run_checks(fresh.build, [BY_NAME["row_account_balances"]])
    assert result.problems == 1499
    assert result.sample.count("snapshot_id=") == 5


def test_check_without_a_severity_blocks(tmp_path: Path) -> None:
    (tmp_path / "new_check.sql").write_text(
        "-- description: Nothing is wrong\nSELECT 1 WHERE FALSE\n", encoding="utf-8"
    )
    (new,) = (c for c in audit_checks.checks(tmp_path) if c.family is None)
    assert (new.name, new.severity) == ("new_check", "blocks")


def test_unknown_severity_is_refused(tmp_path: Path) -> None:
    text = "-- severity: urgent\n-- description: x\nSELECT 1\n"
    (tmp_path / "new_check.sql").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="severity") as error:
        audit_checks.checks(tmp_path)
    assert_reports(str(error.value), place="new_check.sql", found="'urgent'", expected=("blocks", "warns", "informs"))


def test_results_as_a_table_and_grouped_for_the_graph() -> None:
    keys = [c for c in audit_checks.checks() if c.family == "keys_are_unique"]
    results = [
        CheckResult(keys[0], 2, "indicator=ASP_X"),
        CheckResult(keys[1], 0, ""),
        CheckResult(BY_NAME["rows_rejected"], 1, "r"),
    ]
    frame = result_frame(results)
    assert list(frame.columns) == table("quality.check_result").column_names
    assert list(frame["passed"]) == [False, True, False]
    grouped = {r.check.name: r for r in grouped_results(results)}
    assert grouped["keys_are_unique"].problems == 2
    assert "ASP_X" in grouped["keys_are_unique"].sample
    assert grouped["codes_are_known"].passed
    assert grouped["rows_rejected"].problems == 1
    assert {c.name for c in shown_checks()} == {c.name for c in BY_NAME.values() if c.family is None} | set(grouped) - {
        "rows_rejected"
    }


def test_every_check_reports_its_finding_and_not_its_rule() -> None:
    for path in sorted(audit_checks.CHECKS.glob("*.sql")):
        assert "\n-- finding: " in path.read_text(encoding="utf-8"), path.name
    for check in [*audit_checks.checks(), *shown_checks()]:
        one, many = (CheckResult(check, n, "").finding or "" for n in (1, 2345))
        assert CheckResult(check, 0, "").finding is None
        assert one.startswith("1 "), one
        assert many.startswith("2,345 "), many
        assert not re.search(r"[{}\[\]|]", one + many), check.name
        assert not re.match(r"(Every|No|At no|Each|Both)\b", many.partition(" ")[2]), "a rule"
        assert check.description.lower() not in many.lower()
    withdrawn = CheckResult(BY_NAME["values_withdrawn"], 929, "")
    assert_reports(withdrawn.finding or "", found=("929 values", "are missing"))
    assert_reports(CheckResult(withdrawn.check, 1, "").finding or "", found=("1 value ", "is missing"))


def test_release_was_audited_by_every_check(release: Path) -> None:
    con = duckdb.connect(str(release / "warehouse.duckdb"), read_only=True)
    rows = con.execute("SELECT check_name, severity, passed, n_problems FROM quality.check_result").fetchall()
    con.close()
    assert {r[0] for r in rows} == set(BY_NAME)
    assert [r for r in rows if r[1] == "blocks" and not r[2]] == []
    assert all(passed == (problems == 0) for _, _, passed, problems in rows)

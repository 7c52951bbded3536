"""The `reference.*` tables that are made from the definitions and joined by the SQL of warehouse/.

This module has one line for each table. Its columns are in the module of its subject, and are described in
warehouse/tables/reference.yaml.
"""

from __future__ import annotations

import pandas as pd

from indicator_defs.breaks import series_break_rows
from indicator_defs.catalog import Catalog
from indicator_defs.claims import claim_filter_rows, claim_rows, claim_title_rows
from indicator_defs.codelists import age_rows, area_group_rows, area_name_rows, area_rows, code_rows
from indicator_defs.corrections import correction_rows
from indicator_defs.crosswalks import crosswalk_rows
from indicator_defs.datasets import DatasetStructure, dataset_expected_rows, dataset_rows, dataset_scope_rows
from indicator_defs.expectations import check_tolerance_rows, must_exist_rows, published_aggregate_rows
from indicator_defs.indicator_definitions import indicator_breakdown_rows, indicator_rows
from indicator_defs.methods import class_criterion_rows, class_limit_rows, method_rows, publication_rule_rows
from indicator_defs.national_targets import national_target_rows
from indicator_defs.not_applicable import not_applicable_rows
from indicator_defs.reference_rows import ReferenceRows, breakdown_rows
from indicator_defs.series_renames import series_rename_rows
from indicator_defs.sets import (
    baseline_table_indicator_rows,
    baseline_table_rows,
    indicator_set_rows,
    set_first_rows,
    set_group_rows,
    set_member_rows,
    settings_rows,
)
from indicator_defs.target_groups import target_group_rule_rows
from indicator_defs.vintage_units import vintage_unit_rows
from indicator_defs.weights import weight_role_rows, weight_rows, weight_series_rows, weight_title_rows


def reference_tables(catalog: Catalog, structures: list[DatasetStructure]) -> dict[str, pd.DataFrame]:
    """All `reference.*` tables that are made from the definitions, by name without the schema.

    `structures`: the datasets of all providers.
    """
    c = catalog
    rows = {
        "indicator": indicator_rows(c.definitions, c.places),
        "breakdown": breakdown_rows(),
        "indicator_breakdown": indicator_breakdown_rows(c.definitions),
        "claim": claim_rows(c.claims, c.general_claims, c.places),
        "claim_filter": claim_filter_rows(c.claims),
        "claim_title": claim_title_rows(c.claims),
        "weight_title": weight_title_rows(c.weights, c.weight_series),
        "vintage_unit": vintage_unit_rows(c.vintage_units),
        "dataset": dataset_rows(structures),
        "dataset_scope": dataset_scope_rows(structures),
        "dataset_expected": dataset_expected_rows(structures),
        "crosswalk": crosswalk_rows(c.crosswalks, c.codelists, structures),
        "code": code_rows(c.codelists),
        "area": area_rows(c.codelists),
        "area_name": area_name_rows(c.codelists),
        "area_group": area_group_rows(c.codelists),
        "age": age_rows(c.codelists),
        "target_group_rule": target_group_rule_rows(c.target_group_rules, c.definitions),
        "method": method_rows(c.methods),
        "publication_rule": publication_rule_rows(c.publication_rules),
        "class_criterion": class_criterion_rows(c.criteria),
        "class_limit": class_limit_rows(c.publication_rules),
        "weight": weight_rows(c.weights, c.weight_series),
        "weight_series": weight_series_rows(c.weight_series),
        "weight_role": weight_role_rows(c.weights),
        "indicator_set": indicator_set_rows(c.indicator_set, c.regional_baseline),
        "settings": settings_rows(c.indicator_set, c.regional_baseline),
        "set_group": set_group_rows(c.indicator_set),
        "set_first": set_first_rows(c.regional_baseline),
        "set_member": set_member_rows(c.indicator_set, c.definitions),
        "baseline_table": baseline_table_rows(c.regional_baseline),
        "baseline_table_indicator": baseline_table_indicator_rows(c.regional_baseline, c.definitions),
        "series_break": series_break_rows(c.breaks),
        "correction": correction_rows(c.corrections),
        "series_rename": series_rename_rows(c.renames),
        "not_applicable": not_applicable_rows(c.not_applicable),
        "must_exist": must_exist_rows(c.expectations),
        "check_tolerance": check_tolerance_rows(c.expectations),
        "published_aggregate": published_aggregate_rows(c.expectations),
        "national_target": national_target_rows(c.national_targets),
    }
    return {name: _frame(table) for name, table in rows.items()}


def _frame(table: ReferenceRows) -> pd.DataFrame:
    """The rows as a data frame; empty cells are None."""
    return pd.DataFrame(table.rows, columns=table.columns, dtype=object)

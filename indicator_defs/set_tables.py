"""The sets and the regional baseline as `reference.*` tables.

Belongs here: turning checked sets into rows; their columns are described in warehouse/tables/reference.yaml.
Does not belong here: checks (set_checks.py) and the other tables of the catalogue (tables.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from indicator_defs.set_checks import baseline_tables, standing_of

if TYPE_CHECKING:
    from indicator_defs.catalog import Catalog

Rows = tuple[list[str], list[dict[str, Any]]]


def set_tables(catalog: Catalog) -> dict[str, Rows]:
    """Columns and rows of each table about the sets, by name without the schema."""
    return {
        "indicator_set": _indicator_set(catalog),
        "set_group": _set_group(catalog),
        "set_first": _set_first(catalog),
        "set_member": _set_member(catalog),
        "baseline_table": _baseline_table(catalog),
        "baseline_table_indicator": _baseline_table_indicator(catalog),
    }


def _indicator_set(catalog: Catalog) -> Rows:
    s, b = catalog.indicator_set, catalog.regional_baseline
    row = {
        "set_name": s.name,
        **s.model_dump(exclude={"name", "groups", "tiers", "decisions"}),
        **b.model_dump(exclude={"name", "title", "set", "tables"}),
    }
    return list(row), [row]


def _set_group(catalog: Catalog) -> Rows:
    rows = [{"area_group": g, "sort_order": i} for i, g in enumerate(catalog.indicator_set.groups, start=1)]
    return ["area_group", "sort_order"], rows


def _set_first(catalog: Catalog) -> Rows:
    first = [code for table in catalog.regional_baseline.tables if table.stands_first for code in table.indicators]
    return ["indicator", "sort_order"], [{"indicator": c, "sort_order": i} for i, c in enumerate(first, start=1)]


def _set_member(catalog: Catalog) -> Rows:
    columns = ["indicator", "set_name", "tier", "standing", "decided_on", "decided_by", "decision_reference"]
    rows = []
    for d in catalog.definitions.values():
        standing = standing_of(catalog.indicator_set, d)
        rows.append(
            {
                "indicator": d.code,
                "set_name": catalog.indicator_set.name,
                "tier": d.tier,
                "standing": standing.status,
                "decided_on": standing.date,
                "decided_by": standing.body,
                "decision_reference": standing.reference,
            }
        )
    return columns, rows


def _baseline_table(catalog: Catalog) -> Rows:
    rows = [
        {"table_code": t.code, "title": t.title, "note": t.note, "stands_first": t.stands_first, "sort_order": i}
        for i, t in enumerate(catalog.regional_baseline.tables, start=1)
    ]
    return ["table_code", "title", "note", "stands_first", "sort_order"], rows


def _baseline_table_indicator(catalog: Catalog) -> Rows:
    rows = [
        {"indicator": code, "table_code": table.code, "sort_order": i}
        for table, codes in baseline_tables(catalog.regional_baseline, catalog.definitions)
        for i, code in enumerate(codes, start=1)
    ]
    return ["indicator", "table_code", "sort_order"], rows

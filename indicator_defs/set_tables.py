"""The sets and the regional baseline as `reference.*` tables.

Belongs here: turning checked sets into rows; their columns are described in warehouse/tables/reference.yaml.
Does not belong here: reading and checking them (sets.py) and the other tables of the catalogue (tables.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from indicator_defs.frames import frame, listed, position
from indicator_defs.sets import baseline_tables, standing_of

if TYPE_CHECKING:
    from indicator_defs.catalog import Catalog


def set_tables(catalog: Catalog) -> dict[str, pd.DataFrame]:
    """The tables about the sets, by name without the schema."""
    return {
        "indicator_set": _indicator_set(catalog),
        "set_group": _set_group(catalog),
        "set_first": _set_first(catalog),
        "set_member": _set_member(catalog),
        "baseline_table": _baseline_table(catalog),
        "baseline_table_indicator": _baseline_table_indicator(catalog),
    }


def _indicator_set(catalog: Catalog) -> pd.DataFrame:
    s, b = catalog.indicator_set, catalog.regional_baseline
    row = {
        "set_name": s.name,
        **s.model_dump(exclude={"name", "groups", "tiers", "decisions"}),
        **b.model_dump(exclude={"name", "title", "set", "tables"}),
    }
    return listed(list(row), [list(row.values())])


def _set_group(catalog: Catalog) -> pd.DataFrame:
    return frame(catalog.indicator_set.groups, area_group=lambda group: group, sort_order=position)


def _set_first(catalog: Catalog) -> pd.DataFrame:
    first = [code for table in catalog.regional_baseline.tables if table.stands_first for code in table.indicators]
    return frame(first, indicator=lambda code: code, sort_order=position)


def _set_member(catalog: Catalog) -> pd.DataFrame:
    return frame(
        [(d, standing_of(catalog.indicator_set, d)) for d in catalog.definitions.values()],
        indicator=lambda x: x[0].code,
        set_name=lambda _: catalog.indicator_set.name,
        tier=lambda x: x[0].tier,
        standing=lambda x: x[1].status,
        decided_on=lambda x: x[1].date,
        decided_by=lambda x: x[1].body,
        decision_reference=lambda x: x[1].reference,
    )


def _baseline_table(catalog: Catalog) -> pd.DataFrame:
    return frame(
        catalog.regional_baseline.tables,
        table_code=lambda t: t.code,
        title=lambda t: t.title,
        note=lambda t: t.note,
        stands_first=lambda t: t.stands_first,
        sort_order=position,
    )


def _baseline_table_indicator(catalog: Catalog) -> pd.DataFrame:
    rows = [
        (code, table.code, i)
        for table, codes in baseline_tables(catalog.regional_baseline, catalog.definitions)
        for i, code in enumerate(codes, start=1)
    ]
    return listed(["indicator", "table_code", "sort_order"], rows)

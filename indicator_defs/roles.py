"""The roles that the columns of a provider's dataset can have.

Belongs here: their names, light enough for a query to load, and which of them are columns of every staged table.
Does not belong here: the columns of a dataset (sources/providers/*.yaml) and what a column is made of (datasets.py).
"""

from __future__ import annotations

from typing import Literal, get_args

RoleColumn = Literal[
    "series",
    "series_name",
    "ref_area",
    "ref_area_name",
    "time_period",
    "time_detail",
    "obs_value",
    "lower_bound",
    "upper_bound",
    "unit_measure",
    "unit_mult",
    "obs_status",
    "nature",
    "source_citation",
    "footnote",
]
# record: a column of a dataset of records, which has no roles.
ColumnRole = Literal[RoleColumn, "dimension", "attribute", "record"]

# Attributes that change what a number means, by the names that providers use for them (lower case, underscores), and the
# codes under which they change nothing. A dataset that describes such a column says itself what it expects.
MEANINGFUL: dict[str, tuple[str, ...]] = {
    "unit_mult": ("0",),
    "unit_multiplier": ("0",),
    "multiplier": ("1",),
    "scale": ("0", "1"),
    "freq": ("A",),
    "frequency": ("A", "Annual", "annual"),
    "base_period": (),
    "base_per": (),
    "base_year": (),
    "price_base": (),
    "adjustment": ("N", "_Z"),
    "unit_measure_type": (),
}

# The columns with a role of their own: every staged frame has all of them, under these names and in this order.
ROLE_COLUMNS: tuple[RoleColumn, ...] = get_args(RoleColumn)

# What staging adds to every row: no column of a provider's answer may take these names.
ADDED_COLUMNS = ("snapshot_id", "snapshot_row", "provider", "dataset", "series_key", "unexpected")

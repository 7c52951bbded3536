"""The roles that the columns of a provider's dataset can have, and the columns of every staged table.

It imports nothing slow, because queries load it. The columns of each dataset are in sources/providers/*.yaml.
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
# record: a column of a dataset of records, where columns have no other role.
ColumnRole = Literal[RoleColumn, "dimension", "attribute", "record"]

# Attributes that change the meaning of a number, by the names that providers use (lower case, underscores), and the codes
# that leave it unchanged. A dataset that describes such a column lists its expected codes itself.
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

# The columns with a role of their own: every staged table has all of them, with these names and in this order.
ROLE_COLUMNS: tuple[RoleColumn, ...] = get_args(RoleColumn)

# The columns that staging adds to every row: a provider's column must not have one of these names.
ADDED_COLUMNS = ("snapshot_id", "snapshot_row", "provider", "dataset", "series_key", "unexpected")

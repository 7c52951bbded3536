"""The release before as an input of the build: what the audit compares the new values with."""

from __future__ import annotations

import dagster as dg

from assets.resource import Workplace, described
from warehouse.metadata import table
from warehouse.previous import PREVIOUS, write_previous


@dg.asset(
    key=dg.AssetKey(PREVIOUS.split(".")),
    group_name="lineage",
    description="The chosen values of the current release, before a new one takes its place; the audit compares.",
    kinds={"parquet"},
)
def previous_value(workplace: Workplace) -> dg.MaterializeResult:
    """Reads the current release; a build as of a date is compared with nothing."""
    release = None if workplace.cut.as_of is not None else workplace.releases.current()
    rows = write_previous(workplace.build, release)
    return dg.MaterializeResult(metadata=described(workplace, table(PREVIOUS), rows))

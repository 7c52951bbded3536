"""The values of the current release as an input of the build: the audit compares the new values with them."""

from __future__ import annotations

import dagster as dg

from assets.progress_listeners import report
from assets.table_metadata import report_table
from assets.workplace import Workplace
from warehouse.build.previous_values import PREVIOUS, PreviousError, previous_values, write_previous
from warehouse.metadata import table


@dg.asset(
    key=dg.AssetKey(PREVIOUS.split(".")),
    group_name="lineage",
    description="The chosen values of the current release, before a new one replaces it; the audit compares with them.",
    kinds={"parquet"},
)
def previous_value(workplace: Workplace) -> dg.MaterializeResult:
    """Reads the current release; a build as of a date is not compared.

    A damaged current release must not prevent a new one: it is reported, and nothing is compared.
    """
    release = None if workplace.vintage_cut.as_of is not None else workplace.releases.current()
    try:
        values, damage = (None if release is None else previous_values(release)), None
    except PreviousError as error:
        values, damage = None, str(error)
    metadata = report_table(workplace, table(PREVIOUS), write_previous(workplace.build, values))
    if damage is not None:
        report(PREVIOUS, damage)
        metadata["not compared"] = dg.MetadataValue.text(damage)
    return dg.MaterializeResult(metadata=metadata)

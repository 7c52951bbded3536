"""The table lineage.fetch: the last download of each dataset, so that a gap caused by a failed download is shown so."""

from __future__ import annotations

import dagster as dg
import pandas as pd

from assets.online_fetch import last_reports
from assets.raw import raw_key
from assets.table_metadata import report_table
from assets.workplace import Workplace
from sources import registry
from warehouse.build.engine import write_frame
from warehouse.metadata import table

TABLE = "lineage.fetch"


@dg.asset(
    key=TABLE.split("."),
    deps=[raw_key(s) for s in registry.structures()],
    group_name="lineage",
    description=f"{table(TABLE).comment}.",
    kinds={"parquet"},
)
def fetch_table(workplace: Workplace) -> dg.MaterializeResult:
    """Writes the last report of each dataset. Empty for a build as of a date, because no request was sent on that date."""
    reports = [] if workplace.as_of else last_reports(workplace.home_folders.path)
    rows = [
        {
            "provider": r.provider,
            "dataset": r.dataset,
            "asked_on": r.at.date(),
            "outcome": r.outcome,
            "message": r.message,
            "left_out": " ".join(r.left_out) or None,
        }
        for r in reports
    ]
    count = write_frame(workplace.build, table(TABLE), pd.DataFrame(rows))
    return dg.MaterializeResult(metadata=report_table(workplace, table(TABLE), count))

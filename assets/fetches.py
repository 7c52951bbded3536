"""What the last online fetch of each dataset came to, as a table: a gap that a failed source might fill says so."""

from __future__ import annotations

import dagster as dg
import pandas as pd

from assets.online_fetch import last_reports
from assets.raw import raw_key
from assets.workplace import Workplace, described
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
def fetches(workplace: Workplace) -> dg.MaterializeResult:
    """The last reports; none for a build as of a date, which asked nobody on that day."""
    reports = [] if workplace.as_of else last_reports(workplace.place.path)
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
    return dg.MaterializeResult(metadata=described(workplace, table(TABLE), count))

"""What a refresh shows at its end: the same facts for a terminal and for machines.

Belongs here: reading the facts from a release. Does not belong here: printing them (cli.py, progress.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from warehouse.query import first_table, query
from warehouse.release import DATABASE, read_manifest


@dataclass(frozen=True)
class Summary:
    """The facts of a new release.

    `rows`: provider, rows_in, harmonised, out_of_scope, rejected. `figures`: indicator, year, asean, class, members,
    weight_covered (percent). `warnings`: names of the checks that warn.
    """

    release: str
    warehouse: Path
    rows: pd.DataFrame
    passed: int
    warnings: list[str]
    figures: pd.DataFrame

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values for JSON."""
        return {
            "release": self.release,
            "warehouse": str(self.warehouse),
            "rows": _records(self.rows),
            "checks_passed": self.passed,
            "checks_with_warnings": self.warnings,
            "first_figures": _records(self.figures),
        }


def summary(release: Path) -> Summary:
    """Reads the facts of a release."""
    audit = read_manifest(release)["audit"]
    account = query(
        release,
        "SELECT provider, sum(rows_in)::BIGINT AS rows_in, sum(harmonised)::BIGINT AS harmonised, "
        "sum(out_of_scope)::BIGINT AS out_of_scope, sum(rejected)::BIGINT AS rejected "
        "FROM quality.row_account GROUP BY provider ORDER BY provider",
    )
    return Summary(
        release.name,
        release / DATABASE,
        account,
        int(audit["passed"]),
        [f["check_name"] for f in audit["found"] if f["severity"] == "warns"],
        first_table(release),
    )


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [{str(k): v for k, v in row.items()} for row in rows]

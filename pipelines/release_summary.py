"""The summary of a release that a refresh shows at its end: rows, checks, first figures, coverage of the set.

cli/output/refresh_text.py shows it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.frame_records import frame_records
from warehouse.query.read_only import first_table, query
from warehouse.release.release_folders import DATABASE, read_manifest

# Values of today's Member States only.
INDICATORS = """
WITH of_members AS (
    SELECT v.indicator, count(DISTINCT v.ref_area) AS members, min(v.time_period) AS first_year
    FROM indicator_set.value AS v
    JOIN reference.area_group AS g ON g.ref_area = v.ref_area AND g.area_group = 'ASEAN' AND g.is_member_today
    GROUP BY v.indicator
)
SELECT
    count(m.indicator) AS with_values,
    count(*) FILTER (WHERE m.indicator IS NULL) AS without_values,
    count(*) FILTER (WHERE m.members = (SELECT count(*) FROM reference.area_group
        WHERE area_group = 'ASEAN' AND is_member_today)) AS for_all_members,
    count(*) FILTER (WHERE m.members >= 6) AS for_six_members,
    coalesce(CAST(median(m.members) AS INTEGER), 0) AS median_members,
    coalesce(min(m.first_year), 0) AS first_year,
    count(*) FILTER (WHERE m.first_year <= s.baseline_to) AS since_baseline,
    min(s.baseline_to) AS baseline_to
FROM reference.indicator AS i
CROSS JOIN reference.settings AS s
LEFT JOIN of_members AS m ON m.indicator = i.indicator
"""

WARNINGS = """
SELECT check_name, n_problems, finding, description, sample
FROM quality.check_result
WHERE NOT passed AND severity = 'warns'
ORDER BY check_name
"""


@dataclass(frozen=True)
class IndicatorCounts:
    """The coverage of the set; a Member State counts for an indicator if it has a value of any year.

    `for_all_members`, `for_six_members`: the number of indicators with values for all members, and for six or more.
    `since_baseline`: the number whose first value is not after `baseline_to`, the end of the baseline period.
    """

    with_values: int
    without_values: int
    for_all_members: int
    for_six_members: int
    median_members: int
    first_year: int
    since_baseline: int
    baseline_to: int


@dataclass(frozen=True)
class ReleaseSummary:
    """The summary of a new release.

    `rows`: provider, rows_in, harmonised, records, out_of_scope, rejected. `figures`: indicator, year, asean, class,
    members, weight_covered (percent). `warnings`: check_name, n_problems, finding (in one sentence), description (of the
    check), sample (the first problems) of each check that warns.
    """

    release: str
    warehouse: Path
    rows: pd.DataFrame
    passed: int
    warnings: pd.DataFrame
    figures: pd.DataFrame
    indicators: IndicatorCounts

    def as_dict(self) -> dict[str, Any]:
        """The fields as plain values for JSON."""
        return {
            "release": self.release,
            "warehouse": str(self.warehouse),
            "rows": frame_records(self.rows),
            "checks_passed": self.passed,
            "checks_with_warnings": self.warnings["check_name"].tolist(),
            "warnings": frame_records(self.warnings),
            "first_figures": frame_records(self.figures),
            "indicators": asdict(self.indicators),
        }


def release_summary(release: Path) -> ReleaseSummary:
    """Reads the summary of a release."""
    account = query(
        release,
        "SELECT provider, sum(rows_in)::BIGINT AS rows_in, sum(harmonised)::BIGINT AS harmonised, "
        "sum(records)::BIGINT AS records, sum(out_of_scope)::BIGINT AS out_of_scope, sum(rejected)::BIGINT AS rejected "
        "FROM quality.row_account GROUP BY provider ORDER BY provider",
    )
    return ReleaseSummary(
        release.name,
        release / DATABASE,
        account,
        int(read_manifest(release)["audit"]["passed"]),
        query(release, WARNINGS),
        first_table(release),
        indicator_counts(release),
    )


def indicator_counts(release: Path) -> IndicatorCounts:
    """The number of indicators with values, their members and first years, and the number declared without values."""
    return IndicatorCounts(**{str(k): int(v) for k, v in query(release, INDICATORS).iloc[0].items()})

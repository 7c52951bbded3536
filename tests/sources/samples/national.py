"""The national format: sample for the shared tests."""

from __future__ import annotations

from provider_sample import CsvSample, SmallAnswer

from sources.provider_spec import DatasetSpec

SUBMISSION = (
    "indicator,ref_area,time_period,sex,obs_value,unit_measure,obs_status,source_citation,footnote,kind,vintage_date,"
    "producer\n"
    "ASP_COV_PENSN,KHM,2021,,12.5,PT,A,National survey 2021,,national_submission,2026-10-01,National office\n"
    "ASP_COV_PENSN,KHM,2021,F,<0.5,PT,A,National survey 2021,small sample,national_submission,2026-10-01,"
    "National office\n"
)


class Sample(CsvSample):
    optional_column = "footnote"

    def without_snapshot(self, dataset: DatasetSpec) -> SmallAnswer:
        return SmallAnswer("submission.csv", SUBMISSION.encode(), 2)

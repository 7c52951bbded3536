"""ILOSTAT: sample for the shared tests."""

from __future__ import annotations

from typing import ClassVar

from provider_sample import CsvSample

from sources.fetching import FetchScope

FLOW = "SDG_0131_SEX_SOC_RT"
AREAS = ("BRN", "IDN", "KHM", "LAO", "MMR", "MYS", "PHL", "SGP", "THA", "TLS", "VNM", "X01", "X40", "X54", "X84")


class Sample(CsvSample):
    optional_column = "NOTE_SOURCE"
    scopes: ClassVar = {FLOW: FetchScope((FLOW,), AREAS)}
    figures_path: ClassVar = {FLOW: "/sdmx/data/"}
    live_scope: ClassVar = {FLOW: FetchScope((FLOW,), ("KHM", "THA"))}
    mark_path = "metadata/toc"
    cut_message: ClassVar = {FLOW: "the file was cut"}

"""The World Population Prospects: sample for the shared tests."""

from __future__ import annotations

from typing import ClassVar

from provider_sample import CsvSample

from sources.fetching import FetchScope


class Sample(CsvSample):
    optional_column = "Location"
    scopes: ClassVar = {
        "wpp2024_demographic": FetchScope(("Births", "TPopulation1July"), ("KHM", "THA", "WORLD")),
        "wpp2019_age_sex": FetchScope(("PopFemale", "PopMale"), ("KHM", "THA")),
    }
    figures_path: ClassVar = {"wpp2024_demographic": "WPP2024", "wpp2019_age_sex": "WPP2019"}
    live_scope: ClassVar = {"wpp2024_demographic": FetchScope(("TPopulation1July", "Births"), ("THA",))}
    cut_message: ClassVar = {
        "wpp2024_demographic": "file is cut or damaged",
        "wpp2019_age_sex": "the file was cut",
    }

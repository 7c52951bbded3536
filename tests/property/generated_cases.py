"""Shared parts of the property tests: the members, rows for small builds, and the number of examples."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import HealthCheck, Phase, settings
from small_build import TOTAL_CELL, Row, records, reference_frames

MEMBERS = ("BRN", "IDN", "KHM", "LAO", "MMR", "MYS", "PHL", "SGP", "THA", "TLS", "VNM")


def few(examples: int) -> settings:
    """Settings for a few examples: each is a build of a third of a second, so a failure is not reduced."""
    return settings(
        max_examples=examples,
        deadline=None,
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def model_indicator() -> Row:
    """ASP_COV_ANY as the model of the indicator of every case: a share, with an exact weight and a window of four years."""
    frame = reference_frames()["indicator"]
    (model,) = records(frame[frame["indicator"] == "ASP_COV_ANY"])
    return model | {"weight_is_proxy": False, "is_survey": False, "lookback_years": 4, "maximum": 100.0}


def weight_row(name: str, area: str, year: int, value: float) -> Row:
    """A published weight of one member."""
    row = {"weight": name, "ref_area": area, "time_period": year, "weight_value": value}
    return {**row, "filling": "published", "is_proxy": False}


def cell_rows(indicators: Iterable[Row]) -> list[Row]:
    """One row of harmonised.cell for each indicator: the total."""
    return [
        {"cell_no": n, "family_no": n, "indicator": i["indicator"], "cell": TOTAL_CELL, "breakdown_family": "total"}
        for n, i in enumerate(indicators, start=1)
    ]

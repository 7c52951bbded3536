"""What the properties share: the members, rows of the small builds in which their cases stand, and how many examples.

Belongs here: what more than one property needs. Does not belong here: which cases are drawn, and what must hold of them.
"""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import HealthCheck, Phase, settings
from small_build import TOTAL_CELL, Row, records, reference_frames

MEMBERS = ("BRN", "IDN", "KHM", "LAO", "MMR", "MYS", "PHL", "SGP", "THA", "TLS", "VNM")


def few(examples: int) -> settings:
    """So many examples: each is a build, which takes a third of a second; no search for a smaller failure."""
    return settings(
        max_examples=examples,
        deadline=None,
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def model_indicator() -> Row:
    """ASP_COV_ANY as the model of every case's indicator: a share, its weight no proxy, looked back four years."""
    frame = reference_frames()["indicator"]
    (model,) = records(frame[frame["indicator"] == "ASP_COV_ANY"])
    return model | {"weight_is_proxy": False, "is_survey": False, "lookback_years": 4, "maximum": 100.0}


def weight_row(name: str, area: str, year: int, value: float) -> Row:
    """A published weight of one member."""
    row = {"weight": name, "ref_area": area, "time_period": year, "weight_value": value}
    return {**row, "filling": "published", "is_proxy": False}


def cell_rows(indicators: Iterable[Row]) -> list[Row]:
    """The one cell that each of some indicators has, the total."""
    return [
        {"cell_no": n, "family_no": n, "indicator": i["indicator"], "cell": TOTAL_CELL, "breakdown_family": "total"}
        for n, i in enumerate(indicators, start=1)
    ]

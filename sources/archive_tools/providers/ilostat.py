"""ILOSTAT: the SDMX-CSV answer, rebuilt from gathered figures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sources.archive_tools.gathered_data import GatheredData, read_figures
from sources.archive_tools.rebuilt_answer import add_snapshot, as_csv, packed_text
from sources.manifests import Manifest
from sources.registry import provider
from sources.snapshots import SnapshotStore

COLUMNS = (
    "DATAFLOW", "REF_AREA", "FREQ", "MEASURE", "SEX", "SOC", "TIME_PERIOD", "OBS_VALUE", "OBS_STATUS",
    "UNIT_MEASURE_TYPE", "UNIT_MEASURE", "UNIT_MULT", "SOURCE", "NOTE_SOURCE", "NOTE_INDICATOR", "NOTE_CLASSIF",
    "DECIMALS", "UPPER_BOUND", "LOWER_BOUND",
)  # fmt: skip
FLOW = "SDG_0131_SEX_SOC_RT"


def rebuild(store: SnapshotStore, gathered: GatheredData) -> Iterator[Manifest]:
    """The snapshot of the dataflow, for all areas of the figures."""
    spec = provider("ilostat")
    dataset = spec.dataset(FLOW)
    rows = read_figures(
        gathered.figures / "ilo" / f"{FLOW}_wspr2024-26.csv.gz",
        ("REF_AREA", "FREQ", "MEASURE", "SEX", "SOC", "OBS_VALUE"),
    )
    area_codes = sorted({r["REF_AREA"] for r in rows})
    body = as_csv(COLUMNS, ({**r, "DATAFLOW": f"ILO:DF_{FLOW}(1.0)"} for r in rows))
    address = f"{spec.endpoint('sdmx').base_url}/{dataset.address}/{'+'.join(area_codes)}.A...?format=csv"
    yield add_snapshot(
        store,
        spec,
        dataset,
        [packed_text("data.csv", body, address)],
        vintage_date=date(2024, 9, 12),
        address=address,
        release_tag="World Social Protection Report 2024-26",
        series_asked=[FLOW],
        areas_asked=area_codes,
        note=(
            "Rebuilt from the figures of the World Social Protection Report 2024-26; the vintage date is its publication "
            "on 12 September 2024. The figures have no status, unit, source, notes or bounds; these fields are empty."
        ),
    )

"""Stage reference: the catalogue as tables `reference.*`, which all SQL joins. One asset, as they are read together."""

from __future__ import annotations

import dagster as dg

from assets.progress_listeners import report
from assets.workplace import Workplace
from indicator_defs.catalog import check_datasets, load_catalog
from indicator_defs.tables import reference_tables
from sources import registry
from warehouse.build.engine import computed_tables, write_frames
from warehouse.metadata import table, tables

CATALOGUE = dg.AssetKey(["reference", "catalogue"])
FROM_CATALOGUE = frozenset(
    t.full_name
    for t in tables().values()
    if t.schema == "reference" and t.full_name not in computed_tables("reference")
)


def key_of(full_name: str) -> dg.AssetKey:
    """The asset that makes a table."""
    return CATALOGUE if full_name in FROM_CATALOGUE else dg.AssetKey(full_name.split("."))


@dg.asset(
    key=CATALOGUE,
    group_name="reference",
    description="Definitions, code lists, crosswalks, methods, weights and sets, checked for consistency.",
    kinds={"yaml", "csv", "parquet"},
)
def catalogue(workplace: Workplace) -> dg.MaterializeResult:
    """Reads and checks all definitions, and writes them as tables."""
    loaded = (
        load_catalog() if workplace.vintage_cut.as_of is None else load_catalog().as_of(workplace.vintage_cut.as_of)
    )
    structures = registry.structures()
    check_datasets(loaded, structures)
    frames = {table(f"reference.{name}"): frame for name, frame in reference_tables(loaded, structures).items()}
    write_frames(workplace.build, frames)
    report("reference", f"{len(loaded.definitions)} indicators")
    lines = [f"| reference.{t.name} | {len(frame):,} | {t.comment} |" for t, frame in frames.items()]
    with_values = sum(d.status == "with_values" for d in loaded.definitions.values())
    return dg.MaterializeResult(
        metadata={
            "indicators with values": with_values,
            "indicators declared without values": len(loaded.definitions) - with_values,
            "fingerprint": loaded.fingerprint,
            "dagster/row_count": sum(len(frame) for frame in frames.values()),
            "tables": dg.MetadataValue.md("| table | rows | description |\n|---|---|---|\n" + "\n".join(lines)),
        }
    )

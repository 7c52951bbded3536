"""A small build for tests: the reference tables of the real catalogue, a few staged rows, and the real SQL."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from indicator_defs.breakdowns import BREAKDOWNS
from indicator_defs.catalog import Catalog, load_catalog
from indicator_defs.datasets import DatasetStructure
from indicator_defs.tables import reference_tables
from sources import registry
from warehouse.build import staging
from warehouse.build.engine import SQL, Build, inputs_of, make, read_files, write_frame, write_frames
from warehouse.metadata import ROLES, TableDescription, staged_observation, staged_table, table

OBSERVATION = "staged.observation"
ROWS_OF = "staged.unsd_sdg__sdg"  # the table to which rows of staged.observation are written

Row = dict[str, Any]
TOTAL_CELL = "|".join(["_T"] * len(BREAKDOWNS))
ROLE = {"series", *ROLES}


@lru_cache(maxsize=1)
def catalogue() -> Catalog:
    """The bundled catalogue, read once."""
    return load_catalog()


@lru_cache(maxsize=1)
def reference_frames() -> dict[str, pd.DataFrame]:
    """The `reference.*` tables made from the definitions."""
    return reference_tables(catalogue(), registry.structures())


@lru_cache(maxsize=1)
def _reference_folder() -> Path:
    """A build with the reference tables and empty staged tables, made once and copied for each small build."""
    folder = Path(tempfile.mkdtemp(prefix="payung-reference-"))
    atexit.register(shutil.rmtree, folder)
    build = Build(folder)
    write_frames(build, {table(f"reference.{n}"): f for n, f in reference_frames().items()})
    write_frames(build, {staged_table(s): pd.DataFrame() for s in registry.structures()})
    for structure in registry.structures():
        write_frame(build, table("lineage.rejection"), pd.DataFrame(), build.part("staged.rejection", structure.key))
    return folder


def structure_of(provider: str, dataset: str) -> DatasetStructure:
    """The structure of one provider dataset."""
    return next(s for s in registry.structures() if (s.provider, s.dataset) == (provider, dataset))


def description_of(full_name: str) -> TableDescription:
    """The description of a table, or of the view over all staged rows."""
    return staged_observation() if full_name == OBSERVATION else table(full_name)


def laid_out(full_name: str, rows: Iterable[Row]) -> pd.DataFrame:
    """Rows as a frame of a table; missing columns are empty, missing breakdowns `_T`, and the cell is made of them."""
    names = description_of(full_name).column_names
    has_cell = {"cell", *BREAKDOWNS} <= set(names)
    empty = {n: "_T" if n in BREAKDOWNS else None for n in names}
    out = []
    for row in rows:
        unknown = set(row) - set(names)
        assert not unknown, f"found columns {sorted(unknown)}, expected those of {full_name}: {', '.join(names)}"
        full = {**empty, **row}
        if has_cell and "cell" not in row:
            full["cell"] = "|".join(full[b] for b in BREAKDOWNS)
        if full_name == "harmonised.cell":
            full = {**full, **_columns_of_cell(full["cell"]), **row}
        out.append(full)
    return pd.DataFrame(out, columns=names, dtype=object)


def _columns_of_cell(cell: str) -> Row:
    """The columns of harmonised.cell for a cell of an indicator whose headline is the total."""
    codes = dict(zip(BREAKDOWNS, cell.split("|"), strict=True))
    with_weights = ("sex", "age", "urbanisation", "income_wealth_quantile")
    return {
        **codes,
        "cell_but_sex_age": "|".join(c for b, c in codes.items() if b not in ("sex", "age")),
        "cell_but_urbanisation": "|".join(c for b, c in codes.items() if b != "urbanisation"),
        "has_weight": all(c == "_T" for b, c in codes.items() if b not in with_weights),
    }


class SmallBuild:
    """A build of a few rows, in its own folder."""

    def __init__(self, folder: Path) -> None:
        """Writes the reference tables of the bundled catalogue."""
        self.build = Build(folder)
        self._staged: dict[str, list[staging.StagedSnapshot]] = {}
        self._snapshots: list[Row] = []
        self._series_requested: list[Row] = []
        shutil.copytree(_reference_folder(), folder, dirs_exist_ok=True)

    def write(self, full_name: str, rows: Iterable[Row]) -> None:
        """Writes a table as if the build had made it; staged.observation as the staged rows of one dataset."""
        path = self.build.path(ROWS_OF) if full_name == OBSERVATION else None
        write_frame(self.build, description_of(full_name), laid_out(full_name, rows), path)

    def stage(
        self,
        provider: str,
        dataset: str,
        vintage: str,
        rows: Sequence[Row],
        series_asked: Sequence[str] | None = None,
        areas_asked: Sequence[str] = ("",),
    ) -> str:
        """Stages rows (columns by role or staged name) as one snapshot; returns its ID."""
        structure = structure_of(provider, dataset)
        columns = ["snapshot_row", "series", *ROLES]
        columns += [c.name for c in structure.columns if c.name not in ROLE]
        snapshot = f"{provider}/{dataset}/{vintage}-{len(self._snapshots):012d}"
        full = [{"snapshot_row": f"answer.csv:{i}", **row} for i, row in enumerate(rows, start=2)]
        frame = pd.DataFrame(full, columns=columns, dtype=object)
        frame = frame.where(frame.notna(), None)
        result = staging.stage(frame, structure, snapshot)
        self._staged.setdefault(structure.key, []).append(result)
        series = sorted(set(series_asked if series_asked is not None else frame["series"]))
        self._series_requested += [
            {"snapshot_id": snapshot, "series": s, "area_code": a} for s in series for a in areas_asked
        ]
        self._snapshots.append(
            {
                "snapshot_id": snapshot,
                "provider": provider,
                "dataset": dataset,
                "producer": structure.title,
                "vintage_date": date.fromisoformat(vintage),
                "address": "rows of a test",
                "licence": structure.licence,
                "attribution": structure.attribution,
                "is_rebuilt": False,
                "row_count": len(frame),
                "bytes": 0,
            }
        )
        return snapshot

    def staged(self) -> SmallBuild:
        """Writes the tables of the staged rows and of their snapshots; removes tables made from earlier rows."""
        for name in self.build.names():
            if self._has_sql(name):
                self.build.path(name).unlink()
        keys, rejected = [], []
        for key, results in self._staged.items():
            rows = pd.concat([r.rows for r in results], ignore_index=True)
            structure = next(s for s in registry.structures() if s.key == key)
            write_frame(self.build, staging.table_of(rows, structure), rows)
            keys += [r.dimensions for r in results]
            part = pd.concat([r.rejected for r in results], ignore_index=True)
            rejected.append(part)
            write_frame(self.build, table("lineage.rejection"), part, self.build.part("staged.rejection", key))
        write_frame(self.build, table("staged.series_dimension"), pd.concat(keys, ignore_index=True).drop_duplicates())
        self.write("lineage.snapshot", self._snapshots)
        self.write("lineage.snapshot_series", self._series_requested)
        self.write("lineage.fetch", [])
        return self

    def make(self, *full_names: str) -> SmallBuild:
        """Makes tables with their SQL, after every missing input that SQL can make."""
        for name in full_names:
            self._make(name)
        return self

    def _make(self, name: str) -> None:
        for source in inputs_of(name):
            if not self.build.has(source) and self._has_sql(source):
                self._make(source)
        make(self.build, name)

    def read(self, full_name: str) -> list[Row]:
        """The rows of a table, NULL as None."""
        return records(read_files([self.build.path(full_name)]))

    @staticmethod
    def _has_sql(full_name: str) -> bool:
        schema, name = full_name.split(".")
        return (SQL / schema / f"{name}.sql").exists()


def records(frame: pd.DataFrame) -> list[Row]:
    """The rows of a frame as plain values, missing ones as None."""
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [{str(k): v for k, v in row.items()} for row in rows]


def un_row(series: str, area: str, year: int | str, value: str | None, **more: str | None) -> Row:
    """One row of the UN database: M49 area, the unit per cent, status and nature not stated."""
    return {
        "series": series,
        "ref_area": area,
        "time_period": str(year),
        "obs_value": value,
        "unit_measure": "PERCENT",
        **more,
    }


def ilo_row(contingency: str, area: str, year: int, value: str | None, sex: str = "SEX_T", **more: str | None) -> Row:
    """One row of the ILO's dataset of SDG 1.3.1."""
    return {
        "series": "SDG_0131_SEX_SOC_RT",
        "ref_area": area,
        "time_period": str(year),
        "obs_value": value,
        "freq": "A",
        "measure": "SDG_0131_RT",
        "sex": sex,
        "soc": f"SOC_CONTIG_{contingency}",
        **more,
    }


def national_row(indicator: str, area: str, year: int, value: str | None, **more: str | None) -> Row:
    """One row of a national file; breakdowns that are not given are the total."""
    return {
        **dict.fromkeys(BREAKDOWNS, "_T"),
        "series": indicator,
        "ref_area": area,
        "time_period": str(year),
        "obs_value": value,
        "unit_measure": "PT",
        "source_citation": "National survey",
        "producer": "National office",
        "kind": "national_submission",
        "vintage_date": "2026-10-01",
        **more,
    }


def staged_names(provider: str, dataset: str) -> list[str]:
    """The columns of a dataset's staged table."""
    return staged_table(structure_of(provider, dataset)).column_names

"""The values of the previous release, as an input of the build: checks compare the build with them."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd

from indicator_defs.errors import PayungError
from warehouse.build.engine import Build, read_files, write_frame
from warehouse.metadata import table

PREVIOUS = "lineage.previous_value"
_VALUES = Path("parquet") / "indicator_set" / "value.parquet"


class PreviousError(PayungError):
    """The chosen values of the previous release cannot be read."""


def previous_values(release: Path) -> pd.DataFrame:
    """The chosen values of a release as lineage.previous_value; columns that an older release does not have are NULL.

    Raises PreviousError where its table of chosen values is missing or damaged.
    """
    path = release / _VALUES
    try:
        values = read_files([path])
    except duckdb.Error as error:
        raise PreviousError(
            f"{path} cannot be read: {error}. This build is not compared with the previous release. List altered "
            f"files: payung releases verify {release.name}"
        ) from error
    return values.assign(release=release.name).reindex(columns=table(PREVIOUS).column_names)


def write_previous(build: Build, values: pd.DataFrame | None) -> int:
    """Writes lineage.previous_value (None: there is no previous release); returns the number of rows."""
    return write_frame(build, table(PREVIOUS), pd.DataFrame() if values is None else values)

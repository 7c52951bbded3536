"""The values of the release before, as an input of the build.

Belongs here: reading them from a release folder, so that checks can compare the build with what is published.
Does not belong here: the checks (warehouse/checks/), and the full account of what changed between two releases.
"""

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
    """The chosen values of the release before cannot be read."""


def previous_values(release: Path) -> pd.DataFrame:
    """The chosen values of a release as lineage.previous_value; columns that an older release lacks are empty.

    Raises PreviousError where its table of chosen values is missing or damaged.
    """
    path = release / _VALUES
    try:
        found = read_files([path])
    except duckdb.Error as error:
        raise PreviousError(
            f"{path} cannot be read: {error}. This build is compared with no release before. See what is altered: "
            f"payung releases verify {release.name}"
        ) from error
    return found.assign(release=release.name).reindex(columns=table(PREVIOUS).column_names)


def write_previous(build: Build, values: pd.DataFrame | None) -> int:
    """Writes lineage.previous_value (None: there is no release before); returns the number of rows."""
    return write_frame(build, table(PREVIOUS), pd.DataFrame() if values is None else values)

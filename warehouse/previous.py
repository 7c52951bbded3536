"""The values of the release before, as an input of the build.

Belongs here: reading them from a release folder, so that checks can compare the build with what is published.
Does not belong here: the checks (warehouse/checks/), and the full account of what changed between two releases.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from warehouse.engine import Build, read_files, write_frame
from warehouse.metadata import table

PREVIOUS = "lineage.previous_value"
_VALUES = Path("parquet") / "indicator_set" / "value.parquet"


def write_previous(build: Build, release: Path | None) -> int:
    """Writes lineage.previous_value from a release folder (None: no release before); returns the number of rows.

    A release of an older version of the project may lack columns; they stay empty. Where the release has no table of
    chosen values any more, there is nothing to compare with and the table is empty.
    """
    description = table(PREVIOUS)
    values = pd.DataFrame()
    if release is not None and (release / _VALUES).exists():
        values = read_files([release / _VALUES]).assign(release=release.name)
        values = values.reindex(columns=description.column_names)
    return write_frame(build, description, values)

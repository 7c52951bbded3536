"""The release before as an input of the build: its chosen values, and nothing where there is none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from small_build import TOTAL_CELL, laid_out

from warehouse.engine import Build, read_files, write_frame
from warehouse.metadata import table
from warehouse.previous import PREVIOUS, write_previous


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A release folder with one chosen value."""
    folder = tmp_path / "2026.11.21-1"
    row = {
        "observation_id": "o1",
        "indicator": "ASP_COV_PENSN",
        "ref_area": "PHL",
        "time_period": 2019,
        "obs_value": 48.0,
    }
    values = laid_out("indicator_set.value", [{**row, "cell": TOTAL_CELL, "feed": "f"}])
    write_frame(Build(folder / "parquet"), table("indicator_set.value"), values)
    return folder


def test_values_of_the_release_before(published: Path, tmp_path: Path) -> None:
    build = Build(tmp_path / "build")
    assert write_previous(build, published) == 1
    (row,) = read_files([build.path(PREVIOUS)]).to_dict("records")
    assert (row["release"], row["indicator"], row["time_period"], row["obs_value"]) == (
        "2026.11.21-1",
        "ASP_COV_PENSN",
        2019,
        48.0,
    )


def test_column_that_an_older_release_lacks_stays_empty(published: Path, tmp_path: Path) -> None:
    path = published / "parquet/indicator_set/value.parquet"
    today = table("indicator_set.value")
    then = replace(today, columns=tuple(c for c in today.columns if c.name != "feed"))
    write_frame(Build(published / "parquet"), then, read_files([path]))
    build = Build(tmp_path / "build")
    assert write_previous(build, published) == 1
    assert read_files([build.path(PREVIOUS)])["feed"].isna().all()


@pytest.mark.parametrize("release", [None, "gone"])
def test_without_a_release_before_there_is_nothing_to_compare(tmp_path: Path, release: str | None) -> None:
    build = Build(tmp_path / "build")
    assert write_previous(build, None if release is None else tmp_path / release) == 0
    assert list(read_files([build.path(PREVIOUS)]).columns) == table(PREVIOUS).column_names

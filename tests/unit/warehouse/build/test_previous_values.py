"""The previous release as an input of the build: its chosen values, or an empty table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from messages import assert_reports
from small_build import TOTAL_CELL, laid_out

from warehouse.build.engine import Build, read_files, write_frame
from warehouse.build.previous_values import PREVIOUS, PreviousError, previous_values, write_previous
from warehouse.metadata import table

VALUES = "parquet/indicator_set/value.parquet"


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


def test_values_of_the_previous_release(published: Path, tmp_path: Path) -> None:
    build = Build(tmp_path / "build")
    assert write_previous(build, previous_values(published)) == 1
    (row,) = read_files([build.path(PREVIOUS)]).to_dict("records")
    key_and_value = (row["release"], row["indicator"], row["time_period"], row["obs_value"])
    assert key_and_value == ("2026.11.21-1", "ASP_COV_PENSN", 2019, 48.0)


def test_column_that_an_older_release_does_not_have_is_empty(published: Path, tmp_path: Path) -> None:
    description = table("indicator_set.value")
    older = replace(description, columns=tuple(c for c in description.columns if c.name != "feed"))
    write_frame(Build(published / "parquet"), older, read_files([published / VALUES]))
    build = Build(tmp_path / "build")
    assert write_previous(build, previous_values(published)) == 1
    assert read_files([build.path(PREVIOUS)])["feed"].isna().all()


def test_without_a_previous_release_the_table_is_empty(tmp_path: Path) -> None:
    build = Build(tmp_path / "build")
    assert write_previous(build, None) == 0
    assert list(read_files([build.path(PREVIOUS)]).columns) == table(PREVIOUS).column_names


@pytest.mark.parametrize("damage", ["removed", "cut"])
def test_damaged_file_of_the_release_is_reported(published: Path, damage: str) -> None:
    path = published / VALUES
    if damage == "removed":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(PreviousError) as error:
        previous_values(published)
    assert_reports(str(error.value), place=str(path), remedy="payung releases verify 2026.11.21-1")

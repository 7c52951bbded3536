"""Dagster reads the project's settings in a home of any name, although it reads their path as a glob pattern."""

from __future__ import annotations

import tempfile
from pathlib import Path

import dagster as dg
import pytest

from pipelines.dagster_home import prepare_dagster


@pytest.fixture(autouse=True)
def _environment_and_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "")  # restored after the test
    monkeypatch.setenv("DAGSTER_DISABLE_TELEMETRY", "")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))


@pytest.mark.parametrize("name", ["payung [test]", "[a-z]", "star*", "**", "it's", '"quoted" #1', "ไทย $HOME ~ {a,b}"])
def test_settings_are_read_in_a_home_of_this_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name / "dagster"
    for _ in range(2):  # the second time the files exist
        prepare_dagster(folder)
        with dg.DagsterInstance.get() as instance:
            assert not instance.telemetry_enabled
            assert instance.get_settings("concurrency")["runs"]["max_concurrent_runs"] == 1
            assert type(instance.event_log_storage).__name__ == "KeptConnectionEventLogStorage"
    assert (folder / "history" / "runs.db").is_file()


def test_link_to_another_folder_is_refused(tmp_path: Path) -> None:
    prepare_dagster(tmp_path / "[a]" / "dagster")
    (link,) = (tmp_path / "temporary").iterdir()
    link.unlink()
    link.symlink_to(tmp_path)
    with pytest.raises(FileExistsError, match="remove it") as caught:
        prepare_dagster(tmp_path / "[a]" / "dagster")
    assert caught.value.filename == str(link)

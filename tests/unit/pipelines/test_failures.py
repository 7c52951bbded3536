"""Why a run failed, in words for its users."""

from __future__ import annotations

import sys
from pathlib import Path

from dagster._core.errors import DagsterExecutionInterruptedError
from dagster._utils.error import serializable_error_info_from_exc_info

from pipelines.run_failures import FILE, last_failure, write_failure, write_recovery
from pipelines.sensors import _failure


def test_interrupted_run_is_told_in_words() -> None:
    try:
        raise DagsterExecutionInterruptedError
    except DagsterExecutionInterruptedError:
        told = serializable_error_info_from_exc_info(sys.exc_info())
    found = _failure("harmonised/observation", told)
    assert found.reason.startswith("interrupted: by Ctrl-C")
    assert "Dagster" not in str(found.as_error())


def test_a_refresh_that_went_through_since_ends_a_failure(tmp_path: Path) -> None:
    write_recovery(tmp_path)
    assert not (tmp_path / FILE).exists(), "nothing to recover from"
    write_failure(tmp_path, "refresh", "raw/unsd_sdg/sdg", "altered or cut", "1")
    assert "altered or cut" in (last_failure(tmp_path) or "")
    write_recovery(tmp_path)
    assert last_failure(tmp_path) is None
    told = (tmp_path / FILE).read_text(encoding="utf-8")
    assert "altered or cut" in told, "the log keeps it"
    write_recovery(tmp_path)
    assert (tmp_path / FILE).read_text(encoding="utf-8") == told, "said once"
    write_failure(tmp_path, "refresh", "raw/ilostat/x", "a second one", "2")
    assert "a second one" in (last_failure(tmp_path) or "")

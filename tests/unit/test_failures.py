"""Why a run failed, in words for its users."""

from __future__ import annotations

import sys

from dagster._core.errors import DagsterExecutionInterruptedError
from dagster._utils.error import serializable_error_info_from_exc_info

from pipelines.notify import _failure


def test_interrupted_run_is_told_in_words() -> None:
    try:
        raise DagsterExecutionInterruptedError
    except DagsterExecutionInterruptedError:
        told = serializable_error_info_from_exc_info(sys.exc_info())
    found = _failure("harmonised/observation", told)
    assert found.reason.startswith("interrupted: by Ctrl-C")
    assert "Dagster" not in str(found.as_error())

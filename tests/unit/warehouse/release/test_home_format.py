"""The format of a home: a home of a newer Payung is refused and not changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from messages import assert_reports

from assets.refresh_lock import take_lock
from warehouse.release.home_format import FORMAT, FormatError, mark, refuse_newer


def test_home_of_a_newer_payung_is_refused_before_anything_is_changed(tmp_path: Path) -> None:
    refuse_newer(tmp_path)
    mark(tmp_path, "0.1.0")
    refuse_newer(tmp_path)
    newer = json.dumps({"format": FORMAT + 1, "code_version": "9.9.9"})
    (tmp_path / "format.json").write_text(newer, encoding="utf-8")
    with pytest.raises(FormatError) as error:
        take_lock(tmp_path)
    assert_reports(
        str(error.value), place=str(tmp_path), found=("format 2", "9.9.9"), expected="up to 1", remedy="PAYUNG_HOME"
    )
    assert [p.name for p in tmp_path.iterdir()] == ["format.json"]
    (tmp_path / "format.json").write_text("nothing", encoding="utf-8")
    with pytest.raises(FormatError) as error:
        refuse_newer(tmp_path)
    assert_reports(str(error.value), place="format.json", expected='{"format": 1}', remedy="back-up")
    (tmp_path / "format.json").write_text('{"format": "two"}', encoding="utf-8")
    with pytest.raises(FormatError) as error:
        refuse_newer(tmp_path)
    assert_reports(str(error.value), place=str(tmp_path), found="'two'", expected="whole number up to 1")

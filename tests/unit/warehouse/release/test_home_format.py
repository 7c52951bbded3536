"""The format of a home: a home of a newer Payung is refused and left as it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assets.refresh_lock import take_lock
from warehouse.release.home_format import FORMAT, FormatError, mark, refuse_newer


def test_home_of_a_newer_payung_is_refused_before_anything_is_touched(tmp_path: Path) -> None:
    refuse_newer(tmp_path)
    mark(tmp_path, "0.1.0")
    refuse_newer(tmp_path)
    newer = json.dumps({"format": FORMAT + 1, "code_version": "9.9.9"})
    (tmp_path / "format.json").write_text(newer, encoding="utf-8")
    with pytest.raises(FormatError, match=r"written by a newer Payung \(format 2, version 9\.9\.9\)"):
        take_lock(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["format.json"]
    (tmp_path / "format.json").write_text("nothing", encoding="utf-8")
    with pytest.raises(FormatError, match="cannot be read"):
        refuse_newer(tmp_path)
    (tmp_path / "format.json").write_text('{"format": "two"}', encoding="utf-8")
    with pytest.raises(FormatError, match="the format is 'two', expected a whole number"):
        refuse_newer(tmp_path)

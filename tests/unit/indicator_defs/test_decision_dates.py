"""The day of a decision in a set: up to tomorrow, on any day."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from indicator_defs.catalog import load_catalog


def test_a_body_adopts_up_to_tomorrow(folder: Path, day: date) -> None:
    path = folder / "sets" / "asean_indicator_set.yaml"
    text = path.read_text(encoding="utf-8")
    head = "decisions: []"
    assert head in text

    def with_decision(on: date) -> None:
        decided = f"status: adopted, date: {on}, body: ACSS, reference: 'Report, paragraph 9'"
        path.write_text(text.replace(head, f"decisions: [{{indicators: [ASP_COV_UEMP], {decided}}}]"), encoding="utf-8")

    with_decision(day + timedelta(days=1))
    assert load_catalog(folder).indicator_set.decisions
    with_decision(day + timedelta(days=2))
    with pytest.raises(Exception, match="which is still to come"):
        load_catalog(folder)

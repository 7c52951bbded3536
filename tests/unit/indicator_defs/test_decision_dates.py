"""The date of an adoption: at most tomorrow, on any day on which the tests run."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from definition_faults import assert_problem, line_of, problems_of

from indicator_defs.catalog import load_catalog


def test_adoption_is_dated_tomorrow_at_the_latest(folder: Path, day: date) -> None:
    file = "sets/asean_indicator_set.yaml"
    path = folder / file
    text = path.read_text(encoding="utf-8")
    no_decisions = "decisions: []"
    assert no_decisions in text

    def write_decision(on: date) -> None:
        decision = f"status: adopted, date: {on}, body: ACSS, reference: 'Report, paragraph 9'"
        path.write_text(
            text.replace(no_decisions, f"decisions: [{{indicators: [ASP_COV_UEMP], {decision}}}]"), encoding="utf-8"
        )

    write_decision(day + timedelta(days=1))
    assert load_catalog(folder).indicator_set.decisions
    too_late = day + timedelta(days=2)
    write_decision(too_late)
    place = f"indicator_defs/{file}:{line_of(path, 'decisions:')}"
    assert_problem(problems_of(folder), place, ("date", str(too_late)), "passed", "proposed")

"""Every correction is justified by figures that stand in the vintages, and by none that does not."""

from __future__ import annotations

import re
from typing import Any

import pytest

from indicator_defs.breakdowns import BREAKDOWNS
from indicator_defs.catalog import load_catalog
from indicator_defs.corrections import Correction

CORRECTIONS = load_catalog().corrections
NUMBER = re.compile(r"(?<![\d-])\d+(?:\.\d+)?(?![\d-])")
VINTAGE = re.compile(r"\d{4}-\d{2}-\d{2}")


@pytest.fixture(scope="module")
def published(ask: Any) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """What every vintage has for the indicators and areas that corrections are about."""
    rows = ask(
        "SELECT r.indicator, r.ref_area, r.time_period, v.value_text, CAST(v.vintage_date AS VARCHAR) AS vintage "
        "FROM lineage.vintage_value AS v JOIN ("
        "  SELECT DISTINCT observation_id, indicator, ref_area, time_period FROM harmonised.observation"
        "  UNION SELECT DISTINCT observation_id, indicator, ref_area, coalesce(time_period_from, time_period)"
        "  FROM lineage.revision) AS r ON r.observation_id = v.observation_id "
        "WHERE r.indicator IN (SELECT indicator FROM reference.correction)"
    )
    out: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for r in rows:
        out.setdefault((r["indicator"], r["ref_area"]), []).append(r)
    return out


def label(c: Correction) -> str:
    return f"{c.indicator}-{c.area}-{c.year}-{'-'.join(c.breakdown.values())}"


@pytest.mark.parametrize("correction", CORRECTIONS, ids=label)
def test_evidence_stands_in_the_vintages(
    published: dict[tuple[str, str], list[dict[str, Any]]], correction: Correction
) -> None:
    there = published[(correction.indicator, correction.area)]
    texts = {r["value_text"] for r in there}
    years = {str(r["time_period"]) for r in there}
    vintages = {r["vintage"] for r in there}
    evidence = correction.evidence
    named = set(VINTAGE.findall(evidence))
    assert named, "evidence names the vintages"
    assert named <= vintages
    figures = set(NUMBER.findall(VINTAGE.sub("", evidence))) - years
    assert figures, "evidence names figures"
    assert figures <= texts, f"not published of {correction.area} in any vintage: {sorted(figures - texts)}"


def test_every_correction_applies_and_is_told(ask: Any) -> None:
    rows = ask("SELECT * FROM lineage.correction")
    assert len(rows) == len(CORRECTIONS)
    assert [r["correction_id"] for r in rows if not r["applied"]] == []


def test_what_is_excluded_is_used_nowhere_and_what_is_unreliable_is_marked(ask: Any) -> None:
    used = {
        r["observation_id"]: r for r in ask("SELECT observation_id, obs_status, in_aggregates FROM indicator_set.value")
    }
    for r in ask("SELECT observation_id, action FROM lineage.correction"):
        if r["action"] == "exclude_from_use":
            assert r["observation_id"] not in used
        else:
            assert (used[r["observation_id"]]["obs_status"], used[r["observation_id"]]["in_aggregates"]) == ("U", False)


def test_no_cell_of_both_sexes_at_zero_beside_a_total_is_left(ask: Any) -> None:
    rest = ", ".join(b for b in BREAKDOWNS if b != "sex")
    rows = ask(
        f"SELECT indicator, ref_area, time_period, {rest} FROM indicator_set.value WHERE obs_value IS NOT NULL "
        "AND indicator NOT IN (SELECT indicator FROM reference.indicator WHERE sex_total_age IS NOT NULL) "
        "GROUP BY ALL HAVING max(CASE sex WHEN 'F' THEN obs_value END) = 0 "
        "AND max(CASE sex WHEN 'M' THEN obs_value END) = 0 AND max(CASE sex WHEN '_T' THEN obs_value END) > 0.05"
    )
    assert rows == []

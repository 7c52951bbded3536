"""The evidence of every correction quotes only figures that are in the vintages."""

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
def published(rows_of: Any) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """The values of every vintage for the indicators and areas of corrections."""
    rows = rows_of(
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
def test_figures_in_the_evidence_are_in_the_vintages(
    published: dict[tuple[str, str], list[dict[str, Any]]], correction: Correction
) -> None:
    rows = published[(correction.indicator, correction.area)]
    texts = {r["value_text"] for r in rows}
    years = {str(r["time_period"]) for r in rows}
    vintages = {r["vintage"] for r in rows}
    evidence = correction.evidence
    quoted_vintages = set(VINTAGE.findall(evidence))
    assert quoted_vintages, "evidence names the vintages"
    assert quoted_vintages <= vintages
    figures = set(NUMBER.findall(VINTAGE.sub("", evidence))) - years
    assert figures, "evidence names figures"
    assert figures <= texts, f"not published for {correction.area} in any vintage: {sorted(figures - texts)}"


def test_every_correction_is_applied(rows_of: Any) -> None:
    rows = rows_of("SELECT * FROM lineage.correction")
    assert len(rows) == len(CORRECTIONS)
    assert [r["correction_id"] for r in rows if not r["applied"]] == []


def test_excluded_values_are_not_used_and_unreliable_values_are_marked(rows_of: Any) -> None:
    used = {
        r["observation_id"]: r
        for r in rows_of("SELECT observation_id, obs_status, in_aggregates FROM indicator_set.value")
    }
    for r in rows_of("SELECT observation_id, action FROM lineage.correction"):
        if r["action"] == "exclude_from_use":
            assert r["observation_id"] not in used
        else:
            assert (used[r["observation_id"]]["obs_status"], used[r["observation_id"]]["in_aggregates"]) == ("U", False)


def test_no_total_above_zero_has_zero_for_women_and_men(rows_of: Any) -> None:
    rest = ", ".join(b for b in BREAKDOWNS if b != "sex")
    rows = rows_of(
        f"SELECT indicator, ref_area, time_period, {rest} FROM indicator_set.value WHERE obs_value IS NOT NULL "
        "AND indicator NOT IN (SELECT indicator FROM reference.indicator WHERE sex_total_age IS NOT NULL) "
        "GROUP BY ALL HAVING max(CASE sex WHEN 'F' THEN obs_value END) = 0 "
        "AND max(CASE sex WHEN 'M' THEN obs_value END) = 0 AND max(CASE sex WHEN '_T' THEN obs_value END) > 0.05"
    )
    assert rows == []

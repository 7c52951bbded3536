"""Must-exist figures are in the originals they were taken from, and in the release."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path
from typing import Any

import pytest

from indicator_defs.catalog import load_catalog
from indicator_defs.expectations import DOCUMENT

CATALOGUE = load_catalog()
FIGURES = CATALOGUE.expectations.must_exist
# Names of the originals next to the project: a date without a day means the end of the month.
BANK_FILES = {"2018-09-30": "2018-09", "2022-10-31": "2022-10"}
Cells = set[tuple[str, str, str, float]]


def lines(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def original(figures: Path, taken_from: str) -> Cells:
    """(series, area, year, value) of one original file."""
    provider, _, vintage = taken_from.split("/")
    if provider == "unsd_sdg":
        areas = {r["m49"]: r["code"] for r in CATALOGUE.codelists["area"]}
        rows = lines(figures / f"unsd/{vintage}.csv.gz")
        return {
            (r["series"], areas.get(r["geoAreaCode"], ""), r["timePeriod"].split(".")[0], number(r["value"]))
            for r in rows
        }
    rows = lines(figures / f"worldbank/{BANK_FILES.get(vintage, vintage)}.csv.gz")
    return {(r["indicator"], r["iso3"], r["date"], number(r["value"])) for r in rows}


@pytest.mark.parametrize("taken_from", sorted({f.taken_from for f in FIGURES} - {DOCUMENT}))
def test_figures_are_in_the_vintage_that_they_cite(figures: Path, taken_from: str) -> None:
    published = original(figures, taken_from)
    old_codes = {r.new_series: r.old_series for r in CATALOGUE.renames}
    for f in (f for f in FIGURES if f.taken_from == taken_from):
        place = 2 if taken_from.startswith("world_bank") else 1  # "World Bank, World Development Indicators, CODE ..."
        cited = f.source_citation.split(", ")[place].split()[0]
        keys = {(s, f.ref_area, str(f.time_period), f.obs_value) for s in (cited, old_codes.get(cited))}
        assert keys & published, f"{f.file}:{f.line}"


def test_figures_of_the_philippine_statistics_authority(philippine_file: Path) -> None:
    rows = [
        r for r in csv.reader(philippine_file.read_text(encoding="latin-1").splitlines(), delimiter=";") if len(r) == 4
    ]
    published = {(r[1], float(r[3])) for r in rows if r[0].startswith("PHILIPPINES") and r[1].isdigit()}
    ours = {(str(f.time_period), f.obs_value) for f in FIGURES if f.taken_from == DOCUMENT}
    assert len(ours) == 2
    assert ours <= published


def test_figures_are_numerous_and_come_from_other_vintages_than_the_chosen_values(rows_of: Any) -> None:
    assert len(FIGURES) >= 60
    rows = rows_of(
        "SELECT m.*, v.obs_value AS found, v.feed, CAST(v.vintage_date AS VARCHAR) AS vintage "
        "FROM reference.must_exist AS m "
        "LEFT JOIN indicator_set.value AS v ON v.indicator = m.indicator AND v.ref_area = m.ref_area "
        "AND v.time_period = m.time_period AND v.cell = m.cell"
    )
    assert len(rows) == len(FIGURES)
    assert {r["ref_area"] for r in rows} >= set(CATALOGUE.codelists.members("ASEAN"))
    for r in rows:
        assert r["found"] is not None
        assert abs(r["found"] - r["obs_value"]) <= r["tolerance"] + 1e-9
        assert r["tolerance"] <= 0.06 * abs(r["obs_value"]), "wide enough for rounding, but not wider"
        provider, dataset, _ = r["feed"].split("/")
        assert f"{provider}/{dataset}/{r['vintage']}" != r["taken_from"]

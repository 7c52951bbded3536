"""The rebuilt files of the World Population Prospects have the gathered figures (skipped without the originals)."""

from __future__ import annotations

from pathlib import Path

from gathered_rows import figures_of, table

from sources.parsing import ParsedDataset


def test_population_equals_the_figures(figures: Path, parsed: dict[str, ParsedDataset]) -> None:
    staged = {
        (r["ref_area"], r["time_period"], r["series"]): r["obs_value"]
        for r in table(parsed, "un_wpp/wpp2024_demographic")
    }
    expected = {}
    for r in figures_of(figures / "wpp" / "population_births_2024.csv.gz"):
        expected[r["iso3"], r["year"], "TPopulation1July"] = r["population_thousands"]
        expected[r["iso3"], r["year"], "Births"] = r["births_thousands"]
    assert staged == expected
    by_age = {
        (r["ref_area"], r["time_period"], r["age_grp"], r["series"]): r["obs_value"]
        for r in table(parsed, "un_wpp/wpp2019_age_sex")
    }
    measure = {"M": "PopMale", "F": "PopFemale"}
    assert by_age == {
        (r["iso3"], r["year"], r["age"], measure[r["sex"]]): r["thousands"]
        for r in figures_of(figures / "wpp" / "population_by_age_sex_2019.csv.gz")
    }

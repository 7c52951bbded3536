"""Multiplier, attributes, title and unit of a series, which determine the meaning of a published number."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from messages import assert_reports
from small_build import Row, SmallBuild, ilo_row, structure_of, un_row

from indicator_defs.roles import ADDED_COLUMNS, MEANINGFUL, ROLE_COLUMNS
from sources import registry
from warehouse.build import audit_checks
from warehouse.build.staging import stage, unexpected
from warehouse.metadata import STANDARD_STAGED

PENSN, TITLE = (
    "SI_COV_PENSN",
    ("[ILO] Proportion of population above statutory pensionable age receiving a pension, by sex (%)"),
)
POVERTY = "Poverty headcount ratio at $1.90 a day (2011 PPP) (% of population)"
LINE = "$1.90 a day (2011 PPP)"
EXPECTED = [(s.provider, s.dataset, column) for s in registry.structures() for column in s.expected]


def un(year: int, value: str, **more: str | None) -> Row:
    """A pension figure of the Philippines in the UN database, with the title that its claim lists."""
    return un_row(PENSN, "608", year, value, **{"sex": "BOTHSEX", "series_name": TITLE} | more)


def poverty(year: int, value: str, title: str | None, area: str = "PHL") -> Row:
    """A poverty rate of the World Bank; only its title states the unit."""
    return {
        "series": "SI.POV.DDAY",
        "ref_area": area,
        "time_period": str(year),
        "obs_value": value,
        "series_name": title,
    }


def observations_and_rejections(small: SmallBuild) -> tuple[list[Row], list[Row]]:
    """The observations and the rejections of a build in which every row is accounted for."""
    small.staged().make(
        "harmonised.observation", "lineage.rejection", "quality.row_account", "lineage.series_description"
    )
    assert all(a["difference"] == 0 for a in small.read("quality.row_account"))
    return small.read("harmonised.observation"), small.read("lineage.rejection")


def findings(small: SmallBuild, name: str) -> list[str]:
    """The problems that a check of the audit finds in the build, one text each."""
    (result,) = audit_checks.run_checks(small.build, [c for c in audit_checks.checks() if c.name == name])
    return result.sample.split("; ") if result.sample else []


# -- multiplier --------------------------------------------------------------------------------------------------------

# Text, multiplier: number, lower and upper bound.
MULTIPLIED: dict[tuple[str, str | None], tuple[float | None, float | None, float | None]] = {
    ("0.083", "3"): (83.0, None, None),
    ("0.0891", "3"): (89.1, None, None),
    ("89.1", "0"): (89.1, None, None),
    ("89.1", None): (89.1, None, None),
    ("89.1", ""): (89.1, None, None),
    ("8.3e1", "-1"): (8.3, None, None),
    ("1e-1", "+2"): (10.0, None, None),
    ("4700000", "-6"): (4.7, None, None),
    ("<0.0005", "3"): (None, None, 0.5),
    (">=0.08", "3"): (None, 80.0, None),
}


@pytest.fixture(scope="module")
def multiplied(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Row]:
    small = SmallBuild(tmp_path_factory.mktemp("multiplied"))
    rows = [un(2000 + n, text, unit_mult=mult) for n, (text, mult) in enumerate(MULTIPLIED)]
    small.stage("unsd_sdg", "sdg", "2023-12-17", rows)
    found, rejected = observations_and_rejections(small)
    assert rejected == []
    assert findings(small, "value_equals_text") == []
    return {r["time_period"] - 2000: r for r in found}


@pytest.mark.parametrize("place", range(len(MULTIPLIED)), ids=[f"{t} x 10^{m}" for t, m in MULTIPLIED])
def test_number_is_published_text_times_its_multiplier(multiplied: dict[int, Row], place: int) -> None:
    text, mult = list(MULTIPLIED)[place]
    row = multiplied[place]
    assert (row["obs_value"], row["lower_bound"], row["upper_bound"]) == MULTIPLIED[text, mult]
    assert row["value_text"] == text, "the text stays as published"
    assert row["unit_mult"] == (int(mult) if mult else None)


def test_bounds_of_the_provider_are_multiplied(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    row = ilo_row("PENSION", "THA", 2020, "0.05") | {"unit_mult": "3", "lower_bound": "0.04", "upper_bound": "0.06"}
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", [row])
    ((found,), _) = observations_and_rejections(small)
    assert (found["obs_value"], found["lower_bound"], found["upper_bound"]) == (50.0, 40.0, 60.0)


@pytest.mark.parametrize("mult", ["thousand", "3.5", "999", "1e3", "k"])
def test_invalid_multiplier_is_rejected(tmp_path: Path, mult: str) -> None:
    small = SmallBuild(tmp_path)
    small.stage(
        "ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", [ilo_row("PENSION", "THA", 2020, "5") | {"unit_mult": mult}]
    )
    found, (rejected,) = observations_and_rejections(small)
    assert found == []
    assert rejected["reason"] == "unreadable_multiplier"
    assert_reports(rejected["detail"], found=mult)


def test_same_text_with_another_multiplier_is_another_value(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    rows = [ilo_row("PENSION", "THA", 2020, "5") | {"unit_mult": m} for m in ("0", "1")]
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", rows)
    small.staged().make("indicator_set.candidate", "harmonised.observation", "quality.row_account")
    assert small.read("indicator_set.candidate") == [], "neither of two contradictory values is chosen"
    assert any("ASP_COV_PENSN" in f for f in findings(small, "key_published_twice"))


def test_revision_detects_a_new_multiplier_but_not_a_new_notation(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    years = {2019: ("83", "0", "0.083", "3"), 2020: ("5", "0", "5", "1")}
    for vintage, n in (("2023-09-12", 0), ("2024-09-12", 2)):
        rows = [ilo_row("PENSION", "THA", y, v[n]) | {"unit_mult": v[n + 1]} for y, v in years.items()]
        small.stage("ilostat", "SDG_0131_SEX_SOC_RT", vintage, rows)
    small.staged().make("lineage.revision")
    found = {
        r["time_period"]: (r["revision_class"], r["value_from"], r["value_to"]) for r in small.read("lineage.revision")
    }
    assert found == {2019: ("precision_only", 83.0, 83.0), 2020: ("changed", 5.0, 50.0)}


# -- attributes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("provider", "dataset", "published"), EXPECTED, ids=[f"{p} {c}" for p, _, c in EXPECTED])
def test_attribute_with_an_unexpected_code_is_reported(provider: str, dataset: str, published: str) -> None:
    """For each column under `expected` of each provider: the listed codes and a blank pass, another code does not."""
    structure = structure_of(provider, dataset)
    name = next(c.name for c in structure.columns if c.published_as == published)
    expected_codes = [*structure.expected[published], "", None]
    frame = pd.DataFrame({name: [*expected_codes, "ODD"]}, dtype=object)
    assert list(unexpected(frame, structure)) == [None] * len(expected_codes) + [f"{published}=ODD"]


@pytest.mark.parametrize("name", sorted(MEANINGFUL))
def test_undescribed_attribute_that_changes_the_meaning_is_reported(name: str) -> None:
    structure = structure_of("world_bank", "wdi")
    column = f"{name}_2" if name in ROLE_COLUMNS else name  # the name that a parser gives it
    frame = pd.DataFrame({column: [*MEANINGFUL[name], None, "ODD"]}, dtype=object)
    found = list(unexpected(frame, structure))
    assert found == [None] * (len(frame) - 1) + [f"{column}=ODD"]


OTHER_MEANINGS = [
    {"value_type": "Index"},
    {"value_type": "String"},
    {"base_period": "2015"},
    {"base_period": "2010-2012"},
    {"series_name": "Pensions paid (number)"},
    {"unit_measure": "NUMBER"},
    {"unit_measure": "NUM_B"},
]


@pytest.mark.parametrize("change", OTHER_MEANINGS, ids=[str(c) for c in OTHER_MEANINGS])
def test_one_row_of_another_meaning_keeps_the_previous_vintage_in_use(tmp_path: Path, change: Row) -> None:
    """The value of that year is not withdrawn, and no mean is made of the remaining rows."""
    small = SmallBuild(tmp_path)
    small.stage("unsd_sdg", "sdg", "2022-12-25", [un(2016, "39.8"), un(2017, "40")])
    small.stage("unsd_sdg", "sdg", "2023-12-17", [un(2016, "39.9"), un(2017, "41", **change)])
    accepted, (rejected,) = observations_and_rejections(small)
    assert {r["time_period"]: r["obs_value"] for r in accepted} == {2016: 39.8, 2017: 40.0}
    assert rejected["reason"] in ("meaning_changed", "unit_differs", "unknown_code")
    assert next(iter(change.values())) in rejected["detail"] or rejected["reason"] == "unit_differs"
    assert findings(small, "series_meaning_confirmed"), "reported in the audit"
    small.make("lineage.revision")
    assert small.read("lineage.revision") == [], "nothing was revised: the vintage is not in use"


@pytest.mark.parametrize("change", [{"freq": "Q"}, {"measure": "SDG_0131_NB"}])
def test_rows_of_another_dimension_code_are_other_figures(tmp_path: Path, change: Row) -> None:
    small = SmallBuild(tmp_path)
    dataset = "SDG_0131_SEX_SOC_RT"
    small.stage("ilostat", dataset, "2023-09-12", [ilo_row("PENSION", "THA", 2020, "83")])
    rows = [ilo_row("PENSION", "THA", 2020, "84"), ilo_row("PENSION", "THA", 2020, "4700") | change]
    small.stage("ilostat", dataset, "2024-09-12", rows)
    (accepted,), (rejected,) = observations_and_rejections(small)
    assert (accepted["obs_value"], rejected["reason"]) == (84.0, "meaning_changed")
    small.make("lineage.revision")
    ((revision),) = small.read("lineage.revision")
    assert (revision["value_from"], revision["value_to"]) == (83.0, 84.0)


def test_row_of_another_meaning_in_the_only_vintage_blocks_the_release(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("unsd_sdg", "sdg", "2023-12-17", [un(2016, "39.8"), un(2017, "41", value_type="Index")])
    observations_and_rejections(small)
    (finding,) = findings(small, "series_meaning_known")
    assert "valueType=Index" in finding


@pytest.mark.parametrize("change", [{"freq": "Q"}, {"measure": "SDG_0131_NB"}, {"unit_measure_type": "NB"}])
def test_vintage_of_another_meaning_keeps_the_previous_one_in_use(tmp_path: Path, change: Row) -> None:
    small = SmallBuild(tmp_path)
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2023-09-12", [ilo_row("PENSION", "THA", 2020, "83")])
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", [ilo_row("PENSION", "THA", 2020, "4700") | change])
    (accepted,), (rejected,) = observations_and_rejections(small)
    assert (accepted["obs_value"], accepted["vintage_date"].isoformat()[:10]) == (83.0, "2023-09-12")
    assert rejected["reason"] == "meaning_changed"
    assert findings(small, "series_meaning_confirmed"), "reported in the audit"


# -- titles and units --------------------------------------------------------------------------------------------------


def test_listed_title_is_confirmed_ignoring_spaces_and_case(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    rows = [un(2016, "39.8"), un(2017, "40", series_name=f" {TITLE.upper().replace(',', ',  ')} ")]
    small.stage("unsd_sdg", "sdg", "2023-12-17", rows)
    found, rejected = observations_and_rejections(small)
    assert ([r["title_check"] for r in found], rejected) == (["confirmed", "confirmed"], [])


def test_new_title_keeps_the_previous_vintage_in_use(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("unsd_sdg", "sdg", "2022-12-25", [un(2016, "39.8")])
    small.stage("unsd_sdg", "sdg", "2023-12-17", [un(2016, "41", series_name="Pensions paid (number)"), un(2017, "5")])
    small.stage("unsd_sdg", "sdg", "2024-12-17", [un(2016, "42", series_name="Pensions paid (number)")])
    found, rejected = observations_and_rejections(small)
    assert [(r["obs_value"], r["time_period"]) for r in found] == [(39.8, 2016)], "one row with another title is enough"
    assert [r["reason"] for r in rejected] == ["meaning_changed", "meaning_changed"]
    assert all("Pensions paid (number)" in r["detail"] and TITLE in r["detail"] for r in rejected)
    (finding,) = findings(small, "series_meaning_confirmed")
    assert_reports(
        finding, place="indicator_defs/indicators/coverage/ASP_COV_PENSN.yaml:", found="Pensions paid (number)"
    )
    assert findings(small, "series_meaning_known") == []


def test_series_without_any_listed_title_blocks_the_release(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("unsd_sdg", "sdg", "2023-12-17", [un(2016, "41", series_name="Pensions paid (number)")])
    found, _ = observations_and_rejections(small)
    assert found == []
    (finding,) = findings(small, "series_meaning_known")
    assert "Pensions paid (number)" in finding
    assert next(c for c in audit_checks.checks() if c.name == "series_meaning_known").severity == "blocks"


def test_without_listed_titles_the_title_of_the_oldest_vintage_is_expected(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.write("reference.claim_title", [])
    small.stage("unsd_sdg", "sdg", "2022-12-25", [un(2016, "39.8")])
    small.stage("unsd_sdg", "sdg", "2023-12-17", [un(2016, "41", series_name="Pensions paid (number)")])
    (accepted,), (rejected,) = observations_and_rejections(small)
    assert (accepted["obs_value"], accepted["title_check"]) == (39.8, "first_title")
    assert rejected["reason"] == "meaning_changed"


def test_series_without_a_title_is_used_and_marked_as_not_checked(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", [ilo_row("PENSION", "THA", 2020, "83")])
    small.stage(
        "unsd_sdg", "sdg", "2023-12-17", [un(2016, "39.8", series_name=None), un(2017, "39.8", series_name=" ")]
    )
    found, _ = observations_and_rejections(small)
    assert [r["title_check"] for r in found] == ["not_checked"] * 3


def test_title_with_another_unit_is_rejected(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("world_bank", "wdi", "2021-09-15", [poverty(2018, "4.7", POVERTY)])
    small.stage(
        "world_bank",
        "wdi",
        "2022-09-15",
        [poverty(2018, "7.1", POVERTY.replace("$1.90 a day (2011", "$2.15 a day (2017"))],
    )
    (accepted,), (rejected,) = observations_and_rejections(small)
    assert (accepted["obs_value"], rejected["reason"]) == (4.7, "meaning_changed")


@pytest.mark.parametrize(
    ("vintage", "unit", "used"),
    [("2022-09-15", LINE, True), ("2022-09-15", "$2.15 a day (2017 PPP)", False), ("2021-01-01", LINE, False)],
)
def test_vintage_without_a_title_needs_a_line_that_declares_the_unit(
    tmp_path: Path, vintage: str, unit: str, used: bool
) -> None:
    small = SmallBuild(tmp_path)
    line = {"provider": "world_bank", "dataset": "wdi", "series": "SI.POV.DDAY", "unit": unit, "evidence": "a test"}
    small.write("reference.vintage_unit", [line | {"vintage_date": date.fromisoformat(vintage)}])
    small.stage("world_bank", "wdi", "2021-09-15", [poverty(2018, "4.7", POVERTY)])
    small.stage("world_bank", "wdi", "2022-09-15", [poverty(2018, "4.8", None)])
    (accepted,), rejected = observations_and_rejections(small)
    assert (accepted["obs_value"], accepted["title_check"]) == ((4.8, "unit_declared") if used else (4.7, "confirmed"))
    if not used:
        assert "vintage_units.csv" in rejected[0]["detail"]


@pytest.mark.parametrize("unit", ["NUMBER", "NUM_B"])
def test_new_unit_keeps_the_previous_vintage_in_use(tmp_path: Path, unit: str) -> None:
    small = SmallBuild(tmp_path)
    small.stage("unsd_sdg", "sdg", "2022-12-25", [un(2016, "39.8")])
    small.stage("unsd_sdg", "sdg", "2023-12-17", [un(2016, "41", unit_measure=unit)])
    (accepted,), (rejected,) = observations_and_rejections(small)
    assert accepted["obs_value"] == 39.8
    assert rejected["reason"] in ("unit_differs", "unknown_code")
    (finding,) = findings(small, "series_meaning_confirmed")
    assert f"found=unit {unit}" in finding
    assert findings(small, "claimed_unit_fits") == [], "the vintage in use has the unit of the definition"


def test_weight_does_not_use_a_vintage_with_a_new_title(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    gdp = {"series": "NY.GDP.MKTP.PP.CD", "ref_area": "PHL", "time_period": "2020"}
    title = "GDP, PPP (current international $)"
    small.stage("world_bank", "wdi", "2023-06-28", [gdp | {"obs_value": "900", "series_name": title}])
    small.stage("world_bank", "wdi", "2024-06-28", [gdp | {"obs_value": "7", "series_name": "GDP (current US$)"}])
    small.staged().make("lineage.series_vintage", "lineage.series_description")
    used = [v for v in small.read("lineage.series_vintage") if v["is_newest"] and v["is_declared"]]
    assert [v["vintage_date"].isoformat()[:10] for v in used] == ["2023-06-28"]
    (finding,) = findings(small, "series_meaning_confirmed")
    assert "GDP (current US$)" in finding
    assert "weights.yaml" in finding


@pytest.mark.parametrize("name", [c.name for c in STANDARD_STAGED])
def test_column_of_an_answer_never_replaces_a_column_that_staging_adds(name: str) -> None:
    """A provider may send further fields; they neither stop the build nor overwrite a column of Payung."""
    place = {"indicator": {"id": "SI.POV.GINI", "value": "Gini index"}, "countryiso3code": "PHL", "date": "2020"}
    row = place | {
        "country": {"id": "PH", "value": "Philippines"},
        "value": 40.1,
        "unit": "",
        "obs_status": "",
        "decimal": 1,
    }
    header = {"page": 1, "pages": 1, "per_page": 50, "total": 1, "sourceid": "2", "lastupdated": "2024-06-28"}
    body = json.dumps([header, [row | {name: "ODD"}]]).encode()
    parsed = registry.parser("world_bank")(registry.dataset("world_bank", "wdi"), [("data_page_001.json", body)])
    staged = stage(parsed.frame, structure_of("world_bank", "wdi"), "a-snapshot")
    (found,) = staged.rows.to_dict("records")
    assert staged.rejected.empty
    assert found[f"{name}_2"] == "ODD"
    assert (found["snapshot_id"], found["provider"], found["series"]) == ("a-snapshot", "world_bank", "SI.POV.GINI")


def test_added_columns_are_the_standard_columns_of_staged_tables() -> None:
    assert {*ADDED_COLUMNS, "series"} == {c.name for c in STANDARD_STAGED}

"""Each reason for a gap, with rows that cause it; no reason where there is no gap."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from messages import assert_reports
from small_build import Row, SmallBuild, catalogue, ilo_row, un_row
from test_small_choice import five_year_groups, wpp

Gaps = dict[tuple[str, str, str], Row]
ILO = ("ilostat", "SDG_0131_SEX_SOC_RT")
LAST_FETCH = {"provider": ILO[0], "dataset": ILO[1], "asked_on": date(2026, 11, 20), "message": "HTTP 503"}
UNUSABLE = {
    "schema": ("SI_COV_WKINJRY", "ASP_COV_INJ", {"obs_value": "about 80"}),
    "below_minimum": ("SI_COV_CHLD", "ASP_COV_CHLD", {"obs_value": "-3"}),
    "unit_differs": ("SI_COV_UEMP", "ASP_COV_UEMP", {"unit_measure": "NUMBER"}),
}


def un_rows(with_unusable_rows: bool) -> list[Row]:
    """Rows of the UN database: usable rows, and optionally rows of some series that cannot be used."""
    rows = [un_row("SP_ACS_BSRVH2O", area, 2020, "100", location="URBAN") for area in ("702", "458")]
    rows += [un_row("SI_COV_DISAB", "116", 2020, "70.1")]
    for series, _, change in UNUSABLE.values():
        rows += [un_row(series, "704", 2020, "40", sex="BOTHSEX"), un_row(series, "704", 2020, "41", sex="FEMALE")]
        if with_unusable_rows:
            rows += [{**un_row(series, "764", 2020, "80", sex="BOTHSEX"), **change}]
            rows += [{**un_row(series, "608", 2020, "80", sex="FEMALE"), **change}]
    # rejected in the window, and rejected before the value that is used
    rows += [un_row("SI_COV_POOR", "764", 2014, "81.7"), un_row("SI_COV_POOR", "764", 2021, "-1")]
    rows += [un_row("SI_COV_POOR", "608", 2012, "-1"), un_row("SI_COV_POOR", "608", 2014, "39.8")]
    return rows


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SmallBuild:
    """Pensions: the Philippines in the window, Myanmar before it, Thailand without a value; coverage of four members."""
    small = SmallBuild(tmp_path_factory.mktemp("gaps"))
    total = {"IDN": "27.8", "PHL": "36.7", "VNM": "38.8", "THA": "68"}
    rows = [ilo_row("TOTAL", area, 2019, value) for area, value in total.items()]
    rows += [ilo_row("PENSION", "PHL", 2021, "65.6"), ilo_row("PENSION", "MMR", 2016, "14.9")]
    small.stage(*ILO, "2024-09-12", rows)
    small.stage("un_wpp", "wpp2024_demographic", "2024-07-11", wpp(range(2010, 2024)))
    small.stage("un_wpp", "wpp2019_age_sex", "2019-06-17", five_year_groups())
    small.stage("unsd_sdg", "sdg", "2023-06-01", un_rows(with_unusable_rows=True))
    return small.staged().make("quality.gap")


def read(small: SmallBuild, table: str = "quality.availability") -> Gaps:
    """The gaps by indicator, area and breakdown."""
    return {
        (r["indicator"], r["ref_area"], r["breakdown"]): r for r in small.read(table) if r["reason_code"] is not None
    }


@pytest.fixture(scope="module")
def found(small: SmallBuild) -> Gaps:
    """The gaps of members."""
    return read(small)


def test_available_figures_are_no_gaps_and_missing_ones_have_a_reason(found: Gaps) -> None:
    assert ("ASP_COV_PENSN", "PHL", "headline") not in found
    missing = found["ASP_COV_PENSN", "THA", "headline"]
    assert (missing["availability"], missing["reason_code"]) == ("no_value", "no_source")
    assert missing["filled_by"] == "SOMSWD; SLOM"
    assert missing["obtain_from"].split("; ")[0].endswith(": SDG_0131_SEX_SOC_RT")
    assert missing["obtain_from"].split("; ")[1].endswith(": SI_COV_PENSN")
    old = found["ASP_COV_PENSN", "MMR", "headline"]
    assert (old["reason_code"], old["sentence_code"]) == ("out_of_window", "last_value_old")
    assert_reports(old["reason"], found="2016", expected="starts in 2019")


def test_gap_of_a_declared_indicator_has_the_reason_of_its_definition(found: Gaps) -> None:
    reason_codes = set()
    for code, definition in catalogue().definitions.items():
        gap = found.get((code, "PHL", "headline"))
        if definition.gap is not None and gap is not None and gap["reason_code"] != "not_applicable":
            assert gap["reason_code"] == definition.gap.kind
            assert gap["obtain_from"] == definition.gap.obtain_from
            assert gap["filled_by"] == "; ".join(definition.gap.body)
            reason_codes.add(gap["reason_code"])
    assert reason_codes == {"not_gathered", "national_submission"}


@pytest.mark.parametrize("reason", UNUSABLE)
def test_rejected_row_is_the_reason(found: Gaps, reason: str) -> None:
    indicator = UNUSABLE[reason][1]
    assert found[indicator, "THA", "headline"]["reason_code"] == "rejected"
    assert_reports(found[indicator, "THA", "headline"]["reason"], place=("lineage.rejection", "2020"), found=reason)
    if (indicator, "THA", "sex") in found:
        assert found[indicator, "THA", "sex"]["reason_code"] == "no_source", "the rejected row is of both sexes"
        assert found[indicator, "PHL", "sex"]["reason_code"] == "rejected"
    assert found[indicator, "PHL", "headline"]["reason_code"] == "no_source", "the rejected row is of women"


def test_rejected_newer_row_is_the_reason_before_an_old_value(found: Gaps) -> None:
    newer, older = (found["ASP_COV_POOR", area, "headline"] for area in ("THA", "PHL"))
    assert newer["reason_code"] == "rejected"
    assert_reports(newer["reason"], place="year 2021", found="2014", expected="starts in 2019")
    assert older["reason_code"] == "out_of_window"


def test_value_removed_by_a_correction_counts_as_published(found: Gaps) -> None:
    gap = found["ASP_COV_DISAB", "KHM", "headline"]
    assert gap["reason_code"] == "rejected"
    assert_reports(gap["reason"], found="by a correction", place="lineage.correction")


def test_impossible_figure_is_not_applicable_unless_it_has_a_value(found: Gaps) -> None:
    poverty = found["ASP_POV_NAT", "SGP", "urbanisation"]
    assert poverty["reason_code"] == "not_applicable"
    assert_reports(poverty["reason"], found=("Singapore", "urban"))
    assert (poverty["filled_by"], poverty["obtain_from"]) == (None, None)
    assert found["ASP_POV_NAT", "MYS", "urbanisation"]["reason_code"] == "no_source"
    assert ("ASP_SRV_WATER", "SGP", "urbanisation") not in found, "the figure has a value"
    assert found["ASP_INS_DATABASE", "MYS", "headline"]["reason_code"] == "not_applicable"


def test_figure_quoted_only_in_documents_needs_a_submission(found: Gaps) -> None:
    assert found["ASP_DOC_SEC40", "MYS", "headline"]["reason_code"] == "national_submission"


def test_missing_regional_figures_have_the_reason_of_class_method_or_members(small: SmallBuild) -> None:
    rows = {(i, a): r for (i, a, b), r in read(small, "quality.gap").items() if b == "headline"}
    assert ("ASP_COV_ANY", "ASEAN") not in rows, "four members with three quarters of the weight: class B"
    withheld = rows["ASP_COV_ANY", "CLMV"]
    assert (withheld["reason_code"], withheld["area_type"]) == ("suppressed", "group")
    assert_reports(withheld["reason"], found=("withheld", "class C", "Viet Nam 2019"))
    assert rows["ASP_HLT_UHC", "ASEAN"]["reason_code"] == "no_source"
    assert rows["ASP_FIN_GDP", "ASEAN"]["reason_code"] == "not_gathered"
    assert rows["ASP_FIN_PROG", "ASEAN"]["reason_code"] == "not_applicable", "its method has no regional figure"
    assert rows["ASP_INS_DATABASE", "ASEAN"]["reason_code"] == "national_submission", "an act of ASEAN as a whole"
    assert rows["ASP_INS_DATABASE", "CLMV"]["reason_code"] == "not_applicable"
    assert ("ASP_COV_ANY", "IDN") not in rows
    assert rows["ASP_COV_ANY", "MYS"]["area_type"] == "country"


def test_failed_fetch_is_the_reason_where_the_source_could_fill_the_gap(small: SmallBuild) -> None:
    small.write("lineage.fetch", [{**LAST_FETCH, "outcome": "unchanged"}])
    assert "source_failed" not in {g["reason_code"] for g in read(small.make("quality.availability")).values()}
    small.write("lineage.fetch", [{**LAST_FETCH, "outcome": "failed"}])
    found = read(small.make("quality.availability"))
    missing, old = (found["ASP_COV_PENSN", area, "headline"] for area in ("THA", "MMR"))
    assert (missing["reason_code"], old["reason_code"]) == ("source_failed", "source_failed")
    for gap in (missing, old):
        assert_reports(gap["reason"], place="ilostat/SDG_0131_SEX_SOC_RT", found="failed on 2026-11-20")
    assert_reports(missing["reason"], found="no value")
    assert_reports(old["reason"], found="2016", expected="starts in 2019")
    assert ("ASP_COV_PENSN", "PHL", "headline") not in found, "an available value stays available"
    assert found["ASP_HLT_UHC", "THA", "headline"]["reason_code"] == "no_source", "an indicator of another source"
    assert found["ASP_FIN_GDP", "THA", "headline"]["reason_code"] == "not_gathered", "declared: no source was requested"


def test_reason_is_that_of_the_newest_rejected_row(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    rows = [
        un_row("SI_COV_POOR", "764", 2014, "81.7"),
        un_row("SI_COV_POOR", "764", 2020, "80", unit_measure="NUMBER"),
        un_row("SI_COV_POOR", "764", 2021, "-1"),
    ]
    small.stage("unsd_sdg", "sdg", "2023-12-17", rows)
    small.staged().make("quality.availability")
    reason = read(small)[("ASP_COV_POOR", "THA", "headline")]["reason"]
    assert_reports(reason, place=("lineage.rejection", "year 2021"), found="below_minimum")


def test_row_rejected_in_an_older_vintage_is_not_the_reason(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("unsd_sdg", "sdg", "2023-06-01", un_rows(with_unusable_rows=True))
    small.stage("unsd_sdg", "sdg", "2023-12-17", un_rows(with_unusable_rows=False))
    found = read(small.staged().make("quality.availability"))
    for _, indicator, _ in UNUSABLE.values():
        assert found[indicator, "THA", "headline"]["reason_code"] == "no_source"


def test_figure_published_for_another_group_is_named(tmp_path: Path) -> None:
    """Births registered: the indicator is about children under five; Singapore publishes children under one."""
    small = SmallBuild(tmp_path)
    rows = [un_row("SG_REG_BRTH", "702", year, "99", age="<1Y", sex="BOTHSEX") for year in (2019, 2021)]
    rows += [un_row("SG_REG_BRTH", "702", 2020, "98", age="<1Y", sex="FEMALE")]
    rows += [un_row("SG_REG_BRTH", "116", 2021, "92", age="<5Y", sex=sex) for sex in ("BOTHSEX", "FEMALE", "MALE")]
    rows += [un_row("SG_REG_BRTH", "116", 2021, "91", age="<1Y", sex="FEMALE")]
    small.stage("unsd_sdg", "sdg", "2023-12-17", rows)
    found = read(small.staged().make("quality.availability"))
    headline, by_sex = (found["ASP_CHD_BRTH", "SGP", b] for b in ("headline", "sex"))
    assert (headline["availability"], headline["reason_code"]) == ("no_value", "other_cells")
    assert_reports(headline["reason"], found=("another group", "Under 1 year (2021)"))
    assert_reports(by_sex["reason"], found=("another group", "Under 1 year, Female (2020)"))
    assert found["ASP_CHD_BRTH", "MYS", "headline"]["reason_code"] == "no_source"
    assert ("ASP_CHD_BRTH", "KHM", "sex") not in found
    value_counts = {
        (r["ref_area"], r["breakdown"]): r["n_values"] for r in small.read("quality.availability") if r["n_values"]
    }
    assert value_counts["KHM", "sex"] == 2, "girls under one are not counted by sex"

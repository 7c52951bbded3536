"""Each reason for a gap, from rows laid so that it occurs; and that none occurs where there is no gap."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from small_build import Row, SmallBuild, catalogue, ilo_row, un_row
from test_small_choice import five_year_groups, wpp

Gaps = dict[tuple[str, str, str], Row]
ILO = ("ilostat", "SDG_0131_SEX_SOC_RT")
ASKED = {"provider": ILO[0], "dataset": ILO[1], "asked_on": date(2026, 11, 20), "message": "HTTP 503"}
SPOILT = {
    "schema": ("SI_COV_WKINJRY", "ASP_COV_INJ", {"obs_value": "about 80"}),
    "below_minimum": ("SI_COV_CHLD", "ASP_COV_CHLD", {"obs_value": "-3"}),
    "unit_differs": ("SI_COV_UEMP", "ASP_COV_UEMP", {"unit_measure": "NUMBER"}),
}


def un_rows(spoilt: bool) -> list[Row]:
    """Rows of the UN database: whole ones, and of some series ones that cannot be used."""
    rows = [un_row("SP_ACS_BSRVH2O", area, 2020, "100", location="URBAN") for area in ("702", "458")]
    rows += [un_row("SI_COV_DISAB", "116", 2020, "70.1")]
    for series, _, change in SPOILT.values():
        rows += [un_row(series, "704", 2020, "40", sex="BOTHSEX"), un_row(series, "704", 2020, "41", sex="FEMALE")]
        if spoilt:
            rows += [{**un_row(series, "764", 2020, "80", sex="BOTHSEX"), **change}]
            rows += [{**un_row(series, "608", 2020, "80", sex="FEMALE"), **change}]
    # refused in the window, and refused before the value that stands
    rows += [un_row("SI_COV_POOR", "764", 2014, "81.7"), un_row("SI_COV_POOR", "764", 2021, "-1")]
    rows += [un_row("SI_COV_POOR", "608", 2012, "-1"), un_row("SI_COV_POOR", "608", 2014, "39.8")]
    return rows


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SmallBuild:
    """Pensions: the Philippines in the window, Myanmar before it, nothing of Thailand; coverage of four members."""
    small = SmallBuild(tmp_path_factory.mktemp("gaps"))
    total = {"IDN": "27.8", "PHL": "36.7", "VNM": "38.8", "THA": "68"}
    rows = [ilo_row("TOTAL", area, 2019, value) for area, value in total.items()]
    rows += [ilo_row("PENSION", "PHL", 2021, "65.6"), ilo_row("PENSION", "MMR", 2016, "14.9")]
    small.stage(*ILO, "2024-09-12", rows)
    small.stage("un_wpp", "wpp2024_demographic", "2024-07-11", wpp(range(2010, 2024)))
    small.stage("un_wpp", "wpp2019_age_sex", "2019-06-17", five_year_groups())
    small.stage("unsd_sdg", "sdg", "2023-06-01", un_rows(spoilt=True))
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


def test_what_is_there_is_no_gap_and_what_is_not_has_its_reason(found: Gaps) -> None:
    assert ("ASP_COV_PENSN", "PHL", "headline") not in found
    nothing = found["ASP_COV_PENSN", "THA", "headline"]
    assert (nothing["availability"], nothing["reason_code"]) == ("no_value", "no_source")
    assert nothing["filled_by"] == "SOMSWD; SLOM"
    assert nothing["obtain_from"].split("; ")[0].endswith(": SDG_0131_SEX_SOC_RT")
    assert nothing["obtain_from"].split("; ")[1].endswith(": SI_COV_PENSN")
    old = found["ASP_COV_PENSN", "MMR", "headline"]
    assert (old["reason_code"], old["reason"]) == ("out_of_window", "last value is of 2016, the window starts in 2019")


def test_declared_indicators_say_whether_somebody_publishes_them(found: Gaps) -> None:
    reported = set()
    for code, definition in catalogue().definitions.items():
        gap = found.get((code, "PHL", "headline"))
        if definition.gap is not None and gap is not None and gap["reason_code"] != "not_applicable":
            assert gap["reason_code"] == definition.gap.kind
            assert gap["obtain_from"] == definition.gap.obtain_from
            assert gap["filled_by"] == "; ".join(definition.gap.body)
            reported.add(gap["reason_code"])
    assert reported == {"not_gathered", "national_submission"}


@pytest.mark.parametrize("reason", SPOILT)
def test_a_row_that_was_refused_is_the_reason(found: Gaps, reason: str) -> None:
    indicator = SPOILT[reason][1]
    assert found[indicator, "THA", "headline"]["reason_code"] == "rejected"
    expected_text = f"published but rejected: {reason} (lineage.rejection), year 2020"
    assert found[indicator, "THA", "headline"]["reason"] == expected_text
    if (indicator, "THA", "sex") in found:
        assert found[indicator, "THA", "sex"]["reason_code"] == "no_source", "the refused row is of both sexes"
        assert found[indicator, "PHL", "sex"]["reason_code"] == "rejected"
    assert found[indicator, "PHL", "headline"]["reason_code"] == "no_source", "the refused row is of women"


def test_a_refused_newer_row_counts_before_the_age_of_the_last_value(found: Gaps) -> None:
    newer, older = (found["ASP_COV_POOR", area, "headline"] for area in ("THA", "PHL"))
    assert newer["reason_code"] == "rejected"
    assert newer["reason"].endswith("year 2021; last value is of 2014, the window starts in 2019")
    assert older["reason_code"] == "out_of_window"


def test_a_value_that_a_correction_takes_out_was_published(found: Gaps) -> None:
    gap = found["ASP_COV_DISAB", "KHM", "headline"]
    assert gap["reason_code"] == "rejected"
    assert "taken out by a correction" in gap["reason"]


def test_what_cannot_exist_is_declared_and_gives_way_to_a_value(found: Gaps) -> None:
    poverty = found["ASP_POV_NAT", "SGP", "urbanisation"]
    assert poverty["reason_code"] == "not_applicable"
    assert poverty["reason"].startswith("The whole population of Singapore is urban")
    assert (poverty["filled_by"], poverty["obtain_from"]) == (None, None)
    assert found["ASP_POV_NAT", "MYS", "urbanisation"]["reason_code"] == "no_source"
    assert ("ASP_SRV_WATER", "SGP", "urbanisation") not in found, "a value is there"
    assert found["ASP_INS_DATABASE", "MYS", "headline"]["reason_code"] == "not_applicable"


def test_what_only_documents_quote_waits_for_a_submission(found: Gaps) -> None:
    assert found["ASP_DOC_SEC40", "MYS", "headline"]["reason_code"] == "national_submission"


def test_regional_figures_are_missing_by_class_by_method_or_by_their_members(small: SmallBuild) -> None:
    rows = {(i, a): r for (i, a, b), r in read(small, "quality.gap").items() if b == "headline"}
    assert ("ASP_COV_ANY", "ASEAN") not in rows, "four members with three quarters of the weight: class B"
    withheld = rows["ASP_COV_ANY", "CLMV"]
    assert (withheld["reason_code"], withheld["area_type"]) == ("suppressed", "group")
    assert withheld["reason"] == "class C, withheld; reporting: Viet Nam 2019"
    assert rows["ASP_HLT_UHC", "ASEAN"]["reason_code"] == "no_source"
    assert rows["ASP_FIN_GDP", "ASEAN"]["reason_code"] == "not_gathered"
    assert rows["ASP_FIN_PROG", "ASEAN"]["reason_code"] == "not_applicable", "its method makes no regional figure"
    assert rows["ASP_INS_DATABASE", "ASEAN"]["reason_code"] == "national_submission", "an act of ASEAN as a whole"
    assert rows["ASP_INS_DATABASE", "CLMV"]["reason_code"] == "not_applicable"
    assert ("ASP_COV_ANY", "IDN") not in rows
    assert rows["ASP_COV_ANY", "MYS"]["area_type"] == "country"


def test_a_failed_fetch_is_the_reason_where_the_source_could_have_filled_the_gap(small: SmallBuild) -> None:
    small.write("lineage.fetch", [{**ASKED, "outcome": "unchanged"}])
    assert "source_failed" not in {g["reason_code"] for g in read(small.make("quality.availability")).values()}
    small.write("lineage.fetch", [{**ASKED, "outcome": "failed"}])
    found = read(small.make("quality.availability"))
    nothing, old = (found["ASP_COV_PENSN", area, "headline"] for area in ("THA", "MMR"))
    assert (nothing["reason_code"], old["reason_code"]) == ("source_failed", "source_failed")
    expected_text = "the last fetch of ilostat/SDG_0131_SEX_SOC_RT failed on 2026-11-20; of what is kept: "
    assert nothing["reason"] == expected_text + "no value"
    assert old["reason"] == expected_text + "last value is of 2016, the window starts in 2019"
    assert ("ASP_COV_PENSN", "PHL", "headline") not in found, "a value that is there stays"
    assert found["ASP_HLT_UHC", "THA", "headline"]["reason_code"] == "no_source", "an indicator of another source"
    assert found["ASP_FIN_GDP", "THA", "headline"]["reason_code"] == "not_gathered", "declared: nobody was asked"


def test_the_newest_refused_row_gives_its_own_reason(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    rows = [
        un_row("SI_COV_POOR", "764", 2014, "81.7"),
        un_row("SI_COV_POOR", "764", 2020, "80", unit_measure="NUMBER"),
        un_row("SI_COV_POOR", "764", 2021, "-1"),
    ]
    small.stage("unsd_sdg", "sdg", "2023-12-17", rows)
    small.staged().make("quality.availability")
    expected_text = read(small)[("ASP_COV_POOR", "THA", "headline")]["reason"]
    assert expected_text.startswith("published but rejected: below_minimum (lineage.rejection), year 2021")


def test_a_row_refused_in_a_vintage_out_of_use_is_no_reason(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("unsd_sdg", "sdg", "2023-06-01", un_rows(spoilt=True))
    small.stage("unsd_sdg", "sdg", "2023-12-17", un_rows(spoilt=False))
    found = read(small.staged().make("quality.availability"))
    for _, indicator, _ in SPOILT.values():
        assert found[indicator, "THA", "headline"]["reason_code"] == "no_source"


def test_a_figure_published_for_another_group_is_named(tmp_path: Path) -> None:
    """Births registered: the figure is that of children under five; Singapore publishes that of children under one."""
    small = SmallBuild(tmp_path)
    rows = [un_row("SG_REG_BRTH", "702", year, "99", age="<1Y", sex="BOTHSEX") for year in (2019, 2021)]
    rows += [un_row("SG_REG_BRTH", "702", 2020, "98", age="<1Y", sex="FEMALE")]
    rows += [un_row("SG_REG_BRTH", "116", 2021, "92", age="<5Y", sex=sex) for sex in ("BOTHSEX", "FEMALE", "MALE")]
    rows += [un_row("SG_REG_BRTH", "116", 2021, "91", age="<1Y", sex="FEMALE")]
    small.stage("unsd_sdg", "sdg", "2023-12-17", rows)
    found = read(small.staged().make("quality.availability"))
    headline, by_sex = (found["ASP_CHD_BRTH", "SGP", b] for b in ("headline", "sex"))
    assert (headline["availability"], headline["reason_code"]) == ("no_value", "other_cells")
    assert headline["reason"] == "published for another group only: Under 1 year (2021)"
    assert by_sex["reason"] == "published for another group only: Under 1 year, Female (2020)"
    assert found["ASP_CHD_BRTH", "MYS", "headline"]["reason_code"] == "no_source"
    assert ("ASP_CHD_BRTH", "KHM", "sex") not in found
    counted = {
        (r["ref_area"], r["breakdown"]): r["n_values"] for r in small.read("quality.availability") if r["n_values"]
    }
    assert counted["KHM", "sex"] == 2, "girls under one are not the figure by sex"

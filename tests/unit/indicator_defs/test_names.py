"""The search for areas by code, name and other names: no text leads to a wrong country."""

from __future__ import annotations

from pathlib import Path

import pytest
import pytz
from definition_faults import append, assert_problem, problems_of, swap
from messages import Content, assert_reports
from small_build import SmallBuild, catalogue, national_row, un_row

from indicator_defs.catalog import load_catalog
from indicator_defs.names import Names, area_names, normalised, split_names

AREAS = catalogue().codelists.areas
AREA_LIST = "codelists/area.csv"
TEXTS_OF_AREA = {
    "BRN": ["Brunei", "BRU", "BN", "96", "096", "Brunei Darussalam", "brn"],
    "IDN": ["INO", "INA", "Republic of Indonesia", "id"],
    "KHM": ["Kampuchea", "Democratic Kampuchea", "Khmer Republic", "CAM", "kh", "Kâmpŭchéa"],
    "LAO": ["Laos", "Lao PDR", "Lao People’s Democratic Republic", "Lao P.D.R.", "lao"],
    "MMR": ["Burma", "BURMA", "burma ", "Myanmar (Burma)", "Union of Burma", "BUR", "MYA"],
    "MYS": ["Malaya", "MAL", "my"],
    "PHL": ["The Philippines", "PHI"],
    "SGP": ["SIN", "Republic of Singapore"],
    "THA": ["Siam", "Kingdom of Thailand", "764"],
    "TLS": ["East Timor", "Timor Leste", "TIMOR-LESTE", "TMP", "TIM", "TP"],
    "VNM": ["Vietnam", "Viet-Nam", "VIET NAM", "Việt Nam", "VIE", "VN"],
    "WLD": ["World", "Global", "1"],
    "SEA": ["South-East Asia", "Southeast Asia"],
    "ASEAN6": ["ASEAN-6", "asean 6"],
}
SIMILAR_AREAS = {
    "Philipines": ["PHL"],
    "Kambodia": ["KHM"],
    "Thialand": ["THA"],
    "Timor": ["TLS"],
    "Myanmr": ["MMR"],
    "Brune": ["BRN"],
    "the Kingdom of Cambodia": ["KHM"],
}


@pytest.mark.parametrize(("code", "given"), [(code, text) for code, texts in TEXTS_OF_AREA.items() for text in texts])
def test_other_and_former_names_find_their_area(code: str, given: str) -> None:
    assert AREAS.find(given) == code
    assert AREAS.similar(given) == [code]


@pytest.mark.parametrize(("given", "codes"), SIMILAR_AREAS.items())
def test_misspelt_name_is_similar_to_its_area(given: str, codes: list[str]) -> None:
    assert AREAS.similar(given) == codes


@pytest.mark.parametrize(
    "given", ["East Asia", "Asia and Pacific", "Asia Pacific region", "Timor", "", "  ", "?", "EAS", "XXX"]
)
def test_ambiguous_or_unknown_text_finds_no_area(given: str) -> None:
    assert AREAS.find(given) is None


def test_names_of_other_countries_find_none_of_ours() -> None:
    ours = {row["iso2"] for row in catalogue().codelists["area"] if row["iso2"]}
    others = {code: name for code, name in pytz.country_names.items() if code not in ours}
    assert len(others) > 200
    wrong = {name: AREAS.similar(name) for name in others.values() if AREAS.similar(name)}
    wrong |= {code: AREAS.similar(code) for code in others if AREAS.similar(code)}
    assert wrong == {}


def test_names_of_the_time_zone_database_find_our_areas() -> None:
    rows = [row for row in catalogue().codelists["area"] if row["iso2"]]
    assert {row["code"]: AREAS.find(pytz.country_names[row["iso2"]]) for row in rows} == {
        r["code"]: r["code"] for r in rows
    }


def test_codes_and_names_in_crosswalks_find_no_other_area() -> None:
    lines = [line for line in catalogue().crosswalks if line.concept == "ref_area"]
    assert len(lines) > 60
    for line in lines:
        assert AREAS.find(line.code) in (None, line.target), line
        if len(line.target) == 3:  # notes on groups do not begin with a name
            assert AREAS.find(line.note.partition(",")[0]) in (None, line.target), line


def test_indicators_are_found_by_code_and_title() -> None:
    names = Names({"ASP_COV_PENSN": "Persons receiving a pension", "ASP_LAB_UNE": "Unemployment rate"})
    assert names.find("asp_cov_pensn") == "ASP_COV_PENSN"
    assert names.similar("ASP_COV_PENSON") == ["ASP_COV_PENSN"]
    assert names.similar("pension") == ["ASP_COV_PENSN"]
    assert names.similar("unemployment") == ["ASP_LAB_UNE"]
    assert names.similar("maternity") == []


def test_two_areas_with_one_name_are_ambiguous() -> None:
    rows = [{"code": c, "name": c.lower(), "iso2": "", "also_known_as": "Island|Isle"} for c in ("AAA", "BBB")]
    names = area_names(rows, "code")
    assert names.find("island") is None
    assert names.similar("island") == ["AAA", "BBB"]
    assert names.find("AAA") == "AAA"


def test_normalised_distinguishes_letters_of_other_scripts() -> None:
    assert normalised("Việt  Nam!") == "viet nam"
    assert normalised("ไทย") != normalised("ไท")
    assert split_names(" a | b|c ") == ("a", "b", "c")
    assert split_names("") == ()


@pytest.mark.parametrize(
    ("instead", "found", "expected", "remedy"),
    [
        ("Siam|Burma|", ("'Burma'", "MMR", "line 7"), (), "one line"),
        ("Siam|Viet-Nam|", ("'Viet Nam'", "for THA", "line"), (), "one line"),
        ("Siam||", ("also_known_as", "'Siam||Kingdom of Thailand'"), ("separated by |", "none of them empty"), ()),
        ("LAO|", ("'LAO'", "for LAO", "line 5"), (), "one line"),
    ],
)
def test_duplicate_and_empty_names_of_areas_are_reported(
    folder: Path, instead: str, found: Content, expected: Content, remedy: Content
) -> None:
    line = swap(folder, AREA_LIST, "Siam|", instead)
    places = [f"indicator_defs/{AREA_LIST}:{n}" for n in range(line, line + 20)]  # a name can be in a later line too
    assert_problem(problems_of(folder), places, found, expected, remedy)


def test_other_names_of_one_area_are_accepted(folder: Path) -> None:
    swap(folder, AREA_LIST, "Siam|", "Siam|Muang Thai|")
    load_catalog(folder)


@pytest.mark.parametrize(
    ("name", "text", "instead", "found", "remedy"),
    [
        ("must_exist.csv", ",KHM,", ",Kampuchea,", ("area", "'Kampuchea'"), "write KHM"),
        ("published_aggregates.csv", "KHM LAO", "KHM Laos", ("area", "'Laos'"), "write LAO"),
        ("codelists/area_group.csv", "ASEAN,VNM", "ASEAN,VIE", ("area", "'VIE'"), "write VNM"),
        ("not_applicable.csv", "*,SGP,", "*,SIN,", ("Member State", "'SIN'"), "write SGP"),
        (
            "crosswalks/ilostat/ref_area.csv",
            "ref_area,TLS,TLS",
            "ref_area,TLS,TMP",
            ("target (codelists/area.csv)", "'TMP'"),
            "write TLS",
        ),
    ],
)
def test_other_name_in_a_definition_is_reported_with_the_code(
    folder: Path, name: str, text: str, instead: str, found: Content, remedy: str
) -> None:
    line = swap(folder, name, text, instead)
    assert_problem(problems_of(folder), f"indicator_defs/{name}:{line}", found, remedy=remedy)


def test_former_name_in_a_national_target_is_reported_with_the_code(folder: Path) -> None:
    line = append(folder, "national_targets.csv", "Burma,ASP_COV_PENSN,10,20,2030,Law on pensions")
    place = f"indicator_defs/national_targets.csv:{line}"
    assert_problem(problems_of(folder), place, ("Member State", "'Burma'"), remedy="write MMR")


def test_rejection_of_an_unknown_area_names_the_similar_code(tmp_path: Path) -> None:
    build = SmallBuild(tmp_path)
    build.stage(
        "national",
        "submissions",
        "2026-10-01",
        [national_row("ASP_COV_PENSN", "VIE", 2021, "51"), national_row("ASP_COV_PENSN", "FRA", 2021, "51")],
    )
    build.stage("unsd_sdg", "sdg", "2024-01-01", [un_row("SI_COV_PENSN", "840", 2020, "50")])
    build.staged().make("lineage.rejection")
    details = {row["row_as_published"].split(";")[0]: row["detail"] for row in build.read("lineage.rejection")}
    ours, un = "indicator_defs/codelists/area.csv", "indicator_defs/crosswalks/unsd_sdg/ref_area.csv"
    assert set(details) == {"area VIE", "area FRA", "area 840"}
    assert_reports(details["area VIE"], found="area VIE", expected=ours, remedy="VNM")
    assert_reports(details["area FRA"], found="area FRA", expected=ours)
    assert_reports(details["area 840"], found="area 840", expected=un)
    assert "VNM" not in details["area FRA"] + details["area 840"]

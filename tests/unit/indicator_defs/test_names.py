"""Usual and former names of areas: one list, one search, and never another country."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import pytz
from small_build import SmallBuild, catalogue, national_row, un_row

from indicator_defs.catalog import FOLDER, load_catalog
from indicator_defs.errors import CatalogError
from indicator_defs.names import Names, area_names, normalised, split_names

AREAS = catalogue().codelists.areas
AREA_LIST = "codelists/area.csv"
MEANT = {
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
NEAR = {
    "Philipines": ["PHL"],
    "Kambodia": ["KHM"],
    "Thialand": ["THA"],
    "Timor": ["TLS"],
    "Myanmr": ["MMR"],
    "Brune": ["BRN"],
    "the Kingdom of Cambodia": ["KHM"],
}


@pytest.mark.parametrize(("code", "given"), [(code, text) for code, texts in MEANT.items() for text in texts])
def test_usual_and_former_names_lead_to_their_area(code: str, given: str) -> None:
    assert AREAS.meant(given) == code
    assert AREAS.near(given) == [code]


@pytest.mark.parametrize(("given", "codes"), NEAR.items())
def test_misspelt_name_has_its_area_near_it(given: str, codes: list[str]) -> None:
    assert AREAS.near(given) == codes


@pytest.mark.parametrize(
    "given", ["East Asia", "Asia and Pacific", "Asia Pacific region", "Timor", "", "  ", "?", "EAS", "XXX"]
)
def test_text_that_could_mean_several_or_none_is_not_accepted(given: str) -> None:
    assert AREAS.meant(given) is None


def test_no_other_country_of_the_world_leads_to_one_of_ours() -> None:
    ours = {row["iso2"] for row in catalogue().codelists["area"] if row["iso2"]}
    others = {code: name for code, name in pytz.country_names.items() if code not in ours}
    assert len(others) > 200
    wrong = {name: AREAS.near(name) for name in others.values() if AREAS.near(name)}
    wrong |= {code: AREAS.near(code) for code in others if AREAS.near(code)}
    assert wrong == {}


def test_names_of_the_time_zone_database_lead_to_our_areas() -> None:
    rows = [row for row in catalogue().codelists["area"] if row["iso2"]]
    assert {row["code"]: AREAS.meant(pytz.country_names[row["iso2"]]) for row in rows} == {
        r["code"]: r["code"] for r in rows
    }


def test_codes_and_names_of_crosswalks_never_lead_to_another_area() -> None:
    lines = [line for line in catalogue().crosswalks if line.concept == "ref_area"]
    assert len(lines) > 60
    for line in lines:
        assert AREAS.meant(line.code) in (None, line.target), line
        if len(line.target) == 3:  # the notes about groups describe them
            assert AREAS.meant(line.note.partition(",")[0]) in (None, line.target), line


def test_search_is_by_title_for_indicators() -> None:
    names = Names({"ASP_COV_PENSN": "Persons receiving a pension", "ASP_LAB_UNE": "Unemployment rate"})
    assert names.meant("asp_cov_pensn") == "ASP_COV_PENSN"
    assert names.near("ASP_COV_PENSON") == ["ASP_COV_PENSN"]
    assert names.near("pension") == ["ASP_COV_PENSN"]
    assert names.near("unemployment") == ["ASP_LAB_UNE"]
    assert names.near("maternity") == []


def test_two_areas_with_one_name_are_ambiguous() -> None:
    rows = [{"code": c, "name": c.lower(), "iso2": "", "also_known_as": "Island|Isle"} for c in ("AAA", "BBB")]
    names = area_names(rows, "code")
    assert names.meant("island") is None
    assert names.near("island") == ["AAA", "BBB"]
    assert names.meant("AAA") == "AAA"


def test_normalised_keeps_letters_of_other_scripts_apart() -> None:
    assert normalised("Việt  Nam!") == "viet nam"
    assert normalised("ไทย") != normalised("ไท")
    assert split_names(" a | b|c ") == ("a", "b", "c")
    assert split_names("") == ()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "indicator_defs", ignore=shutil.ignore_patterns("__pycache__")))


def _change(folder: Path, name: str, found: str, instead: str) -> int:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert found in text
    path.write_text(text.replace(found, instead, 1), encoding="utf-8")
    return text[: text.index(found)].count("\n") + 1


@pytest.mark.parametrize(
    ("found", "instead", "message"),
    [
        ("|Malaya", "|Malaya", ""),
        ("Siam|", "Siam|Burma|", "'Burma' names MMR in line 7 too; keep it in one line"),
        ("Siam|", "Siam|Viet-Nam|", "too; keep it in one line"),
        ("Siam|", "Siam||", "also_known_as is 'Siam||Kingdom of Thailand', expected names separated by |"),
        ("Siam|", "LAO|", "'LAO' names LAO in line 5 too"),
    ],
)
def test_name_of_two_areas_and_an_empty_one_are_refused(folder: Path, found: str, instead: str, message: str) -> None:
    if not message:
        load_catalog(folder)
        return
    _change(folder, AREA_LIST, found, instead)
    with pytest.raises(CatalogError) as caught:
        load_catalog(folder)
    assert f"indicator_defs/{AREA_LIST}:" in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "found", "instead", "message"),
    [
        ("must_exist.csv", ",KHM,", ",Kampuchea,", "unknown area 'Kampuchea'; write KHM"),
        ("published_aggregates.csv", "KHM LAO", "KHM Laos", "unknown area 'Laos'; write LAO"),
        ("codelists/area_group.csv", "ASEAN,VNM", "ASEAN,VIE", "unknown area 'VIE'; write VNM"),
        ("not_applicable.csv", "*,SGP,", "*,SIN,", "unknown Member State 'SIN'; write SGP"),
        (
            "crosswalks/ilostat/ref_area.csv",
            "ref_area,TLS,TLS",
            "ref_area,TLS,TMP",
            "target TMP is not in codelists/area.csv; write TLS",
        ),
    ],
)
def test_definitions_that_use_another_name_are_told_the_code(
    folder: Path, name: str, found: str, instead: str, message: str
) -> None:
    line = _change(folder, name, found, instead)
    with pytest.raises(CatalogError) as caught:
        load_catalog(folder)
    assert f"indicator_defs/{name}:{line}: {message}" in str(caught.value).replace("area: unknown", "unknown")


def test_target_of_a_former_name_is_told_the_code(folder: Path) -> None:
    path = folder / "national_targets.csv"
    path.write_text(
        path.read_text(encoding="utf-8") + "Burma,ASP_COV_PENSN,10,20,2030,Law on pensions\n", encoding="utf-8"
    )
    with pytest.raises(CatalogError, match=r"national_targets\.csv:2: area 'Burma' is no Member State; write MMR"):
        load_catalog(folder)


def test_row_rejected_for_another_name_says_which_area_it_means(tmp_path: Path) -> None:
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
    assert details == {
        "area VIE": "area VIE is not in indicator_defs/codelists/area.csv; VIE means VNM",
        "area FRA": "area FRA is not in indicator_defs/codelists/area.csv",
        "area 840": "area 840 is not in indicator_defs/crosswalks/unsd_sdg/ref_area.csv",
    }

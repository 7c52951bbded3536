"""The shipped archive says exactly what the gathered figures say (read from the shared originals, else skipped)."""

from __future__ import annotations

import csv
import gzip
import io
import json
import shutil
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from sources.archive_tools.build import main
from sources.archive_tools.rebuild import ArchiveError, build
from sources.manifests import MANIFEST, Manifest
from sources.parsing import ParsedDataset
from sources.registry import dataset
from sources.snapshots import SnapshotStore

UN_VINTAGE = "2023-12-17"
Rows = list[dict[str, str]]


def figures_of(path: Path) -> Rows:
    text = gzip.decompress(path.read_bytes()).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def table(parsed: dict[str, ParsedDataset], dataset: str, vintage: str = "") -> Rows:
    """All staged rows of a dataset (of one vintage), None as empty text."""
    rows: Rows = []
    for place, result in parsed.items():
        if place.startswith(f"{dataset}/{vintage}"):
            rows += [{str(k): v for k, v in row.items()} for row in result.frame.fillna("").to_dict("records")]
    return rows


@pytest.fixture(scope="module")
def un_figures(figures: Path) -> Rows:
    return figures_of(figures / "unsd" / f"{UN_VINTAGE}.csv.gz")


@pytest.fixture(scope="module")
def un(parsed: dict[str, ParsedDataset]) -> pd.DataFrame:
    """The staged UN table."""
    return next(r.frame for place, r in parsed.items() if place.startswith(f"unsd_sdg/sdg/{UN_VINTAGE}"))


def test_un_rows_are_the_figures(un_figures: Rows, un: pd.DataFrame) -> None:
    assert len(un) == len(un_figures) == 43_007
    same = {
        "series": "series",
        "indicator": "indicator",
        "series_name": "seriesDescription",
        "ref_area": "geoAreaCode",
        "ref_area_name": "geoAreaName",
        "time_period": "timePeriod",
        "obs_value": "value",
        "nature": "Nature",
        "unit_measure": "Units",
        "obs_status": "Observation Status",
    }
    for staged, published in same.items():
        assert list(un[staged]) == [r[published] or None for r in un_figures], staged
    told = {d: json.loads(d) for d in {r["dimensions"] for r in un_figures}}
    dimensions = [told[r["dimensions"]] for r in un_figures]
    published_as = {c.published_as: c.name for c in dataset("unsd_sdg", "sdg").dimensions}
    for name, column in published_as.items():
        assert list(un[column]) == [d.get(name) for d in dimensions], name
    assert {name for d in told.values() for name in d} <= set(published_as)
    for empty in ("source_citation", "footnote", "lower_bound", "upper_bound", "time_detail", "reporting_type"):
        assert un[empty].isna().all(), f"{empty} was not gathered, so it is empty"


def test_values_of_the_philippines_keep_their_text(un_figures: Rows, un: pd.DataFrame) -> None:
    rows = un[(un["series"] == "SI_COV_PENSN") & (un["ref_area"] == "608")]
    staged = list(rows[["time_period", "sex", "obs_value"]].itertuples(index=False, name=None))
    expected = [
        (r["timePeriod"], json.loads(r["dimensions"])["Sex"], r["value"])
        for r in un_figures
        if r["series"] == "SI_COV_PENSN" and r["geoAreaCode"] == "608"
    ]
    assert staged == expected
    assert staged


def test_censored_values_are_text(un: pd.DataFrame) -> None:
    indonesia = un[(un["series"] == "AG_PRD_FIESS") & (un["ref_area"] == "360")]
    assert "<0.5" in set(indonesia["obs_value"])
    eastern_asia = un[(un["series"] == "SN_ITK_DEFC") & (un["ref_area"] == "30")]
    assert "<2.5" in set(eastern_asia["obs_value"])


def test_with_disability_is_pd(un: pd.DataFrame) -> None:
    """PD is with disability and PWD without: Thailand 2019, unemployment 3.97 and 0.76 (methods.md section 1)."""
    rows = un[(un["series"] == "SL_TLF_UEMDIS") & (un["ref_area"] == "764") & (un["time_period"] == "2019")]
    both = rows[rows["sex"] == "BOTHSEX"]
    values = {s: round(float(v), 2) for s, v in zip(both["disability_status"], both["obs_value"], strict=True)}
    assert values == {"PD": 3.97, "PWD": 0.76, "_T": 0.81}


@pytest.mark.parametrize(
    "vintage",
    [*(pytest.param(v, marks=pytest.mark.long) for v in ("2018-10-15", "2020-12-27", "2022-12-25")), "2023-12-17"],
)
def test_every_un_vintage_holds_its_file(
    figures: Path, parsed: dict[str, ParsedDataset], archive: SnapshotStore, vintage: str
) -> None:
    file = figures_of(figures / "unsd" / f"{vintage}.csv.gz")
    rows = table(parsed, "unsd_sdg/sdg", vintage)
    names = ("series", "ref_area", "time_period", "obs_value", "nature", "unit_measure")
    published = ("series", "geoAreaCode", "timePeriod", "value", "Nature", "Units")
    assert [[r[n] for n in names] for r in rows] == [[r[n] for n in published] for r in file]
    manifest = next(m for m in archive.list() if m.provider == "unsd_sdg" and str(m.vintage_date) == vintage)
    assert sorted(manifest.series_asked) == sorted({r["series"] for r in file}), "the list is that of its own file"


def test_every_world_bank_extract_holds_its_file(
    figures: Path, parsed: dict[str, ParsedDataset], archive: SnapshotStore
) -> None:
    names = ("series", "lastupdated", "series_name", "ref_area", "time_period", "obs_value", "obs_status", "footnote")
    published = ("indicator", "lastupdated", "indicator_name", "iso3", "date", "value", "obs_status", "footnote")
    files = [figures_of(path) for path in sorted((figures / "worldbank").glob("*.csv.gz"))]
    expected = Counter(tuple(r[n] for n in published) for rows in files for r in rows)
    assert Counter(tuple(r[n] for n in names) for r in table(parsed, "world_bank/wdi")) == expected
    asked = [sorted(m.series_asked) for m in archive.list() if m.provider == "world_bank"]
    assert asked == [sorted({r["indicator"] for r in rows}) for rows in files]
    thailand = [
        round(float(r["obs_value"]), 2)
        for r in table(parsed, "world_bank/wdi")
        if (r["series"], r["ref_area"], r["time_period"]) == ("per_allsp.cov_pop_tot", "THA", "2009")
    ]
    assert thailand == [99.19, 70.5, 65.15], "three vintages of one figure"


def test_world_bank_answers_have_the_providers_shape(archive: SnapshotStore, archived: dict[str, Manifest]) -> None:
    manifest = archived["world_bank/wdi"]
    pages = [json.loads(body) for _, body in archive.files(manifest)]
    for number, (header, rows) in enumerate(pages, start=1):
        assert header == {
            "page": number,
            "pages": len(pages),
            "per_page": 1000,
            "total": manifest.rows,
            "sourceid": "2",
            "lastupdated": "2024-06-28",
        }
        assert list(rows[0]) == (
            ["indicator", "country", "countryiso3code", "date", "value", "unit", "obs_status", "decimal", "footnote"]
        )
    assert all(len(rows) == 1000 for _, rows in pages[:-1])
    first = pages[0][1][:2]
    assert int(first[0]["date"]) > int(first[1]["date"]), "newest year first"
    for file in manifest.files:
        assert len(file.address) < 1500
        assert "format=json" in file.address


def test_un_pages_have_the_providers_shape(archive: SnapshotStore, archived: dict[str, Manifest]) -> None:
    manifest = archived["unsd_sdg/sdg"]
    bodies = {name: json.loads(body) for name, body in archive.files(manifest)}
    listed = bodies.pop("series_list.json.gz")
    assert [s["code"] for s in listed] == manifest.series_asked
    assert len(listed) == 148
    assert all(s["release"] is None for s in listed), "the figures carry no release tag"
    for number, page in enumerate(bodies.values(), start=1):
        assert (page["size"], page["totalElements"], page["totalPages"], page["pageNumber"]) == (
            5000,
            43_007,
            9,
            number,
        )
        row = page["data"][0]
        assert isinstance(row["timePeriodStart"], float)
        assert isinstance(row["value"], str)
        assert isinstance(row["geoAreaCode"], str)
        assert isinstance(row["indicator"], list)
        assert isinstance(row["footnotes"], list)
    assert {d["id"] for d in page["dimensions"]} >= {"Sex", "Age", "Location"}


def test_ilo_rows_are_the_figures(figures: Path, parsed: dict[str, ParsedDataset]) -> None:
    expected = figures_of(figures / "ilo" / "SDG_0131_SEX_SOC_RT_wspr2024-26.csv.gz")
    staged = table(parsed, "ilostat/SDG_0131_SEX_SOC_RT")
    names = ["ref_area", "freq", "measure", "sex", "soc", "time_period", "obs_value"]
    assert [[r[n] for n in names] for r in staged] == [[r[n.upper()] for n in names] for r in expected]
    assert {r["series"] for r in staged} == {"SDG_0131_SEX_SOC_RT"}
    assert {r["obs_status"] + r["unit_measure"] + r["source_citation"] for r in staged} == {""}


def test_population_is_the_figures(figures: Path, parsed: dict[str, ParsedDataset]) -> None:
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


def test_documents_quote_eight_figures(parsed: dict[str, ParsedDataset]) -> None:
    staged = table(parsed, "national/documents")
    assert len(staged) == 8
    assert {r["obs_status"] for r in staged} == {"V"}
    assert {r["ref_area"] for r in staged} == {"LAO", "THA", "KHM"}
    assert {r["time_detail"] for r in staged} >= {"2009/2010", "2005/2006"}
    assert all(r["source_citation"] and r["footnote"] for r in staged)


@pytest.fixture(scope="module")
def few(figures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The figures, cut to the first rows of each file, with the list of countries beside them."""
    folder = tmp_path_factory.mktemp("gathered") / "figures"
    for path in figures.rglob("*.csv.gz"):
        copy = folder / path.relative_to(figures)
        copy.parent.mkdir(parents=True, exist_ok=True)
        lines = gzip.decompress(path.read_bytes()).decode().splitlines(keepends=True)
        copy.write_bytes(gzip.compress("".join(lines[:200]).encode()))
    codes = folder.parent / "codelists"
    codes.mkdir()
    source = figures.parent / "codelists" / "world_bank_countries_2026-01.csv"
    (codes / source.name).write_bytes(source.read_bytes())
    return folder


class TestBuilding:
    def test_twice_gives_the_same_bytes(self, few: Path, tmp_path: Path) -> None:
        built = [build(few, tmp_path / name) for name in ("one", "two")]
        assert built[0] == built[1]
        contents = [
            {p.relative_to(tmp_path / n): p.read_bytes() for p in (tmp_path / n).rglob("*") if p.is_file()}
            for n in ("one", "two")
        ]
        assert contents[0] == contents[1]
        assert build(few, tmp_path / "one") == built[0], "an archive that is there is replaced"
        assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []

    def test_nothing_but_an_archive_is_replaced(self, few: Path, tmp_path: Path) -> None:
        (tmp_path / "letters").mkdir()
        with pytest.raises(ArchiveError, match="is no part of an archive"):
            build(few, tmp_path)
        assert (tmp_path / "letters").is_dir()

    def test_a_missing_file_leaves_the_archive_as_it_was(
        self, few: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        build(few, tmp_path / "archive")
        before = sorted(tmp_path.rglob(MANIFEST))
        other = tmp_path / "figures"
        shutil.copytree(few, other, ignore=shutil.ignore_patterns("worldbank"))
        assert main([str(other), "--to", str(tmp_path / "archive")]) == 1
        said = capsys.readouterr().err
        assert f"{other / 'worldbank'}: no figures found" in said
        assert "Traceback" not in said
        assert sorted(tmp_path.rglob(MANIFEST)) == before

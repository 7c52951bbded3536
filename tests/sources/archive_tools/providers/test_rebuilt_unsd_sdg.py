"""The rebuilt answers of the UN SDG database have the gathered figures (skipped without the originals)."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from gathered_rows import Rows, figures_of, table

from sources.manifests import Manifest
from sources.parsing import ParsedDataset
from sources.registry import dataset
from sources.snapshots import SnapshotStore

UN_VINTAGE = "2023-12-17"


@pytest.fixture(scope="module")
def un_figures(figures: Path) -> Rows:
    return figures_of(figures / "unsd" / f"{UN_VINTAGE}.csv.gz")


@pytest.fixture(scope="module")
def un(parsed: dict[str, ParsedDataset]) -> pd.DataFrame:
    """The staged UN table."""
    return next(r.frame for place, r in parsed.items() if place.startswith(f"unsd_sdg/sdg/{UN_VINTAGE}"))


def test_un_rows_equal_the_figures(un_figures: Rows, un: pd.DataFrame) -> None:
    assert len(un) == len(un_figures) == 43_007
    equal_columns = {
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
    for staged, published in equal_columns.items():
        assert list(un[staged]) == [r[published] or None for r in un_figures], staged
    dimensions_of = {d: json.loads(d) for d in {r["dimensions"] for r in un_figures}}
    dimensions = [dimensions_of[r["dimensions"]] for r in un_figures]
    published_as = {c.published_as: c.name for c in dataset("unsd_sdg", "sdg").dimensions}
    for name, column in published_as.items():
        assert list(un[column]) == [d.get(name) for d in dimensions], name
    assert {name for d in dimensions_of.values() for name in d} <= set(published_as)
    for empty in ("source_citation", "footnote", "lower_bound", "upper_bound", "time_detail", "reporting_type"):
        assert un[empty].isna().all(), f"{empty} was not gathered, so it is empty"


def test_values_of_the_philippines_have_the_published_text(un_figures: Rows, un: pd.DataFrame) -> None:
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


def test_persons_with_disability_have_code_pd(un: pd.DataFrame) -> None:
    """PD is with disability and PWD without: Thailand 2019, unemployment 3.97 and 0.76."""
    rows = un[(un["series"] == "SL_TLF_UEMDIS") & (un["ref_area"] == "764") & (un["time_period"] == "2019")]
    both = rows[rows["sex"] == "BOTHSEX"]
    values = {s: round(float(v), 2) for s, v in zip(both["disability_status"], both["obs_value"], strict=True)}
    assert values == {"PD": 3.97, "PWD": 0.76, "_T": 0.81}


@pytest.mark.parametrize(
    "vintage",
    [*(pytest.param(v, marks=pytest.mark.long) for v in ("2018-10-15", "2020-12-27", "2022-12-25")), "2023-12-17"],
)
def test_every_un_vintage_has_the_rows_of_its_file(
    figures: Path, parsed: dict[str, ParsedDataset], archive: SnapshotStore, vintage: str
) -> None:
    file = figures_of(figures / "unsd" / f"{vintage}.csv.gz")
    rows = table(parsed, "unsd_sdg/sdg", vintage)
    names = ("series", "ref_area", "time_period", "obs_value", "nature", "unit_measure")
    published = ("series", "geoAreaCode", "timePeriod", "value", "Nature", "Units")
    assert [[r[n] for n in names] for r in rows] == [[r[n] for n in published] for r in file]
    manifest = next(m for m in archive.list() if m.provider == "unsd_sdg" and str(m.vintage_date) == vintage)
    assert sorted(manifest.series_asked) == sorted({r["series"] for r in file}), "the series of its own file"


def test_un_pages_have_the_format_of_the_provider(archive: SnapshotStore, archived: dict[str, Manifest]) -> None:
    manifest = archived["unsd_sdg/sdg"]
    bodies = {name: json.loads(body) for name, body in archive.files(manifest)}
    listed = bodies.pop("series_list.json.gz")
    assert [s["code"] for s in listed] == manifest.series_asked
    assert len(listed) == 148
    assert all(s["release"] is None for s in listed), "the figures have no release tag"
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

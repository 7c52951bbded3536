"""Vintages on the command line: revisions of the bundled archive, builds as of a date, stored snapshots."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path

import pytest
from messages import assert_reports
from payung_command import run_payung

from assets.home import Home
from pipelines.home_snapshots import published_snapshots
from sources.manifests import RawFile, SnapshotOrigin
from sources.snapshots import retire
from warehouse.query.read_only import query
from warehouse.release.release_folders import Releases


def revision_rows(home: Path, *arguments: str) -> list[dict[str, object]]:
    """The rows of `payung revisions` as JSON."""
    ran = run_payung(home, "revisions", *arguments, "--format", "json")
    assert ran.returncode == 0, ran.stderr
    rows: list[dict[str, object]] = json.loads(ran.stdout)
    return rows


def test_value_of_thailand_in_three_vintages(made_home: Path) -> None:
    rows = revision_rows(made_home, "--indicator", "ASP_COV_SPL", "--area", "THA")
    steps = [(round(float(str(r["from"])), 2), round(float(str(r["to"])), 2)) for r in rows if r["year"] == 2009]
    assert sorted(steps) == [(70.5, 65.15), (99.19, 70.5)]


def test_order_of_the_revisions_of_cambodia(made_home: Path) -> None:
    rows = revision_rows(made_home, "--indicator", "ASP_COV_DISAB", "--area", "KHM")
    revisions = [(r["class"], r["year"], r["from"], r["to"]) for r in rows if r["breakdown"] is None]
    assert revisions == [
        ("withdrawn", 2016, "6.8", None),
        ("withdrawn", 2017, "6.7", None),
        ("withdrawn", 2019, "0.7", None),
        ("changed", 2016, "0.67617", "6.8"),
        ("new", 2020, None, "70.1"),
        ("new", 2017, None, "6.7"),
        ("new", 2019, None, "0.7"),
    ]
    later = revision_rows(made_home, "--indicator", "ASP_COV_DISAB", "--area", "KHM", "--since", "2022-01-01")
    assert {r["class"] for r in later} == {"withdrawn", "new"}


def test_no_revision_and_unknown_codes_are_reported(made_home: Path) -> None:
    none = run_payung(made_home, "revisions", "--indicator", "ASP_COV_SPL", "--since", "2025-01-01")
    assert none.returncode == 0
    assert_reports(none.stdout, found=("no revision", "ASP_COV_SPL", "since 2025-01-01", "2020-12-27 to 2024-06-28"))
    wrong = run_payung(made_home, "revisions", "--area", "Thialand")
    assert wrong.returncode == 2
    assert "no area 'Thialand'" in wrong.stderr
    assert "THA (Thailand)" in wrong.stderr
    former = run_payung(made_home, "revisions", "--area", "Siam", "--format", "csv")
    assert (former.returncode, former.stderr) == (0, "payung: Siam is THA (Thailand).\n")
    assert former.stdout == run_payung(made_home, "revisions", "--area", "tha", "--format", "csv").stdout


def test_classes_between_the_last_two_un_vintages(release: Path) -> None:
    rows = query(
        release,
        "SELECT revision_class, count(*) AS n FROM lineage.revision WHERE source = 'unsd_sdg' "
        "AND vintage_to = DATE '2023-12-17' GROUP BY ALL",
    )
    assert dict(zip(rows["revision_class"], rows["n"].astype(int), strict=True)) == {
        "changed": 8022,
        "precision_only": 4497,
        "new": 3089,
        "withdrawn": 862,
        "status_only": 626,
        "field_supplied": 294,
        "re_dated": 6,
    }


@pytest.mark.long
def test_differences_of_all_series_before_translation(figures: Path) -> None:
    """Over all 148 series, before any code is translated (docs/methods.md, Vintages and revisions)."""
    members = {"96", "104", "116", "360", "418", "458", "608", "626", "702", "704", "764"}
    totals = {"NOTSPEC", "BOTHSEX", "ALLAREA", "ALLAGE"}
    raw: list[dict[tuple[str, ...], str]] = []
    mapped: list[set[tuple[str, ...]]] = []
    for vintage in ("2022-12-25", "2023-12-17"):
        text = gzip.decompress((figures / "unsd" / f"{vintage}.csv.gz").read_bytes()).decode()
        rows = list(csv.DictReader(io.StringIO(text)))
        raw.append({(r["series"], r["geoAreaCode"], r["timePeriod"], r["dimensions"]): r["value"] for r in rows})
        one: set[tuple[str, ...]] = set()
        for r in rows:
            codes = {k: "_T" if c in totals else c for k, c in json.loads(r["dimensions"]).items()}
            one.add((r["series"], r["geoAreaCode"], r["timePeriod"], json.dumps(codes, sort_keys=True)))
        mapped.append(one)

    def decimals(text: str) -> int:
        digits, _, power = text.lower().partition("e")
        return len(digits.partition(".")[2]) - int(power or 0)

    def rounding(a: str, b: str) -> bool:
        try:
            return abs(float(a) - float(b)) <= 0.5 * 10.0 ** -min(decimals(a), decimals(b)) * (1 + 1e-9)
        except ValueError:
            return False

    before, after = raw
    common = before.keys() & after.keys()
    changed = [k for k in common if before[k] != after[k]]
    assert len(common) == 34_128
    assert len(changed) == 20_274
    assert sum(rounding(before[k], after[k]) for k in changed) == 6_379
    assert sum(k[1] in members for k in before.keys() - after.keys()) == 1_667
    assert sum(k[1] in members for k in mapped[0] - mapped[1]) == 1_010, "NOTSPEC is the total"


@pytest.mark.long
def test_build_as_of_a_date(own_home: Path, tmp_path: Path) -> None:
    to = tmp_path / "as-of"
    current = (own_home / "current").resolve()
    ran = run_payung(own_home, "refresh", "--as-of", "2022-12-31", "--to", str(to))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert (own_home / "current").resolve() == current
    assert Releases(own_home).ids() == [current.name], "the build is not a release"
    manifest = json.loads((to / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["release"], manifest["as_of"]) == ("as-of-2022-12-31", "2022-12-31")
    assert manifest["reference_year"] == 2022
    (note,) = manifest["notes"]
    assert_reports(note, found="2022", expected="2023")
    assert note in ran.stdout
    for table in ("indicator_set.aggregate", "baseline.value"):
        year = "time_period" if table == "indicator_set.aggregate" else "latest_year"
        assert query(to, f"SELECT max({year}) AS y FROM {table}")["y"].iloc[0] == 2022
    late = {s["snapshot"].rsplit("-", 1)[0] for s in manifest["sources"] if s.get("weights_only")}
    assert late == {"world_bank/wdi/2024-06-28", "un_wpp/wpp2024_demographic/2024-07-11"}
    thailand = (
        "SELECT round(obs_value, 2) AS v FROM harmonised.observation WHERE indicator = 'ASP_COV_SPL' "
        "AND ref_area = 'THA' AND time_period = 2009"
    )
    assert list(query(to, thailand)["v"]) == [70.5]
    assert list(query(current, thailand)["v"]) == [65.15]
    weights = (
        "SELECT * FROM indicator_set.weight_value WHERE weight IN ('GDP_PPP', 'LABOUR_FORCE', 'BIRTHS') "
        "AND time_period <= 2022 ORDER BY ALL"
    )
    assert not query(to, weights).empty
    assert query(to, weights).equals(query(current, weights)), "weights are those of the pinned revisions"
    latest = query(to, "SELECT max(vintage_date) AS d FROM harmonised.observation")["d"].iloc[0]
    assert str(latest)[:10] == "2022-12-25"
    refused = run_payung(own_home, "refresh", "--as-of", "2022-12-31", "--to", str(own_home / "releases" / "mine"))
    assert refused.returncode == 2
    assert str(own_home / "releases" / "mine") in refused.stderr
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "a.txt").write_text("kept", encoding="utf-8")
    foreign = run_payung(own_home, "refresh", "--as-of", "2022-12-31", "--to", str(tmp_path / "letters"))
    assert foreign.returncode == 2
    assert f"{tmp_path / 'letters'} is not empty" in foreign.stderr
    early = run_payung(own_home, "refresh", "--as-of", "2012-12-31", "--to", str(tmp_path / "early"))
    assert "oldest available is 2018-09-30" in early.stderr
    assert run_payung(own_home, "refresh", "--as-of", "2022-12-31").returncode == 2


def test_stored_snapshots_are_listed(made_home: Path) -> None:
    ran = run_payung(made_home, "status", "--snapshots", "--json")
    assert ran.returncode == 0
    rows = json.loads(ran.stdout)
    assert [r["vintage"] for r in rows if r["provider"] == "unsd_sdg"] == [
        "2018-10-15",
        "2020-12-27",
        "2022-12-25",
        "2023-12-17",
    ]
    assert all(r["in_use"] and r["origin"] == "archive" and r["rows"] > 0 for r in rows)
    assert "2023-12-17-" in run_payung(made_home, "status", "--snapshots").stdout


def test_retention_keeps_snapshots_that_a_release_uses(own_home: Path) -> None:
    store = Home(own_home).snapshots
    used = published_snapshots(Home(own_home))
    assert retire(store, 1, used) == []
    bundled = store.list()[-1]
    fields = bundled.model_dump(include=set(SnapshotOrigin.model_fields)) | {
        "origin": "fetched",
        "fetched_at": "2020-01-01",
    }
    unused = [
        store.add(SnapshotOrigin(**fields | {"vintage_date": day}), [RawFile("a.json", b"{}")])
        for day in ("2017-01-01",)
    ]
    assert [m.place for m in retire(store, 1, used)] == [m.place for m in unused]
    assert bundled.place in {m.place for m in store.list()}
    with pytest.raises(ValueError, match="found 0, expected 1"):
        retire(store, 0, used)

"""`payung explain` as a user runs it."""

from __future__ import annotations

import json
import re
from pathlib import Path

from messages import assert_reports
from payung_command import run_payung

from indicator_defs.breakdowns import BREAKDOWNS


def test_explain_prints_the_lineage(made_home: Path, release: Path) -> None:
    ran = run_payung(made_home, "explain", "ASP_COV_PENSN", "PHL", "2021", "--sex", "F")
    assert ran.returncode == 0, ran.stderr
    output = ran.stdout
    # WSPR 2024-26: 60.7 of women above retirement age in 2021
    assert output.startswith("ASP_COV_PENSN, Philippines (PHL), 2021: sex F\n")
    assert "\nValue  60.7  (Per cent)\n" in output
    manifest = json.loads((release / "manifest.json").read_text(encoding="utf-8"))
    (source,) = [s for s in manifest["sources"] if s["provider"] == "ilostat"]
    assert source["snapshot"] in output
    assert "indicator_defs/crosswalks/ilostat/sex.csv:3" in output
    assert "rebuilt          yes" in output
    assert "vintage 2023-12-17 is older than 2024-09-12" in output


def test_explanation_as_json(made_home: Path, release: Path) -> None:
    ran = run_payung(made_home, "explain", "ASP_COV_UEMP", "ASEAN", "2020", "--json", "--release", release.name)
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert found["release"] == release.name
    assert found["kind"] == "group"
    assert list(found["cell"]["breakdowns"]) == list(BREAKDOWNS)
    assert round(found["group"]["obs_value"], 2) == 12.56
    assert {m["ref_area"] for m in found["group"]["members"]} >= {"IDN", "VNM", "TLS"}
    assert found["group"]["members"][0]["values"][0]["vintage_date"] == "2024-09-12"


def test_explanation_of_a_change_names_its_members_and_unit(made_home: Path) -> None:
    # 2.78 in the baseline year and 2.80 in the latest year, but a decrease: Lao PDR has a value in one of them only
    output = " ".join(run_payung(made_home, "explain", "ASP_LAB_UNE", "ASEAN", "latest").stdout.split())
    assert_reports(
        output, found=("baseline 2.784205 (2016)", "latest 2.796804 (2023)", "change -0.041281 (percentage points)")
    )
    members = output.partition("change -0.041281 (percentage points)")[2].partition("(")[2].partition(")")[0]
    assert "Lao PDR" not in members
    assert "Indonesia" in members
    women = run_payung(made_home, "explain", "ASP_COV_PENSN", "PHL", "latest", "--sex", "F").stdout
    assert women.rstrip("\n").count("change           31.7 (percentage points)\n") == 1
    births = run_payung(made_home, "explain", "ASP_HLT_MMR", "IDN", "latest").stdout
    assert re.search(r"change +-[0-9.]+ \(Per 100,000 live births\)\n", births)


def test_unknown_indicator_is_reported_with_similar_codes(made_home: Path) -> None:
    ran = run_payung(made_home, "explain", "ASP_COV_PENSION", "PHL", "2021")
    assert ran.returncode == 2
    assert ran.stdout == ""
    assert ran.stderr.startswith("payung: ")
    assert_reports(ran.stderr, found="no indicator 'ASP_COV_PENSION'", expected="ASP_COV_PENSN (")
    assert "Traceback" not in ran.stderr


def test_explain_has_an_option_for_every_breakdown(tmp_path: Path) -> None:
    help_text = run_payung(tmp_path / "home", "explain", "--help").stdout
    for breakdown in BREAKDOWNS:
        assert f"--{breakdown.replace('_', '-')}" in help_text
    assert "--quantile" in help_text
    assert "PHL 2021 --sex F" in help_text

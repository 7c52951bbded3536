"""The lineage of every number leads to the files of the snapshot, in SQL and in payung explain.

Files are read here without code of Payung: with json, csv and gzip. Rows are counted as in sources/parsing.py (JSON: items
of the row list from 1; CSV: records with the header as row 1).
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import random
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from messages import assert_reports

from indicator_defs.breakdowns import BREAKDOWNS
from pipelines.cli.output.explain_text import explanation_text
from warehouse.explain.explanation import ExplanationError, ExplanationRequest, explain, explain_all
from warehouse.explain.explanation_parts import Explanation
from warehouse.query.read_only import query

SEED, ROWS = 20161124, 1000
VALUE_COLUMN = {"ilostat": "OBS_VALUE", "national": "obs_value"}


@lru_cache(maxsize=64)
def _file(path: Path) -> tuple[str, Any]:
    """(sha256, rows) of a file of a snapshot."""
    body = path.read_bytes()
    text = (gzip.decompress(body) if path.suffix == ".gz" else body).decode("utf-8-sig")
    sha256 = hashlib.sha256(body).hexdigest()
    if ".json" in path.name:
        read = json.loads(text, parse_float=str, parse_int=str)
        return sha256, read["data"] if isinstance(read, dict) else read[1]
    return sha256, list(csv.reader(io.StringIO(text)))


def _row_in_file(home: Path, row: dict[str, Any]) -> tuple[str, str | None, str]:
    """(sha256, value text, area code) of a row of `value_lineage`, read from the stored file."""
    sha256, rows = _file(home / "snapshots" / row["snapshot_id"] / row["file"])
    number = int(row["snapshot_row"].rsplit(":", 1)[1])
    if row["source"] in VALUE_COLUMN:
        record = dict(zip(rows[0], rows[number - 1], strict=True))
        return sha256, record[VALUE_COLUMN[row["source"]]], record.get("REF_AREA") or record["ref_area"]
    record = rows[number - 1]
    if row["source"] == "unsd_sdg":
        return sha256, record["value"], record["geoAreaCode"]
    return sha256, record["value"], record["countryiso3code"] or record["country"]["id"]


@pytest.fixture(scope="module")
def sample(rows_of: Any) -> list[dict[str, Any]]:
    """A thousand rows of `value_lineage`, drawn from all chosen values at random with a fixed seed."""
    ids = [row["id"] for row in rows_of("SELECT observation_id AS id FROM indicator_set.value ORDER BY observation_id")]
    drawn = random.Random(SEED).sample(ids, ROWS)
    rows: list[dict[str, Any]] = rows_of(
        "SELECT * FROM value_lineage WHERE observation_id IN (SELECT unnest(?))", drawn
    )
    assert len(rows) == ROWS
    return sorted(rows, key=lambda row: str(row["observation_id"]))


def test_every_chosen_value_has_one_lineage_with_its_published_text(rows_of: Any) -> None:
    (found,) = rows_of(
        "SELECT count(*) AS n, count(DISTINCT observation_id) AS n_values, "
        "count(*) FILTER (WHERE value_as_published IS DISTINCT FROM value_text) AS other_text, "
        "count(*) FILTER (WHERE period_as_published <> CAST(time_period AS VARCHAR)) AS other_year, "
        "count(*) FILTER (WHERE NOT regexp_full_match(sha256, '[0-9a-f]{64}')) AS no_sha256, "
        "count(*) FILTER (WHERE concat(address, producer) = '' OR definition IS NULL OR choice_reason IS NULL) AS bare "
        "FROM value_lineage"
    )
    (values,) = rows_of("SELECT count(*) AS n FROM indicator_set.value")
    assert found == {
        "n": values["n"],
        "n_values": values["n"],
        "other_text": 0,
        "other_year": 0,
        "no_sha256": 0,
        "bare": 0,
    }


def test_thousand_chosen_values_are_in_the_files(sample: list[dict[str, Any]], made_home: Path) -> None:
    wrong = []
    for row in sample:
        sha256, text, area = _row_in_file(made_home, row)
        if (sha256, text, area) != (row["sha256"], row["value_text"], row["area_as_published"]):
            wrong.append((row["snapshot_id"], row["snapshot_row"], row["value_text"], text))
    assert wrong == []
    assert len({row["source"] for row in sample}) >= 3


def test_crosswalk_lines_are_the_lines_of_the_files(sample: list[dict[str, Any]]) -> None:
    root = Path(__file__).parents[2]
    lines = {
        (code.split(" -> ")[0].rsplit(" ", 1)[1], code.split(" -> ")[1], place)
        for row in sample
        for part in row["crosswalk_lines"].split("); ")
        for code, place in [part.rstrip(")").rsplit(" (", 1)]
    }
    assert len(lines) > 30
    for code, target, place in sorted(lines):
        file, number = place.rsplit(":", 1)
        if number == "1":  # a blank where our own code list is used: the place is the list, not one of its lines
            assert (code, target) == ("(blank)", "(not stated)")
            continue
        cells = next(csv.reader([(root / file).read_text(encoding="utf-8").splitlines()[int(number) - 1]]))
        assert ("" if code == "(blank)" else code) in cells, place
        assert ("" if target == "(not stated)" else target) in cells, place


def test_crosswalk_line_of_the_area_gives_the_area(sample: list[dict[str, Any]]) -> None:
    for row in sample:
        (line,) = [part for part in row["crosswalk_lines"].split("; ") if part.startswith("area ")]
        assert line.split(" (")[0] == f"area {row['area_as_published']} -> {row['ref_area']}"


def test_lineage_of_every_regional_figure_leads_to_rows_with_its_texts(rows_of: Any) -> None:
    (found,) = rows_of(
        "SELECT count(*) FILTER (WHERE m.n IS NULL) AS without, "
        "count(*) FILTER (WHERE m.n < a.n_areas) AS too_few, count(*) FILTER (WHERE m.wrong > 0) AS other_text, "
        "count(*) FILTER (WHERE m.no_row > 0) AS no_row, count(*) AS n "
        "FROM indicator_set.aggregate AS a LEFT JOIN ("
        "SELECT indicator, area_group, reference_year, cell, count(DISTINCT ref_area) AS n, "
        "count(*) FILTER (WHERE value_as_published IS DISTINCT FROM value_text) AS wrong, "
        "count(*) FILTER (WHERE snapshot_row IS NULL OR length(sha256) <> 64) AS no_row "
        "FROM aggregate_lineage GROUP BY ALL) AS m "
        "ON m.indicator = a.indicator AND m.area_group = a.ref_area AND m.reference_year = a.time_period "
        "AND m.cell = a.cell"
    )
    assert found.pop("n") > 10_000
    assert set(found.values()) == {0}, found
    (members,) = rows_of(
        "SELECT (SELECT count(*) FROM indicator_set.aggregate_member) AS members, "
        "(SELECT count(DISTINCT (indicator, area_group, reference_year, cell, ref_area)) FROM aggregate_lineage) AS reached"
    )
    assert members["members"] == members["reached"]


def test_contributions_add_up_and_averaged_years_give_the_mean(rows_of: Any) -> None:
    sums = rows_of(
        "SELECT indicator, area_group, reference_year, cell, sum(contribution) AS total, any_value(group_value) AS figure "
        "FROM (SELECT DISTINCT indicator, area_group, reference_year, cell, ref_area, contribution, group_value "
        "FROM aggregate_lineage WHERE contribution IS NOT NULL) GROUP BY ALL"
    )
    assert len(sums) > 4000
    assert [s for s in sums if s["total"] != pytest.approx(s["figure"], rel=1e-9, abs=1e-9)] == []
    means = rows_of(
        "SELECT indicator, ref_area, any_value(value_low) AS value, any_value(values_averaged) AS n, "
        "avg(CAST(value_as_published AS DOUBLE)) AS mean, count(DISTINCT time_period) AS years "
        "FROM aggregate_lineage WHERE values_averaged > 1 GROUP BY indicator, ref_area, area_group, cell"
    )
    assert means
    for found in means:
        assert found["value"] == pytest.approx(found["mean"])
        assert found["n"] == found["years"]
    (withheld,) = rows_of(
        "SELECT count(contribution) AS n FROM aggregate_lineage WHERE publication_class = 'C' OR method LIKE 'median%'"
    )
    assert withheld["n"] == 0, "withheld figures and medians have no contributions"


def test_every_value_of_the_baseline_has_its_lineage(rows_of: Any) -> None:
    for end in ("baseline", "latest"):
        without_lineage = rows_of(
            f"SELECT b.indicator, b.ref_area, b.cell FROM baseline.value AS b "
            f"LEFT JOIN value_lineage AS w ON w.observation_id = b.{end}_observation_id AND w.time_period = b.{end}_year "
            f"LEFT JOIN indicator_set.aggregate AS a ON a.indicator = b.indicator AND a.ref_area = b.ref_area "
            f"AND a.cell = b.cell AND a.time_period = b.{end}_year AND a.obs_value = b.{end}_value "
            f"LEFT JOIN (SELECT DISTINCT indicator, ref_area, cell, reference_year FROM aggregate_lineage) AS m "
            f"ON m.indicator = b.indicator AND m.ref_area = b.ref_area AND m.cell = b.cell "
            f"AND m.reference_year = b.{end}_year AND b.area_type = 'country' AND b.{end}_observation_id IS NULL "
            f"WHERE b.{end}_value IS NOT NULL AND w.observation_id IS NULL AND a.indicator IS NULL AND m.indicator IS NULL"
        )
        assert without_lineage == []


# -- payung explain ---------------------------------------------------------------------------------------------------


def _request(row: dict[str, Any], year: str = "time_period") -> ExplanationRequest:
    return ExplanationRequest(row["indicator"], row["ref_area"], str(row[year]), {b: row[b] for b in BREAKDOWNS})


@pytest.fixture(scope="module")
def explained(sample: list[dict[str, Any]], release: Path) -> list[tuple[dict[str, Any], Explanation]]:
    """Some rows of the sample, each with its explanation."""
    rows = sample[:12]
    return list(zip(rows, explain_all(release, [_request(row) for row in rows]), strict=True))


def test_explanation_agrees_with_the_view(explained: list[tuple[dict[str, Any], Explanation]]) -> None:
    for row, found in explained:
        assert found.kind == "value"
        assert found.value is not None
        (origin,) = found.origins
        assert found.value.value_text == row["value_text"] == origin.row.get("obs_value")
        assert found.value.obs_status == row["obs_status"]
        for name in (
            "observation_id",
            "sha256",
            "file",
            "snapshot_id",
            "snapshot_row",
            "address",
            "definition",
            "feed",
        ):
            assert getattr(origin, name) == row[name], name
        assert [t.place for t in origin.translations] == [
            p.split(")")[0] for p in row["crosswalk_lines"].split(" (")[1:] if not p.startswith(("not stated", "blank"))
        ]
        assert found.cell.key == row["cell"]
        assert found.cell.breakdown_family == row["breakdown_family"]
        assert [f.reason for f in found.feeds if f.feed == row["feed"]] == [row["choice_reason"]]
        assert [c.observation_id for c in found.candidates if c.is_used and c.time_period == row["time_period"]] == [
            row["observation_id"]
        ]
        assert row["observation_id"] in {v.observation_id for v in found.vintages}


def test_breakdowns_of_a_value_come_from_its_codes_or_are_fixed(
    explained: list[tuple[dict[str, Any], Explanation]],
) -> None:
    for row, found in explained:
        (origin,) = found.origins
        given = {t.concept: t.target for t in origin.translations} | {f.concept: f.target for f in origin.fixed}
        assert {b: given.get(b, "_T") for b in BREAKDOWNS} == {b: row[b] for b in BREAKDOWNS}


def test_pensions_of_women_in_the_philippines(release: Path) -> None:
    # UN SDG database of 2023-12-17, SI_COV_PENSN, FEMALE, 2020: 12. The feed in use is the WSPR 2024-26 of the ILO, which
    # is newer and owns the data; it has 44.4 (2019) and 60.7 (2021), but no value for 2020.
    found = explain(release, ExplanationRequest("ASP_COV_PENSN", "PHL", "2020", {"sex": "F"}))
    assert found.kind == "gap"
    assert found.gap is not None
    assert_reports(
        found.gap.reason,
        found=("not used", "12 (unsd_sdg/sdg/SI_COV_PENSN)"),
        expected=("2023-12-17", "older than 2024-09-12"),
    )
    assert {(n.time_period, n.value_text) for n in found.gap.years} >= {(2019, "44.4"), (2021, "60.7")}
    (origin,) = found.origins
    assert origin.row["obs_value"] == "12"
    assert origin.row["sex"] == "FEMALE"
    assert origin.row["ref_area"] == "608"
    assert [(t.code, t.target) for t in origin.translations if t.concept == "sex"] == [("FEMALE", "F")]
    assert [(r.revision_class, r.text_to, str(r.vintage_to)) for r in found.revisions] == [("new", "12", "2022-12-25")]
    assert [v.value_text for v in found.vintages] == ["12", "12"]

    used = explain(release, ExplanationRequest("asp_cov_pensn", "phl", "latest", {"sex": "F"}))
    assert used.value is not None
    assert (used.cell.time_period, used.value.value_text) == (2021, "60.7")
    assert [(f.feed.split("/")[0], f.is_chosen) for f in used.feeds] == [("ilostat", True), ("unsd_sdg", False)]


def test_unemployment_cover_of_asean(release: Path) -> None:
    # 12.56 (design of the methods: 12.6), from the values of the ILO; Indonesia, with 0, has 60 % of the weight
    found = explain(release, ExplanationRequest("ASP_COV_UEMP", "ASEAN", "2020"))
    assert found.kind == "group"
    group = found.group
    assert group is not None
    assert group.obs_value == pytest.approx(12.56, abs=0.005)
    assert group.publication_class == "A"
    assert len(group.members) == 11
    assert group.absent == []
    assert sum(m.contribution or 0 for m in group.members) == pytest.approx(group.obs_value)
    by_area = {m.ref_area: m for m in group.members}
    assert [v.value_text for v in by_area["VNM"].values] == ["66.6"]
    assert by_area["IDN"].weight_share == pytest.approx(0.60, abs=0.005)
    assert by_area["IDN"].contribution == 0
    assert group.weight is not None
    assert group.weight.weight == "UNEMPLOYED"
    assert {w.series for w in group.weight.made_of} >= {"SL.TLF.TOTL.IN", "SL.UEM.TOTL.ZS"}
    assert all(v.snapshot_row and v.sha256 for m in group.members for v in m.values)


WEIGHTS = {
    # computed here from the rows alone, see docs/methods.md, Weights
    "POP_TOTAL": ("ASP_POV_NAT", {}, lambda of: of["TPopulation1July"] * 1000),
    "BIRTHS": ("ASP_COV_MATNL", {}, lambda of: of["Births"] * 1000),
    "UNEMPLOYED": ("ASP_COV_UEMP", {}, lambda of: of["SL.TLF.TOTL.IN"] * of["SL.UEM.TOTL.ZS"] / 100),
    "UNEMPLOYED M": (
        "ASP_COV_UEMP",
        {"sex": "M"},
        lambda of: of["SL.TLF.TOTL.IN"] * (1 - of["SL.TLF.TOTL.FE.ZS"] / 100) * of["SL.UEM.TOTL.MA.ZS"] / 100,
    ),
    "EMPLOYED": ("ASP_COV_INJ", {}, lambda of: of["SL.TLF.TOTL.IN"] * (1 - of["SL.UEM.TOTL.ZS"] / 100)),
}


@pytest.mark.parametrize("name", WEIGHTS)
def test_weight_can_be_recomputed_from_the_rows_shown(name: str, release: Path) -> None:
    indicator, breakdowns, formula = WEIGHTS[name]
    group = explain(release, ExplanationRequest(indicator, "ASEAN", "2020", breakdowns)).group
    assert group is not None
    assert group.weight is not None
    assert group.weight.weight == name.split()[0]
    for member in group.members:
        texts = {r.series: float(r.value_text or "nan") for r in group.weight.rows if r.ref_area == member.ref_area}
        assert set(texts) == {w.series for w in group.weight.made_of}
        assert member.weight_value == pytest.approx(formula(texts), abs=0.001)


def test_withheld_figure_has_its_reason_and_the_reporting_members(release: Path) -> None:
    found = explain(release, ExplanationRequest("ASP_COV_UEMP", "ASEAN", "2020", {"sex": "F"}))
    assert found.kind == "withheld"
    assert found.group is not None
    assert (found.group.publication_class, found.group.obs_status, found.group.obs_value) == ("C", "Q", None)
    assert "differs from the total" in (found.group.class_reason or "")
    assert "VNM 2016" in (found.group.areas or "")
    assert {a.ref_area for a in found.group.absent} == {"LAO", "MYS", "THA"}
    assert all(m.contribution is None for m in found.group.members)


def test_correction_that_excludes_a_value_is_reported(release: Path) -> None:
    # UN 2023-12-17: 70.1 for 2020, a hundred times the only other figure of the country; the ILO has withdrawn it
    found = explain(release, ExplanationRequest("ASP_COV_DISAB", "KHM", "2020"))
    assert found.kind == "gap"
    assert [(c.action, c.found_text, c.applied) for c in found.corrections] == [("exclude_from_use", "70.1", True)]
    assert found.gap is not None
    assert_reports(found.gap.reason, found="by a correction")
    marked = explain(release, ExplanationRequest("ASP_HLT_ADOL", "LAO", "2015"))
    assert marked.value is not None
    assert marked.value.obs_status == "U"
    assert marked.value.status_changed_by == "correction: mark_unreliable"


def test_withdrawn_value_is_reported_with_its_vintage(rows_of: Any, release: Path) -> None:
    (row,) = rows_of(
        "SELECT r.* FROM lineage.revision AS r WHERE r.revision_class = 'withdrawn' AND r.text_from = '6.8' "
        "AND r.indicator = 'ASP_COV_DISAB' AND r.ref_area = 'KHM'"
    )
    found = explain(release, _request(row))
    assert found.gap is not None
    assert_reports(found.gap.reason, place=("unsd_sdg/sdg/SI_COV_DISAB", "2020-12-27"), found=("withdrawn", "6.8"))
    assert "6.8" in {v.value_text for v in found.vintages}


def test_gap_has_the_reason_of_quality_availability(rows_of: Any, release: Path) -> None:
    rows = rows_of(
        "SELECT indicator, ref_area, reason FROM quality.availability WHERE breakdown = 'headline' "
        "AND availability IN ('declared', 'no_value') ORDER BY hash(indicator || ref_area) LIMIT 6"
    )
    for row, found in zip(
        rows,
        explain_all(release, [ExplanationRequest(r["indicator"], r["ref_area"], "2020") for r in rows]),
        strict=True,
    ):
        assert found.kind == "gap"
        assert found.gap is not None
        assert found.gap.reason == row["reason"]
        assert found.gap.filled_by


def test_baseline_of_event_counts_lists_the_years_of_its_mean(release: Path) -> None:
    found = explain(release, ExplanationRequest("ASP_DIS_AFF", "IDN", "baseline"))
    assert found.baseline is not None
    assert [s.time_period for s in found.baseline.averaged] == [2014, 2015, 2016, 2017, 2018]
    mean = sum(float(s.value_text) for s in found.baseline.averaged) / 5
    assert found.baseline.baseline_value == pytest.approx(mean)
    group = explain(release, ExplanationRequest("ASP_DIS_AFF", "ASEAN", "baseline")).group
    assert group is not None
    assert {m.ref_area: len(m.values) for m in group.members}["IDN"] == 5


@pytest.mark.parametrize(
    ("indicator", "area", "word"),
    [
        ("ASP_DIS_AFF", "IDN", "latest"),
        ("ASP_FIN_GOV", "IDN", "latest"),
        ("ASP_FIN_GOV", "IDN", "baseline"),
        ("ASP_FIN_GOV", "ASEAN", "latest"),
    ],
)
def test_baseline_or_latest_year_without_a_value_is_a_gap_with_its_reason(
    release: Path, indicator: str, area: str, word: str
) -> None:
    found = explain(release, ExplanationRequest(indicator, area, word))
    assert found.kind == "gap"
    assert found.gap is not None
    assert found.gap.reason
    assert found.cell.time_period == {"baseline": 2016, "latest": 2023}[word]


def test_footnote_of_the_baseline_of_event_counts_lists_the_years_of_its_mean(rows_of: Any) -> None:
    rows = rows_of(
        "SELECT b.*, s.years FROM baseline.value AS b JOIN reference.indicator AS i ON i.indicator = b.indicator "
        "JOIN reference.method AS m ON m.method = i.method AND m.event_count "
        "LEFT JOIN (SELECT indicator, ref_area, cell, list(time_period ORDER BY time_period) AS years "
        "FROM indicator_set.value WHERE time_period BETWEEN 2014 AND 2018 AND obs_value IS NOT NULL GROUP BY ALL) AS s "
        "ON s.indicator = b.indicator AND s.ref_area = b.ref_area AND s.cell = b.cell WHERE b.baseline_year IS NOT NULL"
    )
    assert {r["area_type"] for r in rows} == {"country", "group"}
    for r in rows:
        if r["area_type"] == "group":
            assert "Mean of the members' event counts" in r["baseline_footnote"]
        elif len(r["years"]) == 1:
            assert r["baseline_sentence_code"] == "events_of_one_year"
            assert_reports(r["baseline_footnote"], found=f"count of {r['years'][0]}", place="2014 to 2018")
        else:
            assert r["baseline_sentence_code"] == "events_of_several_years"
            assert_reports(r["baseline_footnote"], found=("mean of the counts", *map(str, r["years"])))


@pytest.mark.parametrize("year", [2012, 2016, 2023])
def test_reason_of_an_absent_member_agrees_with_its_values(rows_of: Any, release: Path, year: int) -> None:
    figures = rows_of(
        f"SELECT a.*, i.headline_sex, CASE WHEN {year} = 2016 THEN 2014 ELSE {year} - i.lookback_years END AS first_year "
        "FROM indicator_set.aggregate AS a JOIN reference.indicator AS i ON i.indicator = a.indicator "
        f"WHERE a.ref_area = 'ASEAN' AND a.time_period = {year} ORDER BY hash(a.indicator || a.cell) LIMIT 30"
    )
    last = 2018 if year == 2016 else year
    years: dict[tuple[str, ...], set[int]] = {}
    for v in rows_of(
        f"SELECT indicator, ref_area, cell, time_period FROM indicator_set.value WHERE time_period <= {last}"
    ):
        years.setdefault((v["indicator"], v["cell"], v["ref_area"]), set()).add(v["time_period"])
    absent_members = 0
    for figure, found in zip(figures, explain_all(release, [_request(f) for f in figures]), strict=True):
        group = found.group
        assert group is not None
        for absent in group.absent:
            years_with_value = years.get((figure["indicator"], figure["cell"], absent.ref_area), set())
            in_window = {y for y in years_with_value if y >= figure["first_year"]}
            if not years_with_value:
                assert absent.reason.startswith("no value for this breakdown"), (figure, absent)
            elif not in_window and year == 2016:
                assert_reports(absent.reason, found="no value", place="2014 to 2018")
            elif in_window:
                assert "baseline period" not in absent.reason
                assert "older than the window" not in absent.reason
            absent_members += 1
    assert absent_members > 25


def test_explanation_of_the_baseline_of_event_counts_begins_with_the_mean(release: Path) -> None:
    text = explanation_text(explain(release, ExplanationRequest("ASP_DIS_DEAD", "IDN", "baseline")))
    assert text.index("values           baseline 1,330 ") < text.index("Value of 2016 alone  578 ")
    alone = explanation_text(explain(release, ExplanationRequest("ASP_DIS_DEAD", "IDN", "2016")))
    assert alone.index("\nValue  578 ") < alone.index("baseline 1,330 ")


def test_regional_figure_reports_declared_breaks_of_its_members(release: Path) -> None:
    group = explain(release, ExplanationRequest("ASP_DIS_DEAD", "ASEAN", "2021")).group
    assert group is not None
    assert {(b.ref_area, b.break_year) for b in group.breaks} >= {("IDN", 2020), ("PHL", 2020)}
    assert all(b.why and b.place.startswith("indicator_defs/breaks/known.yaml:") for b in group.breaks)
    before = explain(release, ExplanationRequest("ASP_DIS_DEAD", "ASEAN", "2019")).group
    assert before is not None
    assert before.breaks == []


def test_published_figure_of_a_region_enters_no_regional_figure(release: Path) -> None:
    text = explanation_text(explain(release, ExplanationRequest("ASP_COV_PENSN", "SEA", "2020")))
    assert_reports(text, found="Member States only")


def test_regional_figure_that_is_not_computed_has_a_reason(release: Path) -> None:
    requests = [
        ExplanationRequest("ASP_COV_PENSN", "ASEAN", "1990"),
        ExplanationRequest("ASP_FIN_GDP", "ASEAN", "2020"),
    ]
    early, declared = explain_all(release, requests)
    assert early.gap is not None
    assert_reports(early.gap.reason, expected="Regional figures")
    assert declared.gap is not None
    assert declared.gap.reason.startswith("No values yet: ")


@pytest.mark.parametrize(
    ("request_with_unknown_code", "found", "expected"),
    [
        (ExplanationRequest("ASP_COV_PENSON", "PHL", "2020"), "'ASP_COV_PENSON'", "ASP_COV_PENSN ("),
        (ExplanationRequest("ASP_COV_PENSN", "Philipines", "2020"), "'Philipines'", "PHL (Philippines)"),
        (ExplanationRequest("ASP_COV_PENSN", "PHL", "2020", {"sex": "femal"}), ("sex", "'femal'"), "F ("),
        (ExplanationRequest("ASP_COV_PENSN", "PHL", "20"), "20", "four digits"),
    ],
)
def test_unknown_code_is_reported_with_similar_codes(
    request_with_unknown_code: ExplanationRequest, found: str | tuple[str, ...], expected: str, release: Path
) -> None:
    with pytest.raises(ExplanationError) as error:
        explain(release, request_with_unknown_code)
    assert_reports(str(error.value), found=found, expected=expected)


def test_queries_of_the_page_run(release: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "explain.md").read_text(encoding="utf-8")
    queries = [part.split("```")[0] for part in page.split("```sql\n")[1:]]
    assert len(queries) >= 3
    for text in queries:
        assert len(query(release, text)) > 0


def test_no_gap_of_a_member_with_values_has_the_reason_that_no_source_publishes(rows_of: Any) -> None:
    """Recomputed from the values: no reason such as no_source for a member with any value of the indicator."""
    assert (
        rows_of(
            "SELECT q.indicator, q.ref_area FROM quality.availability AS q WHERE q.breakdown = 'headline' "
            "AND q.reason_code IN ('no_source', 'national_submission', 'not_gathered') "
            "AND (q.indicator, q.ref_area) IN (SELECT (indicator, ref_area) FROM indicator_set.value)"
        )
        == []
    )
    rows = rows_of(
        "SELECT indicator, ref_area FROM quality.availability WHERE reason_code = 'other_cells' AND n_values > 0"
    )
    assert rows == []


def test_gap_at_the_latest_year_shows_the_nearest_other_breakdowns(release: Path) -> None:
    gap = explain(release, ExplanationRequest("ASP_CHD_BRTH", "SGP", "latest")).gap
    assert gap is not None
    (near,) = gap.breakdowns
    assert (near.time_period, near.breakdowns, near.value_text) == (2021, {"age": "Y0"}, "99.9")

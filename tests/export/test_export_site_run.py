"""The site after publishing, as runs of the UI and of the schedules make it, and the small rules behind its pages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest

from assets.site import CHECK, SITE
from assets.site import site as site_asset
from assets.workplace import Workplace
from pipelines.definitions import build_defs
from pipelines.run_events import site_problem
from pipelines.sensors import notify_of_run
from warehouse.export.site import indicator_chart, shown_release, value_texts
from warehouse.release.release_folders import read_manifest


@pytest.fixture
def home(small_release: Path, tmp_path: Path) -> Path:
    """A home whose current release is the small one, under its own ID."""
    release = tmp_path / "home" / "releases" / str(read_manifest(small_release)["release"])
    shutil.copytree(small_release, release)
    (tmp_path / "home" / "current").symlink_to(release)
    return tmp_path / "home"


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def run(home: Path, instance: dg.DagsterInstance) -> tuple[Any, bool]:
    """Makes the asset alone; what it materialised, and whether its check passed."""
    result = dg.materialize([site_asset], instance=instance, resources={"workplace": Workplace(home=str(home))})
    assert result.success
    (check,) = result.get_asset_check_evaluations()
    assert (check.asset_key, check.check_name) == (SITE, CHECK)
    return result.asset_materializations_for_node("release__site"), check.passed


def test_a_run_makes_the_site_whole_and_once(
    home: Path, site: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = home / "site"
    to.mkdir()
    (to / "release.txt").write_text("2020.01.01-1\n", encoding="utf-8")
    (to / "old.html").write_text("of an old release", encoding="utf-8")
    made, passed = run(home, instance)
    assert passed
    assert made[0].metadata["first page"].value == str(to / "index.html")
    assert made[0].metadata["release"].value == shown_release(to)
    files = {p.relative_to(to): p.read_bytes() for p in to.rglob("*") if p.is_file()}
    assert files == {p.relative_to(site): p.read_bytes() for p in site.rglob("*") if p.is_file()}, "as by the export"
    assert not [p.name for p in home.iterdir() if p.name.startswith(".site")]
    monkeypatch.setattr("assets.site.export", lambda *_: pytest.fail("made again"))
    assert run(home, instance)[1]


def test_a_site_that_cannot_be_made_warns_and_the_release_stands(home: Path, instance: dg.DagsterInstance) -> None:
    (home / "site").mkdir()
    (home / "site" / "own.html").write_text("mine", encoding="utf-8")
    made, passed = run(home, instance)
    assert (list(made), passed) == ([], False)
    assert shown_release(home / "site") is None


def test_a_site_that_cannot_be_made_is_told_to_those_who_get_notices(
    home: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAYUNG_HOME", str(home))
    (home / "site").mkdir()
    (home / "site" / "own.html").write_text("mine", encoding="utf-8")
    result = dg.materialize([site_asset], instance=instance, resources={"workplace": Workplace(home=str(home))})
    event = next(e for e in result.all_events if e.event_type is dg.DagsterEventType.RUN_SUCCESS)
    notify_of_run(dg.build_run_status_sensor_context("tell_of_run", event, instance, result.dagster_run))
    told = (home / "log" / "notices.log").read_text(encoding="utf-8")
    assert told.splitlines()[0].endswith("  site_not_made  The release is published, its static site could not be made")
    problem = site_problem(instance, result.run_id)
    assert problem is not None
    assert "its site could not be made: " in problem
    assert f"  {problem.splitlines()[0]}\n" in told
    assert "payung export --only site" in told
    shutil.rmtree(home / "site")
    made = dg.materialize([site_asset], instance=instance, resources={"workplace": Workplace(home=str(home))})
    assert site_problem(instance, made.run_id) is None


def test_every_job_that_publishes_makes_the_site_after_the_release() -> None:
    defs = build_defs(Path("home"))
    graph = defs.resolve_asset_graph()
    assert graph.get(SITE).parent_keys == {dg.AssetKey(["release", "warehouse"])}
    publishing = [j for j in defs.resolve_all_job_defs() if "release__warehouse" in {n.name for n in j.nodes}]
    assert len(publishing) > 4
    assert all("release__site" in {n.name for n in j.nodes} for j in publishing)


def value(year: int, number: float | None, **given: Any) -> Any:
    usual = {
        "feed": "a", "provider_series": "s", "role": "chosen", "break_before": None, "in_aggregates": True,
        "value_text": None, "upper_bound": None, "lower_bound": None,
    }  # fmt: skip
    return SimpleNamespace(**{**usual, "time_period": year, "obs_value": number, **given})


@pytest.mark.parametrize(
    "after",
    [
        value(2016, 5.0, feed="b"),
        value(2016, 5.0, provider_series="t"),
        value(2016, 5.0, role="extended backwards"),
        value(2016, 5.0, break_before="step"),
        value(2016, 5.0, in_aggregates=False),
        value(2016, None, value_text="<0.5", upper_bound=0.5),
        value(2021, 5.0),
    ],
)
def test_values_that_do_not_belong_together_are_not_joined(after: Any) -> None:
    assert indicator_chart.joined(value(2015, 4.0), value(2016, 5.0))
    assert not indicator_chart.joined(value(2015, 4.0), after)


def test_a_chart_has_one_scale_and_shows_a_bound_at_its_bound() -> None:
    bound = value(2012, None, value_text="<0.5", upper_bound=0.5)
    drawn = indicator_chart.draw(
        "T", "Per cent", [("A", [value(2010, 10.0), value(2011, 20.0)]), ("B", [bound]), ("C", [])], str
    )
    assert drawn is not None
    a, b, c = drawn.panels
    low, high = a.marks
    assert low.x < high.x, "later lies to the right"
    assert low.y > high.y, "more lies higher"
    assert (b.marks[0].kind, b.latest, b.marks[0].x > high.x) == ("bound", "<0.5 (2012)", True)
    assert (c.marks, c.latest) == ([], "no value")
    assert "No value: C" in drawn.description
    assert indicator_chart.draw("T", "Per cent", [("A", [])], str) is None


def test_labels_of_the_scale_have_room_before_it() -> None:
    def left(height: float) -> int:
        drawn = indicator_chart.draw("T", "Number", [("A", [value(2010, height), value(2011, height / 2)])], str)
        assert drawn is not None
        assert all(m.x >= drawn.left for p in drawn.panels for m in p.marks)
        return drawn.left

    assert left(100.0) == indicator_chart.LEFT
    assert left(144548.0) >= 6 * 6 + 3 + 4, "six digits and a comma"
    assert left(20e6) > left(144548.0)


@pytest.mark.parametrize(("low", "high"), [(0, 100), (0, 0.037), (-12.5, 30), (0, 8_312_456), (0, 0)])
def test_ticks_are_few_and_hold_all_values(low: float, high: float) -> None:
    ticks = indicator_chart.nice_ticks(low, high)
    assert 2 <= len(ticks) <= 6
    assert ticks[0] <= low
    assert ticks[-1] >= high


@pytest.mark.parametrize(
    ("number", "decimals", "text"),
    [
        (12.345, 1, "12.3"),
        (0.004, 1, "0.004"),
        (0.0, 1, "0.0"),
        (-0.00041, 2, "\N{MINUS SIGN}0.00041"),
        (0.0000098, 1, "0.0000098"),  # no power of ten
        (1234567.0, 0, "1,234,567"),
        (-3.25, 1, "\N{MINUS SIGN}3.3"),
    ],
)
def test_only_zero_reads_zero(number: float, decimals: int, text: str) -> None:
    assert value_texts.rounded(number, decimals) == text
    assert f'value="{number!r}"' in value_texts.number(number, decimals)

"""The site that runs of the UI and of schedules make after publishing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from messages import assert_reports

from assets.site import SITE, SITE_CHECK
from assets.site import site as site_asset
from assets.workplace import Workplace
from pipelines.definitions import build_defs
from pipelines.run_events import site_problem
from pipelines.sensors import notify_of_run
from warehouse.export import export
from warehouse.export.site import shown_release
from warehouse.release.release_folders import read_manifest


@pytest.fixture
def home(small_release: Path, tmp_path: Path) -> Path:
    """A home whose current release is the small one, under its own ID."""
    release = tmp_path / "home" / "releases" / str(read_manifest(small_release)["release"])
    shutil.copytree(small_release, release)
    (tmp_path / "home" / "current").symlink_to(release)
    return tmp_path / "home"


@pytest.fixture(scope="module")
def site(small_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as `payung export` makes it."""
    return export(small_release, tmp_path_factory.mktemp("exported"), ["site"])[0].parent


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def run(home: Path, instance: dg.DagsterInstance) -> tuple[Any, bool]:
    """Materialises only the site; returns the materialisations and whether the check passed."""
    result = dg.materialize([site_asset], instance=instance, resources={"workplace": Workplace(home=str(home))})
    assert result.success
    (check,) = result.get_asset_check_evaluations()
    assert (check.asset_key, check.check_name) == (SITE, SITE_CHECK)
    return result.asset_materializations_for_node("release__site"), check.passed


def test_run_makes_the_complete_site_once(
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
    assert files == {p.relative_to(site): p.read_bytes() for p in site.rglob("*") if p.is_file()}, (
        "the same files as the export"
    )
    assert not [p.name for p in home.iterdir() if p.name.startswith(".site")]
    monkeypatch.setattr("assets.site.export", lambda *_: pytest.fail("made again"))
    assert run(home, instance)[1]


def test_site_that_cannot_be_made_is_a_warning(home: Path, instance: dg.DagsterInstance) -> None:
    (home / "site").mkdir()
    (home / "site" / "own.html").write_text("mine", encoding="utf-8")
    made, passed = run(home, instance)
    assert (list(made), passed) == ([], False)
    assert shown_release(home / "site") is None


def test_site_that_cannot_be_made_has_a_notice(
    home: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAYUNG_HOME", str(home))
    (home / "site").mkdir()
    (home / "site" / "own.html").write_text("mine", encoding="utf-8")
    result = dg.materialize([site_asset], instance=instance, resources={"workplace": Workplace(home=str(home))})
    event = next(e for e in result.all_events if e.event_type is dg.DagsterEventType.RUN_SUCCESS)
    notify_of_run(dg.build_run_status_sensor_context("notify_of_run", event, instance, result.dagster_run))
    log = (home / "log" / "notices.log").read_text(encoding="utf-8")
    assert "  site_not_made  " in log.splitlines()[0]
    problem = site_problem(instance, result.run_id)
    assert problem is not None
    assert_reports(problem, place=str(home / "site"), found="could not be made")
    assert f"  {problem.splitlines()[0]}\n" in log
    assert "payung export --only site" in log
    shutil.rmtree(home / "site")
    made = dg.materialize([site_asset], instance=instance, resources={"workplace": Workplace(home=str(home))})
    assert site_problem(instance, made.run_id) is None


def test_every_publishing_job_makes_the_site_after_the_release() -> None:
    defs = build_defs(Path("home"))
    graph = defs.resolve_asset_graph()
    assert graph.get(SITE).parent_keys == {dg.AssetKey(["release", "warehouse"])}
    publishing = [j for j in defs.resolve_all_job_defs() if "release__warehouse" in {n.name for n in j.nodes}]
    assert len(publishing) > 4
    assert all("release__site" in {n.name for n in j.nodes} for j in publishing)

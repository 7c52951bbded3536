"""A refresh that is killed at any moment: the current release remains complete, and the next refresh runs normally."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import duckdb
import pytest
from payung_command import COMMAND, run_payung

from indicator_defs.system import settings
from warehouse.release.release_folders import Releases, make_current
from warehouse.release.upkeep import verify

COUNT = "SELECT (SELECT count(*) FROM indicator_set.value), (SELECT release FROM main.release)"


def started(home: Path) -> subprocess.Popen[bytes]:
    """A running refresh, in a separate process group."""
    return subprocess.Popen(
        [COMMAND, "refresh", "--force"],
        env=settings.for_child(PAYUNG_HOME=str(home)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=home.parent,
        start_new_session=True,
    )


def killed_after(home: Path, seconds: float, whole_group: bool) -> bool:
    """Kills a refresh after some seconds; whether it was still running. `whole_group`: with its worker processes."""
    process = started(home)
    try:
        process.wait(seconds)
        return False
    except subprocess.TimeoutExpired:
        if whole_group:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.wait()
        return True


def assert_intact(home: Path, earlier_releases: set[str]) -> str:
    """Checks that all releases are complete and readable and that none is missing; returns the current ID."""
    releases = Releases(home)
    current = releases.current()
    assert current is not None
    for release_id in releases.ids():
        found = verify(releases, release_id)
        assert found.is_whole, found
    con = duckdb.connect(str(home / "current" / "warehouse.duckdb"), read_only=True)
    try:
        values, release_id = con.execute(COUNT).fetchall()[0]
    finally:
        con.close()
    assert release_id == current.name
    assert (
        values
        == duckdb.execute(f"SELECT count(*) FROM '{current}/parquet/indicator_set/value.parquet'").fetchall()[0][0]
    )
    visible = {p.name for p in releases.folder.iterdir() if not p.name.startswith(".")}
    assert visible - {"history.jsonl"} == set(releases.ids())
    assert earlier_releases <= visible, "an earlier release is missing"
    return current.name


def test_refresh_killed_at_three_moments_keeps_the_release(own_home: Path) -> None:
    before = assert_intact(own_home, set())
    chance = random.Random()  # other moments in each test run; the message of a failure has them
    for _ in range(3):
        seconds = chance.uniform(0.5, 3.0)
        alive = killed_after(own_home, seconds, whole_group=False)
        assert alive, f"a refresh was done within {seconds:.2f} s"
        assert assert_intact(own_home, {before}) == before, f"killed after {seconds:.2f} s"
    ran = run_payung(own_home, "refresh")
    assert ran.stdout.startswith(f"Nothing changed since release {before}"), ran.stderr


@pytest.mark.long
def test_refresh_killed_at_many_moments_then_succeeds(own_home: Path) -> None:
    began = time.monotonic()
    complete = run_payung(own_home, "refresh", "--force")
    assert complete.returncode == 0, complete.stderr
    duration = time.monotonic() - began
    seen = {assert_intact(own_home, set())}
    chance = random.Random()
    n_killed = 0
    for number in range(25):
        if number == 12:  # from here on the refresh also reads and checks the snapshots
            shutil.rmtree(own_home / "snapshots" / ".staged")
        # a third of them are killed near the end, when the release is written and becomes current
        late = number % 3 == 0
        seconds = chance.uniform(0.7 * duration if late else 0.3, 1.1 * duration)
        began = time.monotonic()
        if killed_after(own_home, seconds, whole_group=number % 2 == 0):
            n_killed += 1
        else:  # the machine was busy at first and is faster now
            duration = min(duration, time.monotonic() - began)
        seen.add(assert_intact(own_home, seen))
    assert n_killed >= 12, f"most refreshes had ended before (a refresh took {duration:.1f} s)"
    ran = run_payung(own_home, "refresh", "--force")
    assert ran.returncode == 0, ran.stderr
    assert_intact(own_home, seen)
    assert [p.name for p in (own_home / "releases").iterdir() if p.name.startswith(".")] == []
    assert list((own_home / "build").iterdir()) == []
    make_current(Releases(own_home), own_home / "releases" / min(seen))
    assert_intact(own_home, seen)

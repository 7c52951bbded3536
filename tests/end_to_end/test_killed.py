"""A refresh that is killed at any moment: the current release stays whole, and the next refresh needs no clearing up."""

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
    """A refresh under way, in a process group of its own."""
    return subprocess.Popen(
        [COMMAND, "refresh", "--force"],
        env=settings.for_child(PAYUNG_HOME=str(home)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=home.parent,
        start_new_session=True,
    )


def killed_after(home: Path, seconds: float, whole_group: bool) -> bool:
    """Kills a refresh after so many seconds; whether it was still at work. `whole_group`: its helpers too."""
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


def assert_whole(home: Path, known: set[str]) -> str:
    """The current release is whole, readable and its own; nothing half-written is visible. Returns its ID."""
    releases = Releases(home)
    current = releases.current()
    assert current is not None
    for release_id in releases.ids():
        found = verify(releases, release_id)
        assert found.is_whole, found
    con = duckdb.connect(str(home / "current" / "warehouse.duckdb"), read_only=True)
    try:
        values, named = con.execute(COUNT).fetchall()[0]
    finally:
        con.close()
    assert named == current.name
    assert (
        values
        == duckdb.execute(f"SELECT count(*) FROM '{current}/parquet/indicator_set/value.parquet'").fetchall()[0][0]
    )
    visible = {p.name for p in releases.folder.iterdir() if not p.name.startswith(".")}
    assert visible - {"history.jsonl"} == set(releases.ids())
    assert known <= visible, "nothing that stood is gone"
    return current.name


def test_refresh_killed_at_three_moments_leaves_the_release_whole(own_home: Path) -> None:
    before = assert_whole(own_home, set())
    chance = random.Random()  # other moments in every run; the message of a failure names them
    for _ in range(3):
        seconds = chance.uniform(0.5, 3.0)
        alive = killed_after(own_home, seconds, whole_group=False)
        assert alive, f"a refresh was done within {seconds:.2f} s"
        assert assert_whole(own_home, {before}) == before, f"killed after {seconds:.2f} s"
    ran = run_payung(own_home, "refresh")
    assert ran.stdout.startswith(f"Nothing changed since release {before}"), ran.stderr


@pytest.mark.long
def test_refresh_killed_at_many_moments_and_then_works(own_home: Path) -> None:
    began = time.monotonic()
    whole = run_payung(own_home, "refresh", "--force")
    assert whole.returncode == 0, whole.stderr
    takes = time.monotonic() - began
    seen = {assert_whole(own_home, set())}
    chance = random.Random()
    at_work = 0
    for number in range(25):
        if number == 12:  # from here on also what reads and checks the snapshots is under way when the blow comes
            shutil.rmtree(own_home / "snapshots" / ".staged")
        # a third of the blows fall on the end, where the release is written and swapped in
        late = number % 3 == 0
        seconds = chance.uniform(0.7 * takes if late else 0.3, 1.1 * takes)
        began = time.monotonic()
        if killed_after(own_home, seconds, whole_group=number % 2 == 0):
            at_work += 1
        else:  # a machine that was busy at first has become quicker
            takes = min(takes, time.monotonic() - began)
        seen.add(assert_whole(own_home, seen))
    assert at_work >= 12, f"most blows came too late (a refresh took {takes:.1f} s)"
    ran = run_payung(own_home, "refresh", "--force")
    assert ran.returncode == 0, ran.stderr
    assert_whole(own_home, seen)
    assert [p.name for p in (own_home / "releases").iterdir() if p.name.startswith(".")] == []
    assert list((own_home / "build").iterdir()) == []
    make_current(Releases(own_home), own_home / "releases" / min(seen))
    assert_whole(own_home, seen)

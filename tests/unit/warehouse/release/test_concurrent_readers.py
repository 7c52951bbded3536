"""Readers are never disturbed: many processes query in a loop while releases are published."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest
from small_build import SmallBuild

from warehouse.metadata import TableDescription
from warehouse.release.publish import Provenance, publish
from warehouse.release.release_folders import Releases

READERS, PUBLICATIONS = 20, 3
# Opens `current` each time, as any client does that does not use Payung. The marks in a result are from three tables;
# they would differ if a result were from two releases.
READER = """
import json, os, sys, time
import duckdb

home, stop = sys.argv[1], sys.argv[2]
results = []
while not os.path.exists(stop):
    con = duckdb.connect(os.path.join(home, "current", "warehouse.duckdb"), read_only=True)
    try:
        results.append(con.execute(
            "SELECT (SELECT release FROM main.release), (SELECT string_agg(DISTINCT footnote) FROM indicator_set.value), "
            "(SELECT string_agg(DISTINCT detail) FROM lineage.rejection), (SELECT count(*) FROM indicator_set.value)"
        ).fetchall()[0])
    finally:
        con.close()
print(json.dumps(results))
"""


def write_mark(build: SmallBuild, mark: str) -> None:
    """Writes a mark into two tables of the build, so that releases can be distinguished."""
    values = build.read("indicator_set.value")
    build.write("indicator_set.value", [{**row, "footnote": mark} for row in values])
    rejection = {"snapshot_id": "s", "snapshot_row": "r", "provider": "p", "dataset": "d", "series": "x"}
    build.write("lineage.rejection", [{**rejection, "stage": "staged", "reason": "test", "detail": mark}])


@pytest.mark.long
def test_results_of_twenty_readers_are_from_one_release_each_while_three_are_published(
    whole_build: SmallBuild, whole_staged: Sequence[TableDescription], tmp_path: Path
) -> None:
    home, stop = tmp_path / "home", tmp_path / "stop"
    build = SmallBuild(tmp_path / "build")
    shutil.copytree(whole_build.build.folder, build.build.folder, dirs_exist_ok=True)
    releases = Releases(home)
    marks = {}

    def publish_next(number: int) -> Path:
        write_mark(build, f"mark-{number}")
        folder = publish(build.build, releases, whole_staged, Provenance({"code": str(number)}, [], "0.1.0"))
        marks[folder.name] = f"mark-{number}"
        return folder

    first = publish_next(0)
    rows = len(build.read("indicator_set.value"))
    first_open = duckdb.connect(str(first / "warehouse.duckdb"), read_only=True)
    command = [sys.executable, "-c", READER, str(home), str(stop)]
    readers = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(READERS)
    ]
    try:
        time.sleep(4 * READERS / (os.cpu_count() or 1) / 10)  # until all readers run
        for number in range(1, PUBLICATIONS + 1):
            publish_next(number)
            time.sleep(2)
    finally:
        stop.touch()
    results = []
    for reader in readers:
        out, err = reader.communicate(timeout=120)
        assert reader.returncode == 0, err
        results.append([tuple(row) for row in json.loads(out)])
    assert all(results), "every reader had a result"
    order = list(marks)
    for of_reader in results:
        for release, footnote, detail, count in of_reader:
            assert (footnote, detail, count) == (marks[release], marks[release], rows)
        numbers = [order.index(row[0]) for row in of_reader]
        assert numbers == sorted(numbers), "no reader gets an earlier release after a later one"
    assert {row[0] for of_reader in results for row in of_reader} == set(order), "each release was read"
    assert first_open.execute("SELECT release FROM main.release").fetchall() == [(first.name,)], "it stays readable"
    first_open.close()

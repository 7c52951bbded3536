"""Readers and the writer never meet: many processes query in a loop while releases are published."""

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
# Opens `current` anew each time, as a client does that knows nothing of Payung. The marks in the answer come from
# three tables of one release: they differ where an answer were put together from two.
READER = """
import json, os, sys, time
import duckdb

home, stop = sys.argv[1], sys.argv[2]
asked = []
while not os.path.exists(stop):
    con = duckdb.connect(os.path.join(home, "current", "warehouse.duckdb"), read_only=True)
    try:
        asked.append(con.execute(
            "SELECT (SELECT release FROM main.release), (SELECT string_agg(DISTINCT footnote) FROM indicator_set.value), "
            "(SELECT string_agg(DISTINCT detail) FROM lineage.rejection), (SELECT count(*) FROM indicator_set.value)"
        ).fetchall()[0])
    finally:
        con.close()
print(json.dumps(asked))
"""


def marked(build: SmallBuild, mark: str) -> None:
    """Writes a mark into two tables of the build, so that a release can be told from the next."""
    values = build.read("indicator_set.value")
    build.write("indicator_set.value", [{**row, "footnote": mark} for row in values])
    refused = {"snapshot_id": "s", "snapshot_row": "r", "provider": "p", "dataset": "d", "series": "x"}
    build.write("lineage.rejection", [{**refused, "stage": "staged", "reason": "test", "detail": mark}])


@pytest.mark.long
def test_twenty_readers_see_one_whole_release_each_while_three_are_published(
    whole_build: SmallBuild, whole_staged: Sequence[TableDescription], tmp_path: Path
) -> None:
    home, stop = tmp_path / "home", tmp_path / "stop"
    build = SmallBuild(tmp_path / "build")
    shutil.copytree(whole_build.build.folder, build.build.folder, dirs_exist_ok=True)
    releases = Releases(home)
    marks = {}

    def publish_next(number: int) -> Path:
        marked(build, f"mark-{number}")
        folder = publish(build.build, releases, whole_staged, Provenance({"code": str(number)}, [], "0.1.0"))
        marks[folder.name] = f"mark-{number}"
        return folder

    first = publish_next(0)
    rows = len(build.read("indicator_set.value"))
    kept_open = duckdb.connect(str(first / "warehouse.duckdb"), read_only=True)
    command = [sys.executable, "-c", READER, str(home), str(stop)]
    readers = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(READERS)
    ]
    try:
        time.sleep(4 * READERS / (os.cpu_count() or 1) / 10)  # until all are at it
        for number in range(1, PUBLICATIONS + 1):
            publish_next(number)
            time.sleep(2)
    finally:
        stop.touch()
    answers = []
    for reader in readers:
        out, err = reader.communicate(timeout=120)
        assert reader.returncode == 0, err
        answers.append([tuple(a) for a in json.loads(out)])
    assert all(answers), "every reader had an answer"
    order = list(marks)
    for of_one in answers:
        for release, footnote, detail, count in of_one:
            assert (footnote, detail, count) == (marks[release], marks[release], rows)
        seen = [order.index(a[0]) for a in of_one]
        assert seen == sorted(seen), "nobody is thrown back to an earlier release"
    assert {a[0] for of_one in answers for a in of_one} == set(order), "each release was seen by somebody"
    assert kept_open.execute("SELECT release FROM main.release").fetchall() == [(first.name,)], "it stays readable"
    kept_open.close()

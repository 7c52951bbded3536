"""`payung ui` opens: the web server answers, the page of the graph can be drawn, and everything ends with it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from payung_command import COMMAND

from indicator_defs.system import settings

pytestmark = pytest.mark.long  # starts the web server and its processes; make test-long


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answer(address: str) -> bytes | None:
    try:
        with urllib.request.urlopen(address, timeout=2) as response:
            return bytes(response.read())
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return None


def in_group(group: int) -> list[int]:
    """The processes of a process group that still run."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, in_ = stat.read_text().rpartition(")")[2].split()[:3]
        except (OSError, ValueError):  # it ended while it was looked at
            continue
        if int(in_) == group and state != "Z":
            found.append(int(stat.parent.name))
    return found


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends a process and all that it started."""
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
        except ProcessLookupError:
            break
        for _ in range(50):
            if process.poll() is not None and not in_group(process.pid):
                return
            time.sleep(0.1)
    process.wait(5)


@pytest.fixture(scope="module")
def address(made_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a web interface on a copy of the made home."""
    home = tmp_path_factory.mktemp("ui") / "home"
    shutil.copytree(made_home, home, symlinks=True, ignore=shutil.ignore_patterns("parquet"))
    port = free_port()
    log = home.parent / "ui.log"
    with log.open("wb") as handle:
        process = subprocess.Popen(
            [COMMAND, "ui", "--port", str(port)],
            env=settings.for_child(PAYUNG_HOME=str(home)),
            stdout=handle,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        until = time.monotonic() + 50
        while answer(f"http://127.0.0.1:{port}/server_info") is None:
            assert process.poll() is None, log.read_text(encoding="utf-8")
            assert time.monotonic() < until, log.read_text(encoding="utf-8")
            time.sleep(0.3)
        yield f"http://127.0.0.1:{port}"
    finally:
        end(process)
        assert in_group(process.pid) == [], "nothing is left running"


def asked(address: str, query: str) -> dict[str, Any]:
    request = urllib.request.Request(
        f"{address}/graphql", json.dumps({"query": query}).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=20) as response:
        found: dict[str, Any] = json.loads(response.read())["data"]
    return found


def test_interface_shows_the_graph_and_the_run(address: str) -> None:
    found = asked(
        address,
        "{ assetNodes { assetKey { path } groupName assetMaterializations(limit: 1) { runId } } "
        'schedulesOrError(repositorySelector: {repositoryName: "__repository__", '
        'repositoryLocationName: "pipelines.definitions"}) '
        "{ ... on Schedules { results { name executionTimezone scheduleState { status } } } } }",
    )
    nodes = {"/".join(n["assetKey"]["path"]): n for n in found["assetNodes"]}
    assert {n["groupName"] for n in nodes.values()} >= {
        "raw",
        "staged",
        "harmonised",
        "indicator_set",
        "baseline",
        "release",
    }
    assert nodes["harmonised/observation"]["assetMaterializations"], "the refresh of the command line is seen"
    schedules = {s["name"]: s for s in found["schedulesOrError"]["results"]}
    assert schedules["refresh_weekly"]["scheduleState"]["status"] == "STOPPED"
    assert schedules["refresh_weekly"]["executionTimezone"] == "Asia/Jakarta"


def test_page_of_the_graph_can_be_drawn(address: str, chromium: str) -> None:
    with tempfile.TemporaryDirectory(prefix="payung-ui-") as folder:  # not below a hidden folder: some builds refuse it
        shot = Path(folder) / "graph.png"
        process = subprocess.Popen(
            [
                chromium,
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--hide-scrollbars",
                f"--user-data-dir={folder}/profile",
                "--window-size=1600,1000",
                "--virtual-time-budget=15000",
                f"--screenshot={shot}",
                f"{address}/asset-groups",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            process.wait(40)
        finally:
            end(process)
        assert shot.exists(), "the browser drew nothing"
        content = shot.read_bytes()
    assert content.startswith(b"\x89PNG")
    assert len(content) > 20_000, "an empty page is smaller"

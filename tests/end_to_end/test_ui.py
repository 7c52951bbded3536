"""`payung ui`: one interface for each home, its runs and failures, its page in a browser, the end of its processes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from payung_command import COMMAND, run_payung

from indicator_defs.system import settings

long = pytest.mark.long  # starts the web server and its processes; make test-long


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answer(address: str) -> bytes | None:
    try:
        with urllib.request.urlopen(address, timeout=2) as response:
            return bytes(response.read())
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return None  # not started yet, or ended: the caller waits for it


def processes_of(home: Path) -> dict[int, str]:
    """The running processes of a home, found by their environment: PID and command line."""
    variable = f"PAYUNG_HOME={home}".encode()
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if variable in (process / "environ").read_bytes().split(b"\0"):
                found[int(process.name)] = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:  # it has ended, or belongs to another user
            continue
    return found


def wait_until(condition: Callable[[], object], seconds: float, details: Callable[[], object]) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, details()
        time.sleep(0.1)


@dataclass
class Ui:
    """A running `payung ui`."""

    process: subprocess.Popen[bytes]
    home: Path
    port: int
    log: Path

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def output(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def wait_until_open(self) -> None:
        def is_open() -> bool:
            assert self.process.poll() is None, self.output()
            return answer(f"{self.address}/server_info") is not None

        wait_until(is_open, 90, self.output)

    def wait_until_ended(self) -> None:
        """Waits until all processes have ended, including those that are no longer its children."""
        wait_until(lambda: not processes_of(self.home), 40, lambda: processes_of(self.home))


@contextmanager
def opened(home: Path) -> Iterator[Ui]:
    """`payung ui` on a home; killed at the end if the test left it running."""
    port, log = free_port(), home.parent / f"{home.name}.log"
    with log.open("wb") as handle:
        process = subprocess.Popen(
            [COMMAND, "ui", "--port", str(port)],
            env=settings.for_child(PAYUNG_HOME=str(home)),
            stdout=handle,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    found = Ui(process, home, port, log)
    try:
        yield found
    finally:
        process.kill()
        process.wait(10)
        found.wait_until_ended()


@pytest.fixture(scope="module")
def ui(made_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ui]:
    """A web interface on a copy of the made home, in which a second refresh failed."""
    home = tmp_path_factory.mktemp("ui") / "home"
    shutil.copytree(made_home, home, symlinks=True, ignore=shutil.ignore_patterns("parquet"))
    (home / "inbox").mkdir()
    (home / "inbox" / "vnm.csv").write_text("no table", encoding="utf-8")
    assert run_payung(home, "refresh").returncode == 1
    (home / "inbox" / "vnm.csv").unlink()
    with opened(home) as found:
        found.wait_until_open()
        yield found


@pytest.fixture
def address(ui: Ui) -> str:
    return ui.address


def query_result(address: str, query: str) -> dict[str, Any]:
    request = urllib.request.Request(
        f"{address}/graphql", json.dumps({"query": query}).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=20) as response:
        found: dict[str, Any] = json.loads(response.read())["data"]
    return found


@long
def test_interface_shows_the_graph_and_the_run(address: str) -> None:
    found = query_result(
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
    assert nodes["harmonised/observation"]["assetMaterializations"], "the refresh of the command line is listed"
    schedules = {s["name"]: s for s in found["schedulesOrError"]["results"]}
    assert schedules["refresh_weekly"]["scheduleState"]["status"] == "STOPPED"
    assert schedules["refresh_weekly"]["executionTimezone"] == "Asia/Jakarta"


@long
def test_browser_draws_the_page_of_the_graph(address: str, chromium: str) -> None:
    with tempfile.TemporaryDirectory(prefix="payung-ui-") as folder:  # some browsers refuse hidden folders
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
            with suppress(ProcessLookupError):  # the browser has ended by itself
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(5)
        assert shot.exists(), "the browser drew nothing"
        content = shot.read_bytes()
    assert content.startswith(b"\x89PNG")
    assert len(content) > 20_000, "an empty page is smaller"


@long
def test_start_page_lists_the_runs_of_the_command_line(address: str) -> None:
    """Overview and Jobs leave out runs without a code location."""
    found = query_result(
        address,
        "{ runsOrError { ... on Runs { results { status pipelineName repositoryOrigin { repositoryName "
        "repositoryLocationName } } } } }",
    )["runsOrError"]["results"]
    failed, *before = found  # newest first; other tests may have refreshed the made home before it was copied
    assert (failed["status"], failed["pipelineName"]) == ("FAILURE", "refresh")
    assert {(r["status"], r["pipelineName"]) for r in before} == {("SUCCESS", "refresh")}
    origin = {"repositoryName": "__repository__", "repositoryLocationName": "pipelines.definitions"}
    assert all(r["repositoryOrigin"] == origin for r in found)


@long
def test_only_assets_that_failed_are_shown_as_failed(address: str) -> None:
    nodes = query_result(
        address,
        "{ assetNodes { assetKey { path } assetChecksOrError { ... on AssetChecks { checks { name "
        "executionForLatestMaterialization { status } } } } } }",
    )["assetNodes"]
    keys = ", ".join(f"{{path: {json.dumps(n['assetKey']['path'])}}}" for n in nodes)
    latest = query_result(
        address,
        f"{{ assetsLatestInfo(assetKeys: [{keys}]) {{ assetKey {{ path }} latestMaterialization {{ runId }} "
        "latestRun { id status } } }",
    )["assetsLatestInfo"]
    failed = {
        "/".join(i["assetKey"]["path"])
        for i in latest
        if i["latestRun"] is not None  # the command line does not make the site
        and i["latestRun"]["status"] == "FAILURE"
        and i["latestMaterialization"]["runId"] != i["latestRun"]["id"]
    }
    assert failed == {"raw/national/documents", "raw/national/submissions"}
    states = {
        check["executionForLatestMaterialization"]["status"]
        for node in nodes
        for check in node["assetChecksOrError"].get("checks", [])
        if check["executionForLatestMaterialization"] is not None
    }
    assert states == {"SUCCEEDED", "FAILED"}, "those of the previous run; no check is shown as not executed"


@long
def test_interface_starts_without_a_warning(ui: Ui) -> None:
    assert "WARN" not in ui.output().upper(), ui.output()


@long
def test_second_interface_is_refused(ui: Ui, tmp_path: Path) -> None:
    before = set(processes_of(ui.home))
    again = run_payung(ui.home, "ui", "--port", str(free_port()), timeout=20)
    assert again.returncode == 1
    assert again.stderr.startswith("payung: The web interface")
    assert f": {ui.address} (process " in again.stderr
    other = run_payung(tmp_path / "home", "ui", "--port", str(ui.port), timeout=20)
    assert other.returncode == 1
    assert other.stderr.startswith(f"payung: Port {ui.port} of 127.0.0.1 is in use")
    assert set(processes_of(ui.home)) == before
    assert processes_of(tmp_path / "home") == {}


def test_port_in_use_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        ran = run_payung(tmp_path / "home", "ui", "--port", str(port), timeout=20)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith(f"payung: Port {port} of 127.0.0.1 is in use")
    assert "payung ui --port" in ran.stderr
    assert not (tmp_path / "home" / "dagster" / "event_log.db").exists()


def test_signal_while_it_starts_ends_all_its_processes(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with opened(home) as ui:
        wait_until(lambda: any("code-server" in c for c in processes_of(home).values()), 60, ui.output)
        ui.process.send_signal(signal.SIGTERM)
        assert ui.process.wait(40) == 0, ui.output()
        ui.wait_until_ended()
        assert "Traceback" not in ui.output()


@long
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
def test_signal_ends_all_its_processes(tmp_path: Path, sign: signal.Signals) -> None:
    with opened(tmp_path / "home") as ui:
        ui.wait_until_open()
        commands = " ".join(processes_of(ui.home).values())
        assert all(name in commands for name in ("code-server", "api grpc", "dagster_webserver", "_daemon"))
        ui.process.send_signal(sign)
        assert ui.process.wait(40) == (-sign if sign is signal.SIGKILL else 0), ui.output()
        ui.wait_until_ended()
        assert answer(f"{ui.address}/server_info") is None


@long
@pytest.mark.parametrize("name", ["pipelines.web_processes", "dagster_webserver", "_daemon", "code-server"])
def test_killed_process_ends_all_others(tmp_path: Path, name: str) -> None:
    with opened(tmp_path / "home") as ui:
        ui.wait_until_open()
        (process,) = (p for p, command in processes_of(ui.home).items() if name in command)
        os.kill(process, signal.SIGKILL)
        assert ui.process.wait(40) == 1, ui.output()
        ui.wait_until_ended()


LAUNCH = """mutation { launchRun(executionParams: { mode: "default", selector: { pipelineName: "refresh", repositoryName:
"__repository__", repositoryLocationName: "pipelines.definitions" } }) { ... on LaunchRunSuccess { run { runId } } } }"""


@long
def test_running_refresh_ends_with_the_interface_and_is_recorded_as_failed(tmp_path: Path) -> None:
    with opened(tmp_path / "home") as ui:
        ui.wait_until_open()
        run = query_result(ui.address, LAUNCH)["launchRun"]["run"]["runId"]
        log = ui.home / "build"
        wait_until(lambda: log.exists() and any(log.iterdir()), 60, ui.output)
        ui.process.send_signal(signal.SIGTERM)
        assert ui.process.wait(40) == 0, ui.output()
        ui.wait_until_ended()
    status = "import dagster as dg; print(dg.DagsterInstance.get().get_runs()[0].status.value)"
    ran = subprocess.run(
        [sys.executable, "-c", status],
        env=settings.for_child(DAGSTER_HOME=str(ui.home / "dagster")),
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "FAILURE\n", run
    assert run_payung(ui.home, "refresh").returncode == 0, "the lock is released"

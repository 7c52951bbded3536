"""The processes of `payung ui`: Dagster's code server, web server and daemon, started together and ended together.

    payung ui  --pipe-->  supervisor (in its own session)  -->  code server, web server, daemon, their children

The supervisor ends all of them when the pipe closes, which happens however `payung ui` ends, also by KILL. If the
supervisor itself is killed, `payung ui` ends what it had started. `dagster dev` is not used: a signal ends it without its
children, and it prints a warning at every start.

Imports only the standard library; web_interface.py checks everything before the start.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

DEFINITIONS = "pipelines.definitions"
HOST = "127.0.0.1"
END_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
# Seconds. The code server loads the definitions at its start; a run in progress records at its end that it was
# interrupted.
START, SERVERS_END, ALL_END = 180, 5.0, 10.0
POLL_INTERVAL = 0.1


class _EndRequestedError(BaseException):
    """This process received a signal to end."""


def serve(port: int, folder: Path) -> bool:
    """Serves the web interface until this process receives a signal to end (True) or one of the processes ends (False).

    `folder`: the working folder of the processes. All of them have ended when it returns.
    """
    command = [sys.executable, "-m", "pipelines.web_processes", str(port)]
    supervisor = None
    group = 0
    try:
        with _signals():
            supervisor = subprocess.Popen(
                command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
            )
            group = _group_of(supervisor)
            supervisor.wait()
            return False
    except _EndRequestedError:
        return True
    finally:
        if supervisor is not None:
            _end_supervisor(supervisor, group)


@contextmanager
def _signals() -> Iterator[None]:
    """Within the block the first signal to end raises _EndRequestedError; further signals are ignored."""

    def end(number: int, frame: FrameType | None) -> None:
        _ignore_signals()
        raise _EndRequestedError

    for each in END_SIGNALS:
        # nohup ignores SIGHUP so that the process continues without its terminal
        if not (each is signal.SIGHUP and signal.getsignal(each) is signal.SIG_IGN):
            signal.signal(each, end)
    try:
        yield
    finally:
        _ignore_signals()


def _ignore_signals() -> None:
    for each in END_SIGNALS:
        signal.signal(each, signal.SIG_IGN)


def _group_of(supervisor: subprocess.Popen[bytes]) -> int:
    """The process group that the supervisor starts and prints first; 0 if it ended before that."""
    assert supervisor.stdout is not None
    group = supervisor.stdout.readline().strip()
    return int(group) if group else 0


def _end_supervisor(supervisor: subprocess.Popen[bytes], group: int) -> None:
    assert supervisor.stdin is not None
    supervisor.stdin.close()  # makes the supervisor end
    try:
        supervisor.wait(SERVERS_END + ALL_END + 5)
    except subprocess.TimeoutExpired:
        supervisor.kill()
        supervisor.wait()
    if group:
        _signal_group(group, signal.SIGKILL)  # has an effect only if the supervisor was killed


def _signal_group(group: int, number: int) -> bool:
    """Sends a signal to a process group (0 only tests); False if the group has no process."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    except PermissionError:  # macOS raises this for processes that ended and were not waited for
        return False
    return True


# -- the supervisor ------------------------------------------------------------------------------------------------------


def supervise(port: int) -> int:
    """Starts the three processes, and ends them when standard input closes or when one of them ends."""
    for each in END_SIGNALS:
        signal.signal(each, lambda *_: _close_own_input())
    place = Path(tempfile.mkdtemp(prefix="payung-"))
    started: list[subprocess.Popen[bytes]] = []
    try:
        problem = _supervise(port, place, started)
        if problem is not None:
            print(f"payung: {problem}", file=sys.stderr, flush=True)
        return 1 if problem is not None else 0
    finally:
        _end(started)
        shutil.rmtree(place, ignore_errors=True)  # a socket and a file, no longer used


def _close_own_input() -> None:
    """Makes the supervisor end in the same way as when `payung ui` closes the pipe."""
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)


def _supervise(port: int, place: Path, started: list[subprocess.Popen[bytes]]) -> str | None:
    """Runs the processes and adds them to `started`; returns the problem, or None if the end was requested."""
    code_socket = place / "code.sock"
    workspace = place / "workspace.yaml"
    location = {"location_name": DEFINITIONS, "socket": str(code_socket), "host": "localhost"}
    workspace.write_text(json.dumps({"load_from": [{"grpc_server": location}]}), encoding="utf-8")  # JSON is YAML
    names: dict[int, str] = {}

    def start(name: str, *arguments: str) -> None:
        # one group for all, led by the first; their output goes to the standard error of this process
        group = started[0].pid if started else 0
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),
            process_group=group,
        )
        started.append(process)
        names[process.pid] = name

    def ended() -> str | None:
        for process in started:
            if process.poll() is not None:
                return f"Dagster's {names[process.pid]} ended (code {process.returncode}), so the web interface was closed."
        return None

    start("code server", "dagster", "code-server", "start", "-m", DEFINITIONS, "--location-name", DEFINITIONS,
          "--socket", str(code_socket), "--log-level", "warning")  # fmt: skip
    print(started[0].pid, flush=True)
    deadline = time.monotonic() + START
    while not _accepts_connections(code_socket):
        if ended() or _end_requested(POLL_INTERVAL):
            return ended()
        if time.monotonic() > deadline:
            return f"the definitions were not loaded within {START} seconds, so the web interface was not opened."
    start("web server", "dagster_webserver", "--host", HOST, "--port", str(port), "--workspace", str(workspace))
    start("daemon", "dagster._daemon", "run", "--workspace", str(workspace))
    while not (ended() or _end_requested(5 * POLL_INTERVAL)):
        pass
    return ended()


def _end_requested(seconds: float) -> bool:
    """Waits this long; True as soon as standard input closes."""
    readable, _, _ = select.select([0], [], [], seconds)
    return bool(readable) and not os.read(0, 1)


def _accepts_connections(address: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(address))
        except OSError:  # the socket does not exist yet, or has no listener yet
            return False
    return True


def _end(started: list[subprocess.Popen[bytes]]) -> None:
    """Ends the web server and the daemon, then the code server and the runs that it started; finally by KILL."""
    if not started:
        return
    for process in started[1:]:
        process.terminate()
    _wait(SERVERS_END, lambda: all(p.poll() is not None for p in started[1:]))
    group = started[0].pid
    _signal_group(group, signal.SIGTERM)

    def all_ended() -> bool:
        return all(p.poll() is not None for p in started) and not _signal_group(group, 0)

    if len(started) > 1:  # with the code server alone there can be no run that must record its end
        _wait(ALL_END, all_ended)
    _signal_group(group, signal.SIGKILL)
    for process in started:
        with suppress(subprocess.TimeoutExpired):  # a process that waits for a disk ends when the disk responds
            process.wait(1)


def _wait(seconds: float, done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + seconds
    while not done() and time.monotonic() < deadline:
        time.sleep(POLL_INTERVAL)


if __name__ == "__main__":
    sys.exit(supervise(int(sys.argv[1])))

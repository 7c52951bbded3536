"""The processes of `payung ui`: Dagster's code server, web server and daemon, started together and ended together.

    payung ui  --pipe-->  keeper (a session of its own)  -->  code server, web server, daemon, their children

The keeper ends all of them when `payung ui` closes the pipe, and the pipe is closed however `payung ui` ends, by KILL
too. Where the keeper itself is killed, `payung ui` ends what it had started. Three processes of Dagster's own instead
of `dagster dev`, which a signal ends alone, leaving its children behind, and which warns of itself at every start.

Belongs here: starting, watching and ending processes; imports nothing but the standard library.
Does not belong here: what is checked before anything starts (web_interface.py), the graph (definitions.py).
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
ASKED_TO_END = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
# Seconds: the code server loads the definitions first; a run under way writes down that it was interrupted.
START, SERVERS_END, ALL_END = 180, 5.0, 10.0
LOOK_AGAIN = 0.1


class _AskedToEnd(BaseException):
    """A signal that asks this process to end."""


def serve(port: int, folder: Path) -> bool:
    """Serves the web interface until a signal asks this process to end (True) or one of its processes ends (False).

    `folder`: where the processes work. None of them is left when it returns.
    """
    command = [sys.executable, "-m", "pipelines.web_processes", str(port)]
    keeper = None
    group = 0
    try:
        with _signals():
            keeper = subprocess.Popen(
                command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
            )
            group = _group_of(keeper)
            keeper.wait()
            return False
    except _AskedToEnd:
        return True
    finally:
        if keeper is not None:
            _end_keeper(keeper, group)


@contextmanager
def _signals() -> Iterator[None]:
    """Within it a signal that asks to end raises; from then on further ones are ignored, for the end is under way."""

    def end(number: int, frame: FrameType | None) -> None:
        _ignore_signals()
        raise _AskedToEnd

    for each in ASKED_TO_END:
        # under nohup it was asked to outlive its terminal
        if not (each is signal.SIGHUP and signal.getsignal(each) is signal.SIG_IGN):
            signal.signal(each, end)
    try:
        yield
    finally:
        _ignore_signals()


def _ignore_signals() -> None:
    for each in ASKED_TO_END:
        signal.signal(each, signal.SIG_IGN)


def _group_of(keeper: subprocess.Popen[bytes]) -> int:
    """The process group of what the keeper starts, which it says at once; 0 where it ended before."""
    assert keeper.stdout is not None
    group = keeper.stdout.readline().strip()
    return int(group) if group else 0


def _end_keeper(keeper: subprocess.Popen[bytes], group: int) -> None:
    assert keeper.stdin is not None
    keeper.stdin.close()  # the keeper reads that as: end
    try:
        keeper.wait(SERVERS_END + ALL_END + 5)
    except subprocess.TimeoutExpired:
        keeper.kill()
        keeper.wait()
    if group:
        _signal_group(group, signal.SIGKILL)  # none is left, unless the keeper was killed


def _signal_group(group: int, sign: int) -> bool:
    """Sends a signal to a process group (0 only looks); False where it has no process."""
    try:
        os.killpg(group, sign)
    except ProcessLookupError:
        return False
    except PermissionError:  # so says macOS of processes that ended and were not waited for
        return False
    return True


# -- the keeper ------------------------------------------------------------------------------------------------------


def keep(port: int) -> int:
    """Starts the three processes and ends them when standard input is closed or one of them ends by itself."""
    for each in ASKED_TO_END:
        signal.signal(each, lambda *_: _close_own_input())
    place = Path(tempfile.mkdtemp(prefix="payung-"))
    started: list[subprocess.Popen[bytes]] = []
    try:
        ended = _keep(port, place, started)
        if ended is not None:
            print(f"payung: {ended}", file=sys.stderr, flush=True)
        return 1 if ended is not None else 0
    finally:
        _end(started)
        shutil.rmtree(place, ignore_errors=True)  # a socket and a file that are no longer read


def _close_own_input() -> None:
    """Lets the keeper end as if `payung ui` had asked."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)


def _keep(port: int, place: Path, started: list[subprocess.Popen[bytes]]) -> str | None:
    """Runs the processes; what went wrong, None where the end was asked for. Adds to `started` what it starts."""
    door = place / "code.sock"
    workspace = place / "workspace.yaml"
    location = {"location_name": DEFINITIONS, "socket": str(door), "host": "localhost"}
    workspace.write_text(json.dumps({"load_from": [{"grpc_server": location}]}), encoding="utf-8")  # JSON is YAML
    names: dict[int, str] = {}

    def start(name: str, *arguments: str) -> None:
        # one group for all, led by the first; what they print goes where this process prints
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
                return f"the {names[process.pid]} of Dagster ended (code {process.returncode}), so the interface did."
        return None

    start("code server", "dagster", "code-server", "start", "-m", DEFINITIONS, "--location-name", DEFINITIONS,
          "--socket", str(door), "--log-level", "warning")  # fmt: skip
    print(started[0].pid, flush=True)
    until = time.monotonic() + START
    while not _answers(door):
        if ended() or _asked_to_end(LOOK_AGAIN):
            return ended()
        if time.monotonic() > until:
            return f"the definitions were not loaded within {START} seconds, so the interface was not opened."
    start("web server", "dagster_webserver", "--host", HOST, "--port", str(port), "--workspace", str(workspace))
    start("daemon", "dagster._daemon", "run", "--workspace", str(workspace))
    while not (ended() or _asked_to_end(5 * LOOK_AGAIN)):
        pass
    return ended()


def _asked_to_end(seconds: float) -> bool:
    """Waits so long; True as soon as standard input is closed."""
    readable, _, _ = select.select([0], [], [], seconds)
    return bool(readable) and not os.read(0, 1)


def _answers(door: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as caller:
        try:
            caller.connect(str(door))
        except OSError:  # not there yet, or not listened on yet
            return False
    return True


def _end(started: list[subprocess.Popen[bytes]]) -> None:
    """Ends the web server and the daemon, then the code server and the runs that it started; in the end by KILL."""
    if not started:
        return
    for process in started[1:]:
        process.terminate()
    _wait(SERVERS_END, lambda: all(p.poll() is not None for p in started[1:]))
    group = started[0].pid
    _signal_group(group, signal.SIGTERM)

    def gone() -> bool:
        return all(p.poll() is not None for p in started) and not _signal_group(group, 0)

    if len(started) > 1:  # before that there can be no run that has to write down its end
        _wait(ALL_END, gone)
    _signal_group(group, signal.SIGKILL)
    for process in started:
        with suppress(subprocess.TimeoutExpired):  # a process that waits for a disk takes KILL when that answers
            process.wait(1)


def _wait(seconds: float, done: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while not done() and time.monotonic() < until:
        time.sleep(LOOK_AGAIN)


if __name__ == "__main__":
    sys.exit(keep(int(sys.argv[1])))

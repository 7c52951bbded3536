"""Opening the web interface of a home: refused where it cannot be, cleared of what would hold its runs up.

Does not belong here: its processes (web_processes.py), the graph (definitions.py).
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assets.home import Home
from assets.refresh_lock import LockedError, locked, not_writable
from indicator_defs.errors import PayungError
from indicator_defs.system import settings
from pipelines.dagster_home import prepare_dagster
from pipelines.web_processes import HOST


class UiError(PayungError):
    """The web interface cannot be opened."""


@contextmanager
def opened(home: Home, port: int) -> Iterator[None]:
    """Within it the home is ready for the processes of its web interface, and no other one can be opened.

    Raises UiError where one is open or the port is taken, and a PayungError where the home cannot be written.
    """
    try:
        prepare_dagster(home.dagster)
    except OSError as error:
        raise not_writable(home.path, error) from error
    with _alone(home.dagster, port):
        settings.set_variables(PAYUNG_HOME=str(home.path))
        _end_dead_runs(home)
        yield


@contextmanager
def _alone(dagster_home: Path, port: int) -> Iterator[None]:
    """Holds the lock of the home's web interface: Dagster cannot have two daemons at one set of schedules.

    Raises UiError naming the address and the process of the one that is open, or the port where it is taken. The lock
    goes with the process.
    """
    from filelock import FileLock, Timeout

    address = dagster_home / "ui.address"
    lock = FileLock(str(dagster_home / "ui.lock"), timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        where = address.read_text(encoding="utf-8").strip() if address.exists() else "at an address not known"
        raise UiError(
            f"The web interface of this home is open already: {where}. Use that one, or end it first; nothing was started."
        ) from error
    try:
        _refuse_port(port)
        address.write_text(f"http://{HOST}:{port} (process {os.getpid()})\n", encoding="utf-8")
        yield
    finally:
        lock.release()


def _refuse_port(port: int) -> None:
    """Raises UiError where a port cannot be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the web server does
        try:
            probe.bind((HOST, port))
        except OSError as error:
            is_taken = error.errno == errno.EADDRINUSE
            problem = (
                "is in use, perhaps by the interface of another home"
                if is_taken
                else f"cannot be used: {error.strerror}"
            )
            raise UiError(
                f"Port {port} of {HOST} {problem}; nothing was started. Choose another one, as: payung ui --port "
                f"{port + 1 if 1023 < port < 65535 else 3001}"
            ) from error


def _end_dead_runs(home: Home) -> None:
    """Lets runs of the UI not wait for a killed `payung refresh`, nor schedules and sensors for a clock that ran ahead."""
    import dagster as dg

    from pipelines.job_run import end_dead_runs
    from pipelines.schedule_ticks import end_waiting

    with dg.DagsterInstance.get() as instance:
        end_waiting(instance)
        try:
            with locked(home.path):
                end_dead_runs(instance, also_of_ui=True)
        except LockedError:  # a refresh is running: its run is not dead, and it ends the dead ones itself
            return

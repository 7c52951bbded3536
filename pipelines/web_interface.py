"""Opens the web interface of a home: checks that it can be opened, and prepares Dagster's stored state.

web_processes.py starts and ends its processes.
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
    """Within the block the home is ready for the processes of its web interface, and no second one can be opened.

    Raises UiError if one is open already or the port is in use, and PayungError if the home cannot be written.
    """
    try:
        prepare_dagster(home.dagster)
    except OSError as error:
        raise not_writable(home.path, error) from error
    with _only_interface(home.dagster, port):
        settings.set_variables(PAYUNG_HOME=str(home.path))
        _prepare_state(home)
        yield


@contextmanager
def _only_interface(dagster_home: Path, port: int) -> Iterator[None]:
    """Holds the lock of the home's web interface: two daemons of Dagster must not run the same schedules.

    Raises UiError naming the address and the process of the open one, or the port if it is in use. The lock is released
    when the process ends.
    """
    from filelock import FileLock, Timeout

    address = dagster_home / "ui.address"
    lock = FileLock(str(dagster_home / "ui.lock"), timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        where = address.read_text(encoding="utf-8").strip() if address.exists() else "address unknown"
        raise UiError(
            f"The web interface of this home is already open: {where}. Use that one, or end it first; nothing was started."
        ) from error
    try:
        _refuse_port(port)
        address.write_text(f"http://{HOST}:{port} (process {os.getpid()})\n", encoding="utf-8")
        yield
    finally:
        lock.release()


def _refuse_port(port: int) -> None:
    """Raises UiError if this process cannot listen on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the web server does
        try:
            probe.bind((HOST, port))
        except OSError as error:
            is_in_use = error.errno == errno.EADDRINUSE
            problem = (
                "is in use, perhaps by the interface of another home"
                if is_in_use
                else f"cannot be used: {error.strerror}"
            )
            raise UiError(
                f"Port {port} of {HOST} {problem}; nothing was started. Choose another port, for example: payung ui --port "
                f"{port + 1 if 1023 < port < 65535 else 3001}"
            ) from error


def _prepare_state(home: Home) -> None:
    """Ends dead runs, which runs of the UI would wait for, and corrects the stored state of schedules and sensors."""
    import dagster as dg

    from pipelines.job_run import end_dead_runs
    from pipelines.schedule_ticks import end_waiting, rename_sensor
    from pipelines.sensors import FORMER_NOTIFY_OF_RUN, NOTIFY_OF_RUN

    with dg.DagsterInstance.get() as instance:
        rename_sensor(instance, FORMER_NOTIFY_OF_RUN, NOTIFY_OF_RUN)
        end_waiting(instance)
        try:
            with locked(home.path):
                end_dead_runs(instance, also_of_ui=True)
        except LockedError:  # a refresh is running: its run is alive, and it ends dead runs itself
            return

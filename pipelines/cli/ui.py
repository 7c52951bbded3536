"""The command `payung ui`: Dagster's web interface on this home.

Belongs here: what is refused before it starts, and clearing what would hold its runs up.
Does not belong here: its processes (web_processes.py), the graph (definitions.py).
"""

from __future__ import annotations

import errno
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from indicator_defs.errors import PayungError
from indicator_defs.system import settings
from pipelines.cli.common import DEBUG, FAILED, OK, shown_path
from pipelines.home import ROOT, home, prepare_dagster

HOST = "127.0.0.1"


class UiError(PayungError):
    """The web interface cannot be opened."""


@click.command(short_help="Open Dagster's web interface on 127.0.0.1.")
@click.option("--port", type=click.IntRange(1, 65535), default=3000, show_default=True, help="Port on 127.0.0.1.")
@DEBUG
def ui(port: int) -> None:
    """Open Dagster's web interface on 127.0.0.1, with the schedule's daemon running.

    Ctrl-C, or any other signal that asks it to end, ends all its processes. A port is used once, and a home has one
    interface: a second one is refused.

    \b
    Exit codes: 0 ended when asked to, 1 refused, or one of its processes ended by itself.
    Example: payung ui --port 3001
    """
    from pipelines.web_processes import serve

    folder = home()
    dagster_home = folder / "dagster"
    try:
        prepare_dagster(dagster_home)
    except OSError as error:
        from assets.refresh_lock import not_writable

        raise not_writable(folder, error) from error
    with _alone(dagster_home, port):
        settings.set_variables(PAYUNG_HOME=str(folder))
        _end_dead_runs(folder)
        click.echo(f"Opening http://{HOST}:{port} (stop with Ctrl-C). Home: {shown_path(folder)}")
        was_asked = serve(port, ROOT)
    sys.exit(OK if was_asked else FAILED)


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
            said = (
                "is in use, perhaps by the interface of another home"
                if is_taken
                else f"cannot be used: {error.strerror}"
            )
            raise UiError(
                f"Port {port} of {HOST} {said}; nothing was started. Choose another one, as: payung ui --port "
                f"{port + 1 if 1023 < port < 65535 else 3001}"
            ) from error


def _end_dead_runs(folder: Path) -> None:
    """Lets runs of the UI not wait for a killed `payung refresh`, nor schedules and sensors for a clock that ran ahead."""
    import dagster as dg

    from assets.refresh_lock import LockedError, locked
    from pipelines.refresh import end_dead_runs
    from pipelines.schedule_ticks import end_waiting

    with dg.DagsterInstance.get() as instance:
        end_waiting(instance)
        try:
            with locked(folder):
                end_dead_runs(instance, also_of_ui=True)
        except LockedError:  # a refresh is running: its run is not dead, and it ends the dead ones itself
            return

"""The command `payung ui`: Dagster's web interface on this home.

Belongs here: starting it, and clearing what would hold its runs up. Does not belong here: the graph (definitions.py).
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from indicator_defs.system import settings
from pipelines.commands.common import DEBUG, shown_path
from pipelines.settings import ROOT, home, prepare_dagster


@click.command(short_help="Open Dagster's web interface on 127.0.0.1.")
@click.option("--port", type=click.IntRange(1, 65535), default=3000, show_default=True, help="Port on 127.0.0.1.")
@DEBUG
def ui(port: int) -> None:
    """Open Dagster's web interface on 127.0.0.1, with the schedule's daemon running.

    \b
    Example: payung ui --port 3001
    """
    import subprocess

    folder = home()
    try:
        prepare_dagster(folder / "dagster")
    except OSError as error:
        from assets.lock import not_writable

        raise not_writable(folder, error) from error
    settings.hand_on(PAYUNG_HOME=str(folder))
    command = [
        str(Path(sys.executable).parent / "dagster"),
        "dev",
        "-m",
        "pipelines.definitions",
        "-h",
        "127.0.0.1",
        "-p",
        str(port),
    ]
    _end_dead_runs(folder)
    click.echo(f"Opening http://127.0.0.1:{port} (stop with Ctrl-C). Home: {shown_path(folder)}")
    sys.exit(subprocess.call(command, cwd=ROOT))


def _end_dead_runs(folder: Path) -> None:
    """Lets runs of the UI not wait for a killed `payung refresh`, nor schedules and sensors for a clock that ran ahead."""
    import dagster as dg

    from assets.lock import LockedError, locked
    from pipelines.run import end_dead_runs
    from pipelines.ticks import end_waiting

    with dg.DagsterInstance.get() as instance:
        end_waiting(instance)
        try:
            with locked(folder):
                end_dead_runs(instance)
        except LockedError:  # a refresh is running: its run is not dead, and it ends the dead ones itself
            return

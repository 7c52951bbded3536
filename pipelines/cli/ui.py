"""The command `payung ui`: Dagster's web interface on this home.

Belongs here: its options and exit codes. Does not belong here: what is refused before it starts (web_interface.py), its
processes (web_processes.py), the graph (definitions.py).
"""

from __future__ import annotations

import sys

import click

from pipelines.cli.command_home import PASS_HOME, CommandHome
from pipelines.cli.exit_codes import FAILED, OK
from pipelines.cli.options import DEBUG
from pipelines.cli.output.printing import shown_path


@click.command(short_help="Open Dagster's web interface on 127.0.0.1.")
@click.option("--port", type=click.IntRange(1, 65535), default=3000, show_default=True, help="Port on 127.0.0.1.")
@DEBUG
@PASS_HOME
def ui(command_home: CommandHome, port: int) -> None:
    """Open Dagster's web interface on 127.0.0.1, with the schedule's daemon running.

    Ctrl-C, or any other signal that asks it to end, ends all its processes. A port is used once, and a home has one
    interface: a second one is refused.

    \b
    Exit codes: 0 ended when asked to, 1 refused, or one of its processes ended by itself.
    Example: payung ui --port 3001
    """
    from assets.home import ROOT
    from pipelines.web_interface import HOST, opened
    from pipelines.web_processes import serve

    home = command_home.home
    with opened(home, port):
        click.echo(f"Opening http://{HOST}:{port} (stop with Ctrl-C). Home: {shown_path(home.path)}")
        ended_on_request = serve(port, ROOT)
    sys.exit(OK if ended_on_request else FAILED)

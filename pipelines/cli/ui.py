"""The command `payung ui`: Dagster's web interface for this home.

web_interface.py has the checks before it starts, web_processes.py its processes, definitions.py the graph.
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
    """Open Dagster's web interface on 127.0.0.1 and run the schedules that are switched on.

    Ctrl-C or a termination signal ends all its processes. A home can have one interface at a time, and each interface
    needs its own port.

    \b
    Exit codes: 0 ended on request, 1 could not start, or one of its processes failed.
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

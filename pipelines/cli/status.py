"""The command `payung status`: the status of the home, and what needs attention."""

from __future__ import annotations

import sys

import click

from pipelines.cli.command_home import PASS_HOME, CommandHome
from pipelines.cli.exit_codes import ATTENTION, OK
from pipelines.cli.options import DEBUG, JSON
from pipelines.cli.output.printing import show_frame, show_json


@click.command()
@click.option("--snapshots", is_flag=True, help="List the stored snapshots instead.")
@JSON
@DEBUG
@PASS_HOME
def status(command_home: CommandHome, snapshots: bool, as_json: bool) -> None:
    """Show the current release, its sources and what needs attention.

    The last lines list the actions to take. An overdue source needs attention only after the first refresh --online.

    With --snapshots, the stored vintages of all datasets are listed, and whether the next release uses them.

    \b
    Exit codes: 0 no problems, 4 something needs attention.
    Example: payung status --json
    """
    if snapshots:
        from pipelines.home_snapshots import snapshot_list

        found = snapshot_list(command_home.home)
        if found.empty and not as_json:
            click.echo("There are no snapshots. To import those of the bundled archive: payung refresh")
        else:
            show_frame(found, "json" if as_json else "table")
        return
    from pipelines.cli.output.status_text import render_status
    from pipelines.home_status import home_status

    state = home_status(command_home.home)
    if as_json:
        show_json(state.as_dict())
    else:
        click.echo(render_status(state))
    sys.exit(ATTENTION if state.attention else OK)

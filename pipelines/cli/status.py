"""The command `payung status`: the state of the home, and what needs attention."""

from __future__ import annotations

import sys

import click

from pipelines.cli.command_home import PASS_HOME, CommandHome
from pipelines.cli.exit_codes import ATTENTION, OK
from pipelines.cli.options import DEBUG, JSON
from pipelines.cli.output.printing import show_frame, show_json


@click.command()
@click.option("--snapshots", is_flag=True, help="List the kept snapshots instead.")
@JSON
@DEBUG
@PASS_HOME
def status(command_home: CommandHome, snapshots: bool, as_json: bool) -> None:
    """Show the current release, its sources and what needs attention.

    With --snapshots: every state of every provider that is kept, and whether the next release takes it.

    A source that is later than its own calendar is shown so; it needs attention once the provider was asked online. The
    last lines say what to do.

    \b
    Exit codes: 0 fine, 4 something needs attention.
    Example: payung status --json
    """
    if snapshots:
        from pipelines.home_snapshots import snapshot_list

        found = snapshot_list(command_home.home)
        if found.empty and not as_json:
            click.echo("No snapshot is kept yet: payung refresh brings in those that ship with the project.")
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

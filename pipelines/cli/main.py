"""The command line `payung`: the group of all commands, and the message and exit code of an error.

Each command has its own module.
"""

from __future__ import annotations

import errno
import gc
import os
import sys
from typing import Any, NoReturn

import click

from indicator_defs.errors import PayungError
from indicator_defs.system import settings
from pipelines.cli.edition import edition
from pipelines.cli.exit_codes import FAILED, OK, exit_code
from pipelines.cli.explain import explain
from pipelines.cli.export import export
from pipelines.cli.gaps import gaps
from pipelines.cli.options import is_debug
from pipelines.cli.output.printing import show_problems
from pipelines.cli.output.stream_encoding import replace_unknown_characters, replacement_notice
from pipelines.cli.refresh import refresh
from pipelines.cli.releases import releases
from pipelines.cli.revisions import revisions
from pipelines.cli.sql import sql
from pipelines.cli.status import status
from pipelines.cli.ui import ui

COMMANDS = (refresh, revisions, gaps, sql, explain, status, export, edition, releases, ui)

# The disk or quota is full, or the file has the maximum size: not an error of the program.
CANNOT_WRITE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Group(click.Group):
    """Shows an error that the user can correct as one message, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command; shows a PayungError as a message on stderr and sets its exit code."""
        try:
            return super().invoke(ctx)
        except PayungError as error:
            if is_debug(ctx):
                import traceback  # not at the top: --help and most commands do not need it

                traceback.print_exc()
            show_problems([str(error), *getattr(error, "__notes__", [])])
            ctx.exit(exit_code(error))


def _report_unknown_settings(ctx: click.Context) -> None:
    """Reports unknown PAYUNG_ variables once, on stderr; `payung status` has its own list of them."""
    if ctx.invoked_subcommand == "status" or not settings.unknown_variables():
        return
    from sources import registry

    show_problems(settings.unknown_variables(registry.address_variables()))


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="payung", message="payung %(version)s")
@click.pass_context
def main(ctx: click.Context) -> None:
    """The indicator warehouse for social protection in ASEAN.

    All data, releases and logs are stored in $PAYUNG_HOME. Default: var/ in a checkout of the project; if Payung is
    installed as a package, payung/ in $XDG_DATA_HOME or ~/.local/share.

    \b
    Examples: payung refresh                  make a new release if anything changed
              payung sql "SELECT * FROM profile('VNM')"
              payung explain ASP_COV_PENSN PHL 2021
              payung export                   workbook, tables, figures and site for the report
    """
    _report_unknown_settings(ctx)


GARBAGE_AFTER = 100_000  # new objects

for command in COMMANDS:
    main.add_command(command)


def run() -> NoReturn:
    """Runs `payung` as a process: calls `main`, flushes its output and exits at once.

    It exits with os._exit because Python would otherwise release every loaded object, which takes a second after a
    refresh. Files, locks and worker processes are already closed then.
    The threshold of the garbage collector is raised to the number of objects that importing Dagster creates: collecting
    them frees nothing and takes a tenth of the time.
    """
    gc.set_threshold(GARBAGE_AFTER)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by the caller; the next file opened would get its number
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))
    replace_unknown_characters()
    code: str | int | None = OK
    try:
        try:
            main()
        except SystemExit as exit_request:
            code = exit_request.code
        sys.stdout.flush()
        if notice := replacement_notice():
            show_problems([notice])
    except OSError as error:
        if error.errno not in CANNOT_WRITE or "--debug" in sys.argv:
            raise
        place = error.filename or "the complete output"
        show_problems([f"could not write {place}: {error.strerror}. Free some space and run the command again."])
        code = FAILED
    if isinstance(code, str):
        sys.exit(code)
    if "logging" in sys.modules:  # only if the command has loaded it
        sys.modules["logging"].shutdown()
    os._exit(code or OK)


if __name__ == "__main__":
    run()

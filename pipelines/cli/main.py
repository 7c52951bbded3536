"""The command line: `payung`, the group of all commands, and what becomes of an error.

Belongs here: the group and the exit code of an error.
Does not belong here: the commands (a module each), and what they do.
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
from pipelines.cli.options import wants_traceback
from pipelines.cli.output.printing import show_problems
from pipelines.cli.output.stream_encoding import replace_unknown_letters, replacement_notice
from pipelines.cli.refresh import refresh
from pipelines.cli.releases import releases
from pipelines.cli.revisions import revisions
from pipelines.cli.sql import sql
from pipelines.cli.status import status
from pipelines.cli.ui import ui

COMMANDS = (refresh, revisions, gaps, sql, explain, status, export, edition, releases, ui)

# A full disk or quota, a file as large as is allowed: no fault of the program.
CANNOT_WRITE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Group(click.Group):
    """Shows what a user can mend as one message, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command; a PayungError becomes a message on stderr and exit code 1 (audit: 3)."""
        try:
            return super().invoke(ctx)
        except PayungError as error:
            if wants_traceback(ctx):
                import traceback  # here: --help and most commands need none

                traceback.print_exc()
            show_problems([str(error), *getattr(error, "__notes__", [])])
            ctx.exit(exit_code(error))


def _report_unknown_settings(ctx: click.Context) -> None:
    """Names variables that nothing reads, once and on stderr; `payung status` lists them itself."""
    if ctx.invoked_subcommand == "status" or not settings.unknown_variables():
        return
    from sources import registry

    show_problems(settings.unknown_variables(registry.address_variables()))


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="payung", message="payung %(version)s")
@click.pass_context
def main(ctx: click.Context) -> None:
    """The indicator warehouse for social protection in ASEAN.

    Everything it makes is kept in $PAYUNG_HOME. Default: var/ in a checkout of the project; where Payung is installed
    as a package, payung/ in $XDG_DATA_HOME or ~/.local/share.

    \b
    Examples: payung refresh                  make a release, or see that nothing changed
              payung sql "SELECT * FROM profile('VNM')"
              payung explain ASP_COV_PENSN PHL 2021
              payung export                   workbook, tables, figures and site for the report
    """
    _report_unknown_settings(ctx)


GARBAGE_AFTER = 100_000  # new objects

for command in COMMANDS:
    main.add_command(command)


def run() -> NoReturn:
    """`payung` as a process: runs `main`, and is gone as soon as all that it wrote is out.

    Python would first take apart everything it has loaded, object by object: after a refresh a second in which nothing
    more happens. Files, locks and processes are closed by then by those who opened them.
    The garbage collector looks only after as many new objects as importing Dagster makes: there it finds nothing, and
    looking takes a tenth of the time.
    """
    gc.set_threshold(GARBAGE_AFTER)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by the caller; the next file opened would take its number
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))
    replace_unknown_letters()
    code: str | int | None = OK
    try:
        try:
            main()
        except SystemExit as left:
            code = left.code
        sys.stdout.flush()
        if notice := replacement_notice():
            show_problems([notice])
    except OSError as error:
        if error.errno not in CANNOT_WRITE or "--debug" in sys.argv:
            raise
        show_problems([f"could not write {error.filename or 'all of the answer'}: {error.strerror}."])
        code = FAILED
    if isinstance(code, str):
        sys.exit(code)
    if "logging" in sys.modules:  # loaded by what ran
        sys.modules["logging"].shutdown()
    os._exit(code or OK)


if __name__ == "__main__":
    run()

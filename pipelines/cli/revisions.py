"""The command `payung revisions`: what providers changed between vintages."""

from __future__ import annotations

from datetime import date

import click

from pipelines.cli.command_home import PASS_HOME, CommandHome
from pipelines.cli.options import DAY, DEBUG, FORMAT, RELEASE, TEXT
from pipelines.cli.output.printing import show_frame
from pipelines.cli.release_lookup import area_code, indicator_code, requested_release


@click.command(short_help="Show what providers changed between vintages.")
@click.option("--indicator", type=TEXT, metavar="CODE", help="Only this indicator, such as ASP_COV_SPL.")
@click.option("--area", type=TEXT, metavar="CODE", help="Only this area, such as THA.")
@click.option("--since", type=DAY, metavar="DATE", help="Only vintages of this date or later.")
@click.option(
    "--all", "everything", is_flag=True, help="Include changes of rounding, status, footnotes and newly stated fields."
)
@click.option("--counts", is_flag=True, help="Show only the number of each class, by pair of vintages.")
@FORMAT
@RELEASE
@DEBUG
@PASS_HOME
def revisions(
    command_home: CommandHome,
    indicator: str | None,
    area: str | None,
    since: date | None,
    everything: bool,
    counts: bool,
    form: str,
    release_id: str | None,
) -> None:
    """Show what providers changed between vintages: withdrawn values first, then changes by size.

    \b
    Example: payung revisions --indicator ASP_COV_SPL --area THA
    """
    from pipelines import revision_query as query
    from pipelines.cli.output.revisions_text import no_revision_text

    release = requested_release(command_home.home, release_id)
    classes = query.CLASSES if everything else query.VALUE_CLASSES
    indicator, area = indicator_code(release, indicator), area_code(release, area)
    request = query.RevisionRequest(indicator, area, since, classes)
    found = query.revision_counts(release, request) if counts else query.revisions(release, request)
    if found.empty and form == "table":
        click.echo(no_revision_text(release, request))
    else:
        show_frame(found, form)

"""The commands that ask a release or a home: revisions, gaps, sql, explain and status.

Belongs here: their options, help and exit codes.
Does not belong here: finding and wording the answers (the modules of pipelines of the same names).
"""

from __future__ import annotations

import re
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from indicator_defs.breakdowns import BREAKDOWNS
from pipelines.cli.common import (
    ATTENTION,
    DAY,
    DEBUG,
    FILE,
    FORMAT,
    JSON,
    OK,
    PAST_DAY,
    RELEASE,
    TEXT,
    Text,
    meant_area,
    meant_indicator,
    readable,
    show,
    show_json,
    show_problems,
    shown_path,
)
from pipelines.home import home

if TYPE_CHECKING:
    from collections.abc import Callable

# Formats of an answer of `payung sql`, and the endings of their files.
ENDINGS = {"table": ".txt", "csv": ".csv", "json": ".json", "parquet": ".parquet", "xlsx": ".xlsx"}
BREAKDOWNS_IN_SHORT = {
    "income_wealth_quantile": ["--quantile"],
    "disability_status": ["--disability"],
    "education_lev": ["--education"],
    "migratory_status": ["--migration"],
}


@click.command(short_help="Show what providers changed between vintages.")
@click.option("--indicator", type=TEXT, metavar="CODE", help="Only this indicator, as ASP_COV_SPL.")
@click.option("--area", type=TEXT, metavar="CODE", help="Only this area, as THA.")
@click.option("--since", type=DAY, metavar="DATE", help="Only vintages of this date or later.")
@click.option("--all", "everything", is_flag=True, help="Also rounding, newly stated fields, status and footnotes.")
@click.option("--counts", is_flag=True, help="Only how many of each class, by pair of vintages.")
@FORMAT
@RELEASE
@DEBUG
def revisions(
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
    from pipelines.cli.output import revisions as asking

    release = readable(release_id)
    classes = asking.CLASSES if everything else asking.VALUE_CLASSES
    indicator, area = meant_indicator(release, indicator), meant_area(release, area)
    asked = asking.Asked(indicator, area, since, classes)
    found = asking.counts(release, asked) if counts else asking.revisions(release, asked)
    if found.empty and form == "table":
        click.echo(asking.nothing_found(release, asked))
    else:
        show(found, form)


@click.command()
@click.option("--area", type=TEXT, metavar="CODE", help="Only this Member State or group, as THA or ASEAN.")
@click.option("--indicator", type=TEXT, metavar="CODE", help="Only this indicator, as ASP_COV_SHP.")
@click.option("--group", type=TEXT, metavar="NAME", help="Only this group of indicators, as financing.")
@click.option(
    "--reason", type=TEXT, metavar="CODE", help="Only gaps of this reason, as out_of_window; the summary keeps all."
)
@click.option(
    "--breakdowns", is_flag=True, help="Also figures by sex, age and other breakdowns, not only the headline."
)
@click.option("--json", "as_json", is_flag=True, help="Short for --format json.")
@FORMAT
@click.option(
    "--figure",
    type=FILE,
    metavar="FILE",
    help="Draw the heat map of the whole set instead: .png, .svg, or both without an ending.",
)
@RELEASE
@DEBUG
def gaps(
    area: str | None,
    indicator: str | None,
    group: str | None,
    reason: str | None,
    breakdowns: bool,
    as_json: bool,
    form: str,
    figure: Path | None,
    release_id: str | None,
) -> None:
    """Show which figures are missing, why, and who could fill them.

    First how many by reason and by area, then one line for each indicator and reason. Indicators that are declared
    without values are part of it. With --format csv: one line for each figure; json: the summary and each figure.

    \b
    Examples: payung gaps --area LAO --group coverage
              payung gaps --reason national_submission --format csv
              payung gaps --figure gaps.png
    """
    from pipelines.cli.output import gaps as asking

    if as_json and form == "csv":
        raise click.UsageError("--json is short for --format json: leave out one of --json and --format csv.")
    if figure is not None:
        if area or indicator or group or reason or breakdowns or as_json or form != "table":
            raise click.UsageError("--figure draws the whole set: leave out the other options but --release.")
        asking.refuse_ending(figure)
    release = readable(release_id)
    if figure is not None:
        for path in asking.draw(release, figure):
            click.echo(shown_path(path))
        return
    indicator, area = meant_indicator(release, indicator), meant_area(release, area)
    found = asking.gaps(release, asking.Asked(area, indicator, group, reason, breakdowns))
    if as_json or form == "json":
        show_json(found.as_dict())
    elif form == "csv":
        show(found.rows, form)
    else:
        asking.show(found)
    show_problems(asking.fetched_since(home(), release))


class _Query(click.Command):
    """A command whose text may begin with a comment of SQL, which would else be taken for an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Sets a blank before such a text: no option has a blank or a line break after its dashes."""
        return super().parse_args(ctx, [f" {a}" if a.startswith(("-- ", "--\n")) else a for a in args])


@click.command(cls=_Query, short_help="Run read-only SQL on the current release.")
@click.argument("query", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(list(ENDINGS)),
    help="parquet and xlsx need --to. Default: the ending of --to, or else table.",
)
@click.option(
    "--to",
    type=FILE,
    metavar="FILE",
    help=f"Write the answer there: {', '.join(ENDINGS.values())}.",
)
@RELEASE
@click.option("--as-of", "as_of", type=PAST_DAY, metavar="DATE", help="Country values as they were known at a date.")
@DEBUG
def sql(query: str | None, form: str | None, to: Path | None, release_id: str | None, as_of: date | None) -> None:
    """Run read-only SQL on the current release; without QUERY, an interactive prompt.

    With --as-of the tables show the country values of the vintages published by a date. Regional figures as of a date
    need a build of their own: payung refresh --as-of.

    \b
    Examples: payung sql "SELECT * FROM series('ASP_COV_PENSN', 'PHL')"
              payung sql "SELECT * FROM regional_baseline" --to baseline.xlsx
              payung sql --as-of 2022-12-31 "SELECT * FROM series('ASP_COV_SPL', 'THA')"
    """
    chosen = _format_of(form, to)
    from pipelines.cli.sql_call import Call, run

    run(Call(readable(release_id), as_of, chosen, to), query)


def _format_of(form: str | None, to: Path | None) -> str:
    """The format asked for, or that of the file's ending. Raises UsageError where they contradict each other."""
    if to is None:
        if form in ("parquet", "xlsx"):
            raise click.UsageError(f"--format {form} needs a file: add --to FILE.{form}")
        return form or "table"
    ending = to.suffix.lower()
    of_ending = next((f for f, e in ENDINGS.items() if e == ending), None)
    if form is None and of_ending is None:
        raise click.UsageError(
            f"--to {to.name}: found {f'the ending {ending}' if ending else 'no ending'}, expected one of "
            f"{', '.join(ENDINGS.values())}; or name the format with --format."
        )
    if form is not None and of_ending not in (None, form):
        raise click.UsageError(
            f"--format {form} contradicts --to {to.name}, whose ending {ending} is that of {of_ending}: leave out "
            f"--format, or name a file that ends in {ENDINGS[form]}."
        )
    return form or of_ending or "table"


def _breakdowns(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds an option for every breakdown of the key, as --sex F and --income-wealth-quantile Q1."""
    for name in reversed(BREAKDOWNS):
        names = [f"--{name.replace('_', '-')}", *BREAKDOWNS_IN_SHORT.get(name, [])]
        said = f"Default: {name} of the headline figure."
        command = click.option(*names, name, type=TEXT, metavar="CODE", help=said)(command)
    return command


class Year(Text):
    """A year of a number: four digits, or a word for one of the two years of the baseline."""

    name = "YEAR"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The year as text."""
        text = super().convert(value, param, ctx)
        if re.fullmatch("[0-9]{4}", text) is None and text.lower() not in ("baseline", "latest"):
            self.fail(f"found {text!r}, expected four digits, as 2021, or baseline or latest.", param, ctx)
        return text


@click.command(short_help="Show where one number comes from, back to the row read.")
@click.argument("indicator", type=TEXT)
@click.argument("area", type=TEXT)
@click.argument("year", type=Year())
@_breakdowns
@click.option("--json", "as_json", is_flag=True, help="The same as structured data, for machines.")
@RELEASE
@DEBUG
def explain(
    indicator: str, area: str, year: str, as_json: bool, release_id: str | None, **breakdowns: str | None
) -> None:
    """Show where one number comes from, back to the row of the bytes that were read.

    YEAR is a year, or baseline or latest (of the regional baseline). AREA is a country, or ASEAN, ASEAN10, ASEAN6 or
    CLMV: then each member with its weight and its own way back. Where there is no value, why, and what there is instead.

    \b
    Examples: payung explain ASP_COV_PENSN PHL 2021 --sex F
              payung explain ASP_COV_UEMP ASEAN 2020
              payung explain ASP_COV_ANY IDN latest --json
    """
    from pipelines.cli.output.explain import as_json as for_machines
    from pipelines.cli.output.explain import render
    from warehouse.explain.explanation import ExplanationRequest, explain

    given = {name: code for name, code in breakdowns.items() if code is not None}
    release = readable(release_id)
    area = meant_area(release, area) or area
    found = explain(release, ExplanationRequest(indicator, area, year, given))
    click.echo(for_machines(found) if as_json else render(found))


@click.command()
@click.option("--snapshots", is_flag=True, help="List the kept snapshots instead.")
@JSON
@DEBUG
def status(snapshots: bool, as_json: bool) -> None:
    """Show the current release, its sources and what needs attention.

    With --snapshots: every state of every provider that is kept, and whether the next release takes it.

    A source that is later than its own calendar is shown so; it needs attention once the provider was asked online. The
    last lines say what to do.

    \b
    Exit codes: 0 fine, 4 something needs attention.
    Example: payung status --json
    """
    if snapshots:
        from pipelines.kept_snapshots import kept

        found_snapshots = kept(home())
        if found_snapshots.empty and not as_json:
            click.echo("No snapshot is kept yet: payung refresh brings in those that ship with the project.")
        else:
            show(found_snapshots, "json" if as_json else "table")
        return
    from pipelines.cli.output.status import collect, render

    found = collect(home())
    if as_json:
        show_json(found.as_dict())
    else:
        click.echo(render(found))
    sys.exit(ATTENTION if found.attention else OK)

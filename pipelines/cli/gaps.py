"""The command `payung gaps`: the missing figures, the reasons, and the sources that could provide them."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.cli.command_home import PASS_HOME, CommandHome
from pipelines.cli.options import DEBUG, FILE, FORMAT, RELEASE, TEXT
from pipelines.cli.output.printing import show_frame, show_json, show_problems, shown_path
from pipelines.cli.release_lookup import area_code, indicator_code, requested_release


@click.command(short_help="List missing figures, the reasons and possible sources.")
@click.option("--area", type=TEXT, metavar="CODE", help="Only this Member State or group, such as THA or ASEAN.")
@click.option("--indicator", type=TEXT, metavar="CODE", help="Only this indicator, such as ASP_COV_SHP.")
@click.option("--group", type=TEXT, metavar="NAME", help="Only this group of indicators, such as financing.")
@click.option(
    "--reason",
    type=TEXT,
    metavar="CODE",
    help="List only gaps with this reason, such as out_of_window; all are counted.",
)
@click.option(
    "--breakdowns",
    is_flag=True,
    help="Include figures by sex, age and other breakdowns, in addition to headline figures.",
)
@click.option("--json", "as_json", is_flag=True, help="Same as --format json.")
@FORMAT
@click.option(
    "--figure",
    type=FILE,
    metavar="FILE",
    help="Write a heat map of all indicators instead, as .png or .svg; both if FILE has no ending.",
)
@RELEASE
@DEBUG
@PASS_HOME
def gaps(
    command_home: CommandHome,
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
    """Show which figures are missing, why, and which sources could provide them.

    The output begins with the number of missing figures by reason and by area; then each indicator is listed with its
    reasons. Indicators without any values are included. --format csv has one line for each figure, --format json the
    summary and each figure.

    \b
    Examples: payung gaps --area LAO --group coverage
              payung gaps --reason national_submission --format csv
              payung gaps --figure gaps.png
    """
    if as_json and form == "csv":
        raise click.UsageError(
            "--json is the same as --format json, so it contradicts --format csv: leave out one of them."
        )
    if figure is not None:
        if area or indicator or group or reason or breakdowns or as_json or form != "table":
            raise click.UsageError(
                "--figure always shows all indicators: leave out all other options except --release."
            )
        _draw(command_home, figure, release_id)
        return
    from pipelines.cli.output.gaps_text import show_gaps
    from pipelines.gap_report import GapRequest, fetched_since, gap_report

    release = requested_release(command_home.home, release_id)
    indicator, area = indicator_code(release, indicator), area_code(release, area)
    report = gap_report(release, GapRequest(area, indicator, group, reason, breakdowns))
    if as_json or form == "json":
        show_json(report.as_dict())
    elif form == "csv":
        show_frame(report.rows, form)
    else:
        show_gaps(report)
    show_problems(fetched_since(command_home.home, release))


def _draw(command_home: CommandHome, figure: Path, release_id: str | None) -> None:
    from pipelines.cli.output.gap_figure import draw_gaps, refuse_ending

    refuse_ending(figure)
    for path in draw_gaps(requested_release(command_home.home, release_id), figure):
        click.echo(shown_path(path))

"""The command `payung explain`: the lineage of one figure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from indicator_defs.breakdowns import BREAKDOWNS
from pipelines.cli.command_home import PASS_HOME, CommandHome
from pipelines.cli.options import DEBUG, RELEASE, TEXT, Text
from pipelines.cli.release_lookup import area_code, requested_release

if TYPE_CHECKING:
    from collections.abc import Callable

SHORT_BREAKDOWN_OPTIONS = {
    "income_wealth_quantile": ["--quantile"],
    "disability_status": ["--disability"],
    "education_lev": ["--education"],
    "migratory_status": ["--migration"],
}


def _breakdowns(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds an option for each breakdown, such as --sex and --income-wealth-quantile."""
    for name in reversed(BREAKDOWNS):
        names = [f"--{name.replace('_', '-')}", *SHORT_BREAKDOWN_OPTIONS.get(name, [])]
        help_text = f"Default: {name} of the headline figure."
        command = click.option(*names, name, type=TEXT, metavar="CODE", help=help_text)(command)
    return command


class Year(Text):
    """The year of a figure: four digits, or baseline or latest for a year of the regional baseline."""

    name = "YEAR"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The year as text."""
        text = super().convert(value, param, ctx)
        if re.fullmatch("[0-9]{4}", text) is None and text.lower() not in ("baseline", "latest"):
            self.fail(f"found {text!r}, expected four digits such as 2021, or baseline, or latest.", param, ctx)
        return text


@click.command(short_help="Show the lineage of one figure, back to the published row.")
@click.argument("indicator", type=TEXT)
@click.argument("area", type=TEXT)
@click.argument("year", type=Year())
@_breakdowns
@click.option("--json", "as_json", is_flag=True, help="Output as JSON, for programs.")
@RELEASE
@DEBUG
@PASS_HOME
def explain(
    command_home: CommandHome,
    indicator: str,
    area: str,
    year: str,
    as_json: bool,
    release_id: str | None,
    **breakdowns: str | None,
) -> None:
    """Show the lineage of one figure, back to the row in the downloaded file.

    YEAR is a year, or baseline or latest (the years of the regional baseline). AREA is a country, or ASEAN, ASEAN10,
    ASEAN6 or CLMV; for a group, each member is shown with its weight and its source. For a missing value, the reason
    and the closest values are shown.

    \b
    Examples: payung explain ASP_COV_PENSN PHL 2021 --sex F
              payung explain ASP_COV_UEMP ASEAN 2020
              payung explain ASP_COV_ANY IDN latest --json
    """
    from pipelines.cli.output.explain_text import explanation_json, explanation_text
    from warehouse.explain.explanation import ExplanationRequest
    from warehouse.explain.explanation import explain as explain_figure

    given = {name: code for name, code in breakdowns.items() if code is not None}
    release = requested_release(command_home.home, release_id)
    area = area_code(release, area) or area
    found = explain_figure(release, ExplanationRequest(indicator, area, year, given))
    click.echo(explanation_json(found) if as_json else explanation_text(found))

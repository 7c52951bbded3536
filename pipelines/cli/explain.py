"""The command `payung explain`: where one number comes from."""

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
    """Adds an option for every breakdown of the key, as --sex F and --income-wealth-quantile Q1."""
    for name in reversed(BREAKDOWNS):
        names = [f"--{name.replace('_', '-')}", *SHORT_BREAKDOWN_OPTIONS.get(name, [])]
        text = f"Default: {name} of the headline figure."
        command = click.option(*names, name, type=TEXT, metavar="CODE", help=text)(command)
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
    """Show where one number comes from, back to the row of the bytes that were read.

    YEAR is a year, or baseline or latest (of the regional baseline). AREA is a country, or ASEAN, ASEAN10, ASEAN6 or
    CLMV: then each member with its weight and its own way back. Where there is no value, why, and what there is instead.

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

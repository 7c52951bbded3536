"""The command line: `payung`. Thin: options in, messages out.

Belongs here: commands, their help and exit codes. Everything heavy is imported inside the command that needs it, so
that `payung --help` is quick.
Does not belong here: what the commands do.
"""

from __future__ import annotations

import sys
import traceback
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from indicator_defs.breakdowns import BREAKDOWNS
from indicator_defs.errors import PayungError
from pipelines.cli_edition import edition
from pipelines.cli_releases import releases, show_dry_run, tell_of_acceptance, tell_of_rollback
from pipelines.settings import ROOT, home, prepare_dagster

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from pipelines.run import Outcome
    from sources.online import FetchReport

NOTHING_FETCHED = "no dataset could be fetched; what was kept stands."
OK, FAILED, USAGE, AUDIT_FAILED, ATTENTION = 0, 1, 2, 3, 4
DAY = click.DateTime(["%Y-%m-%d"])
BREAKDOWNS_IN_SHORT = {
    "income_wealth_quantile": ["--quantile"],
    "disability_status": ["--disability"],
    "education_lev": ["--education"],
    "migratory_status": ["--migration"],
}
DEBUG = click.option("--debug", is_flag=True, help="Show the traceback of an error.")


class Group(click.Group):
    """Shows what a user can mend as one message, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command; a PayungError becomes a message on stderr and exit code 1 (audit: 3)."""
        try:
            return super().invoke(ctx)
        except PayungError as error:
            if "--debug" in sys.argv:
                traceback.print_exc()
            click.echo(f"payung: {error}", err=True)
            ctx.exit(exit_code(error))


def exit_code(error: PayungError) -> int:
    """The exit code of an error that a user can mend."""
    return AUDIT_FAILED if type(error).__name__ == "AuditError" else FAILED


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="payung", message="payung %(version)s")
def main() -> None:
    """The indicator warehouse for social protection in ASEAN.

    Everything it makes is kept in $PAYUNG_HOME (default: var/ beside pyproject.toml).
    """


@main.command()
@click.option("--online", is_flag=True, help="Ask the providers; without it, what is kept and shipped is used.")
@click.option("--source", "sources", multiple=True, metavar="NAME", help="With --online: ask only this provider.")
@click.option("--force", is_flag=True, help="Fetch, build and publish although nothing changed.")
@click.option("--dry-run", "is_dry", is_flag=True, help="Build, audit and compare with the current release only.")
@click.option("--accept", metavar="REASON", help="Publish although tolerances are exceeded; kept in the release.")
@click.option("--by", metavar="NAME", help="With --accept: who accepts it; by default the login.")
@click.option("--as-of", "as_of", type=DAY, metavar="DATE", help="Only vintages up to this date; with --to.")
@click.option(
    "--to", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="With --as-of: folder of the build."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON event a line on stdout, for machines.")
@DEBUG
def refresh(
    online: bool,
    sources: tuple[str, ...],
    force: bool,
    is_dry: bool,
    accept: str | None,
    by: str | None,
    as_of: datetime | None,
    to: Path | None,
    as_json: bool,
    debug: bool,
) -> None:
    """Make a new release from the shipped archive, from what was fetched, and from files in the inbox.

    With --online the providers are asked first: what changed, then only what moved. A dataset that cannot be fetched
    whole keeps its last good snapshot and is named at the end.

    With --as-of and --to the warehouse is built as it would have been at a date, with today's definitions and weights,
    into a folder of its own; releases and `current` stay as they are.

    A release that would differ from the current one by more than indicator_defs/tolerances.yaml allows is not published
    until somebody accepts it with a reason. --dry-run shows what would change, and publishes nothing.

    Publishes all or nothing: when anything fails, the last release stays. Only one refresh runs at a time; a second
    one is refused with the process number of the first.

    \b
    Exit codes: 0 published or nothing to do, 1 failed, 2 wrong usage, 3 audit failed or a tolerance
    exceeded, nothing published. When every dataset asked for failed, the code is 1.
    Examples: payung refresh --online --source ilostat
              payung refresh --dry-run
              payung refresh --accept "new household survey of Viet Nam" --by "N. Tran, GSO"
              payung refresh --as-of 2022-12-31 --to as-of-2022
    """
    if (as_of is None) != (to is None):
        raise click.UsageError("--as-of DATE and --to DIR belong together: such a build never becomes the release.")
    if as_of is not None and to is not None:
        if online or sources or as_json or is_dry or accept:
            raise click.UsageError(
                "--as-of takes kept vintages only and publishes nothing: leave out --online, --source, --json, --dry-run "
                "and --accept."
            )
        _refresh_as_of(as_of.date(), to)
        return
    if sources and not online:
        raise click.UsageError("--source needs --online: without it no provider is asked.")
    if sources:
        from sources.online import askable
        from sources.registry import RegistryError

        try:
            askable(list(sources))
        except RegistryError as error:
            raise click.BadParameter(str(error), param_hint="--source") from error
    if accept is not None and not accept.strip():
        raise click.UsageError("--accept wants a reason in words: it is kept in the release.")
    if by and accept is None:
        raise click.UsageError("--by belongs to --accept.")
    if is_dry:
        if accept is not None:
            raise click.UsageError("--dry-run publishes nothing, so there is nothing to accept.")
        from pipelines.dry_run import dry_run
        from pipelines.progress import on_terminal

        with on_terminal() as tell:
            tried = dry_run(home(), force, tell, online, sources, (lambda _: None) if as_json else _fetched)
        show_dry_run(tried, as_json)
        sys.exit(AUDIT_FAILED if tried.failed or tried.exceeded else OK)
    accepted = ("", "")
    if accept is not None:
        from pipelines.releases import who

        accepted = (accept.strip(), who(by))
    if as_json:
        sys.exit(_refresh_as_events(online, sources, force, accepted))
    from pipelines.progress import on_terminal
    from pipelines.run import refresh as run

    with on_terminal() as tell:
        outcome = run(home(), force, tell, online, sources, _fetched, accepted)
    if not outcome.is_new:
        click.echo(f"Nothing changed since release {outcome.release.name}; nothing was done ({outcome.seconds:.1f} s).")
        tell_of_rollback(outcome.release)
        click.echo(f"Warehouse: {_shown(outcome.release / 'warehouse.duckdb')}")
    else:
        _summary(outcome.release, outcome.seconds)
        if accept is not None:
            tell_of_acceptance(outcome.release)
    for problem in outcome.not_told:
        click.echo(f"payung: {problem}", err=True)
    if _all_failed(outcome):
        click.echo(f"payung: {NOTHING_FETCHED}", err=True)
        sys.exit(FAILED)


def _all_failed(outcome: Outcome) -> bool:
    return bool(outcome.fetched) and all(r.outcome == "failed" for r in outcome.fetched)


def _readable(release_id: str | None) -> Path:
    """The release asked for; without an ID the current one, or the last good one where that cannot be opened."""
    from warehouse.releases import Releases

    releases = Releases(home())
    if release_id is not None:
        return releases.find(release_id)
    from warehouse.upkeep import readable

    return readable(releases, lambda what: click.echo(f"payung: {what}", err=True))


def _refresh_as_events(online: bool, sources: tuple[str, ...], force: bool, accepted: tuple[str, str]) -> int:
    """The refresh with one JSON event a line on stdout; returns the exit code, which the last event tells too."""
    from pipelines.progress import Events
    from pipelines.run import refresh as run
    from pipelines.summary import summary

    events = Events(sys.stdout)
    events.tell("start", home=str(home()), online=online, sources=list(sources), force=force)

    def fetched(reports: list[FetchReport]) -> None:
        for report in reports:
            events.tell("fetched", **report.model_dump(mode="json"))

    try:
        outcome = run(home(), force, events.told, online, sources, fetched, accepted)
    except PayungError as error:
        events.tell("failed", exit_code=exit_code(error), message=str(error))
        raise
    code = FAILED if _all_failed(outcome) else OK
    facts = {"exit_code": code, "seconds": round(outcome.seconds, 3), "not_told": outcome.not_told}
    if code:
        facts["message"] = NOTHING_FETCHED
    if outcome.is_new:
        events.tell("published", **facts, **summary(outcome.release).as_dict())
    else:
        events.tell(
            "unchanged", **facts, release=outcome.release.name, warehouse=str(outcome.release / "warehouse.duckdb")
        )
    return code


@main.command()
@click.option("--indicator", metavar="CODE", help="Only this indicator, as ASP_COV_SPL.")
@click.option("--area", metavar="CODE", help="Only this area, as THA.")
@click.option("--since", type=DAY, metavar="DATE", help="Only vintages of this date or later.")
@click.option("--all", "everything", is_flag=True, help="Also rounding, newly stated fields, status and footnotes.")
@click.option("--counts", is_flag=True, help="Only how many of each class, by pair of vintages.")
@click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
@click.option("--release", "release_id", help="Another release than the current one.")
@DEBUG
def revisions(
    indicator: str | None,
    area: str | None,
    since: datetime | None,
    everything: bool,
    counts: bool,
    form: str,
    release_id: str | None,
    debug: bool,
) -> None:
    """Show what providers changed between vintages: withdrawn values first, then changes by size.

    \b
    Example: payung revisions --indicator ASP_COV_SPL --area THA
    """
    from pipelines import revisions as asking

    release = _readable(release_id)
    classes = asking.CLASSES if everything else asking.VALUE_CLASSES
    asked = asking.Asked(indicator, area, since.date() if since else None, classes)
    found = asking.counts(release, asked) if counts else asking.revisions(release, asked)
    if found.empty and form == "table":
        click.echo(asking.nothing_found(release, asked))
    else:
        _show(found, form)


@main.command()
@click.option("--area", metavar="CODE", help="Only this Member State or group, as THA or ASEAN.")
@click.option("--indicator", metavar="CODE", help="Only this indicator, as ASP_COV_SHP.")
@click.option("--group", metavar="NAME", help="Only this group of indicators, as financing.")
@click.option("--reason", metavar="CODE", help="Only gaps of this reason, as out_of_window; the summary keeps all.")
@click.option(
    "--breakdowns", is_flag=True, help="Also figures by sex, age and other breakdowns, not only the headline."
)
@click.option("--json", "as_json", is_flag=True, help="Short for --format json.")
@click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
@click.option(
    "--figure",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Draw the heat map of the whole set instead: .png, .svg, or both without an ending.",
)
@click.option("--release", "release_id", help="Another release than the current one.")
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
    debug: bool,
) -> None:
    """Show which figures are missing, why, and who could fill them.

    First how many by reason and by area, then one line for each indicator and reason. Indicators that are declared
    without values are part of it. With --format csv: one line for each figure; json: the summary and each figure.

    \b
    Examples: payung gaps --area LAO --group coverage
              payung gaps --reason national_submission --format csv
              payung gaps --figure gaps.png
    """
    from pipelines import gaps as asking

    release = _readable(release_id)
    if figure is not None:
        if area or indicator or group or reason or breakdowns or as_json or form != "table":
            raise click.UsageError("--figure draws the whole set: leave out the other options but --release.")
        for path in asking.draw(release, figure):
            click.echo(_shown(path))
        return
    found = asking.gaps(release, asking.Asked(area, indicator, group, reason, breakdowns))
    if as_json or form == "json":
        import json

        click.echo(json.dumps(found.as_dict(), ensure_ascii=False, indent=1))
    elif form == "csv":
        _show(found.rows, form)
    else:
        asking.show(found)
    for line in asking.fetched_since(home(), release):
        click.echo(f"payung: {line}", err=True)


@main.command()
@click.argument("query", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json", "parquet", "xlsx"]),
    default="table",
    show_default=True,
    help="parquet and xlsx need --to.",
)
@click.option("--to", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write the answer there.")
@click.option("--release", "release_id", help="Another release than the current one.")
@click.option("--as-of", "as_of", type=DAY, metavar="DATE", help="Country values as they were known at a date.")
@DEBUG
def sql(
    query: str | None, form: str, to: Path | None, release_id: str | None, as_of: datetime | None, debug: bool
) -> None:
    """Run read-only SQL on the current release; without QUERY, an interactive prompt.

    With --as-of the tables show the country values of the vintages published by a date. Regional figures as of a date
    need a build of their own: payung refresh --as-of.

    \b
    Examples: payung sql "SELECT * FROM series('ASP_COV_PENSN', 'PHL')"
              payung sql "SELECT * FROM regional_baseline" --format xlsx --to baseline.xlsx
              payung sql --as-of 2022-12-31 "SELECT * FROM series('ASP_COV_SPL', 'THA')"
    """
    if form in ("parquet", "xlsx") and to is None:
        raise click.UsageError(f"--format {form} needs a file: add --to FILE.{form}")
    from pipelines.sql import Call, run

    run(Call(_readable(release_id), as_of.date() if as_of else None, form, to), query)


def _breakdowns(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds an option for every breakdown of the key, as --sex F and --income-wealth-quantile Q1."""
    for name in reversed(BREAKDOWNS):
        names = [f"--{name.replace('_', '-')}", *BREAKDOWNS_IN_SHORT.get(name, [])]
        command = click.option(*names, name, metavar="CODE", help=f"Default: {name} of the headline figure.")(command)
    return command


@main.command()
@click.argument("indicator")
@click.argument("area")
@click.argument("year")
@_breakdowns
@click.option("--json", "as_json", is_flag=True, help="The same as structured data, for machines.")
@click.option("--release", "release_id", help="Another release than the current one.")
@DEBUG
def explain(
    indicator: str, area: str, year: str, as_json: bool, release_id: str | None, debug: bool, **breakdowns: str | None
) -> None:
    """Show where one number comes from, back to the row of the bytes that were read.

    YEAR is a year, or baseline or latest (of the regional baseline). AREA is a country, or ASEAN, ASEAN10, ASEAN6 or
    CLMV: then each member with its weight and its own way back. Where there is no value, why, and what there is instead.

    \b
    Examples: payung explain ASP_COV_PENSN PHL 2021 --sex F
              payung explain ASP_COV_UEMP ASEAN 2020
              payung explain ASP_COV_ANY IDN latest --json
    """
    from pipelines.explain import as_json as for_machines
    from pipelines.explain import render
    from warehouse.way_back import Asked, way_back

    given = {name: code for name, code in breakdowns.items() if code is not None}
    found = way_back(_readable(release_id), Asked(indicator, area, year, given))
    click.echo(for_machines(found) if as_json else render(found))


@main.command()
@click.option(
    "--to", "to", type=click.Path(file_okay=False, path_type=Path), help="Folder. Default: exports/RELEASE in the home."
)
@click.option("--only", help="Comma-separated kinds: xlsx, csv, parquet, figures, site. Default: all.")
@click.option("--release", "release_id", help="Another release than the current one.")
@DEBUG
def export(to: Path | None, only: str | None, release_id: str | None, debug: bool) -> None:
    """Write the workbook, CSV and Parquet tables, figures and a static site of a release.

    \b
    Example: payung export --only xlsx,figures --to report
             payung export --only site
    """
    from warehouse.export import export as run

    release = _readable(release_id)
    folder = to or home() / "exports" / release.name
    kinds = [k.strip() for k in only.split(",") if k.strip()] if only else None
    for path in run(release, folder, kinds):
        click.echo(_shown(path))


@main.command()
@click.option("--snapshots", is_flag=True, help="List the kept snapshots instead.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@DEBUG
def status(snapshots: bool, as_json: bool, debug: bool) -> None:
    """Show the current release, its sources and what needs attention.

    With --snapshots: every state of every provider that is kept, and whether the next release takes it.

    \b
    Exit codes: 0 fine, 4 something needs attention.
    Example: payung status --json
    """
    if snapshots:
        from pipelines.snapshots import kept

        found_snapshots = kept(home())
        if found_snapshots.empty and not as_json:
            click.echo("No snapshot is kept yet: payung refresh brings in those that ship with the project.")
        else:
            _show(found_snapshots, "json" if as_json else "table")
        return
    from pipelines.status import collect, render

    found = collect(home())
    if as_json:
        import json

        click.echo(json.dumps(found.as_dict(), indent=1, ensure_ascii=False))
    else:
        click.echo(render(found))
    sys.exit(ATTENTION if found.attention else OK)


@main.command()
@click.option("--port", default=3000, show_default=True, help="Port on 127.0.0.1.")
@DEBUG
def ui(port: int, debug: bool) -> None:
    """Open Dagster's web interface on 127.0.0.1, with the schedule's daemon running.

    \b
    Example: payung ui --port 3001
    """
    import os
    import subprocess

    folder = home()
    prepare_dagster(folder / "dagster")
    os.environ["PAYUNG_HOME"] = str(folder)
    command = [
        str(Path(sys.executable).parent / "dagster"),
        "dev",
        "-m",
        "pipelines.definitions",
        "-h",
        "127.0.0.1",
        "-p",
        str(port),
    ]
    _end_dead_runs(folder)
    click.echo(f"Opening http://127.0.0.1:{port} (stop with Ctrl-C). Home: {_shown(folder)}")
    sys.exit(subprocess.call(command, cwd=ROOT))


def _end_dead_runs(folder: Path) -> None:
    """Lets runs of the UI not wait for a killed `payung refresh`; leaves all as it is while one is running."""
    import dagster as dg

    from assets.lock import LockedError, take_lock
    from pipelines.run import end_dead_runs

    try:
        lock = take_lock(folder)
    except LockedError:
        return
    try:
        with dg.DagsterInstance.get() as instance:
            end_dead_runs(instance)
    finally:
        lock.release()


def _refresh_as_of(as_of: date, to: Path) -> None:
    from pipelines.as_of import refresh_as_of
    from pipelines.progress import on_terminal
    from warehouse.releases import read_manifest

    with on_terminal() as tell:
        outcome = refresh_as_of(home(), as_of, to, tell)
    manifest = read_manifest(outcome.release)
    click.echo(f"Built {manifest['release']} in {outcome.seconds:.1f} s from these vintages (weights are today's):")
    for source in manifest["sources"]:
        click.echo(f"  {source['provider']}/{source['dataset']}  {source['vintage_date']}")
    click.echo(f"Warehouse: {_shown(outcome.release / 'warehouse.duckdb')}")
    click.echo("The current release is the one it was.")


def _shown(path: Path) -> str:
    """A path relative to where the user is, if that is shorter."""
    import os

    relative = os.path.relpath(path)
    return relative if len(relative) < len(str(path)) else str(path)


def _show(frame: pd.DataFrame, form: str) -> None:
    if form == "csv":
        click.echo(frame.to_csv(index=False), nl=False)
    elif form == "json":
        import json

        rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
        click.echo(json.dumps(rows, ensure_ascii=False, default=str))
    else:
        from pipelines.display import print_table

        print_table(frame)


def _fetched(reports: list[FetchReport]) -> None:
    """What the providers were asked and what came of it; failures in full on stderr."""
    if not reports:
        return
    import pandas as pd

    from pipelines.display import print_table

    click.echo("Asked of the providers:")
    print_table(
        pd.DataFrame(
            [(r.path, r.outcome.replace("_", " "), r.requests, r.bytes, r.rows, r.release_tag) for r in reports],
            columns=["dataset", "outcome", "requests", "bytes", "rows", "release"],
        ).astype({"rows": "Int64"})
    )
    click.echo(f"{sum(r.requests for r in reports)} requests, {sum(r.bytes for r in reports):,} bytes.\n")
    for report in reports:
        for line in ([report.message] if report.outcome == "failed" else []) + report.left_out:
            click.echo(f"payung: {report.path}: {line}", err=True)


def _summary(release: Path, seconds: float) -> None:
    from pipelines.display import print_table
    from pipelines.summary import summary

    found = summary(release)
    click.echo(f"Published release {found.release} in {seconds:.1f} s.\n")
    click.echo("Rows of the provider answers, by what became of them:")
    print_table(found.rows)
    click.echo(
        f"\nAudit: {found.passed} checks passed, {len(found.warnings)} with warnings"
        + (f" ({', '.join(found.warnings)})" if found.warnings else "")
        + "."
    )
    click.echo(f"\n{found.indicators.text}")
    click.echo("\nFirst figures, ASEAN (A published, B indicative; weight covered in %):")
    print_table(found.figures)
    click.echo(f"\nWarehouse: {_shown(found.warehouse)}")
    click.echo('Next: payung sql "SELECT * FROM regional_baseline LIMIT 20", payung export, payung ui')


main.add_command(releases)
main.add_command(edition)


if __name__ == "__main__":
    main()

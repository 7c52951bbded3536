"""The command `payung refresh`: a new release, a dry run, or a build as of a date.

Belongs here: its options, which of them go together, and its exit codes.
Does not belong here: what it does (pipelines/refresh_run.py, refresh_dry_run.py, refresh_as_of.py) and shows
(output/refresh_text.py).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from indicator_defs.errors import PayungError
from pipelines.cli.command_home import PASS_HOME, CommandHome
from pipelines.cli.exit_codes import AUDIT_FAILED, FAILED, OK, exit_code
from pipelines.cli.options import DEBUG, FOLDER, PAST_DAY, TEXT
from pipelines.cli.output.printing import show_problems

if TYPE_CHECKING:
    from assets.home import Home
    from pipelines.refresh_run import RefreshRequest
    from sources.dataset_refresh import FetchReport

NOTHING_FETCHED = "no dataset could be fetched; what was kept stands."


@dataclass(frozen=True)
class RefreshOptions:
    """The options as they were given."""

    online: bool
    sources: tuple[str, ...]
    force: bool
    is_dry: bool
    accept: str | None
    by: str | None
    as_of: date | None
    to: Path | None
    as_json: bool

    def request(self) -> RefreshRequest:
        """What the refresh is to do. Raises ReleasesError where the user who accepts has no name."""
        from pipelines.refresh_run import RefreshRequest

        if self.accept is None:
            return RefreshRequest(self.force, self.online, self.sources)
        from pipelines.release_actions import user_name

        return RefreshRequest(self.force, self.online, self.sources, self.accept.strip(), user_name(self.by))


@click.command(short_help="Make a new release, where anything changed.")
@click.option("--online", is_flag=True, help="Ask the providers; without it, what is kept and shipped is used.")
@click.option(
    "--source", "sources", type=TEXT, multiple=True, metavar="NAME", help="With --online: ask only this provider."
)
@click.option("--force", is_flag=True, help="Fetch, build and publish although nothing changed.")
@click.option("--dry-run", "is_dry", is_flag=True, help="Build, audit and compare with the current release only.")
@click.option("--accept", metavar="REASON", help="Publish although tolerances are exceeded; kept in the release.")
@click.option("--by", type=TEXT, metavar="NAME", help="With --accept: who accepts it; by default the login.")
@click.option("--as-of", "as_of", type=PAST_DAY, metavar="DATE", help="Only vintages up to this date; with --to.")
@click.option("--to", type=FOLDER, metavar="DIR", help="With --as-of: folder of the build.")
@click.option("--json", "as_json", is_flag=True, help="One JSON event a line on stdout, for machines.")
@DEBUG
@PASS_HOME
def refresh(command_home: CommandHome, **given: Any) -> None:
    """Make a new release from the shipped archive, from what was fetched, and from files in the inbox.

    With --online the providers are asked first: what changed, then only what moved. A dataset that cannot be fetched
    whole keeps its last good snapshot and is named at the end.

    With --as-of and --to the warehouse is built as it would have been at a date, with today's definitions and weights,
    into a folder of its own; releases and `current` stay as they are. Its reference year is that of the set, or the
    year of the date where that is earlier.

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
    options = RefreshOptions(**given)
    if options.as_of is not None or options.to is not None:
        day, to = _as_of_options(options)
        _build_as_of(command_home.home, day, to)
        return
    _refuse_misuse(options)
    if options.is_dry:
        code = _dry_run(command_home, options)
    elif options.as_json:
        code = _as_events(command_home, options.request())
    else:
        code = _publish(command_home, options.request())
    sys.exit(code)


def _as_of_options(options: RefreshOptions) -> tuple[date, Path]:
    """The date and the folder of a build as of a date. Raises UsageError where other options are given with it."""
    if options.as_of is None or options.to is None:
        raise click.UsageError("--as-of DATE and --to DIR belong together: such a build never becomes the release.")
    if (
        options.online
        or options.sources
        or options.force
        or options.as_json
        or options.is_dry
        or options.accept is not None
        or options.by is not None
    ):
        raise click.UsageError(
            "--as-of takes kept vintages only and publishes nothing: leave out --online, --source, --force, --json, "
            "--dry-run, --accept and --by."
        )
    return options.as_of, options.to


def _refuse_misuse(options: RefreshOptions) -> None:
    """Raises UsageError where options do not go together, BadParameter for an unknown source."""
    if options.sources and not options.online:
        raise click.UsageError("--source needs --online: without it no provider is asked.")
    if options.sources:
        from sources.dataset_refresh import downloadable_datasets
        from sources.registry import RegistryError

        try:
            downloadable_datasets(list(options.sources))
        except RegistryError as error:
            raise click.BadParameter(str(error), param_hint="--source") from error
    if options.accept is not None and not options.accept.strip():
        raise click.UsageError("--accept wants a reason in words: it is kept in the release.")
    if options.by is not None and options.accept is None:
        raise click.UsageError("--by belongs to --accept.")
    if options.is_dry and options.accept is not None:
        raise click.UsageError("--dry-run publishes nothing, so there is nothing to accept.")


def _build_as_of(home: Home, day: date, to: Path) -> None:
    from pipelines.cli.output.progress import on_terminal
    from pipelines.cli.output.refresh_text import show_as_of
    from pipelines.refresh_as_of import refresh_as_of

    with on_terminal() as listener:
        outcome = refresh_as_of(home, day, to, listener)
    show_as_of(outcome)


def _dry_run(command_home: CommandHome, options: RefreshOptions) -> int:
    from pipelines.cli.output.progress import on_terminal
    from pipelines.cli.output.refresh_text import show_dry_run, show_fetched
    from pipelines.refresh_dry_run import dry_run
    from pipelines.refresh_run import all_failed, ignore_reports

    with on_terminal() as listener:
        tried = dry_run(
            command_home.home, options.request(), listener, ignore_reports if options.as_json else show_fetched
        )
    show_dry_run(tried, options.as_json)
    if tried.failed or tried.exceeded:
        return AUDIT_FAILED
    if all_failed(tried.fetched):
        show_problems([NOTHING_FETCHED])
        return FAILED
    return OK


def _publish(command_home: CommandHome, request: RefreshRequest) -> int:
    from pipelines.cli.output.progress import ignoring_closed_pipe, on_terminal
    from pipelines.cli.output.refresh_text import show_fetched, show_outcome
    from pipelines.refresh_run import refresh as run

    def fetched(reports: list[FetchReport]) -> None:
        with ignoring_closed_pipe(sys.stdout):
            show_fetched(reports)

    with on_terminal() as listener:
        outcome = run(command_home.home, request, listener, fetched)
    with ignoring_closed_pipe(sys.stdout):
        show_outcome(outcome, bool(request.accept))
        sys.stdout.flush()
    if outcome.all_failed:
        show_problems([NOTHING_FETCHED])
    return FAILED if outcome.all_failed else OK


def _as_events(command_home: CommandHome, request: RefreshRequest) -> int:
    """The refresh with one JSON event a line on stdout; the last event has the exit code too."""
    from pipelines.cli.output.progress import Events
    from pipelines.refresh_run import refresh as run
    from pipelines.release_summary import release_summary

    events = Events(sys.stdout)
    events.write(
        "start",
        home=str(command_home.home.path),
        online=request.online,
        sources=list(request.sources),
        force=request.force,
    )

    def fetched(reports: list[FetchReport]) -> None:
        for report in reports:
            events.write("fetched", **report.model_dump(mode="json"))

    try:
        outcome = run(command_home.home, request, events.progress, fetched)
    except PayungError as error:
        events.write("failed", exit_code=exit_code(error), message=str(error))
        raise
    code = FAILED if outcome.all_failed else OK
    facts = {"exit_code": code, "seconds": round(outcome.seconds, 3), "not_told": outcome.undelivered}
    if code:
        facts["message"] = NOTHING_FETCHED
    if outcome.is_new:
        events.write("published", **facts, **release_summary(outcome.release).as_dict())
    else:
        events.write(
            "unchanged", **facts, release=outcome.release.name, warehouse=str(outcome.release / "warehouse.duckdb")
        )
    return code

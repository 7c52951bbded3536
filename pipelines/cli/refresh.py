"""The command `payung refresh`: a new release, a dry run, or a build as of a date.

The work is in pipelines/refresh_run.py, refresh_dry_run.py and refresh_as_of.py, the output in output/refresh_text.py.
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

NOTHING_DOWNLOADED = "no dataset could be downloaded; the stored snapshots remain in use."


@dataclass(frozen=True)
class RefreshOptions:
    """The options as given."""

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
        """The request for the refresh. Raises ReleasesError if the name of the user who accepts is unknown."""
        from pipelines.refresh_run import RefreshRequest

        if self.accept is None:
            return RefreshRequest(self.force, self.online, self.sources)
        from pipelines.release_actions import user_name

        return RefreshRequest(self.force, self.online, self.sources, self.accept.strip(), user_name(self.by))


@click.command(short_help="Make a new release if anything changed.")
@click.option("--online", is_flag=True, help="Download from the providers. Default: use stored and bundled data.")
@click.option(
    "--source",
    "sources",
    type=TEXT,
    multiple=True,
    metavar="NAME",
    help="With --online: download only from this provider. Can be repeated.",
)
@click.option("--force", is_flag=True, help="Download, build and publish even if nothing changed.")
@click.option(
    "--dry-run", "is_dry", is_flag=True, help="Build, audit and compare with the current release; publish nothing."
)
@click.option(
    "--accept", metavar="REASON", help="Publish although tolerances are exceeded. The release records the reason."
)
@click.option(
    "--by", type=TEXT, metavar="NAME", help="With --accept: name of the person who accepts. Default: the login."
)
@click.option(
    "--as-of", "as_of", type=PAST_DAY, metavar="DATE", help="Build from vintages up to this date; needs --to."
)
@click.option("--to", type=FOLDER, metavar="DIR", help="With --as-of: folder for the build.")
@click.option("--json", "as_json", is_flag=True, help="Output as JSON for programs, one event per line.")
@DEBUG
@PASS_HOME
def refresh(command_home: CommandHome, **given: Any) -> None:
    """Make a new release from the bundled archive, downloaded data and files in the inbox.

    With --online, Payung first checks with each provider whether its data changed, and downloads changed datasets. A
    dataset that cannot be downloaded completely keeps its last good snapshot, and the reason is shown.

    With --as-of and --to, the warehouse is built in a separate folder, from the vintages up to a date, with the
    definitions and weights of today. Releases do not change. The reference year is that of the set, or the year of the
    date if that is earlier.

    If the new release differs from the current one by more than the tolerances (indicator_defs/tolerances.yaml), it is
    published only with --accept and a reason. --dry-run shows the changes and publishes nothing.

    A release is published completely or not at all: if an error occurs, the current release remains. Only one refresh
    can run at a time; a second one is refused, with the process ID of the first.

    \b
    Exit codes: 0 published or nothing to do, 1 failed (also if all downloads failed), 2 wrong usage,
    3 audit failed or a tolerance exceeded (nothing was published).
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
    """The date and the folder of a build as of a date. Raises UsageError if other options are given too."""
    if options.as_of is None or options.to is None:
        raise click.UsageError(
            "--as-of DATE and --to DIR must be given together, because such a build does not become a release."
        )
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
            "--as-of uses stored vintages only and publishes nothing: leave out --online, --source, --force, --json, "
            "--dry-run, --accept and --by."
        )
    return options.as_of, options.to


def _refuse_misuse(options: RefreshOptions) -> None:
    """Raises UsageError if options contradict each other, BadParameter for an unknown source."""
    if options.sources and not options.online:
        raise click.UsageError("--source needs --online, because only then data are downloaded.")
    if options.sources:
        from sources.dataset_refresh import downloadable_datasets
        from sources.registry import RegistryError

        try:
            downloadable_datasets(list(options.sources))
        except RegistryError as error:
            raise click.BadParameter(str(error), param_hint="--source") from error
    if options.accept is not None and not options.accept.strip():
        raise click.UsageError("--accept: found an empty text, expected the reason, which the release records.")
    if options.by is not None and options.accept is None:
        raise click.UsageError("--by needs --accept: give both, or leave out --by.")
    if options.is_dry and options.accept is not None:
        raise click.UsageError("--dry-run publishes nothing, so it does not need --accept: leave out one of them.")


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
        result = dry_run(
            command_home.home, options.request(), listener, ignore_reports if options.as_json else show_fetched
        )
    show_dry_run(result, options.as_json)
    if result.failed or result.exceeded:
        return AUDIT_FAILED
    if all_failed(result.fetched):
        show_problems([NOTHING_DOWNLOADED])
        return FAILED
    return OK


def _publish(command_home: CommandHome, request: RefreshRequest) -> int:
    from pipelines.cli.output.progress import ignoring_closed_pipe, on_terminal
    from pipelines.cli.output.refresh_text import show_fetched, show_outcome
    from pipelines.refresh_run import refresh as run

    def show_downloads(reports: list[FetchReport]) -> None:
        with ignoring_closed_pipe(sys.stdout):
            show_fetched(reports)

    with on_terminal() as listener:
        outcome = run(command_home.home, request, listener, show_downloads)
    with ignoring_closed_pipe(sys.stdout):
        show_outcome(outcome, bool(request.accept))
        sys.stdout.flush()
    if outcome.all_failed:
        show_problems([NOTHING_DOWNLOADED])
    return FAILED if outcome.all_failed else OK


def _as_events(command_home: CommandHome, request: RefreshRequest) -> int:
    """Runs the refresh and prints one JSON event per line; the last event has the exit code."""
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

    def write_downloads(reports: list[FetchReport]) -> None:
        for report in reports:
            events.write("fetched", **report.model_dump(mode="json"))

    try:
        outcome = run(command_home.home, request, events.progress, write_downloads)
    except PayungError as error:
        events.write("failed", exit_code=exit_code(error), message=str(error))
        raise
    code = FAILED if outcome.all_failed else OK
    facts = {"exit_code": code, "seconds": round(outcome.seconds, 3), "not_told": outcome.undelivered}
    if code:
        facts["message"] = NOTHING_DOWNLOADED
    if outcome.is_new:
        events.write("published", **facts, **release_summary(outcome.release).as_dict())
    else:
        events.write(
            "unchanged", **facts, release=outcome.release.name, warehouse=str(outcome.release / "warehouse.duckdb")
        )
    return code

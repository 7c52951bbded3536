"""The commands `payung releases ...`: list, compare, roll back, verify and remove.

pipelines/release_actions.py does the work, output/diff_text.py shows differences.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from pipelines.cli.command_home import PASS_HOME, CommandHome
from pipelines.cli.exit_codes import FAILED
from pipelines.cli.options import DEBUG, FILE, JSON, RELEASE_ID, TEXT
from pipelines.cli.output.printing import show_json, show_problems

BY = click.option("--by", type=TEXT, metavar="NAME", help="Your name, for the history. Default: the login.")


@click.group(short_help="List, compare, verify, roll back and remove releases.")
def releases() -> None:
    """List, compare, verify, roll back and remove releases.

    \b
    Example: payung releases diff
    """


@releases.command(name="list")
@JSON
@DEBUG
@PASS_HOME
def list_(command_home: CommandHome, as_json: bool) -> None:
    """List all releases, newest first, and their history.

    \b
    Example: payung releases list
    """
    from pipelines.release_actions import release_history, release_list

    frame, events = release_list(command_home.home), release_history(command_home.home)
    if as_json:
        from pipelines.frame_records import frame_records

        show_json({"releases": frame_records(frame), "history": [asdict(e) for e in events]})
    elif frame.empty:
        click.echo("There are no releases. To make one: payung refresh")
    else:
        from pipelines.cli.output.text_table import print_frame

        print_frame(frame.assign(current=frame["current"].map({True: "*", False: ""})).dropna(axis=1, how="all"))
        if events:
            click.echo("\nHistory")
            for event in events[-20:]:
                click.echo(f"  {event.line()}")


@releases.command(short_help="Show the differences between two releases.")
@click.argument("before", type=RELEASE_ID, metavar="[BEFORE]", required=False)
@click.argument("after", type=RELEASE_ID, metavar="[AFTER]", required=False)
@JSON
@click.option("--xlsx", type=FILE, metavar="FILE", help="Also write a workbook (.xlsx).")
@click.option(
    "--samples", default=5, show_default=True, type=click.IntRange(1), help="Number of cases shown for each kind."
)
@DEBUG
@PASS_HOME
def diff(
    command_home: CommandHome, before: str | None, after: str | None, as_json: bool, xlsx: Path | None, samples: int
) -> None:
    """Show the differences between two releases, withdrawn values first, each with its reason.

    Without IDs, the previous release is compared with the current one; with one ID, that release with the current one.

    \b
    Example: payung releases diff 2026.11.22-1 2026.11.22-2 --xlsx meeting.xlsx
    """
    if xlsx is not None and xlsx.suffix.lower() != ".xlsx":
        raise click.UsageError(f"--xlsx: found {xlsx.name}, expected a file name that ends in .xlsx.")
    from pipelines.cli.output.diff_text import diff_text, diff_values
    from pipelines.release_actions import release_diff

    found = release_diff(command_home.home, before, after)
    if as_json:
        show_json(diff_values(found))
    else:
        click.echo(diff_text(found, samples=samples))
    if xlsx is not None:
        from pipelines.cli.output.diff_workbook import write_diff_workbook

        click.echo(f"Workbook: {write_diff_workbook(found, xlsx)}", err=as_json)


@releases.command(short_help="Make an earlier release the current one.")
@click.argument("release_id", type=RELEASE_ID, metavar="ID")
@click.option("--reason", type=TEXT, help="Reason, for the history.")
@BY
@DEBUG
@PASS_HOME
def rollback(command_home: CommandHome, release_id: str, reason: str | None, by: str | None) -> None:
    """Make an earlier release the current one. The history records your name and the reason.

    No release is removed. The next refresh makes a new release only if something changed, or with --force.

    \b
    Example: payung releases rollback 2026.11.22-1 --reason "wrong unit in the file of Viet Nam"
    """
    from pipelines.release_actions import rollback as run

    folder, before = run(command_home.home, release_id, by, reason or "")
    click.echo(f"The current release is {folder.name}" + (f"; it was {before} before." if before else "."))


@releases.command(short_help="Check every file of a release.")
@click.argument("release_id", type=RELEASE_ID, metavar="[ID]", required=False)
@click.option("--all", "everything", is_flag=True, help="All releases.")
@JSON
@DEBUG
@PASS_HOME
def verify(command_home: CommandHome, release_id: str | None, everything: bool, as_json: bool) -> None:
    """Compare every file of a release with its recorded sha256. Default: the current release.

    \b
    Exit codes: 0 unaltered, 1 files are altered, missing or not part of the release.
    Example: payung releases verify --all
    """
    from pipelines.release_actions import verify_releases

    if release_id is not None and everything:
        raise click.UsageError("ID and --all contradict each other: leave out one of them.")
    found = verify_releases(command_home.home, release_id, everything)
    if as_json:
        show_json([v.as_dict() for v in found])
    for v in found if not as_json else ():
        click.echo(f"{v.release}: {f'all {v.n_files} files are as published' if v.is_whole else 'NOT AS PUBLISHED'}")
        for problem, names in (("altered", v.altered), ("missing", v.missing), ("not part of the release", v.foreign)):
            for name in names:
                click.echo(f"  {problem}: {name}")
    if not all(v.is_whole for v in found):
        show_problems(
            ["files are not as published. Restore them from a backup, or make a new release: payung refresh --force"]
        )
        sys.exit(FAILED)


@releases.command(short_help="Remove all but the newest releases.")
@click.option(
    "--keep", type=click.IntRange(1), metavar="N", help="Number of releases to keep. Default: $PAYUNG_KEEP_RELEASES."
)
@click.option("--dry-run", is_flag=True, help="Show what would be removed; remove nothing.")
@BY
@JSON
@DEBUG
@PASS_HOME
def prune(command_home: CommandHome, keep: int | None, dry_run: bool, by: str | None, as_json: bool) -> None:
    """Remove all releases except the newest N, the current one, and those that editions are based on.

    \b
    Example: payung releases prune --keep 10 --dry-run
    """
    from pipelines.cli.output.numbers import megabytes
    from pipelines.release_actions import prune as run
    from pipelines.release_actions import releases_to_keep

    found = run(command_home.home, releases_to_keep(keep), by, dry_run)
    if as_json:
        show_json(found.as_dict())
        return
    for release_id, why in found.retained.items():
        click.echo(f"stays    {release_id}  {why}")
    for release_id in found.removed:
        click.echo(f"{'remove  ' if dry_run else 'removed '} {release_id}")
    result = "would be removed (dry run: nothing was removed)" if dry_run else "removed"
    click.echo(f"{len(found.removed)} release(s), {megabytes(found.bytes)} {result}.")

"""The commands `payung releases ...`: list, compare, go back, verify and remove.

Belongs here: their options, help and exit codes.
Does not belong here: what they do (pipelines/release_actions.py), and how a difference is shown (output/diff_text.py).
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

BY = click.option("--by", type=TEXT, metavar="NAME", help="Who does it; by default the login.")


@click.group(short_help="List, compare, verify, roll back and remove releases.")
def releases() -> None:
    """List, compare, verify and remove releases, and go back to an earlier one.

    \b
    Example: payung releases diff
    """


@releases.command(name="list")
@JSON
@DEBUG
@PASS_HOME
def list_(command_home: CommandHome, as_json: bool) -> None:
    """List all releases, newest first, and what was done with them.

    \b
    Example: payung releases list
    """
    from pipelines.release_actions import release_history, release_list

    frame, events = release_list(command_home.home), release_history(command_home.home)
    if as_json:
        from pipelines.frame_records import frame_records

        show_json({"releases": frame_records(frame), "history": [asdict(e) for e in events]})
    elif frame.empty:
        click.echo("There is no release yet: payung refresh")
    else:
        from pipelines.cli.output.text_table import print_frame

        print_frame(frame.assign(current=frame["current"].map({True: "*", False: ""})).dropna(axis=1, how="all"))
        if events:
            click.echo("\nHistory")
            for event in events[-20:]:
                click.echo(f"  {event.line()}")


@releases.command(short_help="Show what differs between two releases.")
@click.argument("before", type=RELEASE_ID, metavar="[BEFORE]", required=False)
@click.argument("after", type=RELEASE_ID, metavar="[AFTER]", required=False)
@JSON
@click.option("--xlsx", type=FILE, metavar="FILE", help="A workbook, too.")
@click.option(
    "--samples", default=5, show_default=True, type=click.IntRange(1), help="Cases shown of each kind, as text."
)
@DEBUG
@PASS_HOME
def diff(
    command_home: CommandHome, before: str | None, after: str | None, as_json: bool, xlsx: Path | None, samples: int
) -> None:
    """Show what differs between two releases, withdrawn values first, each with its reason.

    Without IDs: the previous release and the current one. With one: from it to the current one.

    \b
    Example: payung releases diff 2026.11.22-1 2026.11.22-2 --xlsx meeting.xlsx
    """
    if xlsx is not None and xlsx.suffix.lower() != ".xlsx":
        raise click.UsageError(f"--xlsx: found {xlsx.name}, expected a name that ends in .xlsx.")
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
@click.option("--reason", type=TEXT, help="Why; kept in the history.")
@BY
@DEBUG
@PASS_HOME
def rollback(command_home: CommandHome, release_id: str, reason: str | None, by: str | None) -> None:
    """Make an earlier release the current one, at once; recorded with who and why.

    Nothing is removed. A refresh does not bring the left release back by itself: it publishes when something changed,
    or with --force.

    \b
    Example: payung releases rollback 2026.11.22-1 --reason "wrong unit in the file of Viet Nam"
    """
    from pipelines.release_actions import rollback as run

    folder, before = run(command_home.home, release_id, by, reason or "")
    click.echo(f"Current is release {folder.name} now" + (f", before it was {before}." if before else "."))


@releases.command(short_help="Check every file of a release.")
@click.argument("release_id", type=RELEASE_ID, metavar="[ID]", required=False)
@click.option("--all", "everything", is_flag=True, help="All releases.")
@JSON
@DEBUG
@PASS_HOME
def verify(command_home: CommandHome, release_id: str | None, everything: bool, as_json: bool) -> None:
    """Compare every file of a release (by default the current one) with its sha256; name what is altered or missing.

    \b
    Exit codes: 0 whole, 1 something is altered, missing or foreign.
    Example: payung releases verify --all
    """
    from pipelines.release_actions import verify_releases

    if release_id is not None and everything:
        raise click.UsageError("Give either ID or --all.")
    found = verify_releases(command_home.home, release_id, everything)
    if as_json:
        show_json([v.as_dict() for v in found])
    for v in found if not as_json else ():
        click.echo(f"{v.release}: {f'all {v.n_files} files are as published' if v.is_whole else 'NOT WHOLE'}")
        for what, names in (("altered", v.altered), ("missing", v.missing), ("not of the release", v.foreign)):
            for name in names:
                click.echo(f"  {what}: {name}")
    if not all(v.is_whole for v in found):
        show_problems(
            ["a release is not whole. Restore its files from the back-up, or publish anew: payung refresh --force"]
        )
        sys.exit(FAILED)


@releases.command(short_help="Remove all but the newest releases.")
@click.option(
    "--keep", type=click.IntRange(1), metavar="N", help="Releases that stay; by default $PAYUNG_KEEP_RELEASES."
)
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@BY
@JSON
@DEBUG
@PASS_HOME
def prune(command_home: CommandHome, keep: int | None, dry_run: bool, by: str | None, as_json: bool) -> None:
    """Remove all but the newest N releases; never the current one, nor one that an edition rests on.

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
        click.echo(f"{'would go' if dry_run else 'removed '} {release_id}")
    freed = "would be freed; nothing was removed" if dry_run else "freed"
    click.echo(f"{len(found.removed)} release(s), {megabytes(found.bytes)} {freed}.")

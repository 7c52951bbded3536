"""The commands of `payung edition`: signed, frozen copies of the regional baseline.

warehouse/edition/ does the work, output/edition_text.py has the output.
"""

from __future__ import annotations

import sys

import click

from pipelines.cli.command_home import PASS_HOME, CommandHome
from pipelines.cli.exit_codes import ATTENTION, FAILED, OK
from pipelines.cli.options import DEBUG, JSON, RELEASE, TEXT
from pipelines.cli.output.printing import show_json


@click.group(short_help="Freeze, verify and compare signed copies of the baseline.")
def edition() -> None:
    """Signed, frozen copies of the regional baseline, which no refresh changes.

    \b
    Example: payung edition freeze baseline-2026 --signed-by "A. Name, ACSS" --note "Sixteenth session"
    """


@edition.command(short_help="Freeze the baseline of a release and print its checksum.")
@click.argument("name", type=TEXT)
@click.option("--signed-by", type=TEXT, required=True, metavar='"NAME, BODY"', help="Name and body of the signer.")
@click.option("--note", type=TEXT, required=True, help="Purpose of the edition, such as the meeting.")
@RELEASE
@JSON
@DEBUG
@PASS_HOME
def freeze(
    command_home: CommandHome, name: str, signed_by: str, note: str, release_id: str | None, as_json: bool
) -> None:
    """Freeze the regional baseline of a release as edition NAME and print its checksum.

    The folder editions/NAME in the home contains the baseline and everything it is based on, as CSV and Parquet:
    values, regional figures, weights, definitions, sources. Each name can be used once.

    \b
    Example: payung edition freeze baseline-2026 --signed-by "A. Name, ACSS" --note "Sixteenth session"
    """
    from pipelines.cli.output.edition_text import frozen_text
    from warehouse.edition.edition_store import Editions, Signature
    from warehouse.edition.freeze import freeze as run
    from warehouse.release.release_folders import Releases

    editions, signature = Editions(command_home.home.path), Signature.of(signed_by)
    editions.refuse_name(name)
    made = run(editions, Releases(command_home.home.path).find(release_id), name, signature, note)
    if as_json:
        signed = {k: made.manifest[k] for k in ("edition", "signed_by", "signed_at", "note", "release")}
        show_json({**signed, "checksum": made.checksum, "folder": str(made.folder)}, indent=None)
    else:
        click.echo(frozen_text(made))


@edition.command(name="list", short_help="List the editions and check their files.")
@JSON
@DEBUG
@PASS_HOME
def list_(command_home: CommandHome, as_json: bool) -> None:
    """List the editions with signer, date and release, and check their files.

    \b
    Example: payung edition list
    """
    from pipelines.cli.output.edition_text import list_table
    from pipelines.cli.output.text_table import print_frame
    from pipelines.edition_list import list_editions

    found = list_editions(command_home.home)
    if as_json:
        show_json([e.as_dict() for e in found])
    elif found:
        print_frame(list_table(found))
    else:
        click.echo("There are no editions. To freeze one: payung edition freeze --help")


@edition.command(short_help="Check every file of an edition.")
@click.argument("name", type=TEXT)
@click.option("--checksum", type=TEXT, help="Checksum from the minutes, with or without spaces.")
@JSON
@DEBUG
@PASS_HOME
def verify(command_home: CommandHome, name: str, checksum: str | None, as_json: bool) -> None:
    """Compare every file of an edition with the sha256 recorded when it was signed.

    With --checksum, the edition is also compared with the checksum in the minutes. Only this finds an alteration in
    which a file and its recorded sha256 were both changed.

    \b
    Exit codes: 0 unaltered, 1 altered.
    Example: payung edition verify baseline-2026 --checksum "0f3a..."
    """
    from pipelines.cli.output.edition_text import verified_text
    from warehouse.edition.edition_store import Editions, as_sha256
    from warehouse.edition.edition_store import verify as run

    if checksum is not None:
        as_sha256(checksum)  # refuses an invalid checksum before the edition is read
    one = Editions(command_home.home.path).find(name)
    problems = run(one, checksum)
    if as_json:
        state = {"edition": one.name, "checksum": one.checksum, "whole": not problems}
        show_json({**state, "problems": [p.as_dict() for p in problems]})
    else:
        click.echo(verified_text(one, problems, checksum is not None))
    sys.exit(FAILED if problems else OK)


@edition.command(short_help="Compare an edition with the current release.")
@click.argument("name", type=TEXT)
@RELEASE
@click.option(
    "--samples", default=5, show_default=True, type=click.IntRange(1), help="Number of figures shown for each kind."
)
@JSON
@DEBUG
@PASS_HOME
def drift(command_home: CommandHome, name: str, release_id: str | None, samples: int, as_json: bool) -> None:
    """Compare an edition with the current release, cell by cell, and show the cause of each difference.

    Differences are values that disappeared, changed, are of another year or are new, and changes of comparability,
    class, status and definitions. Causes are a new vintage (with its source), a correction, a definition, weights, or
    membership.

    \b
    Exit codes: 0 no drift, 4 drift.
    Example: payung edition drift baseline-2026
    """
    from pipelines.cli.output.edition_text import drift_text
    from warehouse.edition.drift import drift as run
    from warehouse.edition.edition_store import Editions
    from warehouse.release.release_folders import Releases

    one = Editions(command_home.home.path).find(name)
    found = run(one, Releases(command_home.home.path).find(release_id))
    if as_json:
        show_json(found.as_dict())
    else:
        click.echo(drift_text(found, samples))
    sys.exit(ATTENTION if found else OK)

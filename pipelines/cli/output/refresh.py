"""What `payung refresh` shows: what was fetched, what was published, and what a dry run or a build as of a date came to.

Belongs here: the words, and what goes to stderr.
Does not belong here: options and exit codes (refresh.py), the facts of a release (pipelines/cli/output/summary.py).
"""

from __future__ import annotations

from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any

import click

from pipelines.cli.common import show_json, show_problems, shown_path, wants_traceback

if TYPE_CHECKING:
    from pipelines.refresh import Outcome
    from pipelines.refresh_dry_run import DryRun
    from sources.dataset_refresh import FetchReport


def show_fetched(reports: list[FetchReport]) -> None:
    """What the providers were asked and what came of it; failures in full on stderr."""
    if not reports:
        return
    import pandas as pd

    from pipelines.cli.output.tables import print_table

    click.echo("Asked of the providers:")
    print_table(
        pd.DataFrame(
            [(r.path, r.outcome.replace("_", " "), r.requests, r.bytes, r.rows, r.release_tag) for r in reports],
            columns=["dataset", "outcome", "requests", "bytes", "rows", "release"],
        ).astype({"rows": "Int64"})
    )
    requests = sum(r.requests for r in reports)
    click.echo(f"{requests} request{'s' * (requests != 1)}, {sum(r.bytes for r in reports):,} bytes.\n")
    for report in reports:
        lines = [*([report.message] if report.outcome == "failed" else []), *report.left_out, *report.warnings]
        show_problems(f"{report.path}: {line}" for line in lines)
        if report.traceback and wants_traceback(click.get_current_context()):
            click.echo(report.traceback, err=True)


def show_outcome(outcome: Outcome, is_accepted: bool) -> None:
    """Shows the release that is current now; where it is new, what is in it and whether somebody had to accept it."""
    if not outcome.is_new:
        click.echo(f"{_why_nothing(outcome.release)}; nothing was done ({outcome.seconds:.1f} s).")
        _tell_of_rollback(outcome.release)
        click.echo(f"Warehouse: {shown_path(outcome.release / 'warehouse.duckdb')}")
    else:
        _show_summary(outcome.release, outcome.seconds)
        if is_accepted:
            _tell_of_acceptance(outcome.release)
    show_problems(outcome.not_told)


def show_dry_run(found: DryRun, as_json: bool) -> None:
    """Shows what a refresh would publish, and on stderr what stands against it."""
    from pipelines.cli.output.diff import as_dict, as_text

    if as_json:
        told: dict[str, Any] = {"would_publish": found.would_publish, "failed_checks": found.failed}
        told |= {"unchanged": found.unchanged.name if found.unchanged else None}
        told |= {"fetched": [r.model_dump(mode="json") for r in found.fetched]}
        told |= as_dict(found.diff, found.exceeded) if found.diff is not None else {}
        show_json(told)
    elif found.unchanged is not None:
        click.echo(f"{_why_nothing(found.unchanged)}; a refresh would do nothing.")
        _tell_of_rollback(found.unchanged)
    else:
        click.echo(as_text(found.diff, found.exceeded) if found.diff is not None else found.no_diff)
        show_problems(f"the audit fails: {line}" for line in found.failed)
        click.echo(f"\nDry run, nothing was published ({found.seconds:.1f} s).")
        if found.exceeded and not found.failed:
            show_problems(
                [
                    "tolerances are exceeded, so a refresh would publish nothing. If the new figures are right, say "
                    'why: payung refresh --accept "REASON"'
                ]
            )


def show_as_of(outcome: Outcome) -> None:
    """Shows the vintages that a build as of a date was made from, and where it is."""
    from pipelines.release_sources import path_of
    from warehouse.release.release_folders import read_manifest

    manifest = read_manifest(outcome.release)
    click.echo(f"Built {manifest['release']} in {outcome.seconds:.1f} s from these vintages (weights are today's):")
    for source in manifest["sources"]:
        click.echo(f"  {path_of(source)}  {source['vintage_date']}")
    for note in manifest["notes"]:
        click.echo(note)
    click.echo(f"Warehouse: {shown_path(outcome.release / 'warehouse.duckdb')}")
    click.echo("The current release is the one it was.")


def _show_summary(release: Path, seconds: float) -> None:
    from pipelines.cli.output.summary import summary
    from pipelines.cli.output.tables import print_table

    found = summary(release)
    click.echo(f"Published release {found.release} in {seconds:.1f} s.\n")
    click.echo("Rows of the provider answers, by what became of them:")
    print_table(found.rows)
    click.echo(f"\nAudit: {found.passed} checks passed, {len(found.warnings)} with warnings.")
    for w in found.warnings.itertuples():
        click.echo(f"  {w.finding} ({w.check_name}): {shorten(str(w.sample), 200, placeholder=' ...')}")
    click.echo(f"\n{found.indicators.text}")
    click.echo("\nFirst figures, ASEAN (A published, B indicative; weight covered in %):")
    print_table(found.figures)
    click.echo(f"\nWarehouse: {shown_path(found.warehouse)}")
    click.echo('Next: payung sql "SELECT * FROM regional_baseline LIMIT 20", payung export, payung ui')


def _why_nothing(release: Path) -> str:
    """Why a refresh has nothing to do: after a rollback it is the release that was left which has today's inputs."""
    from warehouse.release.history import rolled_back_from

    left = rolled_back_from(release.parent, release.name)
    if left:
        return f"Nothing changed since the rollback from {left[0]} to release {release.name}"
    return f"Nothing changed since release {release.name}"


def _tell_of_rollback(release: Path) -> None:
    """Says how to undo a rollback, where the current release was restored by one: a refresh does not by itself."""
    from warehouse.release.history import rolled_back_from

    if rolled_back_from(release.parent, release.name):
        click.echo("To publish from today's inputs again: payung refresh --force")


def _tell_of_acceptance(release: Path) -> None:
    """Says who accepted the new release and why, or that nothing had to be accepted."""
    from warehouse.release.release_folders import read_manifest

    accepted = read_manifest(release)["accepted"]
    for a in accepted:
        click.echo(
            f"Accepted by {a['by']}, kept in the release: {a['reason']} ({len(a['exceeded'])} tolerances exceeded)"
        )
    if not accepted:
        click.echo("No tolerance was exceeded, so nothing had to be accepted and nothing was recorded.")

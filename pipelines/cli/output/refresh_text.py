"""What `payung refresh` shows: what was fetched, what was published, and what a dry run or a build as of a date came to.

Belongs here: the words, and what goes to stderr.
Does not belong here: options and exit codes (cli/refresh.py), the facts of a release (release_summary.py).
"""

from __future__ import annotations

from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any

import click

from pipelines.cli.options import wants_traceback
from pipelines.cli.output.numbers import seconds
from pipelines.cli.output.printing import show_json, show_problems, shown_path

if TYPE_CHECKING:
    from pipelines.refresh_dry_run import DryRun
    from pipelines.refresh_run import RefreshOutcome
    from pipelines.release_summary import IndicatorCounts
    from sources.dataset_refresh import FetchReport


def show_fetched(reports: list[FetchReport]) -> None:
    """What the providers were asked and what came of it; failures in full on stderr."""
    if not reports:
        return
    import pandas as pd

    from pipelines.cli.output.text_table import print_frame

    click.echo("Asked of the providers:")
    print_frame(
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


def show_outcome(outcome: RefreshOutcome, is_accepted: bool) -> None:
    """Shows the release that is current now; where it is new, what is in it and who had to accept it."""
    if not outcome.is_new:
        click.echo(f"{_why_nothing(outcome.release)}; nothing was done ({seconds(outcome.seconds)}).")
        _show_undo_of_rollback(outcome.release)
        click.echo(f"Warehouse: {shown_path(outcome.release / 'warehouse.duckdb')}")
    else:
        _show_summary(outcome.release, outcome.seconds)
        if is_accepted:
            _show_acceptance(outcome.release)
    show_problems(outcome.undelivered)


def show_dry_run(found: DryRun, as_json: bool) -> None:
    """Shows what a refresh would publish, and on stderr what keeps it from being published."""
    from pipelines.cli.output.diff_text import diff_text, diff_values

    if as_json:
        values: dict[str, Any] = {"would_publish": found.would_publish, "failed_checks": found.failed}
        values |= {"unchanged": found.unchanged.name if found.unchanged else None}
        values |= {"fetched": [r.model_dump(mode="json") for r in found.fetched]}
        values |= diff_values(found.diff, found.exceeded) if found.diff is not None else {}
        show_json(values)
    elif found.unchanged is not None:
        click.echo(f"{_why_nothing(found.unchanged)}; a refresh would do nothing.")
        _show_undo_of_rollback(found.unchanged)
    else:
        click.echo(diff_text(found.diff, found.exceeded) if found.diff is not None else found.no_diff)
        show_problems(f"the audit fails: {line}" for line in found.failed)
        click.echo(f"\nDry run, nothing was published ({seconds(found.seconds)}).")
        if found.exceeded and not found.failed:
            show_problems(
                [
                    "tolerances are exceeded, so a refresh would publish nothing. If the new figures are right, say "
                    'why: payung refresh --accept "REASON"'
                ]
            )


def show_as_of(outcome: RefreshOutcome) -> None:
    """Shows the vintages that a build as of a date was made from, and where it is."""
    from pipelines.release_sources import path_of
    from warehouse.release.release_folders import read_manifest

    manifest = read_manifest(outcome.release)
    click.echo(f"Built {manifest['release']} in {seconds(outcome.seconds)} from these vintages (weights are today's):")
    for source in manifest["sources"]:
        click.echo(f"  {path_of(source)}  {source['vintage_date']}")
    for note in manifest["notes"]:
        click.echo(note)
    click.echo(f"Warehouse: {shown_path(outcome.release / 'warehouse.duckdb')}")
    click.echo("The current release is the one it was.")


def _show_summary(release: Path, duration: float) -> None:
    from pipelines.cli.output.text_table import print_frame
    from pipelines.release_summary import release_summary

    found = release_summary(release)
    click.echo(f"Published release {found.release} in {seconds(duration)}.\n")
    click.echo("Rows of the provider answers, by what became of them:")
    print_frame(found.rows if found.rows["records"].any() else found.rows.drop(columns="records"))
    click.echo(f"\nAudit: {found.passed} checks passed, {len(found.warnings)} with warnings.")
    for w in found.warnings.itertuples():
        click.echo(f"  {w.finding} ({w.check_name}): {shorten(str(w.sample), 200, placeholder=' ...')}")
    click.echo(f"\n{indicator_counts_text(found.indicators)}")
    click.echo("\nFirst figures, ASEAN (A published, B indicative; weight covered in %):")
    print_frame(found.figures)
    click.echo(f"\nWarehouse: {shown_path(found.warehouse)}")
    click.echo('Next: payung sql "SELECT * FROM regional_baseline LIMIT 20", payung export, payung ui')


def indicator_counts_text(counts: IndicatorCounts) -> str:
    """One or two sentences: how far the set is filled."""
    if not counts.with_values:
        return f"Indicators: none of {counts.without_values} has values."
    return (
        f"Indicators: {counts.with_values} with values ({counts.for_all_members} for all Member States, "
        f"{counts.for_six_members} for six or more, {counts.median_members} at the median), the earliest since "
        f"{counts.first_year}, {counts.since_baseline} since {counts.baseline_to} or earlier; {counts.without_values} "
        "declared without values: payung gaps."
    )


def _why_nothing(release: Path) -> str:
    """Why a refresh has nothing to do: after a rollback it is the release that was left which has today's inputs."""
    from warehouse.release.history import rolled_back_from

    left = rolled_back_from(release.parent, release.name)
    if left:
        return f"Nothing changed since the rollback from {left[0]} to release {release.name}"
    return f"Nothing changed since release {release.name}"


def _show_undo_of_rollback(release: Path) -> None:
    """Shows how to undo a rollback, where the current release was restored by one: a refresh does not by itself."""
    from warehouse.release.history import rolled_back_from

    if rolled_back_from(release.parent, release.name):
        click.echo("To publish from today's inputs again: payung refresh --force")


def _show_acceptance(release: Path) -> None:
    """Shows who accepted the new release and why, or that nothing had to be accepted."""
    from warehouse.release.release_folders import read_manifest

    accepted = read_manifest(release)["accepted"]
    for a in accepted:
        click.echo(
            f"Accepted by {a['by']}, kept in the release: {a['reason']} ({len(a['exceeded'])} tolerances exceeded)"
        )
    if not accepted:
        click.echo("No tolerance was exceeded, so nothing had to be accepted and nothing was recorded.")

"""The output of `payung refresh`: downloads, the new release, and the result of a dry run or a build as of a date.

Options and exit codes are in cli/refresh.py; release_summary.py reads the data of a release.
"""

from __future__ import annotations

from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any

import click

from pipelines.cli.options import is_debug
from pipelines.cli.output.numbers import seconds
from pipelines.cli.output.printing import show_json, show_problems, shown_path

if TYPE_CHECKING:
    from pipelines.refresh_dry_run import DryRun
    from pipelines.refresh_run import RefreshOutcome
    from pipelines.release_summary import IndicatorCounts
    from sources.dataset_refresh import FetchReport


def show_fetched(reports: list[FetchReport]) -> None:
    """Shows the downloads with their outcome; the messages of failures are on stderr."""
    if not reports:
        return
    import pandas as pd

    from pipelines.cli.output.text_table import print_frame

    click.echo("Downloads from the providers:")
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
        if report.traceback and is_debug(click.get_current_context()):
            click.echo(report.traceback, err=True)


def show_outcome(outcome: RefreshOutcome, is_accepted: bool) -> None:
    """Shows the current release; if it is new, its summary and who accepted exceeded tolerances."""
    if not outcome.is_new:
        click.echo(f"{_reason_for_no_release(outcome.release)}; no new release was made ({seconds(outcome.seconds)}).")
        _show_undo_of_rollback(outcome.release)
        click.echo(f"Warehouse: {shown_path(outcome.release / 'warehouse.duckdb')}")
    else:
        _show_summary(outcome.release, outcome.seconds)
        if is_accepted:
            _show_acceptance(outcome.release)
    show_problems(outcome.undelivered)


def show_dry_run(found: DryRun, as_json: bool) -> None:
    """Shows the differences that a refresh would publish, and on stderr why it would not be published."""
    from pipelines.cli.output.diff_text import diff_text, diff_values

    if as_json:
        values: dict[str, Any] = {"would_publish": found.would_publish, "failed_checks": found.failed}
        values |= {"unchanged": found.unchanged.name if found.unchanged else None}
        values |= {"fetched": [r.model_dump(mode="json") for r in found.fetched]}
        values |= diff_values(found.diff, found.exceeded) if found.diff is not None else {}
        show_json(values)
    elif found.unchanged is not None:
        click.echo(f"{_reason_for_no_release(found.unchanged)}; a refresh would make no new release.")
        _show_undo_of_rollback(found.unchanged)
    else:
        click.echo(diff_text(found.diff, found.exceeded) if found.diff is not None else found.no_diff)
        show_problems(f"the audit failed: {line}" for line in found.failed)
        click.echo(f"\nDry run: nothing was published ({seconds(found.seconds)}).")
        if found.exceeded and not found.failed:
            show_problems(
                [
                    "tolerances are exceeded, so a refresh would publish nothing. If the new figures are right, give "
                    'the reason: payung refresh --accept "REASON"'
                ]
            )


def show_as_of(outcome: RefreshOutcome) -> None:
    """Shows the vintages used for a build as of a date, and its folder."""
    from pipelines.release_sources import path_of
    from warehouse.release.release_folders import read_manifest

    manifest = read_manifest(outcome.release)
    click.echo(f"Built {manifest['release']} in {seconds(outcome.seconds)} from these vintages (weights as of today):")
    for source in manifest["sources"]:
        click.echo(f"  {path_of(source)}  {source['vintage_date']}")
    for note in manifest["notes"]:
        click.echo(note)
    click.echo(f"Warehouse: {shown_path(outcome.release / 'warehouse.duckdb')}")
    click.echo("The current release did not change.")


def _show_summary(release: Path, duration: float) -> None:
    from pipelines.cli.output.text_table import print_frame
    from pipelines.release_summary import release_summary

    found = release_summary(release)
    click.echo(f"Published release {found.release} in {seconds(duration)}.\n")
    click.echo("Rows received from the providers, by outcome (rows used only as weights are out of scope):")
    print_frame(found.rows if found.rows["records"].any() else found.rows.drop(columns="records"))
    click.echo(f"\nAudit: {found.passed} checks passed, {len(found.warnings)} with warnings.")
    for w in found.warnings.itertuples():
        click.echo(f"  {w.finding} ({w.check_name}): {shorten(str(w.sample), 200, placeholder=' ...')}")
    click.echo(f"\n{indicator_counts_text(found.indicators)}")
    click.echo("\nMain figures for ASEAN (class A published, B indicative; weight covered in %):")
    print_frame(found.figures)
    click.echo(f"\nWarehouse: {shown_path(found.warehouse)}")
    click.echo('Next: payung sql "SELECT * FROM regional_baseline LIMIT 20", payung export, payung ui')


def indicator_counts_text(counts: IndicatorCounts) -> str:
    """One or two sentences on the coverage of the indicator set."""
    if not counts.with_values:
        return f"Indicators: {counts.without_values}, all without values."
    return (
        f"Indicators: {counts.with_values} with values ({counts.for_all_members} for all Member States, "
        f"{counts.for_six_members} for six or more; median {counts.median_members}), {counts.without_values} without "
        f"values (reasons: payung gaps). The first values are for {counts.first_year}; {counts.since_baseline} "
        f"indicators have values for {counts.baseline_to} or earlier."
    )


def _reason_for_no_release(release: Path) -> str:
    """Why a refresh makes no release. After a rollback, the inputs are compared with the release that was replaced."""
    from warehouse.release.history import rolled_back_from

    replaced = rolled_back_from(release.parent, release.name)
    if replaced:
        return f"Nothing changed since the rollback from {replaced[0]} to release {release.name}"
    return f"Nothing changed since release {release.name}"


def _show_undo_of_rollback(release: Path) -> None:
    """If the current release was restored by a rollback, shows how to undo it: a normal refresh does not."""
    from warehouse.release.history import rolled_back_from

    if rolled_back_from(release.parent, release.name):
        click.echo("To publish a release from the current inputs: payung refresh --force")


def _show_acceptance(release: Path) -> None:
    """Shows who accepted exceeded tolerances and why, or that none were exceeded."""
    from warehouse.release.release_folders import read_manifest

    accepted = read_manifest(release)["accepted"]
    for a in accepted:
        click.echo(
            f"Accepted by {a['by']} ({len(a['exceeded'])} tolerances exceeded), recorded in the release: {a['reason']}"
        )
    if not accepted:
        click.echo("No tolerance was exceeded, so no acceptance was needed or recorded.")

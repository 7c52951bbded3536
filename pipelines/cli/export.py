"""The command `payung export`: writes a release as files. The exports themselves are in warehouse/export/."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.cli.command_home import PASS_HOME, CommandHome
from pipelines.cli.options import DEBUG, FOLDER, RELEASE, TEXT
from pipelines.cli.output.printing import shown_path
from pipelines.cli.release_lookup import requested_release


@click.command(short_help="Write workbook, tables, figures and a static site.")
@click.option("--to", "to", type=FOLDER, help="Target folder. Default: exports/RELEASE in the home.")
@click.option("--only", type=TEXT, help="Comma-separated kinds: xlsx, csv, parquet, figures, site, docs. Default: all.")
@RELEASE
@DEBUG
@PASS_HOME
def export(command_home: CommandHome, to: Path | None, only: str | None, release_id: str | None) -> None:
    """Write the workbook, CSV and Parquet tables, figures, a static site and pages (docs) of a release.

    docs: metadata sheets, target groups, data dictionary, licences and published aggregates, in Markdown.

    \b
    Example: payung export --only xlsx,figures --to report
             payung export --only site,docs
    """
    from warehouse.export import KINDS
    from warehouse.export import export as run

    kinds = None if only is None else [k.strip() for k in only.split(",") if k.strip()]
    if kinds == []:
        raise click.UsageError(
            f"--only: found no kind of export, expected some of {', '.join(KINDS)}; for all of them, leave out --only."
        )
    unknown = [k for k in kinds or () if k not in KINDS]
    if unknown:
        raise click.UsageError(f"--only: found {', '.join(unknown)}, expected some of {', '.join(KINDS)}.")
    release = requested_release(command_home.home, release_id)
    folder = to or command_home.home.path / "exports" / release.name
    for path in run(release, folder, kinds):
        click.echo(shown_path(path))

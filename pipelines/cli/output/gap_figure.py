"""The figure of `payung gaps --figure`: the heat map of indicators by Member States as a file.

Does not belong here: drawing it (warehouse/export/report_figures.py).
"""

from __future__ import annotations

from pathlib import Path

from pipelines.gap_report import UnknownGapCodeError


def refuse_ending(to: Path) -> None:
    """Raises UnknownGapCodeError where a file's name has an ending of no figure."""
    if to.suffix.lower() not in ("", ".png", ".svg"):
        raise UnknownGapCodeError(
            f"--figure: found {to.name}, expected a name that ends in .png or .svg, or has no ending."
        )


def draw_gaps(release: Path, to: Path) -> list[Path]:
    """Writes the heat map of indicators by Member States; PNG or SVG by the file's ending, both where it has none.

    Raises UnknownGapCodeError for another ending, ExportError where the folder cannot be written.
    """
    refuse_ending(to)
    kinds = [to.suffix.lower().removeprefix(".")] if to.suffix else ["png", "svg"]
    from warehouse.export.export_files import make_folder
    from warehouse.export.release_reader import open_release
    from warehouse.export.report_figures import availability, write_figure

    make_folder(to.parent)
    with open_release(release) as reader:
        return write_figure(reader, availability, [to.with_suffix(f".{kind}") for kind in kinds])

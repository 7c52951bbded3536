"""The figure of `payung gaps --figure`: a heat map of indicators by Member States, written as a file.

warehouse/export/report_figures.py draws it.
"""

from __future__ import annotations

from pathlib import Path

from pipelines.gap_report import UnknownGapCodeError


def refuse_ending(to: Path) -> None:
    """Raises UnknownGapCodeError unless the file name ends in .png or .svg or has no ending."""
    if to.suffix.lower() not in ("", ".png", ".svg"):
        raise UnknownGapCodeError(
            f"--figure: found {to.name}, expected a file name that ends in .png or .svg, or has no ending."
        )


def draw_gaps(release: Path, to: Path) -> list[Path]:
    """Writes the heat map as PNG or SVG by the ending of the file, as both if it has none; returns the files.

    Raises UnknownGapCodeError for another ending, ExportError if the folder cannot be written.
    """
    refuse_ending(to)
    kinds = [to.suffix.lower().removeprefix(".")] if to.suffix else ["png", "svg"]
    from warehouse.export.export_files import make_folder
    from warehouse.export.release_reader import open_release
    from warehouse.export.report_figures import availability, write_figure

    make_folder(to.parent)
    with open_release(release) as reader:
        return write_figure(reader, availability, [to.with_suffix(f".{kind}") for kind in kinds])

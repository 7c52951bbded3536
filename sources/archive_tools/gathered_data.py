"""The gathered figures from which answers are rebuilt: their files, dates, and records with every cell as text."""

from __future__ import annotations

import calendar
import csv
import gzip
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from indicator_defs.errors import PayungError

Figures = list[dict[str, str]]


@dataclass(frozen=True)
class GatheredData:
    """The paths of the gathered data: the folder with one subfolder for each provider, and a list of areas.

    `areas`: a provider's list of its areas; None: the one in codelists/ next to `figures`.
    """

    figures: Path
    areas: Path | None = None

    @property
    def codelists(self) -> Path:
        """The folder of the providers' own code lists."""
        return self.figures.parent / "codelists"


class ArchiveError(PayungError):
    """The archive cannot be built: a file of figures is missing or invalid, or the target is not an archive."""


def read_bytes(path: Path) -> bytes:
    """The bytes of a file. Raises ArchiveError if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ArchiveError(
            f"{path}: cannot be read: {error.strerror or error}. Give the folder with the figures."
        ) from error


def read_figures(path: Path, required: Sequence[str]) -> Figures:
    """The records of a CSV file of figures, compressed or not. Raises ArchiveError if it lacks a required column."""
    body = read_bytes(path)
    text = (gzip.decompress(body) if path.suffix == ".gz" else body).decode("utf-8-sig")
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    missing = [c for c in required if c not in (reader.fieldnames or ())]
    if missing:
        raise ArchiveError(f"{path}: columns {', '.join(missing)} missing; found {', '.join(reader.fieldnames or ())}.")
    return list(reader)


def dated_files(folder: Path) -> list[Path]:
    """The files named after a date, oldest first. Raises ArchiveError if there are none."""
    files = sorted(folder.glob("[0-9]*.csv.gz"))
    if not files:
        raise ArchiveError(f"{folder}: no figures found, expected files such as 2023-12-17.csv.gz.")
    return files


def date_of(path: Path) -> date:
    """The date in a file's name; a month without a day means the last day of the month."""
    parts = [int(p) for p in path.name.removesuffix(".csv.gz").split("-")]
    if len(parts) == 2:
        parts.append(calendar.monthrange(*parts)[1])
    return date(*parts)

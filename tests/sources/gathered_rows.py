"""Rows of the gathered figures, and staged rows of the archive, to compare them."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

from sources.parsing import ParsedDataset

Rows = list[dict[str, str]]


def figures_of(path: Path) -> Rows:
    text = gzip.decompress(path.read_bytes()).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def table(parsed: dict[str, ParsedDataset], dataset: str, vintage: str = "") -> Rows:
    """All staged rows of a dataset, or of one vintage, with None as empty text."""
    rows: Rows = []
    for place, result in parsed.items():
        if place.startswith(f"{dataset}/{vintage}"):
            rows += [{str(k): v for k, v in row.items()} for row in result.frame.fillna("").to_dict("records")]
    return rows

"""A register of schemes, made up for a test: reads its CSV files."""

from __future__ import annotations

from collections.abc import Iterable

from sources.parsing import ParsedDataset, StagedTableBuilder, read_csv
from sources.provider_spec import DatasetSpec


def parse(dataset: DatasetSpec, files: Iterable[tuple[str, bytes]]) -> ParsedDataset:
    """One row per record of a file."""
    table = StagedTableBuilder(dataset)
    for file, body in files:
        header, rows = read_csv(file, body)
        values = {table.column(name, file=file): [row[at] or None for row in rows] for at, name in enumerate(header)}
        table.add(file, len(rows), values, first=2)
    return table.parsed()

"""Staging a dataset of records: validates a parsed answer with a pandera schema and a key.

Belongs here: rows that have a key and columns defined by their dataset.
Does not belong here: rows of observations and what both shapes share (staging.py), parsing (sources).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from indicator_defs.cell_texts import is_day, is_number, is_whole
from indicator_defs.codelist_files import codes_of
from indicator_defs.datasets import ColumnType, DatasetStructure, StagedColumn
from warehouse.build.staging import (
    StagedSnapshot,
    fits,
    reasons_by_row,
    schema_failures,
    with_own_address,
)
from warehouse.metadata import staged_table, table

if TYPE_CHECKING:
    import pandera.pandas as pa  # takes 0.85 s: otherwise loaded where it is used

# A whole number of this size always fits into the engine's BIGINT.
_MOST = 10**18 - 1
# For each type: a test of a cell, the expected content in words, and a conversion for comparing keys.
_TYPES: dict[ColumnType, tuple[Callable[[str], bool], str, Callable[[str], object]]] = {
    "integer": (lambda text: is_whole(text.removeprefix("-"), _MOST), "a whole number", int),
    "number": (is_number, "a number", float),
    "date": (is_day, "a date such as 2026-11-22", str),
    "boolean": (("true", "false").__contains__, "true or false", str),
}


def record_schema(structure: DatasetStructure) -> pa.DataFrameSchema:
    """The pandera schema of a dataset of records: types, patterns and code lists of its columns, and which may be empty.

    All cells are text as published, and empty ones None; the columns of the key are never empty.
    """
    import pandera.pandas as pa

    columns = {}
    for c in structure.columns:
        may_be_empty = c.nullable and c.name not in structure.record_key
        columns[c.name] = pa.Column(None, _checks(c), nullable=may_be_empty, required=c.required)
    return pa.DataFrameSchema(columns, strict=False, name=structure.key)


def _checks(column: StagedColumn) -> list[pa.Check]:
    import pandera.pandas as pa

    checks = []
    if column.type in _TYPES:
        is_valid, expected, _ = _TYPES[column.type]
        checks.append(pa.Check(partial(_are_valid, is_valid), error=f"expected {expected}"))
    if column.pattern:
        checks.append(pa.Check(partial(fits, column.pattern), error=f"expected {column.pattern}"))
    if column.codelist:
        is_code = codes_of(column.codelist).__contains__
        checks.append(pa.Check(partial(_are_valid, is_code), error=f"expected a code of the list {column.codelist}"))
    return checks


def _are_valid(is_valid: Callable[[str], bool], texts: pd.Series) -> pd.Series:
    return texts.isin([text for text in texts.unique() if isinstance(text, str) and is_valid(text)])


def stage_records(frame: pd.DataFrame, structure: DatasetStructure, snapshot_id: str) -> StagedSnapshot:
    """Validates parsed records and splits them into accepted and rejected rows; none is lost.

    `frame`: snapshot_row and the columns of the structure, all text. A row that breaks the schema is rejected with
    reason `schema`; of the other rows with the same key, the first is accepted and the rest are rejected with reason
    `key_repeated`. Raises PayungError as staging.schema_failures does.
    """
    frame = frame.reset_index(drop=True).astype(object)
    frame = frame.where(frame.notna() & (frame != ""), None)
    failures = schema_failures(frame, record_schema(structure), structure, snapshot_id)
    reasons = reasons_by_row(failures)
    fitting = frame[~frame.index.isin(reasons.index)]
    repeated = _repeated(fitting, structure)
    accepted = fitting[~fitting.index.isin(repeated.index)].assign(snapshot_id=snapshot_id)
    accepted = accepted.reindex(columns=staged_table(structure, tuple(frame.columns)).column_names)
    rejected = pd.concat(
        [
            _rejections(frame, reasons, "schema", structure, snapshot_id),
            _rejections(frame, repeated, "key_repeated", structure, snapshot_id),
        ]
    ).sort_index()
    failed = pd.DataFrame({"index": repeated.index, "column": "row", "check": repeated, "failure_case": repeated})
    return StagedSnapshot(
        accepted,
        pd.DataFrame(columns=table("staged.series_dimension").column_names),
        with_own_address(rejected),
        pd.concat([failures, failed], ignore_index=True) if len(failed) else failures,
    )


def _repeated(rows: pd.DataFrame, structure: DatasetStructure) -> pd.Series:
    """The reason for each row after the first of its key, by index. Keys are compared as the engine reads them."""
    types = {c.name: c.type for c in structure.columns}
    keys = pd.DataFrame(
        {k: [_TYPES[types[k]][2](v) if types[k] in _TYPES else v for v in rows[k]] for k in structure.record_key},
        index=rows.index,
        dtype=object,
    )
    first = rows["snapshot_row"].groupby([keys[k] for k in structure.record_key], sort=False).transform("first")
    named = keys.apply(lambda key: ", ".join(f"{k}={v}" for k, v in key.items()), axis=1).astype(object)
    further = keys.duplicated()
    return ("the key " + named + " first occurs in " + first)[further].astype(object)


def _rejections(
    frame: pd.DataFrame, details: pd.Series, reason: str, structure: DatasetStructure, snapshot_id: str
) -> pd.DataFrame:
    """The rows with these details (by index), as rows of lineage.rejection."""
    rows = frame.loc[details.index]
    cells = [{k: v for k, v in row.items() if k != "snapshot_row" and v is not None} for row in rows.to_dict("records")]
    return pd.DataFrame(
        {
            "snapshot_id": snapshot_id,
            "snapshot_row": rows["snapshot_row"],
            "provider": structure.provider,
            "dataset": structure.dataset,
            "series": "",
            "stage": "staged",
            "reason": reason,
            "detail": details,
            "row_as_published": ["; ".join(f"{k}={v}" for k, v in row.items()) for row in cells],
        },
        columns=table("lineage.rejection").column_names,
        index=rows.index,
        dtype=object,
    )

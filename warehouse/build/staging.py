"""Staging: validates a parsed answer with a pandera schema made from the dataset's structure.

Belongs here: validation, the series key, the rejections of this stage.
Does not belong here: parsing (sources) and translation of codes (sql/harmonised).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from indicator_defs.datasets import DatasetStructure
from indicator_defs.errors import PayungError
from indicator_defs.roles import MEANINGFUL
from warehouse.build.engine import Build, preview
from warehouse.metadata import ROLES, TableDescription, staged_table, table

if TYPE_CHECKING:
    import pandera.pandas as pa  # takes 0.85 s: otherwise loaded where it is used

REJECTION = "lineage.rejection"


@dataclass(frozen=True)
class StagedSnapshot:
    """The result of staging one snapshot.

    rows: the staged table; dimensions: its series keys in long form (staged.series_dimension); rejected: rows for
    lineage.rejection; failures: what pandera found (index, column, check, failure_case).
    """

    rows: pd.DataFrame
    dimensions: pd.DataFrame
    rejected: pd.DataFrame
    failures: pd.DataFrame


def staged_schema(structure: DatasetStructure) -> pa.DataFrameSchema:
    """The pandera schema of a dataset: required columns, columns that may not be empty, patterns.

    All columns are text as published; nothing is coerced.
    """
    import pandera.pandas as pa

    columns = {}
    for c in structure.columns:
        name = c.name if c.role in ("dimension", "attribute") else c.role
        checks = [pa.Check(partial(fits, c.pattern), error=f"expected {c.pattern}")] if c.pattern else []
        columns[name] = pa.Column(None, checks, nullable=c.nullable, required=c.required)
    return pa.DataFrameSchema(columns, strict=False, unique=["snapshot_row", "series"], name=structure.key)


def fits(pattern: str, texts: pd.Series) -> pd.Series:
    """Whether each text matches a pattern; each distinct text is matched once, because a column has few of them."""
    fitting = [text for text in texts.unique() if isinstance(text, str) and re.fullmatch(pattern, text, re.ASCII)]
    return texts.isin(fitting)


def dimension_columns(
    frame: pd.DataFrame, structure: DatasetStructure, open_dimensions: dict[str, str]
) -> list[tuple[str, str]]:
    """(published name, column) of every dimension of a parsed answer, sorted.

    `open_dimensions`: dimensions that the structure does not list, column by published name.
    """
    named = {c.published_as: c.name for c in structure.dimensions} | open_dimensions
    return sorted((published, name) for published, name in named.items() if name in frame.columns)


def series_key(frame: pd.DataFrame, named: list[tuple[str, str]]) -> pd.Series:
    """`Age=15+;Sex=FEMALE`: the non-empty dimensions of each row by published name, sorted."""
    if not named:
        return pd.Series("", index=frame.index, dtype=object)
    columns = [name for _, name in named]
    # A dataset has few distinct keys, so each text is made once.
    groups = frame.groupby(columns, dropna=False, sort=False).ngroup()
    first = frame.loc[~groups.duplicated(), columns].to_dict("records")
    texts = [
        ";".join(f"{published}={cell[name]}" for published, name in named if _filled(cell[name])) for cell in first
    ]
    return groups.map(dict(zip(groups[~groups.duplicated()], texts, strict=True))).astype(object)


def _filled(value: object) -> bool:
    return isinstance(value, str) and value != ""


def unexpected(frame: pd.DataFrame, structure: DatasetStructure) -> pd.Series:
    """`FREQ=Q;UNIT_MEASURE_TYPE=NB`: the codes of each row that change the meaning of its number, else None.

    These are codes that `expected` of the dataset does not list; in columns that the dataset does not describe, codes
    that roles.MEANINGFUL does not list.
    """
    named = {c.published_as: c.name for c in structure.columns}
    described = {*named.values(), *ROLES}
    expected = {p: (named[p], allowed) for p, allowed in structure.expected.items() if named[p] in frame.columns}
    for name in set(frame.columns) - described:  # the parser adds _2 where the plain name is a role
        plain = re.sub(r"(_2)+$", "", name)
        if plain in MEANINGFUL:
            expected[name] = (name, list(MEANINGFUL[plain]))
    codes = pd.Series("", index=frame.index, dtype=object)
    for published, (name, allowed) in sorted(expected.items()):
        cells = frame[name]
        is_unexpected = cells.notna() & (cells != "") & ~cells.isin(allowed)
        codes[is_unexpected] += (";" + published + "=") + cells[is_unexpected].astype(object)
    return codes.str.removeprefix(";").astype(object).where(codes != "", None)


def series_dimensions(rows: pd.DataFrame, named: list[tuple[str, str]]) -> pd.DataFrame:
    """The series keys of staged rows in long form (staged.series_dimension): one row per non-empty dimension."""
    keys = ["provider", "dataset", "series", "series_key"]
    distinct = rows[keys + [name for _, name in named]].drop_duplicates(keys)
    parts = [
        distinct[keys].assign(dimension=published, code=distinct[name])[distinct[name].notna() & (distinct[name] != "")]
        for published, name in named
    ]
    empty = pd.DataFrame(columns=table("staged.series_dimension").column_names)
    return pd.concat(parts, ignore_index=True) if parts else empty


def stage(
    frame: pd.DataFrame, structure: DatasetStructure, snapshot_id: str, open_dimensions: dict[str, str] | None = None
) -> StagedSnapshot:
    """Validates a parsed answer and splits its rows into accepted and rejected ones; none is lost.

    `frame`: columns of the contract in sources (all text); `open_dimensions`: dimensions that the structure does
    not list, column by published name. Raises PayungError where pandera is switched off, because then every row would
    be accepted.
    """
    frame = frame.reset_index(drop=True)
    failures = schema_failures(frame, staged_schema(structure), structure, snapshot_id)
    text = frame.astype(object).where(frame.notna(), None)
    named = dimension_columns(frame, structure, open_dimensions or {})
    text.insert(0, "snapshot_id", snapshot_id)
    text["provider"] = structure.provider
    text["dataset"] = structure.dataset
    text["series_key"] = series_key(text, named)
    text["unexpected"] = unexpected(text, structure)
    if structure.key_once:
        failures = pd.concat([failures, _further_rows(text)], ignore_index=True)
    reasons = reasons_by_row(failures)
    bad = text.index.isin(reasons.index)
    rejected = _rejections(text[bad], reasons, structure)
    description = staged_table(structure, tuple(text.columns))
    rows = text[~bad].reindex(columns=description.column_names)
    return StagedSnapshot(rows, series_dimensions(rows, named), rejected, failures)


def schema_failures(
    frame: pd.DataFrame, schema: pa.DataFrameSchema, structure: DatasetStructure, snapshot_id: str
) -> pd.DataFrame:
    """The failures of a schema: index, column, check, failure_case; the index of `frame` counts from 0.

    Raises PayungError for an error of the whole answer (a missing column), and where pandera is switched off.
    """
    import pandera.errors
    from pandera.config import get_config_context

    if not get_config_context().validation_enabled:
        raise PayungError("PANDERA_VALIDATION_ENABLED is off, so no row would be checked; unset it and refresh again.")
    try:
        schema.validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as error:
        failures: pd.DataFrame = error.failure_cases[["index", "column", "check", "failure_case"]]
        whole = failures[failures["index"].isna()]
        if not whole.empty:
            first = whole.iloc[0]
            raise PayungError(
                f"{structure.key}, snapshot {snapshot_id}: {first['check']}: {first['failure_case']}. The provider "
                f"changed its answer; compare it with sources/providers/{structure.provider}.yaml."
            ) from error
        return failures
    return pd.DataFrame(columns=["index", "column", "check", "failure_case"])


def reasons_by_row(failures: pd.DataFrame) -> pd.Series:
    """The reasons for each failed row, by its index: `column: check; column: check`."""
    texts = failures.assign(text=failures["column"].fillna("row").astype(str) + ": " + failures["check"].astype(str))
    return texts.groupby("index")["text"].agg(lambda parts: "; ".join(sorted(set(parts))))


def _further_rows(text: pd.DataFrame) -> pd.DataFrame:
    """The rows after the first one of each key as failures, for a provider that has one value per key.

    The parser refuses such an answer (sources/parsing.py); here rows from elsewhere are checked too.
    """
    columns = [c for c in ("series", "ref_area", "time_period", "time_detail", "series_key") if c in text]
    doubled = text[text.duplicated(columns, keep=False)]
    keys = [doubled[c] for c in columns]
    first = doubled["snapshot_row"].groupby(keys, dropna=False, sort=False).transform("first")
    further = doubled[doubled["snapshot_row"] != first]
    return pd.DataFrame(
        {
            "index": further.index,
            "column": "row",
            "check": "the provider has one value per key; this key first occurs in " + first[further.index],
            "failure_case": further["obs_value"],
        }
    )


def table_of(rows: pd.DataFrame, structure: DatasetStructure) -> TableDescription:
    """The description of the staged table with these rows."""
    return staged_table(structure, tuple(str(c) for c in rows.columns))


def staged_tables(build: Build, structures: Sequence[DatasetStructure]) -> list[TableDescription]:
    """Descriptions of the staged tables of the build, including columns that the structure does not list."""
    out = []
    for structure in structures:
        path = build.folder / "staged" / f"{structure.key}.parquet"
        if path.exists():
            names, _ = preview(path, rows=0)
            out.append(staged_table(structure, tuple(names)))
    return out


def _rejections(rows: pd.DataFrame, reasons: pd.Series, structure: DatasetStructure) -> pd.DataFrame:
    columns = table(REJECTION).column_names
    if rows.empty:
        return pd.DataFrame(columns=columns)
    published = [
        "; ".join(
            f"{n}={row[n]}" for n in ("ref_area", "time_period", "series_key", "obs_value") if row.get(n) is not None
        )
        for row in rows.to_dict("records")
    ]
    out = rows[["snapshot_id", "snapshot_row", "provider", "dataset", "series"]].copy()
    out["stage"] = "staged"
    out["reason"] = "schema"
    out["detail"] = reasons.loc[rows.index]
    out["row_as_published"] = published
    return with_own_address(out).reindex(columns=columns)


def with_own_address(rejected: pd.DataFrame) -> pd.DataFrame:
    """The rejected rows with unique addresses: the copies of a duplicated row are numbered, so that each is listed."""
    copy_no = rejected.groupby(["snapshot_id", "snapshot_row", "series"], dropna=False).cumcount()
    numbered = rejected["snapshot_row"] + "#" + (copy_no + 1).astype(str)
    return rejected.assign(snapshot_row=rejected["snapshot_row"].where(copy_no == 0, numbered))

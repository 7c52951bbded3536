"""Rows of a query as plain shapes, and the columns of a way back in short.

Belongs here: what explanation.py and regional_figure.py share.
Does not belong here: what is asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")

# The file that an observation o stands in, and its checksum from the list of files of its snapshot n.
FILE = """
    split_part(o.snapshot_row, ':', 1) AS file, nullif(
        split_part(split_part('; ' || n.files, '; ' || split_part(o.snapshot_row, ':', 1) || ' ', 2), ';', 1), ''
    ) AS sha256
"""
# Of an observation o and its snapshot n; the fields of way_back_parts.Short.
SHORT = f"""
    o.time_period, o.value_text, o.feed, n.producer, o.vintage_date, o.snapshot_id, {FILE}, o.snapshot_row, o.observation_id
"""


def records(
    con: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """The rows of a query by column name. Of the parameters those are passed on that the query names ($name)."""
    named = set(re.findall(r"\$(\w+)", query))
    wanted = {k: v for k, v in (parameters or {}).items() if k in named}
    result = con.execute(query, wanted) if wanted else con.execute(query)
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def rows(con: duckdb.DuckDBPyConnection, query: str, shape: type[T], parameters: Mapping[str, Any]) -> list[T]:
    """The rows of a query, whose columns are the fields of the shape."""
    return [shape(**found) for found in records(con, query, parameters)]


def one(con: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The only row of a query. LookupError where there is none or more: the release does not hang together."""
    found = records(con, query, parameters)
    if len(found) != 1:
        raise LookupError(f"{len(found)} rows where the release must hold one, for {dict(parameters or {})}")
    return found[0]


def picked(shape: type[T], found: Mapping[str, Any], **more: Any) -> T:
    """A shape filled with the columns of a row that are its fields, and with what is given besides."""
    names = {f.name for f in fields(shape)}
    return shape(**{k: v for k, v in found.items() if k in names and k not in more}, **more)

"""Rows of a query as dictionaries and as data classes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from warehouse.release.settings_table import in_release

if TYPE_CHECKING:
    import duckdb
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")


def records(
    con: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """The rows of a query by column name. Only the parameters that the query uses ($name) are passed to it."""
    names_in_query = set(re.findall(r"\$(\w+)", query))
    used = {k: v for k, v in (parameters or {}).items() if k in names_in_query}
    query = in_release(con, query)
    result = con.execute(query, used) if used else con.execute(query)
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def objects(con: duckdb.DuckDBPyConnection, query: str, shape: type[T], parameters: Mapping[str, Any]) -> list[T]:
    """The rows of a query, whose columns are the fields of the data class `shape`."""
    return [shape(**row) for row in records(con, query, parameters)]


def one_record(
    con: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The only row of a query. Raises LookupError for another number of rows: the release is inconsistent."""
    rows = records(con, query, parameters)
    if len(rows) != 1:
        raise LookupError(f"found {len(rows)} rows in the release, expected 1, for {dict(parameters or {})}")
    return rows[0]


def object_of(shape: type[T], row: Mapping[str, Any], **more: Any) -> T:
    """A data class filled from the columns of a row that are its fields, and from the fields in `more`."""
    names = {f.name for f in fields(shape)}
    return shape(**{k: v for k, v in row.items() if k in names and k not in more}, **more)

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
    """The rows of a query by column name. Of the parameters those are passed on that the query names ($name)."""
    named = set(re.findall(r"\$(\w+)", query))
    used = {k: v for k, v in (parameters or {}).items() if k in named}
    query = in_release(con, query)
    result = con.execute(query, used) if used else con.execute(query)
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def objects(con: duckdb.DuckDBPyConnection, query: str, shape: type[T], parameters: Mapping[str, Any]) -> list[T]:
    """The rows of a query, whose columns are the fields of the data class `shape`."""
    return [shape(**found) for found in records(con, query, parameters)]


def one_record(
    con: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The only row of a query. LookupError where there is none or more: the release is inconsistent."""
    found = records(con, query, parameters)
    if len(found) != 1:
        raise LookupError(f"{len(found)} rows where the release must hold one, for {dict(parameters or {})}")
    return found[0]


def object_of(shape: type[T], found: Mapping[str, Any], **more: Any) -> T:
    """A data class filled with the columns of a row that are its fields, and with further fields."""
    names = {f.name for f in fields(shape)}
    return shape(**{k: v for k, v in found.items() if k in names and k not in more}, **more)

"""Unknown codes in a statement, which explain why its result has no rows.

The macros are in release/macros.py, the search among codes is in release_codes.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import duckdb

from warehouse.query import release_codes
from warehouse.query.result_records import records
from warehouse.release.macros import macros_and_aliases

if TYPE_CHECKING:
    from indicator_defs.names import Names

# The kind of code of each parameter of a macro; other parameters are years, dates and search words.
_INDICATOR, _AREA, _TARGET_GROUP, _OBSERVATION = "indicator", "area", "target group", "observation"
_FAMILY = "family of breakdowns"
KINDS = {
    "indicator_code": _INDICATOR,
    "area": _AREA,
    "area_group_code": _AREA,
    "group_code": _TARGET_GROUP,
    "id": _OBSERVATION,
    "family": _FAMILY,
}
LISTINGS = {
    _INDICATOR: "list all: SELECT indicator, name FROM reference.indicator",
    _AREA: "list all: SELECT ref_area, name FROM reference.area",
    _TARGET_GROUP: "list all: SELECT code, name FROM reference.code WHERE codelist = 'target_group'",
    _OBSERVATION: "observation_id is a column of observations",
    _FAMILY: "list all: SELECT DISTINCT breakdown_family FROM indicator_set.value",
}
# Kinds that are looked up in tables of values, only where a result is empty: column and table.
_LOOKED_UP = {
    _OBSERVATION: ("observation_id", "harmonised.observation"),
    _FAMILY: ("breakdown_family", "indicator_set.value"),
}
NO_CODES = ("known_on", "requested_year", "word")
_INDICATOR_CODE = re.compile(r"ASP_\w+", re.IGNORECASE)


def unknown_codes(con: duckdb.DuckDBPyConnection, statement: str, is_empty: bool) -> list[str]:
    """A line for each unknown code in a statement, with the code that is meant or similar codes.

    The literal arguments of macros are checked and, where the result `is_empty`, every literal that looks like the code
    of an indicator.
    """
    tokens = _tokens(statement)
    given = list(_arguments(tokens))
    if is_empty:
        literals = (literal for literal in map(_literal, tokens) if literal is not None)
        given += [(_INDICATOR, text) for text in literals if _INDICATOR_CODE.fullmatch(text)]
    if not is_empty:
        given = [(what, text) for what, text in given if what not in _LOOKED_UP]
    return [line for what, text in dict.fromkeys(given) if (line := _line(con, what, text))]


def _line(con: duckdb.DuckDBPyConnection, what: str, text: str) -> str:
    if what in _LOOKED_UP:
        column, table = _LOOKED_UP[what]
        exists = bool(records(con, f"SELECT 1 FROM {table} WHERE {column} = $code LIMIT 1", {"code": text}))
        return "" if exists else f"unknown {what} {text!r}; {LISTINGS[what]}"
    names = _names(con, what)
    if text in names.names:
        return ""
    code = names.find(text)
    if code is not None:
        return f"unknown {what} {text!r}: write {names.label(code)}"
    return f"unknown {what} {text!r}; {names.hint(text) or LISTINGS[what]}"


def _names(con: duckdb.DuckDBPyConnection, what: str) -> Names:
    if what == _AREA:
        return release_codes.areas(con)
    return release_codes.indicators(con) if what == _INDICATOR else release_codes.codes(con, "target_group")


def _arguments(tokens: list[str]) -> Iterator[tuple[str, str]]:
    """(kind of code, text) of every literal that a statement passes to a macro as a code."""
    by_name = {m.name: m.parameters for m in macros_and_aliases()}
    for at, token in enumerate(tokens[:-1]):
        names = by_name.get(token.lower().strip('"'))
        if names is None or tokens[at + 1] != "(":
            continue
        for position, argument in enumerate(_split(tokens[at + 2 :])):
            name = names[position] if position < len(names) else ""
            if len(argument) > 2 and argument[1] in (":=", "=>"):
                name, argument = argument[0].lower().strip('"'), argument[2:]
            literal = _literal(argument[0]) if len(argument) == 1 else None
            if literal is not None and name in KINDS:
                yield KINDS[name], literal


def _split(tokens: list[str]) -> Iterator[list[str]]:
    """The arguments of a call; the tokens begin after its opening bracket."""
    depth = 0
    argument: list[str] = []
    for token in tokens:
        if token == ")" and depth == 0:
            break
        if token == "," and depth == 0:
            yield argument
            argument = []
            continue
        depth += (token in "([{") - (token in ")]}")
        argument.append(token)
    if argument:
        yield argument


def _literal(token: str) -> str | None:
    return token[1:-1].replace("''", "'") if len(token) > 1 and token[0] == token[-1] == "'" else None


def _tokens(statement: str) -> list[str]:
    """The tokens of a statement without its comments, as split by the engine's own parser."""
    encoded = statement.encode()
    starts = duckdb.tokenize(statement)  # positions are in bytes
    ends = [at for at, _ in starts[1:]] + [len(encoded)]
    parts = zip(starts, ends, strict=True)
    texts = [encoded[at:end].decode().strip() for (at, kind), end in parts if kind != duckdb.token_type.comment]
    # in some versions := and brackets are one token with the next one
    return [piece for text in texts for piece in (_pieces(text) if _literal(text) is None else [text])]


def _pieces(text: str) -> list[str]:
    return re.findall(r":=|=>|[()\[\]{},]|[^()\[\]{},:=\s]+|[:=]", text)

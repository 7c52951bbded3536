"""docs/definitions.md: the fields of every file of definitions, with guidance and example, from the models."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from indicator_defs import indicator_definitions, methods, sets
from indicator_defs.breakdowns import BREAKDOWNS
from indicator_defs.breaks import Break
from indicator_defs.catalog import FOLDER, Catalog
from indicator_defs.corrections import Correction
from indicator_defs.tolerances import Tolerance
from indicator_defs.weights import Weight, WeightSeries
from warehouse import metadata
from warehouse.export.docs.markdown import code, table

from .places import placed

# Examples of fields come from this definition if it has the field.
SHOWN_FIRST = "ASP_COV_PENSN"


def pages(catalog: Catalog) -> dict[str, str]:
    """The page with its four generated parts."""
    places = {
        "definition": shown_definition(catalog),
        "fields": definition_fields(catalog),
        "breakdowns": breakdowns(catalog),
        "other-fields": other_fields(catalog),
    }
    return placed("definitions.md", places)


def _type(annotation: Any) -> str:
    """A type in words."""
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _type(inner[0])
    if origin is typing.Literal:
        return " or ".join(code(a) for a in inner) if len(inner) < 11 else "a breakdown"
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_type(a) for a in inner if a is not type(None))
    if origin is list:
        return f"list of {_type(inner[0])}"
    if origin is dict:
        return f"{_type(inner[0])}: {_type(inner[1])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    names = {"str": "text", "int": "whole number", "float": "number", "bool": "`true` or `false`", "date": "date"}
    return names.get(getattr(annotation, "__name__", ""), str(annotation))


def _default(field: Any) -> str:
    if field.default is PydanticUndefined and field.default_factory is None:
        return "**required**"
    value = field.get_default(call_default_factory=True)
    if value in (None, [], {}):
        return "nothing"
    return code(str(value).lower() if isinstance(value, bool) else value)


def _used(kind: type[BaseModel], catalog: Catalog) -> Iterator[BaseModel]:
    """Every use of a model in the definitions; one definition comes first, so that the examples are from one indicator."""
    definitions = sorted(catalog.definitions.values(), key=lambda d: (d.code != SHOWN_FIRST, d.status, d.code))
    everything: list[BaseModel] = [
        *definitions,
        *catalog.methods.values(),
        *catalog.criteria.values(),
        *catalog.publication_rules.values(),
        *catalog.weights.values(),
        *catalog.weight_series,
        catalog.indicator_set,
        catalog.regional_baseline,
        *catalog.breaks,
        *catalog.corrections,
        *catalog.tolerances.values(),
        *catalog.crosswalks,
    ]
    for top in everything:
        yield from _within(top, kind)


def _within(value: object, kind: type[BaseModel]) -> Iterator[BaseModel]:
    if isinstance(value, kind):
        yield value
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _within(getattr(value, name), kind)
    elif isinstance(value, list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _within(part, kind)


def _example(kind: type[BaseModel], name: str, catalog: Catalog) -> str:
    """An example of a field: the one in the model, otherwise the first use that differs from the default."""
    field = kind.model_fields[name]
    found: object = field.examples[0] if field.examples else None
    if found is None:
        default = None if field.is_required() else field.get_default(call_default_factory=True)
        uses = (getattr(use, name) for use in _used(kind, catalog))
        found = next((v for v in uses if v not in (None, [], {}, "") and v != default), None)
    if found is None or isinstance(found, BaseModel) or (isinstance(found, list) and isinstance(found[0], BaseModel)):
        return ""
    text = yaml.safe_dump(found, default_flow_style=True, allow_unicode=True, width=10_000)
    text = text.removesuffix("\n").removesuffix("\n...").strip()
    return code(text if len(text) <= 90 else text[:87] + "...")


def fields(kind: type[BaseModel], catalog: Catalog) -> str:
    """One model: its description, and a table of its fields with guidance and example."""
    rows = (
        [code(name), field.description, _type(field.annotation), _default(field), _example(kind, name, catalog)]
        for name, field in kind.model_fields.items()
    )
    about = (kind.__doc__ or "").split("\n\n")[0]
    head = ["field", "what to write", "kind", "if left out", "example"]
    return f"### {kind.__name__}\n\n{about}\n\n{table(head, rows)}"


def definition_fields(catalog: Catalog) -> str:
    """The models of an indicator's file."""
    kinds = (
        indicator_definitions.IndicatorDefinition,
        indicator_definitions.Feed,
        indicator_definitions.SeriesClaim,
        indicator_definitions.TargetGroupRule,
        indicator_definitions.Aggregation,
        indicator_definitions.Gap,
    )
    return "\n\n".join(fields(k, catalog) for k in kinds)


def other_fields(catalog: Catalog) -> str:
    """The models of the other files of indicator_defs/."""
    kinds = (
        methods.Method,
        methods.PublicationRule,
        methods.Criterion,
        methods.PublicationClass,
        methods.ClassLimit,
        methods.SmallGroup,
        methods.UncertaintyFactor,
        Weight,
        WeightSeries,
        sets.IndicatorSet,
        sets.SetTier,
        sets.Decision,
        sets.RegionalBaseline,
        sets.BaselineTable,
        Break,
        Correction,
        Tolerance,
    )
    return "\n\n".join(fields(k, catalog) for k in kinds)


def shown_definition(catalog: Catalog) -> str:
    """One definition, copied from its file."""
    place = catalog.places[SHOWN_FIRST].split(":")[0]
    text = (FOLDER.parent / place).read_text(encoding="utf-8").rstrip()
    return f"`{place}`:\n\n```yaml\n{text}\n```"


def breakdowns(catalog: Catalog) -> str:
    """The breakdowns and their codes."""
    shared = metadata.tables()["harmonised.observation"].columns
    comments = {c.name: c.comment for c in shared}
    lists = catalog.codelists

    def codes(name: str) -> str:
        found = [r["code"] for r in lists[name]]
        return ", ".join(code(c) for c in found[:14]) + (f" and {len(found) - 14} more" if len(found) > 14 else "")

    return table(["breakdown", "description", "codes"], ([code(b), comments[b], codes(b)] for b in BREAKDOWNS))

"""The table of all variables in docs/operations.md, from the settings model and sources/providers/*.yaml."""

from __future__ import annotations

from pydantic import SecretStr

from indicator_defs.rounding import digits
from indicator_defs.system.settings_model import Settings, variables
from sources.registry import providers
from warehouse.export.docs.markdown import code, table

from .places import placed


def pages() -> dict[str, str]:
    """The page with the table in its place."""
    return placed("operations.md", {"settings": table(["variable", "meaning", "expected", "default"], _rows())})


def _rows() -> list[list[object]]:
    rows: list[list[object]] = []
    for name, field_name in variables().items():
        field = Settings.model_fields[field_name]
        rows.append([code(name), field.description, _expected(field_name), _default(field.default)])
    addresses = Settings.model_fields["addresses"].description
    for spec in providers().values():
        for e in spec.endpoints:
            rows.append([code(e.environment), f"{addresses} {spec.title}.", _expected("addresses"), e.base_url])
    return rows


def _expected(field_name: str) -> str:
    extra = Settings.model_fields[field_name].json_schema_extra
    return str(extra["expected"]) if isinstance(extra, dict) else ""


def _default(value: object) -> str:
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    return "" if value is None else code(digits(value) if isinstance(value, float) else value)

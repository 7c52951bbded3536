"""docs/data_licences.md: licence, attribution and vintages of each provider, from sources/providers/*.yaml.

Belongs here: the section of a provider. Does not belong here: what a provider allows (its YAML file says it).
"""

from __future__ import annotations

from sources.provider_spec import ProviderSpec
from sources.registry import providers

from .markdown import code, placed, table


def pages() -> dict[str, str]:
    """The page with one section per provider."""
    return placed("data_licences.md", {"licences": "\n\n".join(_section(spec) for spec in providers().values())})


def _section(spec: ProviderSpec) -> str:
    rows = [
        ["published by", spec.producer],
        ["datasets", "; ".join(f"{code(d.dataset)} {d.title}" for d in spec.datasets)],
        ["licence", spec.licence],
        ["attribution", spec.attribution],
        ["terms", spec.terms_url or "ask the publisher"],
        ["date of a vintage", spec.vintage_rule],
    ]
    return f"### {spec.title} ({code(spec.provider)})\n\n{table(['', ''], rows)}"

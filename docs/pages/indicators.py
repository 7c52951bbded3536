"""docs/indicators.md: all indicators by group, from the definitions alone.

Belongs here: one line for each indicator. Does not belong here: all that is known of one (sheets.py), and figures.
"""

from __future__ import annotations

from indicator_defs.catalog import Catalog
from indicator_defs.indicator_definitions import IndicatorDefinition

from .markdown import code, table


def pages(read: Catalog) -> dict[str, str]:
    """The page."""
    return {"indicators.md": indicators(read)}


def indicators(read: Catalog) -> str:
    """All indicators by group, from the definitions alone."""
    definitions = list(read.definitions.values())
    valued = [d for d in definitions if d.status == "with_values"]
    units = {r["code"]: r["name"] for r in read.codelists["unit"]}
    parts = [
        "# The indicators",
        f"{len(definitions)} indicators: {len(valued)} with values in the shipped archive, "
        f"{len(definitions) - len(valued)} declared, which stand as gaps with the place their values must come from. "
        "Made by `python docs/make.py` from `indicator_defs/indicators/`; which Member States have values is in "
        "`quality.availability`.",
        "[Metadata sheets](indicators/README.md) say all of each indicator; [target groups](target_groups/README.md) have "
        "a page each. Core indicators stand in the regional baseline's main tables. The headline is the cell that is "
        "*the* figure; blank means no breakdown. Every indicator also accepts [national data](national_format.md).",
    ]
    for group in read.codelists["indicator_group"]:
        inside = [d for d in definitions if d.group == group["code"]]
        if not inside:
            continue
        parts.append(
            f"## {group['name']} (`{group['code']}`)" + (f"\n\n{group['description']}" * bool(group["description"]))
        )
        with_values = sorted((d for d in inside if d.status == "with_values"), key=lambda d: (d.tier, d.code))
        declared = sorted((d for d in inside if d.status == "declared"), key=lambda d: (d.tier, d.code))
        if with_values:
            head = ["code", "name", "unit", "tier", "headline", "published series", "regional figure", "SDG"]
            parts.append(table(head, ([*_shown(d, units), _series(d), _regional(d, read), d.sdg] for d in with_values)))
        if declared:
            parts.append("Declared, without values:")
            head = ["code", "name", "unit", "tier", "headline", "values must come from", "who could fill it"]
            parts.append(table(head, ([*_shown(d, units), *_gap(d)] for d in declared)))
    return "\n\n".join(parts) + "\n"


def _shown(d: IndicatorDefinition, units: dict[str, str]) -> list[object]:
    headline = ", ".join(code(c) for c in d.headline.values())
    return [code(d.code), d.name, units[d.unit], d.tier, headline]


def _series(d: IndicatorDefinition) -> str:
    feeds: dict[str, list[str]] = {}
    for feed in d.sources:
        found = feeds.setdefault(f"{feed.provider}/{feed.dataset}", [])
        found += [s.code for s in feed.series if s.code not in found]
    return "; ".join(f"{feed}: {', '.join(code(c) for c in codes)}" for feed, codes in feeds.items())


def _regional(d: IndicatorDefinition, read: Catalog) -> str:
    a = d.aggregation
    title = read.methods[a.method].title
    return f"{title}; {code(a.weight)}{' (proxy)' * a.weight_is_proxy}" if a.weight else title


def _gap(d: IndicatorDefinition) -> list[object]:
    return [d.gap.obtain_from, ", ".join(d.gap.body)] if d.gap else ["", ""]

"""docs/indicators/: the metadata sheets, one page for each group of indicators, from the definitions and a release.

Belongs here: what stands on a sheet, in which order, and the words around it. Does not belong here: figures (a release
has them); of a release a sheet says what the producers call their series, and how often there are values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from indicator_defs.catalog import Catalog
from indicator_defs.errors import PayungError
from indicator_defs.indicator_definitions import Feed, IndicatorDefinition
from indicator_defs.rounding import digits
from sources import registry
from warehouse.export.metadata_sheet import every
from warehouse.export.release_reader import open_release

from .markdown import code, table

KINDS = {
    "no_source": "nobody is known to publish it",
    "not_gathered": "published, but not by the sources at hand",
    "national_submission": "waiting for the Member States or the ASEAN Secretariat to supply it",
}
DIRECTIONS = {
    "higher_is_better": "higher is better",
    "lower_is_better": "lower is better",
    "neutral": "neither way is better by itself",
}
ABOUT = (
    "One sheet for each indicator, to print or to send: what ACSS is given when an indicator is proposed. Made by "
    "`python docs/make.py` from `indicator_defs/` and a release; mend the definition, not this page. Where a field is "
    "empty, the sheet says so. What the producer says of its figures stands apart from our own words. Which Member "
    "States have values, and why others have not: `payung gaps --indicator CODE`."
)


def pages(read: Catalog, release: Path) -> dict[str, str]:
    """The text of each page below docs/, by its path: an index, and a page for each group of indicators."""
    with open_release(release) as reader:
        found = reader.ask_file("indicator_sheet")
    facts = {row[found.at("indicator")]: dict(zip(found.fields, row, strict=True)) for row in found.rows}
    if missing := sorted(read.definitions.keys() - facts.keys()):
        raise PayungError(
            f"release {release.resolve().name} does not know {', '.join(missing)}; run payung refresh first"
        )
    out = {}
    index = []
    for group in read.codelists["indicator_group"]:
        inside = sorted((d for d in read.definitions.values() if d.group == group["code"]), key=lambda d: d.code)
        if not inside:
            continue
        name = f"{group['code']}.md"
        parts = [f"# {group['name']}: metadata sheets", ABOUT, *(_sheet(d, read, facts[d.code]) for d in inside)]
        out[f"indicators/{name}"] = "\n\n".join(parts) + "\n"
        index.append([f"[{group['name']}]({name})", len(inside), ", ".join(code(d.code) for d in inside)])
    listed = table(["group", "sheets", "indicators"], index)
    out["indicators/README.md"] = f"# Metadata sheets\n\n{ABOUT}\n\n{listed}\n"
    return out


def _sheet(d: IndicatorDefinition, read: Catalog, facts: Mapping[str, Any]) -> str:
    return f"## {d.code}: {d.name}\n\n{table(['', ''], _fields(d, read, facts))}"


def _fields(d: IndicatorDefinition, read: Catalog, facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The fields of a sheet in the order in which they are read. `facts`: what a release says of the indicator."""
    names = {n: {r["code"]: r["name"] for r in read.codelists[n]} for n in ("unit", "body", "article", "sector")}
    groups = {r["code"]: r["name"] for r in read.codelists["target_group"]}
    status = "with values" if d.status == "with_values" else "declared, without values"
    yield "Status", f"{status}; {d.tier} indicator"
    yield "Definition and concept", d.definition
    yield "Numerator", d.numerator or "none given: the figure is no ratio, or its producer gives none"
    yield "Denominator", d.denominator or "none given"
    yield "Unit", f"{names['unit'][d.unit]}, {d.decimals} decimal{'s' * (d.decimals != 1)}; {DIRECTIONS[d.direction]}"
    breakdowns = {r["code"]: r["name"].lower() for r in read.codelists["breakdown"]}
    codes = {(b, r["code"]): r["name"] for b in d.headline for r in read.codelists[b]}
    headline = ", ".join(f"{breakdowns[b]}: {codes[b, c]} (`{c}`)" for b, c in d.headline.items())
    yield "The figure", headline or "the total of every breakdown"
    yield "Disaggregation expected", ", ".join(breakdowns[b] for b in d.breakdowns) or "none"
    yield (
        "Target groups",
        "; ".join(
            f"{groups[r.group]} ({r.match}{': ' + r.note.rstrip('.') if r.note else ''})" for r in d.target_groups
        )
        or "those of its breakdowns only",
    )
    yield "Sector", names["sector"][d.sector]
    yield "SDG indicator", d.sdg or "none"
    yield from _sources(d)
    yield "Method of regional figures", _method(d, read)
    low = "none" if d.minimum is None else digits(d.minimum)
    high = (
        "none" if d.maximum is None else digits(d.maximum) + (" (higher ones can be right)" * (not d.maximum_is_hard))
    )
    yield "Limits", f"lowest possible value {low}, highest {high}"
    yield "Comparability", d.comparability
    titles = (facts["producer_titles"] or "").replace("\n", "; ")
    yield "What the producer calls it", titles or "the figures at hand carry no title"
    yield "What the producer says", d.producer_note or "not taken over; see the producer's own metadata"
    yield (
        "Policy need",
        "; ".join(f"article {a}, {names['article'][a].lower()}" for a in d.articles)
        + (" (ASEAN Declaration on Strengthening Social Protection, 2013)"),
    )
    yield "Body in charge", "; ".join(f"{names['body'][b]} ({b})" for b in d.body)
    yield "Frequency", _frequency(d, facts["periodicity"])


def _sources(d: IndicatorDefinition) -> Iterator[tuple[str, str]]:
    if d.owner:
        yield "Producer", d.owner
    for feed in sorted(d.sources, key=lambda f: f.rank):
        yield f"Source, preference {feed.rank}", _feed(feed)
    if d.gap is not None:
        bodies = ", ".join(d.gap.body)
        yield "Why there are no values", f"{d.gap.reason} ({KINDS[d.gap.kind]})"
        yield "Values must come from", f"{d.gap.obtain_from} (could be filled by: {bodies})"


def _feed(feed: Feed) -> str:
    series = []
    for claim in feed.series:
        where = ", ".join(f"{k} {v if isinstance(v, str) else '/'.join(v)}" for k, v in claim.where.items())
        series.append(f"`{claim.code}`" + (f" ({where})" if where else ""))
    parts = [f"{registry.dataset(feed.provider, feed.dataset).title}: series {', '.join(series)}"]
    if feed.vintage_from or feed.vintage_to:
        parts.append(f"vintages {feed.vintage_from or 'from the first'} to {feed.vintage_to or 'the newest'}")
    if feed.superseded_before:
        parts.append(f"superseded before {feed.superseded_before}")
    return "; ".join([*parts, *([feed.note.rstrip(".")] if feed.note else [])])


def _method(d: IndicatorDefinition, read: Catalog) -> str:
    a = d.aggregation
    method = read.methods[a.method]
    parts = [f"{method.title}: {method.formula.rstrip('.')}"]
    if a.weight and method.kind == "mean":
        weight = read.weights[a.weight]
        parts.append(f"weight {weight.title.rstrip('.')}" + (", standing in for the denominator" * a.weight_is_proxy))
    if a.proxy_accepted:
        parts.append(f"accepted because {a.proxy_accepted[0].lower()}{a.proxy_accepted[1:].rstrip('.')}")
    if method.kind != "none":
        parts.append(
            f"values of up to {a.window} years before the reference year" if a.window else "values of the year itself"
        )
    return "; ".join(parts)


def _frequency(d: IndicatorDefinition, periodicity: int | None) -> str:
    """How often there is a new value, and how often the sources publish, which is another thing."""
    if not d.sources:
        return "to be agreed with the body in charge: no source publishes it to us yet"
    calendars = {f.provider: registry.provider(f.provider).calendar.frequency.replace("_", " ") for f in d.sources}
    publishing = ", ".join(f"{provider} {frequency}" for provider, frequency in calendars.items())
    values = f"as a rule {every(periodicity)} in a Member State" if periodicity else "too few values to tell"
    return f"{values}; the databases come out: {publishing}"

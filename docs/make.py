"""Keeps what docs/ takes from the definitions and the table descriptions: fields, dictionary, indicators, methods.

Belongs here: rendering such tables, whole files or into their places between two marks. The sheets of indicators are
in make_sheets.py, the pages of target groups, which need a release, in make_groups.py.
Does not belong here: the text around them, which people write; licences and the national format (sources/papers.py).

    python docs/make.py            writes the files
    python docs/make.py --check    writes nothing; exit code 1 and the names of files that are not up to date
"""

from __future__ import annotations

import argparse
import importlib
import sys
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from indicator_defs import model, set_model
from indicator_defs.catalog import Catalog, load_catalog
from indicator_defs.model import BREAKDOWNS, IndicatorDefinition
from pipelines.settings import home
from sources import registry
from sources.papers import filled
from warehouse import checks, metadata
from warehouse.database import VIEWS, ddl, staged_view
from warehouse.macros import macros
from warehouse.metadata import Table
from warehouse.releases import Releases

DOCS = Path(__file__).parent

# Examples of fields are taken from this definition where it has them.
SHOWN_FIRST = "ASP_COV_PENSN"


@cache
def catalog() -> Catalog:
    """The shipped definitions, read once."""
    return load_catalog()


def table(head: list[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    lines += [f"| {' | '.join(_cell(c) for c in row)} |" for row in rows]
    return "\n".join(lines)


def _cell(value: object) -> str:
    return "" if value is None else " ".join(str(value).split()).replace("|", "\\|")


def _code(value: object) -> str:
    return f"`{value}`" if value not in (None, "") else ""


# -- fields of the model ---------------------------------------------------------------------------------------------


def _type(annotation: Any) -> str:
    """A type in words: what a statistician may write."""
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _type(inner[0])
    if origin is typing.Literal:
        return " or ".join(_code(a) for a in inner) if len(inner) < 11 else "a breakdown"
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
        return "**must be given**"
    value = field.get_default(call_default_factory=True)
    if value in (None, [], {}):
        return "nothing"
    return _code(str(value).lower() if isinstance(value, bool) else value)


def _used(kind: type[BaseModel]) -> Iterator[BaseModel]:
    """Every use of a model in the shipped definitions; one definition first, so that examples go together."""
    read = catalog()
    definitions = sorted(read.definitions.values(), key=lambda d: (d.code != SHOWN_FIRST, d.status, d.code))
    everything: list[BaseModel] = [
        *definitions,
        *read.methods.values(),
        *read.publication_rules.values(),
        *read.weights.values(),
        read.indicator_set,
        read.regional_baseline,
        *read.breaks,
        *read.corrections,
        *read.crosswalks,
    ]
    for top in everything:
        yield from _within(top, kind)


def _within(value: object, kind: type[BaseModel]) -> Iterator[BaseModel]:
    if isinstance(value, kind):
        yield value
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _within(getattr(value, name), kind)
    elif isinstance(value, list):
        for part in value:
            yield from _within(part, kind)


def _example(kind: type[BaseModel], name: str) -> str:
    """An example of a field: the model's own, else the first use that differs from the default."""
    field = kind.model_fields[name]
    found: object = field.examples[0] if field.examples else None
    if found is None:
        default = None if field.is_required() else field.get_default(call_default_factory=True)
        uses = (getattr(use, name) for use in _used(kind))
        found = next((v for v in uses if v not in (None, [], {}, "") and v != default), None)
    if found is None or isinstance(found, BaseModel) or (isinstance(found, list) and isinstance(found[0], BaseModel)):
        return ""
    text = yaml.safe_dump(found, default_flow_style=True, allow_unicode=True, width=10_000)
    text = text.removesuffix("\n").removesuffix("\n...").strip()
    return _code(text if len(text) <= 90 else text[:87] + "...")


def fields(kind: type[BaseModel]) -> str:
    """One model: what it is, and a table of its fields with guidance and example."""
    rows = (
        [_code(name), field.description, _type(field.annotation), _default(field), _example(kind, name)]
        for name, field in kind.model_fields.items()
    )
    about = (kind.__doc__ or "").split("\n\n")[0]
    head = ["field", "what to write", "kind", "if left out", "example"]
    return f"### {kind.__name__}\n\n{about}\n\n{table(head, rows)}"


def definition_fields() -> str:
    """The models of an indicator's file."""
    kinds = (
        IndicatorDefinition,
        model.Feed,
        model.SeriesClaim,
        model.TargetGroupRule,
        model.Aggregation,
        model.Gap,
    )
    return "\n\n".join(fields(k) for k in kinds)


def other_fields() -> str:
    """The models of the other files of indicator_defs/."""
    kinds = (
        model.Method,
        model.PublicationRule,
        model.PublicationClass,
        model.Weight,
        set_model.IndicatorSet,
        set_model.SetTier,
        set_model.Decision,
        set_model.RegionalBaseline,
        set_model.BaselineTable,
        model.Break,
        model.Correction,
    )
    return "\n\n".join(fields(k) for k in kinds)


def shown_definition() -> str:
    """One definition as it stands in its file."""
    place = catalog().places[SHOWN_FIRST].split(":")[0]
    text = (DOCS.parent / place).read_text(encoding="utf-8").rstrip()
    return f"`{place}`:\n\n```yaml\n{text}\n```"


def breakdowns() -> str:
    """Our breakdowns and their codes."""
    shared = metadata.tables()["harmonised.observation"].columns
    comments = {c.name: c.comment for c in shared}
    lists = catalog().codelists

    def codes(name: str) -> str:
        found = [r["code"] for r in lists[name]]
        return ", ".join(_code(c) for c in found[:14]) + (f" and {len(found) - 14} more" if len(found) > 14 else "")

    return table(["breakdown", "what", "codes"], ([_code(b), comments[b], codes(b)] for b in BREAKDOWNS))


def code_table(name: str) -> Callable[[], str]:
    """A function that renders a code list."""

    def render() -> str:
        rows = ([_code(r["code"]), r["name"], r["description"]] for r in catalog().codelists[name])
        return table(["code", "name", "note"], rows)

    return render


# -- dictionary ------------------------------------------------------------------------------------------------------


def dictionary() -> str:
    """The data dictionary: every published table with its columns, by schema."""
    parts = [
        "# Data dictionary",
        "Every schema, table and column of a release, from the same descriptions as the comments in the database "
        "(`SELECT * FROM duckdb_columns()`). Made by `python docs/make.py`; mend `warehouse/tables/*.yaml` or "
        "`sources/*.yaml`, not this file.",
        "Every breakdown column holds `_T` where a value is not broken down by it. In brackets the foreign key of a "
        "column: the table, and with `reference.code` the code list, in which every code of the column stands. Years are "
        "INTEGER, shares DOUBLE in per cent unless the column says 0 to 1.",
    ]
    schemas = {s: yaml.safe_load((metadata.FOLDER / f"{s}.yaml").read_text(encoding="utf-8")) for s in metadata.SCHEMAS}
    listed = {s: [t for t in metadata.tables().values() if t.schema == s and not t.is_work] for s in schemas}
    listed["staged"] = [metadata.staged_observation(), *(metadata.staged_table(s) for s in registry.structures())]
    rows: list[list[object]] = [["[`main`](#main)", "Plain views with labels, for people who want one table"]]
    rows += [[f"[`{s}`](#{s})", schemas[s]["title"]] for s in schemas]
    parts.append(table(["schema", "what"], rows))
    parts.append(_main())
    parts.append(_macros())
    for schema, found in listed.items():
        parts.append(f"## {schema}\n\n{schemas[schema]['title']}.")
        parts += [_described(t) for t in sorted(found, key=lambda t: t.name)]
    parts.append(_work())
    return "\n\n".join(parts) + "\n"


def _described(description: Table) -> str:
    key = ", ".join(_code(k) for k in description.key)
    rows = ([_code(c.name), c.type, c.whole_comment] for c in description.columns)
    head = f"### {description.full_name}\n\n{description.comment}.\n\nKey: {key}"
    return f"{head}\n\n{table(['column', 'type', 'what'], rows)}"


def _main() -> str:
    parts = ["## main\n\nPlain views with labels, for people who want one table."]
    with duckdb.connect() as con:
        described = [*metadata.tables().values(), *(metadata.staged_table(s) for s in registry.structures())]
        for statement in [*(s for d in described for s in ddl(d)), *staged_view(described)]:
            con.execute(statement)
        for path in sorted(VIEWS.glob("*.sql")):
            text = path.read_text(encoding="utf-8")
            con.execute(f"CREATE VIEW main.{path.stem} AS {text.rstrip().rstrip(';')}")
            names = [row[0] for row in con.execute(f"DESCRIBE main.{path.stem}").fetchall()]
            what = text.split("\n", 1)[0].removeprefix("-- ")
            parts.append(f"### main.{path.stem}\n\n{what}.\n\nColumns: {', '.join(_code(n) for n in names)}")
    return "\n\n".join(parts)


def _macros() -> str:
    rows = ([_code(m.name), m.comment] for m in macros())
    about = "Questions with a name: `SELECT * FROM series('ASP_COV_PENSN', 'PHL')`. Examples in [sql.md](sql.md)."
    return f"## Table macros\n\n{about}\n\n{table(['macro', 'what'], rows)}"


def _work() -> str:
    rows = ([_code(t.full_name), t.comment] for t in metadata.tables().values() if t.is_work)
    return "## Made on the way\n\nTables of a build that are not published.\n\n" + table(["table", "what"], rows)


# -- indicators ------------------------------------------------------------------------------------------------------


def indicators() -> str:
    """All indicators by group, from the definitions alone."""
    read = catalog()
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
            parts.append(table(head, ([*_shown(d, units), _series(d), _regional(d), d.sdg] for d in with_values)))
        if declared:
            parts.append("Declared, without values:")
            head = ["code", "name", "unit", "tier", "headline", "values must come from", "who could fill it"]
            parts.append(table(head, ([*_shown(d, units), *_gap(d)] for d in declared)))
    return "\n\n".join(parts) + "\n"


def _shown(d: IndicatorDefinition, units: dict[str, str]) -> list[object]:
    headline = ", ".join(_code(c) for c in d.headline.values())
    return [_code(d.code), d.name, units[d.unit], d.tier, headline]


def _series(d: IndicatorDefinition) -> str:
    feeds: dict[str, list[str]] = {}
    for feed in d.sources:
        found = feeds.setdefault(f"{feed.provider}/{feed.dataset}", [])
        found += [s.code for s in feed.series if s.code not in found]
    return "; ".join(f"{feed}: {', '.join(_code(c) for c in codes)}" for feed, codes in feeds.items())


def _regional(d: IndicatorDefinition) -> str:
    a = d.aggregation
    title = catalog().methods[a.method].title
    return f"{title}; {_code(a.weight)}{' (proxy)' * a.weight_is_proxy}" if a.weight else title


def _gap(d: IndicatorDefinition) -> list[object]:
    return [d.gap.obtain_from, ", ".join(d.gap.body)] if d.gap else ["", ""]


# -- methods ---------------------------------------------------------------------------------------------------------


def settings() -> str:
    """The years and limits of the set."""
    s, b = catalog().indicator_set, catalog().regional_baseline
    rows: list[list[object]] = [
        ["latest reference year", s.latest_reference_year],
        ["regional figures from", s.first_reference_year],
        ["baseline", f"{b.baseline_year}, from values of {b.baseline_from} to {b.baseline_to}"],
        ["least distance of baseline and latest for a change", f"{b.minimum_years_apart} years"],
        ["step that is not comparable until looked at, per cent units", f"more than {s.step_points:g} points"],
        ["the same, any unit", f"more than {s.step_factor:g} times, and at least {s.step_factor_minimum:g}"],
        ["groups", ", ".join(s.groups)],
    ]
    return table(["setting", "value"], rows)


def methods() -> str:
    """The methods of aggregation, and how many indicators use each."""
    used = [d.aggregation.method for d in catalog().definitions.values()]
    rows = ([_code(m.name), m.title, m.formula, used.count(m.name)] for m in catalog().methods.values())
    return table(["method", "title", "what is computed", "indicators"], rows)


def classes() -> str:
    """The thresholds of the publication classes."""
    rows: list[list[object]] = []
    for rule in catalog().publication_rules.values():
        for name, c in (("A", rule.A), ("B", rule.B), ("or B", rule.B_alternative)):
            recent = (
                f"{100 * c.recent_share:g} % of the weight from the last {c.recent_years} years "
                f"({c.recent_years_survey} for surveys)"
                if c.recent_share
                else "any"
            )
            rows.append(
                [
                    name,
                    f"{100 * c.weight_covered:.4g} %",
                    c.n_areas,
                    c.n_areas_small,
                    recent,
                    "yes" if c.proxy_allowed else "no",
                ]
            )
    head = [
        "class",
        "weight covered at least",
        "members at least",
        "groups of up to six",
        "age of the values",
        "proxy weight",
    ]
    tolerance = ", ".join(f"{r.sex_total_tolerance:g}" for r in catalog().publication_rules.values())
    return f"{table(head, rows)}\n\nTolerance of the total where figures are by sex: {tolerance} points."


def weights() -> str:
    """The weights, their sources and fillings, and the indicators that use each; proxies marked."""
    rows = []
    means = [d for d in catalog().definitions.values() if catalog().methods[d.aggregation.method].kind == "mean"]
    for w in catalog().weights.values():
        users = [d for d in means if d.aggregation.weight == w.name]
        own = ", ".join(_code(d.code) for d in users if not d.aggregation.weight_is_proxy)
        proxy = ", ".join(
            _code(d.code) + " (accepted)" * bool(d.aggregation.proxy_accepted)
            for d in users
            if d.aggregation.weight_is_proxy
        )
        rows.append([_code(w.name), w.title, w.source, w.filling, own, proxy])
    return table(
        ["weight", "what is counted", "from", "years without a figure", "denominator of", "stands in for"], rows
    )


def accepted_proxies() -> str:
    """Why some proxy weights do not cap the class."""
    found = [d for d in catalog().definitions.values() if d.aggregation.proxy_accepted]
    return "\n".join(f"* `{d.code}`, {d.name}: {d.aggregation.proxy_accepted}" for d in found) or "None."


def all_checks() -> str:
    """The checks of a release."""
    return table(
        ["check", "severity", "what must hold"], ([_code(c.name), c.severity, c.description] for c in checks.shown())
    )


def groups() -> str:
    """The ASEAN groups and their members."""
    read = catalog()
    names = {r["code"]: r["name"] for r in read.codelists["area"]}
    rows = []
    for group in read.indicator_set.groups:
        members = [r["member"] for r in read.codelists["area_group"] if r["group"] == group and not r["valid_to"]]
        rows.append([_code(group), names[group], len(members), ", ".join(members)])
    return table(["group", "name", "members", "who"], rows)


# Whole files, and tables between the marks `<!-- NAME: made by … -->` and `<!-- end of NAME -->` of a file.
WHOLE: dict[str, Callable[[], str]] = {"dictionary.md": dictionary, "indicators.md": indicators}
PLACED: dict[str, dict[str, Callable[[], str]]] = {
    "definitions.md": {
        "definition": shown_definition,
        "fields": definition_fields,
        "breakdowns": breakdowns,
        "other-fields": other_fields,
    },
    "methods.md": {
        "settings": settings,
        "groups": groups,
        "obs_status": code_table("obs_status"),
        "nature": code_table("nature"),
        "methods": methods,
        "classes": classes,
        "weights": weights,
        "accepted-proxies": accepted_proxies,
        "checks": all_checks,
    },
}


def beside(name: str) -> types.ModuleType:
    """Another file of this folder as a module; docs is no package, and tests load this file by its path."""
    if str(DOCS) not in sys.path:
        sys.path.append(str(DOCS))
    return importlib.import_module(name)


def made(release: Path | None = None) -> dict[Path, str]:
    """Every file that is made here, with the text it must have; pages of target groups only with a release."""
    out = {DOCS / name: render() for name, render in WHOLE.items()}
    out |= {DOCS / name: text for name, text in beside("make_sheets").sheets(catalog()).items()}
    if release is not None:
        out |= {DOCS / name: text for name, text in beside("make_groups").pages(catalog(), release).items()}
    for name, places in PLACED.items():
        text = (DOCS / name).read_text(encoding="utf-8")
        for place, render in places.items():
            text = filled(text, place, render())
        out[DOCS / name] = text
    return out


def main() -> int:
    """Writes the files, or with --check tells which are not up to date."""
    parser = argparse.ArgumentParser(description="Keeps the tables in docs/ that come from the definitions.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 where a file is out of date")
    only_check = parser.parse_args().check
    release = Releases(home()).current()
    if release is None:
        print("docs/target_groups/ left as it is: it is made from a release, so run payung refresh first")
    wanted = made(release)
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        if not only_check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8")
        print(
            f"docs/{path.relative_to(DOCS).as_posix()} "
            + ("is not up to date; run python docs/make.py" if only_check else "written")
        )
    return 1 if only_check and stale else 0


if __name__ == "__main__":
    sys.exit(main())

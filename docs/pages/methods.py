"""docs/methods.md: the tables of methods, classes, weights, settings, groups, code lists and checks."""

from __future__ import annotations

from indicator_defs.catalog import Catalog
from indicator_defs.methods import ClassLimit, PublicationRule
from indicator_defs.rounding import digits, in_percent, percent
from warehouse.build import audit_checks
from warehouse.export.docs.markdown import code, table

from .places import placed


def pages(catalog: Catalog) -> dict[str, str]:
    """The page with its tables."""
    places = {
        "settings": settings(catalog),
        "groups": groups(catalog),
        "obs_status": code_list(catalog, "obs_status"),
        "nature": code_list(catalog, "nature"),
        "methods": methods(catalog),
        "classes": classes(catalog),
        "weights": weights(catalog),
        "accepted-proxies": accepted_proxies(catalog),
        "checks": all_checks(),
    }
    return placed("methods.md", places)


def code_list(catalog: Catalog, name: str) -> str:
    """A code list."""
    rows = ([code(r["code"]), r["name"], r["description"]] for r in catalog.codelists[name])
    return table(["code", "name", "note"], rows)


def settings(catalog: Catalog) -> str:
    """The years and limits of the set."""
    s, b = catalog.indicator_set, catalog.regional_baseline
    rows: list[list[object]] = [
        ["latest reference year", s.latest_reference_year],
        ["regional figures from", s.first_reference_year],
        ["baseline", f"{b.baseline_year}, from values of {b.baseline_from} to {b.baseline_to}"],
        ["shortest distance of baseline and latest value for a change", f"{b.minimum_years_apart} years"],
        [
            "change to the next value that needs a review, units in per cent",
            f"more than {digits(s.step_points)} points",
        ],
        [
            "the same, all units",
            f"more than {digits(s.step_factor)} times, and at least {digits(s.step_factor_minimum)}",
        ],
        ["groups", ", ".join(s.groups)],
    ]
    return table(["setting", "value"], rows)


def methods(catalog: Catalog) -> str:
    """The methods of aggregation, and how many indicators use each."""
    used = [d.aggregation.method for d in catalog.definitions.values()]
    rows = ([code(m.name), m.title, m.formula, used.count(m.name)] for m in catalog.methods.values())
    return table(["method", "title", "what is computed", "indicators"], rows)


def classes(catalog: Catalog) -> str:
    """The thresholds of the publication classes."""
    rows: list[list[object]] = []
    for rule in catalog.publication_rules.values():
        for name, c in (("A", rule.A), ("B", rule.B), ("or B", rule.B_alternative)):
            recent = (
                f"{percent(c.recent_share)} % of the weight from the last {c.recent_years} years "
                f"({c.recent_years_survey} for surveys)"
                if c.recent_share
                else "any"
            )
            rows.append(
                [
                    name,
                    f"{digits(in_percent(c.weight_covered), 4)} %",
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
        "small groups",
        "age of the values",
        "proxy weight",
    ]
    tolerance = ", ".join(digits(r.sex_total_tolerance) for r in catalog.publication_rules.values())
    tests = [
        [code(c.name), c.title, c.bound.replace("_", " "), *_limits(rule, c.name)]
        for rule in catalog.publication_rules.values()
        for c in catalog.criteria.values()
    ]
    test_head = ["criterion", "what is measured", "bound", "A", "B", "or B"]
    sources = []
    for r in catalog.publication_rules.values():
        sources += [
            ["a group is small up to", f"{r.small_group.value} members", r.small_group.source],
            ["factor of the uncertainty", digits(r.uncertainty_factor.value), r.uncertainty_factor.source],
        ]
    return (
        f"{table(head, rows)}\n\nTolerance of the total where figures are by sex: {tolerance} points.\n\n"
        f"{table(['rule', 'value', 'source'], sources)}\n\n"
        "The criteria and their limits for each class (for small groups in brackets). The tests of each figure are in "
        f"`indicator_set.class_test`, those of each change in `baseline.class_test`:\n\n{table(test_head, tests)}"
    )


def _limits(rule: PublicationRule, criterion: str) -> list[str]:
    """The limits of one criterion, by threshold."""
    found = [rule.limits.get((threshold, criterion)) for threshold in rule.classes]
    return ["" if limit is None else _limit(limit) for limit in found]


def _limit(limit: ClassLimit) -> str:
    small = limit.limit_small
    return digits(limit.limit) + ("" if small in (None, limit.limit) else f" ({digits(small)})")


def weights(catalog: Catalog) -> str:
    """The weights, their sources and fillings, and the indicators that use each; proxies marked."""
    rows = []
    means = [d for d in catalog.definitions.values() if catalog.methods[d.aggregation.method].kind == "mean"]
    for w in catalog.weights.values():
        users = [d for d in means if d.aggregation.weight == w.name]
        own = ", ".join(code(d.code) for d in users if not d.aggregation.weight_is_proxy)
        proxy = ", ".join(
            code(d.code) + " (accepted)" * bool(d.aggregation.proxy_accepted)
            for d in users
            if d.aggregation.weight_is_proxy
        )
        rows.append([code(w.name), w.title, w.source, w.filling, own, proxy])
    return table(["weight", "what is counted", "source", "years without a figure", "denominator of", "proxy for"], rows)


def accepted_proxies(catalog: Catalog) -> str:
    """Reasons why some proxy weights do not limit the class to B."""
    found = [d for d in catalog.definitions.values() if d.aggregation.proxy_accepted]
    return "\n".join(f"* `{d.code}`, {d.name}: {d.aggregation.proxy_accepted}" for d in found) or "None."


def all_checks() -> str:
    """The checks of a release."""
    return table(
        ["check", "severity", "rule"],
        ([code(c.name), c.severity, c.description] for c in audit_checks.shown_checks()),
    )


def groups(catalog: Catalog) -> str:
    """The ASEAN groups and their members."""
    names = {r["code"]: r["name"] for r in catalog.codelists["area"]}
    rows = []
    for group in catalog.indicator_set.groups:
        members = [r["member"] for r in catalog.codelists["area_group"] if r["group"] == group and not r["valid_to"]]
        rows.append([code(group), names[group], len(members), ", ".join(members)])
    return table(["group", "name", "members", "codes of the members"], rows)

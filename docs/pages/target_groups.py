"""docs/target_groups/: for each target group its indicators, by which rule, and for how many members there are values.

Belongs here: the pages, from quality.target_group of a release. Does not belong here: the rules (indicator_defs).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from indicator_defs.catalog import Catalog
from indicator_defs.definition_files import Row
from warehouse.query.read_only import query

from .markdown import code, table

HEAD = ["indicator", "name", "rule", "about", "members with values", "by sex", "by age", "years"]
QUESTION = """
SELECT t.*, i.name, i.gap_obtain_from
FROM quality.target_group AS t
JOIN reference.indicator AS i ON i.indicator = t.indicator
ORDER BY t.target_group, i.tier, t.match, t.indicator
"""
ABOUT = (
    "Made by `python docs/make.py` from the rules in `indicator_defs/target_group_rules.csv` and in the definitions, and "
    "from the values in the release of the shipped archive (`quality.target_group`). *Exact*: the figure is about the "
    "group; *proxy*: the group is only approximated, and the note says how. *By sex*, *by age*: Member States with a "
    "figure of the group other than the headline's sex or age."
)


def pages(read: Catalog, release: Path) -> dict[str, str]:
    """The text of each page below docs/, by its path: an index, and a page for each target group of the Declaration."""
    found = query(release, QUESTION)
    by_group: dict[str, list[dict[str, Any]]] = {}
    for row in found.astype(object).where(found.notna(), None).to_dict("records"):
        by_group.setdefault(row["target_group"], []).append({str(k): v for k, v in row.items()})
    out, index = {}, []
    for group in read.codelists["target_group"]:
        if group["code"] == "_T":
            continue
        rows = by_group.get(group["code"], [])
        name = f"{group['code'].lower()}.md"
        out[f"target_groups/{name}"] = _page(group, rows)
        valued = [r for r in rows if r["n_members"]]
        exact = sum(r["match"] == "exact" for r in valued)
        widest = max((r["n_members"] for r in valued), default=0)
        index.append([f"[{group['name']}]({name})", len(rows), len(valued), exact, widest or "none"])
    head = ["target group", "indicators", "of them with values", "of these exact", "most members"]
    out["target_groups/README.md"] = f"# The target groups\n\n{ABOUT}\n\n{table(head, index)}\n"
    return out


def _page(group: Row, rows: list[dict[str, Any]]) -> str:
    valued = [r for r in rows if r["n_members"]]
    declared = [r for r in rows if not r["n_members"]]
    parts = [f"# {group['name']} (`{group['code']}`)", f"{group['description'].rstrip('.')}.", ABOUT]
    if valued:
        years = [r["first_year"] for r in valued]
        parts.append(
            f"{len(valued)} indicator{'s' * (len(valued) > 1)} with values, the earliest since {min(years)}; "
            f"{sum(r['n_members_by_sex'] > 0 for r in valued)} by sex, "
            f"{sum(r['n_members_by_age'] > 0 for r in valued)} by age."
        )
        parts.append(table(HEAD, map(_valued, valued)))
    else:
        parts.append("**No source at hand has any figure about this group.**")
    if declared:
        parts.append("Declared, or without a value of any Member State:")
        head = ["indicator", "name", "rule", "values must come from"]
        parts.append(table(head, ([code(r["indicator"]), r["name"], _rule(r), r["gap_obtain_from"]] for r in declared)))
    elif not valued:
        parts.append("No indicator of the set is about it either: propose one in `indicator_defs/indicators/`.")
    return "\n\n".join(parts) + "\n"


def _valued(r: dict[str, Any]) -> list[object]:
    about = "the whole indicator" if r["by_rule_of"] == "definition" else "some of its breakdowns"
    return [
        code(r["indicator"]),
        r["name"],
        _rule(r),
        about,
        r["n_members"],
        r["n_members_by_sex"] or "no",
        r["n_members_by_age"] or "no",
        f"{r['first_year']} to {r['latest_year']}",
    ]


def _rule(r: dict[str, Any]) -> str:
    return f"{r['match']}: {r['note'].rstrip('.')}" if r["note"] else str(r["match"])

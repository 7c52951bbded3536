"""target_groups/: for each target group its indicators, by which rule, and the number of Member States with values."""

from __future__ import annotations

from typing import Any

from warehouse.export.docs.markdown import code, table
from warehouse.export.release_reader import ReleaseReader

_HEAD = ["indicator", "name", "rule", "applies to", "members with values", "by sex", "by age", "years"]
_GROUPS = """
SELECT code, name, description FROM reference.code WHERE codelist = 'target_group' AND code <> '_T' ORDER BY rowid
"""
_INDICATORS = """
SELECT t.*, i.name, i.gap_obtain_from
FROM quality.target_group AS t
JOIN reference.indicator AS i ON i.indicator = t.indicator
ORDER BY t.target_group, i.tier, t.match, t.indicator
"""
_ABOUT = (
    "*Exact*: the figure is about the group itself. *Proxy*: the figure is about a similar group; the note gives the "
    "difference. *By sex*, *by age*: the number of Member States with a figure of the group for another sex or age than "
    "the headline figure. The rules are in `reference.target_group_rule`, the numbers in `quality.target_group`."
)


def pages(reader: ReleaseReader) -> dict[str, str]:
    """The text of each page by its path: an index, and a page for each target group of the Declaration."""
    found = reader.query(_INDICATORS)
    by_group: dict[str, list[dict[str, Any]]] = {}
    for row in found.rows:
        record = dict(zip(found.fields, row, strict=True))
        by_group.setdefault(record["target_group"], []).append(record)
    out, index = {}, []
    for group, name, description in reader.query(_GROUPS).rows:
        rows = by_group.get(group, [])
        page = f"{group.lower()}.md"
        out[f"target_groups/{page}"] = _page(reader, f"# {name} ({code(group)})", description, rows)
        with_values = [r for r in rows if r["n_members"]]
        exact = sum(r["match"] == "exact" for r in with_values)
        most = max((r["n_members"] for r in with_values), default=0)
        index.append([f"[{name}]({page})", len(rows), len(with_values), exact, most or "none"])
    head = ["target group", "indicators", "with values", "with values and exact", "most Member States with values"]
    about = f"The groups that the Declaration and its plan of action name, in release {reader.release_id}."
    out["target_groups/README.md"] = f"# Target groups\n\n{about}\n\n{_ABOUT}\n\n{table(head, index)}\n"
    return out


def _page(reader: ReleaseReader, title: str, description: str | None, rows: list[dict[str, Any]]) -> str:
    with_values = [r for r in rows if r["n_members"]]
    without_values = [r for r in rows if not r["n_members"]]
    parts = [title, *([f"{description.rstrip('.')}."] if description else []), f"Release {reader.release_id}. {_ABOUT}"]
    if with_values:
        parts.append(
            f"{len(with_values)} indicator{'s' * (len(with_values) > 1)} with values, the earliest since "
            f"{min(r['first_year'] for r in with_values)}; {sum(r['n_members_by_sex'] > 0 for r in with_values)} by sex, "
            f"{sum(r['n_members_by_age'] > 0 for r in with_values)} by age."
        )
        parts.append(table(_HEAD, map(_with_values, with_values)))
    else:
        parts.append("**No available source has a figure about this group.**")
    if without_values:
        parts.append("Indicators without a value for any Member State:")
        head = ["indicator", "name", "rule", "source that could provide values"]
        cells = ([code(r["indicator"]), r["name"], _rule(r), r["gap_obtain_from"]] for r in without_values)
        parts.append(table(head, cells))
    elif not with_values:
        parts.append("The set has no indicator about this group. Propose one in `indicator_defs/indicators/`.")
    return "\n\n".join(parts) + "\n"


def _with_values(row: dict[str, Any]) -> list[object]:
    return [
        code(row["indicator"]),
        row["name"],
        _rule(row),
        "the whole indicator" if row["by_rule_of"] == "definition" else "some of its breakdowns",
        row["n_members"],
        row["n_members_by_sex"] or "no",
        row["n_members_by_age"] or "no",
        f"{row['first_year']} to {row['latest_year']}",
    ]


def _rule(row: dict[str, Any]) -> str:
    return f"{row['match']}: {row['note'].rstrip('.')}" if row["note"] else str(row["match"])

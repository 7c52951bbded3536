"""Rules that assign cells to target groups: target_group_rules.csv, and the rules in single definitions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from indicator_defs.breakdowns import BREAKDOWNS, cell_text
from indicator_defs.cell_texts import is_whole
from indicator_defs.codelists import EXPECTED_AGE, Codelists, is_age
from indicator_defs.definition_files import Files, Row
from indicator_defs.indicator_definitions import IndicatorDefinition
from indicator_defs.reference_rows import ReferenceRows, listed, number

TARGET_GROUP_RULES = "target_group_rules.csv"
# The columns of the general rules. The rule of one indicator is a TargetGroupRule of its definition.
RULE_COLUMNS = (
    "target_group",
    "match",
    "priority",
    "sex",
    "age_within_from",
    "age_within_to",
    "disability_status",
    "income_wealth_quantile",
    "migratory_status",
    "formality",
    "note",
)
# Each group has at most one rule for a cell.
RULE_KEY = tuple(c for c in RULE_COLUMNS if c not in ("match", "priority", "note"))


def read_target_group_rules(files: Files, codelists: Codelists) -> list[Row]:
    """The general rules that assign cells to target groups by their breakdown codes, checked."""
    rows, problems = files.rows(TARGET_GROUP_RULES, RULE_COLUMNS, RULE_KEY), files.problems
    for row in rows:
        problems.check_code(row.place, "target group", row["target_group"], codelists.codes("target_group"))
        problems.check_cell(row, "match", row["match"] in ("exact", "proxy"), "exact or proxy")
        problems.check_cell(row, "priority", is_whole(row["priority"], 9999), "a whole number up to 9999")
        for column in ("age_within_from", "age_within_to"):
            problems.check_cell(row, column, not row[column] or is_age(row[column]), EXPECTED_AGE)
        for concept in ("sex", "disability_status", "income_wealth_quantile", "migratory_status", "formality"):
            if row[concept]:
                problems.check_code(row.place, f"{concept} code", row[concept], codelists.codes(concept))
    return rows


def target_group_rule_rows(
    general_rules: Iterable[Row], definitions: Mapping[str, IndicatorDefinition]
) -> ReferenceRows:
    """reference.target_group_rule: the general rules, and the rules of the definitions with their indicator."""
    columns = ["indicator", *[c for c in RULE_COLUMNS if c not in (*BREAKDOWNS, "note")], *BREAKDOWNS, "note"]
    rows: list[dict[str, Any]] = []
    for r in general_rules:
        row: dict[str, Any] = {c: r[c] or None for c in RULE_COLUMNS}
        row["priority"] = int(r["priority"])
        row["age_within_from"] = number(r["age_within_from"])
        row["age_within_to"] = number(r["age_within_to"])
        rows.append(row)
    for d in definitions.values():
        for rule in d.target_groups:
            rows.append(
                {
                    "indicator": d.code,
                    "target_group": rule.group,
                    "match": rule.match,
                    "priority": 50 + 10 * len(rule.where),
                    "note": rule.note,
                    **dict[str, str](rule.where.items()),
                }
            )
    numbered = ([i, *map(row.get, columns), cell_text(row)] for i, row in enumerate(rows, start=1))
    return listed(["rule_id", *columns, "cell"], numbered)

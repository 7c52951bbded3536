"""Reading SQL files with markers such as "@breakdowns" for all breakdown columns, which are listed in one place only.

A marker is a quoted name, with or without a table alias, so that the file is still valid SQL:

    v."@breakdowns"   v.sex, v.age, ...             the columns of a table
    d."@cell"         split_part(d.cell, '|', 1) AS sex, ...   the columns, split from the cell of a table
    i."@headline"     i.headline_sex, ...           the headline cell in reference.indicator
    c."@set"          c.set_sex, ...                the codes that a claim or a rename sets

After FROM, a marker names a file of sql/rule: a query that several files apply to their own table:

    FROM "@class_test"   FROM (the query of sql/rule/class_test.sql)
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from indicator_defs.breakdowns import BREAKDOWNS

RULES = Path(__file__).parent / "sql" / "rule"
_RULE = re.compile(r'\bFROM "@([a-z_]+)"')
_MARKER = re.compile(r'(\b[a-z_]+\.)?"@([a-z_]+)"')
_COLUMNS = {
    "breakdowns": lambda alias, breakdown, _: f"{alias}{breakdown}",
    "cell": lambda alias, breakdown, place: f"split_part({alias}cell, '|', {place}) AS {breakdown}",
    "headline": lambda alias, breakdown, _: f"{alias}headline_{breakdown}",
    "set": lambda alias, breakdown, _: f"{alias}set_{breakdown}",
}


@lru_cache(maxsize=256)
def read_sql(path: Path) -> str:
    """The text of a SQL file with its markers expanded. Raises ValueError where a marker is unknown."""
    return expanded(path.read_text(encoding="utf-8"), path.name)


def expanded(text: str, name: str = "SQL") -> str:
    """A text with its markers expanded; `name`: the file name for errors."""

    def rule(match: re.Match[str]) -> str:
        path = RULES / f"{match[1]}.sql"
        if not path.exists():
            names = ", ".join(sorted(p.stem for p in RULES.glob("*.sql")))
            raise ValueError(f'{name}: found FROM "@{match[1]}", expected a file of sql/rule: {names}')
        return f"FROM (\n{path.read_text(encoding='utf-8').rstrip()}\n)"

    def columns(match: re.Match[str]) -> str:
        column = _COLUMNS.get(match[2])
        if column is None:
            raise ValueError(f'{name}: found the marker "@{match[2]}", expected one of {", ".join(_COLUMNS)}')
        return ", ".join(column(match[1] or "", b, place) for place, b in enumerate(BREAKDOWNS, start=1))

    return _MARKER.sub(columns, _RULE.sub(rule, text))

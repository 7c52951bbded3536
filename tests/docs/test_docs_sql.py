"""Every query of docs/sql.md runs on a real release and finds something; two of them find known figures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from warehouse.query import query

PAGE = Path(__file__).parents[2] / "docs" / "sql.md"
QUERIES = {
    f"{heading}-{number}": text
    for heading, section in re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE.read_text(encoding="utf-8"), re.S | re.M)
    for number, text in enumerate(re.findall(r"```sql\n(.*?)```", section, re.S), start=1)
}


def test_the_page_has_queries() -> None:
    assert len(QUERIES) >= 10


@pytest.mark.parametrize("name", QUERIES)
def test_query_runs_and_finds_something(name: str, release: Path) -> None:
    assert len(query(release, QUERIES[name])) > 0


def test_disability_codes_as_published(release: Path) -> None:
    # UN SDG database, SL_TLF_UEMDIS, Thailand 2019: 3.97 with disability (PD), 0.76 without (PWD)
    found = query(release, QUERIES["Where a number comes from-2"])
    totals = found.groupby("disability_status")["obs_value"].agg(set)
    assert "3.97" in totals["PD"]
    assert "0.76" in totals["PWD"]


def test_pension_series_of_the_philippines_is_one_feed(release: Path) -> None:
    # ILO, World Social Protection Report 2024-26: 48 (2019), 65.6 (2021); the UN's 20.5 (2020) is not mixed in
    found = query(release, QUERIES["A time series, and the words beside it-1"])
    chosen = found[found["is_chosen"]].set_index("time_period")["value_text"]
    assert found.loc[found["is_chosen"], "source"].nunique() == 1
    assert float(chosen[2021]) == 65.6
    assert "20.5" not in set(chosen)

"""Every query of docs/sql.md runs on a real release and returns rows; some of them return published figures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from warehouse.query.read_only import query
from warehouse.release.macros import macros

PAGE = Path(__file__).parents[2] / "docs" / "sql.md"
QUERIES = {
    f"{heading}-{number}": text
    for heading, section in re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE.read_text(encoding="utf-8"), re.S | re.M)
    for number, text in enumerate(re.findall(r"```sql\n(.*?)```", section, re.S), start=1)
}


def test_the_page_has_queries() -> None:
    assert len({text.strip() for text in QUERIES.values()}) >= 25


@pytest.mark.parametrize("name", QUERIES)
def test_query_runs_and_returns_rows(name: str, release: Path) -> None:
    assert len(query(release, QUERIES[name])) > 0


def test_disability_codes_as_published(release: Path) -> None:
    # UN SDG database, SL_TLF_UEMDIS, Thailand 2019: 3.97 with disability (PD), 0.76 without (PWD)
    found = query(release, QUERIES["Where a figure comes from-2"])
    totals = found.groupby("disability_status")["obs_value"].agg(set)
    assert "3.97" in totals["PD"]
    assert "0.76" in totals["PWD"]


def test_pension_series_of_the_philippines_is_one_feed(release: Path) -> None:
    # ILO, World Social Protection Report 2024-26: 48 (2019), 65.6 (2021); the UN's 20.5 (2020) is not mixed in
    found = query(release, QUERIES["A time series with its notes-1"])
    chosen = found[found["is_chosen"]].set_index("time_period")["value_text"]
    assert found.loc[found["is_chosen"], "source"].nunique() == 1
    assert float(chosen[2021]) == 65.6
    assert "20.5" not in set(chosen)


def test_query_about_thailand_returns_the_table_of_the_page(release: Path) -> None:
    # World Bank, per_allsp.cov_pop_tot, extracts of 2018, 2022 and 2024: 99.19, 70.50, 65.15 for 2009 (lineage.revision)
    name = "What was known about Thailand's coverage in 2019, 2022 and 2024"
    found = query(release, QUERIES[f"{name}-1"]).set_index("time_period")
    assert [float(v) for v in found.loc[2009]] == [99.2, 70.5, 65.2]
    section = PAGE.read_text(encoding="utf-8").split(f"## {name}\n")[1].split("\n## ")[0]
    rows = [[c.strip() for c in line.strip("|").split("|")] for line in re.findall(r"^\| \d{4} .*$", section, re.M)]
    table_of_page = {int(r[0]): [float(c) if c else None for c in r[1:]] for r in rows}
    assert table_of_page == {
        int(i): [float(v) if v == v else None for v in row] for i, row in zip(found.index, found.values, strict=True)
    }


def test_every_macro_is_listed_and_its_example_runs(release: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `(\w+)(\([^`]*\))` \|", page, re.M))
    assert set(listed) == {m.name for m in macros()}
    assert query(release, "SELECT half_up(2.05, 1) AS n")["n"].tolist() == [2.1]
    for name, arguments in listed.items():
        if name != "lineage_of":  # needs the ID of a value
            assert len(query(release, f"SELECT * FROM {name}{arguments}")) > 0, name


def test_poorest_and_richest_come_from_one_feed_that_has_both(release: Path) -> None:
    # the World Bank has all fifths in its vintage of 2018-09-30 (per_sa_allsa.cov_q1_tot to cov_q5_tot)
    found = query(release, "SELECT * FROM poorest_and_richest('ASP_COV_SA')")
    assert found["ref_area"].tolist() == ["IDN", "MYS", "PHL", "THA", "TLS", "VNM"]
    assert found["time_period"].tolist() == [2015, 2008, 2015, 2013, 2011, 2014]
    assert found["poorest"].round(1).tolist() == [75.6, 93.8, 62.1, 81.6, 41.4, 48.4]
    assert found["richest"].round(1).tolist() == [13.7, 71.0, 7.9, 32.4, 29.8, 3.3]
    assert set(found["feed"]) == {"world_bank/wdi/per_sa_allsa.cov_pop_tot"}
    assert found["source"].notna().all()
    assert not found["is_chosen"].any(), "the UN's newer series has the poorest fifth alone"
    other = query(release, "SELECT count(*) AS n FROM poorest_and_richest('ASP_COV_SI') WHERE feed IS NOT NULL")
    assert other["n"].iloc[0] == 8
    shown = query(release, QUERIES["Is coverage of the poor lower than of the rich-1"])
    assert shown["poorest"].tolist() == [75.6, 93.8, 62.1, 81.6, 41.4, 48.4]


def test_figures_quoted_in_documents_are_in_their_table_with_their_year(release: Path) -> None:
    found = query(
        release,
        "SELECT indicator, ref_area, latest_year, latest_text, comparable, latest_footnote FROM baseline_tables "
        "WHERE table_code = 'A4' AND latest_year IS NOT NULL ORDER BY indicator, ref_area",
    )
    quoted = query(
        release,
        "SELECT indicator, ref_area, time_period, value_text FROM indicator_set.value "
        "WHERE dataset_kind = 'document' AND is_headline ORDER BY indicator, ref_area",
    )
    assert len(quoted) == 8
    columns = ["indicator", "ref_area", "latest_year", "latest_text"]
    assert found[columns].astype(str).values.tolist() == quoted.astype(str).values.tolist()
    assert not found["comparable"].any()
    assert found["latest_footnote"].notna().any()
    others = query(
        release,
        "SELECT count(*) AS n FROM baseline_tables AS t JOIN baseline.value AS b ON b.indicator = t.indicator "
        "AND b.ref_area = t.ref_area AND b.is_headline WHERE t.table_code <> 'A4' "
        "AND (t.latest_value IS DISTINCT FROM b.latest_value OR t.latest_year IS DISTINCT FROM b.latest_year)",
    )
    assert others["n"].iloc[0] == 0

"""The pandas code that the bench sets beside the SQL gives the same regional figures, so that the same work is compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.pandas_way import difference, figures
from warehouse.build.engine import Build, connect


@pytest.mark.parametrize("one_by_one", [False, pytest.param(True, marks=pytest.mark.long)])
def test_pandas_code_gives_the_figures_of_the_sql(release: Path, one_by_one: bool) -> None:
    build = Build(release / "parquet")
    made = figures(build, one_by_one)
    with connect() as con:
        (rows,) = con.execute(f"SELECT count(*) FROM '{build.path('indicator_set.aggregate')}'").fetchall()[0]
    apart, different = difference(build, made)
    assert (len(made), different) == (rows, 0)
    assert apart < 1e-9

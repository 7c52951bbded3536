"""The pandas code of the benchmark computes the same regional figures as the SQL, so that equal work is compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.pandas_way import difference, figures
from warehouse.build.engine import Build, connect


@pytest.mark.parametrize("one_by_one", [False, pytest.param(True, marks=pytest.mark.long)])
def test_pandas_code_computes_the_figures_of_the_sql(release: Path, one_by_one: bool) -> None:
    build = Build(release / "parquet")
    made = figures(build, one_by_one)
    with connect() as con:
        (rows,) = con.execute(f"SELECT count(*) FROM '{build.path('indicator_set.aggregate')}'").fetchall()[0]
    largest_difference, n_different = difference(build, made)
    assert (len(made), n_different) == (rows, 0)
    assert largest_difference < 1e-9

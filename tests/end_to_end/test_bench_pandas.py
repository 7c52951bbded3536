"""The pandas code that the bench sets beside the SQL gives the same regional figures, so that the same work is compared."""

from __future__ import annotations

from pathlib import Path

from bench.pandas_way import compare
from warehouse.engine import Build, connect


def test_pandas_code_gives_the_figures_of_the_sql(release: Path) -> None:
    build = Build(release / "parquet")
    found = compare(build)
    with connect() as con:
        (rows,) = con.execute(f"SELECT count(*) FROM '{build.path('indicator_set.aggregate')}'").fetchall()[0]
    assert (found.figures, found.different) == (rows, 0)
    assert found.largest_difference < 1e-9

"""Makes a larger build from a real release by copying its staged rows up to a given number.

Run as `python -m bench.grow RELEASE BUILD ROWS WAY`. Every copy has its own codes, years or vintages, so that keys stay
unique; they are also added to code lists, crosswalks, groups and breaks. The result is a build folder with everything
that a refresh has before it harmonises. Each run makes the same rows, in any order. Numbers differ slightly between
copies.

WAY  areas     copies of all areas, with their own groups: 360 -> 360~1, IDN -> IDN~1, ASEAN -> ASEAN~1
     years     copies of the last 25 years, each 25 years earlier; the first reference year is moved too
     vintages  older vintages of every dataset, one day apart
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import duckdb

from bench.measure import remove
from sources import registry
from warehouse.build.engine import Build
from warehouse.build.previous_values import write_previous
from warehouse.connection import parquet, quoted

WAYS = ("areas", "years", "vintages")
SPAN = 25  # years; a multiple of five, as the population by age is given every five years
LAST_YEAR = 2024

# Numbers of a copy are up to ten percent lower: repeated values would compress and sort better than real data.
VALUE = """
    CASE
        WHEN k > 0 AND TRY_CAST(obs_value AS DOUBLE) IS NOT NULL
            THEN CAST(round(CAST(obs_value AS DOUBLE) * (1 - (k % 97) / 1000.0), 4) AS VARCHAR)
        ELSE obs_value
    END AS obs_value
"""

# The requested areas and all their copies.
AREAS_REQUESTED = """
    coalesce((
        SELECT string_agg(CASE WHEN c.k = 0 THEN p.code ELSE p.code || '~' || c.k END, ';')
        FROM (SELECT unnest(string_split(nullif(areas_asked, ''), ';')) AS code) AS p, (SELECT k FROM copy) AS c
    ), '') AS areas_asked
"""

# The input tables of a build that are neither staged nor reference tables, and those of them that are copied unchanged.
OTHER_INPUTS = ("lineage.snapshot", "lineage.snapshot_series", "lineage.fetch")
UNCHANGED = ("lineage.fetch",)


def copies(release: Path, rows: int) -> int:
    """The number of copies of a release's staged rows that gives about `rows` rows; at least 1."""
    return max(1, round(rows / staged_rows(release)))


def staged_rows(release: Path) -> int:
    """The number of rows in all staged tables of a release."""
    source = parquet(release / "parquet", "staged/*.parquet")
    with duckdb.connect() as con:
        return int(con.execute(f"SELECT count(*) FROM {source}").fetchall()[0][0])


class Grower:
    """Writes the tables of one larger build."""

    def __init__(self, release: Path, build: Build, n: int, way: str) -> None:
        self.release = release / "parquet"
        self.build = build
        self.n = n
        self.way = way
        self.con = duckdb.connect()
        self.con.execute("SET memory_limit = '4GB'")
        # keeping the order of a hundred million rows would need too much memory
        self.con.execute("SET preserve_insertion_order = false")
        self.con.execute(f"CREATE TABLE copy AS SELECT k::INTEGER AS k FROM range({n}) AS t(k)")

    def grow(self) -> None:
        """Writes all tables that harmonising reads."""
        for path in sorted((self.release / "reference").glob("*.parquet")):
            self.reference(path)
        for structure in registry.structures():
            if structure.shape == "records":
                self.write(f"SELECT * FROM {self.source(structure.key)}", self.build.path(f"staged.{structure.key}"))
            else:
                self.staged(structure.key)
            rejection = parquet(self.release / "lineage" / "rejection.parquet")
            self.write(f"SELECT * FROM {rejection} LIMIT 0", self.build.part("staged.rejection", structure.key))
        self.dimensions()
        for name in OTHER_INPUTS:
            self.snapshots(name)
        write_previous(self.build, None)

    def write(self, query: str, to: Path) -> None:
        """Writes a query's rows as Parquet."""
        to.parent.mkdir(parents=True, exist_ok=True)
        self.con.execute(f"COPY ({query}) TO '{quoted(to)}' (FORMAT parquet, COMPRESSION zstd)")

    def name(self, column: str, ways: tuple[str, ...]) -> str:
        """A column, with another code in each copy if this way of growing is one of `ways`."""
        code_of_copy = f"CASE WHEN k = 0 OR {column} IS NULL THEN {column} ELSE {column} || '~' || k END AS {column}"
        return code_of_copy if self.way in ways else f"{column} AS {column}"

    def reference(self, path: Path) -> None:
        """Writes a table of the catalogue, with copies of its areas or unchanged."""
        to = self.build.path(f"reference.{path.stem}")
        source = parquet(path)
        codes = {
            "area": ("TRUE", ["ref_area"]),
            "area_group": ("TRUE", ["area_group", "ref_area"]),
            "set_group": ("TRUE", ["area_group"]),
            "code": ("codelist = 'area'", ["code"]),
            "crosswalk": ("concept = 'ref_area'", ["code", "target"]),
            "series_break": ("TRUE", ["ref_area"]),
        }
        if self.way == "areas" and path.stem in codes:
            about, columns = codes[path.stem]
            replaced = ", ".join(self.name(c, ("areas",)) for c in columns)
            if path.stem == "set_group":  # keeps one group in the first position
                replaced += ", (sort_order + 1000 * k)::INTEGER AS sort_order"
            self.write(f"SELECT s.* REPLACE ({replaced}) FROM {source} AS s, copy WHERE k = 0 OR {about}", to)
        elif self.way == "years" and path.stem == "indicator_set":
            first = f"first_reference_year - {SPAN * (self.n - 1)} AS first_reference_year"
            self.write(f"SELECT * REPLACE ({first}) FROM {source}", to)
        else:
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, to)

    def source(self, key: str) -> str:
        """The staged rows of one dataset in the release."""
        return parquet(self.release / "staged" / f"{key}.parquet")

    def staged(self, key: str) -> None:
        """Writes the rows of one dataset and their copies."""
        replaced = [
            self.name("ref_area", ("areas",)),
            self.name("snapshot_id", ("vintages",)),
            self.name("snapshot_row", ("areas", "years")),
            VALUE,
        ]
        where = "TRUE"
        if self.way == "years":
            replaced.append(f"CAST(CAST(time_period AS INTEGER) - {SPAN} * k AS VARCHAR) AS time_period")
            first = LAST_YEAR - SPAN
            where = f"k = 0 AND {self.n} = 1 OR CAST(time_period AS INTEGER) BETWEEN {first} AND {LAST_YEAR - 1}"
        self.write(
            f"SELECT s.* REPLACE ({', '.join(replaced)}) FROM {self.source(key)} AS s, copy WHERE {where}",
            self.build.path(f"staged.{key}"),
        )

    def dimensions(self) -> None:
        """Writes the dimensions of the series keys, one row each."""
        source = parquet(self.release, "staged/*.parquet")
        self.write(
            f"""
            SELECT provider, dataset, series, series_key, split_part(part, '=', 1) AS dimension,
                substr(part, strpos(part, '=') + 1) AS code
            FROM (
                SELECT DISTINCT provider, dataset, series, series_key, unnest(string_split(series_key, ';')) AS part
                FROM {source} WHERE series_key <> ''
            )
            ORDER BY ALL
            """,
            self.build.path("staged.series_dimension"),
        )

    def snapshots(self, name: str) -> None:
        """Writes a list of snapshots, with every copied vintage and the row counts of the copied rows."""
        schema, table = name.split(".")
        source = parquet(self.release / schema / f"{table}.parquet")
        if name in UNCHANGED:
            query = f"SELECT * FROM {source}"
        elif table == "snapshot":
            counted = parquet(self.build.folder, "staged/*__*.parquet")
            day = "vintage_date - k AS vintage_date" if self.way == "vintages" else "vintage_date AS vintage_date"
            replaced = f"{self.name('snapshot_id', ('vintages',))}, {day}"
            if self.way == "areas":
                replaced += f", {AREAS_REQUESTED}"
            copied = "copy" if self.way == "vintages" else "(SELECT 0 AS k) AS one"
            query = f"""
                SELECT s.* REPLACE (coalesce(c.row_count, 0) AS row_count)
                FROM (SELECT t.* REPLACE ({replaced}) FROM {source} AS t, {copied}) AS s
                LEFT JOIN (SELECT snapshot_id, count(*) AS row_count FROM {counted} GROUP BY snapshot_id) AS c
                    ON c.snapshot_id = s.snapshot_id
            """
        elif self.way == "vintages":
            query = f"SELECT s.* REPLACE ({self.name('snapshot_id', ('vintages',))}) FROM {source} AS s, copy"
        elif self.way == "areas":  # snapshots that are requested country by country
            area = "CASE WHEN k = 0 OR area_code = '' THEN area_code ELSE area_code || '~' || k END AS area_code"
            query = f"SELECT DISTINCT s.* REPLACE ({area}) FROM {source} AS s, copy"
        else:
            query = f"SELECT * FROM {source}"
        self.write(query, self.build.path(name))


def grow(release: Path, folder: Path, rows: int, way: str) -> int:
    """Makes a larger build in `folder`, which is emptied first; returns the number of copies."""
    if way not in WAYS:
        raise ValueError(f"found way {way!r}, expected one of {', '.join(WAYS)}")
    remove(folder)
    n = copies(release, rows)
    Grower(release, Build(folder), n, way).grow()
    return n


if __name__ == "__main__":
    print(grow(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))

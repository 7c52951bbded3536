"""Reading one release for the exports: rows of the queries in export/sql, labels, and facts about the release.

Belongs here: the read-only connection and the content that more than one kind of export shows.
Does not belong here: the layout of a workbook, a package or a figure.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from warehouse.connection import open_engine, quoted
from warehouse.export.export_files import ExportError
from warehouse.export.labels import GAP_REASONS, PAYUNG
from warehouse.release.release_folders import DATABASE, MANIFEST, read_manifest
from warehouse.release.settings_table import in_release
from warehouse.sql_files import read_sql

SQL = Path(__file__).parent / "sql"


@dataclass(frozen=True)
class Rows:
    """The result of a query: names of the fields and the rows, numbers as in the database."""

    fields: tuple[str, ...]
    rows: list[tuple[Any, ...]]

    def at(self, field: str) -> int:
        """Position of a field. Raises ValueError if the query does not return it."""
        return self.fields.index(field)

    def column(self, field: str) -> list[Any]:
        """All values of one field, in the order of the rows."""
        position = self.at(field)
        return [row[position] for row in self.rows]


@dataclass(frozen=True)
class IndicatorSetSettings:
    """The settings of the set: its titles, and the years of the baseline and latest values."""

    title: str
    edition: str
    latest_reference_year: int
    baseline_year: int
    baseline_from: int
    baseline_to: int
    minimum_years_apart: int
    step_points: float
    step_factor: float

    @property
    def baseline_years(self) -> str:
        """The baseline year and the baseline period: "2016 (2014-2018)"."""
        return f"{self.baseline_year} ({self.baseline_from}-{self.baseline_to})"


@dataclass(frozen=True)
class Area:
    """A member or one of our groups."""

    ref_area: str
    name: str
    is_group: bool


class ReleaseReader:
    """One release, open for reading; rows have a fixed order, so that repeated exports of a release are identical."""

    def __init__(self, folder: Path, con: duckdb.DuckDBPyConnection) -> None:
        """`folder`: the release; `con`: its database, open for reading."""
        self.folder = folder
        self.con = con
        self.manifest = read_manifest(folder)
        self.release_id = str(self.manifest["release"])

    def query(self, sql: str, **parameters: Any) -> Rows:
        """The rows of a query; parameters are its $names. Raises ExportError if the release has other tables."""
        sql = in_release(self.con, sql)
        try:
            result = self.con.execute(sql, parameters) if parameters else self.con.execute(sql)
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            raise ExportError(
                f"Release {self.release_id} was made by another version of Payung, which has other tables "
                f"({str(error).splitlines()[0]}). Make a new release: payung refresh --force"
            ) from error
        return Rows(tuple(d[0] for d in result.description or ()), result.fetchall())

    def query_file(self, name: str, **parameters: Any) -> Rows:
        """The rows of export/sql/NAME.sql."""
        return self.query(read_sql(SQL / f"{name}.sql"), **parameters)

    @property
    def made_on(self) -> date:
        """The day on which the release was made."""
        return date.fromisoformat(str(self.manifest["made_at"])[:10])

    @cached_property
    def settings(self) -> IndicatorSetSettings:
        """The settings of the ASEAN indicator set."""
        names = ", ".join(IndicatorSetSettings.__dataclass_fields__)
        found = self.query(f"SELECT {names} FROM reference.settings")
        return IndicatorSetSettings(*found.rows[0])

    @cached_property
    def areas(self) -> list[Area]:
        """Members, then groups, in the given order."""
        found = self.query("SELECT ref_area, area_name, area_type = 'group' FROM ordered_area ORDER BY area_order")
        return [Area(*row) for row in found.rows]

    @property
    def members(self) -> list[Area]:
        """The Member States in the given order."""
        return [a for a in self.areas if not a.is_group]

    @cached_property
    def labels(self) -> dict[tuple[str, str], str]:
        """The label of every code, by code list and code."""
        return {(r[0], r[1]): r[2] for r in self.query("SELECT codelist, code, name FROM reference.code").rows}

    def label(self, codelist: str, code: str) -> str:
        """The label of a code, or the code itself if the list has no label for it."""
        return self.labels.get((codelist, code)) or code

    @cached_property
    def vintages(self) -> list[tuple[str, list[date]]]:
        """The title of each dataset with its vintages in the release, oldest first."""
        found = self.query(
            "SELECT coalesce(d.title, s.provider || ' ' || s.dataset) AS title, s.vintage_date "
            "FROM lineage.snapshot AS s "
            "LEFT JOIN reference.dataset AS d ON d.provider = s.provider AND d.dataset = s.dataset "
            "GROUP BY ALL ORDER BY title, s.vintage_date"
        )
        out: dict[str, list[date]] = {}
        for title, vintage in found.rows:
            out.setdefault(title, []).append(vintage)
        return list(out.items())

    @property
    def citation(self) -> str:
        """How to cite the release."""
        return (
            f"{PAYUNG} {self.settings.title}: "
            f"{self.settings.edition}. Release {self.release_id}, {self.made_on.isoformat()}."
        )


@contextmanager
def open_release(folder: Path) -> Iterator[ReleaseReader]:
    """A reader of one release; the link `current` is resolved once, so that a refresh does not change the release.

    Raises ExportError if the folder is not a release.
    """
    resolved = folder.resolve()
    for name in (DATABASE, MANIFEST):
        if not (resolved / name).is_file():
            raise ExportError(
                f"{resolved} is not a release: it has no {name}. Make a release first: payung refresh; "
                "or name one that exists: payung releases list."
            )
    # Attached, not opened: one process cannot open a file with two configurations, and the query sandbox of the same
    # process opens it with its own.
    con = open_engine()
    try:
        con.execute(f"ATTACH '{quoted(resolved / DATABASE)}' AS release (READ_ONLY)")
        con.execute("USE release")
        reader = ReleaseReader(resolved, con)
        reader.query_file("_labels")
        for code, text in GAP_REASONS.items():
            con.execute(f"SET VARIABLE gap_{code} = '{quoted(text)}'")
        yield reader
    finally:
        con.close()


def vintage_text(vintages: list[tuple[str, list[date]]]) -> str:
    """Datasets and their vintages on one line: "TITLE (vintages 2022-03-01, 2023-04-01); …"."""
    parts = []
    for title, dates in vintages:
        word = "vintage" if len(dates) == 1 else "vintages"
        parts.append(f"{title} ({word} {', '.join(d.isoformat() for d in dates)})")
    return "; ".join(parts)

"""The content of the site: rows of the release, each query run once, grouped by page.

Belongs here: the queries of the site and the grouping of their rows.
Does not belong here: HTML (templates), and anything that changes a number: numbers are those of the database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import SimpleNamespace
from typing import Any

from warehouse.export.release_reader import ReleaseReader, Rows

RowObjects = list[Any]  # each row with an attribute for each column of the query


def row_objects(rows: Rows) -> RowObjects:
    """The rows of a query as objects with an attribute for each column."""
    return [SimpleNamespace(**dict(zip(rows.fields, row, strict=True))) for row in rows.rows]


def grouped_by(rows: Iterable[Any], *fields: str) -> dict[Any, RowObjects]:
    """Rows grouped by the values of one or more fields, in their order."""
    out: dict[Any, RowObjects] = defaultdict(list)
    for row in rows:
        key = getattr(row, fields[0]) if len(fields) == 1 else tuple(getattr(row, f) for f in fields)
        out[key].append(row)
    return dict(out)


@dataclass(frozen=True)
class SourceSnapshot:
    """One vintage of a dataset, with the label by which pages refer to it (S1, S2, …)."""

    label: str
    row: Any

    @property
    def anchor(self) -> str:
        """Its address on the page of sources."""
        return f"sources.html#{self.label}"


@dataclass
class PageNotes:
    """The numbered notes of one page; equal texts share a number."""

    texts: list[str] = field(default_factory=list)
    _numbers: dict[str, int] = field(default_factory=dict)

    def number(self, text: str) -> int:
        """The number of a note; a new text gets the next number."""
        if text not in self._numbers:
            self.texts.append(text)
            self._numbers[text] = len(self.texts)
        return self._numbers[text]

    def numbers(self, texts: Sequence[str]) -> list[int]:
        """The numbers of several notes."""
        return [self.number(t) for t in texts]


class Content:
    """The content of the pages of one release; each query runs once."""

    def __init__(self, reader: ReleaseReader) -> None:
        """`reader`: the release, open for reading."""
        self.reader = reader
        self.settings = reader.settings
        self.labels = {**reader.labels, **self._age_labels()}

    def _age_labels(self) -> dict[tuple[str, str], str]:
        return {("age", r[0]): r[1] for r in self.reader.query("SELECT age, name FROM reference.age").rows}

    def _file(self, name: str, **parameters: Any) -> RowObjects:
        return row_objects(self.reader.query_file(name, **parameters))

    @cached_property
    def members(self) -> list[tuple[str, str]]:
        """Code and name of each Member State, in the given order."""
        return [(a.ref_area, a.name) for a in self.reader.members]

    @cached_property
    def indicators(self) -> RowObjects:
        """All indicators with the content of their metadata sheets, in the order of the tables."""
        return self._file("indicator_sheet")

    @cached_property
    def decimals(self) -> dict[str, int]:
        """Decimals of each indicator."""
        return dict(self.reader.query("SELECT indicator, decimals FROM reference.indicator").rows)

    @cached_property
    def groups(self) -> dict[str, RowObjects]:
        """Indicators by the name of their group."""
        return grouped_by(self.indicators, "group_name")

    @cached_property
    def values(self) -> dict[tuple[str, str], RowObjects]:
        """Headline values by indicator and member."""
        return grouped_by(self._file("site_value"), "indicator", "ref_area")

    @cached_property
    def baseline_and_latest(self) -> dict[str, RowObjects]:
        """Baseline and latest values of the headline cells of members and groups, by indicator."""
        return grouped_by(self._file("baseline", headline=True), "indicator")

    @cached_property
    def breakdown_baseline_and_latest(self) -> dict[str, RowObjects]:
        """Baseline and latest values of all other cells, by indicator."""
        return grouped_by(self._file("baseline", headline=False), "indicator")

    @cached_property
    def regional(self) -> dict[str, RowObjects]:
        """Regional figures at the two reference years by indicator, with the producer's own figures."""
        return grouped_by(self._file("aggregate"), "indicator")

    @cached_property
    def regional_years(self) -> dict[str, RowObjects]:
        """The headline figure of ASEAN at each reference year, by indicator."""
        return grouped_by(self._file("site_regional_year"), "indicator")

    @cached_property
    def benchmarks(self) -> dict[str, RowObjects]:
        """Benchmarks by member."""
        return grouped_by(self._file("site_benchmark"), "ref_area")

    @cached_property
    def availability(self) -> RowObjects:
        """Availability of every indicator, breakdown and member."""
        return self._file("site_availability")

    @cached_property
    def gaps(self) -> dict[tuple[str, str], Any]:
        """Availability of the headline by indicator and member."""
        return {(r.indicator, r.ref_area): r for r in self.availability if r.breakdown == "headline"}

    @cached_property
    def choices(self) -> dict[str, RowObjects]:
        """Feeds chosen and not chosen, by indicator."""
        return grouped_by(self._file("site_choice"), "indicator")

    @cached_property
    def discrepancies(self) -> dict[str, RowObjects]:
        """Headline cells for which another source has a different value, by indicator."""
        return grouped_by(self._file("site_discrepancy"), "indicator")

    @cached_property
    def group_values(self) -> dict[str, RowObjects]:
        """Latest values by target group."""
        return grouped_by(self._file("site_group"), "target_group")

    @cached_property
    def target_groups(self) -> RowObjects:
        """The target groups: code, name, description."""
        query = "SELECT code, name, description FROM reference.code WHERE codelist = 'target_group' AND code <> '_T' "
        return row_objects(self.reader.query(query + "ORDER BY rowid"))

    @cached_property
    def group_rules(self) -> dict[str, RowObjects]:
        """The indicators whose definition names a target group, and whether they match it exactly."""
        query = (
            "SELECT DISTINCT r.target_group, r.indicator, i.name, i.status, r.match, r.note, i.indicator_order "
            "FROM reference.target_group_rule AS r JOIN ordered_indicator AS i ON i.indicator = r.indicator "
            "ORDER BY r.target_group, i.indicator_order, r.match, r.note"
        )
        return grouped_by(row_objects(self.reader.query(query)), "target_group")

    @cached_property
    def snapshots(self) -> dict[str, SourceSnapshot]:
        """Snapshots by ID, numbered in the order of the page of sources."""
        return {r.snapshot_id: SourceSnapshot(f"S{n}", r) for n, r in enumerate(self._file("source"), start=1)}

    @cached_property
    def downloads(self) -> tuple[tuple[str, ...], dict[str, list[tuple[Any, ...]]]]:
        """The columns, and the rows by indicator, of the downloads with values."""
        return self._rows_of("site_download")

    @cached_property
    def regional_downloads(self) -> tuple[tuple[str, ...], dict[str, list[tuple[Any, ...]]]]:
        """The columns, and the rows by indicator, of the downloads with regional figures."""
        return self._rows_of("site_regional_download")

    def _rows_of(self, name: str) -> tuple[tuple[str, ...], dict[str, list[tuple[Any, ...]]]]:
        found = self.reader.query_file(name)
        out: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        for row in found.rows:
            out[row[0]].append(row)
        return found.fields, dict(out)

    @cached_property
    def checks(self) -> RowObjects:
        """Results of the audit, failures first."""
        query = "SELECT check_name, severity, passed, n_problems, finding FROM quality.check_result "
        return row_objects(self.reader.query(query + "ORDER BY passed, check_name"))

    @cached_property
    def rejections(self) -> RowObjects:
        """Rejected rows, counted by series and reason."""
        return self._file("rejection")

    @cached_property
    def tables(self) -> dict[tuple[str, str, str], RowObjects]:
        """Columns of every table and view by schema, name and comment."""
        query = (
            "SELECT c.schema_name, c.table_name, coalesce(t.comment, v.comment, '') AS table_comment, c.column_name, "
            "c.data_type, coalesce(c.comment, '') AS comment FROM duckdb_columns() AS c "
            "LEFT JOIN duckdb_tables() AS t ON t.table_oid = c.table_oid AND t.database_name = c.database_name "
            "LEFT JOIN duckdb_views() AS v ON v.view_oid = c.table_oid AND v.database_name = c.database_name "
            "WHERE c.database_name = current_database() AND NOT c.internal AND c.schema_name <> 'staged' "
            "ORDER BY c.schema_name <> 'main', c.schema_name, c.table_name, c.column_index"
        )
        return grouped_by(row_objects(self.reader.query(query)), "schema_name", "table_name", "table_comment")

    @cached_property
    def codes(self) -> dict[str, RowObjects]:
        """Code lists."""
        query = (
            "SELECT codelist, code, name, coalesce(description, '') AS description FROM reference.code "
            "ORDER BY codelist, rowid"
        )
        return grouped_by(row_objects(self.reader.query(query)), "codelist")

    @cached_property
    def weights(self) -> RowObjects:
        """Weights of the regional figures."""
        return row_objects(self.reader.query("SELECT * FROM reference.weight ORDER BY weight"))

    @cached_property
    def breaks(self) -> RowObjects:
        """Reviewed breaks in series."""
        return self._file("site_break")

    @cached_property
    def corrections(self) -> RowObjects:
        """Corrections, and whether they were applied."""
        return self._file("site_correction")

"""What the site says, read once from the release and put in groups by page.

Belongs here: the queries of the site and which rows belong to which page.
Does not belong here: HTML (templates), and anything that changes a number: all of them stand as in the database.
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
    """The rows of a query, their cells by name of the column."""
    return [SimpleNamespace(**dict(zip(rows.fields, row, strict=True))) for row in rows.rows]


def grouped_by(rows: Iterable[Any], *fields: str) -> dict[Any, RowObjects]:
    """Rows in groups by the value of one field or the values of several; the order of the rows stays."""
    out: dict[Any, RowObjects] = defaultdict(list)
    for row in rows:
        key = getattr(row, fields[0]) if len(fields) == 1 else tuple(getattr(row, f) for f in fields)
        out[key].append(row)
    return dict(out)


@dataclass(frozen=True)
class SourceSnapshot:
    """One state of one dataset, with the short name by which pages refer to it."""

    short: str
    row: Any

    @property
    def anchor(self) -> str:
        """Its place on the page of the sources."""
        return f"sources.html#{self.short}"


@dataclass
class PageNotes:
    """The numbered notes of one page: the same text has the same number."""

    texts: list[str] = field(default_factory=list)
    _numbers: dict[str, int] = field(default_factory=dict)

    def number(self, text: str) -> int:
        """The number of a note, a new one where the text is new."""
        if text not in self._numbers:
            self.texts.append(text)
            self._numbers[text] = len(self.texts)
        return self._numbers[text]

    def numbers(self, texts: Sequence[str]) -> list[int]:
        """The numbers of several notes."""
        return [self.number(t) for t in texts]


class Content:
    """Everything that the pages of one release need; each query runs once."""

    def __init__(self, reader: ReleaseReader) -> None:
        """`reader`: the release, open for reading."""
        self.reader = reader
        self.settings = reader.settings
        self.labels = {**reader.labels, **self._age_labels()}

    def _age_labels(self) -> dict[tuple[str, str], str]:
        return {("age", r[0]): r[1] for r in self.reader.ask("SELECT age, name FROM reference.age").rows}

    def _file(self, name: str, **parameters: Any) -> RowObjects:
        return row_objects(self.reader.ask_file(name, **parameters))

    @cached_property
    def members(self) -> list[tuple[str, str]]:
        """Code and name of each Member State, in the given order."""
        return [(a.ref_area, a.name) for a in self.reader.members]

    @cached_property
    def indicators(self) -> RowObjects:
        """All indicators with what their sheets say, in the order of the tables."""
        return self._file("indicator_sheet")

    @cached_property
    def decimals(self) -> dict[str, int]:
        """Decimals of each indicator."""
        return dict(self.reader.ask("SELECT indicator, decimals FROM reference.indicator").rows)

    @cached_property
    def groups(self) -> dict[str, RowObjects]:
        """Indicators by the name of their group."""
        return grouped_by(self.indicators, "group_name")

    @cached_property
    def values(self) -> dict[tuple[str, str], RowObjects]:
        """Headline values by indicator and member."""
        return grouped_by(self._file("site_value"), "indicator", "ref_area")

    @cached_property
    def ends(self) -> dict[str, RowObjects]:
        """Baseline and latest of headline cells by indicator, members and groups."""
        return grouped_by(self._file("baseline", headline=True), "indicator")

    @cached_property
    def breakdown_ends(self) -> dict[str, RowObjects]:
        """Baseline and latest of all other cells by indicator."""
        return grouped_by(self._file("baseline", headline=False), "indicator")

    @cached_property
    def regional(self) -> dict[str, RowObjects]:
        """Regional figures at the two years by indicator, with the producer's own beside."""
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
        """Headline cells for which another source has another value, by indicator."""
        return grouped_by(self._file("site_discrepancy"), "indicator")

    @cached_property
    def about_groups(self) -> dict[str, RowObjects]:
        """Latest values by target group."""
        return grouped_by(self._file("site_group"), "target_group")

    @cached_property
    def target_groups(self) -> RowObjects:
        """The target groups: code, name, description."""
        query = "SELECT code, name, description FROM reference.code WHERE codelist = 'target_group' AND code <> '_T' "
        return row_objects(self.reader.ask(query + "ORDER BY rowid"))

    @cached_property
    def group_rules(self) -> dict[str, RowObjects]:
        """Which indicators are about a target group by their definition, and how exactly."""
        query = (
            "SELECT DISTINCT r.target_group, r.indicator, i.name, i.status, r.match, r.note, i.indicator_order "
            "FROM reference.target_group_rule AS r JOIN ordered_indicator AS i ON i.indicator = r.indicator "
            "ORDER BY r.target_group, i.indicator_order, r.match, r.note"
        )
        return grouped_by(row_objects(self.reader.ask(query)), "target_group")

    @cached_property
    def snapshots(self) -> dict[str, SourceSnapshot]:
        """Snapshots by ID, numbered in the order of the page of the sources."""
        return {r.snapshot_id: SourceSnapshot(f"S{n}", r) for n, r in enumerate(self._file("source"), start=1)}

    @cached_property
    def downloads(self) -> tuple[tuple[str, ...], dict[str, list[tuple[Any, ...]]]]:
        """Columns, and rows by indicator, of the files of values."""
        return self._rows_of("site_download")

    @cached_property
    def regional_downloads(self) -> tuple[tuple[str, ...], dict[str, list[tuple[Any, ...]]]]:
        """Columns, and rows by indicator, of the files of regional figures."""
        return self._rows_of("site_regional_download")

    def _rows_of(self, name: str) -> tuple[tuple[str, ...], dict[str, list[tuple[Any, ...]]]]:
        found = self.reader.ask_file(name)
        out: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        for row in found.rows:
            out[row[0]].append(row)
        return found.fields, dict(out)

    @cached_property
    def checks(self) -> RowObjects:
        """Results of the audit, failures first."""
        query = "SELECT check_name, severity, passed, n_problems, finding FROM quality.check_result "
        return row_objects(self.reader.ask(query + "ORDER BY passed, check_name"))

    @cached_property
    def rejections(self) -> RowObjects:
        """Published rows that could not be used, by reason."""
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
        return grouped_by(row_objects(self.reader.ask(query)), "schema_name", "table_name", "table_comment")

    @cached_property
    def codes(self) -> dict[str, RowObjects]:
        """Code lists."""
        query = (
            "SELECT codelist, code, name, coalesce(description, '') AS description FROM reference.code "
            "ORDER BY codelist, rowid"
        )
        return grouped_by(row_objects(self.reader.ask(query)), "codelist")

    @cached_property
    def weights(self) -> RowObjects:
        """Weights of the regional figures."""
        return row_objects(self.reader.ask("SELECT * FROM reference.weight ORDER BY weight"))

    @cached_property
    def breaks(self) -> RowObjects:
        """Breaks that somebody has looked at."""
        return self._file("site_break")

    @cached_property
    def corrections(self) -> RowObjects:
        """Corrections and whether they apply."""
        return self._file("site_correction")

"""Answers of the World Bank's API v2: source/N and country/.../indicator/... (providers.md)."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

from providers.published_rows import Literal, Row, load
from providers.service import ProviderService, Reply, Request, json_reply
from sources.newest_vintages import current_snapshots
from sources.shipped_archive import shipped_archive
from sources.snapshots import SnapshotStore

ERROR_XML = (
    b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?><wb:error xmlns:wb="http://www.worldbank.org"><wb:message '
    b'id="111" key="Unknown error">The requested response format was not found</wb:message></wb:error>'
)


@cache
def published() -> list[Row]:
    """Rows of source 2: each series from its newest extract."""
    store = SnapshotStore(shipped_archive())
    return [
        row
        for current in current_snapshots(m for m in store.list() if (m.provider, m.dataset) == ("world_bank", "wdi"))
        for _, body in store.files(current.manifest)
        for row in load(body)[1]
        if row["indicator"]["id"] in current.series
    ]


class Service(ProviderService):
    def __init__(self) -> None:
        super().__init__()
        self.lastupdated = "2024-06-28"
        self.unknown: set[str] = set()
        self.archived: set[str] = set()
        self.without_data: set[str] = set()

    @property
    def vintage_date(self) -> date:
        return date.fromisoformat(self.lastupdated)

    def publish(self, day: date) -> None:
        self.lastupdated = day.isoformat()

    def raise_values(self) -> None:
        self.change_row = lambda r: {**r, "value": Literal(f"{r['value']}") + 1}

    def answer(self, endpoint: str, request: Request) -> Reply:
        query = request.query
        if query.get("format") != ["json"]:
            return Reply(ERROR_XML)
        if request.length > 1500:
            return Reply(b"<html>Bad Request</html>", 400)
        parts = request.path.split("/")
        if parts[0] == "source":
            head: dict[str, int | str] = {"page": "1", "pages": "1", "per_page": "50", "total": "1"}
            row = {"id": parts[1], "name": "World Development Indicators", "lastupdated": self.lastupdated}
            return json_reply([head, [row]])
        known_areas = {r["countryiso3code"] for r in published()} - self.unknown
        areas = parts[1].split(";")
        if not set(areas) <= known_areas:
            return _error("120", "Invalid value", "The provided parameter value is not valid")
        if len(parts) == 2:
            rows: list[Any] = [{"id": a, "iso2Code": a[:2], "name": a} for a in areas]
            return json_reply([{"page": 1, "pages": 1, "per_page": "50", "total": len(rows)}, rows])
        return self._figures(areas, parts[3].split(";"), query)

    def _figures(self, areas: list[str], series: list[str], query: Any) -> Reply:
        known_series = {r["indicator"]["id"] for r in published()} - self.unknown
        if set(series) & self.archived:
            return _error("175", "Invalid format", "The indicator was not found. It may have been deleted or archived.")
        if set(series) & self.without_data:
            return _error("160", "No data", "No data was found")
        if not set(series) <= known_series:
            return _error("120", "Invalid value", "The provided parameter value is not valid")
        rows = [
            r
            for r in published()
            if (self.ignore_series or r["indicator"]["id"] in series)
            and (self.ignore_area or r["countryiso3code"] in areas)
        ]
        if query.get("footnote") == ["y"]:
            rows = [{"footnote": "", **r} for r in rows]
        if self.change_row is not None:
            rows = [self.change_row(dict(r)) for r in rows]
        size, page = int(query.get("per_page", ["50"])[0]), int(query.get("page", ["1"])[0])
        head = {
            "page": page,
            "pages": -(-len(rows) // size),
            "per_page": size,
            "total": len(rows) + self.total_offset,
            "sourceid": query.get("source", ["2"])[0],
            "lastupdated": self.lastupdated,
        }
        return self.paged_json([head, rows[(page - 1) * size : page * size]])


def _error(number: str, key: str, value: str) -> Reply:
    return json_reply([{"message": [{"id": number, "key": key, "value": value}]}])

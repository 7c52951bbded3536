"""Answers of the UN SDG API: Series/List and Series/Data (providers.md)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from functools import cache

from providers.published_rows import Row, Written, load, newest_files
from providers.service import ProviderService, Reply, Request, json_reply


@cache
def published() -> list[Row]:
    """Rows of Series/Data in the newest vintage; their values are text, so that plain JSON keeps the digits."""
    rows: list[Row] = []
    for name, body in newest_files("unsd_sdg", "sdg"):
        if not name.startswith("series_list"):
            rows += [Written(r) for r in json.loads(body)["data"]]
    return rows


@cache
def published_series() -> list[Row]:
    """Rows of Series/List."""
    return next(load(b) for n, b in newest_files("unsd_sdg", "sdg") if n.startswith("series_list"))


class Service(ProviderService):
    newest_vintage_only = True

    def __init__(self) -> None:
        super().__init__()
        self.release: str | None = "2023.Q4.G.03"
        self.is_listed: Callable[[str], bool] = lambda code: True

    def publish(self, day: date) -> None:
        self.release = f"{day.year}.Q{(day.month + 2) // 3}.G.01"

    def raise_values(self) -> None:
        self.change_row = lambda r: {**r, "value": f"{r['value']}1" if "." in r["value"] else r["value"]}

    def answer(self, endpoint: str, request: Request) -> Reply:
        query = request.query
        if request.path == "Series/List":
            return json_reply([{**s, "release": self.release} for s in published_series() if self.is_listed(s["code"])])
        assert request.path == "Series/Data"
        if "dimensions" in query:
            return Reply(b'{"error":"bad request"}', 400)
        # An unknown value (such as a comma list) is ignored, like a missing parameter.
        known_series = {s["code"] for s in published_series()}
        series = {s for s in query.get("seriesCode", []) if s in known_series and not self.ignore_series}
        areas = {a for a in query.get("areaCode", []) if a.isdigit() and not self.ignore_area}
        rows = [r for r in published() if not series or r["series"] in series]
        if areas:
            rows = [r for r in rows if r["geoAreaCode"] in areas]
        else:
            rows = [*rows, *({**r, "geoAreaCode": "250"} for r in rows[:50])]
        if self.change_row is not None:
            rows = [self.change_row(dict(r)) for r in rows]
        size, page = int(query["pageSize"][0]), int(query["page"][0])
        pages = -(-len(rows) // size)
        return self.paged_json(
            {
                "size": size,
                "totalElements": len(rows) + self.total_offset,
                "totalPages": pages,
                "pageNumber": page,
                "attributes": [],
                "dimensions": [],
                "data": rows[(page - 1) * size : page * size],
            }
        )

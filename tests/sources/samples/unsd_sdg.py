"""The UN SDG database: sample for the shared tests."""

from __future__ import annotations

from typing import Any, ClassVar

from provider_sample import Body, PagedJsonSample, Row

from sources.fetching import FetchScope
from sources.providers import unsd_sdg


class Sample(PagedJsonSample):
    optional_column = "geoAreaName"
    scopes: ClassVar = {"sdg": FetchScope(("SI_COV_CHLD", "SI_COV_PENSN", "SI_COV_SOCAST"), ("116", "608", "764"))}
    figures_path: ClassVar = {"sdg": "Series/Data"}
    live_scope: ClassVar = {"sdg": FetchScope(("SI_COV_PENSN",), ("764",))}
    mark_path = "Series/List"
    cut_message: ClassVar = {"sdg": "the JSON ends at character"}
    is_large = True
    number_field, pages_field, total_field = "pageNumber", "totalPages", "totalElements"
    not_a_page = "without totalElements"
    small_page = 8
    text_places: ClassVar = [
        (lambda row, text: row.update(footnotes=["good", text]), "row 3, field footnotes.1"),
        (lambda row, text: row["dimensions"].update(Age=text), "row 3, field dimensions.Age"),
        (lambda row, text: row["dimensions"].update(**{text: "x"}), "row 3, field dimensions."),
        (lambda row, text: row.update(value=text), "row 3, field value"),
    ]

    def holds_figures(self, file: str) -> bool:
        return not file.startswith("series_list")

    def split(self, answer: Any) -> tuple[Row, list[Any]]:
        return {name: value for name, value in answer.items() if name != "data"}, answer["data"]

    def joined(self, header: Row, rows: list[Any]) -> Any:
        return {**header, "data": rows}

    def check_page(self, body: Body) -> object:
        return unsd_sdg.read_page(body, ["x"], ["1"])

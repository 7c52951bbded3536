"""The World Bank: sample for the shared tests."""

from __future__ import annotations

from typing import Any, ClassVar

from provider_sample import Body, PagedJsonSample, Row

from sources.fetching import FetchScope
from sources.providers import world_bank


class Sample(PagedJsonSample):
    optional_column = "obs_status"
    scopes: ClassVar = {
        "wdi": FetchScope(("SI.POV.GINI", "SP.POP.TOTL", "per_allsp.cov_pop_tot"), ("IDN", "KHM", "THA", "VNM"))
    }
    figures_path: ClassVar = {"wdi": "/indicator/"}
    live_scope: ClassVar = {"wdi": FetchScope(("SP.POP.TOTL",), ("THA", "VNM"))}
    mark_path = "source/2"
    cut_message: ClassVar = {"wdi": "the JSON ends at character"}
    number_field, pages_field, total_field = "page", "pages", "total"
    not_a_page = "expected a list of a header and rows"
    small_page = 40
    text_places: ClassVar = [
        (lambda row, text: row.update(footnote=text), "row 3, field footnote"),
        (lambda row, text: row["country"].update(value=text), "row 3, field country.value"),
        (lambda row, text: row.update(**{text: "x"}), "row 3, field "),
    ]

    def split(self, answer: Any) -> tuple[Row, list[Any]]:
        header, rows = answer
        return header, rows

    def joined(self, header: Row, rows: list[Any]) -> Any:
        return [header, rows]

    def steps_to(self, column: str) -> list[str]:
        return column.split(".")

    def check_page(self, body: Body) -> object:
        return world_bank.read_page("x", body)

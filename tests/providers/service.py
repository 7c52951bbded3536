"""The common part of all services: reply, request, and changes of the published data while the server runs."""

from __future__ import annotations

import csv
import io
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

from providers import published_rows

HTML = b"<!DOCTYPE html><html><head><title>Service unavailable</title></head><body>Sorry</body></html>"
JSON_TYPE = {"Content-Type": "application/json;charset=utf-8"}


@dataclass
class Reply:
    """An answer before it is sent; faults change it."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    raw: bytes | None = None  # bytes to send instead of status, headers and body


@dataclass(frozen=True)
class Request:
    """A request below an endpoint: path (unquoted, and as received), parameters, headers."""

    path: str
    raw_path: str
    raw_query: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]

    @property
    def length(self) -> int:
        """Characters of path and parameters."""
        return len(self.raw_path) + len(self.raw_query) + 1


class ProviderService(ABC):
    """The published data and the faults of one provider; tests change them while the server runs."""

    publishes_releases: ClassVar[bool] = True  # False: a pinned revision, whose file does not change
    newest_vintage_only: ClassVar[bool] = False  # True: each vintage has all data, older ones are not available

    def __init__(self) -> None:
        self.spaces = False  # the same content with other bytes
        self.ignore_area = False  # the parameter is silently ignored
        self.ignore_series = False
        self.total_offset = 0  # added to the total of a paged answer
        self.change_row: Callable[[Any], Any] | None = None  # changes each published row

    @abstractmethod
    def answer(self, endpoint: str, request: Request) -> Reply:
        """The reply of one endpoint (its name in the provider's YAML)."""

    def publish(self, day: date) -> None:
        """A new release mark of that day, with the same figures."""
        raise NotImplementedError

    def raise_values(self) -> None:
        """Other figures under the same mark."""
        raise NotImplementedError

    @property
    def vintage_date(self) -> date | None:
        """The provider's date of its release; None if it states none."""
        return None

    def paged_json(self, value: Any) -> Reply:
        body = published_rows.dump(value)
        return Reply(body.replace(b'", "', b'",\n "') if self.spaces else body, headers=JSON_TYPE)

    def csv(self, rows: list[list[str]]) -> Reply:
        if not self.spaces:
            return Reply(published_rows.write_csv(rows))
        out = io.StringIO(newline="")
        csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows([rows[0], *reversed(rows[1:])])
        return Reply(b"\xef\xbb\xbf" + out.getvalue().encode())


def json_reply(value: Any) -> Reply:
    return Reply(json.dumps(value).encode(), headers=JSON_TYPE)

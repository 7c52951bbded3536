"""One server for all providers: /sdg, /v2, /sdmx, /bulk and /wpp answer as the real interfaces do (providers.md).

`World` holds what is published and which faults are on; tests change it while the server runs.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from providers import published_rows

HTML = b"<!DOCTYPE html><html><head><title>Service unavailable</title></head><body>Sorry</body></html>"
WB_XML = (
    b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?><wb:error xmlns:wb="http://www.worldbank.org"><wb:message '
    b'id="111" key="Unknown error">The requested response format was not found</wb:message></wb:error>'
)
FLOW = "SDG_0131_SEX_SOC_RT"
DATAFLOW_XML = """\ufeff<?xml version="1.0" encoding="utf-8"?>
<!--NSI Web Service v8.19.6.0-->
<message:Structure xmlns:message="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"
 xmlns:structure="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/structure"
 xmlns:common="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common">
  <message:Header><message:ID>IDREF1</message:ID></message:Header>
  <message:Structures><structure:Dataflows>
    <structure:Dataflow id="%(flow)s" agencyID="ILO" version="1.0" isFinal="true">
      <common:Annotations>
        <common:Annotation><common:AnnotationTitle>FREQ=A</common:AnnotationTitle>
          <common:AnnotationType>DEFAULT</common:AnnotationType></common:Annotation>
        <common:Annotation><common:AnnotationTitle>%(update)s</common:AnnotationTitle>
          <common:AnnotationType>LAST_UPDATE</common:AnnotationType></common:Annotation>
      </common:Annotations>
      <common:Name xml:lang="en">Population covered</common:Name>
    </structure:Dataflow>
  </structure:Dataflows></message:Structures>
</message:Structure>"""


@dataclass
class Reply:
    """An answer on its way out; faults change it."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    raw: bytes | None = None  # what goes over the line as it is, in place of status, headers and body


@dataclass
class World:
    """What the providers publish now, how they misbehave, and what they were asked."""

    release: str | None = "2023.Q4.G.03"
    lastupdated: str = "2024-06-28"
    last_update: str = "12/09/2024 08:00:00"
    dataflow_update: str | None = None  # LAST_UPDATE of the dataflow; None: as in the table of contents
    dataflow_json: bool = False
    etag: bool = True
    # Changes of what is published, each a function of one row.
    un_row: Callable[[published_rows.Row], published_rows.Row] | None = None
    bank_row: Callable[[published_rows.Row], published_rows.Row] | None = None
    ilo_row: Callable[[list[str]], list[str]] | None = None
    un_listed: Callable[[str], bool] = lambda code: True
    bank_unknown: set[str] = field(default_factory=set)
    bank_archived: set[str] = field(default_factory=set)
    bank_empty: set[str] = field(default_factory=set)
    ilo_unknown: set[str] = field(default_factory=set)
    spaces: bool = False  # the same content in other bytes
    ignore_area: bool = False  # a part of the question is silently ignored
    ignore_series: bool = False
    bank_total: int = 0  # added to the total
    un_total: int = 0
    # faults: called for each request with (path, how often that path was asked), may return another reply
    fault: Callable[[str, int, Reply], Reply | None] | None = None
    asked: list[str] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)
    at_once: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self) -> int:
        return len(self.asked)

    def paths(self) -> list[str]:
        return [urlsplit(a).path for a in self.asked]


class Handler(BaseHTTPRequestHandler):
    world: World
    seen: Counter[str]
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.send_error(405)

    def do_GET(self) -> None:
        world = self.world
        with world.lock:
            world.asked.append(self.path)
            world.agents.add(self.headers.get("User-Agent", ""))
            world.at_once += 1
            world.most_at_once = max(world.most_at_once, world.at_once)
            self.seen[self.path] += 1
            number = self.seen[self.path]
        try:
            reply = self._answer()
            if world.fault is not None:
                reply = world.fault(self.path, number, reply) or reply
            if reply.raw is not None:
                self.wfile.write(reply.raw)
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body if reply.cut is None else reply.body[: reply.cut])
            if reply.cut is not None:
                self.close_connection = True
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            with world.lock:
                world.at_once -= 1

    def _answer(self) -> Reply:
        parts = urlsplit(self.path)
        query = parse_qs(parts.query, keep_blank_values=True)
        root, _, path = unquote(parts.path).lstrip("/").partition("/")
        if self.headers.get("Accept-Language") != "en":
            return Reply(b"NullPointerException", 500)
        return {"sdg": self._un, "v2": self._bank, "sdmx": self._sdmx, "bulk": self._bulk, "wpp": self._wpp}[root](
            path, query
        )

    # --- UN SDG

    def _un(self, path: str, query: dict[str, list[str]]) -> Reply:
        world = self.world
        if path == "Series/List":
            listed = [
                {**s, "release": world.release} for s in published_rows.unsd_series() if world.un_listed(s["code"])
            ]
            return _json(listed)
        assert path == "Series/Data"
        if "dimensions" in query:
            return Reply(b'{"error":"bad request"}', 400)
        # A value that is not known (a comma list, say) is ignored, as if the parameter were not there.
        known_series = {s["code"] for s in published_rows.unsd_series()}
        series = {s for s in query.get("seriesCode", []) if s in known_series and not world.ignore_series}
        areas = {a for a in query.get("areaCode", []) if a.isdigit() and not world.ignore_area}
        rows = [r for r in published_rows.unsd() if not series or r["series"] in series]
        if areas:
            rows = [r for r in rows if r["geoAreaCode"] in areas]
        else:
            rows = [*rows, *({**r, "geoAreaCode": "250"} for r in rows[:50])]
        if world.un_row is not None:
            rows = [world.un_row(dict(r)) for r in rows]
        size, page = int(query["pageSize"][0]), int(query["page"][0])
        pages = -(-len(rows) // size)
        return self._json(
            {
                "size": size,
                "totalElements": len(rows) + world.un_total,
                "totalPages": pages,
                "pageNumber": page,
                "attributes": [],
                "dimensions": [],
                "data": rows[(page - 1) * size : page * size],
            }
        )

    # --- World Bank

    def _bank(self, path: str, query: dict[str, list[str]]) -> Reply:
        world = self.world
        if query.get("format") != ["json"]:
            return Reply(WB_XML)
        if len(self.path) > 1500:
            return Reply(b"<html>Bad Request</html>", 400)
        parts = path.split("/")
        if parts[0] == "source":
            head: dict[str, int | str] = {"page": "1", "pages": "1", "per_page": "50", "total": "1"}
            row = {"id": parts[1], "name": "World Development Indicators", "lastupdated": world.lastupdated}
            return _json([head, [row]])
        known_areas = {r["countryiso3code"] for r in published_rows.world_bank()} - world.bank_unknown
        areas = parts[1].split(";")
        if not set(areas) <= known_areas:
            return _bank_error("120", "Invalid value", "The provided parameter value is not valid")
        if len(parts) == 2:
            rows: list[Any] = [{"id": a, "iso2Code": a[:2], "name": a} for a in areas]
            return _json([{"page": 1, "pages": 1, "per_page": "50", "total": len(rows)}, rows])
        series = parts[3].split(";")
        known = {r["indicator"]["id"] for r in published_rows.world_bank()} - world.bank_unknown
        if set(series) & world.bank_archived:
            return _bank_error(
                "175", "Invalid format", "The indicator was not found. It may have been deleted or archived."
            )
        if set(series) & world.bank_empty:
            return _bank_error("160", "No data", "No data was found")
        if not set(series) <= known:
            return _bank_error("120", "Invalid value", "The provided parameter value is not valid")
        rows = [
            r
            for r in published_rows.world_bank()
            if (world.ignore_series or r["indicator"]["id"] in series)
            and (world.ignore_area or r["countryiso3code"] in areas)
        ]
        if query.get("footnote") == ["y"]:
            rows = [{"footnote": "", **r} for r in rows]
        if world.bank_row is not None:
            rows = [world.bank_row(dict(r)) for r in rows]
        size, page = int(query.get("per_page", ["50"])[0]), int(query.get("page", ["1"])[0])
        head = {
            "page": page,
            "pages": -(-len(rows) // size),
            "per_page": size,
            "total": len(rows) + world.bank_total,
            "sourceid": query.get("source", ["2"])[0],
            "lastupdated": world.lastupdated,
        }
        return self._json([head, rows[(page - 1) * size : page * size]])

    # --- ILO

    def _sdmx(self, path: str, query: dict[str, list[str]]) -> Reply:
        world = self.world
        if path.startswith("dataflow/"):
            return self._dataflow(path)
        _, flow, key = path.split("/")
        if "," not in flow:
            return Reply(b"Agency missing", 422)
        if flow != f"ILO,DF_{FLOW}":
            return Reply(f"Could not find Dataflow {flow}".encode(), 404)
        if key.count(".") != 4:
            return Reply(b"Not enough key values in query, expecting 5", 422)
        areas = key.split(".")[0].split("+")
        header, rows = self._ilo()
        position = header.index("REF_AREA")
        known = {r[position] for r in rows} - world.ilo_unknown
        if set(areas) - known:
            return Reply(b"java.sql.SQLSyntaxErrorException: ORA-00936: missing expression", 500)
        rows = [r for r in rows if world.ignore_area or r[position] in areas]
        return self._csv([header, *rows]) if rows else Reply(b"NoRecordsFound", 404)

    def _dataflow(self, path: str) -> Reply:
        world = self.world
        if path != f"dataflow/ILO/DF_{FLOW}/latest":
            return Reply(b"Could not find requested structures", 404)
        update = world.last_update if world.dataflow_update is None else world.dataflow_update
        if world.dataflow_json:
            marks = [{"title": "FREQ=A", "type": "DEFAULT"}, {"title": update, "type": "LAST_UPDATE"}]
            flow = {"id": f"DF_{FLOW}", "version": "1.0", "agencyID": "ILO", "annotations": marks}
            return _json({"data": {"dataflows": [flow]}, "meta": {"id": "IDREF1"}})
        return Reply((DATAFLOW_XML % {"flow": f"DF_{FLOW}", "update": update}).encode())

    def _ilo(self) -> tuple[list[str], list[list[str]]]:
        header, rows = published_rows.ilostat()
        return header, rows if self.world.ilo_row is None else [self.world.ilo_row(list(r)) for r in rows]

    def _bulk(self, path: str, query: dict[str, list[str]]) -> Reply:
        world = self.world
        if path == "metadata/toc/indicator/":
            lines = [
                ["id", "indicator", "indicator.label", "last.update", "n.records"],
                ["UNE_DEAP_SEX_AGE_RT_A", "UNE_DEAP_SEX_AGE_RT", "Unemployment rate", "01/02/2024 10:00:00", "9"],
                [f"{FLOW}_A", FLOW, "Population covered", world.last_update, "1643"],
            ]
            return Reply(published_rows.write_csv(lines), headers={"Content-Type": "application/octet-stream"})
        assert path == "data/indicator/"
        # A + in the address is a separator here; %2B breaks the id.
        if "%2B" in self.path or query.get("id") != [f"{FLOW}_A"]:
            return Reply(b"unknown id", 400)
        header, rows = self._ilo()
        wanted = urlsplit(self.path).query.partition("ref_area=")[2].partition("&")[0]
        if wanted and not world.ignore_area:
            rows = [r for r in rows if r[header.index("REF_AREA")] in wanted.split("+")]
        names = {
            "ref_area": "REF_AREA",
            "source": "SOURCE",
            "indicator": "DATAFLOW",
            "sex": "SEX",
            "classif1": "SOC",
            "time": "TIME_PERIOD",
            "obs_value": "OBS_VALUE",
            "obs_status": "OBS_STATUS",
        }
        lines = [[FLOW if n == "DATAFLOW" else r[header.index(n)] for n in names.values()] for r in rows]
        return Reply(b"\xef\xbb\xbf" + published_rows.write_csv([list(names), *lines]))

    # --- WPP

    def _wpp(self, path: str, query: dict[str, list[str]]) -> Reply:
        raw = urlsplit(self.path).path.removeprefix("/wpp/")
        body = published_rows.wpp().get(raw)
        if body is None:
            return Reply(HTML, 404)
        if not self.world.etag:
            return Reply(body)
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if self.headers.get("If-None-Match") == etag:
            return Reply(b"", 304, {"ETag": etag})
        return Reply(body, headers={"ETag": etag, "Last-Modified": "Thu, 11 Jul 2024 00:00:00 GMT"})

    def _json(self, value: Any) -> Reply:
        body = published_rows.dump(value)
        return Reply(body.replace(b'", "', b'",\n "') if self.world.spaces else body, headers=JSON_TYPE)

    def _csv(self, rows: list[list[str]]) -> Reply:
        if not self.world.spaces:
            return Reply(published_rows.write_csv(rows))
        out = io.StringIO(newline="")
        csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows([rows[0], *reversed(rows[1:])])
        return Reply(b"\xef\xbb\xbf" + out.getvalue().encode())


JSON_TYPE = {"Content-Type": "application/json;charset=utf-8"}


def _json(value: Any) -> Reply:
    return Reply(json.dumps(value).encode(), headers=JSON_TYPE)


def _bank_error(number: str, key: str, value: str) -> Reply:
    return _json([{"message": [{"id": number, "key": key, "value": value}]}])


@dataclass
class Providers:
    """A running server: its world, and the environment that points Payung to it."""

    world: World
    base: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PAYUNG_UNSD_SDG_URL": f"{self.base}/sdg",
            "PAYUNG_WORLD_BANK_URL": f"{self.base}/v2",
            "PAYUNG_ILOSTAT_SDMX_URL": f"{self.base}/sdmx",
            "PAYUNG_ILOSTAT_BULK_URL": f"{self.base}/bulk",
            "PAYUNG_UN_WPP_URL": f"{self.base}/wpp",
            "PAYUNG_HTTP_PAUSE_SECONDS": "0.01",
            "NO_PROXY": "127.0.0.1",
        }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False


@contextmanager
def serving(world: World | None = None) -> Iterator[Providers]:
    """A server on a free port of 127.0.0.1, ended when the block ends."""
    world = world or World()
    handler = type("OwnHandler", (Handler,), {"world": world, "seen": Counter()})
    server = _Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield Providers(world, f"http://127.0.0.1:{server.server_address[1]}")
    finally:
        server.shutdown()
        server.server_close()


# --- faults: each a function for World.fault ---------------------------------------------------------------------

Fault = Callable[[str, int, Reply], Reply | None]


def on(part: str, change: Callable[[Reply], Reply], times: int | None = None) -> Fault:
    """The change for addresses that hold `part`; only the first `times` times each."""

    def fault(path: str, number: int, reply: Reply) -> Reply | None:
        return change(reply) if part in path and (times is None or number <= times) else None

    return fault


def html(_: Reply) -> Reply:
    return Reply(HTML, headers={"Content-Type": "application/json"})


def bad_gateway(_: Reply) -> Reply:
    return Reply(b"<html><title>502 Bad Gateway</title></html>", 502)


def busy(_: Reply) -> Reply:
    return Reply(b"Forbidden", 403)


def come_back(seconds: str) -> Callable[[Reply], Reply]:
    return lambda _: Reply(b"slow down", 429, {"Retry-After": seconds})


def empty(_: Reply) -> Reply:
    return Reply(b"")


def header_only(reply: Reply) -> Reply:
    """The answer without what it lists: the first line of a CSV, an empty list of JSON."""
    if reply.body.lstrip()[:1] not in (b"[", b"{"):
        return Reply(reply.body.partition(b"\n")[0] + b"\n")
    answer = json.loads(reply.body)
    return _json([answer[0], []] if len(answer) == 2 and "page" in answer[0] else [])


def padded(reply: Reply) -> Reply:
    size = 1 << len(reply.body).bit_length()
    return Reply(reply.body.ljust(size, b"\0"))


def cut_json(reply: Reply) -> Reply:
    return Reply(reply.body[: len(reply.body) // 2])


def broken_off(reply: Reply) -> Reply:
    reply.cut = len(reply.body) // 2
    return reply


def xml(_: Reply) -> Reply:
    return Reply(WB_XML)


def raw(head: str, body: bytes = b"") -> Callable[[Reply], Reply]:
    """An answer byte for byte: head is the status line and the headers."""
    sent = head.strip().replace("\n", "\r\n").encode("latin-1") + b"\r\n\r\n" + body
    return lambda _: Reply(b"", raw=sent)


def packed(size: int, layers: int = 1) -> Callable[[Reply], Reply]:
    """A body of so many blanks, packed by the server so that little goes over the line."""
    body = b" " * size
    for _ in range(layers):
        body = gzip.compress(body)
    return lambda _: Reply(body, headers={"Content-Encoding": ", ".join(["gzip"] * layers)})


def rows_of(body: bytes) -> list[Any]:
    """The row list of a page of the World Bank or the UN."""
    answer = json.loads(body)
    return answer[1] if isinstance(answer, list) else answer["data"]


def with_rows(body: bytes, change: Callable[[list[Any]], list[Any]]) -> Reply:
    """The page with other rows, its header as it was."""
    answer = json.loads(body)
    if isinstance(answer, list):
        answer[1] = change(answer[1])
    else:
        answer["data"] = change(answer["data"])
    return Reply(json.dumps(answer).encode(), headers=JSON_TYPE)


def overlap(part: str, times: int | None = None) -> Fault:
    """Page 2 begins with the last row of page 1 in place of its own first row; `times`: only as often."""
    last: dict[str, Any] = {}

    def fault(path: str, number: int, reply: Reply) -> Reply | None:
        page = parse_qs(urlsplit(path).query).get("page", [""])[0]
        if part not in path or page not in ("1", "2") or (times is not None and last.get("asked", 0) >= times):
            return None
        if page == "1":
            last["row"] = rows_of(reply.body)[-1]
            return None
        last["asked"] = last.get("asked", 0) + 1
        return with_rows(reply.body, lambda rows: [last["row"], *rows[1:]])

    return fault


def hang(seconds: float) -> Callable[[Reply], Reply]:
    def wait(reply: Reply) -> Reply:
        time.sleep(seconds)
        return reply

    return wait

"""One server for all providers: the module NAME of this package answers /NAME/ENDPOINT/...

`World` has the active faults and the requests; tests change it, and the services, while the server runs.
/plain/... needs no provider, for tests of the HTTP client.
"""

from __future__ import annotations

import gzip
import importlib
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

from providers.service import HTML, JSON_TYPE, ProviderService, Reply, Request, json_reply
from sources import registry

ERROR_XML = b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?><error><title>Format not found</title></error>'
PLAIN = b'[{"page": 1, "pages": 1}, []]'
PLAIN_HEADERS = {**JSON_TYPE, "ETag": '"1"', "Last-Modified": "Thu, 11 Jul 2024 00:00:00 GMT"}


def _services() -> dict[str, Any]:
    """A new service of each provider that has addresses, by name."""
    return {
        spec.provider: importlib.import_module(f"providers.{spec.provider}").Service()
        for spec in registry.providers().values()
        if spec.endpoints
    }


@dataclass
class World:
    """The services, the active fault, and the requests so far."""

    services: dict[str, Any] = field(default_factory=_services)
    # called for each request with path, number of requests of that path, and reply; may return another reply
    fault: Callable[[str, int, Reply], Reply | None] | None = None
    requests: list[str] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)
    parallel: int = 0
    most_parallel: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def service(self, name: str) -> Any:
        """The service of a provider (`Service` in the module of that name)."""
        return self.services[name]

    def count(self) -> int:
        return len(self.requests)

    def paths(self) -> list[str]:
        return [urlsplit(a).path for a in self.requests]


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
            world.requests.append(self.path)
            world.agents.add(self.headers.get("User-Agent", ""))
            world.parallel += 1
            world.most_parallel = max(world.most_parallel, world.parallel)
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
                world.parallel -= 1

    def _answer(self) -> Reply:
        parts = urlsplit(self.path)
        if self.headers.get("Accept-Language") != "en":
            return Reply(b"NullPointerException", 500)
        name, _, rest = parts.path.lstrip("/").partition("/")
        if name == "plain":
            return self._plain()
        endpoint, _, path = rest.partition("/")
        service: ProviderService = self.world.service(name)
        query = parse_qs(parts.query, keep_blank_values=True)
        return service.answer(endpoint, Request(unquote(path), path, parts.query, query, dict(self.headers.items())))

    def _plain(self) -> Reply:
        if self.headers.get("If-None-Match") == PLAIN_HEADERS["ETag"]:
            return Reply(b"", 304, {"ETag": PLAIN_HEADERS["ETag"]})
        return Reply(PLAIN, headers=dict(PLAIN_HEADERS))


@dataclass
class Providers:
    """A running server: its world, and the environment variables with its address."""

    world: World
    base: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            **{
                endpoint.environment: f"{self.base}/{spec.provider}/{endpoint.name}"
                for spec in registry.providers().values()
                for endpoint in spec.endpoints
            },
            "PAYUNG_HTTP_PAUSE_SECONDS": "0.01",
            "NO_PROXY": "127.0.0.1",
        }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False


@contextmanager
def serving(world: World | None = None) -> Iterator[Providers]:
    """A server on a free port of 127.0.0.1, until the end of the block."""
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
    """The change for addresses with `part` in them; for each address only the first `times` requests."""

    def fault(path: str, number: int, reply: Reply) -> Reply | None:
        return change(reply) if part in path and (times is None or number <= times) else None

    return fault


def html(_: Reply) -> Reply:
    return Reply(HTML, headers={"Content-Type": "application/json"})


def bad_gateway(_: Reply) -> Reply:
    return Reply(b"<html><title>502 Bad Gateway</title></html>", 502)


def forbidden(_: Reply) -> Reply:
    return Reply(b"Forbidden", 403)


def retry_after(seconds: str) -> Callable[[Reply], Reply]:
    return lambda _: Reply(b"slow down", 429, {"Retry-After": seconds})


def empty(_: Reply) -> Reply:
    return Reply(b"")


def header_only(reply: Reply) -> Reply:
    """The answer without rows: the first line of a CSV, an empty list of JSON."""
    if reply.body.lstrip()[:1] not in (b"[", b"{"):
        return Reply(reply.body.partition(b"\n")[0] + b"\n")
    answer = json.loads(reply.body)
    has_header = len(answer) == 2 and isinstance(answer[1], list)
    return json_reply([answer[0], []] if has_header else [])


def padded(reply: Reply) -> Reply:
    size = 1 << len(reply.body).bit_length()
    return Reply(reply.body.ljust(size, b"\0"))


def cut_in_half(reply: Reply) -> Reply:
    return Reply(reply.body[: len(reply.body) // 2])


def incomplete(reply: Reply) -> Reply:
    reply.cut = len(reply.body) // 2
    return reply


def xml(_: Reply) -> Reply:
    return Reply(ERROR_XML)


def raw(head: str, body: bytes = b"") -> Callable[[Reply], Reply]:
    """An answer of exactly these bytes: head is the status line and the headers."""
    sent = head.strip().replace("\n", "\r\n").encode("latin-1") + b"\r\n\r\n" + body
    return lambda _: Reply(b"", raw=sent)


def packed_blanks(size: int, layers: int = 1) -> Callable[[Reply], Reply]:
    """A body of `size` blanks, compressed by the server, so that few bytes are sent."""
    body = b" " * size
    for _ in range(layers):
        body = gzip.compress(body)
    return lambda _: Reply(body, headers={"Content-Encoding": ", ".join(["gzip"] * layers)})


def overlap(
    part: str,
    rows_of: Callable[[bytes], list[Any]],
    with_rows: Callable[[bytes, Callable[[list[Any]], list[Any]]], bytes],
    times: int | None = None,
) -> Fault:
    """Page 2 begins with the last row of page 1 instead of its own first row; `times`: only for so many requests."""
    last: dict[str, Any] = {}

    def fault(path: str, number: int, reply: Reply) -> Reply | None:
        page = parse_qs(urlsplit(path).query).get("page", [""])[0]
        if part not in path or page not in ("1", "2") or (times is not None and last.get("count", 0) >= times):
            return None
        if page == "1":
            last["row"] = rows_of(reply.body)[-1]
            return None
        last["count"] = last.get("count", 0) + 1
        return Reply(with_rows(reply.body, lambda rows: [last["row"], *rows[1:]]), headers=JSON_TYPE)

    return fault


def delayed(seconds: float) -> Callable[[Reply], Reply]:
    def wait(reply: Reply) -> Reply:
        time.sleep(seconds)
        return reply

    return wait

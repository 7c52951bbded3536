"""The HTTP client against a real server that misbehaves: tries, pauses, limits, and the messages."""

from __future__ import annotations

import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import trustme
from providers import servers
from providers.servers import Providers, on

from indicator_defs.system import clock
from indicator_defs.system.settings import SettingsError
from sources.http import BODY_TRIES, Client, HttpError, seconds_to_wait
from sources.parsing import FinalError, SourceError
from sources.provider_spec import Limits

LIMITS = Limits(connections=2, timeout_seconds=5, tries=4, url_characters=1500, note="test")


@pytest.fixture
def client() -> Client:
    return Client(LIMITS, pause=0.01)


@pytest.fixture
def address(providers: Providers) -> str:
    return f"{providers.base}/plain/list?format=json"


def test_it_says_who_it_is_and_counts(client: Client, providers: Providers, address: str) -> None:
    answer = client.get(address)
    assert answer.status == 200
    assert (client.tally.requests, client.tally.bytes) == (1, len(answer.body))
    (agent,) = providers.world.agents
    assert agent.startswith("payung/")
    assert agent.endswith(" (indicator warehouse for social protection in ASEAN)")


def test_whom_to_write_to_is_told_where_it_is_set(
    providers: Providers, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAYUNG_CONTACT", " statistics@example.org\r\n")
    Client(LIMITS).get(address)
    (agent,) = providers.world.agents
    assert agent.endswith("in ASEAN; statistics@example.org)")
    monkeypatch.setenv("PAYUNG_CONTACT", "thống kê")
    with pytest.raises(SettingsError, match="PAYUNG_CONTACT: found 'thống kê', expected an e-mail or web address"):
        Client(LIMITS)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_passing_fault_is_asked_again(client: Client, providers: Providers, address: str, status: int) -> None:
    providers.world.fault = on("plain/list", lambda _: servers.Reply(b"not now", status), times=3)
    assert client.get(address).status == 200
    assert client.tally.requests == providers.world.count() == 4, "tries are counted"


def test_a_lasting_fault_is_told_with_address_status_and_first_bytes(
    client: Client, providers: Providers, address: str
) -> None:
    providers.world.fault = on("plain/list", servers.bad_gateway)
    with pytest.raises(HttpError, match=r"status 502, asked 4 times, body beginning '<html><title>502 Bad") as caught:
        client.get(address)
    assert address in str(caught.value)
    assert caught.value.status == 502
    assert providers.world.count() == 4


def test_retry_after_is_kept(client: Client, providers: Providers, address: str) -> None:
    providers.world.fault = on("plain/list", servers.retry_after("0"), times=2)
    assert client.get(address).status == 200


def test_a_long_retry_after_is_not_waited_for(client: Client, providers: Providers, address: str) -> None:
    providers.world.fault = on("plain/list", servers.retry_after("3600"))
    with pytest.raises(HttpError, match=r"status 429.*come back after 3600 \(Retry-After\)"):
        client.get(address)
    assert providers.world.count() == 1, "and not asked again before"


def test_a_server_that_hangs(providers: Providers, address: str) -> None:
    providers.world.fault = on("plain/list", servers.delayed(2))
    with pytest.raises(SourceError, match=r"no answer from 127.0.0.1:\d+ within 0.2 seconds, asked 2 times"):
        Client(LIMITS, pause=0.01, timeout=0.2, tries=2).get(address)


def test_a_body_that_breaks_off(client: Client, providers: Providers, address: str) -> None:
    providers.world.fault = on("plain/list", servers.broken_off)
    with pytest.raises(SourceError, match=r"plain/list\?format=json: asked 2 times: status 200, the answer broke off"):
        client.get(address)
    providers.world.fault = on("plain/list", servers.broken_off, times=0)
    assert client.get(address).body.startswith(b"[")


def test_a_bad_body_is_asked_for_once_more_and_a_final_one_is_not(
    client: Client, providers: Providers, address: str
) -> None:
    def refuse(body: bytes) -> None:
        raise SourceError("not what was asked for")

    def final(body: bytes) -> None:
        raise FinalError("the same again")

    with pytest.raises(SourceError, match=r"asked 2 times: not what"):
        client.get(address, refuse)
    assert providers.world.count() == BODY_TRIES
    with pytest.raises(FinalError, match="the same again"):
        client.get(address, final)
    assert providers.world.count() == BODY_TRIES + 1


def test_no_more_connections_than_the_provider_takes(client: Client, providers: Providers) -> None:
    providers.world.fault = on("plain/list", servers.delayed(0.05))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(client.get, [f"{providers.base}/plain/list?format=json&n={n}" for n in range(8)]))
    assert providers.world.most_at_once == LIMITS.connections


def test_conditional_questions(client: Client, providers: Providers) -> None:
    address = f"{providers.base}/plain/file.csv"
    first = client.get(address)
    assert first.etag
    assert first.last_modified == "Thu, 11 Jul 2024 00:00:00 GMT"
    again = client.get(address, etag=first.etag, last_modified=first.last_modified)
    assert (again.status, again.body) == (304, b"")


def test_an_address_too_long_is_not_sent(client: Client, providers: Providers) -> None:
    with pytest.raises(SourceError, match=r"has 17\d\d characters, more than the 1500"):
        client.get(f"{providers.base}/plain/{'code;' * 350}")
    assert providers.world.count() == 0


def test_a_name_that_cannot_be_resolved() -> None:
    with pytest.raises(SourceError, match=r"the name no-such-host.invalid cannot be resolved.*Check the network"):
        Client(LIMITS, pause=0, tries=1).get("https://no-such-host.invalid/list")


def test_nobody_listens() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        with pytest.raises(SourceError, match=rf"no connection to 127.0.0.1:{port}.*asked 2 times"):
            Client(LIMITS, pause=0, tries=2).get(f"http://127.0.0.1:{port}/x")


def test_no_address_at_all() -> None:
    with pytest.raises(SourceError, match=r"no address that can be asked.*PAYUNG_..._URL"):
        Client(LIMITS, pause=0).get("example.org/list")


class Silent(ThreadingHTTPServer):
    """Keeps to itself that a client hung up."""

    def handle_error(self, request: object, client_address: object) -> None:
        pass


def test_a_certificate_that_is_not_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)  # an authority that nobody knows
    server = Silent(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with pytest.raises(SourceError, match=r"certificate of 127.0.0.1:\d+ was not accepted.*REQUESTS_CA_BUNDLE"):
            Client(LIMITS, pause=0, tries=1).get(f"https://127.0.0.1:{server.server_address[1]}/")
    finally:
        server.shutdown()
        server.server_close()


def test_the_pause_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYUNG_HTTP_PAUSE_SECONDS", "soon")
    with pytest.raises(SettingsError, match="found 'soon', expected a number of seconds"):
        Client(LIMITS)


def test_a_pause_until_a_date_is_counted_from_the_clock(day: date) -> None:
    with clock.set_to(datetime(day.year, day.month, day.day, 12, tzinfo=UTC)):
        for seconds, waits in ((90, 90.0), (0, 0.0), (-3600, 0.0)):
            header = format_datetime(clock.now() + timedelta(seconds=seconds), usegmt=True)
            assert seconds_to_wait(header) == waits
            assert seconds_to_wait(header.replace("GMT", "-0000")) == waits, "a date that names no zone"

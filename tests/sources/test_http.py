"""The HTTP client with a faulty server: retries, pauses, limits, and messages."""

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
from messages import assert_reports
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


def test_user_agent_is_sent_and_requests_are_counted(client: Client, providers: Providers, address: str) -> None:
    answer = client.get(address)
    assert answer.status == 200
    assert (client.tally.requests, client.tally.bytes) == (1, len(answer.body))
    (agent,) = providers.world.agents
    assert agent.startswith("payung/")
    assert_reports(agent, found="social protection in ASEAN)")


def test_contact_is_sent_if_it_is_set(providers: Providers, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYUNG_CONTACT", " statistics@example.org\r\n")
    Client(LIMITS).get(address)
    (agent,) = providers.world.agents
    assert agent.endswith("in ASEAN; statistics@example.org)")
    monkeypatch.setenv("PAYUNG_CONTACT", "thống kê")
    with pytest.raises(SettingsError) as error:
        Client(LIMITS)
    assert_reports(str(error.value), place="PAYUNG_CONTACT", found="'thống kê'", expected="an e-mail or web address")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_temporary_fault_is_requested_again(client: Client, providers: Providers, address: str, status: int) -> None:
    providers.world.fault = on("plain/list", lambda _: servers.Reply(b"not now", status), times=3)
    assert client.get(address).status == 200
    assert client.tally.requests == providers.world.count() == 4, "retries are counted"


def test_permanent_fault_is_reported_with_address_status_and_first_bytes(
    client: Client, providers: Providers, address: str
) -> None:
    providers.world.fault = on("plain/list", servers.bad_gateway)
    with pytest.raises(HttpError) as error:
        client.get(address)
    assert_reports(str(error.value), place=address, found=("status 502 after 4 requests", "'<html><title>502 Bad"))
    assert error.value.status == 502
    assert providers.world.count() == 4


def test_retry_after_is_observed(client: Client, providers: Providers, address: str) -> None:
    providers.world.fault = on("plain/list", servers.retry_after("0"), times=2)
    assert client.get(address).status == 200


def test_long_retry_after_is_reported_without_waiting(client: Client, providers: Providers, address: str) -> None:
    providers.world.fault = on("plain/list", servers.retry_after("3600"))
    with pytest.raises(HttpError) as error:
        client.get(address)
    assert_reports(str(error.value), found=("status 429", "Retry-After: 3600"))
    assert providers.world.count() == 1, "no retry before that time"


def test_time_out_is_reported(providers: Providers, address: str) -> None:
    providers.world.fault = on("plain/list", servers.delayed(2))
    with pytest.raises(SourceError) as error:
        Client(LIMITS, pause=0.01, timeout=0.2, tries=2).get(address)
    assert_reports(str(error.value), found=("no answer from 127.0.0.1:", "within 0.2 seconds", "after 2 requests"))


def test_incomplete_body_is_reported(client: Client, providers: Providers, address: str) -> None:
    providers.world.fault = on("plain/list", servers.incomplete)
    with pytest.raises(SourceError) as error:
        client.get(address)
    assert_reports(
        str(error.value),
        place="plain/list?format=json (2 requests)",
        found=("status 200", "the answer is incomplete"),
    )
    providers.world.fault = on("plain/list", servers.incomplete, times=0)
    assert client.get(address).body.startswith(b"[")


def test_refused_body_is_requested_once_more_unless_the_error_is_final(
    client: Client, providers: Providers, address: str
) -> None:
    def refuse(body: bytes) -> None:
        raise SourceError("another content")

    def final(body: bytes) -> None:
        raise FinalError("the same again")

    with pytest.raises(SourceError, match=r"\(2 requests\): another content"):
        client.get(address, refuse)
    assert providers.world.count() == BODY_TRIES
    with pytest.raises(FinalError, match="the same again"):
        client.get(address, final)
    assert providers.world.count() == BODY_TRIES + 1


def test_number_of_connections_is_limited(client: Client, providers: Providers) -> None:
    providers.world.fault = on("plain/list", servers.delayed(0.05))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(client.get, [f"{providers.base}/plain/list?format=json&n={n}" for n in range(8)]))
    assert providers.world.most_parallel == LIMITS.connections


def test_conditional_requests(client: Client, providers: Providers) -> None:
    address = f"{providers.base}/plain/file.csv"
    first = client.get(address)
    assert first.etag
    assert first.last_modified == "Thu, 11 Jul 2024 00:00:00 GMT"
    again = client.get(address, etag=first.etag, last_modified=first.last_modified)
    assert (again.status, again.body) == (304, b"")


def test_long_address_is_not_sent(client: Client, providers: Providers) -> None:
    address = f"{providers.base}/plain/{'code;' * 350}"
    with pytest.raises(SourceError) as error:
        client.get(address)
    assert_reports(
        str(error.value), found=f"{len(address)} characters", expected="at most 1500", remedy="fewer codes at once"
    )
    assert providers.world.count() == 0


def test_unknown_host_name_is_reported() -> None:
    with pytest.raises(SourceError) as error:
        Client(LIMITS, pause=0, tries=1).get("https://no-such-host.invalid/list")
    assert_reports(str(error.value), found="no-such-host.invalid cannot be resolved", remedy="check the network")


def test_refused_connection_is_reported() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        with pytest.raises(SourceError) as error:
            Client(LIMITS, pause=0, tries=2).get(f"http://127.0.0.1:{port}/x")
        assert_reports(str(error.value), found=(f"no connection to 127.0.0.1:{port}", "after 2 requests"))


def test_invalid_address_is_reported() -> None:
    with pytest.raises(SourceError) as error:
        Client(LIMITS, pause=0).get("example.org/list")
    assert_reports(str(error.value), found="invalid address", remedy="PAYUNG_..._URL")


class Silent(ThreadingHTTPServer):
    """A server without messages about closed connections."""

    def handle_error(self, request: object, client_address: object) -> None:
        pass


def test_untrusted_certificate_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)  # an unknown authority
    server = Silent(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with pytest.raises(SourceError) as error:
            Client(LIMITS, pause=0, tries=1).get(f"https://127.0.0.1:{server.server_address[1]}/")
        assert_reports(
            str(error.value),
            found=("certificate of 127.0.0.1:", "was not accepted"),
            remedy="REQUESTS_CA_BUNDLE",
        )
    finally:
        server.shutdown()
        server.server_close()


def test_pause_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYUNG_HTTP_PAUSE_SECONDS", "soon")
    with pytest.raises(SettingsError) as error:
        Client(LIMITS)
    assert_reports(str(error.value), found="'soon'", expected="a number of seconds")


def test_pause_until_a_date_starts_now(day: date) -> None:
    with clock.set_to(datetime(day.year, day.month, day.day, 12, tzinfo=UTC)):
        for seconds, waits in ((90, 90.0), (0, 0.0), (-3600, 0.0)):
            header = format_datetime(clock.now() + timedelta(seconds=seconds), usegmt=True)
            assert seconds_to_wait(header) == waits
            assert seconds_to_wait(header.replace("GMT", "-0000")) == waits, "a date without time zone"

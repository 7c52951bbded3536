"""The one HTTP client: asks a provider politely, and gives back whole bodies or one clear error.

Belongs here: time-outs, tries and pauses, Retry-After, connections per host, who we say we are, counting, and
what an error of the network means.
Does not belong here: what is asked (the providers' modules), what is kept (snapshots.py), what a body says: the
caller gives a `check` that judges it.

Nothing here turns certificate verification off, and nothing sends HEAD (some providers answer it with 405).
"""

from __future__ import annotations

import math
import random
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError
from urllib3.response import BaseHTTPResponse
from urllib3.util.retry import Retry

from indicator_defs.system import clock, settings
from sources.parsing import FinalError, SourceError, first_bytes, reading
from sources.provider_spec import Limits

CONNECT_SECONDS = 10.0
# A pause that a provider asks for is kept up to this; beyond it the dataset waits for the next refresh.
LONGEST_PAUSE = 120.0
# A body that is not what was asked for (cut, HTML, empty) is asked for once more.
BODY_TRIES = 2
PIECE = 1 << 13
# Redirects of one request that are followed.
REDIRECTS = 5
LONGEST_HEADER = 1000
STORED_HEADERS = ("content-type", "etag", "last-modified", "retry-after", "content-encoding")

Check = Callable[[bytes], None]

# What requests, urllib3 and http.client raise for an answer or an address; a redirect may also raise a bare ValueError.
FAILURES = (requests.RequestException, HTTPError, HTTPException, OSError, ValueError)


class HttpError(SourceError):
    """A provider answered with another status than 200; `status` and `body` are what it answered."""

    status: int = 0
    body: bytes = b""


@dataclass(frozen=True)
class HttpAnswer:
    """One answer: the address asked, status (200 or 304), the body as sent, and the headers that matter."""

    address: str
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def etag(self) -> str | None:
        """The provider's mark of this body, if it gives one."""
        return self.headers.get("etag")

    @property
    def last_modified(self) -> str | None:
        """When the provider says that the body changed, if it says so."""
        return self.headers.get("last-modified")


@dataclass
class Tally:
    """What a client did so far: requests (tries included) and bytes of bodies as they came over the line."""

    requests: int = 0
    bytes: int = 0


class _Retry(Retry):
    """urllib3's Retry that counts its tries and gives up when asked to wait longer than LONGEST_PAUSE."""

    counted: Callable[[], None] | None = None

    def new(self, **kw: Any) -> _Retry:
        other = super().new(**kw)
        other.counted = self.counted
        return other

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        """Seconds that the provider asks to wait; None where it names none that can be understood."""
        return seconds_to_wait(response.headers.get("Retry-After"))

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: Any = None,
        _stacktrace: Any = None,
    ) -> _Retry:
        wait = self.get_retry_after(response) if response is not None else None
        if wait is not None and wait > LONGEST_PAUSE:
            raise MaxRetryError(_pool, url or "", error)
        after = super().increment(method, url, response, error, _pool, _stacktrace)
        if self.counted is not None:
            self.counted()
        return after


class _Adapter(HTTPAdapter):
    """requests' adapter that counts what it sends."""

    counted: Callable[[], None] | None = None

    def send(self, *arguments: Any, **options: Any) -> requests.Response:
        if self.counted is not None:
            self.counted()
        return super().send(*arguments, **options)


class _Session(requests.Session):
    """requests' session that leaves redirects to the client: it would read a redirect's body whole."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        return None


class Client:
    """Asks one provider, within its limits. May be used by several threads; close it, or use it as a context."""

    def __init__(
        self, limits: Limits, *, pause: float | None = None, timeout: float | None = None, tries: int | None = None
    ) -> None:
        """A client for these limits; pause (seconds before the second try), timeout and tries replace them in tests."""
        self.limits = limits
        self.pause = settings.read("http_pause_seconds").http_pause_seconds if pause is None else pause
        self.timeout = float(timeout if timeout is not None else limits.timeout_seconds)
        self.tries = tries if tries is not None else limits.tries
        self.tally = Tally()
        self._lock = threading.Lock()
        self._current_call = threading.local()
        retry = _Retry(
            total=self.tries - 1,
            allowed_methods=("GET",),
            status_forcelist=limits.retry_statuses,
            backoff_factor=self.pause,
            backoff_jitter=self.pause / 2,
            backoff_max=60,
            respect_retry_after_header=True,
            raise_on_status=False,
        )
        retry.counted = self._count
        adapter = _Adapter(max_retries=retry, pool_connections=4, pool_maxsize=limits.connections, pool_block=True)
        adapter.counted = self._count
        self.session = _Session()
        self.session.mount("https://", adapter)
        self.session.mount("http://", adapter)
        self.session.headers.update({"User-Agent": user_agent(), "Accept-Language": "en"})

    def __enter__(self) -> Client:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes its connections."""
        self.close()

    def close(self) -> None:
        """Closes its connections."""
        self.session.close()

    def now(self) -> datetime:
        """The time, UTC, to the second."""
        return clock.now().replace(microsecond=0)

    def get(
        self, address: str, check: Check | None = None, etag: str | None = None, last_modified: str | None = None
    ) -> HttpAnswer:
        """The whole answer to one GET; with `etag` or `last_modified`, status 304 where nothing changed.

        `check` raises SourceError when the body is not what was asked for; it is then asked for once more, unless
        the error is a FinalError. Raises HttpError for any other status, SourceError for a network that fails, a
        body that breaks off or does not pass; each names address, status and first bytes.
        """
        limit = self.limits.url_characters
        if limit is not None and len(address) > limit:
            raise SourceError(
                f"{address[:120]}...: the address has {len(address)} characters, more than the {limit} that the "
                "provider takes. Ask for fewer codes at once."
            )
        marks = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        conditions = {name: mark for name, mark in marks.items() if mark and _fits_a_header(mark)}
        self._current_call.requests = 0
        for attempt in range(1, BODY_TRIES + 1):
            try:
                answer = self._once(address, conditions)
                if answer.status == 200 and check is not None:
                    with reading("the answer"):
                        check(answer.body)
                return answer
            except (FinalError, HttpError) as error:
                raise error if isinstance(error, HttpError) else self._named(error, address) from error
            except SourceError as error:
                if attempt == BODY_TRIES or isinstance(error, _NetworkError):
                    raise self._named(error, address) from error
                time.sleep(self.pause * (1 + random.random() / 2))
        raise AssertionError("unreachable")

    def send(self, address: str, body: bytes, content_type: str = "application/json") -> int:
        """Posts a body and returns the status (200 to 299); no redirect is followed, so that nothing goes elsewhere.

        Nothing is posted twice. Raises HttpError and SourceError that name the host
        alone: the address of a webhook is a secret.
        """
        self._current_call.requests = 0
        host = _host(address).rpartition("@")[2] or "the address"
        try:
            with self.session.post(
                address,
                data=body,
                headers={"Content-Type": content_type},
                timeout=(min(CONNECT_SECONDS, self.timeout), self.timeout),
                allow_redirects=False,
            ) as response:
                if 200 <= response.status_code < 300:
                    return response.status_code
                body = response.raw.read(PIECE, decode_content=True) or b""
                error = HttpError(f"{host}: status {response.status_code}, body {first_bytes(body)}.")
                error.status, error.body = response.status_code, body
        except requests.exceptions.InvalidURL as bad:
            raise SourceError(f"{host}: no address that can be asked.") from bad
        except FAILURES as failed:
            raise SourceError(str(self._network_error(failed, address)).replace(address, host)) from failed
        raise error

    def _once(self, address: str, conditions: dict[str, str]) -> HttpAnswer:
        try:
            with self._followed(address, conditions) as response:
                body = self._body(response)
                headers = {k: _one_line(response.headers[k]) for k in STORED_HEADERS if k in response.headers}
                answer = HttpAnswer(address, response.status_code, body, headers)
        except FAILURES as error:
            raise self._network_error(error, address) from error
        if answer.status == 200 or (answer.status == 304 and conditions):
            return answer
        raise _status_error(answer, self._requests())

    def _followed(self, address: str, conditions: dict[str, str]) -> requests.Response:
        """The first response that is no redirect; the bodies of redirects are not read.

        Raises SourceError for a redirect to what is no HTTP address, and for more than REDIRECTS.
        """
        target = address
        for _ in range(REDIRECTS + 1):
            response = self.session.get(
                target,
                headers=conditions,
                timeout=(min(CONNECT_SECONDS, self.timeout), self.timeout),
                stream=True,
                allow_redirects=False,
            )
            location = response.headers.get("location", "")
            if not response.is_redirect or not location:
                return response
            response.close()
            to = _redirected(target, location)
            if to is None:
                raise _NetworkError(
                    f"status {response.status_code} redirects to {location[:120]!r}, expected an http or https address"
                    f"{_times(self._requests())}. Look whether the provider moved the address."
                )
            target = to
        raise _NetworkError(
            f"it redirects in a circle, at last to {target[:120]}{_times(self._requests())}. Look whether the provider "
            "moved the address."
        )

    def _body(self, response: requests.Response) -> bytes:
        """The body, unpacked, read within a deadline and up to the provider's limit.

        A server that sends a byte now and then, or a little that unpacks to much, does not hold us for ever.
        """
        deadline = time.monotonic() + 10 * self.timeout
        parts: list[bytes] = []
        size = 0
        try:
            for part in response.iter_content(PIECE):
                parts.append(part)
                size += len(part)
                if time.monotonic() > deadline:
                    raise SourceError(
                        f"status {response.status_code}, {size} bytes in {10 * self.timeout:.0f} seconds and no end. "
                        "Try again when the provider is quicker."
                    )
                if size > self.limits.answer_bytes:
                    raise FinalError(
                        f"status {response.status_code}, {response.raw.tell():,} bytes unpack to more than "
                        f"{self.limits.answer_bytes:,}, the limit of this provider; it begins {first_bytes(parts[0])}. "
                        "Nothing was taken. Look at the answer; if it is right, raise limits.answer_megabytes in the "
                        "provider's YAML file."
                    )
        except FAILURES as error:
            raise SourceError(
                f"status {response.status_code}, the answer broke off"
                + (f" (beginning {first_bytes(b''.join(parts))})" if parts else "")
                + f": {_short(error)}"
            ) from error
        finally:
            received = response.raw.tell() if response.raw is not None else size
            with self._lock:
                self.tally.bytes += max(received, 0)
        packing = [p.strip().lower() for p in response.headers.get("content-encoding", "").split(",")]
        unknown = [p for p in packing if p not in ("", "identity", *response.raw.CONTENT_DECODERS)]
        if unknown:
            raise SourceError(
                f"status {response.status_code}, Content-Encoding {unknown[0][:40]!r}, which was not asked for and "
                f"cannot be unpacked; the body begins {first_bytes(b''.join(parts))}."
            )
        return b"".join(parts)

    def _count(self) -> None:
        with self._lock:
            self.tally.requests += 1
        self._current_call.requests = self._requests() + 1

    def _requests(self) -> int:
        """Requests that the call under way in this thread has sent."""
        return int(getattr(self._current_call, "requests", 0))

    def _named(self, error: SourceError, address: str) -> SourceError:
        if address in str(error):
            return error
        number = self._requests()
        return error.within(
            f"{address}: asked {number} times" if number > 1 and not isinstance(error, _NetworkError) else address
        )

    def _network_error(self, error: Exception, address: str) -> SourceError:
        return _network_error(error, address, self.timeout, self._requests())


class _NetworkError(SourceError):
    """No answer at all; its tries are used up already."""


def user_agent() -> str:
    """Who we say we are, and whom to write to where that is set. Raises SettingsError for what no header can hold."""
    try:
        number = version("payung")
    except PackageNotFoundError:  # run from the sources, not installed
        number = "0"
    contact = settings.read("contact").contact
    return f"payung/{number} (indicator warehouse for social protection in ASEAN{f'; {contact}' if contact else ''})"


def seconds_to_wait(retry_after: str | None) -> float | None:
    """Seconds of a Retry-After header: a number, also with a fraction, or a date; None for anything else.

    A number with more digits than any pause has is endless.
    """
    text = (retry_after or "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]*)?", text):
        return float(text) if len(text) < 20 else math.inf
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, OverflowError, TypeError):
        return None
    return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - clock.now()).total_seconds())


def _fits_a_header(text: str) -> bool:
    """Whether a provider's mark can be sent back as it came: printable, in the one encoding that headers have."""
    return text == text.strip() and text.isprintable() and all(ord(c) < 256 for c in text)


def _one_line(header: str) -> str:
    """The value of a header for the manifest, without line breaks."""
    return re.sub(r"[\r\n\t]+ *", " ", header)[:LONGEST_HEADER]


def _host(address: str) -> str:
    try:
        return urlsplit(address).netloc
    except ValueError:  # brackets that are no IPv6 address
        return ""


def _redirected(address: str, location: str) -> str | None:
    """The address that a redirect names; None where it is no HTTP address with a host."""
    try:
        # http.client reads headers as Latin-1; addresses are sent in UTF-8.
        named = location.encode("latin-1", "replace").decode("utf-8", "replace")
        target = urljoin(address, named)
        parts, own = urlsplit(target), urlsplit(named)
        lacks_host = (own.scheme != "" or named.startswith("//")) and not own.netloc
        return None if lacks_host or parts.scheme not in ("http", "https") or not parts.hostname else target
    except ValueError:  # brackets that are no IPv6 address, and the like
        return None


def _times(number: int) -> str:
    """How many requests were sent, for a message; nothing where there was none."""
    return "" if number == 0 else ", asked once" if number == 1 else f", asked {number} times"


def _status_error(answer: HttpAnswer, tries: int) -> HttpError:
    tries_text = f", asked {tries} times" if tries > 1 else ""
    advice = "Ask again later; if it stays so, look whether the provider moved the address."
    later = answer.headers.get("retry-after")
    if later and seconds_to_wait(later) is not None:
        advice = f"The provider asks to come back after {later[:40]} (Retry-After). Refresh again then."
    elif answer.status in (401, 403, 429):
        advice = "The provider refuses: too many questions, or a proxy in between. Refresh again later."
    elif answer.status == 407:
        advice = "A proxy wants a log-in: set HTTPS_PROXY with user and password."
    error = HttpError(
        f"{answer.address}: status {answer.status}{tries_text}, body beginning {first_bytes(answer.body)}. {advice}"
    )
    error.status, error.body = answer.status, answer.body
    return error


def _network_error(error: Exception, address: str, timeout: float, number: int) -> SourceError:
    """What an error below HTTP means after this number of requests, and what to do."""
    text = str(error)
    request = getattr(error, "request", None)
    host = _host(request.url if request is not None and request.url else address) or "the host"
    if isinstance(error, requests.exceptions.SSLError):
        problem, advice = (
            f"the certificate of {host} was not accepted ({_short(error)})",
            "Check the clock of this machine; behind a company proxy set REQUESTS_CA_BUNDLE to the proxy's "
            "certificate. Verification is never turned off.",
        )
    elif isinstance(error, requests.exceptions.ProxyError):
        problem, advice = f"the proxy failed ({_short(error)})", "Check HTTPS_PROXY and NO_PROXY."
    elif "NameResolution" in text or "getaddrinfo" in text or "Name or service not known" in text:
        problem, advice = f"the name {host} cannot be resolved", "Check the network, or the address in the environment."
    elif isinstance(error, requests.exceptions.Timeout) or "timed out" in text:
        problem, advice = f"no answer from {host} within {timeout:g} seconds", "Refresh again later."
    elif number == 0:  # refused before anything was sent
        return _NetworkError(f"no address that can be asked: {_short(error)} Check the PAYUNG_..._URL variables.")
    elif isinstance(_reason(error), NewConnectionError):
        problem, advice = f"no connection to {host} ({_short(error)})", "Refresh again later."
    else:
        problem, advice = f"{host} gave no answer that can be read ({_short(error)})", "Refresh again later."
    return _NetworkError(f"{problem}{_times(number)}. {advice}")


def _reason(error: Exception) -> object:
    """What urllib3 gave up for, where it did."""
    inner = error.args[0] if error.args else None
    return inner.reason if isinstance(inner, MaxRetryError) else error


def _short(error: Exception) -> str:
    inner = error.args[0] if error.args else None
    while isinstance(inner, Exception) and (getattr(inner, "reason", None) or inner.args):
        error, inner = inner, getattr(inner, "reason", None) or inner.args[-1]
    text = str(error)
    text = text.split("object at ", 1)[-1].split(">: ", 1)[-1] if "object at " in text else text
    return text[:200]

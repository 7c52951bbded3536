"""The only HTTP client: sends requests within a provider's limits and returns complete bodies or one clear error.

Belongs here: time-outs, retries and pauses, Retry-After, connections per host, the User-Agent, counts of requests, and
the explanation of network errors.
Does not belong here: what is requested (the providers' modules), what is stored (snapshots.py), the content of a body:
the caller passes a `check` for it.

Certificate verification is never turned off, and HEAD is never sent (some providers answer it with 405).
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
from sources.parsing import FinalError, SourceError, first_bytes, reading, unpacked_too_large
from sources.provider_spec import Limits

CONNECT_SECONDS = 10.0
# Seconds. A longer Retry-After is not waited for: the dataset fails and the next refresh requests it again.
LONGEST_PAUSE = 120.0
# A body with other content than requested (cut, HTML, empty) is requested once more.
BODY_TRIES = 2
PIECE = 1 << 13
MOVED = "Check whether the provider moved the address."
# Most redirects that one request follows.
REDIRECTS = 5
LONGEST_HEADER = 1000
STORED_HEADERS = ("content-type", "etag", "last-modified", "retry-after", "content-encoding")

Check = Callable[[bytes], None]

# Errors of requests, urllib3 and http.client for an answer or an address; a redirect may also raise a plain ValueError.
FAILURES = (requests.RequestException, HTTPError, HTTPException, OSError, ValueError)


class HttpError(SourceError):
    """A provider answered with another status than 200; `status` and `body` are those of the answer."""

    status: int = 0
    body: bytes = b""


@dataclass(frozen=True)
class HttpAnswer:
    """One answer: the requested address, the status (200 or 304), the body as sent, and the stored headers."""

    address: str
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def etag(self) -> str | None:
        """The provider's identifier of this body, if it sends one."""
        return self.headers.get("etag")

    @property
    def last_modified(self) -> str | None:
        """The date on which the provider last changed the body, if it sends one."""
        return self.headers.get("last-modified")


@dataclass
class Tally:
    """Totals of a client: requests (retries included) and bytes of bodies as received, before they are unpacked."""

    requests: int = 0
    bytes: int = 0


class _Retry(Retry):
    """urllib3's Retry that counts requests and stops when Retry-After is longer than LONGEST_PAUSE."""

    counted: Callable[[], None] | None = None

    def new(self, **kw: Any) -> _Retry:
        other = super().new(**kw)
        other.counted = self.counted
        return other

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        """Seconds of the Retry-After header; None where it has none or none that can be read."""
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
        next_retry = super().increment(method, url, response, error, _pool, _stacktrace)
        if self.counted is not None:
            self.counted()
        return next_retry


class _Adapter(HTTPAdapter):
    """requests' adapter that counts the requests it sends."""

    counted: Callable[[], None] | None = None

    def send(self, *arguments: Any, **options: Any) -> requests.Response:
        if self.counted is not None:
            self.counted()
        return super().send(*arguments, **options)


class _Session(requests.Session):
    """requests' session without redirects: it would read the whole body of a redirect, so the client follows them."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        return None


class Client:
    """HTTP client for one provider, within its limits. Safe for several threads; close it, or use it in a `with`."""

    def __init__(
        self, limits: Limits, *, pause: float | None = None, timeout: float | None = None, tries: int | None = None
    ) -> None:
        """A client with these limits; tests set pause (seconds before the first retry), timeout and tries."""
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
        """The complete answer to one GET; with `etag` or `last_modified`, status 304 if nothing changed.

        `check` raises SourceError when the body has other content than requested; the body is then requested once
        more, unless the error is a FinalError. Raises HttpError for any other status, SourceError for a network error
        and for a body that is cut or does not pass `check`; each names address, status and first bytes.
        """
        limit = self.limits.url_characters
        if limit is not None and len(address) > limit:
            raise SourceError(
                f"{address[:120]}...: the address has {len(address)} characters, the provider accepts at most {limit}. "
                "Request fewer codes at once."
            )
        values = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        conditions = {name: value for name, value in values.items() if value and _is_header_value(value)}
        self._current_call.requests = 0
        for attempt in range(1, BODY_TRIES + 1):
            try:
                answer = self._answer(address, conditions)
                if answer.status == 200 and check is not None:
                    with reading("the answer"):
                        check(answer.body)
                return answer
            except (FinalError, HttpError) as error:
                raise error if isinstance(error, HttpError) else self._with_address(error, address) from error
            except SourceError as error:
                if attempt == BODY_TRIES or isinstance(error, _NetworkError):
                    raise self._with_address(error, address) from error
                time.sleep(self.pause * (1 + random.random() / 2))
        raise AssertionError("unreachable")

    def send(self, address: str, body: bytes, content_type: str = "application/json") -> int:
        """Posts a body once and returns the status (200 to 299).

        Redirects are not followed, so that the body reaches no other host. Raises HttpError and SourceError that name
        only the host: the address of a webhook is a secret.
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
            raise SourceError(f"{host}: invalid address.") from bad
        except FAILURES as failed:
            raise SourceError(str(self._network_error(failed, address)).replace(address, host)) from failed
        raise error

    def _answer(self, address: str, conditions: dict[str, str]) -> HttpAnswer:
        try:
            with self._after_redirects(address, conditions) as response:
                body = self._body(response)
                headers = {k: _one_line(response.headers[k]) for k in STORED_HEADERS if k in response.headers}
                answer = HttpAnswer(address, response.status_code, body, headers)
        except FAILURES as error:
            raise self._network_error(error, address) from error
        if answer.status == 200 or (answer.status == 304 and conditions):
            return answer
        raise _status_error(answer, self._requests())

    def _after_redirects(self, address: str, conditions: dict[str, str]) -> requests.Response:
        """The first response that is not a redirect; the bodies of redirects are not read.

        Raises SourceError for a redirect to an address that is not HTTP, and for more than REDIRECTS redirects.
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
            next_target = _redirect_target(target, location)
            if next_target is None:
                raise _NetworkError(
                    f"status {response.status_code} redirects to {location[:120]!r}, expected an http or https address"
                    f"{_request_count(self._requests())}. {MOVED}"
                )
            target = next_target
        raise _NetworkError(
            f"more than {REDIRECTS} redirects, the last to {target[:120]}{_request_count(self._requests())}. {MOVED}"
        )

    def _body(self, response: requests.Response) -> bytes:
        """The body, unpacked, read within a deadline and up to the provider's limit.

        The limits stop a server that sends single bytes slowly, and a small body that unpacks to a very large one.
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
                        f"status {response.status_code}, only {size} bytes in {10 * self.timeout:.0f} seconds, the body is "
                        "not complete. Refresh again later."
                    )
                if size > self.limits.answer_bytes:
                    raise FinalError(
                        f"status {response.status_code}, the body begins {first_bytes(parts[0])}: "
                        f"{unpacked_too_large(response.raw.tell(), self.limits.answer_bytes)}"
                    )
        except FAILURES as error:
            raise SourceError(
                f"status {response.status_code}, the answer is incomplete"
                + (f" (it begins {first_bytes(b''.join(parts))})" if parts else "")
                + f": {_summary(error)}"
            ) from error
        finally:
            received = response.raw.tell() if response.raw is not None else size
            with self._lock:
                self.tally.bytes += max(received, 0)
        packing = [p.strip().lower() for p in response.headers.get("content-encoding", "").split(",")]
        unknown = [p for p in packing if p not in ("", "identity", *response.raw.CONTENT_DECODERS)]
        if unknown:
            raise SourceError(
                f"status {response.status_code}, found Content-Encoding {unknown[0][:40]!r}, expected one of "
                f"{', '.join(response.raw.CONTENT_DECODERS)}; the body begins {first_bytes(b''.join(parts))}. Refresh "
                "again later."
            )
        return b"".join(parts)

    def _count(self) -> None:
        with self._lock:
            self.tally.requests += 1
        self._current_call.requests = self._requests() + 1

    def _requests(self) -> int:
        """Number of requests that the current call in this thread has sent."""
        return int(getattr(self._current_call, "requests", 0))

    def _with_address(self, error: SourceError, address: str) -> SourceError:
        if address in str(error):
            return error
        number = self._requests()
        return error.within(
            f"{address} ({number} requests)" if number > 1 and not isinstance(error, _NetworkError) else address
        )

    def _network_error(self, error: Exception, address: str) -> SourceError:
        return _network_error(error, address, self.timeout, self._requests())


class _NetworkError(SourceError):
    """No answer: all retries failed."""


def user_agent() -> str:
    """The User-Agent header: Payung, its version and the contact, if one is set. Raises SettingsError if it is invalid."""
    try:
        number = version("payung")
    except PackageNotFoundError:  # run from the sources, not installed
        number = "0"
    contact = settings.read("contact").contact
    return f"payung/{number} (indicator warehouse for social protection in ASEAN{f'; {contact}' if contact else ''})"


def seconds_to_wait(retry_after: str | None) -> float | None:
    """Seconds of a Retry-After header: a number, also with a fraction, or a date; None for anything else.

    A number of 20 digits or more is infinite.
    """
    text = (retry_after or "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]*)?", text):
        return float(text) if len(text) < 20 else math.inf
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, OverflowError, TypeError):
        return None
    return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - clock.now()).total_seconds())


def _is_header_value(text: str) -> bool:
    """Whether a text can be sent as a header: printable Latin-1, without blanks at the ends."""
    return text == text.strip() and text.isprintable() and all(ord(c) < 256 for c in text)


def _one_line(header: str) -> str:
    """A header's value for the manifest, without line breaks."""
    return re.sub(r"[\r\n\t]+ *", " ", header)[:LONGEST_HEADER]


def _host(address: str) -> str:
    try:
        return urlsplit(address).netloc
    except ValueError:  # brackets without an IPv6 address
        return ""


def _redirect_target(address: str, location: str) -> str | None:
    """The address of a redirect; None if it is not an HTTP address with a host."""
    try:
        # http.client reads headers as Latin-1; addresses are sent in UTF-8.
        decoded = location.encode("latin-1", "replace").decode("utf-8", "replace")
        target = urljoin(address, decoded)
        parts, own = urlsplit(target), urlsplit(decoded)
        lacks_host = (own.scheme != "" or decoded.startswith("//")) and not own.netloc
        return None if lacks_host or parts.scheme not in ("http", "https") or not parts.hostname else target
    except ValueError:  # such as brackets without an IPv6 address
        return None


def _request_count(number: int) -> str:
    """The number of requests sent, for a message; empty if there was none."""
    return "" if number == 0 else f" after {number} request{'s' * (number > 1)}"


def _status_error(answer: HttpAnswer, tries: int) -> HttpError:
    count = _request_count(tries) if tries > 1 else ""
    advice = "Refresh again later; if the error remains, check whether the provider moved the address."
    later = answer.headers.get("retry-after")
    if later and seconds_to_wait(later) is not None:
        advice = f"The provider sends Retry-After: {later[:40]}. Refresh again after that time."
    elif answer.status in (401, 403, 429):
        advice = "The provider or a proxy refuses the request, perhaps after too many requests. Refresh again later."
    elif answer.status == 407:
        advice = "The proxy requires a login: set HTTPS_PROXY with user and password."
    error = HttpError(
        f"{answer.address}: status {answer.status}{count}, the body begins {first_bytes(answer.body)}. {advice}"
    )
    error.status, error.body = answer.status, answer.body
    return error


def _network_error(error: Exception, address: str, timeout: float, number: int) -> SourceError:
    """The message for an error below HTTP after this number of requests: cause and remedy."""
    text = str(error)
    request = getattr(error, "request", None)
    host = _host(request.url if request is not None and request.url else address) or "the host"
    if isinstance(error, requests.exceptions.SSLError):
        problem, advice = (
            f"the certificate of {host} was not accepted ({_summary(error)})",
            "Check the clock of this machine; behind a company proxy set REQUESTS_CA_BUNDLE to the proxy's "
            "certificate. Verification cannot be turned off.",
        )
    elif isinstance(error, requests.exceptions.ProxyError):
        problem, advice = f"the proxy failed ({_summary(error)})", "Check HTTPS_PROXY and NO_PROXY."
    elif "NameResolution" in text or "getaddrinfo" in text or "Name or service not known" in text:
        problem, advice = f"the name {host} cannot be resolved", "Check the network, or the address in the environment."
    elif isinstance(error, requests.exceptions.Timeout) or "timed out" in text:
        problem, advice = f"no answer from {host} within {timeout:g} seconds", "Refresh again later."
    elif number == 0:  # refused before anything was sent
        return _NetworkError(f"invalid address: {_summary(error)} Check the PAYUNG_..._URL variables.")
    elif isinstance(_reason(error), NewConnectionError):
        problem, advice = f"no connection to {host} ({_summary(error)})", "Refresh again later."
    else:
        problem, advice = f"the answer of {host} cannot be read ({_summary(error)})", "Refresh again later."
    return _NetworkError(f"{problem}{_request_count(number)}. {advice}")


def _reason(error: Exception) -> object:
    """The error after which urllib3 stopped its retries, or the error itself."""
    inner = error.args[0] if error.args else None
    return inner.reason if isinstance(inner, MaxRetryError) else error


def _summary(error: Exception) -> str:
    """The text of the innermost error, without the addresses of objects."""
    inner = error.args[0] if error.args else None
    while isinstance(inner, Exception) and (getattr(inner, "reason", None) or inner.args):
        error, inner = inner, getattr(inner, "reason", None) or inner.args[-1]
    text = str(error)
    text = text.split("object at ", 1)[-1].split(">: ", 1)[-1] if "object at " in text else text
    return text[:200]

"""The one HTTP client: asks a provider politely, and gives back whole bodies or one clear error.

Belongs here: time-outs, tries and pauses, Retry-After, connections per host, who we say we are, counting, and
what an error of the network means.
Does not belong here: what is asked (the providers' modules), what is kept (snapshots.py), what a body says: the
caller gives a `check` that judges it.

Nothing here turns certificate verification off, and nothing sends HEAD (some providers answer it with 405).
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, MaxRetryError
from urllib3.response import BaseHTTPResponse
from urllib3.util.retry import Retry

from sources.parsing import FinalError, SourceError, first_bytes
from sources.spec import Limits

PAUSE = "PAYUNG_HTTP_PAUSE_SECONDS"
# Whom a provider may write to when our questions trouble it.
CONTACT = "PAYUNG_CONTACT"
CONNECT_SECONDS = 10.0
# A pause that a provider asks for is kept up to this; beyond it the dataset waits for the next refresh.
LONGEST_PAUSE = 120.0
# A body that is not what was asked for (cut, HTML, empty) is asked for once more.
BODY_TRIES = 2
LARGEST_BODY = 1 << 30
PIECE = 1 << 13
HEADERS_KEPT = ("content-type", "etag", "last-modified", "retry-after", "content-encoding")

Check = Callable[[bytes], None]


class HttpError(SourceError):
    """A provider answered with another status than 200; `status` and `body` are what it answered."""

    status: int = 0
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
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


class Client:
    """Asks one provider, within its limits. May be used by several threads; close it, or use it as a context."""

    def __init__(
        self, limits: Limits, *, pause: float | None = None, timeout: float | None = None, tries: int | None = None
    ) -> None:
        """A client for these limits; pause (seconds before the second try), timeout and tries replace them in tests."""
        self.limits = limits
        self.pause = _pause() if pause is None else pause
        self.timeout = float(timeout if timeout is not None else limits.timeout_seconds)
        self.tries = tries if tries is not None else limits.tries
        self.tally = Tally()
        self._lock = threading.Lock()
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
        adapter = HTTPAdapter(max_retries=retry, pool_connections=4, pool_maxsize=limits.connections, pool_block=True)
        self.session = requests.Session()
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
        return datetime.now(UTC).replace(microsecond=0)

    def get(
        self, address: str, check: Check | None = None, etag: str | None = None, last_modified: str | None = None
    ) -> Answer:
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
        conditions = {}
        if etag:
            conditions["If-None-Match"] = etag
        if last_modified:
            conditions["If-Modified-Since"] = last_modified
        for attempt in range(1, BODY_TRIES + 1):
            try:
                answer = self._once(address, conditions)
                if answer.status == 200 and check is not None:
                    check(answer.body)
                return answer
            except (FinalError, HttpError) as error:
                raise error if isinstance(error, HttpError) else self._named(error, address, attempt) from error
            except SourceError as error:
                if attempt == BODY_TRIES or isinstance(error, _NetworkError):
                    raise self._named(error, address, attempt) from error
                time.sleep(self.pause * (1 + random.random() / 2))
        raise AssertionError("unreachable")

    def send(self, address: str, body: bytes, content_type: str = "application/json") -> int:
        """Posts a body and returns the status (200 to 299); no redirect is followed, so that nothing goes elsewhere.

        Nothing is posted twice. Raises HttpError and SourceError that name the host
        alone: the address of a webhook is a secret.
        """
        self._count()
        host = urlsplit(address).netloc.rpartition("@")[2] or "the address"
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
                error = HttpError(f"{host}: status {response.status_code}, body {first_bytes(response.content)}.")
                error.status, error.body = response.status_code, response.content
        except requests.exceptions.InvalidURL as bad:
            raise SourceError(f"{host}: no address that can be asked.") from bad
        except requests.RequestException as failed:
            raise SourceError(str(_network_error(failed, self.timeout, self.tries)).replace(address, host)) from failed
        raise error

    def _once(self, address: str, conditions: dict[str, str]) -> Answer:
        self._count()
        tries = 1
        try:
            with self.session.get(
                address, headers=conditions, timeout=(min(CONNECT_SECONDS, self.timeout), self.timeout), stream=True
            ) as response:
                body = self._body(response, address)
                headers = {k: response.headers[k] for k in HEADERS_KEPT if k in response.headers}
                answer = Answer(address, response.status_code, body, headers)
                if response.raw.retries is not None:
                    tries += len(response.raw.retries.history)
        except requests.RequestException as error:
            raise _network_error(error, self.timeout, self.tries) from error
        if answer.status == 200 or (answer.status == 304 and conditions):
            return answer
        raise _status_error(answer, tries)

    def _body(self, response: requests.Response, address: str) -> bytes:
        """The body, read within a deadline: a server that sends a byte now and then does not hold us for ever."""
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
                if size > LARGEST_BODY:
                    raise SourceError(f"status {response.status_code}, more than {LARGEST_BODY} bytes: not a table.")
        except (requests.RequestException, HTTPError) as error:
            raise SourceError(
                f"status {response.status_code}, the answer broke off"
                + (f" (beginning {first_bytes(b''.join(parts))})" if parts else "")
                + f": {_short(error)}"
            ) from error
        finally:
            received = response.raw.tell() if response.raw is not None else size
            with self._lock:
                self.tally.bytes += max(received, 0)
        return b"".join(parts)

    def _count(self) -> None:
        with self._lock:
            self.tally.requests += 1

    def _named(self, error: SourceError, address: str, attempt: int) -> SourceError:
        if address in str(error):
            return error
        return error.within(f"{address}: asked {attempt} times" if attempt > 1 else address)


class _NetworkError(SourceError):
    """No answer at all; its tries are used up already."""


def user_agent() -> str:
    """Who we say we are, and whom to write to where that is set. Raises SourceError for a setting no header can bear."""
    try:
        number = version("payung")
    except PackageNotFoundError:  # run from the sources, not installed
        number = "0"
    contact = " ".join(os.environ.get(CONTACT, "").split())
    if not contact.isascii():
        raise SourceError(f"{CONTACT}: found {contact!r}, expected an e-mail or web address in plain ASCII.")
    return f"payung/{number} (indicator warehouse for social protection in ASEAN{f'; {contact}' if contact else ''})"


def _pause() -> float:
    given = os.environ.get(PAUSE)
    if not given:
        return 1.0
    try:
        return max(0.0, float(given))
    except ValueError as error:
        raise SourceError(f"{PAUSE}: found {given!r}, expected a number of seconds such as 1.") from error


def _status_error(answer: Answer, tries: int) -> HttpError:
    asked = f", asked {tries} times" if tries > 1 else ""
    advice = "Ask again later; if it stays so, look whether the provider moved the address."
    later = answer.headers.get("retry-after")
    if later:
        advice = f"The provider asks to come back after {later} (Retry-After). Refresh again then."
    elif answer.status in (401, 403, 429):
        advice = "The provider refuses: too many questions, or a proxy in between. Refresh again later."
    elif answer.status == 407:
        advice = "A proxy wants a log-in: set HTTPS_PROXY with user and password."
    error = HttpError(
        f"{answer.address}: status {answer.status}{asked}, body beginning {first_bytes(answer.body)}. {advice}"
    )
    error.status, error.body = answer.status, answer.body
    return error


def _network_error(error: requests.RequestException, timeout: float, tries: int) -> SourceError:
    """What an error below HTTP means, and what to do."""
    text = str(error)
    host = urlsplit(error.request.url).netloc if error.request is not None and error.request.url else "the host"
    if isinstance(error, requests.exceptions.SSLError):
        said, advice = (
            f"the certificate of {host} was not accepted ({_short(error)})",
            "Check the clock of this machine; behind a company proxy set REQUESTS_CA_BUNDLE to the proxy's "
            "certificate. Verification is never turned off.",
        )
    elif isinstance(error, requests.exceptions.ProxyError):
        said, advice = f"the proxy failed ({_short(error)})", "Check HTTPS_PROXY and NO_PROXY."
    elif "NameResolution" in text or "getaddrinfo" in text or "Name or service not known" in text:
        said, advice = f"the name {host} cannot be resolved", "Check the network, or the address in the environment."
    elif isinstance(error, requests.exceptions.Timeout) or "timed out" in text:
        said, advice = f"no answer from {host} within {timeout:g} seconds", "Refresh again later."
    elif isinstance(error, requests.exceptions.TooManyRedirects):
        said, advice = "it redirects in a circle", "Look whether the provider moved the address."
    elif isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.MissingSchema):
        return _NetworkError(f"no address that can be asked: {_short(error)} Check the PAYUNG_..._URL variables.")
    else:
        said, advice = f"no connection to {host} ({_short(error)})", "Refresh again later."
    return _NetworkError(f"{said}, asked {tries} times. {advice}")


def _short(error: Exception) -> str:
    inner = error.args[0] if error.args else None
    while isinstance(inner, Exception) and (getattr(inner, "reason", None) or inner.args):
        error, inner = inner, getattr(inner, "reason", None) or inner.args[-1]
    text = str(error)
    text = text.split("object at ", 1)[-1].split(">: ", 1)[-1] if "object at " in text else text
    return text[:200]

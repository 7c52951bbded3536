"""Posts a message to the configured webhook, with the HTTP client for providers.

Belongs here: the only POST of the project. Does not belong here: the content and the events of messages (pipelines).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from sources.http import Client
from sources.parsing import SourceError
from sources.provider_spec import Limits

LIMITS = Limits(
    connections=1, timeout_seconds=10, tries=1, note="A message must not delay a run: short time-out, one attempt."
)


def post(address: str, message: Mapping[str, Any]) -> None:
    """Posts a message as JSON. Raises SourceError with the host's name if it fails (also a status other than 2xx)."""
    try:
        parts = urlsplit(address)
    except ValueError:  # refused below like any other invalid address
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.netloc:
        # The address is not shown, because anyone who has it can post to it.
        raise SourceError("PAYUNG_WEBHOOK_URL: invalid address, expected one such as https://host/path.")
    with Client(LIMITS) as client:
        client.send(address, json.dumps(message, ensure_ascii=False).encode())

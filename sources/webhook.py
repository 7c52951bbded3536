"""Sends a message to a webhook that somebody configured, with the client that asks the providers.

Belongs here: the one POST of the project. Does not belong here: what is told, and to whom (pipelines).
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
    connections=1, timeout_seconds=10, tries=1, note="A message must not hold up a run: a short wait and one try."
)


def post(address: str, message: Mapping[str, Any]) -> None:
    """Posts a message as JSON. Raises SourceError naming the host when it was not taken (status other than 2xx)."""
    try:
        parts = urlsplit(address)
    except ValueError:  # no address at all: refused below like any other that is none
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.netloc:
        # The address itself is not shown: who knows it can post.
        raise SourceError("PAYUNG_WEBHOOK_URL: expected an address such as https://host/path.")
    with Client(LIMITS) as client:
        client.send(address, json.dumps(message, ensure_ascii=False).encode())

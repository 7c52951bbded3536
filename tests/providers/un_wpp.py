"""Answers of the site of the World Population Prospects: bulk files with an ETag (providers.md)."""

from __future__ import annotations

import csv
import gzip
import hashlib
from functools import cache

from providers.published_rows import all_files
from providers.service import HTML, ProviderService, Reply, Request
from sources.registry import provider


@cache
def published() -> dict[str, bytes]:
    """Path → served file: the places of the archive, and one that is never requested."""
    found = {}
    for dataset in provider("un_wpp").datasets:
        (_, body), *_ = all_files("un_wpp", dataset.dataset)
        header, first, *rest = body.decode().splitlines()
        names, cells = next(csv.reader([header])), next(csv.reader([first]))
        cells[names.index("ISO3_code")] = "FRA"
        whole = "\n".join([header, ",".join(f'"{c}"' if "," in c else c for c in cells), first, *rest, ""]).encode()
        found[dataset.address] = gzip.compress(whole, mtime=0) if dataset.address.endswith(".gz") else whole
    return found


class Service(ProviderService):
    publishes_releases = False

    def __init__(self) -> None:
        super().__init__()
        self.etag = True

    def answer(self, endpoint: str, request: Request) -> Reply:
        body = published().get(request.raw_path)
        if body is None:
            return Reply(HTML, 404)
        if not self.etag:
            return Reply(body)
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if request.headers.get("If-None-Match") == etag:
            return Reply(b"", 304, {"ETag": etag})
        return Reply(body, headers={"ETag": etag, "Last-Modified": "Thu, 11 Jul 2024 00:00:00 GMT"})

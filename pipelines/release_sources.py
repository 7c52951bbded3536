"""The sources that a release names in its manifest: provider, dataset, vintage_date and snapshot of each.

Belongs here: reading that list. Does not belong here: whether a vintage is late (sources/freshness.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def path_of(source: dict[str, Any]) -> str:
    """The dataset of a source as provider/dataset."""
    return f"{source['provider']}/{source['dataset']}"


def newest_vintages(sources: Iterable[dict[str, Any]]) -> dict[str, str]:
    """The newest vintage date (as 2023-12-17) of each dataset, by provider/dataset."""
    newest: dict[str, str] = {}
    for source in sources:
        path = path_of(source)
        newest[path] = max(newest.get(path, ""), source["vintage_date"])
    return newest

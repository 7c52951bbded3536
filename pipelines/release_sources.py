"""Reads the sources in the manifest of a release: provider, dataset, vintage_date and snapshot of each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def path_of(source: dict[str, Any]) -> str:
    """The dataset of a source as provider/dataset."""
    return f"{source['provider']}/{source['dataset']}"


def newest_vintages(sources: Iterable[dict[str, Any]]) -> dict[str, str]:
    """The newest vintage date of each dataset (for example 2023-12-17), by provider/dataset."""
    newest: dict[str, str] = {}
    for source in sources:
        path = path_of(source)
        newest[path] = max(newest.get(path, ""), source["vintage_date"])
    return newest

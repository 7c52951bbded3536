"""The text of `payung revisions` if it finds no revision."""

from __future__ import annotations

from pathlib import Path

from pipelines.revision_query import RevisionRequest, vintages_with_revisions


def no_revision_text(release: Path, request: RevisionRequest) -> str:
    """Two sentences: what was requested, and which revisions the release has."""
    number, first, last = vintages_with_revisions(release)
    text = f"Found no revision {_request_text(request)}".rstrip() + f" (classes: {', '.join(request.classes)})."
    if not number:
        return f"{text} The release has only one vintage of each series, so there are no revisions."
    return f"{text} The release has {number:,} revisions, in vintages from {first} to {last}."


def _request_text(request: RevisionRequest) -> str:
    parts = [f"of {request.indicator}" if request.indicator else "", f"for {request.area}" if request.area else ""]
    parts.append(f"in vintages since {request.since}" if request.since else "")
    return " ".join(p for p in parts if p)

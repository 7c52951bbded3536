"""What `payung revisions` shows where it finds none; a frame of revisions is shown as any other."""

from __future__ import annotations

from pathlib import Path

from pipelines.revision_query import RevisionRequest, vintages_with_revisions


def nothing_found(release: Path, request: RevisionRequest) -> str:
    """One or two sentences for an empty answer: what there is instead."""
    number, first, last = vintages_with_revisions(release)
    text = f"No revision {_request_words(request)}".rstrip() + f" ({', '.join(request.classes)})."
    if not number:
        return f"{text} The release holds one vintage of each series only, so there is nothing to compare."
    return f"{text} The release holds {number:,} revisions, in vintages from {first} to {last}."


def _request_words(request: RevisionRequest) -> str:
    parts = [f"of {request.indicator}" if request.indicator else "", f"for {request.area}" if request.area else ""]
    parts.append(f"in vintages since {request.since}" if request.since else "")
    return " ".join(p for p in parts if p)

"""What `payung edition` shows: editions, their problems and their drift as text.

Does not belong here: freezing, verifying, comparing (warehouse/edition/).
"""

from __future__ import annotations

import pandas as pd

from pipelines.cli.output.numbers import six_digits
from pipelines.cli.output.printing import cut
from pipelines.edition_list import ListedEdition
from warehouse.edition.drift import KINDS, Difference, Drift, FigureState
from warehouse.edition.edition_store import Edition, Problem, in_groups

SHOWN_PROBLEMS = 20
HEADS = {
    "disappeared": "Disappeared",
    "changed": "Changed",
    "re_dated": "Same value, other year",
    "comparability": "Comparability",
    "class": "Class",
    "new": "New",
    "status": "Status and unit",
    "footnote": "Footnotes",
    "members": "Members",
}


def list_table(editions: list[ListedEdition]) -> pd.DataFrame:
    """The list as a table: edition, signed (UTC), by, release, note, checksum (first digits), files."""
    rows = [
        (
            e.edition,
            (e.signed_at or "")[:10],
            e.signed_by,
            e.release,
            e.note,
            (e.checksum or "")[:8],
            e.problem or "whole",
        )
        for e in editions
    ]
    return pd.DataFrame(rows, columns=["edition", "signed", "by", "release", "note", "checksum", "files"])


def frozen_text(edition: Edition) -> str:
    """The text after freezing; the checksum on a line of its own."""
    m = edition.manifest
    tables = m["tables"]
    return "\n".join(
        [
            f"Frozen: edition {edition.name} of {m['title']}",
            f"  from release {m['release']}, {tables['baseline.value']['rows']:,} cells of the baseline, "
            f"{len(tables)} tables as CSV and Parquet",
            f"  signed by {edition.signature}, {m['signed_at']} (UTC)",
            f"  in {edition.folder} (read-only)",
            "Checksum over the whole, for the minutes:",
            f"  {in_groups(edition.checksum)}",
        ]
    )


def verified_text(edition: Edition, problems: list[Problem], with_checksum: bool) -> str:
    """The outcome of verifying: whole, or every file that is not as it was signed."""
    if problems:
        lines = [f"  {p.file}: {p.what}" for p in problems[:SHOWN_PROBLEMS]]
        if len(problems) > SHOWN_PROBLEMS:
            lines.append(f"  and {len(problems) - SHOWN_PROBLEMS} more (all with --json)")
        return "\n".join([f"Edition {edition.name} is not as it was signed: {len(problems)} problem(s).", *lines])
    m = edition.manifest
    compared = (
        "The checksum is the one given."
        if with_checksum
        else 'Compare the checksum with the minutes: payung edition verify NAME --checksum "..."'
    )
    return "\n".join(
        [
            f"Edition {edition.name} is whole: {len(m['files'])} files are as {edition.signature} signed them on "
            f"{m['signed_at'][:10]}.",
            f"Checksum: {in_groups(edition.checksum)}",
            compared,
        ]
    )


def drift_text(found: Drift, samples: int) -> str:
    """Drift as text: how much of each kind, the causes, and up to `samples` figures of each kind, headline first."""
    m = found.edition.manifest
    lines = [
        f"Edition {found.edition.name} (release {m['release']}, signed by {found.edition.signature} on "
        f"{m['signed_at'][:10]}) against release {found.release}",
    ]
    if found.sources:
        lines.append("Vintages that are not those of the edition:")
        lines += [
            f"  {s.dataset}: {', '.join(s.before) or 'none'} -> {', '.join(s.after) or 'none'}" for s in found.sources
        ]
    else:
        lines.append("The sources are the same snapshots.")
    if not found:
        return "\n".join([*lines, "No drift: every figure, label and definition is the one that was signed."])
    kinds = ", ".join(f"{n:,} {HEADS[k].lower()}" for k, n in found.by_kind().items()) or "none"
    lines.append(f"Drift: {len(found.figures):,} figures and labels of the baseline ({kinds}).")
    if found.companions:
        lines.append(
            f"Beside them {len(found.companions):,} companions moved (contributions, weight covered, members, footnotes)."
        )
    if found.figures:
        lines.append("Causes (a figure may have several):")
        lines += [f"  {n:>6,}  {cause}" for cause, n in found.by_cause().items()]
    shown = found.figures or found.companions
    for kind in KINDS:
        lines += _kind(kind, [d for d in shown if d.kind == kind], samples)
    if found.definitions:
        lines.append(f"Definitions ({len(found.definitions):,})")
        lines += [f"  {cut(str(c), 240)}" for c in found.definitions[:samples]]
        lines += _rest(len(found.definitions) - samples)
    return "\n".join(lines)


def _kind(kind: str, differences: list[Difference], samples: int) -> list[str]:
    if not differences:
        return []
    ordered = sorted(differences, key=lambda d: (not d.is_headline, not d.is_core))
    lines = [f"{HEADS[kind]} ({len(differences):,})"]
    for d in ordered[:samples]:
        breakdown = f" ({d.breakdown})" if d.breakdown and not d.is_headline else ""
        lines.append(f"  {d.indicator} {d.ref_area} {d.item}{breakdown}: {_side(d.before)} -> {_side(d.after)}")
        lines += [f"      {cut(str(cause), 200)}" for cause in d.why]
    return lines + _rest(len(differences) - samples)


def _rest(more: int) -> list[str]:
    return [f"  and {more:,} more (all with --json)"] if more > 0 else []


def _side(side: FigureState) -> str:
    text = side.text if side.value is None else six_digits(side.value)
    if text is None:
        return "nothing"
    return f"{text} ({side.year})" if side.year is not None else text

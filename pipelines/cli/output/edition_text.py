"""The output of `payung edition`: editions, their problems and their drift as text.

warehouse/edition/ freezes, verifies and compares editions.
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
    "disappeared": "No longer available",
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
            e.problem or "unaltered",
        )
        for e in editions
    ]
    return pd.DataFrame(rows, columns=["edition", "signed", "by", "release", "note", "checksum", "files"])


def frozen_text(edition: Edition) -> str:
    """The text after freezing; the checksum is on a separate line."""
    m = edition.manifest
    tables = m["tables"]
    return "\n".join(
        [
            f"Frozen: edition {edition.name} of {m['title']}",
            f"  from release {m['release']}, {tables['baseline.value']['rows']:,} cells of the baseline, "
            f"{len(tables)} tables as CSV and Parquet",
            f"  signed by {edition.signature}, {m['signed_at']} (UTC)",
            f"  in {edition.folder} (read-only)",
            "Checksum of the edition, for the minutes:",
            f"  {in_groups(edition.checksum)}",
        ]
    )


def verified_text(edition: Edition, problems: list[Problem], with_checksum: bool) -> str:
    """The result of verifying: unaltered, or the files that differ from what was signed."""
    if problems:
        lines = [f"  {p.file}: {p.what}" for p in problems[:SHOWN_PROBLEMS]]
        if len(problems) > SHOWN_PROBLEMS:
            lines += _rest(len(problems) - SHOWN_PROBLEMS)
        lines.append("Restore the edition from a backup copy; no command can repair it.")
        return "\n".join([f"Edition {edition.name} differs from what was signed: {len(problems)} problem(s).", *lines])
    m = edition.manifest
    compared = (
        "It is equal to the given checksum."
        if with_checksum
        else f'To compare it with the minutes: payung edition verify {edition.name} --checksum "..."'
    )
    return "\n".join(
        [
            f"Edition {edition.name} is unaltered: {len(m['files'])} files are as signed by {edition.signature} on "
            f"{m['signed_at'][:10]}.",
            f"Checksum: {in_groups(edition.checksum)}",
            compared,
        ]
    )


def drift_text(found: Drift, samples: int) -> str:
    """The drift as text: the number of each kind, the causes, and up to `samples` figures of each kind."""
    m = found.edition.manifest
    lines = [
        f"Edition {found.edition.name} (release {m['release']}, signed by {found.edition.signature} on "
        f"{m['signed_at'][:10]}) compared with release {found.release}",
    ]
    if found.sources:
        lines.append("Sources with other vintages (edition -> release):")
        lines += [
            f"  {s.dataset}: {', '.join(s.before) or 'none'} -> {', '.join(s.after) or 'none'}" for s in found.sources
        ]
    else:
        lines.append("The source snapshots are the same.")
    if not found:
        return "\n".join([*lines, "No drift: all figures, labels and definitions are as signed."])
    kinds = ", ".join(f"{n:,} {HEADS[k].lower()}" for k, n in found.by_kind().items()) or "none"
    lines.append(f"Drift: {len(found.figures):,} figures and labels of the baseline differ ({kinds}).")
    if found.companions:
        lines.append(
            f"Related quantities: {len(found.companions):,} differ (contributions, weight covered, members, footnotes)."
        )
    if found.figures:
        lines.append("Causes (a figure may have several):")
        lines += [f"  {n:>6,}  {cause}" for cause, n in found.by_cause().items()]
    listed = found.figures or found.companions
    for kind in KINDS:
        lines += _kind(kind, [d for d in listed if d.kind == kind], samples)
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
    return [f"  ... and {more:,} more (all with --json)"] if more > 0 else []


def _side(side: FigureState) -> str:
    text = side.text if side.value is None else six_digits(side.value)
    if text is None:
        return "nothing"
    return f"{text} ({side.year})" if side.year is not None else text

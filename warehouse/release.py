"""One release: audited, written whole beside the others, and made the current one at once.

Belongs here: the audit before publishing, the folder of a release with its manifest, the swap.
Does not belong here: making the tables (engine.py, sql/), the file they are loaded into (database.py), finding
releases again (releases.py).
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from indicator_defs.errors import PayungError
from warehouse import checks, history
from warehouse.database import Writing
from warehouse.disk import discard, replace_folder, sha256, sync
from warehouse.engine import Build, read_files, write_frame
from warehouse.home_format import FORMAT
from warehouse.metadata import SCHEMAS, Table, table, tables
from warehouse.releases import DATABASE, MANIFEST, ReleaseError, Releases, make_current, refuse_folder

if TYPE_CHECKING:
    import pandas as pd

# What the audit found, the last table of a build.
RESULTS = "quality.check_result"


class AuditError(PayungError):
    """A check that blocks failed; nothing was published."""


@dataclass(frozen=True)
class Provenance:
    """What a release is made from, as its manifest tells it.

    `inputs`: fingerprints by name (what "nothing new" compares); `sources`: one entry per snapshot.
    """

    inputs: dict[str, str]
    sources: Sequence[dict[str, Any]]
    code_version: str


def audit(build: Build, in_the_past: bool = False) -> list[checks.Result]:
    """Runs every check on the build and writes quality.check_result; what blocks is told by `blocking`.

    `in_the_past`: the build is one as of a date, in which some checks only inform.
    """
    wanted = [c.in_the_past() for c in checks.checks()] if in_the_past else None
    results = checks.run(build, wanted)
    write_frame(build, table(RESULTS), checks.result_frame(results))
    return results


def blocking(build: Build) -> list[str]:
    """The checks of an audited build that block it, each as one line with its first problems."""
    failed = _results(build)
    failed = failed[(failed["severity"] == "blocks") & ~failed["passed"]]
    return [
        f"{r['check_name']}: {r['description']}. {r['n_problems']} problem(s): {r['sample']}"
        for r in failed.to_dict("records")
    ]


def _results(build: Build) -> pd.DataFrame:
    if not build.has(RESULTS):
        raise ReleaseError("The build was not audited; run the whole refresh: payung refresh --force")
    return read_files([build.path(RESULTS)])


@dataclass(frozen=True)
class Draft:
    """A release that is being written into a hidden folder: its file is begun, and nobody sees it."""

    build: Build
    folder: Path
    published: list[Table]
    writing: Writing


@contextlib.contextmanager
def drafted(build: Build, staged: Sequence[Table], folder: Path) -> Iterator[Draft]:
    """Begins a release in `folder`, under a hidden name; what the body does not publish goes at its end.

    `staged`: descriptions of the staged tables. The body audits the build while the file is being written. Raises
    ReleaseError when the build lacks a table, or the disk is full or not writable.
    """
    published = _published_tables(build, staged)
    try:
        with _told(folder):
            folder.mkdir(parents=True)
            writing = Writing(build, [t for t in published if t.full_name != RESULTS], folder / DATABASE)
        try:
            yield Draft(build, folder, published, writing)
        finally:
            writing.close()
    finally:
        discard(folder)  # gone already where the release stands


def draft_folder(releases: Releases, to: Path | None = None) -> Path:
    """Where a release is drafted: on the disk on which it will stand; `to`: the folder of a build as of a date."""
    if to is None:
        return releases.folder / f".draft.{os.getpid()}"
    return to.resolve().with_name(f".{to.resolve().name}.{os.getpid()}")


def publish(draft: Draft, releases: Releases, provenance: Provenance, accepted: Sequence[dict[str, Any]] = ()) -> Path:
    """Makes the draft of an audited build the current release in one step; returns its folder.

    `accepted`: who accepted what and why (at, by, reason, exceeded), where tolerances are exceeded. The folder is
    completed under its hidden name and renamed whole; whoever has an older release open keeps it. Raises ReleaseError
    when the disk is full or not writable, leaving nothing behind.
    """
    release_id = releases.next_id(datetime.now(UTC).date())
    final = releases.folder / release_id
    with _told(draft.folder):
        _complete(draft, {"release": release_id}, provenance, accepted)
        before = releases.current()
        draft.folder.rename(final)
        try:
            make_current(releases, final)
        except OSError:
            final.rename(draft.folder)  # what could not become current goes with what was written
            raise
    try:
        _record(releases, final, before, accepted)
    except OSError as error:  # readers have the release by now, so it is no error of publishing
        warnings.warn(
            f"{releases.folder / history.FILE} cannot be written: {error}. Release {final.name} is published all the "
            "same, and the history lacks it; its manifest says who accepted it. Make the file writable.",
            stacklevel=2,
        )
    return final


def _record(releases: Releases, final: Path, before: Path | None, accepted: Sequence[dict[str, Any]]) -> None:
    """Tells the history of a release that is current by now; who accepted it comes first."""
    done = [history.Event(a["at"], "accepted", final.name, by=a["by"], reason=a["reason"]) for a in accepted]
    published = history.Event(
        history.now(),
        "published",
        final.name,
        before=before.name if before else None,
        manifest_sha256=sha256(final / MANIFEST),
    )
    for event in (*done, published):
        history.record(releases.folder, event)


def publish_aside(draft: Draft, releases: Releases, provenance: Provenance, as_of: date, to: Path) -> Path:
    """Puts the draft of an audited build as of a date into the folder `to`, beside all releases; returns that folder.

    The same files as a release, named `as-of-DATE`; `current` and the releases stay as they are. An older build as of
    a date in `to` is replaced at once. Raises ReleaseError as `publish` and `refuse_folder` do.
    """
    refuse_folder(releases, to)
    to = to.resolve()
    with _told(draft.folder):
        _complete(draft, {"release": f"as-of-{as_of.isoformat()}", "as_of": as_of.isoformat()}, provenance)
        replace_folder(to, draft.folder)
    return to


@contextlib.contextmanager
def _told(folder: Path) -> Iterator[None]:
    """What cannot be written below `folder`, as our own error."""
    try:
        yield
    except (OSError, duckdb.IOException, duckdb.TransactionException) as error:
        raise ReleaseError(
            f"The release could not be written to {folder.parent}: {error}. Free some space or make the folder "
            "writable, then refresh again; the last release is still in place."
        ) from error


def _complete(
    draft: Draft, name: dict[str, str], provenance: Provenance, accepted: Sequence[dict[str, Any]] = ()
) -> None:
    """Finishes the file of a draft and writes the tables as Parquet and the manifest beside it.

    `name`: the first fields of the manifest, `release` among them.
    """
    build, folder = draft.build, draft.folder
    results = _results(build)
    counts = draft.writing.finish([table(RESULTS)], name["release"])
    for description in draft.published:
        to = folder / "parquet" / description.schema / f"{description.name}.parquet"
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(build.path(description.full_name), to)
    manifest = {
        "format": FORMAT,
        **name,
        "code_version": provenance.code_version,
        "inputs": dict(sorted(provenance.inputs.items())),
        "sources": list(provenance.sources),
        "accepted": list(accepted),
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "tables": {t.full_name: counts[t.full_name] for t in draft.published},
        "audit": {
            "passed": int(results["passed"].sum()),
            "found": results[~results["passed"]][["check_name", "severity", "n_problems"]].to_dict("records"),
        },
        "files": _files(folder),
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for path in folder.rglob("*"):
        if path.is_file():
            sync(path)


def _published_tables(build: Build, staged: Sequence[Table]) -> list[Table]:
    made = {*build.names(), RESULTS}  # the audit may come yet
    wanted = [t for t in tables().values() if not t.is_work] + list(staged)
    missing = [t.full_name for t in wanted if t.full_name not in made]
    if missing:
        raise ReleaseError(f"The build lacks {', '.join(missing)}; run the whole refresh: payung refresh --force")
    return sorted(wanted, key=lambda t: (SCHEMAS.index(t.schema), t.name))


def _files(folder: Path) -> dict[str, dict[str, Any]]:
    return {
        p.relative_to(folder).as_posix(): {"sha256": sha256(p), "bytes": p.stat().st_size}
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }

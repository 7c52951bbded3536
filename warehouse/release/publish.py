"""Publishing one release: audited, written completely next to the others, then made current in one step.

Belongs here: the audit before publishing, the folder of a release with its manifest, the swap.
Does not belong here: making the tables (build/, sql/), writing the database file (database.py), finding releases
(release_folders.py).
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from indicator_defs.errors import PayungError
from indicator_defs.system import clock, files
from warehouse.build import audit_checks
from warehouse.build.engine import Build, read_files, write_frame
from warehouse.disk import discard, refuse_writing, replace_folder, sha256, sync
from warehouse.metadata import SCHEMAS, TableDescription, table, tables
from warehouse.release import history
from warehouse.release.database import write_database
from warehouse.release.home_format import FORMAT
from warehouse.release.release_folders import DATABASE, MANIFEST, ReleaseError, Releases, make_current, refuse_folder

if TYPE_CHECKING:
    import pandas as pd

# The only warning that is listed together with the checks that block.
REJECTED = "rows_rejected"


class AuditError(PayungError):
    """A check that blocks failed; nothing was published."""


@dataclass(frozen=True)
class Provenance:
    """What a release is made from, as recorded in its manifest.

    `inputs`: fingerprints by name, compared to find out whether anything is new; `sources`: one entry per snapshot.
    """

    inputs: dict[str, str]
    sources: Sequence[dict[str, Any]]
    code_version: str


@dataclass(frozen=True)
class ReferenceYears:
    """Two reference years of a build as of a date: the one that it uses, and the one of the set."""

    used: int
    of_set: int

    @property
    def note(self) -> str:
        """Both years in one sentence."""
        if self.used == self.of_set:
            return f"Reference year {self.used}, as in the set."
        return f"Reference year {self.used}, the year of that day, instead of {self.of_set} as in the set."


def audit(build: Build, is_past_date: bool = False) -> list[audit_checks.CheckResult]:
    """Runs every check on the build and writes quality.check_result; `blocking` lists the failed checks that block.

    `is_past_date`: the build is one as of a date, for which some checks only inform.
    """
    checks_to_run = [c.for_past_date() for c in audit_checks.checks()] if is_past_date else None
    results = audit_checks.run_checks(build, checks_to_run)
    write_frame(build, table("quality.check_result"), audit_checks.result_frame(results))
    return results


def blocking(build: Build) -> list[str]:
    """The checks that block an audited build, one line each with the first problems; empty where nothing blocks.

    The check on rejected rows is listed too, because rejected rows are often the cause.
    """
    failed = _results(build)
    failed = failed[~failed["passed"]]
    blocks = failed["severity"] == "blocks"
    if not blocks.any():
        return []
    return [
        f"{r['check_name']}: {r['finding']}. {r['n_problems']} problem(s): {r['sample']}"
        for r in failed[blocks | (failed["check_name"] == REJECTED)].to_dict("records")
    ]


def _results(build: Build) -> pd.DataFrame:
    if not build.has("quality.check_result"):
        raise ReleaseError("The build was not audited; run the whole refresh: payung refresh --force")
    return read_files([build.path("quality.check_result")])


def publish(
    build: Build,
    releases: Releases,
    staged: Sequence[TableDescription],
    provenance: Provenance,
    accepted: Sequence[dict[str, Any]] = (),
) -> Path:
    """Loads an audited build into a new release and makes it current in one step; returns its folder.

    `staged`: descriptions of the staged tables; `accepted`: who accepted exceeded tolerances and why (at, by, reason,
    exceeded). The release is written under a hidden name and then renamed, so a process that has an older release open
    can still read it. Raises ReleaseError when the disk is full or not writable, and then leaves no files.
    """
    release_id = releases.next_id(clock.today())
    aside = releases.folder / f".{release_id}.{os.getpid()}"
    final = releases.folder / release_id
    with _written(build, staged, aside, {"release": release_id}, provenance, accepted):
        before = releases.current()
        aside.rename(final)
        sync(releases.folder)
        try:
            make_current(releases, final)
        except OSError:
            final.rename(aside)  # removed with the other files that were written
            raise
    try:
        _record(releases, final, before, accepted)
    except OSError as error:  # readers already have the release, so publishing has not failed
        warnings.warn(
            f"{releases.folder / history.FILE} cannot be written: {error}. Release {final.name} is published, but it is "
            "missing in the history; its manifest records who accepted it. Make the file writable.",
            stacklevel=2,
        )
    return final


def _record(releases: Releases, final: Path, before: Path | None, accepted: Sequence[dict[str, Any]]) -> None:
    """Records a release that is now current in the history: first its acceptances, then its publication."""
    acceptances = [history.Event(a["at"], "accepted", final.name, by=a["by"], reason=a["reason"]) for a in accepted]
    published = history.Event(
        history.now(),
        "published",
        final.name,
        before=before.name if before else None,
        manifest_sha256=sha256(final / MANIFEST),
    )
    for event in (*acceptances, published):
        history.record(releases.folder, event)


def publish_aside(
    build: Build,
    releases: Releases,
    staged: Sequence[TableDescription],
    provenance: Provenance,
    as_of: date,
    to: Path,
    years: ReferenceYears,
) -> Path:
    """Loads an audited build as of a date into the folder `to`, which is outside the releases; returns that folder.

    It contains the same files as a release and is named `as-of-DATE`; `current` and the releases do not change. An
    older build as of a date in `to` is replaced in one step. Raises ReleaseError as `publish` and `refuse_folder` do.
    """
    refuse_folder(releases, to)
    to = to.resolve()
    aside = to.with_name(f".{to.name}.{os.getpid()}")
    first_fields = {
        "release": f"as-of-{as_of.isoformat()}",
        "as_of": as_of.isoformat(),
        "reference_year": years.used,
        "notes": [years.note],
    }
    with _written(build, staged, aside, first_fields, provenance):
        replace_folder(to, aside)
    return to


@contextlib.contextmanager
def _written(
    build: Build,
    staged: Sequence[TableDescription],
    aside: Path,
    name: dict[str, Any],
    provenance: Provenance,
    accepted: Sequence[dict[str, Any]] = (),
) -> Iterator[None]:
    """Writes tables, database and manifest, read-only, into `aside`; what the body does not move away is removed.

    `name`: the first fields of the manifest, `release` among them.
    """
    results = _results(build)
    try:
        aside.mkdir(parents=True)
        published = _published_tables(build, staged)
        counts = write_database(build, published, aside / DATABASE, name["release"])
        for description in published:
            to = aside / "parquet" / description.schema / f"{description.name}.parquet"
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(build.path(description.full_name), to)
        manifest = {
            "format": FORMAT,
            **name,
            "code_version": provenance.code_version,
            "inputs": dict(sorted(provenance.inputs.items())),
            "sources": list(provenance.sources),
            "accepted": list(accepted),
            "made_at": clock.stamp(),
            "tables": counts,
            "audit": {
                "passed": int(results["passed"].sum()),
                "found": results[~results["passed"]][["check_name", "severity", "n_problems"]].to_dict("records"),
            },
            "files": _files(aside),
        }
        (aside / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        for path in aside.rglob("*"):
            if path.is_file():
                sync(path)
                refuse_writing(path)
        yield
    except (OSError, duckdb.IOException, duckdb.TransactionException) as error:
        raise ReleaseError(
            f"The release could not be written to {aside.parent}: {error}. {files.WRITE_REMEDY} "
            "Then refresh again. The published releases are unchanged."
        ) from error
    finally:
        discard(aside)  # no longer exists if it was moved into place


def _published_tables(build: Build, staged: Sequence[TableDescription]) -> list[TableDescription]:
    made = set(build.names())
    expected = [t for t in tables().values() if not t.is_work] + list(staged)
    missing = [t.full_name for t in expected if t.full_name not in made]
    if missing:
        raise ReleaseError(f"The build has no {', '.join(missing)}; run the whole refresh: payung refresh --force")
    return sorted(expected, key=lambda t: (SCHEMAS.index(t.schema), t.name))


def _files(folder: Path) -> dict[str, dict[str, Any]]:
    return {
        p.relative_to(folder).as_posix(): {"sha256": sha256(p), "bytes": p.stat().st_size}
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }

"""One release: audited, loaded into one DuckDB file beside its Parquet tables, and swapped in at once.

Belongs here: the audit before publishing, the published file with its comments and views, the manifest, the swap
of `current`, and finding releases again.
Does not belong here: making the tables (engine.py, sql/), queries by users (query.py).
"""

from __future__ import annotations

import contextlib
import difflib
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
from warehouse.disk import discard, replace_folder, sha256, sync
from warehouse.engine import Build, open_engine, preview, read_files, write_frame
from warehouse.home_format import FORMAT, refuse
from warehouse.macros import create_macros
from warehouse.metadata import SCHEMAS, Table, staged_observation, staged_table, table, tables, view_column_comment

if TYPE_CHECKING:
    import pandas as pd

# Files of this version open in DuckDB 1.3 and newer; it packs texts better and in less time than the ones before.
STORAGE_VERSION = "v1.3.0"
# Small groups are written by several cores at once, and a query for one indicator reads little beside it.
ROW_GROUP_SIZE = 20480
DATABASE = "warehouse.duckdb"
MANIFEST = "manifest.json"
CURRENT = "current"
# Folders of the home that Payung keeps for itself.
OWN_FOLDERS = ("snapshots", "build", "dagster", "log", "inbox", "editions")
VIEWS = Path(__file__).parent / "sql" / "main"


class ReleaseError(PayungError):
    """The release could not be written; nothing was published."""


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


@dataclass(frozen=True)
class Releases:
    """The releases of one home: releases/ID and the link `current`."""

    home: Path

    @property
    def folder(self) -> Path:
        """Where the releases are."""
        return self.home / "releases"

    @property
    def link(self) -> Path:
        """The link that points to the current release."""
        return self.home / CURRENT

    def current(self) -> Path | None:
        """The folder of the current release (resolved, so that it stays the same one), or None."""
        target = self.link.resolve()
        return target if self.link.is_symlink() and (target / MANIFEST).exists() else None

    def find(self, release_id: str | None = None) -> Path:
        """The folder of a release; without an ID the current one. Raises ReleaseError when there is none."""
        if release_id is None:
            found = self.current()
            if found is None:
                raise ReleaseError(f"There is no release in {self.home} yet. Make one: payung refresh")
            return found
        ids = self.ids()
        if release_id not in ids:
            raise ReleaseError(f"There is no release {release_id}. {_near(release_id, ids)}")
        return self.folder / release_id

    def ids(self) -> list[str]:
        """IDs of all whole releases, oldest first."""
        return sorted((p.parent.name for p in self.folder.glob(f"[!.]*/{MANIFEST}")), key=_id_order)

    def next_id(self, today: date) -> str:
        """The next free ID of the day, as 2026.11.22-1."""
        day = today.strftime("%Y.%m.%d")
        # an ID that was cited never comes to name another release, also when the release was removed
        used = {*self.ids(), *(e.release for e in history.events(self.folder))}
        numbers = [_id_order(i)[1] for i in used if i.startswith(f"{day}-")]
        return f"{day}-{max(numbers, default=0) + 1}"


def _id_order(release_id: str) -> tuple[str, int]:
    day, _, number = release_id.partition("-")
    return day, int(number) if number.isdigit() else 0


def _near(release_id: str, ids: list[str]) -> str:
    """The releases that may have been meant, or else the newest ones."""
    if not ids:
        return "There is none yet. Make one: payung refresh"
    close = difflib.get_close_matches(release_id, ids, n=5, cutoff=0.6)
    told = f"Near ones: {', '.join(close)}." if close else f"Newest ones: {', '.join(reversed(ids[-5:]))}."
    return f"{told} All {len(ids)}: payung releases list"


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a release folder. Raises FormatError where a newer Payung wrote it."""
    manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    refuse(manifest, f"The release in {folder}")
    return manifest


def audit(build: Build, in_the_past: bool = False) -> list[checks.Result]:
    """Runs every check on the build and writes quality.check_result; what blocks is told by `blocking`.

    `in_the_past`: the build is one as of a date, in which some checks only inform.
    """
    wanted = [c.in_the_past() for c in checks.checks()] if in_the_past else None
    results = checks.run(build, wanted)
    write_frame(build, table("quality.check_result"), checks.result_frame(results))
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
    if not build.has("quality.check_result"):
        raise ReleaseError("The build was not audited; run the whole refresh: payung refresh --force")
    return read_files([build.path("quality.check_result")])


def publish(
    build: Build,
    releases: Releases,
    staged: Sequence[Table],
    provenance: Provenance,
    accepted: Sequence[dict[str, Any]] = (),
) -> Path:
    """Loads an audited build into a new release and makes it current in one step; returns its folder.

    `staged`: descriptions of the staged tables; `accepted`: who accepted what and why (at, by, reason, exceeded), where
    tolerances are exceeded. The release is written aside under a hidden name and renamed whole; whoever has an older
    one open keeps it. Raises ReleaseError when the disk is full or not writable, leaving nothing behind.
    """
    release_id = releases.next_id(datetime.now(UTC).date())
    aside = releases.folder / f".{release_id}.{os.getpid()}"
    final = releases.folder / release_id
    with _written(build, staged, aside, {"release": release_id}, provenance, accepted):
        before = releases.current()
        aside.rename(final)
        make_current(releases, final)
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


def publish_aside(
    build: Build, releases: Releases, staged: Sequence[Table], provenance: Provenance, as_of: date, to: Path
) -> Path:
    """Loads an audited build as of a date into the folder `to`, beside all releases; returns that folder.

    The same files as a release, named `as-of-DATE`; `current` and the releases stay as they are. An older build as of
    a date in `to` is replaced at once. Raises ReleaseError as `publish` and `refuse_folder` do.
    """
    refuse_folder(releases, to)
    to = to.resolve()
    aside = to.with_name(f".{to.name}.{os.getpid()}")
    told = {"release": f"as-of-{as_of.isoformat()}", "as_of": as_of.isoformat()}
    with _written(build, staged, aside, told, provenance):
        replace_folder(to, aside)
    return to


def refuse_folder(releases: Releases, to: Path) -> None:
    """Refuses a folder for a build as of a date: one of the home's own, or one that holds something else.

    Raises ReleaseError; an empty folder, or one that holds such a build, is taken.
    """
    place, home = to.resolve(), releases.home.resolve()
    for own in (releases.folder.resolve(), *(home / name for name in OWN_FOLDERS)):
        if own == place or own in place.parents:
            raise ReleaseError(
                f"{to} lies in {own}, which Payung keeps for itself; a build as of a date is no release. Name a folder "
                "elsewhere."
            )
    if place.exists() and not place.is_dir():
        raise ReleaseError(f"{to} is a file; expected a folder, new or empty. Name another one.")
    if place.exists() and any(place.iterdir()):
        try:
            is_build = "as_of" in read_manifest(place)
        except (OSError, ValueError):  # no manifest, or none of ours: not ours to replace
            is_build = False
        if not is_build:
            raise ReleaseError(
                f"{to} is not empty and holds no build as of a date, which alone may be replaced. Name a new folder."
            )


@contextlib.contextmanager
def _written(
    build: Build,
    staged: Sequence[Table],
    aside: Path,
    name: dict[str, str],
    provenance: Provenance,
    accepted: Sequence[dict[str, Any]] = (),
) -> Iterator[None]:
    """Writes tables, database and manifest into `aside`; the body moves it into place, else it is removed.

    `name`: the first fields of the manifest, `release` among them.
    """
    results = _results(build)
    try:
        aside.mkdir(parents=True)
        published = _published_tables(build, staged)
        counts = _load(build, published, aside / DATABASE, name["release"])
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
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
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
        yield
    except (OSError, duckdb.IOException, duckdb.TransactionException) as error:
        raise ReleaseError(
            f"The release could not be written to {aside.parent}: {error}. Free some space or make the folder "
            "writable, then refresh again; the last release is still in place."
        ) from error
    finally:
        discard(aside)  # gone already where the release stands


def make_current(releases: Releases, folder: Path) -> None:
    """Points `current` to a release folder in one atomic step."""
    aside = releases.home / f".{CURRENT}.{os.getpid()}"
    aside.unlink(missing_ok=True)
    aside.symlink_to(os.path.relpath(folder, releases.home), target_is_directory=True)
    aside.replace(releases.link)


def clean(releases: Releases) -> None:
    """Removes what a killed refresh may have left: release folders under hidden names."""
    for left in releases.folder.glob(".*"):
        if left.is_dir():
            discard(left)


def _published_tables(build: Build, staged: Sequence[Table]) -> list[Table]:
    made = set(build.names())
    wanted = [t for t in tables().values() if not t.is_work] + list(staged)
    missing = [t.full_name for t in wanted if t.full_name not in made]
    if missing:
        raise ReleaseError(f"The build lacks {', '.join(missing)}; run the whole refresh: payung refresh --force")
    return sorted(wanted, key=lambda t: (SCHEMAS.index(t.schema), t.name))


def _load(build: Build, published: Sequence[Table], database: Path, release_id: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    con = open_engine()
    try:
        options = f"STORAGE_VERSION '{STORAGE_VERSION}', ROW_GROUP_SIZE {ROW_GROUP_SIZE}"
        con.execute(f"ATTACH '{quoted(database)}' AS release ({options})")
        con.execute("USE release")
        con.execute("BEGIN")  # one commit instead of one for every comment
        for description in published:
            for statement in ddl(description):
                con.execute(statement)
            names = ", ".join(f'"{c}"' for c in description.column_names)
            path = quoted(build.path(description.full_name))
            loaded = con.execute(f"INSERT INTO {description.full_name} SELECT {names} FROM read_parquet('{path}')")
            counts[description.full_name] = int(loaded.fetchall()[0][0])
        for statement in staged_view(published):
            con.execute(statement)
        for view in sorted(VIEWS.glob("*.sql")):
            text = view.read_text(encoding="utf-8")
            con.execute(f"CREATE VIEW main.{view.stem} AS {text.rstrip().rstrip(';')}")
            comment = text.split("\n", 1)[0].removeprefix("-- ")
            con.execute(f"COMMENT ON VIEW main.{view.stem} IS '{quoted(comment)}'")
            for column in con.execute(f"SELECT * FROM main.{view.stem} LIMIT 0").description or []:
                text = quoted(view_column_comment(column[0]))
                con.execute(f"COMMENT ON COLUMN main.{view.stem}.\"{column[0]}\" IS '{text}'")
        create_macros(con)
        con.execute("CREATE TABLE main.release AS SELECT ? AS release", [release_id])
        con.execute("COMMENT ON TABLE main.release IS 'The release that this file is'")
        con.execute("COMMENT ON COLUMN main.release.release IS 'ID of the release'")
        con.execute("COMMIT")
        con.execute("CHECKPOINT release")
        con.execute("USE memory")
        con.execute("DETACH release")
    finally:
        con.close()
    return counts


def ddl(description: Table) -> list[str]:
    """Statements that create one table with its comments, from the metadata."""
    columns = ", ".join(f'"{c.name}" {c.type}' for c in description.columns)
    full = description.full_name
    key = f" Key: {', '.join(description.key)}."
    return [
        f"CREATE SCHEMA IF NOT EXISTS {description.schema}",
        f"CREATE TABLE {full} ({columns})",
        f"COMMENT ON TABLE {full} IS '{quoted(description.comment + '.' + key)}'",
        *(f"COMMENT ON COLUMN {full}.\"{c.name}\" IS '{quoted(c.whole_comment)}'" for c in description.columns),
    ]


def staged_view(published: Sequence[Table]) -> list[str]:
    """Statements that create staged.observation over the staged tables among `published`, with its comments."""
    description = staged_observation()
    names = ", ".join(f'"{c}"' for c in description.column_names)
    over = [t.full_name for t in published if t.schema == "staged" and t.full_name not in tables()]
    empty = ", ".join(f"CAST(NULL AS {c.type}) AS {c.name}" for c in description.columns)
    rows = " UNION ALL ".join(f"SELECT {names} FROM {name}" for name in over) or f"SELECT {empty} WHERE FALSE"
    full, key = description.full_name, f" Key: {', '.join(description.key)}."
    return [
        f"CREATE VIEW {full} AS {rows}",
        f"COMMENT ON VIEW {full} IS '{quoted(description.comment + '.' + key)}'",
        *(f"COMMENT ON COLUMN {full}.\"{c.name}\" IS '{quoted(c.comment)}'" for c in description.columns),
    ]


def staged_tables(build: Build, structures: Sequence[Any]) -> list[Table]:
    """Descriptions of the staged tables as they stand in the build (with columns beyond the structure)."""
    out = []
    for structure in structures:
        path = build.folder / "staged" / f"{structure.key}.parquet"
        if path.exists():
            names, _ = preview(path, rows=0)
            out.append(staged_table(structure, tuple(names)))
    return out


def quoted(text: str | Path) -> str:
    """A text or path as it stands between single quotes in SQL."""
    return str(text).replace("'", "''")


def _files(folder: Path) -> dict[str, dict[str, Any]]:
    return {
        p.relative_to(folder).as_posix(): {"sha256": sha256(p), "bytes": p.stat().st_size}
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }

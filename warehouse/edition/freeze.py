"""Freezing: writes the regional baseline of one release, with everything it is based on, as read-only files."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from indicator_defs.system import clock, files
from warehouse.connection import open_engine, quoted
from warehouse.disk import discard, sha256, sync
from warehouse.edition.edition_store import (
    CHECKSUM,
    FORMAT,
    MANIFEST,
    Edition,
    EditionError,
    Editions,
    EditionUseError,
    Signature,
)
from warehouse.metadata import tables
from warehouse.release.release_folders import DATABASE, read_manifest
from warehouse.sql_files import read_sql

SQL = Path(__file__).parent / "sql"
# Tables frozen completely, in addition to the reference tables.
COMPLETE = (
    "baseline.value",
    "baseline.change_contribution",
    "indicator_set.choice",
    "lineage.snapshot",
    "lineage.correction",
)
# Tables frozen in part: the rows that the baseline is based on (sql/_frozen.sql).
IN_PART = (
    "indicator_set.value",
    "indicator_set.aggregate",
    "indicator_set.aggregate_member",
    "indicator_set.weight_value",
    "harmonised.observation",
)
# The tables of the report, with labels, in printing order.
REPORT = "main.baseline_tables"
CHECKSUMS = "FILES.sha256"
READ_ME = "README.txt"


def edition_tables() -> list[str]:
    """Full names of the tables in an edition."""
    reference = [t.full_name for t in tables().values() if t.schema == "reference" and not t.is_work]
    return sorted({*COMPLETE, *IN_PART, *reference})


def freeze(editions: Editions, release: Path, name: str, signed_by: Signature, note: str) -> Edition:
    """Makes the edition `name` from a release folder and returns it; its files and folders are read-only.

    It is written under a hidden name and then renamed. Raises EditionError where the name exists or is not allowed,
    the release was altered, or the disk is full or not writable; then no files are left.
    """
    editions.refuse_name(name)
    if not note.strip():
        raise EditionUseError(
            "--note is empty, expected what the edition is for, such as the meeting where it was signed."
        )
    release_manifest = read_manifest(release)
    _refuse_altered(release, release_manifest)
    final = editions.folder / name
    aside = editions.folder / f".{name}.{os.getpid()}"
    try:
        _clean(editions.folder)
        aside.mkdir(parents=True)
        with _opened(release) as con:
            manifest = _first_fields(con, release_manifest, name, signed_by, note.strip())
            manifest["tables"] = _write_tables(con, aside, release.name)
        _write_texts(aside, manifest)
        _seal(aside)
        aside.rename(final)
        sync(editions.folder)
    except (OSError, duckdb.IOException) as error:
        if final.exists():
            editions.refuse_name(name)  # another process froze it meanwhile
        raise EditionError(
            f"The edition could not be written to {editions.folder}: {error}. {files.WRITE_REMEDY} No files were left."
        ) from error
    finally:
        _remove(aside)
    return Edition(final)


def _refuse_altered(release: Path, manifest: dict[str, Any]) -> None:
    entry = manifest["files"].get(DATABASE)
    path = release / DATABASE
    if entry is None or not path.is_file() or sha256(path) != entry["sha256"]:
        raise EditionError(
            f"{path} of release {manifest['release']} is missing or was altered (its sha256 is not the one in the "
            "manifest); an edition needs an unaltered release. Make a new one: payung refresh --force"
        )


@contextlib.contextmanager
def _opened(release: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    con = open_engine()
    try:
        con.execute(f"ATTACH '{quoted(release / DATABASE)}' AS release (READ_ONLY)")
        con.execute("USE release")
        yield con
    finally:
        con.close()


def _first_fields(
    con: duckdb.DuckDBPyConnection, manifest: dict[str, Any], name: str, signed_by: Signature, note: str
) -> dict[str, Any]:
    result = con.execute("SELECT * FROM reference.settings")
    settings = dict(zip([c[0] for c in result.description or ()], result.fetchall()[0], strict=True))
    return {
        "format": FORMAT,
        "edition": name,
        "title": f"{settings.pop('title')}: {settings.pop('edition')}",
        "signed_by": {"name": signed_by.name, "body": signed_by.body},
        "signed_at": clock.stamp(),
        "note": note,
        "release": manifest["release"],
        "release_made_at": manifest["made_at"],
        "code_version": manifest["code_version"],
        "definitions_fingerprint": manifest["inputs"]["catalogue"],
        "inputs": manifest["inputs"],
        "settings": settings,
        "sources": manifest["sources"],
    }


def _write_tables(con: duckdb.DuckDBPyConnection, aside: Path, release_id: str) -> dict[str, Any]:
    """Writes each table as Parquet and CSV; returns rows and description by full name."""
    published = set(
        con.execute("SELECT schema_name || '.' || table_name, column_name FROM duckdb_columns()").fetchall()
    )
    present = {name for name, _ in published}
    missing = [
        full_name if full_name not in present else f"{full_name}.{column}"
        for full_name in sorted(edition_tables())
        for column in tables()[full_name].column_names
        if (full_name, column) not in published
    ]
    missing = list(dict.fromkeys(missing))
    if missing:
        raise EditionError(
            f"Release {release_id} was made by another version and has no {', '.join(missing)}. Make a release with this "
            "version: payung refresh --force"
        )
    con.execute(read_sql(SQL / "_frozen.sql"))
    out: dict[str, Any] = {}
    for full_name in edition_tables():
        description = tables()[full_name]
        source = f'"{full_name}"' if full_name in IN_PART else full_name
        columns = ", ".join(f'"{c}"' for c in description.column_names)
        order = ", ".join(f'"{c}"' for c in description.key)
        rows = _copy(con, f"SELECT {columns} FROM {source} ORDER BY {order}", aside, full_name)
        part = ": the rows that the baseline is based on" if full_name in IN_PART else ""
        out[full_name] = {"rows": rows, "description": description.comment + part}
    comment = con.execute("SELECT comment FROM duckdb_views() WHERE view_name = 'baseline_tables'").fetchall()[0][0]
    out[REPORT] = {"rows": _copy(con, f"SELECT * FROM {REPORT}", aside, REPORT), "description": comment}
    return out


def _copy(con: duckdb.DuckDBPyConnection, query: str, aside: Path, full_name: str) -> int:
    rows = 0
    for kind, options in (("parquet", "FORMAT parquet, COMPRESSION zstd"), ("csv", "FORMAT csv, HEADER true")):
        to = aside / kind / f"{full_name}.{kind}"
        to.parent.mkdir(exist_ok=True)
        rows = int(con.execute(f"COPY ({query}) TO '{quoted(to)}' ({options})").fetchall()[0][0])
    return rows


def _write_texts(aside: Path, manifest: dict[str, Any]) -> None:
    (aside / READ_ME).write_text(_read_me(manifest), encoding="utf-8")
    sums = {p.relative_to(aside).as_posix(): sha256(p) for p in sorted(aside.rglob("*")) if p.is_file()}
    lines = "".join(f"{digest}  {name}\n" for name, digest in sums.items())
    (aside / CHECKSUMS).write_text(lines, encoding="utf-8")
    sums[CHECKSUMS] = sha256(aside / CHECKSUMS)
    files = {n: {"sha256": sums[n], "bytes": (aside / n).stat().st_size} for n in sorted(sums)}
    text = json.dumps({**manifest, "files": files}, indent=1, ensure_ascii=False, default=str) + "\n"
    (aside / MANIFEST).write_text(text, encoding="utf-8")
    (aside / CHECKSUM).write_text(f"{sha256(aside / MANIFEST)}  {MANIFEST}\n", encoding="utf-8")


def _read_me(manifest: dict[str, Any]) -> str:
    table_lines = "\n".join(f"  {n}: {t['description']} ({t['rows']} rows)" for n, t in manifest["tables"].items())
    signed = manifest["signed_by"]
    return f"""{manifest["title"]}
Edition {manifest["edition"]}, signed by {signed["name"]}, {signed["body"]}, at {manifest["signed_at"]} (UTC).
{manifest["note"]}

Frozen from Payung release {manifest["release"]}. Later releases do not change it.

To verify that it is the signed edition, compare its checksum with the minutes. The checksum is the sha256 of
{MANIFEST}, which has the sha256 of every file.
  payung edition verify {manifest["edition"]} --checksum "..."
or without Payung: sha256sum {MANIFEST}; sha256sum -c {CHECKSUM} {CHECKSUMS}

Each table as csv/NAME.csv (UTF-8, missing values empty) and parquet/NAME.parquet:
{table_lines}

Licence and attribution of each source: lineage.snapshot.
"""


def _seal(aside: Path) -> None:
    """Syncs every file to the disk and makes files and folders read-only."""
    for path in sorted(aside.rglob("*"), reverse=True):
        sync(path)
        path.chmod(0o555 if path.is_dir() else 0o444)
    sync(aside)
    aside.chmod(0o555)


def _clean(folder: Path) -> None:
    """Removes hidden folders of killed freezes, whose process no longer runs."""
    for unfinished in folder.glob(".*.*"):
        number = unfinished.name.rpartition(".")[2]
        if unfinished.is_dir() and number.isdigit() and not _is_running(int(number)):
            _remove(unfinished)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it runs as another user
        return True
    return process != os.getpid()


def _remove(folder: Path) -> None:
    """Removes a hidden folder, even if its folders are read-only already."""
    if folder.is_dir():
        for path in [folder, *(p for p in folder.rglob("*") if p.is_dir())]:
            path.chmod(0o755)
        discard(folder)

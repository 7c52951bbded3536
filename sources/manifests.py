"""The manifest of a snapshot (manifest.json): its fields, reading it, and the checks of its files.

Belongs here: the manifest, the snapshot ID, and the check by sha256.
Does not belong here: storing snapshots (snapshots.py), and which of them are current (newest_vintages.py).

This module imports neither pandas nor an HTTP library, so that a refresh without news is fast.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from indicator_defs.errors import PayungError
from indicator_defs.model import Day, Strict

MANIFEST = "manifest.json"
CHECKSUM = "checksum"
_HEX = 12


class SnapshotError(PayungError):
    """A stored snapshot is damaged, altered, or cannot be written; the message names the file."""


class AlteredError(SnapshotError):
    """A snapshot was altered: a file was edited, cut or removed, or the manifest does not match its folder.

    The message has the problem and the remedy for a folder in its place; `problem` is the problem alone.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem} {remedy}")
        self.problem = problem


class SnapshotOrigin(BaseModel):
    """The manifest of a snapshot without its ID and files; `SnapshotStore.add` makes the manifest from it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider: str
    dataset: str
    producer: str = Field(description="Organisation that published the figures.")
    vintage_date: date = Field(description="Day on which the provider published this vintage.")
    fetched_at: str | None = Field(default=None, description="Time of the download, UTC; null for rebuilt answers.")
    address: str = Field(description="The requested address; of a rebuilt answer the address that it represents.")
    release_tag: str | None = Field(default=None, description="The provider's own name of the release.")
    series_asked: list[str] = Field(default_factory=list, description="Requested series; only these can be withdrawn.")
    areas_asked: list[str] = Field(default_factory=list, description="Requested areas, in the provider's codes.")
    licence: str
    attribution: str
    rebuilt: bool = Field(default=False, description="Rebuilt from figures; not the provider's own bytes.")
    note: str | None = Field(default=None, description="Limitations of this snapshot, for readers.")
    content_fingerprint: str | None = Field(default=None, description="Fingerprint of the parsed table.")
    rows: int | None = Field(default=None, description="Rows of the parsed table.")
    origin: Literal["archive", "fetched", "inbox"] = Field(description="Shipped, downloaded, or from the inbox.")
    supersedes: Literal["series", "series_and_area"] = Field(
        default="series", description="What it replaces of older vintages; see ProviderSpec.supersedes."
    )


class SnapshotFile(Strict):
    """One file of a snapshot; of a downloaded file also status and stored headers of the answer."""

    name: str
    sha256: str
    bytes: int
    address: str
    status: int | None = Field(default=None, exclude_if=lambda status: status is None)
    headers: dict[str, str] = Field(default_factory=dict, exclude_if=lambda headers: not headers)


class Manifest(Strict):
    """One snapshot's manifest.json: the columns of lineage.snapshot, and the fields that only the store uses."""

    snapshot_id: str
    provider: str
    dataset: str
    producer: str
    vintage_date: Day
    fetched_at: str | None
    address: str
    release_tag: str | None
    series_asked: list[str]
    areas_asked: list[str]
    licence: str
    attribution: str
    rebuilt: bool
    note: str | None
    files: list[SnapshotFile]
    content_fingerprint: str | None
    rows: int | None = None
    origin: Literal["archive", "fetched", "inbox"] = "fetched"
    supersedes: Literal["series", "series_and_area"] = "series"

    @property
    def place(self) -> str:
        """PROVIDER/DATASET/SNAPSHOT_ID: its folder below the root, and its name in messages."""
        return f"{self.provider}/{self.dataset}/{self.snapshot_id}"


@dataclass(frozen=True)
class RawFile:
    """One file to store: its name (ending in .gz if compressed), its bytes, and the address of the answer.

    `status` and `headers` are those of the answer; a file that was not downloaded has none.
    """

    name: str
    content: bytes
    address: str = ""
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def is_plain_name(name: str) -> bool:
    """Whether a stored file may have this name: directly in its folder, not hidden, not the manifest's name."""
    return Path(name).name == name and not name.startswith(".") and "\0" not in name and name != MANIFEST


def invalid_name(name: str) -> str:
    """The message for a file name that is_plain_name rejects."""
    return f"found file name {name!r}, expected a name without folder, not hidden and not {MANIFEST}."


def manifest_bytes(manifest: Manifest) -> bytes:
    """The manifest as stored: JSON whose last field is a checksum of all other fields."""
    payload = manifest.model_dump(mode="json")
    return (json.dumps({**payload, CHECKSUM: _checksum(payload)}, indent=2, ensure_ascii=False) + "\n").encode()


def _checksum(payload: Mapping[str, Any]) -> str:
    return sha256(json.dumps(payload, sort_keys=True, ensure_ascii=False).encode())


def read_manifest(folder: Path) -> Manifest:
    """The manifest of one snapshot folder, checked against its checksum and the folder's name.

    Raises SnapshotError if it does not match. A manifest of an older version has no checksum and is checked against
    the name only.
    """
    path = folder / MANIFEST
    remedy = f"Restore the folder {folder.name} from version control or a backup, or remove it."
    try:
        payload = json.loads(path.read_bytes())
        checksum = payload.pop(CHECKSUM, None) if isinstance(payload, dict) else None
        manifest = Manifest.model_validate(payload)
    except FileNotFoundError as error:
        raise AlteredError(f"{path}: the manifest is missing.", remedy) from error
    except OSError as error:
        raise SnapshotError(f"{path}: cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        if isinstance(error, ValidationError):
            first = error.errors()[0]
            reason = f"{'.'.join(str(p) for p in first['loc'])}: {first['msg']}"
        else:
            reason = str(error)
        raise AlteredError(f"{path}: invalid manifest: {reason}.", remedy) from error
    invalid_names = [f.name for f in manifest.files if not is_plain_name(f.name)]
    if invalid_names:
        raise AlteredError(f"{path}: {invalid_name(invalid_names[0])}", remedy)
    expected = snapshot_id(manifest.vintage_date, manifest.files)
    if folder.name != expected:  # a snapshot with the bytes of another one, and other requested codes
        expected = snapshot_id(manifest.vintage_date, manifest.files, requested_codes(manifest))
    if manifest.snapshot_id != expected or folder.name != expected:
        raise AlteredError(
            f"{path}: found folder name {folder.name} and snapshot_id {manifest.snapshot_id}, expected {expected} from "
            "the files and the vintage date: the snapshot was altered.",
            remedy,
        )
    if checksum is not None and checksum != _checksum(payload):
        raise AlteredError(f"{path}: the manifest was edited: its content does not match its checksum.", remedy)
    return manifest


def requested_codes(manifest: Manifest) -> list[str]:
    """The requested series and areas, sorted."""
    return [*sorted(manifest.series_asked), "", *sorted(manifest.areas_asked)]


def snapshot_id(vintage_date: date, files: Sequence[SnapshotFile], requested: Sequence[str] = ()) -> str:
    """VINTAGE_DATE-HHHHHHHHHHHH: the date and the start of the sha256 over the files' sha256s in their order.

    `requested`: codes that are also hashed if the same bytes of the same date are stored as the answer to another
    request.
    """
    digest = sha256("\n".join([*(f.sha256 for f in files), *requested]).encode())
    return f"{vintage_date.isoformat()}-{digest[:_HEX]}"


def sha256(content: bytes) -> str:
    """The sha256 of bytes, in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def checked_bytes(folder: Path, file: SnapshotFile) -> bytes:
    """The bytes of one file. Raises AlteredError (missing, cut, altered) and SnapshotError (cannot be read)."""
    path = folder / file.name
    remedy = (
        "The snapshot is not used. Restore the file from version control or a backup; a folder of the snapshot store "
        f"({folder.name}) may instead be removed and is then stored again."
    )
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise AlteredError(f"{path}: the file is missing.", remedy) from error
    except OSError as error:
        raise SnapshotError(f"{path}: cannot be read: {error.strerror or error}. {remedy}") from error
    found = sha256(content)
    if found != file.sha256:
        size = f"{len(content)} bytes" + ("" if len(content) == file.bytes else f" instead of {file.bytes}")
        raise AlteredError(f"{path}: altered or cut: found sha256 {found} ({size}), expected {file.sha256}.", remedy)
    return content

"""The manifest of a snapshot (manifest.json), and reading it and its files back as they were written.

Belongs here: the manifest, the ID that its files make, and the check by sha256.
Does not belong here: keeping snapshots (snapshots.py), and which of them are current (newest_vintages.py).

This module imports neither pandas nor an HTTP library, so that a refresh with nothing new decides quickly.
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
    """A kept snapshot is damaged, was altered, or cannot be written; the message names the file."""


class AlteredError(SnapshotError):
    """A snapshot is not as it was written: a file was edited, cut or removed, or the manifest does not fit its folder.

    The message says what to do where the folder lies; `problem` is what is wrong, by itself.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem} {remedy}")
        self.problem = problem


class SnapshotOrigin(BaseModel):
    """What the manifest of a snapshot says besides its files; `SnapshotStore.add` makes the manifest from it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider: str
    dataset: str
    producer: str = Field(description="Who made the figures public.")
    vintage_date: date = Field(description="When the provider had published this state.")
    fetched_at: str | None = Field(default=None, description="When we got it, UTC, ISO 8601; null for rebuilt answers.")
    address: str = Field(description="The address that was asked, or that the rebuilt answer stands for.")
    release_tag: str | None = Field(default=None, description="The provider's own name of the release.")
    series_asked: list[str] = Field(default_factory=list, description="Series asked for; absence counts only in it.")
    areas_asked: list[str] = Field(default_factory=list, description="Areas asked for, in the provider's codes.")
    licence: str
    attribution: str
    rebuilt: bool = Field(default=False, description="Rebuilt from figures in the provider's shape, not its own bytes.")
    note: str | None = Field(default=None, description="What a reader must know of this snapshot.")
    content_fingerprint: str | None = Field(default=None, description="Fingerprint of the parsed table.")
    rows: int | None = Field(default=None, description="Rows of the parsed table.")
    origin: Literal["archive", "fetched", "inbox"] = Field(description="Shipped, fetched by us, or put in by hand.")
    supersedes: Literal["series", "series_and_area"] = Field(
        default="series", description="What it replaces of older vintages; see ProviderSpec.supersedes."
    )


class SnapshotFile(Strict):
    """One file of a snapshot; status and headers (those that matter) of the answer it came in, where it was fetched."""

    name: str
    sha256: str
    bytes: int
    address: str
    status: int | None = Field(default=None, exclude_if=lambda status: status is None)
    headers: dict[str, str] = Field(default_factory=dict, exclude_if=lambda headers: not headers)


class Manifest(Strict):
    """One snapshot's manifest.json: the columns of lineage.snapshot, and what the store needs besides."""

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
    """One file to keep: its name (ending in .gz when compressed), its bytes, the address that answered it, and how.

    `status` and `headers` (those that matter) of the answer; none for a file that was not fetched.
    """

    name: str
    content: bytes
    address: str = ""
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def is_plain_name(name: str) -> bool:
    """Whether a kept file may have this name: one step below its folder, not hidden, not the manifest's own."""
    return Path(name).name == name and not name.startswith(".") and "\0" not in name and name != MANIFEST


def manifest_bytes(manifest: Manifest) -> bytes:
    """The manifest as it is kept: JSON that ends with a checksum over all it says."""
    payload = manifest.model_dump(mode="json")
    return (json.dumps({**payload, CHECKSUM: _checksum(payload)}, indent=2, ensure_ascii=False) + "\n").encode()


def _checksum(payload: Mapping[str, Any]) -> str:
    return sha256(json.dumps(payload, sort_keys=True, ensure_ascii=False).encode())


def read_manifest(folder: Path) -> Manifest:
    """The manifest of one snapshot folder, checked against its checksum and the folder's name.

    SnapshotError when it does not fit. A manifest without a checksum, as they were written before there was one, is
    checked against the name only.
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
        raise AlteredError(f"{path}: not a manifest as it was written: {reason}.", remedy) from error
    odd = [f.name for f in manifest.files if not is_plain_name(f.name)]
    if odd:
        raise AlteredError(f"{path}: {odd[0]!r} cannot be the name of a kept file.", remedy)
    expected = snapshot_id(manifest.vintage_date, manifest.files)
    if folder.name != expected:  # unless it has the bytes of another one, and more was asked for
        expected = snapshot_id(manifest.vintage_date, manifest.files, requested_codes(manifest))
    if manifest.snapshot_id != expected or folder.name != expected:
        raise AlteredError(
            f"{path}: the folder is named {folder.name} and the manifest says {manifest.snapshot_id}, but its files "
            f"and vintage make {expected}: one of them was altered.",
            remedy,
        )
    if checksum is not None and checksum != _checksum(payload):
        raise AlteredError(f"{path}: the manifest was edited: what it says does not make its checksum.", remedy)
    return manifest


def requested_codes(manifest: Manifest) -> list[str]:
    """What was asked for: the series and the areas, sorted."""
    return [*sorted(manifest.series_asked), "", *sorted(manifest.areas_asked)]


def snapshot_id(vintage_date: date, files: Sequence[SnapshotFile], requested: Sequence[str] = ()) -> str:
    """VINTAGE_DATE-HHHHHHHHHHHH: the date and the start of the sha256 over the files' sha256s in their order.

    `requested`: part of it too where the same bytes of the same date are kept already as the answer to another question.
    """
    digest = sha256("\n".join([*(f.sha256 for f in files), *requested]).encode())
    return f"{vintage_date.isoformat()}-{digest[:_HEX]}"


def sha256(content: bytes) -> str:
    """sha256 of bytes in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def checked_bytes(folder: Path, file: SnapshotFile) -> bytes:
    """The bytes of one file. Raises AlteredError (missing, cut, altered) and SnapshotError (cannot be read)."""
    path = folder / file.name
    remedy = (
        "Nothing was taken from it. Restore the file from version control or a backup; a folder of the snapshot store "
        f"may instead be removed ({folder.name}) and is then brought in again."
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

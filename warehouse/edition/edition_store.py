"""The editions of a home: where they stand, who signed them, and whether every file is still the one that was signed.

Belongs here: names, manifests and checksums of editions.
Does not belong here: making one (freeze.py).
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from indicator_defs.errors import PayungError, WrongUseError
from warehouse.disk import sha256
from warehouse.release.release_folders import EDITIONS

MANIFEST = "manifest.json"
CHECKSUM = "CHECKSUM"
FORMAT = 1
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class EditionError(PayungError):
    """The edition is not there, was altered, or could not be made."""


class EditionUseError(EditionError, WrongUseError):
    """A name, signature, note or checksum that cannot be one."""


@dataclass(frozen=True)
class Signature:
    """Who signed an edition: name and body."""

    name: str
    body: str

    @classmethod
    def of(cls, text: str) -> Signature:
        """The signature of a text "Name, body". Raises EditionUseError where one of the two is missing."""
        name, comma, body = (part.strip() for part in text.partition(","))
        if not (name and comma and body):
            raise EditionUseError(
                f'--signed-by is {text!r}; expected a name and the body it signs for, as "Name, body".'
            )
        return cls(name, body)

    def __str__(self) -> str:
        """The text it was made from."""
        return f"{self.name}, {self.body}"


@dataclass(frozen=True)
class Edition:
    """One edition as it stands in its folder."""

    folder: Path

    @property
    def name(self) -> str:
        """Its name, which is that of its folder."""
        return self.folder.name

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Its manifest. Raises EditionError where it is missing or cannot be read."""
        try:
            found: dict[str, Any] = json.loads((self.folder / MANIFEST).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise EditionError(
                f"The manifest of edition {self.name} cannot be read ({self.folder / MANIFEST}: {error}). Put back a "
                "copy of the whole folder."
            ) from error
        if found.get("format") != FORMAT:
            raise EditionError(
                f"Edition {self.name} has format {found.get('format')!r}; this version reads format {FORMAT}. Use the "
                f"version that made it: {found.get('code_version')}."
            )
        return found

    @property
    def signature(self) -> Signature:
        """Who signed it."""
        return Signature(**self.manifest["signed_by"])

    @property
    def checksum(self) -> str:
        """The checksum over the whole, for the minutes: sha256 of the manifest, which holds that of every file."""
        return sha256(self.folder / MANIFEST)

    def table(self, full_name: str) -> Path:
        """The Parquet file of one of its tables."""
        return self.folder / "parquet" / f"{full_name}.parquet"


@dataclass(frozen=True)
class Editions:
    """The editions of one home: editions/NAME."""

    home: Path

    @property
    def folder(self) -> Path:
        """Where the editions are."""
        return self.home / EDITIONS

    def all(self) -> list[Edition]:
        """All editions by name; what stands under a hidden name is not one."""
        if not self.folder.is_dir():
            return []
        return [Edition(p) for p in sorted(self.folder.iterdir()) if p.is_dir() and not p.name.startswith(".")]

    def find(self, name: str) -> Edition:
        """One edition. Raises EditionError naming those that there are."""
        for edition in self.all():
            if edition.name == name:
                return edition
        listed = ", ".join(e.name for e in self.all())
        raise EditionError(
            f"There is no edition {name!r}. "
            + (f"Editions here: {listed}." if listed else "None was frozen yet: payung edition freeze --help")
        )

    def refuse_name(self, name: str) -> None:
        """Refuses a name that is taken (in any case of letters) or that is no name of a folder."""
        if not _NAME.fullmatch(name):
            raise EditionUseError(
                f"{name!r} cannot name an edition; expected letters, digits, full stops, hyphens and underscores, 64 at "
                "most, as baseline-2026."
            )
        for edition in self.all():
            if edition.name.lower() == name.lower():
                raise EditionError(
                    f"There is an edition {edition.name} already{_signed(edition)}. An edition is frozen once; choose "
                    "another name."
                )


@dataclass(frozen=True)
class Problem:
    """One file of an edition that is not as it was signed: altered, missing or added."""

    file: str
    what: str

    def as_dict(self) -> dict[str, str]:
        """The same as plain values for JSON."""
        return asdict(self)


def verify(edition: Edition, checksum: str | None = None) -> list[Problem]:
    """What is not as it was signed; empty where every file is. `checksum`: the one that stands in the minutes.

    Without it, somebody who alters files, manifest and CHECKSUM together is not found out. Raises EditionError where
    the manifest cannot be read, EditionUseError where `checksum` is no sha256.
    """
    given_sha256 = None if checksum is None else as_sha256(checksum)
    manifest = edition.manifest
    problems = []
    found = edition.checksum
    if given_sha256 is not None and found != given_sha256:
        problems.append(Problem(MANIFEST, f"its sha256 is {found}, not the checksum given"))
    try:
        written = (edition.folder / CHECKSUM).read_text(encoding="utf-8").split()
    except (OSError, ValueError):  # told as altered below
        written = []
    if written[:1] != [found]:
        problems.append(Problem(MANIFEST, f"altered, or {CHECKSUM} is: the one is not the sha256 of the other"))
    if manifest["edition"] != edition.name:
        problems.append(Problem(MANIFEST, f"is of edition {manifest['edition']}; the folder was renamed"))
    files: dict[str, dict[str, Any]] = manifest["files"]
    present = {p.relative_to(edition.folder).as_posix() for p in edition.folder.rglob("*") if not p.is_dir()}
    for name, entry in sorted(files.items()):
        if name not in present:
            problems.append(Problem(name, "missing"))
        elif (edition.folder / name).is_symlink():
            problems.append(Problem(name, "a link in the place of the file signed"))
        elif sha256(edition.folder / name) != entry["sha256"]:
            problems.append(Problem(name, "altered: its sha256 is not the one signed"))
    problems += [Problem(name, "added after signing") for name in sorted(present - set(files) - {MANIFEST, CHECKSUM})]
    return problems


def in_groups(checksum: str) -> str:
    """A checksum in groups of eight, to be written down and read aloud; `verify` takes it with or without."""
    return " ".join(checksum[i : i + 8] for i in range(0, len(checksum), 8))


def as_sha256(text: str) -> str:
    """A checksum without blanks, in small letters. Raises EditionUseError where the text is none."""
    plain = re.sub(r"\s", "", text).lower()
    if not _SHA256.fullmatch(plain):
        raise EditionUseError(
            f"{text!r} is no checksum of an edition; expected 64 digits and letters a to f, spaces allowed."
        )
    return plain


def _signed(edition: Edition) -> str:
    try:
        return f", signed by {edition.signature} on {edition.manifest['signed_at'][:10]}"
    except EditionError:  # its manifest is damaged: the name is taken all the same
        return ""

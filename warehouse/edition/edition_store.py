"""The editions of a home: their names, manifests and signatures, and verifying their files by checksum."""

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
    """The edition does not exist, was altered, or could not be made."""


class EditionUseError(EditionError, WrongUseError):
    """A name, signature, note or checksum is not valid."""


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
                f'--signed-by is {text!r}; expected the name and the body of the signer, as "Name, body".'
            )
        return cls(name, body)

    def __str__(self) -> str:
        """The text "Name, body"."""
        return f"{self.name}, {self.body}"


@dataclass(frozen=True)
class Edition:
    """One edition, by its folder."""

    folder: Path

    @property
    def name(self) -> str:
        """Its name, which is the name of its folder."""
        return self.folder.name

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Its manifest. Raises EditionError where it is missing or cannot be read."""
        try:
            manifest: dict[str, Any] = json.loads((self.folder / MANIFEST).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise EditionError(
                f"The manifest of edition {self.name} cannot be read ({self.folder / MANIFEST}: {error}). Restore a "
                "copy of the whole folder."
            ) from error
        if manifest.get("format") != FORMAT:
            raise EditionError(
                f"Edition {self.name} has format {manifest.get('format')!r}; this version reads format {FORMAT}. Use the "
                f"version that made it: {manifest.get('code_version')}."
            )
        return manifest

    @property
    def signature(self) -> Signature:
        """Who signed it."""
        return Signature(**self.manifest["signed_by"])

    @property
    def checksum(self) -> str:
        """The checksum of the edition, for the minutes: sha256 of the manifest, which has the sha256 of every file."""
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
        """The folder of all editions."""
        return self.home / EDITIONS

    def all(self) -> list[Edition]:
        """All editions, sorted by name; hidden folders are not editions."""
        if not self.folder.is_dir():
            return []
        return [Edition(p) for p in sorted(self.folder.iterdir()) if p.is_dir() and not p.name.startswith(".")]

    def find(self, name: str) -> Edition:
        """One edition. Raises EditionError, which lists the existing ones, where there is no edition of this name."""
        for edition in self.all():
            if edition.name == name:
                return edition
        listed = ", ".join(e.name for e in self.all())
        raise EditionError(
            f"Found no edition {name!r}. "
            + (f"Existing editions: {listed}." if listed else "None was frozen yet: payung edition freeze --help")
        )

    def refuse_name(self, name: str) -> None:
        """Raises EditionError for a name that exists already (upper and lower case are equal) or is not allowed."""
        if not _NAME.fullmatch(name):
            raise EditionUseError(
                f"The name {name!r} is not allowed; expected up to 64 letters, digits, full stops, hyphens and "
                "underscores, such as baseline-2026."
            )
        for edition in self.all():
            if edition.name.lower() == name.lower():
                raise EditionError(
                    f"Edition {edition.name} exists already{_signed(edition)}. An edition is frozen only once; choose "
                    "another name."
                )


@dataclass(frozen=True)
class Problem:
    """One file of an edition that is not as it was signed: altered, missing or added."""

    file: str
    what: str

    def as_dict(self) -> dict[str, str]:
        """The problem as plain values for JSON."""
        return asdict(self)


def verify(edition: Edition, checksum: str | None = None) -> list[Problem]:
    """The files that are not as they were signed. `checksum`: as written in the minutes.

    Without it, a consistent alteration of files, manifest and CHECKSUM is not found. Raises EditionError where the
    manifest cannot be read, EditionUseError where `checksum` is not a sha256.
    """
    given_sha256 = None if checksum is None else as_sha256(checksum)
    manifest = edition.manifest
    problems = []
    actual = edition.checksum
    if given_sha256 is not None and actual != given_sha256:
        problems.append(Problem(MANIFEST, f"its sha256 is {actual}, not the given checksum"))
    try:
        written = (edition.folder / CHECKSUM).read_text(encoding="utf-8").split()
    except (OSError, ValueError):  # reported as altered below
        written = []
    if written[:1] != [actual]:
        problems.append(Problem(MANIFEST, f"altered, or {CHECKSUM} was altered: its sha256 is not in {CHECKSUM}"))
    if manifest["edition"] != edition.name:
        problems.append(Problem(MANIFEST, f"belongs to edition {manifest['edition']}; the folder was renamed"))
    files: dict[str, dict[str, Any]] = manifest["files"]
    present = {p.relative_to(edition.folder).as_posix() for p in edition.folder.rglob("*") if not p.is_dir()}
    for name, entry in sorted(files.items()):
        if name not in present:
            problems.append(Problem(name, "missing"))
        elif (edition.folder / name).is_symlink():
            problems.append(Problem(name, "a link instead of the signed file"))
        elif sha256(edition.folder / name) != entry["sha256"]:
            problems.append(Problem(name, "altered: its sha256 is not the signed one"))
    problems += [Problem(name, "added after signing") for name in sorted(present - set(files) - {MANIFEST, CHECKSUM})]
    return problems


def in_groups(checksum: str) -> str:
    """A checksum in groups of eight, easy to write down and read aloud; `verify` accepts it with or without spaces."""
    return " ".join(checksum[i : i + 8] for i in range(0, len(checksum), 8))


def as_sha256(text: str) -> str:
    """A checksum without spaces, in lower case. Raises EditionUseError where the text is not a checksum."""
    plain = re.sub(r"\s", "", text).lower()
    if not _SHA256.fullmatch(plain):
        raise EditionUseError(
            f"{text!r} is not a checksum of an edition; expected 64 digits and letters a to f, spaces allowed."
        )
    return plain


def _signed(edition: Edition) -> str:
    try:
        return f", signed by {edition.signature} on {edition.manifest['signed_at'][:10]}"
    except EditionError:  # the manifest is damaged, but the name exists
        return ""

"""The list of the editions of a home, each compared with its signed manifest."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from assets.home import Home
from indicator_defs.errors import PayungError
from warehouse.edition.edition_store import Edition, Editions, verify


@dataclass(frozen=True)
class ListedEdition:
    """One edition in the list. `problem`: the first difference from what was signed, or None."""

    edition: str
    signed_at: str | None
    signed_by: str | None
    release: str | None
    note: str | None
    checksum: str | None
    problem: str | None

    def as_dict(self) -> dict[str, Any]:
        """The fields as plain values for JSON."""
        return asdict(self)


def list_editions(home: Home) -> list[ListedEdition]:
    """Every edition of a home, each verified against its own manifest."""
    return [_listed(edition) for edition in Editions(home.path).all()]


def _listed(edition: Edition) -> ListedEdition:
    try:
        m = edition.manifest
        problems = verify(edition)
    except PayungError as error:
        return ListedEdition(edition.name, None, None, None, None, None, str(error))
    problem = f"{problems[0].file}: {problems[0].what}" if problems else None
    signed_by = str(edition.signature)
    return ListedEdition(edition.name, m["signed_at"], signed_by, m["release"], m["note"], edition.checksum, problem)

"""Codes of providers and ours: crosswalks/PROVIDER/CONCEPT.csv.

Belongs here: reading them, and checking them against our code lists and the claims of the definitions.
Does not belong here: our own codes (codelists.py) and series with a new code (series_renames.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from pathlib import PurePosixPath

from pydantic import Field

from indicator_defs.breakdowns import BREAKDOWNS
from indicator_defs.claims import Claim
from indicator_defs.codelists import CODELIST_OF, Codelists
from indicator_defs.datasets import DatasetStructure
from indicator_defs.definition_files import Files, Problems
from indicator_defs.general_claims import GeneralClaim
from indicator_defs.model import Placed
from indicator_defs.reference_rows import ReferenceRows, rows_of

MAY_BE_NOT_STATED = ("obs_status", "nature", "unit_measure")
_CONCEPTS = (*BREAKDOWNS, "ref_area", *MAY_BE_NOT_STATED)


class CrosswalkLine(Placed):
    """One line of crosswalks/PROVIDER/CONCEPT.csv."""

    provider: str = Field(description="The provider; its folder names it, the file has no such column.")
    dimension: str = Field(description="The provider's dimension; _area, _status, _nature, _unit for attributes.")
    code: str = Field(description="The provider's code, as published; empty string for blank.")
    concept: str = Field(description="Our column.")
    target: str = Field(description="Our code; empty where the meaning is 'not stated'.")
    note: str = Field(default="", description="What is lost or assumed in the translation.")


def read_crosswalks(
    files: Files, codelists: Codelists, claims: Iterable[Claim], general_claims: Iterable[GeneralClaim]
) -> list[CrosswalkLine]:
    """The lines of all crosswalks, checked against our code lists and the providers of the claims."""
    out: list[CrosswalkLine] = []
    for name in files.names("crosswalks/*/*.csv"):
        path = PurePosixPath(name)
        if path.stem in _CONCEPTS:
            out += files.lines(
                name, CrosswalkLine, ("dimension", "code"), {"provider": path.parent.name, "concept": path.stem}
            )
        else:
            files.problems.add(
                f"{files.label(name)}:1",
                f"no column of the warehouse is called {path.stem}; the file's name must be one of "
                f"{', '.join(_CONCEPTS)}",
            )
    _check_targets(out, codelists, files.problems)
    _check_providers(out, claims, {g.provider for g in general_claims}, files.problems)
    return out


def _check_targets(crosswalks: list[CrosswalkLine], codelists: Codelists, problems: Problems) -> None:
    for x in crosswalks:
        codelist = CODELIST_OF.get(x.concept, x.concept)
        if x.target == "" and x.concept not in MAY_BE_NOT_STATED:
            problems.add(x.place, f"{x.code!r} has no target code")
        elif x.target and x.target not in codelists.codes(codelist):
            meant = codelists.areas.meant(x.target) if codelist == "area" else None
            advice = f"; write {meant}" if meant else ""
            problems.add(x.place, f"target {x.target} is not in codelists/{codelist}.csv{advice}")


def _check_providers(
    crosswalks: Iterable[CrosswalkLine], claims: Iterable[Claim], own_codes: Collection[str], problems: Problems
) -> None:
    """Adds providers without a crosswalk of areas, each at its first claim, and crosswalks that nothing uses.

    `own_codes`: the providers that use our own codes and need no crosswalk.
    """
    concepts: dict[str, set[str]] = defaultdict(set)
    first_line: dict[str, CrosswalkLine] = {}
    for line in crosswalks:
        concepts[line.provider].add(line.concept)
        first_line.setdefault(line.provider, line)
    first_claim: dict[str, Claim] = {}
    for claim in claims:
        first_claim.setdefault(claim.provider, claim)
    for provider, claim in first_claim.items():
        if provider not in own_codes and "ref_area" not in concepts[provider]:
            with_areas = sorted({*own_codes, *(p for p in concepts if "ref_area" in concepts[p])})
            problems.add(
                claim.place,
                f"provider {provider} has no crosswalks/{provider}/ref_area.csv; providers are {', '.join(with_areas)}",
            )
    for provider in first_line.keys() - first_claim.keys():
        if concepts[provider] != {"ref_area"}:  # a provider of weights needs its areas only
            problems.add(first_line[provider].place, f"orphan crosswalk: no definition uses provider {provider}")


def crosswalk_rows(
    crosswalks: Iterable[CrosswalkLine], codelists: Codelists, structures: Iterable[DatasetStructure]
) -> ReferenceRows:
    """reference.crosswalk: the lines of the files and, for columns that use our own code lists, each code onto itself."""
    return rows_of(
        [*crosswalks, *_own_codes(codelists, structures)],
        provider=lambda x: x.provider,
        dimension=lambda x: x.dimension,
        code=lambda x: x.code,
        concept=lambda x: x.concept,
        target=lambda x: x.target or None,
        note=lambda x: x.note or None,
        crosswalk_file=lambda x: x.file,
        crosswalk_line=lambda x: x.line,
    )


def _own_codes(codelists: Codelists, structures: Iterable[DatasetStructure]) -> Iterator[CrosswalkLine]:
    """A line that maps a code onto itself for each code of a list of ours that a dataset's column uses."""
    columns = {
        (s.provider, *((c.published_as, c.name) if c.role == "dimension" else (c.role, c.role))): c
        for s in structures
        for c in s.columns
        if c.codelist
    }
    for (provider, dimension, concept), column in columns.items():
        name = column.codelist or CODELIST_OF.get(concept, concept)
        codes = [(r["code"], r.file, r.line) for r in codelists[name]]
        if concept in MAY_BE_NOT_STATED:
            codes.append(("", codelists[name][0].file, 1))
        for code, file, line in codes:
            yield CrosswalkLine(
                provider=provider, dimension=dimension, code=code, concept=concept, target=code
            ).placed_at(file, line)

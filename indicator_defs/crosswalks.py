"""Crosswalks from the codes of a provider to our codes: crosswalks/PROVIDER/CONCEPT.csv.

They are checked against our code lists and the claims of the definitions. Series with a new code are in
series_renames.py.
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

    provider: str = Field(description="Provider, given by the name of the folder.")
    dimension: str = Field(description="Dimension or attribute of the provider.")
    code: str = Field(description="Code of the provider, as published; empty for a blank.")
    concept: str = Field(description="Our column, given by the name of the file.")
    target: str = Field(description="Our code; empty if the code means 'not stated'.")
    note: str = Field(default="", description="Note on the meaning of the code, or on information lost or assumed.")


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
                f"found the file name {path.stem}, expected the name of a column: {', '.join(_CONCEPTS)}; rename the file",
            )
    _check_targets(out, codelists, files.problems)
    _check_providers(out, claims, {g.provider for g in general_claims}, files.problems)
    return out


def _check_targets(crosswalks: list[CrosswalkLine], codelists: Codelists, problems: Problems) -> None:
    for x in crosswalks:
        codelist = CODELIST_OF.get(x.concept, x.concept)
        if x.target == "" and x.concept not in MAY_BE_NOT_STATED:
            problems.add(
                x.place, f"the code {x.code!r} has no target; write one of our codes (codelists/{codelist}.csv)"
            )
        elif x.target and x.target not in codelists.codes(codelist):
            names = codelists.areas if codelist == "area" else None
            kind = f"target (codelists/{codelist}.csv)"
            problems.check_code(x.place, kind, x.target, codelists.codes(codelist), names=names)


def _check_providers(
    crosswalks: Iterable[CrosswalkLine], claims: Iterable[Claim], own_codes: Collection[str], problems: Problems
) -> None:
    """Adds providers without a crosswalk of areas, each at its first claim, and crosswalks that are not used.

    `own_codes`: the providers that use our codes and need no crosswalk.
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
                f"provider: found {provider}, which has no crosswalks/{provider}/ref_area.csv, expected one of "
                f"{', '.join(with_areas)}; correct the name or add the crosswalk",
            )
    for provider in first_line.keys() - first_claim.keys():
        if concepts[provider] != {"ref_area"}:  # a provider of weights needs only a crosswalk of areas
            problems.add(
                first_line[provider].place,
                f"no definition uses the provider {provider} of this crosswalk; remove it or add a feed",
            )


def crosswalk_rows(
    crosswalks: Iterable[CrosswalkLine], codelists: Codelists, structures: Iterable[DatasetStructure]
) -> ReferenceRows:
    """reference.crosswalk: the lines of the files and, for columns with our own codes, a line from each code to itself."""
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
    """A line from each code to itself, for the columns of datasets that use one of our code lists."""
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

"""The one door to the definitions: reads every file of this folder and checks each against all others.

Belongs here: the catalogue as callers see it, and the order in which its parts are read.
Does not belong here: reading and checking one kind of file (the modules named after what they read), the `reference.*`
tables (tables.py), whether data exist for a definition (an asset check), and any arithmetic.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from indicator_defs.codelists import Codelists, read_codelists
from indicator_defs.concepts import check_concepts
from indicator_defs.crosswalks import check_providers, read_crosswalks, read_renames
from indicator_defs.definitions import (
    Claim,
    check_claims,
    check_definitions,
    check_titles,
    read_definitions,
    read_vintage_units,
)
from indicator_defs.errors import CatalogError
from indicator_defs.expectations import Expectations, read_expectations
from indicator_defs.files import Files, Row, definition_files
from indicator_defs.model import (
    Break,
    Correction,
    CrosswalkLine,
    DatasetStructure,
    IndicatorDefinition,
    Method,
    NotApplicable,
    PublicationRule,
    SeriesRename,
    Tolerance,
    VintageUnit,
    Weight,
)
from indicator_defs.national_targets import NationalTarget, read_national_targets
from indicator_defs.rules import (
    read_breaks,
    read_corrections,
    read_not_applicable,
    read_target_group_rules,
    read_tolerances,
    read_weights,
)
from indicator_defs.set_model import IndicatorSet, RegionalBaseline
from indicator_defs.sets import INDICATOR_SET, REGION, check_sets, read_sets

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Catalog:
    """Everything that indicator_defs holds, checked. Make it with `load_catalog`.

    `places`: the file of each definition.
    """

    folder: Path
    definitions: dict[str, IndicatorDefinition]
    claims: list[Claim]
    codelists: Codelists
    crosswalks: list[CrosswalkLine]
    methods: dict[str, Method]
    publication_rules: dict[str, PublicationRule]
    weights: dict[str, Weight]
    sets: dict[str, IndicatorSet]
    regional_baseline: RegionalBaseline
    breaks: list[Break]
    corrections: list[Correction]
    target_group_rules: list[Row]
    renames: list[SeriesRename]
    not_applicable: list[NotApplicable]
    expectations: Expectations
    national_targets: list[NationalTarget]
    tolerances: dict[str, Tolerance]
    vintage_units: list[VintageUnit]
    fingerprint: str
    places: dict[str, str]

    @cached_property
    def indicator_set(self) -> IndicatorSet:
        """The ASEAN indicator set, whose reference years hold for aggregates and baseline."""
        return self.sets[INDICATOR_SET]

    def as_of(self, day: date) -> Catalog:
        """The same definitions for a build as of a day: no set has a reference year after the year of that day."""
        sets = {
            name: s.model_copy(update={"latest_reference_year": min(s.latest_reference_year, day.year)})
            for name, s in self.sets.items()
        }
        return replace(self, sets=sets)

    def tables(self, structures: list[DatasetStructure]) -> dict[str, pd.DataFrame]:
        """The `reference.*` tables, by name without the schema. `structures`: the datasets of all providers."""
        from indicator_defs.tables import reference_tables  # here: pandas takes its time

        return reference_tables(self, structures)


def load_catalog(folder: Path = FOLDER) -> Catalog:
    """All definitions under `folder`, checked against each other.

    Raises CatalogError listing every problem as `file:line: what`, not only the first.
    """
    files = Files(folder)
    problems = files.problems
    codelists = read_codelists(files)
    if unreadable := [name for name, rows in codelists.items() if not rows]:
        for name in (f"codelists/{n}.csv" for n in unreadable):
            if not problems.tells_of(files.label(name)):
                files.missing(name, "every code")
        raise _error(problems)  # whatever names a code would be told as well
    read = read_definitions(files)
    definitions, claims = dict(sorted(read.by_code.items())), read.claims
    methods = {m.name: m for m in files.items("methods.yaml", "methods", Method)}
    publication_rules = {r.name: r for r in files.items("methods.yaml", "publication_rules", PublicationRule)}
    weights = read_weights(files, definitions)
    check_definitions(read, codelists, methods, publication_rules, weights, problems)
    check_claims(claims, problems)
    check_titles(read, problems)
    check_concepts(files, claims)
    crosswalks = read_crosswalks(files, codelists)
    check_providers(crosswalks, claims, problems)
    sets = read_sets(files)
    check_sets(sets, definitions, codelists, problems)
    renames = read_renames(files, claims, codelists)
    breaks = read_breaks(files, definitions, codelists)
    corrections = read_corrections(files, definitions, codelists, claims, renames)
    target_group_rules = read_target_group_rules(files, codelists)
    not_applicable = read_not_applicable(files, definitions, codelists)
    expectations = read_expectations(files, definitions, codelists, {c.provider for c in claims})
    national_targets = read_national_targets(files, definitions, codelists.members(REGION), codelists.areas)
    tolerances = read_tolerances(files, definitions)
    vintage_units = read_vintage_units(files, claims)
    files.check_all_read()
    if problems or sets.baseline is None:
        raise _error(problems)
    return Catalog(
        folder=folder,
        definitions=definitions,
        claims=claims,
        codelists=codelists,
        crosswalks=crosswalks,
        methods=methods,
        publication_rules=publication_rules,
        weights=weights,
        sets=sets.by_name,
        regional_baseline=sets.baseline,
        breaks=breaks,
        corrections=corrections,
        target_group_rules=target_group_rules,
        renames=renames,
        not_applicable=not_applicable,
        expectations=expectations,
        national_targets=national_targets,
        tolerances=tolerances,
        vintage_units=vintage_units,
        fingerprint=fingerprint_of(folder),
        places={code: lines.file for code, lines in read.lines.items()},
    )


def _error(problems: Collection[str]) -> CatalogError:
    """All problems together."""
    n = len(problems)
    return CatalogError(f"{n} problem{'s' * (n > 1)} in the definitions:\n  " + "\n  ".join(sorted(problems)))


def check_datasets(catalog: Catalog, structures: Iterable[DatasetStructure]) -> None:
    """Raises CatalogError with the claims of datasets that no provider declares; else they would claim nothing."""
    there: dict[str, list[str]] = {}
    for s in structures:
        there.setdefault(s.provider, []).append(s.dataset)
    wrong = set()
    for c in catalog.claims:
        known = there.get(c.provider, [])
        if c.dataset not in known:
            wrong.add(f"{c.place}: unknown dataset {c.dataset!r} of {c.provider}; it has {', '.join(known) or 'none'}")
    if wrong:
        raise _error(wrong)


def fingerprint_of(folder: Path = FOLDER) -> str:
    """sha256 over names and contents of all files of the catalogue."""
    digest = hashlib.sha256()
    for path in definition_files(folder):
        digest.update(path.relative_to(folder).as_posix().encode())
        if path.is_file():  # else a broken link or a folder, which is told when the definitions are read
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()

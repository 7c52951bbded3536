"""The catalogue of all definitions: `load_catalog` reads every file of this folder and checks it against the others.

Belongs here: the list of subjects, in the order in which they are read.
Does not belong here: reading and checking one kind of file (the module of its subject), the `reference.*` tables
(tables.py), whether data exist for a definition (an asset check).
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Collection, Iterable
from datetime import date
from pathlib import Path

from indicator_defs.breaks import read_breaks
from indicator_defs.claims import check_claimed_datasets, read_claims
from indicator_defs.codelists import Codelists, read_codelists
from indicator_defs.corrections import read_corrections
from indicator_defs.crosswalks import read_crosswalks
from indicator_defs.datasets import DatasetStructure
from indicator_defs.definition_files import Files, Problems, definition_files
from indicator_defs.errors import CatalogError
from indicator_defs.expectations import read_expectations
from indicator_defs.general_claims import read_general_claims
from indicator_defs.indicator_definitions import read_definitions
from indicator_defs.methods import read_criteria, read_methods, read_publication_rules
from indicator_defs.national_targets import read_national_targets
from indicator_defs.never_together import check_never_together
from indicator_defs.not_applicable import read_not_applicable
from indicator_defs.series_renames import read_renames
from indicator_defs.sets import INDICATOR_SET, IndicatorSet, read_sets
from indicator_defs.target_groups import read_target_group_rules
from indicator_defs.tolerances import read_tolerances
from indicator_defs.vintage_units import read_vintage_units
from indicator_defs.weights import check_weights, read_weight_series, read_weights

FOLDER = Path(__file__).parent


class Catalog:
    """All definitions, checked, with one attribute for each subject; immutable. Made by `load_catalog`.

    `places`: the file of each definition.
    """

    def __init__(self, folder: Path) -> None:
        files = Files(folder)
        problems = files.problems
        self.folder = folder
        self.codelists = _readable_codelists(files)
        self.methods = read_methods(files)
        self.criteria = read_criteria(files)
        self.publication_rules = read_publication_rules(files, self.criteria)
        self.weights = read_weights(files)
        self.weight_series = read_weight_series(files, self.weights)
        definitions = read_definitions(files, self.codelists, self.methods, self.publication_rules, self.weights)
        self.definitions, self.places = definitions.by_code, definitions.places
        check_weights(self.weights, self.definitions, problems)
        self.claims = read_claims(definitions.files, problems)
        self.general_claims = read_general_claims(files)
        check_never_together(files, self.claims)
        self.crosswalks = read_crosswalks(files, self.codelists, self.claims, self.general_claims)
        sets = read_sets(files, self.definitions, self.codelists)
        self.sets = sets.by_name
        self.renames = read_renames(files, self.claims, self.codelists)
        self.breaks = read_breaks(files, self.definitions, self.codelists)
        self.corrections = read_corrections(
            files, self.definitions, self.codelists, self.claims, self.general_claims, self.renames
        )
        self.target_group_rules = read_target_group_rules(files, self.codelists)
        self.not_applicable = read_not_applicable(files, self.definitions, self.codelists)
        self.expectations = read_expectations(files, self.definitions, self.codelists, self.claims)
        self.national_targets = read_national_targets(files, self.definitions, self.codelists)
        self.tolerances = read_tolerances(files, self.definitions)
        self.vintage_units = read_vintage_units(files, self.claims)
        files.check_all_read()
        if problems or sets.baseline is None:
            raise _error(problems)
        self.regional_baseline = sets.baseline
        self.fingerprint = fingerprint_of(folder)

    @property
    def indicator_set(self) -> IndicatorSet:
        """The ASEAN indicator set, whose reference years apply to aggregates and baseline."""
        return self.sets[INDICATOR_SET]

    def as_of(self, day: date) -> Catalog:
        """The same definitions for a build as of a date: no reference year is later than the year of that date."""
        catalog = copy.copy(self)
        catalog.sets = {
            name: s.model_copy(update={"latest_reference_year": min(s.latest_reference_year, day.year)})
            for name, s in self.sets.items()
        }
        return catalog


def _readable_codelists(files: Files) -> Codelists:
    """The code lists. Raises CatalogError if one has no codes, because every use of its codes would be a problem too."""
    codelists = read_codelists(files)
    if unreadable := [name for name, rows in codelists.items() if not rows]:
        for name in (f"codelists/{n}.csv" for n in unreadable):
            if not files.problems.any_in(files.label(name)):
                files.problems.add(f"{files.label(name)}:1", "the file has no codes; add at least one line")
        raise _error(files.problems)
    return codelists


def load_catalog(folder: Path = FOLDER) -> Catalog:
    """All definitions under `folder`, checked against each other.

    Raises CatalogError with a list of all problems, each as `file:line: message`.
    """
    return Catalog(folder)


def check_datasets(catalog: Catalog, structures: Iterable[DatasetStructure]) -> None:
    """Raises CatalogError if claims or series of weights name datasets that no provider declares.

    `structures`: the datasets of all providers.
    """
    problems = Problems()
    check_claimed_datasets([*catalog.claims, *catalog.general_claims, *catalog.weight_series], structures, problems)
    if problems:
        raise _error(set(problems))


def _error(problems: Collection[str]) -> CatalogError:
    """The error that lists all problems."""
    n = len(problems)
    return CatalogError(f"{n} problem{'s' * (n > 1)} in the definitions:\n  " + "\n  ".join(sorted(problems)))


def fingerprint_of(folder: Path = FOLDER) -> str:
    """The sha256 of names and contents of all definition files."""
    digest = hashlib.sha256()
    for path in definition_files(folder):
        digest.update(path.relative_to(folder).as_posix().encode())
        if path.is_file():  # a broken link or a folder is reported when the definitions are read
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()

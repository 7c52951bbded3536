"""Codes of providers and ours: crosswalks/PROVIDER/CONCEPT.csv, and series_renames.csv.

Belongs here: reading both, and checking them against our code lists and the claims of the definitions.
Does not belong here: our own codes (codelists.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePosixPath

from indicator_defs.breakdowns import BREAKDOWNS
from indicator_defs.codelists import CODELIST_OF, Codelists
from indicator_defs.definitions import NATIONAL, Claim
from indicator_defs.files import Files, Problems
from indicator_defs.model import CrosswalkLine, SeriesRename

MAY_BE_NOT_STATED = ("obs_status", "nature", "unit_measure")
_CONCEPTS = (*BREAKDOWNS, "ref_area", *MAY_BE_NOT_STATED)


def read_crosswalks(files: Files, codelists: Codelists) -> list[CrosswalkLine]:
    """The lines of all crosswalks, checked against our code lists."""
    out: list[CrosswalkLine] = []
    for name in files.names("crosswalks/*/*.csv"):
        path = PurePosixPath(name)
        if path.stem in _CONCEPTS:
            out += files.lines(
                name, CrosswalkLine, ("dimension", "code"), {"provider": path.parent.name, "concept": path.stem}
            )
        else:
            files.problems.say(
                f"{files.label(name)}:1",
                f"no column of the warehouse is called {path.stem}; the file's name must be one of "
                f"{', '.join(_CONCEPTS)}",
            )
    _check_targets(out, codelists, files.problems)
    return out


def _check_targets(crosswalks: list[CrosswalkLine], codelists: Codelists, problems: Problems) -> None:
    for x in crosswalks:
        codelist = CODELIST_OF.get(x.concept, x.concept)
        if x.target == "" and x.concept not in MAY_BE_NOT_STATED:
            problems.say(x.place, f"{x.code!r} has no target code")
        elif x.target and x.target not in codelists.codes(codelist):
            meant = codelists.areas.meant(x.target) if codelist == "area" else None
            advice = f"; write {meant}" if meant else ""
            problems.say(x.place, f"target {x.target} is not in codelists/{codelist}.csv{advice}")


def check_providers(crosswalks: Iterable[CrosswalkLine], claims: Iterable[Claim], problems: Problems) -> None:
    """Adds providers without a crosswalk of areas, each at its first claim, and crosswalks that nothing uses."""
    concepts: dict[str, set[str]] = defaultdict(set)
    first: dict[str, CrosswalkLine] = {}
    for line in crosswalks:
        concepts[line.provider].add(line.concept)
        first.setdefault(line.provider, line)
    claimed: dict[str, Claim] = {}
    for claim in claims:
        claimed.setdefault(claim.provider, claim)
    for provider, claim in claimed.items():
        if provider != NATIONAL and "ref_area" not in concepts[provider]:
            known = sorted({NATIONAL, *(p for p in concepts if "ref_area" in concepts[p])})
            problems.say(
                claim.place,
                f"provider {provider} has no crosswalks/{provider}/ref_area.csv; providers are {', '.join(known)}",
            )
    for provider in first.keys() - claimed.keys():
        if concepts[provider] != {"ref_area"}:  # a provider of weights needs its areas only
            problems.say(first[provider].place, f"orphan crosswalk: no definition uses provider {provider}")


def read_renames(files: Files, claims: Iterable[Claim], codelists: Codelists) -> list[SeriesRename]:
    """The renames: each followed by a claim, standing once, in no chain, and naming codes that we have."""
    renames = files.lines("series_renames.csv", SeriesRename, ("provider", "dataset", "old_series"))
    problems = files.problems
    claimed = {(c.provider, c.dataset, c.series.code) for c in claims}
    olds = {_old(r): r for r in renames}
    for r in renames:
        new = (r.provider, r.dataset, r.new_series)
        for breakdown, code in r.old_set.items():
            problems.known(r.place, f"{breakdown} code", code, codelists.codes(breakdown))
        if new not in claimed:
            problems.say(
                r.place, f"no definition claims {r.new_series} of {r.provider}/{r.dataset}, so nothing follows it"
            )
        if _old(r) in claimed:
            problems.say(
                r.place,
                f"a definition claims {r.old_series} itself; take out that claim or this line, or its values would "
                "stand twice",
            )
        if new in olds:
            problems.say(r.place, f"{r.new_series} was renamed in turn in {olds[new].place}; name the last code here")
    return renames


def _old(r: SeriesRename) -> tuple[str, str, str]:
    return r.provider, r.dataset, r.old_series

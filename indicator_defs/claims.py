"""Claims: the series that provide values of an indicator, from the definitions and from general_claims.csv.

Belongs here: the claims of all definitions, checked against each other and against the datasets of the providers.
Does not belong here: the fields of a claim (indicator_definitions.py, general_claims.py), and the choice among feeds
(warehouse/sql/).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from indicator_defs.datasets import DatasetStructure
from indicator_defs.definition_files import Problems, repeated
from indicator_defs.general_claims import GeneralClaim
from indicator_defs.indicator_definitions import DefinitionFile, Feed, SeriesClaim
from indicator_defs.reference_rows import ReferenceRows, by_breakdown, listed, rows_of
from indicator_defs.weights import WeightSeries


@dataclass(frozen=True)
class Claim:
    """One claimed series of a feed, with the indicator and the place of the claim."""

    claim_id: int
    indicator: str
    feed: str
    provider: str
    dataset: str
    rank: int
    series: SeriesClaim
    source: Feed
    file: str
    line: int

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.file}:{self.line}"

    @property
    def filters(self) -> Iterator[tuple[str, str]]:
        """(dimension, code) of the filter, one for each accepted code."""
        for dimension, codes in self.series.where.items():
            for code in [codes] if isinstance(codes, str) else codes:
                yield dimension, code


def read_claims(definition_files: Iterable[DefinitionFile], problems: Problems) -> list[Claim]:
    """The claims of all definitions, checked and numbered in the order of the files."""
    claims: list[Claim] = []
    for file in definition_files:
        d, lines = file.definition, file.lines
        for i, feed in enumerate(d.sources):
            for j, series in enumerate(feed.series):
                claims.append(
                    Claim(
                        claim_id=len(claims) + 1,
                        indicator=d.code,
                        feed=f"{feed.provider}/{feed.dataset}/{feed.series[0].code}",
                        provider=feed.provider,
                        dataset=feed.dataset,
                        rank=feed.rank,
                        series=series,
                        source=feed,
                        file=lines.file,
                        line=lines.at(("sources", i, "series", j)),
                    )
                )
    _check_overlaps(claims, problems)
    _check_titles(claims, problems)
    return claims


def _check_overlaps(claims: list[Claim], problems: Problems) -> None:
    """Adds a problem for each pair of claims with rows in common."""
    for same in repeated(claims, lambda c: (c.provider, c.dataset, c.series.code)):
        for first, second in combinations(same, 2):
            if _overlap(first.series.where, second.series.where):
                problems.add(
                    second.place,
                    f"{second.indicator} claims rows of {first.series.code} ({_filter_text(second)}) that "
                    f"{first.indicator} also claims in {first.place} ({_filter_text(first)}), but each row feeds one "
                    "indicator only; change one of the two filters",
                )


def _check_titles(claims: Iterable[Claim], problems: Problems) -> None:
    """Adds titles without the unit that the feed requires, and titles that are listed more than once."""
    for claim in claims:
        unit = claim.source.series_name_contains
        for title in claim.series.titles:
            if unit is not None and unit not in title:
                problems.add(
                    claim.place, f"titles: found {title!r}, expected a title with {unit!r} (series_name_contains)"
                )
        for same in repeated(claim.series.titles, lambda t: " ".join(t.split()).lower()):
            problems.add(claim.place, f"titles: {same[0]!r} is listed {len(same)} times; keep one")


def check_claimed_datasets(
    claims: Iterable[Claim | GeneralClaim | WeightSeries], structures: Iterable[DatasetStructure], problems: Problems
) -> None:
    """Adds claims and series of weights whose dataset no provider declares; they would never have a row."""
    datasets: dict[str, list[str]] = {}
    for s in structures:
        datasets.setdefault(s.provider, []).append(s.dataset)
    for c in claims:
        of_provider = datasets.get(c.provider, [])
        if c.dataset not in of_provider:
            problems.add(
                c.place,
                f"unknown dataset {c.dataset!r} of {c.provider}; expected one of {', '.join(of_provider) or 'none'}",
            )


def _filter_text(claim: Claim) -> str:
    """The filter of a claim, as text for messages."""
    filters = ", ".join(
        f"{dimension} {codes if isinstance(codes, str) else ' or '.join(codes)}"
        for dimension, codes in claim.series.where.items()
    )
    return f"where {filters}" if filters else "without a filter"


def _overlap(one: dict[str, str | list[str]], other: dict[str, str | list[str]]) -> bool:
    """Whether a row can match both filters on the same series."""
    for dimension in one.keys() & other.keys():
        a, b = one[dimension], other[dimension]
        if not set([a] if isinstance(a, str) else a) & set([b] if isinstance(b, str) else b):
            return False
    return True


def claim_rows(claims: list[Claim], general_claims: list[GeneralClaim], places: Mapping[str, str]) -> ReferenceRows:
    """reference.claim: the claims of the definitions, and the general claims of every indicator.

    `places`: the file of each definition.
    """
    return rows_of(
        [*claims, *_general(claims, general_claims, places)],
        claim_id=lambda c: c.claim_id,
        indicator=lambda c: c.indicator,
        feed=lambda c: c.feed,
        provider=lambda c: c.provider,
        dataset=lambda c: c.dataset,
        source_rank=lambda c: c.rank,
        provider_series=lambda c: c.series.code,
        filters=lambda c: len(c.series.where),
        **by_breakdown("set_", lambda c: c.series.set),
        vintage_from=lambda c: c.source.vintage_from,
        vintage_to=lambda c: c.source.vintage_to,
        series_name_contains=lambda c: c.source.series_name_contains,
        superseded_before=lambda c: c.source.superseded_before,
        feed_note=lambda c: c.source.note,
        definition_file=lambda c: c.file,
        definition_line=lambda c: c.line,
    )


def _general(claims: list[Claim], general_claims: list[GeneralClaim], places: Mapping[str, str]) -> Iterator[Claim]:
    """The general claims of every indicator whose definition does not claim the dataset itself."""
    declared = {(c.indicator, c.provider, c.dataset) for c in claims}
    implied = [(i, g) for i in sorted(places) for g in general_claims if (i, g.provider, g.dataset) not in declared]
    for claim_id, (indicator, general) in enumerate(implied, start=len(claims) + 1):
        series = SeriesClaim(code=indicator)
        yield Claim(
            claim_id=claim_id,
            indicator=indicator,
            feed=f"{general.provider}/{general.dataset}/{indicator}",
            provider=general.provider,
            dataset=general.dataset,
            rank=general.rank,
            series=series,
            source=Feed(provider=general.provider, dataset=general.dataset, series=[series]),
            file=places[indicator],
            line=1,
        )


def claim_filter_rows(claims: Iterable[Claim]) -> ReferenceRows:
    """reference.claim_filter."""
    rows = [
        (c.claim_id, dimension, code, not isinstance(c.series.where[dimension], list))
        for c in claims
        for dimension, code in c.filters
    ]
    return listed(["claim_id", "dimension", "code", "fixes"], rows)


def claim_title_rows(claims: Iterable[Claim]) -> ReferenceRows:
    """reference.claim_title."""
    return listed(["claim_id", "title"], [(c.claim_id, t) for c in claims for t in c.series.titles])

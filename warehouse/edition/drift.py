"""Drift: the differences between an edition and a release, figure by figure, with their causes.

Belongs here: opening both, running the comparison (sql/drift.sql), and the structure of the result.
Does not belong here: finding the causes (causes.py), comparing definitions (definition_changes.py) and sentences
(sentences.py), the text for users (pipelines).
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from indicator_defs.breakdowns import BREAKDOWNS
from warehouse.connection import open_engine, parquet, quoted
from warehouse.disk import sha256
from warehouse.edition.causes import Cause, CauseFinder, MovedSource, moved_sources
from warehouse.edition.definition_changes import DefinitionChange, definition_changes
from warehouse.edition.edition_store import Edition, EditionError, verify
from warehouse.edition.freeze import edition_tables
from warehouse.edition.sentences import Label, differs_in_content
from warehouse.release.release_folders import DATABASE, MANIFEST, read_manifest
from warehouse.release.settings_table import in_release
from warehouse.sql_files import read_sql

SQL = Path(__file__).parent / "sql"
COMPARED = ("figure", "label", "origin", "choice", "member", "weight", "claim")
KINDS = ("disappeared", "changed", "re_dated", "comparability", "class", "new", "status", "footnote", "members")
# Of these kinds are the labels that may be sentences of Payung.
SENTENCE_KINDS = ("comparability", "footnote")


@dataclass(frozen=True)
class FigureState:
    """A figure or label of the edition or of the release: number, published text or label, year of the value."""

    value: float | None
    text: str | None
    year: int | None


@dataclass(frozen=True)
class Difference:
    """One figure or label that differs. `item`: baseline, latest, change, comparability, "latest: class" and so on.

    `is_companion`: it is not a figure itself, but belongs to one (contribution, weight covered, footnote).
    """

    kind: str
    indicator: str
    name: str
    ref_area: str
    cell: str
    is_headline: bool
    is_core: bool
    item: str
    is_companion: bool
    before: FigureState
    after: FigureState
    why: tuple[Cause, ...]

    @property
    def breakdown(self) -> str:
        """The breakdowns of the cell that are not the total, such as "sex=F, age=Y_GE15"; empty for the total."""
        codes = zip(BREAKDOWNS, self.cell.split("|"), strict=False)
        return ", ".join(f"{b}={c}" for b, c in codes if c != "_T")

    def as_dict(self) -> dict[str, Any]:
        """The difference as plain values for JSON."""
        return {**asdict(self), "breakdown": self.breakdown}


@dataclass(frozen=True)
class Drift:
    """All differences between an edition and a release."""

    edition: Edition
    release: str
    differences: list[Difference]
    definitions: list[DefinitionChange]
    sources: list[MovedSource] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether any figure, label or definition differs."""
        return bool(self.differences or self.definitions)

    @cached_property
    def figures(self) -> list[Difference]:
        """The differences of the figures of the baseline, without their companions."""
        return [d for d in self.differences if not d.is_companion]

    @property
    def companions(self) -> list[Difference]:
        """The differences of companions, which belong to figures."""
        return [d for d in self.differences if d.is_companion]

    def by_kind(self) -> dict[str, int]:
        """How many figures differ, by kind, the most important kind first."""
        counts = Counter(d.kind for d in self.figures)
        return {kind: counts[kind] for kind in KINDS if counts[kind]}

    def by_cause(self) -> dict[str, int]:
        """How many figures changed by cause; a figure with two causes counts for both."""
        counts = Counter(cause for d in self.figures for cause in {c.cause for c in d.why})
        return dict(counts.most_common())

    def as_dict(self) -> dict[str, Any]:
        """The drift as plain values for JSON."""
        return {
            "edition": self.edition.name,
            "checksum": self.edition.checksum,
            "edition_release": self.edition.manifest["release"],
            "release": self.release,
            "drift": bool(self),
            "by_kind": self.by_kind(),
            "by_cause": self.by_cause(),
            "sources": [asdict(s) for s in self.sources],
            "definitions": [d.as_dict() for d in self.definitions],
            "differences": [d.as_dict() for d in self.differences],
        }


def drift(edition: Edition, release: Path) -> Drift:
    """The differences between the edition and the release. Raises EditionError where the edition was altered.

    A release whose database was altered after publication is compared too; the alteration is then the cause of
    differences that have no other cause.
    """
    problems = verify(edition)
    if problems:
        problem_list = "; ".join(f"{p.file}: {p.what}" for p in problems[:3])
        raise EditionError(
            f"Edition {edition.name} is not as it was signed ({problem_list}), so it cannot be compared. List all "
            f"problems: payung edition verify {edition.name}"
        )
    manifest = read_manifest(release)
    published = manifest["files"].get(DATABASE, {}).get("sha256")
    altered = sha256(release / DATABASE) != published
    with _both_attached(edition, release) as con:
        changes = definition_changes(con)
        causes = CauseFinder(con, edition.manifest, manifest, changes, altered)
        indicators = con.execute(
            "SELECT indicator, name, tier FROM release.reference.indicator "
            "UNION ALL SELECT indicator, name, tier FROM edition.reference.indicator"
        ).fetchall()
        name_and_core = {indicator: (name, tier == "core") for indicator, name, tier in indicators}
        headline = set(
            con.execute(
                "SELECT indicator, cell FROM edition.baseline.value WHERE is_headline "
                "UNION SELECT indicator, cell FROM release.baseline.value WHERE is_headline"
            ).fetchall()
        )
        differences = []
        for row in con.execute(_sql("drift")).fetchall():
            kind, indicator, area, cell, item, companion, value, value_now, text, text_now, year, year_now = row[:12]
            is_sentence, is_sentence_now, code, code_now, sentence, sentence_now = row[12:]
            if kind in SENTENCE_KINDS and not differs_in_content(
                Label(text, is_sentence, code, sentence), Label(text_now, is_sentence_now, code_now, sentence_now)
            ):
                continue
            differences.append(
                Difference(
                    kind=kind,
                    indicator=indicator,
                    name=name_and_core[indicator][0],
                    ref_area=area,
                    cell=cell,
                    is_headline=(indicator, cell) in headline,
                    is_core=name_and_core[indicator][1],
                    item=item,
                    is_companion=companion,
                    before=FigureState(value, text, year),
                    after=FigureState(value_now, text_now, year_now),
                    why=causes.of(indicator, area, cell, item),
                )
            )
    return Drift(edition, manifest["release"], differences, changes, moved_sources(edition.manifest, manifest))


@contextlib.contextmanager
def _both_attached(edition: Edition, release: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine with the databases `edition` and `release`, and the tables NAME_then and NAME_now of COMPARED."""
    con = open_engine()
    try:
        con.execute("ATTACH ':memory:' AS edition")
        for name in edition_tables():
            if not edition.table(name).exists():
                continue  # only later versions have this table; a query that needs it fails below
            con.execute(f"CREATE SCHEMA IF NOT EXISTS edition.{name.split('.')[0]}")
            con.execute(f"CREATE VIEW edition.{name} AS SELECT * FROM {parquet(edition.table(name))}")
        con.execute(f"ATTACH '{quoted(release / DATABASE)}' AS release (READ_ONLY)")
        for when, database in (("then", "edition"), ("now", "release")):
            con.execute(f"USE {database}")
            for name in COMPARED:
                con.execute(f"CREATE TEMP TABLE {name}_{when} AS {in_release(con, _sql(name))}")
        yield con
    except (duckdb.BinderException, duckdb.CatalogException) as error:
        raise EditionError(
            f"Edition {edition.name} (made by version {edition.manifest['code_version']}) and the release in {release} "
            f"do not have the same tables: {error}. Compare with a release of this version: payung refresh --force"
        ) from error
    except duckdb.IOException as error:
        raise EditionError(f"{release / DATABASE} cannot be opened: {error}. See {release / MANIFEST}.") from error
    finally:
        con.close()


def _sql(name: str) -> str:
    return read_sql(SQL / f"{name}.sql")

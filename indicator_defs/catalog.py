"""The one door to the definitions: reads every file of this folder and checks each against all others.

Belongs here: loading, cross-checks (with file and line), and the `reference.*` tables made from the files.
Does not belong here: whether data exist for a definition (an asset check), and any arithmetic.
"""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel

from indicator_defs.concepts import COLUMNS as CONCEPT_COLUMNS
from indicator_defs.concepts import NEVER_TOGETHER, check_concepts
from indicator_defs.errors import CatalogError
from indicator_defs.expectations import ExpectationReader, Expectations
from indicator_defs.model import (
    BREAKDOWNS,
    Break,
    Correction,
    CrosswalkLine,
    DatasetStructure,
    Feed,
    IndicatorDefinition,
    Method,
    NotApplicable,
    PublicationRule,
    SeriesClaim,
    SeriesRename,
    Tolerance,
    Weight,
)
from indicator_defs.national_targets import COLUMNS as TARGET_COLUMNS
from indicator_defs.national_targets import FILE as TARGETS
from indicator_defs.national_targets import NationalTarget, problems_of
from indicator_defs.set_checks import check_baseline, check_set
from indicator_defs.set_model import IndicatorSet, RegionalBaseline
from indicator_defs.yaml_lines import Lines, load_yaml, parse

if TYPE_CHECKING:
    import pandas as pd

FOLDER = Path(__file__).parent
ATTRIBUTE_CONCEPTS = ("ref_area", "obs_status", "nature", "unit_measure")
MAY_BE_NOT_STATED = ("obs_status", "nature", "unit_measure")
# Code lists by the concept whose codes they hold, where the names differ.
CODELIST_OF = {"ref_area": "area", "unit_measure": "unit"}
BASELINE = "sets/regional_baseline.yaml"
NATIONAL = "national"
# The tolerances of indicators that have none of their own.
EVERY_INDICATOR = "all"
NATIONAL_DATASETS = {"submissions": 0, "documents": 9}
LIST_COLUMNS = {
    "area": ("code", "name", "description", "type", "iso2", "m49"),
    "area_group": ("group", "member", "valid_from", "valid_to", "note"),
    "age": ("code", "name", "description", "age_from", "age_to"),
    "body": ("code", "name", "description", "type"),
}
PLAIN_LISTS = (
    *(b for b in BREAKDOWNS if b != "age"),
    "target_group",
    "sector",
    "obs_status",
    "nature",
    "unit",
    "body",
    "indicator_group",
    "article",
    "gap_reason",
)
NOT_APPLICABLE_COLUMNS = ("indicator", "ref_area", "breakdown", "why", "evidence")
RULE_COLUMNS = (
    "target_group",
    "match",
    "priority",
    "sex",
    "age_within_from",
    "age_within_to",
    "disability_status",
    "income_wealth_quantile",
    "migratory_status",
    "formality",
    "note",
)
RENAME_COLUMNS = (
    "provider",
    "dataset",
    "old_series",
    "new_series",
    "old_set",
    "valid_from",
    "note",
    "evidence",
)
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Row:
    """One line of a CSV file, with its place."""

    values: dict[str, str]
    file: str
    line: int

    def __getitem__(self, column: str) -> str:
        return self.values[column]


@dataclass(frozen=True)
class Claim:
    """One series claim of a definition's feed, flattened, with its place."""

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


@dataclass(frozen=True)
class Catalog:
    """Everything that indicator_defs holds, checked. Make it with `load_catalog`."""

    folder: Path
    definitions: dict[str, IndicatorDefinition]
    claims: list[Claim]
    codelists: dict[str, list[Row]]
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
    fingerprint: str
    places: dict[str, str] = field(default_factory=dict)

    @cached_property
    def indicator_set(self) -> IndicatorSet:
        """The ASEAN indicator set, whose reference years hold for aggregates and baseline."""
        return self.sets["asean_indicator_set"]

    def codes(self, codelist: str) -> set[str]:
        """The codes of one code list."""
        return {row["code"] for row in self.codelists[codelist]}

    def names(self, codelist: str) -> dict[str, str]:
        """Code → name of one code list."""
        return {row["code"]: row["name"] for row in self.codelists[codelist]}

    def members(self, group: str) -> list[str]:
        """Today's members of an area group, in the order of the file."""
        return [r["member"] for r in self.codelists["area_group"] if r["group"] == group and not r["valid_to"]]

    def tables(self, structures: list[DatasetStructure]) -> dict[str, pd.DataFrame]:
        """The `reference.*` tables, by name without the schema. `structures`: the datasets of all providers."""
        from indicator_defs.tables import reference_tables

        return reference_tables(self, structures)


def load_catalog(folder: Path = FOLDER) -> Catalog:
    """All definitions under `folder`, checked against each other.

    Raises CatalogError listing every problem as `file:line: what`, not only the first.
    """
    return _Reader(folder).read()


def files_of(folder: Path = FOLDER) -> list[Path]:
    """The files that make the catalogue, sorted: what its fingerprint is taken over."""
    return sorted(p for p in folder.rglob("*") if p.suffix in (".yaml", ".csv"))


def fingerprint_of(folder: Path = FOLDER) -> str:
    """sha256 over names and contents of all files of the catalogue."""
    digest = hashlib.sha256()
    for path in files_of(folder):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


class _Reader:
    """One pass over the folder; collects problems and raises them together."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[str] = []
        self.definitions: dict[str, IndicatorDefinition] = {}
        self.claims: list[Claim] = []
        self.codelists: dict[str, list[Row]] = {}
        self.codes: dict[str, set[str]] = {}
        self.places: dict[str, str] = {}
        self.lines: dict[str, Lines] = {}

    def read(self) -> Catalog:
        self._read_codelists()
        methods, rules = self._read_methods()
        weights = {w.name: w for w in self._read_items("weights.yaml", "weights", Weight)}
        self._read_definitions()
        crosswalks = self._read_crosswalks()
        target_rules = self._read_csv(self.folder / "target_group_rules.csv", RULE_COLUMNS)
        renames = self._read_renames()
        not_applicable = self._read_not_applicable()
        targets = self._read_targets()
        sets, baseline = self._read_sets()
        breaks = [b for p in self._yaml_files("breaks") for b in self._read_items(p, "breaks", Break)]
        corrections = [
            c for p in self._yaml_files("corrections") for c in self._read_items(p, "corrections", Correction)
        ]
        tolerances = self._read_items("tolerances.yaml", "tolerances", Tolerance)

        self._check_definitions(methods, rules, weights)
        self._check_claims()
        self._check_crosswalk_providers(crosswalks)
        self._check_rules(target_rules)
        self._check_renames(renames)
        self._check_not_applicable(not_applicable)
        self._check_sets(sets, baseline)
        self._check_weights(weights)
        members = {r["member"] for r in self.codelists["area_group"] if r["group"] == "ASEAN" and not r["valid_to"]}
        self.problems += problems_of(targets, self.definitions, members)
        self._check_tolerances(tolerances)
        for b in breaks:
            self._check_cell(b.indicator, b.area, self.places[repr(b)])
        for c in corrections:
            self._check_cell(c.indicator, c.area, self.places[repr(c)])
            for concept, code in c.breakdown.items():
                self._known(f"{concept} code", code, self.codes[concept], self.places[repr(c)])
        never = self._read_csv(self.folder / NEVER_TOGETHER, CONCEPT_COLUMNS)
        check_concepts(never, self.claims, self.problems)
        expectations = self._read_expectations()
        if self.problems or baseline is None:
            n = len(self.problems)
            raise CatalogError(
                f"{n} problem{'s' * (n > 1)} in the definitions:\n  " + "\n  ".join(sorted(self.problems))
            )
        return Catalog(
            folder=self.folder,
            definitions=dict(sorted(self.definitions.items())),
            claims=self.claims,
            codelists=self.codelists,
            crosswalks=crosswalks,
            methods=methods,
            publication_rules=rules,
            weights=weights,
            sets=sets,
            regional_baseline=baseline,
            breaks=breaks,
            corrections=corrections,
            target_group_rules=target_rules,
            renames=renames,
            not_applicable=not_applicable,
            expectations=expectations,
            national_targets=targets,
            tolerances={t.indicator: t for t in tolerances},
            fingerprint=fingerprint_of(self.folder),
            places=self.places,
        )

    # reading

    def _label(self, path: Path) -> str:
        return f"{self.folder.name}/{path.relative_to(self.folder).as_posix()}"

    def _yaml_files(self, sub: str) -> list[str]:
        return [p.relative_to(self.folder).as_posix() for p in sorted((self.folder / sub).glob("*.yaml"))]

    def _read_csv(self, path: Path, columns: tuple[str, ...]) -> list[Row]:
        label = self._label(path)
        if not path.exists():
            self.problems.append(f"{label}:1: the file is missing")
            return []
        with path.open(encoding="utf-8", newline="") as handle:
            reader = csv.reader(handle)
            header = next(reader, [])
            missing = [c for c in columns if c not in header]
            if missing:
                self.problems.append(f"{label}:1: columns missing: {', '.join(missing)}")
                return []
            rows = []
            for cells in reader:
                if len(cells) != len(header):
                    self.problems.append(
                        f"{label}:{reader.line_num}: {len(cells)} cells, the header has {len(header)} "
                        "(quote cells that hold a comma)"
                    )
                    continue
                rows.append(Row(dict(zip(header, (c.strip() for c in cells), strict=True)), label, reader.line_num))
        return rows

    def _read_codelists(self) -> None:
        for name in (*LIST_COLUMNS, *PLAIN_LISTS):
            columns = LIST_COLUMNS.get(name, ("code", "name", "description"))
            rows = self._read_csv(self.folder / "codelists" / f"{name}.csv", columns)
            self.codelists[name] = rows
            if "code" not in columns:
                continue
            seen: dict[str, int] = {}
            for row in rows:
                if row["code"] in seen:
                    self.problems.append(
                        f"{row.file}:{row.line}: code {row['code']} stands in line {seen[row['code']]} too"
                    )
                seen[row["code"]] = row.line
            self.codes[name] = set(seen)
        for row in self.codelists["age"]:
            for bound in ("age_from", "age_to"):
                if row[bound] and not _is_number(row[bound]):
                    self.problems.append(
                        f"{row.file}:{row.line}: {bound} is {row[bound]!r}, expected years as a number"
                    )
        for row in self.codelists["area_group"]:
            place = f"{row.file}:{row.line}"
            self._known("area", row["group"], self.codes["area"], place)
            self._known("area", row["member"], self.codes["area"], place)

    def _read_items(self, name: str, key: str, model: type[M]) -> list[M]:
        path = self.folder / name
        label = self._label(path)
        if not path.exists():
            self.problems.append(f"{label}:1: the file is missing")
            return []
        data, lines = load_yaml(path, label, self.problems)
        self.lines[name] = lines
        if data is None:
            return []
        if not isinstance(data, dict) or not isinstance(data.get(key), list):
            self.problems.append(f"{label}:1: expected a list under `{key}:`")
            return []
        items = []
        for i, entry in enumerate(data[key]):
            item = parse(model, entry, lines, (key, i), self.problems)
            if item is not None:
                self.places[repr(item)] = f"{label}:{lines.at((key, i))}"
                items.append(item)
        return items

    def _read_sets(self) -> tuple[dict[str, IndicatorSet], RegionalBaseline | None]:
        sets: dict[str, IndicatorSet] = {}
        baseline = None
        for name in self._yaml_files("sets"):
            path = self.folder / name
            data, lines = load_yaml(path, self._label(path), self.problems)
            if data is None:
                continue
            if name == BASELINE:
                baseline = parse(RegionalBaseline, data, lines, (), self.problems)
                self.lines[BASELINE] = lines
            elif (s := parse(IndicatorSet, data, lines, (), self.problems)) is not None:
                sets[s.name] = s
                self.lines[f"sets/{s.name}"] = lines
        if not (self.folder / BASELINE).exists():
            self.problems.append(f"{self.folder.name}/{BASELINE}:1: the file is missing")
        return sets, baseline

    def _read_methods(self) -> tuple[dict[str, Method], dict[str, PublicationRule]]:
        methods = {m.name: m for m in self._read_items("methods.yaml", "methods", Method)}
        rules = {r.name: r for r in self._read_items("methods.yaml", "publication_rules", PublicationRule)}
        return methods, rules

    def _read_definitions(self) -> None:
        for path in sorted((self.folder / "indicators").rglob("*.yaml")):
            label = self._label(path)
            data, lines = load_yaml(path, label, self.problems)
            if data is None:
                continue
            definition = parse(IndicatorDefinition, data, lines, (), self.problems)
            if definition is None:
                continue
            if path.stem != definition.code:
                self.problems.append(
                    f"{label}:{lines.at(('code',))}: code {definition.code} differs from the file's name"
                )
            if path.parent.name != definition.group:
                place = f"{label}:{lines.at(('group',))}"
                self.problems.append(f"{place}: group {definition.group} differs from the folder {path.parent.name}")
            if definition.code in self.definitions:
                self.problems.append(f"{label}:1: {definition.code} is defined in {self.places[definition.code]} too")
            self.definitions[definition.code] = definition
            self.places[definition.code] = label
            self.lines[definition.code] = lines
            for i, feed in enumerate(definition.sources):
                feed_id = f"{feed.provider}/{feed.dataset}/{feed.series[0].code}"
                for j, series in enumerate(feed.series):
                    line = lines.at(("sources", i, "series", j))
                    self.claims.append(
                        Claim(
                            len(self.claims) + 1,
                            definition.code,
                            feed_id,
                            feed.provider,
                            feed.dataset,
                            feed.rank,
                            series,
                            feed,
                            label,
                            line,
                        )
                    )

    def _read_crosswalks(self) -> list[CrosswalkLine]:
        out: list[CrosswalkLine] = []
        seen: dict[tuple[str, str, str, str], str] = {}
        for path in sorted((self.folder / "crosswalks").glob("*/*.csv")):
            provider, concept = path.parent.name, path.stem
            label = self._label(path)
            if concept not in (*BREAKDOWNS, *ATTRIBUTE_CONCEPTS):
                self.problems.append(
                    f"{label}:1: no column of the warehouse is called {concept}; "
                    f"the file's name must be one of {', '.join((*BREAKDOWNS, *ATTRIBUTE_CONCEPTS))}"
                )
                continue
            codes = self.codes[CODELIST_OF.get(concept, concept)]
            for row in self._read_csv(path, ("dimension", "code", "target", "note")):
                place = f"{row.file}:{row.line}"
                key = (provider, concept, row["dimension"], row["code"])
                if key in seen:
                    self.problems.append(
                        f"{place}: {row['dimension']} {row['code']!r} is translated in {seen[key]} too"
                    )
                seen[key] = place
                if row["target"] == "" and concept not in MAY_BE_NOT_STATED:
                    self.problems.append(f"{place}: {row['code']!r} has no target code")
                elif row["target"] and row["target"] not in codes:
                    self.problems.append(
                        f"{place}: target {row['target']} is not in codelists/{CODELIST_OF.get(concept, concept)}.csv"
                    )
                out.append(
                    CrosswalkLine(
                        provider=provider,
                        dimension=row["dimension"],
                        code=row["code"],
                        concept=concept,
                        target=row["target"],
                        note=row["note"],
                        file=row.file,
                        line=row.line,
                    )
                )
        return out

    def _read_renames(self) -> list[SeriesRename]:
        out: list[SeriesRename] = []
        for row in self._read_csv(self.folder / "series_renames.csv", RENAME_COLUMNS):
            lines = Lines(row.file)
            lines.of[()] = row.line
            pairs = [part.partition("=") for part in row["old_set"].split(";") if part.strip()]
            data = {
                **{column: row[column] for column in RENAME_COLUMNS},
                "old_set": {breakdown.strip(): code.strip() for breakdown, _, code in pairs},
                "file": row.file,
                "line": row.line,
            }
            rename = parse(SeriesRename, data, lines, (), self.problems)
            if rename is not None:
                out.append(rename)
        return out

    def _read_not_applicable(self) -> list[NotApplicable]:
        out = []
        for row in self._read_csv(self.folder / "not_applicable.csv", NOT_APPLICABLE_COLUMNS):
            lines = Lines(row.file)
            lines.of[()] = row.line
            data = {**{c: row[c] for c in NOT_APPLICABLE_COLUMNS}, "list_file": row.file, "list_line": row.line}
            entry = parse(NotApplicable, data, lines, (), self.problems)
            if entry is not None:
                out.append(entry)
        return out

    def _read_expectations(self) -> Expectations:
        groups = {r["group"] for r in self.codelists["area_group"]}
        providers = {c.provider for c in self.claims}
        reader = ExpectationReader(self.problems, self.definitions, self.codes, groups, providers)
        return reader.read(lambda name, columns: self._read_csv(self.folder / name, columns))

    def _read_targets(self) -> list[NationalTarget]:
        out: list[NationalTarget] = []
        for row in self._read_csv(self.folder / TARGETS, TARGET_COLUMNS):
            lines = Lines(row.file)
            lines.of[()] = row.line
            # An empty cell is not given; it is no zero.
            data = {column: row[column] or None for column in TARGET_COLUMNS}
            target = parse(NationalTarget, {**data, "file": row.file, "line": row.line}, lines, (), self.problems)
            if target is not None:
                out.append(target)
        return out

    # checking

    def _known(self, what: str, code: str, among: Any, place: str) -> None:
        if code not in among:
            self.problems.append(f"{place}: unknown {what} {code!r}")

    def _check_cell(self, indicator: str, area: str, place: str) -> None:
        self._known("indicator", indicator, self.definitions, place)
        self._known("area", area, self.codes["area"], place)

    def _check_definitions(
        self, methods: dict[str, Method], rules: dict[str, PublicationRule], weights: dict[str, Weight]
    ) -> None:
        for d in self.definitions.values():
            lines = self.lines[d.code]

            def at(*path: str | int, lines: Lines = lines) -> str:
                return f"{lines.file}:{lines.at(path)}"

            self._known("group (codelists/indicator_group.csv)", d.group, self.codes["indicator_group"], at("group"))
            self._known("unit (codelists/unit.csv)", d.unit, self.codes["unit"], at("unit"))
            self._known("sector (codelists/sector.csv)", d.sector, self.codes["sector"], at("sector"))
            self._known("publication rule (methods.yaml)", d.publication_rule, rules, at("publication_rule"))
            for i, body in enumerate(d.body):
                self._known("body (codelists/body.csv)", body, self.codes["body"], at("body", i))
            for i, body in enumerate(d.gap.body if d.gap else []):
                self._known("body (codelists/body.csv)", body, self.codes["body"], at("gap", "body", i))
            for i, article in enumerate(d.articles):
                self._known("article (codelists/article.csv)", article, self.codes["article"], at("articles", i))
            for concept, code in d.headline.items():
                self._known(f"{concept} code", code, self.codes[concept], at("headline", concept))
            for i, rule in enumerate(d.target_groups):
                self._known("target group", rule.group, self.codes["target_group"], at("target_groups", i))
                for concept, code in rule.where.items():
                    self._known(f"{concept} code", code, self.codes[concept], at("target_groups", i, "where"))
            for i, feed in enumerate(d.sources):
                for j, series in enumerate(feed.series):
                    for concept, code in series.set.items():
                        self._known(f"{concept} code", code, self.codes[concept], at("sources", i, "series", j, "set"))
            a = d.aggregation
            if a.sex_total_age is not None:
                self._known("age code", a.sex_total_age, self.codes["age"], at("aggregation", "sex_total_age"))
            method = methods.get(a.method)
            if method is None:
                self.problems.append(f"{at('aggregation', 'method')}: unknown method {a.method!r}; see methods.yaml")
            elif method.needs_weight and a.weight is None:
                self.problems.append(f"{at('aggregation')}: method {a.method} needs a weight")
            if a.weight is not None:
                self._known("weight (weights.yaml)", a.weight, weights, at("aggregation", "weight"))

    def _check_claims(self) -> None:
        by_series: dict[tuple[str, str, str], list[Claim]] = defaultdict(list)
        for claim in self.claims:
            by_series[(claim.provider, claim.dataset, claim.series.code)].append(claim)
        for same in by_series.values():
            for i, one in enumerate(same):
                for other in same[i + 1 :]:
                    if _overlap(one.series.where, other.series.where):
                        self.problems.append(
                            f"{other.file}:{other.line}: {other.indicator} claims cells of {one.series.code} that "
                            f"{one.indicator} claims in {one.file}:{one.line}; one provider row serves one indicator"
                        )

    def _check_crosswalk_providers(self, crosswalks: list[CrosswalkLine]) -> None:
        concepts: dict[str, set[str]] = defaultdict(set)
        first: dict[str, str] = {}
        for line in crosswalks:
            concepts[line.provider].add(line.concept)
            first.setdefault(line.provider, f"{line.file}:{line.line}")
        claimed = {c.provider for c in self.claims} - {NATIONAL}
        for claim in self.claims:
            if claim.provider in claimed and "ref_area" not in concepts[claim.provider]:
                file = f"crosswalks/{claim.provider}/ref_area.csv"
                self.problems.append(f"{claim.file}:{claim.line}: provider {claim.provider} has no {file}")
                claimed.discard(claim.provider)
        for provider in set(first) - {c.provider for c in self.claims}:
            if concepts[provider] != {"ref_area"}:  # a provider of weights needs its areas only
                self.problems.append(f"{first[provider]}: orphan crosswalk: no definition uses provider {provider}")

    def _check_rules(self, rules: list[Row]) -> None:
        for row in rules:
            place = f"{row.file}:{row.line}"
            self._known("target group", row["target_group"], self.codes["target_group"], place)
            if row["match"] not in ("exact", "proxy"):
                self.problems.append(f"{place}: match is {row['match']!r}, expected exact or proxy")
            if not row["priority"].isdigit():
                self.problems.append(f"{place}: priority is {row['priority']!r}, expected a whole number")
            for column in ("age_within_from", "age_within_to"):
                if row[column] and not _is_number(row[column]):
                    self.problems.append(f"{place}: {column} is {row[column]!r}, expected years as a number")
            for concept in ("sex", "disability_status", "income_wealth_quantile", "migratory_status", "formality"):
                if row[concept]:
                    self._known(f"{concept} code", row[concept], self.codes[concept], place)

    def _check_renames(self, renames: list[SeriesRename]) -> None:
        claimed = {(c.provider, c.dataset, c.series.code) for c in self.claims}
        olds: dict[tuple[str, str, str], str] = {}
        for r in renames:
            place = f"{r.file}:{r.line}"
            for breakdown, code in r.old_set.items():
                self._known(f"{breakdown} code", code, self.codes[breakdown], place)
            old, new = (r.provider, r.dataset, r.old_series), (r.provider, r.dataset, r.new_series)
            if old in olds:
                self.problems.append(f"{place}: {r.old_series} is renamed in {olds[old]} too")
            olds[old] = place
            if new not in claimed:
                self.problems.append(
                    f"{place}: no definition claims {r.new_series} of {r.provider}/{r.dataset}, so nothing follows it"
                )
            if old in claimed:
                self.problems.append(
                    f"{place}: a definition claims {r.old_series} itself; take out that claim or this line, or its "
                    "values would stand twice"
                )
        for r in renames:
            if (r.provider, r.dataset, r.new_series) in olds:
                self.problems.append(
                    f"{r.file}:{r.line}: {r.new_series} was renamed in turn in "
                    f"{olds[r.provider, r.dataset, r.new_series]}; name the last code here"
                )

    def _check_not_applicable(self, entries: list[NotApplicable]) -> None:
        members = {r["member"] for r in self.codelists["area_group"] if not r["valid_to"]}
        seen: dict[tuple[str, str, str], str] = {}
        for e in entries:
            place = f"{e.list_file}:{e.list_line}"
            first = seen.setdefault((e.indicator, e.ref_area, e.breakdown), place)
            if first != place:
                self.problems.append(f"{place}: the same figures stand in {first} too")
            if e.indicator != "*":
                self._known("indicator", e.indicator, self.definitions, place)
            if e.ref_area != "*":
                self._known("Member State", e.ref_area, members, place)
            if e.indicator == e.ref_area == "*":
                self.problems.append(f"{place}: indicator and ref_area are both *; name at least one of them")

    def _check_sets(self, sets: dict[str, IndicatorSet], baseline: RegionalBaseline | None) -> None:
        if "asean_indicator_set" not in sets:
            self.problems.append(f"{self.folder.name}/sets/asean_indicator_set.yaml:1: the set is missing")
        groups = {r["group"] for r in self.codelists["area_group"]}
        bodies = {r["code"]: r["type"] for r in self.codelists["body"]}

        def places(name: str) -> Callable[..., str]:
            lines = self.lines[name]
            return lambda *path: f"{lines.file}:{lines.at(path)}"

        for s in sets.values():
            self.problems += check_set(s, places(f"sets/{s.name}"), self.definitions, bodies, groups)
        if baseline is not None:
            at = places(BASELINE)
            self.problems += check_baseline(baseline, at, self.definitions, sets, self.codes["indicator_group"])

    def _check_tolerances(self, tolerances: list[Tolerance]) -> None:
        seen: dict[str, str] = {}
        for t in tolerances:
            place = self.places[repr(t)]
            if t.indicator != EVERY_INDICATOR:
                self._known("indicator", t.indicator, set(self.definitions), place)
            if t.indicator in seen:
                self.problems.append(f"{place}: {t.indicator} has tolerances in {seen[t.indicator]} too")
            seen[t.indicator] = place
        if EVERY_INDICATOR not in seen:
            self.problems.append(
                f"{self.folder.name}/tolerances.yaml:1: no entry for `indicator: {EVERY_INDICATOR}`, which holds for the "
                "indicators without their own"
            )

    def _check_weights(self, weights: dict[str, Weight]) -> None:
        for w in weights.values():
            place = self.places[repr(w)]
            if w.kind == "series" and not w.series:
                self.problems.append(f"{place}: weight {w.name} of kind series names no series")
            if w.kind == "beneficiaries":
                self._known("indicator", w.coverage_indicator or "", self.definitions, place)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _overlap(one: dict[str, str | list[str]], other: dict[str, str | list[str]]) -> bool:
    """Whether two filters on the same series can hold for one row."""
    for dimension in one.keys() & other.keys():
        a, b = one[dimension], other[dimension]
        if not set([a] if isinstance(a, str) else a) & set([b] if isinstance(b, str) else b):
            return False
    return True


def filter_lines(claim: Claim) -> Iterator[tuple[str, str]]:
    """(dimension, code) of a claim's filter, one per allowed code."""
    for dimension, codes in claim.series.where.items():
        for code in [codes] if isinstance(codes, str) else codes:
            yield dimension, code

"""The files of the catalogue: CSV lines and YAML entries, read into models with their place.

All problems are collected as `file:line: message`. Which files there are, and how they depend on each other, is in the
modules of the subjects.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from indicator_defs.csv_records import records
from indicator_defs.model import Placed
from indicator_defs.names import Names, similar_codes
from indicator_defs.yaml_lines import Lines, load_yaml, parse, read_text

T = TypeVar("T")
P = TypeVar("P", bound=Placed)


@dataclass(frozen=True)
class Row:
    """One line of a CSV file, with its place."""

    values: dict[str, str]
    file: str
    line: int

    def __getitem__(self, column: str) -> str:
        return self.values[column]

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.file}:{self.line}"


ENDINGS = (".yaml", ".yml", ".csv")
# A message lists all expected codes up to the first number, and up to the second if none of them is similar.
_SHORT_LIST, _LONG_LIST = 12, 40


class Problems(list[str]):
    """The problems of the definitions, each as `file:line: message`; all are reported together.

    `faulty`: the names of entries that could not be read. A reference to one of them is not reported as well.
    """

    def __init__(self) -> None:
        super().__init__()
        self.faulty: set[str] = set()

    def add(self, place: str, message: str) -> None:
        """Adds one problem."""
        self.append(f"{place}: {message}")

    def add_duplicate(self, place: str, what: str, other: str, remedy: str = "keep one of the two") -> None:
        """Adds the problem that `what` occurs both at this place and in `other`."""
        self.add(place, f"{what} is also in {other}; {remedy}")

    def any_in(self, file: str) -> bool:
        """Whether there is a problem in this file, given by its label."""
        return any(problem.startswith(f"{file}:") for problem in self)

    def check_code(
        self, place: str, what: str, code: str, among: Collection[str], field: str = "", names: Names | None = None
    ) -> bool:
        """Whether a code is one of `among`; if not, a problem is added that lists the accepted or similar codes.

        `what`: the kind of code, in words; `field`: the field of the code, if the place has several; `names`: other
        names by which the correct code can be found.
        """
        if code in among:
            return True
        if code not in self.faulty:
            correct = names.find(code) if names is not None else None
            remedy = f"; write {correct}" if correct in among else _accepted(code, among, names)
            self.add(place, f"{field and f'{field}: '}unknown {what} {code!r}{remedy}")
        return False

    def check_cell(self, row: Row, column: str, is_valid: bool, expected: str) -> bool:
        """Returns `is_valid`; if it is false, adds a problem with the found and the expected content."""
        if not is_valid:
            self.add(row.place, f"{column}: found {row[column]!r}, expected {expected}")
        return is_valid


class Files:
    """The files of one catalogue, by their names below its folder; problems are added to `problems`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems = Problems()
        self._read: set[Path] = set()

    def label(self, name: str) -> str:
        """The name of a file in messages and tables."""
        return f"{self.folder.name}/{name}"

    def names(self, pattern: str) -> list[str]:
        """The files that match a pattern, sorted, without hidden files (editors create them)."""
        names = (p.relative_to(self.folder).as_posix() for p in sorted(self.folder.glob(pattern)))
        return [n for n in names if not is_hidden(n)]

    def check_all_read(self) -> None:
        """Adds a problem for each definition file that was not read; a misplaced file would otherwise be ignored."""
        for path in definition_files(self.folder):
            label = self.label(path.relative_to(self.folder).as_posix())
            if path not in self._read and not self.problems.any_in(label):
                self.problems.add(
                    f"{label}:1",
                    "a file with this name in this folder is not read; expected a name that ends in .yaml or .csv "
                    "(lower case) in the folder of its kind; move or rename it (docs/definitions.md)",
                )

    def required(self, name: str, content: str) -> bool:
        """Whether a required file exists; if not, a problem is added that gives its expected `content`."""
        if (self.folder / name).exists():
            return True
        self.problems.add(f"{self.label(name)}:1", f"the file is missing; expected {content}")
        return False

    def missing(self, name: str, what: str) -> None:
        """Adds the problem that `what` is missing in a file."""
        self.problems.add(f"{self.label(name)}:1", f"{what} is missing; add it")

    def rows(self, name: str, columns: Iterable[str], key: Sequence[str]) -> list[Row]:
        """The lines of a CSV file with exactly these columns; `key`: the columns that are unique together."""
        columns = tuple(columns)
        if not self.required(name, f"a table with the columns {', '.join(columns)}"):
            return []
        label = self.label(name)
        self._read.add(self.folder / name)
        text = read_text(self.folder / name, label, self.problems)
        if text is None:
            return []
        found = records(text, columns, lambda line, fault: self.problems.add(f"{label}:{line}", fault))
        rows = [Row(cells, label, line) for line, cells in found]
        for same in repeated(rows, lambda row: tuple(row[c] for c in key)):
            for before, row in pairwise(same):
                what = ", ".join(f"{c} {row[c] or 'empty'}" for c in key)
                self.problems.add_duplicate(row.place, what, f"line {before.line}", "keep one of the two lines")
        return rows

    def lines(self, name: str, model: type[P], key: Sequence[str], given: Mapping[str, str] | None = None) -> list[P]:
        """The lines of a CSV file as models, with a column for each field that is not `given` for the whole file.

        `key`: the columns that are unique together.
        """
        given = given or {}
        columns = [f for f in model.model_fields if f not in given]
        out = []
        for row in self.rows(name, columns, key):
            data = {**given, **{c: row[c] for c in columns}}
            out += self._placed(model, data, Lines(row.file, row.line), ())
        return out

    def items(self, name: str, key: str, model: type[P]) -> list[P]:
        """The entries of the list under `key` in a YAML file, as models."""
        if not self.required(name, f"a list under `{key}:`"):
            return []
        data, lines = self.yaml(name)
        if data is None:
            return []
        if not isinstance(data, dict) or not isinstance(data.get(key), list):
            self.problems.add(f"{lines.file}:1", f"found no list under `{key}:`; add it")
            return []
        return [item for i, entry in enumerate(data[key]) for item in self._placed(model, entry, lines, (key, i))]

    def yaml(self, name: str) -> tuple[Any, Lines]:
        """The content of a YAML file, None if it cannot be read, and its line numbers."""
        self._read.add(self.folder / name)
        return load_yaml(self.folder / name, self.label(name), self.problems)

    def _placed(self, model: type[P], data: Any, lines: Lines, path: tuple[str | int, ...]) -> list[P]:
        """The model of one node with its place, in a list; an empty list if the node is faulty."""
        item = parse(model, data, lines, path, self.problems)
        if item is None:
            if isinstance(data, Mapping) and "name" in data:
                self.problems.faulty.add(str(data["name"]))
            return []
        return [item.placed_at(lines.file, lines.at(path))]


def _accepted(code: str, among: Collection[str], names: Names | None = None) -> str:
    """The part of a message about an unknown code: all accepted codes of a short list, the similar ones of a long list."""
    matches = difflib.get_close_matches(code, among, n=3) if names is None else names.similar(code, 3)
    similar = [c for c in matches if c in among]
    if len(among) <= (_SHORT_LIST if similar else _LONG_LIST):
        return f"; expected one of {', '.join(sorted(among)) or 'none'}"
    return f"; {similar_codes(similar)}" if similar else ""


def definition_files(folder: Path) -> list[Path]:
    """All files below a folder that end like a definition file, in upper or lower case, sorted."""
    paths = (p for p in folder.rglob("*") if p.suffix.lower() in ENDINGS)
    return sorted(p for p in paths if not is_hidden(p.relative_to(folder).as_posix()))


def is_hidden(name: str) -> bool:
    """Whether the name of a file or of one of its folders begins with a dot."""
    return any(part.startswith(".") for part in name.split("/"))


def repeated(items: Iterable[T], key: Callable[[T], Hashable]) -> Iterator[list[T]]:
    """The groups of items with the same key, in their order; keys of one item only are left out."""
    by_key: dict[Hashable, list[T]] = defaultdict(list)
    for item in items:
        by_key[key(item)].append(item)
    return (same for same in by_key.values() if len(same) > 1)

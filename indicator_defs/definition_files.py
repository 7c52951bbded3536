"""The files of the catalogue: CSV lines and YAML entries, read into models with their place.

Belongs here: reading any file of this folder, and collecting what is wrong as `file:line: what`.
Does not belong here: which files there are and how they must fit together (the modules of the subjects).
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
from indicator_defs.names import Names
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
# A message lists all codes that are expected up to the first number, and up to the second where none of them is near.
_SHORT_LIST, _LONG_LIST = 12, 40


class Problems(list[str]):
    """What is wrong with the definitions, each as `file:line: what`: all of it is reported at once.

    `faulty`: names of entries that could not be read; that something else names them is no second problem.
    """

    def __init__(self) -> None:
        super().__init__()
        self.faulty: set[str] = set()

    def add(self, place: str, what: str) -> None:
        """Adds one problem."""
        self.append(f"{place}: {what}")

    def any_in(self, file: str) -> bool:
        """Whether there is a problem in this file, named as in messages."""
        return any(problem.startswith(f"{file}:") for problem in self)

    def check_code(
        self, place: str, what: str, code: str, among: Collection[str], field: str = "", names: Names | None = None
    ) -> bool:
        """Whether a code is one of those `among`; a problem if not, with what is allowed.

        `what`: the kind of code, in words; `field`: the field of the code, where the place has several; `names`: other
        names by which the code that was meant is found.
        """
        if code in among:
            return True
        if code not in self.faulty:
            meant = names.meant(code) if names is not None else None
            advice = f"; write {meant}" if meant in among else _allowed(code, among, names)
            self.add(place, f"{field and f'{field}: '}unknown {what} {code!r}{advice}")
        return False

    def check_cell(self, row: Row, column: str, holds: bool, what: str) -> bool:
        """Whether a cell holds what it should, which the caller found out; a problem if not."""
        if not holds:
            self.add(row.place, f"{column} is {row[column]!r}, expected {what}")
        return holds


class Files:
    """The files of one catalogue, by their names below its folder; faults go to `problems`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems = Problems()
        self._read: set[Path] = set()

    def label(self, name: str) -> str:
        """How a file is named in messages and tables."""
        return f"{self.folder.name}/{name}"

    def names(self, pattern: str) -> list[str]:
        """The files that fit a pattern, sorted; hidden ones, which editors make, are none."""
        names = (p.relative_to(self.folder).as_posix() for p in sorted(self.folder.glob(pattern)))
        return [n for n in names if not is_hidden(n)]

    def check_all_read(self) -> None:
        """Adds the files of definitions that nothing has read; else one that is misplaced would count for nothing."""
        for path in definition_files(self.folder):
            label = self.label(path.relative_to(self.folder).as_posix())
            if path not in self._read and not self.problems.any_in(label):
                self.problems.add(
                    f"{label}:1",
                    "no definitions are read from a file of this name in this folder; names end in .yaml or .csv, "
                    "in small letters, and each kind has its folder (docs/definitions.md)",
                )

    def required(self, name: str, content: str) -> bool:
        """Whether a file that must be there is; a problem if not, with the `content` that it is expected to have."""
        if (self.folder / name).exists():
            return True
        self.problems.add(f"{self.label(name)}:1", f"the file is missing; expected {content}")
        return False

    def missing(self, name: str, what: str) -> None:
        """Adds that a file, or what it holds, is missing."""
        self.problems.add(f"{self.label(name)}:1", f"{what} is missing")

    def rows(self, name: str, columns: Iterable[str], key: Sequence[str]) -> list[Row]:
        """The lines of a CSV file that has exactly these columns; `key`: those that no two lines share."""
        columns = tuple(columns)
        if not self.required(name, f"a table with the columns {', '.join(columns)}"):
            return []
        label = self.label(name)
        self._read.add(self.folder / name)
        text = read_text(self.folder / name, label, self.problems)
        if text is None:
            return []
        found = records(text, columns, lambda line, what: self.problems.add(f"{label}:{line}", what))
        rows = [Row(cells, label, line) for line, cells in found]
        for same in repeated(rows, lambda row: tuple(row[c] for c in key)):
            for before, row in pairwise(same):
                what = ", ".join(f"{c} {row[c] or 'empty'}" for c in key)
                self.problems.add(row.place, f"{what}: line {before.line} has the same; keep one of the two lines")
        return rows

    def lines(self, name: str, model: type[P], key: Sequence[str], given: Mapping[str, str] | None = None) -> list[P]:
        """The lines of a CSV file as models: a column for each field, but for those `given` for the whole file.

        `key`: the columns that no two lines share.
        """
        given = given or {}
        columns = [f for f in model.model_fields if f not in given]
        out = []
        for row in self.rows(name, columns, key):
            data = {**given, **{c: row[c] for c in columns}}
            out += self._placed(model, data, Lines(row.file, row.line), ())
        return out

    def items(self, name: str, key: str, model: type[P]) -> list[P]:
        """The entries of the list under `key` in a YAML file as models."""
        if not self.required(name, f"a list under `{key}:`"):
            return []
        data, lines = self.yaml(name)
        if data is None:
            return []
        if not isinstance(data, dict) or not isinstance(data.get(key), list):
            self.problems.add(f"{lines.file}:1", f"expected a list under `{key}:`")
            return []
        return [item for i, entry in enumerate(data[key]) for item in self._placed(model, entry, lines, (key, i))]

    def yaml(self, name: str) -> tuple[Any, Lines]:
        """The content of a YAML file, None where it cannot be read, and its line numbers."""
        self._read.add(self.folder / name)
        return load_yaml(self.folder / name, self.label(name), self.problems)

    def _placed(self, model: type[P], data: Any, lines: Lines, path: tuple[str | int, ...]) -> list[P]:
        """The model of one node, with its place; none where the node is faulty."""
        item = parse(model, data, lines, path, self.problems)
        if item is None:
            if isinstance(data, Mapping) and "name" in data:
                self.problems.faulty.add(str(data["name"]))
            return []
        return [item.placed_at(lines.file, lines.at(path))]


def _allowed(code: str, among: Collection[str], names: Names | None = None) -> str:
    """What may take the place of an unknown code: all of a short list, of a long one what is near."""
    close = difflib.get_close_matches(code, among, n=3) if names is None else names.near(code, 3)
    near = [c for c in close if c in among]
    if len(among) <= (_SHORT_LIST if near else _LONG_LIST):
        return f"; expected one of {', '.join(sorted(among)) or 'none'}"
    return f"; near it: {', '.join(near)}" if near else ""


def definition_files(folder: Path) -> list[Path]:
    """All that looks like a file of definitions below a folder, by its ending in any letters, sorted."""
    paths = (p for p in folder.rglob("*") if p.suffix.lower() in ENDINGS)
    return sorted(p for p in paths if not is_hidden(p.relative_to(folder).as_posix()))


def is_hidden(name: str) -> bool:
    """Whether a file or a folder on its way begins with a dot."""
    return any(part.startswith(".") for part in name.split("/"))


def repeated(items: Iterable[T], key: Callable[[T], Hashable]) -> Iterator[list[T]]:
    """The items that share a key, together and in their order, for each key of more than one item."""
    by_key: dict[Hashable, list[T]] = defaultdict(list)
    for item in items:
        by_key[key(item)].append(item)
    return (same for same in by_key.values() if len(same) > 1)

"""YAML with line numbers, so that an error in a definition names file and line.

Belongs here: reading one file, and turning one node into a model with the places of its faults.
Does not belong here: which files there are and how they must fit together (definition_files.py, sources/registry.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

M = TypeVar("M", bound=BaseModel)


class Lines:
    """Line numbers of the nodes of one file, by path of keys and positions. A line of a CSV file is one node."""

    def __init__(self, file: str, line: int = 1) -> None:
        self.file = file
        self.of: dict[tuple[str | int, ...], int] = {(): line}
        self.nodes: set[int] = set()

    def at(self, path: tuple[Any, ...]) -> int:
        """The line of the nearest node on the way to `path`."""
        while path not in self.of:
            path = path[:-1]
        return self.of[path]

    def place(self, *path: str | int) -> str:
        """File and line of the nearest node on the way to `path`."""
        return f"{self.file}:{self.at(path)}"


# libyaml where PyYAML has it: ten times faster, the same nodes and marks.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _plain(loader: Any, node: yaml.Node, lines: Lines, path: tuple[Any, ...], problems: list[str]) -> Any:
    lines.of[path] = node.start_mark.line + 1
    if isinstance(node, yaml.CollectionNode):
        if id(node) in lines.nodes:  # ten lines of nested aliases would never be read to the end
            problems.append(f"{lines.file}:{node.start_mark.line + 1}: an alias (*) repeats this; write it out there")
            return None
        lines.nodes.add(id(node))
    if isinstance(node, yaml.MappingNode):
        out: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = loader.construct_object(key_node, deep=True)
            if key in out:
                problems.append(f"{lines.file}:{key_node.start_mark.line + 1}: `{key}` stands twice")
            out[key] = _plain(loader, value_node, lines, (*path, key), problems)
            lines.of[(*path, key)] = key_node.start_mark.line + 1
        return out
    if isinstance(node, yaml.SequenceNode):
        return [_plain(loader, n, lines, (*path, i), problems) for i, n in enumerate(node.value)]
    try:
        return loader.construct_object(node, deep=True)
    except ValueError:  # looks like a day that the calendar has not: the model reports what it expected
        return node.value


def read_text(path: Path, label: str, problems: list[str]) -> str | None:
    """The text of a file in UTF-8, without the byte-order mark of Excel; None, and a problem, where it has none."""
    try:
        content = path.read_bytes()
    except OSError as error:
        problems.append(f"{label}:1: the file cannot be read: {error.strerror}")
        return None
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        problems.append(f"{label}:1: the file is UTF-16, expected UTF-8; save it as UTF-8 (in Excel: CSV UTF-8)")
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problems.append(f"{label}:{line}: not UTF-8 (byte {content[error.start]:#04x}); save the file as UTF-8")
        return None


def load_yaml(path: Path, label: str, problems: list[str]) -> tuple[Any, Lines]:
    """The content of a YAML file and its line numbers; syntax errors and double keys go to `problems`."""
    lines = Lines(label)
    text = read_text(path, label, problems)
    if text is None:
        return None, lines
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            if node is None:
                problems.append(f"{label}:1: the file is empty")
                return None, lines
            return _plain(loader, node, lines, (), problems), lines
        finally:
            loader.dispose()
    except yaml.reader.ReaderError as error:
        line = text[: text.find(chr(error.character))].count("\n") + 1
        problems.append(f"{label}:{line}: character {error.character:#x} cannot stand in a YAML file; take it out")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        problems.append(f"{label}:{mark.line + 1 if mark else 1}: not readable as YAML: {error.problem}")
    return None, lines


def parse(model: type[M], data: Any, lines: Lines, path: tuple[Any, ...], problems: list[str]) -> M | None:
    """The model of one node, or None; what is wrong goes to `problems` as file:line with field, reason and finding."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        for e in error.errors():
            where = (*path, *e["loc"])
            name = ".".join(str(p) for p in e["loc"]) or model.__name__
            found = "" if e["type"] in ("missing", "value_error") else f", found {e['input']!r}"
            message = e["msg"].removeprefix("Value error, ")
            if e["type"] == "extra_forbidden":
                message, found = "unknown field", f"; fields are {', '.join(sorted(_fields(model, e['loc'][:-1])))}"
            problems.append(f"{lines.place(*where)}: {name}: {message}{found}")
        return None


def _fields(model: type[BaseModel], path: tuple[int | str, ...]) -> Iterable[str]:
    """The fields of what stands at a path of keys and positions in a model."""
    for key in path:
        if isinstance(key, str) and key in model.model_fields:
            model = _model_in(model.model_fields[key].annotation) or model
    return model.model_fields


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that a field holds, itself or in a list, a mapping or beside None."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((m for m in map(_model_in, get_args(annotation)) if m), None)

"""YAML with line numbers, so that an error in a definition names file and line.

This module reads one file and makes a model of one node. Which files there are is in definition_files.py and
sources/registry.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

M = TypeVar("M", bound=BaseModel)


class Lines:
    """The line numbers of the nodes of one file, by path of keys and positions. A line of a CSV file is one node."""

    def __init__(self, file: str, line: int = 1) -> None:
        self.file = file
        self.of: dict[tuple[str | int, ...], int] = {(): line}
        self.nodes: set[int] = set()

    def at(self, path: tuple[Any, ...]) -> int:
        """The line of the node at `path`, or of the nearest node above it."""
        while path not in self.of:
            path = path[:-1]
        return self.of[path]

    def place(self, *path: str | int) -> str:
        """File and line of the node at `path`, or of the nearest node above it."""
        return f"{self.file}:{self.at(path)}"


# libyaml, if PyYAML has it: ten times faster, with the same nodes and marks.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _plain(loader: Any, node: yaml.Node, lines: Lines, path: tuple[Any, ...], problems: list[str]) -> Any:
    lines.of[path] = node.start_mark.line + 1
    if isinstance(node, yaml.CollectionNode):
        if id(node) in lines.nodes:  # a few lines of nested aliases would expand to thousands of millions of nodes
            problems.append(
                f"{lines.file}:{node.start_mark.line + 1}: found an alias (*) of this list or mapping; "
                "write the content out instead of the alias"
            )
            return None
        lines.nodes.add(id(node))
    if isinstance(node, yaml.MappingNode):
        out: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = loader.construct_object(key_node, deep=True)
            if key in out:
                problems.append(
                    f"{lines.file}:{key_node.start_mark.line + 1}: duplicate key `{key}`; remove one of the two"
                )
            out[key] = _plain(loader, value_node, lines, (*path, key), problems)
            lines.of[(*path, key)] = key_node.start_mark.line + 1
        return out
    if isinstance(node, yaml.SequenceNode):
        return [_plain(loader, n, lines, (*path, i), problems) for i, n in enumerate(node.value)]
    try:
        return loader.construct_object(node, deep=True)
    except ValueError:  # looks like a date but is not in the calendar: the model reports what it expected
        return node.value


def read_text(path: Path, label: str, problems: list[str]) -> str | None:
    """The text of a UTF-8 file without its byte-order mark; None, with a problem added, if it cannot be read."""
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
        byte = f"{content[error.start]:#04x}"
        problems.append(f"{label}:{line}: found the byte {byte}, expected UTF-8; save the file as UTF-8")
        return None


def load_yaml(path: Path, label: str, problems: list[str]) -> tuple[Any, Lines]:
    """The content of a YAML file and its line numbers; syntax errors and duplicate keys are added to `problems`."""
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
        problems.append(
            f"{label}:{line}: found the character {error.character:#x}, which YAML does not allow; remove it"
        )
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        problems.append(f"{label}:{mark.line + 1 if mark else 1}: not readable as YAML: {error.problem}")
    return None, lines


def parse(model: type[M], data: Any, lines: Lines, path: tuple[Any, ...], problems: list[str]) -> M | None:
    """The model of one node; None, with one problem added for each invalid field, if the node is invalid."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        for e in error.errors():
            where = (*path, *e["loc"])
            problems.append(f"{lines.place(*where)}: {field_problem(model, e)}")
        return None


def field_problem(model: type[BaseModel], error: Mapping[str, Any]) -> str:
    """The problem with one field as "NAME: found ..., expected ...", from an error of pydantic.

    For an unknown field the text has the names that are expected, or the present name of a field that was renamed
    (`former_fields` of the model).
    """
    name = ".".join(str(p) for p in error["loc"]) or model.__name__
    if error["type"] == "extra_forbidden":
        owner = _model_at(model, error["loc"][:-1])
        new_name = getattr(owner, "former_fields", {}).get(error["loc"][-1])
        remedy = f"renamed to {new_name}" if new_name else f"expected one of {', '.join(sorted(owner.model_fields))}"
        return f"{name}: unknown field; {remedy}"
    found = "" if error["type"] in ("missing", "value_error") else f", found {error['input']!r}"
    return f"{name}: {error['msg'].removeprefix('Value error, ')}{found}"


def _model_at(model: type[BaseModel], path: tuple[int | str, ...]) -> type[BaseModel]:
    """The model at a path of keys and positions."""
    for key in path:
        if isinstance(key, str) and key in model.model_fields:
            model = _model_in(model.model_fields[key].annotation) or model
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model in the type of a field, also if it is in a list, a mapping or optional."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((m for m in map(_model_in, get_args(annotation)) if m), None)

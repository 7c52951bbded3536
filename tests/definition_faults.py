"""Faults in a copy of the definitions, and the problems that the catalogue reports about them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pytest
from messages import Content, assert_reports

from indicator_defs.catalog import load_catalog
from indicator_defs.errors import CatalogError


class Fault(NamedTuple):
    """One change that makes a file wrong, and the content of the message about it."""

    name: str
    text: str
    instead: str
    found: Content
    expected: Content = ()
    remedy: Content = ()


def swap(folder: Path, file: str, text: str, instead: str) -> int:
    """Replaces the first occurrence of a text in a file; returns the line of the new text."""
    path = folder / file
    content = path.read_text(encoding="utf-8")
    assert text in content, f"{file} has no {text!r}: update the test"
    at = content.index(text)
    path.write_text(content[:at] + instead + content[at + len(text) :], encoding="utf-8")
    return content[:at].count("\n") + 1


def append(folder: Path, file: str, line: str) -> int:
    """Adds a line to a file; returns its number."""
    path = folder / file
    content = path.read_text(encoding="utf-8")
    assert content.endswith("\n")
    path.write_text(content + line + "\n", encoding="utf-8")
    return content.count("\n") + 1


def line_of(path: Path, text: str) -> int:
    """The number of the first line with a text."""
    content = path.read_text(encoding="utf-8")
    return content[: content.index(text)].count("\n") + 1


def entry_start(path: Path, line: int) -> int:
    """The first line of the list entry that contains the line."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(n for n in range(line, 0, -1) if re.match(r"  - ", lines[n - 1]))


def listed_problems(error: CatalogError) -> list[str]:
    """The problems in the message of an error, which begins with their number."""
    head, *problems = str(error).split("\n  ")
    assert head.startswith(f"{len(problems)} problem"), head
    return problems


def problems_of(folder: Path) -> list[str]:
    """The problems of the catalogue in a folder."""
    with pytest.raises(CatalogError) as caught:
        load_catalog(folder)
    return listed_problems(caught.value)


def assert_problem(
    problems: Iterable[str],
    places: str | Iterable[str],
    found: Content = (),
    expected: Content = (),
    remedy: Content = (),
) -> None:
    """Fails unless a problem begins with one of the places (file:line) and has the content."""
    problems = list(problems)
    starts = tuple(f"{place}: " for place in ([places] if isinstance(places, str) else places))
    at_place = [problem for problem in problems if problem.startswith(starts)]
    assert at_place, f"no problem at {' or '.join(starts)} among {problems}"
    failures = []
    for problem in at_place:
        try:
            return assert_reports(problem, found=found, expected=expected, remedy=remedy)
        except AssertionError as failure:
            failures.append(str(failure))
    raise AssertionError("\n".join(failures))


def assert_only_problem(
    problems: Iterable[str],
    places: str | Iterable[str],
    found: Content = (),
    expected: Content = (),
    remedy: Content = (),
) -> None:
    """Fails unless there is exactly one problem, at one of the places and with the content."""
    problems = list(problems)
    assert len(problems) == 1, problems
    assert_problem(problems, places, found, expected, remedy)

"""The words of code, messages and pages: none that the glossary replaces; tests ask for content, not for wording.

The glossary is glossary.csv. glossary_exceptions.csv lists, each with a reason, the texts that may have such a word:
quotations, proper names, and names that are contracts (columns of releases, keys of stored files).

    python tests/project/test_words.py [FOLDER OR FILE ...]    lists the findings
"""

from __future__ import annotations

import ast
import csv
import io
import re
import subprocess
import sys
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PRODUCT = ("indicator_defs", "sources", "warehouse", "assets", "pipelines")
FOLDERS = (*PRODUCT, "tests", "bench", "docs")
TEXTS = {".py", ".sql", ".yaml", ".csv", ".md", ".toml", ".js", ".css", ".html", ".jinja", ".cff", ""}
# Answers of providers, as received, and the files of this test.
NOT_OURS = ("sources/archive/*", "LICENSE", "tests/project/glossary*.csv", "tests/project/test_words.py")
# Names of variables that do not describe a content.
MOODS = {"told", "said", "spoken", "beside", "judged", "kept", "twice", "known", "gone", "taken", "wanted", "asked"}
# From this many words on, a text in an assertion is a sentence, and a text of the product is written in one place.
SENTENCE = 7


class Finding(NamedTuple):
    """One word that the glossary replaces, its place, and the word to use."""

    file: str
    line: int
    text: str
    instead: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text!r}; use: {self.instead}"


def _rows(name: str) -> list[dict[str, str]]:
    with (Path(__file__).parent / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def glossary() -> tuple[re.Pattern[str], list[tuple[re.Pattern[str], str]]]:
    """A pattern that finds any word of the glossary, and the pattern of each line with the words to use instead."""
    rows = _rows("glossary.csv")
    each = [(re.compile(row["pattern"], re.I), row["but"]) for row in rows]
    return re.compile(rf"(?i)\b(?:{'|'.join(row['pattern'] for row in rows)})\b"), each


@cache
def exceptions() -> list[dict[str, str]]:
    """The lines of glossary_exceptions.csv: file (a pattern), text, reason."""
    return _rows("glossary_exceptions.csv")


def words_of(line: str) -> str:
    """The line with names cut into words: series_requested and SeriesRequested become series requested."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", line)


def findings(name: str, text: str) -> Iterator[Finding]:
    """Every word of the text that the glossary replaces, except in the texts that the file may have."""
    allowed = [row["text"] for row in exceptions() if fnmatchcase(name, row["file"])]
    any_word, each = glossary()
    for phrase in allowed:
        text = text.replace(phrase, "x")
    if any_word.search(words_of(text)):
        for number, line in enumerate(text.splitlines(), 1):
            for match in any_word.finditer(words_of(line)):
                instead = next(but for pattern, but in each if pattern.fullmatch(match[0]))
                yield Finding(name, number, match[0], instead)
    if name.endswith(".py") and re.search(rf"\b(?:{'|'.join(sorted(MOODS))})\b", text):
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.NAME and token.string in MOODS:
                yield Finding(name, token.start[0], token.string, "a name that describes the content")


def files(*below: str) -> list[str]:
    """The names of the files that people write, in the folders and files given; without any, all."""
    try:
        command = ["git", "ls-files", "-co", "--exclude-standard"]
        names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):  # an unpacked archive has no git
        names = [p.relative_to(ROOT).as_posix() for p in ROOT.iterdir() if p.is_file()]
        names += [p.relative_to(ROOT).as_posix() for top in FOLDERS for p in (ROOT / top).rglob("*") if p.is_file()]
    return [
        name
        for name in sorted(names)
        if (not below or any(name == b or name.startswith(f"{b.rstrip('/')}/") for b in below))
        and Path(name).suffix in TEXTS
        and not any(fnmatchcase(name, pattern) for pattern in NOT_OURS)
        and "__pycache__" not in name
        and (ROOT / name).is_file()
    ]


def all_findings(*below: str) -> list[Finding]:
    """The findings of all files below the folders."""
    return [f for name in files(*below) for f in findings(name, (ROOT / name).read_text(encoding="utf-8"))]


def _sentences(text: str) -> list[str]:
    """The sentences of a text that have at least SENTENCE words, SQL and patterns of code excluded."""
    parts = (part.strip() for part in re.split(r"(?<=[.;:!?])\s+|\n", text))
    code = re.compile(r"\b(SELECT|FROM|WHERE|JOIN|CASE|NULL|CREATE|GROUP BY|ORDER BY|MAP|AND|CAST)\b|</|\\")
    words = re.compile(r"(?<!\S)\S*[A-Za-z]{2}\S*")  # a path, a code or an option is one word
    return [p for p in parts if len(words.findall(p)) >= SENTENCE and not code.search(p)]


def _texts(node: ast.AST) -> Iterator[ast.Constant]:
    for child in ast.walk(node):
        if isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield child


def wordings(name: str, text: str) -> Iterator[str]:
    """The sentences that a test compares a message with."""
    for node in ast.walk(ast.parse(text)):
        compared = node.test if isinstance(node, ast.Assert) else None
        if isinstance(node, ast.keyword) and node.arg == "match":
            compared = node.value
        for constant in _texts(compared) if compared is not None else ():
            for sentence in _sentences(str(constant.value).replace("\\", "")):
                yield f"{name}:{constant.lineno}: {sentence}"


def test_no_text_has_a_word_that_the_glossary_replaces() -> None:
    found = all_findings()
    assert found == [], "\n".join(map(str, found[:50]))


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.md", "The row stands beside it.\nNobody asked.", ["stands", "beside", "Nobody", "asked"]),
        ("a.py", "series_told = 1  # standard, outstanding, understand", ["told"]),
        ("a.py", "class AskedSeries:\n    kept = 1\n", ["Asked", "kept"]),
        ("a.sql", "-- the column of what is no number", ["is no number"]),
        ("a.py", 'row["series_asked"]', []),
    ],
)
def test_words_are_found_in_prose_and_in_names(name: str, text: str, expected: list[str]) -> None:
    assert [f.text for f in findings(name, text)] == expected


def test_every_exception_is_in_use() -> None:
    unused = [
        f"{row['file']}: {row['text']}"
        for row in exceptions()
        if not any(
            fnmatchcase(name, row["file"]) and row["text"] in (ROOT / name).read_text(encoding="utf-8")
            for name in files()
        )
    ]
    assert unused == []
    assert all(row["reason"] for row in exceptions())


def test_tests_ask_for_content_and_not_for_wording() -> None:
    found = [w for name in files("tests") if name.endswith(".py") for w in wordings(name, (ROOT / name).read_text())]
    assert found == [], "use assert_reports (tests/messages.py):\n" + "\n".join(found[:50])


def test_wordings_are_found() -> None:
    text = 'assert "the file of the fourth snapshot is missing in this home" in message'
    assert len(list(wordings("a.py", text))) == 1
    assert list(wordings("a.py", 'assert "payung refresh --force" in message')) == []


def test_a_sentence_is_written_in_one_place() -> None:
    places: dict[str, set[str]] = defaultdict(set)
    for name in files(*PRODUCT):
        if not name.endswith(".py"):
            continue
        tree = ast.parse((ROOT / name).read_text(encoding="utf-8"))
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
        bodies = [n.body[0] for n in ast.walk(tree) if isinstance(n, documented) and n.body]
        docstrings = {id(b.value) for b in bodies if isinstance(b, ast.Expr)}
        for constant in _texts(tree):
            if id(constant) not in docstrings:
                for sentence in _sentences(str(constant.value)):
                    places[sentence].add(f"{name}:{constant.lineno}")
    repeated = {sentence: sorted(where) for sentence, where in places.items() if len(where) > 1}
    assert repeated == {}, "give the sentence a place of its own and use it in both"


def main() -> int:
    """Lists the findings of the folders and files given; returns the exit code."""
    found = all_findings(*sys.argv[1:])
    print(*found, sep="\n")
    print(f"{len(found)} words of the glossary")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

"""The words of code, messages and pages: none that the glossary replaces, and tests that do not fix the wording.

The glossary is glossary.csv; glossary_exceptions.csv lists, with a reason, the texts that may have such a word:
quotations, proper names, and names that are contracts (columns of releases, keys of stored files).
"""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
TEXTS = {".py", ".sql", ".yaml", ".yml", ".csv", ".md", ".toml", ".js", ".css", ".html", ".jinja", ".cff", ""}
# Answers of providers, as they came, and files of this test.
NOT_OURS = (
    "sources/archive/*",
    "LICENSE",
    "constraints.txt",
    "tests/project/glossary*.csv",
    "tests/project/test_words.py",
)
# Names of variables that describe how the program feels about a value instead of what the value is.
MOODS = {"told", "said", "spoken", "beside", "judged", "kept", "twice", "known", "gone", "taken", "wanted", "asked"}
# From this many words on, a text in an assertion is a sentence.
SENTENCE = 7


class Finding(NamedTuple):
    """One word that the glossary replaces, where it is, and the word to use."""

    file: str
    line: int
    text: str
    instead: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text!r}; use: {self.instead}"


def glossary() -> list[tuple[re.Pattern[str], str]]:
    with (Path(__file__).parent / "glossary.csv").open(encoding="utf-8", newline="") as file:
        return [(re.compile(rf"(?i)\b(?:{row['pattern']})\b"), row["but"]) for row in csv.DictReader(file)]


def exceptions() -> list[dict[str, str]]:
    with (Path(__file__).parent / "glossary_exceptions.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def words_of(line: str) -> str:
    """The line with names cut into words: series_asked and SeriesAsked become series asked."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", line)


def findings(name: str, text: str) -> Iterator[Finding]:
    """Every word of the text that the glossary replaces, but for the exceptions of the file."""
    allowed = [row["text"] for row in exceptions() if fnmatchcase(name, row["file"])]
    patterns = glossary()
    for number, line in enumerate(text.splitlines(), 1):
        for phrase in allowed:
            line = line.replace(phrase, "")
        for pattern, instead in patterns:
            for match in pattern.finditer(words_of(line)):
                yield Finding(name, number, match[0], instead)
    if name.endswith(".py"):
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.NAME and token.string in MOODS and token.string not in allowed:
                yield Finding(name, token.start[0], token.string, "a name that says the content")


def files(folder: str = "") -> list[str]:
    """The names of the files of the project that people write, below the folder."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        names = listed.stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):  # an unpacked archive has no git
        names = [p.relative_to(ROOT).as_posix() for top in FOLDERS for p in (ROOT / top).rglob("*") if p.is_file()]
    return [
        name
        for name in sorted(names)
        if name.startswith(folder)
        and Path(name).suffix in TEXTS
        and not any(fnmatchcase(name, pattern) for pattern in NOT_OURS)
        and (ROOT / name).is_file()
    ]


FOLDERS = ("indicator_defs", "sources", "warehouse", "assets", "pipelines", "tests", "bench", "docs")


def main() -> int:
    """python tests/project/test_words.py [FOLDER ...]: lists the findings; returns the exit code."""
    found = [
        finding
        for folder in sys.argv[1:] or [""]
        for name in files(folder)
        for finding in findings(name, (ROOT / name).read_text(encoding="utf-8"))
    ]
    print(*found, sep="\n")
    print(f"{len(found)} words of the glossary")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

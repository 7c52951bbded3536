"""The commands, options and kinds of export that the pages name exist."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from pipelines.cli.main import main
from warehouse.export import KINDS

ROOT = Path(__file__).parents[2]
PAGES = [*(ROOT / "docs").glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]


def _named() -> Iterator[tuple[str, list[str], list[str]]]:
    """(page, words, long options) of every `payung …` in code of the pages; the words are subcommand and arguments."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        code = re.findall(r"`([^`\n]+)`", text) + re.findall(r"^ {4}(\S.*)$", text, re.M)
        for line in code:
            found = re.match(r"(?:\S*/)?payung ([a-z]+.*)", line)
            if found:
                words = re.sub(r"\"[^\"]*\"|#.*", "", found[1])
                yield page.name, words.split(), re.findall(r"--[a-z-]+", words)


def _command(words: list[str]) -> click.Command | None:
    """The command of the words, within its group where it has one; None where there is none."""
    found: click.Command | None = main
    for word in words:
        if not isinstance(found, click.Group):
            break
        found = found.commands.get(word)
    return found


def test_pages_name_commands_that_exist() -> None:
    named = [(page, words) for page, words, _ in _named()]
    assert len(named) > 20
    assert [f"{page}: payung {' '.join(words)}" for page, words in named if _command(words) is None] == []


def test_pages_name_options_that_exist() -> None:
    wrong = []
    for page, words, options in _named():
        command = _command(words)
        if command is not None:
            existing = {o for p in command.params for o in p.opts} | {"--help"}
            wrong += [f"{page}: payung {' '.join(words)}: {o}" for o in options if o not in existing]
    assert wrong == []


def test_bench_has_the_options_that_its_page_names() -> None:
    help_text = subprocess.run(
        [sys.executable, "-m", "bench", "--help"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    ).stdout
    page = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    named = {o for line in re.findall(r"python -m bench([^#\n]*)", page) for o in re.findall(r"--[a-z-]+", line)}
    assert {"--only", "--rows"} <= named
    assert [o for o in sorted(named) if o not in help_text] == []


def test_page_and_help_of_export_list_every_kind() -> None:
    page = (ROOT / "docs" / "exports.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", page.split("\n## ")[0], re.M) == list(KINDS)
    options = {o for p in main.commands["export"].params for o in [getattr(p, "help", None) or ""]}
    assert any(all(kind in text for kind in KINDS) for text in options)

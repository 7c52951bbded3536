"""The commands that the pages name are commands, with these options."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from pipelines.cli import main

ROOT = Path(__file__).parents[2]
PAGES = [*(ROOT / "docs").glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]


def _named() -> Iterator[tuple[str, str, list[str]]]:
    """(page, subcommand, long options) of every `payung …` in code of the pages."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        code = re.findall(r"`([^`\n]+)`", text) + re.findall(r"^ {4}(\S.*)$", text, re.M)
        for line in code:
            found = re.match(r"(?:\S*/)?payung ([a-z]+)(.*)", line)
            if found:
                words = re.sub(r"\"[^\"]*\"|#.*", "", found[2])
                yield page.name, found[1], re.findall(r"--[a-z-]+", words)


def test_pages_name_commands_that_exist() -> None:
    named = list(_named())
    assert len(named) > 20
    assert {(page, command) for page, command, _ in named if command not in set(main.commands)} == set()


def test_pages_name_options_that_exist() -> None:
    wrong = []
    for page, command, options in _named():
        if command in main.commands:
            known = {o for p in main.commands[command].params for o in p.opts} | {"--help"}
            wrong += [f"{page}: payung {command} {o}" for o in options if o not in known]
    assert wrong == []


def test_bench_takes_the_options_that_its_page_names() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "bench", "--help"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    ).stdout
    page = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    named = {o for line in re.findall(r"python -m bench([^#\n]*)", page) for o in re.findall(r"--[a-z-]+", line)}
    assert {"--only", "--rows"} <= named
    assert [o for o in sorted(named) if o not in told] == []

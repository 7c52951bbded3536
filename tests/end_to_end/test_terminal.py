"""Commands on a terminal or in a pipe whose encoding lacks letters: replaced, reported, and never a traceback."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from payung_command import COMMAND, environment

ENCODINGS = ["cp1252", "ascii", "cp874", "latin-1", "utf-16"]
LETTERS = "Việt Nam ឈ \N{RIGHT SINGLE QUOTATION MARK} ไทย 💧"
COMMANDS = [
    ("sql", f"SELECT '{LETTERS}' AS \"{LETTERS}\""),
    ("sql", "--format", "csv", f"SELECT '{LETTERS}'"),
    ("sql", "--format", "json", f"SELECT '{LETTERS}' AS a"),
    ("sql", f"SELECT {LETTERS}"),
    ("explain", "ASP_COV_PENSN", LETTERS, "2021"),
    ("explain", "ASP_COV_PENSN", "PHL", "2021", "--json"),
    ("gaps", "--area", "LAO", "--group", "coverage"),
    ("revisions", "--indicator", LETTERS),
    ("releases", "list", "--nothing", LETTERS),
]
# every command in two encodings, the first one in all of them
CASES = [(e, c) for e in ENCODINGS for c in (COMMANDS if e in ENCODINGS[:2] else COMMANDS[:1])]


def ran(home: Path, encoding: str, *arguments: str, given: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    """A command with its raw answer."""
    env = environment(home, PYTHONIOENCODING=encoding)
    return subprocess.run([COMMAND, *arguments], env=env, capture_output=True, timeout=120, input=given, check=False)


def shown(text: str, encoding: str) -> str:
    """A text as an encoding can show it."""
    return text.encode(encoding, "replace").decode(encoding)


@pytest.fixture(scope="module")
def in_utf8(made_home: Path) -> Callable[[tuple[str, ...]], subprocess.CompletedProcess[bytes]]:
    """What a command answers in UTF-8, asked once."""
    return cache(lambda arguments: ran(made_home, "utf-8", *arguments))


@pytest.mark.parametrize(("encoding", "arguments"), CASES, ids=lambda a: a if isinstance(a, str) else " ".join(a)[:30])
def test_letters_that_an_encoding_lacks_are_replaced(
    made_home: Path,
    in_utf8: Callable[[tuple[str, ...]], subprocess.CompletedProcess[bytes]],
    encoding: str,
    arguments: tuple[str, ...],
) -> None:
    whole, less = in_utf8(arguments), ran(made_home, encoding, *arguments)
    assert less.returncode == whole.returncode
    assert less.stdout.decode(encoding) == shown(whole.stdout.decode(), encoding)
    told = less.stderr.decode(encoding)
    assert "Traceback" not in told
    assert told.startswith(shown(whole.stderr.decode(), encoding).rstrip("\n"))
    text = whole.stdout.decode() + whole.stderr.decode()
    assert ("are shown as ?" in told) == (shown(text, encoding) != text)


def test_bytes_of_the_command_line_that_are_no_letters_are_told(made_home: Path) -> None:
    for arguments in (
        ["sql", b"SELECT '\xff'"],  # the query is refused by the engine
        ["explain", "ASP_COV_PENSN", b"\xff", "2021"],
        ["gaps", "--area", b"\xff"],
    ):
        done = subprocess.run(
            [COMMAND, *arguments], env=environment(made_home), capture_output=True, timeout=120, check=False
        )
        assert done.returncode == (1 if arguments[0] == "sql" else 2)
        assert done.stderr.startswith(b"payung: The ")
        assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("encoding", [*ENCODINGS[:-1], "utf-8"])
def test_query_on_standard_input_is_utf8_whatever_the_terminal(made_home: Path, tmp_path: Path, encoding: str) -> None:
    to = tmp_path / "answer.csv"
    done = ran(made_home, encoding, "sql", "--to", str(to), given=f"\ufeffSELECT '{LETTERS}' AS a;\n".encode())
    assert done.returncode == 0, done.stderr
    assert to.read_text(encoding="utf-8") == f"a\n{LETTERS}\n"
    wrong = ran(made_home, encoding, "sql", given=b"SELECT 1,\n  '\xff'")
    assert (wrong.returncode, wrong.stdout) == (1, b"")
    assert wrong.stderr == b"payung: The query is not UTF-8: line 2, character 4. Write or save it as UTF-8.\n"


def test_closed_standard_streams_still_work(made_home: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", f'"{COMMAND}" sql "SELECT 1" >&- 2>&-'],
        env=environment(made_home),
        timeout=120,
        check=False,
        cwd=os.sep,
    )
    assert done.returncode == 0

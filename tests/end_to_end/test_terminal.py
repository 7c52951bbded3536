"""Output to a terminal or pipe whose encoding lacks characters: they are replaced and reported, without a traceback."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from messages import assert_reports
from payung_command import COMMAND, environment

ENCODINGS = ["cp1252", "ascii", "cp874", "latin-1", "utf-16"]
CHARACTERS = "Việt Nam ឈ \N{RIGHT SINGLE QUOTATION MARK} ไทย 💧"
COMMANDS = [
    ("sql", f"SELECT '{CHARACTERS}' AS \"{CHARACTERS}\""),
    ("sql", "--format", "csv", f"SELECT '{CHARACTERS}'"),
    ("sql", "--format", "json", f"SELECT '{CHARACTERS}' AS a"),
    ("sql", f"SELECT {CHARACTERS}"),
    ("explain", "ASP_COV_PENSN", CHARACTERS, "2021"),
    ("explain", "ASP_COV_PENSN", "PHL", "2021", "--json"),
    ("gaps", "--area", "LAO", "--group", "coverage"),
    ("revisions", "--indicator", CHARACTERS),
    ("releases", "list", "--nothing", CHARACTERS),
]
# each command in two encodings, and the first command in all encodings
CASES = [(e, c) for e in ENCODINGS for c in (COMMANDS if e in ENCODINGS[:2] else COMMANDS[:1])]


def ran(home: Path, encoding: str, *arguments: str, given: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    """Runs a command and returns its output as bytes."""
    env = environment(home, PYTHONIOENCODING=encoding)
    return subprocess.run([COMMAND, *arguments], env=env, capture_output=True, timeout=120, input=given, check=False)


def shown(text: str, encoding: str) -> str:
    """A text in an encoding, with ? for missing characters."""
    return text.encode(encoding, "replace").decode(encoding)


@pytest.fixture(scope="module")
def in_utf8(made_home: Path) -> Callable[[tuple[str, ...]], subprocess.CompletedProcess[bytes]]:
    """Runs a command with UTF-8, once for all encodings."""
    return cache(lambda arguments: ran(made_home, "utf-8", *arguments))


@pytest.mark.parametrize(("encoding", "arguments"), CASES, ids=lambda a: a if isinstance(a, str) else " ".join(a)[:30])
def test_characters_that_an_encoding_lacks_are_replaced(
    made_home: Path,
    in_utf8: Callable[[tuple[str, ...]], subprocess.CompletedProcess[bytes]],
    encoding: str,
    arguments: tuple[str, ...],
) -> None:
    complete, replaced = in_utf8(arguments), ran(made_home, encoding, *arguments)
    assert replaced.returncode == complete.returncode
    assert replaced.stdout.decode(encoding) == shown(complete.stdout.decode(), encoding)
    messages = replaced.stderr.decode(encoding)
    assert "Traceback" not in messages
    assert messages.startswith(shown(complete.stderr.decode(), encoding).rstrip("\n"))
    text = complete.stdout.decode() + complete.stderr.decode()
    assert ("are shown as ?" in messages) == (shown(text, encoding) != text)


def test_bytes_that_are_not_utf8_are_refused(made_home: Path) -> None:
    for arguments in (
        ["sql", b"SELECT '\xff'"],  # the engine refuses the query
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
def test_query_on_standard_input_is_utf8_for_every_terminal(made_home: Path, tmp_path: Path, encoding: str) -> None:
    to = tmp_path / "answer.csv"
    done = ran(made_home, encoding, "sql", "--to", str(to), given=f"\ufeffSELECT '{CHARACTERS}' AS a;\n".encode())
    assert done.returncode == 0, done.stderr
    assert to.read_text(encoding="utf-8") == f"a\n{CHARACTERS}\n"
    wrong = ran(made_home, encoding, "sql", given=b"SELECT 1,\n  '\xff'")
    assert (wrong.returncode, wrong.stdout) == (1, b"")
    assert wrong.stderr.startswith(b"payung: ")
    assert_reports(wrong.stderr.decode(), found="not UTF-8", place="line 2, character 4")


def test_closed_standard_streams_still_work(made_home: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", f'"{COMMAND}" sql "SELECT 1" >&- 2>&-'],
        env=environment(made_home),
        timeout=120,
        check=False,
        cwd=os.sep,
    )
    assert done.returncode == 0

"""`payung sql` as a user runs it: formats and files of a result, errors, and the prompt in a terminal."""

from __future__ import annotations

import csv
import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb
import openpyxl
import pyte
import pytest
from click.testing import CliRunner
from messages import assert_reports
from payung_command import COMMAND, environment, run_payung

from assets.home import Home
from indicator_defs.system import settings
from pipelines.cli.main import main
from pipelines.cli.sql import answer_query
from pipelines.cli.sql_statement import SqlRequest

SERIES = "SELECT time_period, obs_value, obs_status, vintage_date FROM series('ASP_COV_PENSN', 'PHL')"


def test_formats_have_the_same_values(made_home: Path) -> None:
    as_csv = run_payung(made_home, "sql", SERIES, "--format", "csv").stdout
    rows = list(csv.DictReader(as_csv.splitlines()))
    as_json = json.loads(run_payung(made_home, "sql", SERIES, "--format", "json").stdout)
    table = run_payung(made_home, "sql", SERIES).stdout.splitlines()
    assert {r["time_period"]: float(r["obs_value"]) for r in rows}["2021"] == 65.6
    assert [(str(r["time_period"]), r["obs_value"]) for r in as_json] == [
        (r["time_period"], float(r["obs_value"])) for r in rows
    ]
    assert all(r["obs_status"] is None for r in as_json), "a status that is not stated is null"
    assert len(table) == len(rows) + 1
    assert table[0].split() == ["time_period", "obs_value", "obs_status", "vintage_date"]


def test_query_does_not_load_pandas(made_home: Path) -> None:
    """Loading pandas takes longer than most queries, and scripts call `payung sql` often."""
    code = (
        "import sys\nfrom pipelines.cli.main import main\n"
        "sys.argv = ['payung', 'sql', 'SELECT 1 AS one']\n"
        "try:\n    main()\nfinally:\n"
        "    print(sorted({'pandas', 'numpy', 'dagster', 'yaml', 'requests'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment(made_home), check=False
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


def test_files_have_types_and_their_release(made_home: Path, tmp_path: Path) -> None:
    parquet, xlsx = tmp_path / "a.parquet", tmp_path / "a.xlsx"
    query = f"SELECT *, '=1+1' AS text FROM ({SERIES});"
    assert run_payung(made_home, "sql", query, "--format", "parquet", "--to", str(parquet)).returncode == 0
    assert run_payung(made_home, "sql", query, "--format", "xlsx", "--to", str(xlsx)).returncode == 0
    described = duckdb.execute(f"DESCRIBE SELECT * FROM '{parquet}'").fetchall()
    assert [row[1] for row in described] == ["INTEGER", "DOUBLE", "VARCHAR", "DATE", "VARCHAR"]
    stored = duckdb.execute(f"SELECT * FROM '{parquet}'").fetchall()
    book = openpyxl.load_workbook(xlsx)
    sheet = [[c.value for c in row] for row in book["answer"].iter_rows(min_row=2)]
    assert [r[:2] for r in sheet] == [list(r[:2]) for r in stored]
    assert book["answer"]["E2"].data_type == "s", "a text that begins with = must not become a formula"
    assert book["about"]["B1"].value == (made_home / "current").resolve().name
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.parquet", "a.xlsx"], "no temporary files are left"


def test_values_that_excel_does_not_support_become_text(made_home: Path, tmp_path: Path) -> None:
    """Time zones, control characters, NaN, numbers with more digits, and dates before its calendar."""
    xlsx = tmp_path / "a.xlsx"
    query = (
        "SELECT TIMESTAMPTZ '2020-01-01 00:00:00+00' AS a, 'x' || chr(1) AS b, 'nan'::DOUBLE AS c, "
        "12345678901234567890 AS d, DATE '1850-01-01' AS e, 1.5 AS f, 2.5::DOUBLE AS g, TRUE AS h, DATE '2020-02-03' AS i"
    )
    ran = run_payung(made_home, "sql", query, "--format", "xlsx", "--to", str(xlsx))
    assert ran.returncode == 0, ran.stderr
    cells = [c.value for c in openpyxl.load_workbook(xlsx)["answer"][2]]
    assert str(cells[0]).startswith("2020-01-01 ")
    assert cells[1:] == [
        "x\N{REPLACEMENT CHARACTER}", "nan", "12345678901234567890", "1850-01-01", 1.5, 2.5, True, datetime(2020, 2, 3),
    ]  # fmt: skip
    long = run_payung(made_home, "sql", "SELECT repeat('x', 40000)", "--format", "xlsx", "--to", str(tmp_path / "b"))
    assert long.returncode == 1
    assert_reports(long.stderr, found="40,000 characters")
    assert [p.name for p in tmp_path.iterdir()] == ["a.xlsx"]


def test_file_that_cannot_be_written_and_format_without_file(made_home: Path, tmp_path: Path) -> None:
    no_folder = run_payung(
        made_home, "sql", "SELECT 1", "--format", "parquet", "--to", str(tmp_path / "no" / "a.parquet")
    )
    assert no_folder.returncode == 2
    assert_reports(" ".join(no_folder.stderr.split()), place=f"folder {tmp_path / 'no'}", found="does not exist")
    assert run_payung(made_home, "sql", "SELECT 1", "--format", "xlsx").returncode == 2
    wrong = run_payung(
        made_home, "sql", "DELETE FROM baseline.value", "--format", "parquet", "--to", str(tmp_path / "x")
    )
    assert wrong.returncode == 1
    assert list(tmp_path.iterdir()) == []


def test_query_with_target_file_cannot_read_other_files(made_home: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n", encoding="utf-8")
    ran = run_payung(made_home, "sql", f"FROM '{secret}'", "--format", "parquet", "--to", str(tmp_path / "x.parquet"))
    assert ran.returncode == 1
    assert "disabled" in ran.stderr


def test_syntax_error_is_one_message_with_its_place(made_home: Path) -> None:
    ran = run_payung(made_home, "sql", "SELECT *\nFORM baseline.value")
    assert ran.returncode == 1
    assert "LINE 2: FORM baseline.value" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_statements_on_standard_input(made_home: Path) -> None:
    ran = run_payung(made_home, "sql", "--format", "csv", input="SELECT 1 AS a; SELECT 'x;y' AS b;")
    assert ran.stdout == "a\n1\nb\nx;y\n"


def test_every_statement_of_a_query_is_run(made_home: Path, tmp_path: Path) -> None:
    ran = run_payung(made_home, "sql", "SELECT 1 AS a; SELECT 2 AS b", "--format", "csv")
    assert ran.stdout == "a\n1\nb\n2\n"
    both = run_payung(made_home, "sql", "SELECT 1; SELECT 2", "--format", "csv", "--to", str(tmp_path / "a.csv"))
    assert both.returncode == 1
    assert_reports(both.stderr, found="2 statements", remedy="one at a time")
    assert list(tmp_path.iterdir()) == []


def test_query_can_begin_with_a_comment(made_home: Path) -> None:
    ran = run_payung(made_home, "sql", "-- which?\nSELECT 1 AS a", "--format", "csv")
    assert (ran.stdout, ran.stderr) == ("a\n1\n", "")
    assert run_payung(made_home, "sql", "--nothing").returncode == 2, "a wrong option is still refused"


ANSWER = "SELECT 1 AS a, 'Việt; Nam' AS b /* ; */"


@pytest.mark.parametrize("end", ["", ";", "; -- done", ";  ;", " -- done", ";\n/* all\n; of it */", "; -- a; b"])
@pytest.mark.parametrize("form", ["parquet", "xlsx", "csv", "json", "txt"])
def test_statement_can_have_any_valid_end_for_every_format(
    made_home: Path, tmp_path: Path, form: str, end: str
) -> None:
    home_release = (made_home / "current").resolve()
    to = tmp_path / f"a.{form}"
    answer_query(SqlRequest(Home(made_home), home_release, None, {"txt": "table"}.get(form, form), to), ANSWER + end)
    if form == "parquet":
        assert duckdb.execute(f"FROM '{to}'").fetchall() == [(1, "Việt; Nam")]
    elif form == "xlsx":
        assert [[c.value for c in r] for r in openpyxl.load_workbook(to)["answer"].iter_rows()] == [
            ["a", "b"],
            [1, "Việt; Nam"],
        ]
    else:
        assert "Việt; Nam" in to.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "begins"),
    [("a.xlsx", b"PK"), ("a.PARQUET", b"PAR1"), ("a.csv", b"a\n1"), ("a.json", b'[{"a": 1}]'), ("a.txt", b"a\n1")],
)
def test_format_comes_from_the_ending_of_the_file(made_home: Path, tmp_path: Path, name: str, begins: bytes) -> None:
    ran = run_payung(made_home, "sql", "SELECT 1 AS a", "--to", str(tmp_path / name))
    assert (ran.returncode, ran.stdout) == (0, "")
    assert (tmp_path / name).read_bytes().startswith(begins)


@pytest.mark.parametrize(
    ("arguments", "found", "expected"),
    [
        (["--to", "a.xls"], "ending .xls", ".txt, .csv, .json, .parquet, .xlsx"),
        (["--to", "a.csv.gz"], "ending .gz", ".txt, .csv, .json, .parquet, .xlsx"),
        (["--to", "answer"], "no ending", ".txt, .csv, .json, .parquet, .xlsx"),
        (["--to", "a.xlsx", "--format", "csv"], ("--format csv", "--to a.xlsx", "ending .xlsx"), "ends in .csv"),
        (["--to", "a.csv", "--format", "table"], ("--format table", "--to a.csv"), "ends in .txt"),
        (["--format", "parquet"], "--format parquet", "--to FILE.parquet"),
    ],
)
def test_unknown_or_contradictory_format_of_a_file_is_wrong_usage(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    found: str | tuple[str, ...],
    expected: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = CliRunner().invoke(main, ["sql", "SELECT 1", *arguments])
    assert ran.exit_code == 2
    assert_reports(ran.output, found=found, expected=expected)
    assert list(tmp_path.iterdir()) == []


def test_given_format_can_be_written_to_a_file_with_any_ending(made_home: Path, tmp_path: Path) -> None:
    ran = run_payung(made_home, "sql", "SELECT 1 AS a", "--format", "csv", "--to", str(tmp_path / "answer.dat"))
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "answer.dat").read_text(encoding="utf-8") == "a\n1\n"


def test_unknown_codes_in_macros_are_reported_on_stderr_in_every_format(made_home: Path, tmp_path: Path) -> None:
    query = "FROM series('ASP_COV_PENSON', 'Burma')"
    for more in ((), ("--format", "csv"), ("--to", str(tmp_path / "a.parquet")), ("--to", str(tmp_path / "a.xlsx"))):
        ran = run_payung(made_home, "sql", query, *more)
        assert ran.returncode == 0
        indicator, area = sorted(line for line in ran.stderr.splitlines() if line.startswith("payung: unknown"))[::-1]
        assert_reports(area, found="unknown area 'Burma'", remedy="MMR (Myanmar)")
        assert_reports(indicator, found="unknown indicator 'ASP_COV_PENSON'", remedy="ASP_COV_PENSN (")
        assert "unknown" not in ran.stdout


@pytest.mark.parametrize("text", ["", "  ", "-- only a comment"])
def test_query_without_a_statement_is_refused(made_home: Path, text: str) -> None:
    for ran in (run_payung(made_home, "sql", text), run_payung(made_home, "sql", input=text)):
        assert ran.returncode == 2
        assert ran.stderr.startswith("payung: ")
        assert_reports(ran.stderr, found="no statement", remedy="payung sql")
        assert "Traceback" not in ran.stderr


class Terminal(pyte.Screen):
    """A prompt in a pseudo-terminal: types text, and waits until the screen shows the expected text."""

    def __init__(self, descriptor: int, columns: int, lines: int) -> None:
        super().__init__(columns, lines)
        self.descriptor = descriptor
        self.stream = pyte.ByteStream(self)

    def write_process_input(self, data: str) -> None:
        """Sends the answers of the terminal itself, such as the position of the cursor."""
        os.write(self.descriptor, data.encode())

    def wait_for(self, pattern: str, seconds: float = 20) -> str:
        """Waits until the screen matches `pattern`; returns its text without trailing blanks."""
        end = time.monotonic() + seconds
        shown = ""
        while time.monotonic() < end:
            shown = "".join(f"{line.rstrip()}\n" for line in self.display)
            if re.search(pattern, shown, re.MULTILINE):
                return shown
            if select.select([self.descriptor], [], [], 0.1)[0]:
                try:
                    self.stream.feed(os.read(self.descriptor, 65536))
                except OSError:  # the prompt has ended
                    break
        raise AssertionError(f"{pattern!r} did not appear on the screen:\n{shown.rstrip()}")

    def wait_for_end(self, seconds: float = 20) -> None:
        """Waits for the end of the prompt."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if select.select([self.descriptor], [], [], 0.1)[0]:
                try:
                    if not os.read(self.descriptor, 65536):
                        return
                except OSError:
                    return
        raise AssertionError("the prompt did not end")

    def enter(self, text: str) -> None:
        """Waits for the prompt in the last line and types; earlier input would be echoed by the terminal itself."""
        self.wait_for(r"payung>\n*\Z")
        self.type(text)

    def type(self, text: str) -> None:
        os.write(self.descriptor, text.encode())


@contextmanager
def terminal(home: Path, lines: int = 60, **environment: str) -> Iterator[Terminal]:
    """`payung sql` in a pseudo-terminal of 120 columns."""
    child, descriptor = pty.fork()
    if child == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", lines, 120, 0, 0))
        settings.set_variables(**{"PAYUNG_HOME": str(home), "TERM": "xterm", **environment})
        os.execv(COMMAND, [COMMAND, "sql"])
    try:
        yield Terminal(descriptor, 120, lines)
    finally:
        os.close(descriptor)
        os.waitpid(child, 0)


@pytest.fixture
def light_home(made_home: Path, tmp_path: Path) -> Path:
    """A home with links to the made release, so that its history can be changed."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "releases").symlink_to(made_home / "releases")
    (home / "current").symlink_to(f"releases/{(made_home / 'current').resolve().name}")
    return home


def test_prompt_runs_statements_completes_helps_and_stores_the_history(light_home: Path) -> None:
    with terminal(light_home, PAGER="cat") as screen:
        screen.wait_for(r"read-only\. End a statement with ;")
        screen.wait_for(r"payung>$")
        screen.enter("SELECT 6 *\r")
        screen.wait_for(r"\.\.\.>$")
        screen.type("7 AS answer;\r")
        screen.wait_for(r"\n *42\n")
        screen.enter("\\d baseline.change_contribution\r")
        assert "contributions add up" in screen.wait_for(r"contribution .*DOUBLE")
        screen.enter("\\d as_of\r")
        screen.wait_for(r"known_on")
        screen.enter("\\d nothing\r")
        screen.wait_for(r"no table, view or macro")
        screen.enter("\\?\r")
        screen.wait_for(r"leave \(or Ctrl-D\)")
        screen.enter("SELEC 1;\r")
        screen.wait_for(r"Parser Error[^$]*LINE 1")
        screen.enter("SELECT name FROM reference.indic\t")
        screen.wait_for(r"FROM reference\.indicator")
        screen.type(" WHERE indicator = 'ASP_COV_PENS")
        screen.wait_for(r"FROM reference\.indicator WHERE indicator = 'ASP_COV_PENS$")
        screen.type("\t")
        screen.wait_for("WHERE indicator = 'ASP_COV_PENSN$")
        screen.type("';\r")
        screen.wait_for("receiving a pension")
        screen.enter("DROP TABLE baseline.value;\r")
        screen.wait_for("only reads")
        screen.enter("\\q\r")
        screen.wait_for(r"payung> \\q\n")
    history = (light_home / "sql_history").read_text(encoding="utf-8")
    assert "7 AS answer;" in history


@pytest.mark.parametrize("word", ["exit;", "QUIT ;", "\\q", "\x04"])
def test_prompt_can_be_left_within_a_statement(light_home: Path, word: str) -> None:
    with terminal(light_home) as screen:
        screen.wait_for(r"payung>$")
        screen.type("SELECT 1\r")
        screen.wait_for(r"\.\.\.>$")
        screen.type(word if word == "\x04" else f"{word}\r")
        screen.wait_for_end()


def test_prompt_helps_within_a_statement_that_ends_before_a_comment(light_home: Path) -> None:
    with terminal(light_home) as screen:
        screen.wait_for(r"payung>$")
        screen.type("SELECT 6 *\r")
        for word in ("help;", "\\?", "Help"):
            screen.wait_for(r"\.\.\.>\n*\Z")
            screen.type(f"{word}\r")
            screen.wait_for(r"leave \(or Ctrl-D\)")
        screen.wait_for(r"\.\.\.>\n*\Z")
        screen.type("7 AS answer; -- done\r")
        screen.wait_for(r"\n *42\n")
        screen.enter("SELECT latest_value FROM profile('Burma');\r")
        screen.wait_for(r"unknown area 'Burma': write MMR \(Myanmar\)")
        screen.enter("exit\r")
        screen.wait_for_end()


def test_long_results_are_shown_in_the_pager(light_home: Path, tmp_path: Path) -> None:
    pager = tmp_path / "pager"
    pager.write_text(f"#!/bin/sh\nwc -l > {tmp_path}/paged\n", encoding="utf-8")
    pager.chmod(0o755)
    with terminal(light_home, lines=20, PAGER=str(pager)) as screen:
        screen.wait_for("payung>")
        screen.enter("SELECT 1 AS one;\r")
        screen.wait_for(r"\n *1\s")
        assert not (tmp_path / "paged").exists(), "a short result is printed"
        screen.enter("SELECT * FROM range(500);\r")
        screen.wait_for("payung>")
        end = time.monotonic() + 10
        while not (tmp_path / "paged").exists() and time.monotonic() < end:
            time.sleep(0.05)
        screen.type("\\q\r")
        screen.wait_for(r"payung> \\q\n")
    assert int((tmp_path / "paged").read_text()) == 501

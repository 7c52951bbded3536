"""The CSV files of the definitions: what a line, a quote, a header or an encoding can do wrong, in every shipped file."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from indicator_defs.catalog import FOLDER, load_catalog
from indicator_defs.csv_records import records
from indicator_defs.errors import CatalogError

FILES = sorted(p.relative_to(FOLDER).as_posix() for p in FOLDER.rglob("*.csv"))
UNITS = "codelists/unit.csv"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "indicator_defs", ignore=shutil.ignore_patterns("__pycache__")))


def read(text: str, columns: tuple[str, ...]) -> tuple[dict[int, dict[str, str]], dict[int, str]]:
    """The records and the faults of a text, by line."""
    faults: dict[int, str] = {}
    found = dict(records(text, columns, lambda line, what: faults.update({line: faults.get(line, "") + what})))
    return found, faults


def of_two(*lines: str) -> tuple[dict[int, dict[str, str]], dict[int, str]]:
    return read("\n".join(["code,name", *lines]) + "\n", ("code", "name"))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('F,"Women', "cell 2 (name): a quote is never closed in this line"),
        ('"F,Women', "cell 1 (code): a quote is never closed in this line"),
        ('F,Wo"men', "cell 2 (name): found a quote in a cell that does not begin with one"),
        ('F,Women"', "cell 2 (name): found a quote in a cell that does not begin with one"),
        ('F, "Women"', "cell 2 (name): found a quote in a cell that does not begin with one"),
        ('F,"Women" all', "cell 2 (name): found ' all' after the closing quote, expected a comma"),
        ('F,"Wo"men"', "cell 2 (name): found 'men\"' after the closing quote, expected a comma"),
        ("F", "1 cells, the header has 2: none for name"),
        ("F,Women,all", "3 cells, the header has 2 (quote cells that hold a comma)"),
        ("F,Women,", "3 cells, the header has 2: the last 1 are empty; remove the commas at the end of the line"),
        (",", "every cell of the line is empty"),
        ("", "the line is empty; remove it"),
        ("   ", "the line is empty; remove it"),
        ("code, name", "the line is the header once more; remove it"),
        ("F,Wo\0men", "found a NUL at character 5"),
        ("F,Wo\x1bmen", "found the control character U+001B at character 5"),
        ("F,Wo\x85men", "found the control character U+0085 at character 5"),
    ],
)
def test_fault_of_a_line_is_reported_and_the_lines_around_it_are_read(line: str, message: str) -> None:
    found, faults = of_two("M,Men", line, "T,Total")
    assert {n: row["name"] for n, row in found.items()} == {2: "Men", 4: "Total"}
    assert list(faults) == [3]
    assert faults[3].startswith(message)


def test_line_that_is_whole_is_read_as_written() -> None:
    found, faults = of_two('F,"Women, ""all"" of them"', '"M"," Men "', "T,Total\u2028of all", "O,")
    assert not faults
    assert [row["name"] for row in found.values()] == ['Women, "all" of them', "Men", "Total\u2028of all", ""]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty, expected a header: code,name"),
        ("\n\n", "the file is empty, expected a header: code,name"),
        ("\ncode,name\nF,Women\n", "the header is empty, expected code,name"),
        ("code,name,\nF,Women,\n", "column 3 has no name"),
        ("code,name,name\nF,Women,W\n", "columns named twice: name"),
        ("code\nF\n", "columns missing: name"),
        ("code,name,note\nF,Women,\n", "unknown columns: note; expected code,name"),
        ("code;name\nF;Women\n", "the columns are separated by semicolons, expected commas"),
        ("code|name\nF|Women\n", "the columns are separated by vertical bars, expected commas"),
        ("code\tname\nF\tWomen\n", "the columns are separated by tabs, expected commas"),
        ('code,"name\nF,Women\n', "cell 2: a quote is never closed in this line"),
        ("code,name\rF,Women\r", "the line ends in a carriage return alone"),
    ],
)
def test_header_that_cannot_be_used_is_reported_alone(text: str, message: str) -> None:
    found, faults = read(text, ("code", "name"))
    assert not found
    assert list(faults) == [1]
    assert faults[1].startswith(message)


def test_carriage_return_alone_is_reported_at_its_line() -> None:
    _, faults = read("code,name\r\nF,Women\nM,\rMen\n", ("code", "name"))
    assert list(faults) == [3]


def test_line_ends_and_empty_lines_at_the_end_count_for_nothing() -> None:
    found, faults = read("code,name\r\nF,Women\r\nM,Men\n\r\n  \n", ("code", "name"))
    assert (list(found), faults) == ([2, 3], {})


def _changes(line: str) -> Iterator[str]:
    """Every line that differs from this one by one quote more or less."""
    for at in range(len(line) + 1):
        yield f'{line[:at]}"{line[at:]}'
    for at, letter in enumerate(line):
        if letter == '"':
            yield line[:at] + line[at + 1 :]


@pytest.mark.parametrize("name", FILES)
def test_one_quote_more_or_less_is_never_silent_in_a_shipped_file(name: str) -> None:
    header, *lines = (FOLDER / name).read_text(encoding="utf-8-sig").splitlines()
    columns = tuple(header.split(","))
    whole, faults = read("\n".join([header, *lines, ""]), columns)
    assert not faults
    assert len(whole) == len(lines)
    silent = []
    # a neighbour of each kind on both sides, so that what is swallowed would show; a line has no say beyond itself
    around = [line for line in lines if '"' in line][:1] or lines[:1]
    for line in lines:
        for changed in _changes(line):
            found, faults = read("\n".join([header, *around, changed, *around, ""]), columns)
            at = 2 + len(around)
            if list(faults) != [at] or at in found or len(found) != 2 * len(around):
                silent.append(changed)
    for changed in _changes(header):
        found, faults = read("\n".join([changed, *around, ""]), columns)
        if found or list(faults) != [1]:
            silent.append(changed)
    assert not silent


@pytest.mark.parametrize("name", FILES)
def test_line_of_a_shipped_file_twice_is_refused_with_both_lines(name: str, folder: Path) -> None:
    path = folder / name
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    if len(lines) == 1:
        lines.append("VNM,ASP_COV_PENSN,10,20,2030,Law on social insurance")
    path.write_text("\n".join([*lines, lines[1], ""]), encoding="utf-8")
    with pytest.raises(CatalogError) as caught:
        load_catalog(folder)
    place = f"indicator_defs/{name}:{len(lines) + 1}: "
    problems = [line.strip() for line in str(caught.value).splitlines() if line.strip().startswith(place)]
    assert any("line 2 has the same; keep one of the two lines" in line for line in problems), str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lambda text: text.encode("utf-16"), "the file is UTF-16, expected UTF-8; save it as UTF-8"),
        (lambda text: b"\xfe\xff" + text.encode("utf-16-be"), "the file is UTF-16, expected UTF-8; save it as UTF-8"),
        (lambda text: text.encode("utf-16-le"), "found a NUL at character 2"),
        (lambda text: text.encode().replace(b"\n", b"\r"), "the line ends in a carriage return alone"),
        (lambda text: text.encode() + b"\xff", "not UTF-8 (byte 0xff)"),
    ],
)
def test_encodings_that_are_not_expected(folder: Path, content, message: str) -> None:
    path = folder / UNITS
    path.write_bytes(content(path.read_text(encoding="utf-8")))
    with pytest.raises(
        CatalogError, match=r"1 problem in the definitions:\s+indicator_defs/codelists/unit\.csv:\d+: "
    ) as e:
        load_catalog(folder)
    assert message in str(e.value)


def test_byte_order_mark_of_utf8_is_no_part_of_the_header(folder: Path) -> None:
    path = folder / UNITS
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load_catalog(folder).codelists["unit"]


def test_two_patterns_that_exclude_each_other_are_listed_once_in_either_order(folder: Path) -> None:
    path = folder / "never_together.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    one, other, _ = lines[1].split(",", 2)
    path.write_text("\n".join([*lines, f"{other},{one},The same two the other way round", ""]), encoding="utf-8")
    with pytest.raises(CatalogError, match=rf"never_together\.csv:{len(lines) + 1}: line 2 has the same two patterns"):
        load_catalog(folder)


ODD_NUMBERS = ["1e400", "inf", "٢", "²", "1_0", "0x10", "--1", "1e", "nan", "9" * 40, "1.5.0"]


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("target_group_rules.csv", "priority"),
        ("codelists/age.csv", "age_from"),
        ("codelists/age.csv", "age_to"),
        ("target_group_rules.csv", "age_within_to"),
        ("must_exist.csv", "time_period"),
        ("must_exist.csv", "tolerance"),
        ("check_tolerances.csv", "value"),
    ],
)
def test_odd_numbers_in_definitions_are_refused_each_with_its_line(folder: Path, name: str, column: str) -> None:
    path = folder / name
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    at = header.index(column)
    given = dict(zip(range(len(rows)), ODD_NUMBERS, strict=False))
    for i, odd in given.items():
        rows[i][at] = odd
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    with pytest.raises(CatalogError) as caught:
        load_catalog(folder)
    for i, odd in given.items():
        if not (odd == "9" * 40 and column in ("tolerance", "value")):  # a double holds it
            assert f"indicator_defs/{name}:{i + 2}: {column} is {odd!r}, expected" in str(caught.value)

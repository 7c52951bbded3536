"""The CSV files of the definitions: faults of lines, quotes, headers and encodings, in every file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from definition_faults import append, assert_only_problem, assert_problem, problems_of
from messages import Content, assert_reports

from indicator_defs.catalog import FOLDER, load_catalog
from indicator_defs.csv_records import records

FILES = sorted(p.relative_to(FOLDER).as_posix() for p in FOLDER.rglob("*.csv"))
UNITS = "codelists/unit.csv"


def read(text: str, columns: tuple[str, ...]) -> tuple[dict[int, dict[str, str]], dict[int, str]]:
    """The records and the faults of a text, by line."""
    faults: dict[int, str] = {}
    found = dict(records(text, columns, lambda line, fault: faults.update({line: faults.get(line, "") + fault})))
    return found, faults


def read_lines(*lines: str) -> tuple[dict[int, dict[str, str]], dict[int, str]]:
    return read("\n".join(["code,name", *lines]) + "\n", ("code", "name"))


@pytest.mark.parametrize(
    ("line", "found", "expected", "remedy"),
    [
        ('F,"Women', ("cell 2 (name)", "quote that is not closed"), "one line", "close it"),
        ('"F,Women', ("cell 1 (code)", "quote that is not closed"), "one line", "close it"),
        ('F,Wo"men', ("cell 2 (name)", "without an opening quote"), (), "quote the whole cell"),
        ('F,Women"', ("cell 2 (name)", "without an opening quote"), (), "quote the whole cell"),
        ('F, "Women"', ("cell 2 (name)", "without an opening quote"), (), "quote the whole cell"),
        ('F,"Women" all', ("cell 2 (name)", "' all'", "closing quote"), "a comma", "double each quote"),
        ('F,"Wo"men"', ("cell 2 (name)", "'men\"'", "closing quote"), "a comma", "double each quote"),
        ("F", ("1 cells", "name"), "2", "comma"),
        ("F,Women,all", "3 cells", "2", "quote each cell"),
        ("F,Women,", ("3 cells", "the last 1"), "2", "remove the commas"),
        (",", "every cell", (), "remove"),
        ("", "empty", (), "remove"),
        ("   ", "empty", (), "remove"),
        ("code, name", "the header", (), "remove"),
        ("F,Wo\0men", ("a NUL", "character 5"), "text", "remove"),
        ("F,Wo\x1bmen", ("control character U+001B", "character 5"), "text", "remove"),
        ("F,Wo\x85men", ("control character U+0085", "character 5"), "text", "remove"),
    ],
)
def test_faulty_line_is_reported_and_its_neighbours_are_read(
    line: str, found: Content, expected: Content, remedy: Content
) -> None:
    rows, faults = read_lines("M,Men", line, "T,Total")
    assert {n: row["name"] for n, row in rows.items()} == {2: "Men", 4: "Total"}
    assert list(faults) == [3]
    assert_reports(faults[3], found=found, expected=expected, remedy=remedy)


def test_line_without_faults_is_read_unchanged() -> None:
    found, faults = read_lines('F,"Women, ""all"" of them"', '"M"," Men "', "T,Total\u2028of all", "O,")
    assert not faults
    assert [row["name"] for row in found.values()] == ['Women, "all" of them', "Men", "Total\u2028of all", ""]


@pytest.mark.parametrize(
    ("text", "found", "expected", "remedy"),
    [
        ("", "empty", "code,name", ()),
        ("\n\n", "empty", "code,name", ()),
        ("\ncode,name\nF,Women\n", "empty", "code,name", ()),
        ("code,name,\nF,Women,\n", ("column 3", "no name"), (), "remove"),
        ("code,name,name\nF,Women,W\n", "duplicate columns: name", (), "keep one"),
        ("code\nF\n", "missing columns: name", "code,name", ()),
        ("code,name,note\nF,Women,\n", "unknown columns: note", "code,name", ()),
        ("code;name\nF;Women\n", "semicolons", "commas", "save the file"),
        ("code|name\nF|Women\n", "vertical bars", "commas", "save the file"),
        ("code\tname\nF\tWomen\n", "tabs", "commas", "save the file"),
        ('code,"name\nF,Women\n', ("cell 2", "quote that is not closed"), (), "close it"),
        ("code,name\rF,Women\r", "CR", "LF or CR LF", "save the file"),
    ],
)
def test_faulty_header_is_the_only_problem(text: str, found: Content, expected: Content, remedy: Content) -> None:
    rows, faults = read(text, ("code", "name"))
    assert not rows
    assert list(faults) == [1]
    assert_reports(faults[1], found=found, expected=expected, remedy=remedy)


def test_line_end_cr_is_reported_at_its_line() -> None:
    _, faults = read("code,name\r\nF,Women\nM,\rMen\n", ("code", "name"))
    assert list(faults) == [3]


def test_line_ends_and_empty_lines_at_the_end_are_ignored() -> None:
    found, faults = read("code,name\r\nF,Women\r\nM,Men\n\r\n  \n", ("code", "name"))
    assert (list(found), faults) == ([2, 3], {})


def _changes(line: str) -> Iterator[str]:
    """Every line that has one quote more or one quote less than this one."""
    for at in range(len(line) + 1):
        yield f'{line[:at]}"{line[at:]}'
    for at, letter in enumerate(line):
        if letter == '"':
            yield line[:at] + line[at + 1 :]


@pytest.mark.parametrize("name", FILES)
def test_every_added_or_removed_quote_is_reported(name: str) -> None:
    header, *lines = (FOLDER / name).read_text(encoding="utf-8-sig").splitlines()
    columns = tuple(header.split(","))
    rows, faults = read("\n".join([header, *lines, ""]), columns)
    assert not faults
    assert len(rows) == len(lines)
    not_reported = []
    # neighbours with and without quotes, because an open quote could include the next line
    around = [line for line in lines if '"' in line][:1] or lines[:1]
    for line in lines:
        for changed in _changes(line):
            found, faults = read("\n".join([header, *around, changed, *around, ""]), columns)
            at = 2 + len(around)
            if list(faults) != [at] or at in found or len(found) != 2 * len(around):
                not_reported.append(changed)
    for changed in _changes(header):
        found, faults = read("\n".join([changed, *around, ""]), columns)
        if found or list(faults) != [1]:
            not_reported.append(changed)
    assert not not_reported


@pytest.mark.parametrize("name", FILES)
def test_duplicate_line_is_reported_with_both_lines(name: str, folder: Path) -> None:
    lines = (folder / name).read_text(encoding="utf-8-sig").splitlines()
    if len(lines) == 1:
        lines.append("VNM,ASP_COV_PENSN,10,20,2030,Law on social insurance")
    (folder / name).write_text("\n".join([*lines, lines[1], ""]), encoding="utf-8")
    place = f"indicator_defs/{name}:{len(lines) + 1}"
    assert_problem(problems_of(folder), place, "line 2", remedy="keep one")


@pytest.mark.parametrize(
    ("content", "line", "found", "expected", "remedy"),
    [
        (lambda text: text.encode("utf-16"), 1, "UTF-16", "UTF-8", "save it as UTF-8"),
        (lambda text: b"\xfe\xff" + text.encode("utf-16-be"), 1, "UTF-16", "UTF-8", "save it as UTF-8"),
        (lambda text: text.encode("utf-16-le"), 1, ("a NUL", "character 2"), "text", "remove"),
        (lambda text: text.encode().replace(b"\n", b"\r"), 1, "CR", "LF or CR LF", "save the file"),
        (lambda text: text.encode() + b"\xff", None, "0xff", "UTF-8", "save the file"),
    ],
)
def test_other_encodings_are_the_only_problem(
    folder: Path, content, line: int | None, found: Content, expected: str, remedy: str
) -> None:
    path = folder / UNITS
    text = path.read_text(encoding="utf-8")
    path.write_bytes(content(text))
    place = f"indicator_defs/{UNITS}:{line or text.count(chr(10)) + 1}"
    assert_only_problem(problems_of(folder), place, found, expected, remedy)


def test_byte_order_mark_of_utf8_is_not_part_of_the_header(folder: Path) -> None:
    path = folder / UNITS
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load_catalog(folder).codelists["unit"]


def test_excluded_pair_in_the_other_order_is_a_duplicate(folder: Path) -> None:
    path = folder / "never_together.csv"
    one, other, _ = path.read_text(encoding="utf-8").splitlines()[1].split(",", 2)
    line = append(folder, "never_together.csv", f"{other},{one},The same two in the other order")
    place = f"indicator_defs/never_together.csv:{line}"
    assert_problem(problems_of(folder), place, (one, other, "line 2"), remedy="keep one")


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
def test_numbers_in_an_odd_form_are_reported_with_their_line(folder: Path, name: str, column: str) -> None:
    path = folder / name
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    at = header.index(column)
    given = dict(zip(range(len(rows)), ODD_NUMBERS, strict=False))
    for i, odd in given.items():
        rows[i][at] = odd
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    problems = problems_of(folder)
    for i, odd in given.items():
        if not (odd == "9" * 40 and column in ("tolerance", "value")):  # a double can hold it
            assert_problem(problems, f"indicator_defs/{name}:{i + 2}", (f"{column}:", repr(odd)), "expected")

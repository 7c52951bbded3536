"""The writer of cells for all workbooks: values are read back by the rules of the format and by programs."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import openpyxl
import pandas as pd
import pytest
from messages import assert_reports

from pipelines.cli.output.diff_text import VALUE_COLUMNS
from pipelines.cli.output.diff_workbook import write_diff_workbook
from warehouse import workbook_cells
from warehouse.compare.release_diff import Diff
from warehouse.export.release_reader import Rows
from warehouse.export.sheet_writer import Book, SheetColumn, SheetTable
from warehouse.query.answer_files import write_sheets
from warehouse.query.read_only import QueryAnswer
from warehouse.workbook_cells import MOST_CHARACTERS, Cells, SheetError, check_size, sheet_name

ROOT = Path(workbook_cells.__file__).parent.parent

# Texts that the format, XML or a spreadsheet would otherwise read as something else.
TEXTS = (
    "_x0041_ b", "_x005F_x0041_", "_x0041_x0042_", "_x00e9_ _X0041_ _x41_", "_x0041\rb", "a\rb", "a\r\nb", "a\nb", "\ta ",
    "=1+1", "+1", "-1", "@SUM(A1)", "#N/A", "TRUE", "007", "2019-01-01", "1E5", "<b>&amp;</b>", "'quoted", "\u200f\u0639",
    "\U0001f600", "a" * 32_767,
)  # fmt: skip
NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def texts_by_cell(path: Path, sheet: str) -> dict[str, str]:
    """The texts of a sheet by cell, decoded by the rules of ECMA-376 (22.9.2.19, ST_Xstring) and XML."""
    names = openpyxl.load_workbook(path).sheetnames
    with zipfile.ZipFile(path) as archive:
        root = ElementTree.fromstring(archive.read(f"xl/worksheets/sheet{names.index(sheet) + 1}.xml"))
    texts = {}
    for cell in root.iter(f"{NS}c"):
        if cell.get("t") == "inlineStr":
            raw = "".join(t.text or "" for t in cell.iter(f"{NS}t"))
            texts[str(cell.get("r"))] = re.sub("_x([0-9A-Fa-f]{4})_", lambda m: chr(int(m[1], 16)), raw)
    return texts


def by_answer(texts: Sequence[Any], path: Path) -> list[str]:
    write_sheets(QueryAnswer(("text",), ("VARCHAR",), [(t,) for t in texts]), path, "SELECT", "2026.11.30-1")
    return ["answer", *(f"A{n}" for n in range(2, 2 + len(texts)))]


def by_export(texts: Sequence[Any], path: Path) -> list[str]:
    book = Book("t", date(2026, 11, 22), "f")
    rows = Rows(("text",), [(t,) for t in texts])
    book.add_table(SheetTable("T", "h", "a", (SheetColumn("text", "Text", 20, "code"),), rows))
    book.save(path)
    return ["T", *(f"A{n}" for n in range(5, 5 + len(texts)))]


def by_diff(texts: Sequence[Any], path: Path) -> list[str]:
    empty = pd.DataFrame(columns=[*VALUE_COLUMNS, "kind"])
    codes = pd.DataFrame({"text": pd.Series(list(texts), dtype=object)})
    frames = {"indicators": pd.DataFrame(), "definitions": pd.DataFrame(), "sources": pd.DataFrame()}
    write_diff_workbook(Diff("a", "b", values=empty, codes=codes, totals=pd.DataFrame(), **frames), path)
    return ["codes", *(f"A{n}" for n in range(2, 2 + len(texts)))]


WRITERS = [by_answer, by_export, by_diff]
Writer = Callable[[Sequence[Any], Path], list[str]]


@pytest.mark.parametrize("write", WRITERS)
def test_every_writer_writes_every_text_unaltered(write: Writer, tmp_path: Path) -> None:
    sheet, *places = write(TEXTS, tmp_path / "t.xlsx")
    found = texts_by_cell(tmp_path / "t.xlsx", sheet)
    assert [found[p] for p in places] == list(TEXTS)
    sheet_read = openpyxl.load_workbook(tmp_path / "t.xlsx")[sheet]
    assert {sheet_read[p].data_type for p in places} == {"s"}
    assert [t for t, p in zip(TEXTS, places, strict=True) if sheet_read[p].quotePrefix] == [
        t for t in TEXTS if t[0] in "=+-@\t\r"
    ]


@pytest.mark.parametrize("write", WRITERS)
def test_every_writer_replaces_characters_that_xml_does_not_allow(write: Writer, tmp_path: Path) -> None:
    sheet, *places = write(["a\x00b", "\x07", "\x1f", "\ud800", "\uffff", "\x85"], tmp_path / "t.xlsx")
    found = texts_by_cell(tmp_path / "t.xlsx", sheet)
    assert [found[p] for p in places] == ["a\ufffdb", *["\ufffd"] * 4, "\x85"]


@pytest.mark.parametrize("write", WRITERS[1:])
@pytest.mark.parametrize("long", ["x" * 40_000, "\U0001f600" * 16_384, "_x0041_" * 5_000])
def test_text_that_is_too_long_is_cut_with_a_mark_and_listed(write: Writer, long: str, tmp_path: Path) -> None:
    sheet, _, place = write(["short", long], tmp_path / "t.xlsx")
    found = texts_by_cell(tmp_path / "t.xlsx", sheet)[place]
    assert len(found.encode("utf-16-le")) // 2 <= MOST_CHARACTERS
    assert re.search(r" … \[cut; .*\]$", found)
    assert long.startswith(found.partition(" … ")[0])
    listed = texts_by_cell(tmp_path / "t.xlsx", "Cut texts")
    assert listed["A2"].startswith(f"{sheet}!{place}: ")
    assert "A3" not in listed


def test_result_with_a_text_that_is_too_long_is_refused_with_its_cell(tmp_path: Path) -> None:
    with pytest.raises(SheetError) as error:
        by_answer(["x" * 40_000], tmp_path / "t.xlsx")
    assert_reports(
        str(error.value),
        place="cell A2",
        found=("40,000 characters", "'xxx"),
        expected=f"{MOST_CHARACTERS:,}",
        remedy="--format parquet or csv",
    )


@pytest.mark.parametrize("write", WRITERS)
def test_numbers_are_numbers_with_all_their_digits(write: Writer, tmp_path: Path) -> None:
    numbers = [0.1 + 0.2, -0.0, 1e-300, 5, 123456789012345, Decimal("2.50"), np.float64(0.1), np.int64(7), 1e22]
    sheet, *places = write(numbers, tmp_path / "t.xlsx")
    sheet_read = openpyxl.load_workbook(tmp_path / "t.xlsx")[sheet]
    assert [sheet_read[p].data_type for p in places] == ["n"] * len(numbers)
    assert [sheet_read[p].value for p in places] == [0.1 + 0.2, 0, 1e-300, 5, 123456789012345, 2.5, 0.1, 7, 1e22]
    assert [type(sheet_read[p].value) for p in places[3:5]] == [int, int]


@pytest.mark.parametrize("write", WRITERS)
def test_numbers_that_excel_cannot_hold_are_texts(write: Writer, tmp_path: Path) -> None:
    values = [float("inf"), 1234567890123456, -1234567890123456, Decimal("0.1234567890123456"), Decimal("Infinity")]
    sheet, *places = write(values, tmp_path / "t.xlsx")
    found = texts_by_cell(tmp_path / "t.xlsx", sheet)
    assert [found[p] for p in places] == [
        "inf", "1234567890123456", "-1234567890123456", "0.1234567890123456", "Infinity"
    ]  # fmt: skip


def test_dates_are_dates_where_excel_can_hold_them(tmp_path: Path) -> None:
    values = [date(2020, 2, 3), datetime(2020, 2, 3, 4, 5, 6), date(1850, 1, 1), datetime(2020, 1, 1, tzinfo=UTC)]
    values += [datetime(2020, 1, 1, 0, 0, 0, 1), True]
    by_answer(values, tmp_path / "t.xlsx")
    cells = [row[0] for row in openpyxl.load_workbook(tmp_path / "t.xlsx")["answer"].iter_rows(min_row=2)]
    assert [c.value for c in cells] == [
        datetime(2020, 2, 3), datetime(2020, 2, 3, 4, 5, 6), "1850-01-01", "2020-01-01 00:00:00+00:00",
        "2020-01-01 00:00:00.000001", True,
    ]  # fmt: skip


def test_names_of_sheets_are_valid() -> None:
    names: list[str] = []
    for expected in (
        "a/b?[c]*:\\",
        "A_B__C____",
        "",
        "History",
        "'quoted'",
        "x" * 40,
        "X" * 40,
        "\U0001f600" * 20,
        "a\x00",
    ):
        names.append(sheet_name(expected, names))
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name in names:
        assert book.create_sheet(name).title == name  # the library changes or refuses an invalid name
        assert len(name.encode("utf-16-le")) // 2 <= 31
    assert names[:5] == ["a_b__c____", "A_B__C____ 2", "sheet", "History_", "quoted"]
    assert len({n.lower() for n in names}) == len(names)


@pytest.mark.parametrize(("rows", "columns", "what"), [(1_048_577, 1, "1,048,577 rows"), (1, 16_385, "16,385 columns")])
def test_table_larger_than_a_sheet_is_refused(rows: int, columns: int, what: str) -> None:
    check_size("Sheet T", 1_048_576, 16_384, "")
    with pytest.raises(SheetError) as error:
        check_size("Sheet T", rows, columns, "Use csv.")
    expected = "1,048,576" if "rows" in what else "16,384"
    assert_reports(str(error.value), place="Sheet T", found=what, expected=expected, remedy="Use csv.")


def test_every_writer_refuses_a_table_larger_than_a_sheet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(workbook_cells, "MOST_ROWS", 6)
    for write in WRITERS:
        with pytest.raises(SheetError, match=r"--only csv|--format parquet|--json") as error:
            write(["a"] * 7, tmp_path / "t.xlsx")
        assert_reports(str(error.value), found="rows", expected="6")


def test_only_one_module_puts_values_into_cells() -> None:
    """A second writer would not have the rules of this one."""
    others = re.compile(r"ILLEGAL_CHARACTERS_RE|WriteOnlyCell\([^)]*value|\.value = |\bsheet\.append\(\[[^\]]")
    for folder in ("warehouse", "pipelines", "assets", "sources", "indicator_defs"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            if "openpyxl" in text and path.name != "workbook_cells.py":
                assert not others.search(text), path
    assert Cells("x").cuts == []


@pytest.mark.long
@pytest.mark.parametrize("write", WRITERS)
def test_libreoffice_reads_the_texts_unaltered(write: Writer, tmp_path: Path) -> None:
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        pytest.skip("no LibreOffice here, and the project needs none: the workbook was not read by one")
    texts = [t for t in TEXTS if "\r" not in t and len(t) < 1000]
    sheet, *_ = write(texts, tmp_path / "t.xlsx")
    number = openpyxl.load_workbook(tmp_path / "t.xlsx").sheetnames.index(sheet) + 1
    form = f"csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,{number}"
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    command = [office, profile, "--headless", "--convert-to", form, "--outdir", str(tmp_path), str(tmp_path / "t.xlsx")]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    csv = next(tmp_path.glob("*.csv"))
    texts_read = pd.read_csv(csv, header=None, dtype=str, keep_default_na=False, skip_blank_lines=False)[0].tolist()
    assert texts_read[-len(texts) :] == texts

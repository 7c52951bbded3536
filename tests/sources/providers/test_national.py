"""The national format: its files, and the faults that are reported."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from messages import assert_reports
from samples.national import SUBMISSION

from indicator_defs.breakdowns import BREAKDOWNS
from sources.parsing import ParsedDataset, SourceError
from sources.providers.national import identify, parse
from sources.registry import dataset, provider

SUBMISSIONS = dataset("national", "submissions")
DOCS = Path(__file__).parents[3] / "docs"
HEADER = SUBMISSION.splitlines()[0]


def read(text: str, encoding: str = "utf-8") -> ParsedDataset:
    return parse(SUBMISSIONS, [("khm.csv", text.encode(encoding))])


def test_breakdowns_default_to_the_total() -> None:
    frame = read(SUBMISSION).frame
    assert list(frame["sex"]) == ["_T", "F"], "an empty cell is the total"
    for breakdown in BREAKDOWNS[1:]:
        assert set(frame[breakdown]) == {"_T"}, "so is a missing column"
    assert list(frame["obs_value"]) == ["12.5", "<0.5"]
    assert list(frame["snapshot_row"]) == ["khm.csv:2", "khm.csv:3"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_files_saved_by_spreadsheets_are_read(encoding: str, delimiter: str) -> None:
    text = SUBMISSION.replace(",", delimiter).replace("\n", "\r\n")
    assert read(text, encoding).frame.equals(read(SUBMISSION).frame)


@pytest.mark.parametrize(
    ("valid", "invalid", "content"),
    [
        (
            "ASP_COV_PENSN,KHM,2021,F",
            "pension,KHM,2021,F",
            {"place": "row 3, column indicator", "found": "'pension'"},
        ),
        ("KHM,2021,F", "Cambodia,2021,F", {"place": "row 3, column ref_area", "found": "'Cambodia'"}),
        (
            "KHM,2021,F",
            "KHM,2009/2010,F",
            {"place": "row 3, column time_period", "found": "'2009/2010'", "expected": "year in four digits"},
        ),
        (
            ",12.5,",
            ',"12,5",',
            {"place": "row 2, column obs_value", "found": "'12,5'", "remedy": "decimals with a point"},
        ),
        (",12.5,", ",about 12,", {"place": "row 2, column obs_value", "found": "'about 12'"}),
        (",12.5,", ",47.5%,", {"place": "row 2, column obs_value", "found": "'47.5%'"}),
        (",12.5,PT,", ",12.5,,", {"place": "row 2, column unit_measure", "found": "empty"}),
        (
            "PT,A,National survey 2021,small",
            "PT,A,,small",
            {"place": "row 3, column source_citation", "found": "empty"},
        ),
        (
            "2026-10-01,National office\nASP",
            "1.10.2026,National office\nASP",
            {"place": "row 2, column vintage_date", "found": "'1.10.2026'"},
        ),
        (",F,", ",female,", {"place": "row 3, column sex", "found": "'female'"}),
    ],
)
def test_faults_name_row_and_column(valid: str, invalid: str, content: dict[str, str]) -> None:
    assert valid in SUBMISSION
    with pytest.raises(SourceError) as error:
        read(SUBMISSION.replace(valid, invalid, 1))
    assert_reports(str(error.value), place="khm.csv: 1 fault;", remedy="docs/national_format.md")
    assert_reports(str(error.value), **content)


def test_all_faults_are_reported_together() -> None:
    faulty = SUBMISSION.replace("12.5", "x").replace("<0.5", "y").replace("KHM,2021,F", "KHM,21,F")
    with pytest.raises(SourceError) as error:
        read(faulty)
    assert [line.strip()[:5] for line in str(error.value).splitlines()[1:]] == ["row 2", "row 3", "row 3"]


def test_lower_bound_above_upper_bound_is_reported() -> None:
    text = SUBMISSION.replace(HEADER, HEADER + ",lower_bound,upper_bound").replace(
        "National office", "National office,5,4"
    )
    with pytest.raises(SourceError) as error:
        read(text)
    assert_reports(str(error.value), place="row 2", found=("lower_bound 5", "upper_bound 4"))


@pytest.mark.parametrize(
    ("text", "content"),
    [
        (
            SUBMISSION.replace(",ref_area", ",area"),
            {"found": "found indicator, area", "expected": "required column ref_area missing"},
        ),
        (SUBMISSION.replace("footnote", "sex"), {"place": "header", "found": "column 'sex' more than once"}),
        (
            SUBMISSION.replace("small sample", "small, sample"),
            {"place": "row 3", "found": "13 cells", "expected": "expected 12", "remedy": "in quotes"},
        ),
        ("just a note\nmore\n", {"place": "row 1", "found": "'just a note'", "expected": "the column names"}),
        (HEADER + "\n", {"found": "a header and no rows"}),
        (
            SUBMISSION.replace("national_submission", "document"),
            {"place": "column kind", "found": "'document'", "expected": ("'national_submission'", "submissions")},
        ),
    ],
)
def test_file_in_another_format_is_refused(text: str, content: dict[str, str]) -> None:
    with pytest.raises(SourceError) as error:
        read(text)
    assert_reports(str(error.value), place="khm.csv: ")
    assert_reports(str(error.value), **content)


def test_file_in_another_encoding_is_refused() -> None:
    with pytest.raises(SourceError) as error:
        read(SUBMISSION.replace("National survey", "Enquête"), "latin-1")
    assert_reports(str(error.value), place="khm.csv: line 2: byte", found=("is not UTF-8", r"b'\xea'"))


@pytest.mark.parametrize(
    ("text", "content"),
    [
        (SUBMISSION.replace(",vintage_date", ",published"), {"expected": "required column vintage_date missing"}),
        (SUBMISSION.replace(",kind", ",type"), {"expected": "required column kind missing"}),
        (
            SUBMISSION.replace("national_submission", "draft"),
            {"place": "row 2, column kind", "found": "'draft'", "expected": "document or national_submission"},
        ),
        (
            SUBMISSION.replace("2026-10-01", "October 2026"),
            {"place": "row 2, column vintage_date", "found": "'October 2026'"},
        ),
        (
            SUBMISSION.replace("2026-10-01", "2026-02-30"),
            {"place": "row 2, column vintage_date", "found": "'2026-02-30'"},
        ),
        (
            SUBMISSION.replace("2026-10-01", "2026-10-02", 1),
            {
                "place": "column vintage_date",
                "found": "'2026-10-01', '2026-10-02'",
                "expected": "same value in every row",
            },
        ),
    ],
)
def test_file_without_a_valid_dataset_or_vintage_is_refused(text: str, content: dict[str, str]) -> None:
    with pytest.raises(SourceError) as error:
        identify(provider("national"), "khm.csv", text.encode())
    assert_reports(str(error.value), place="khm.csv: ")
    assert_reports(str(error.value), **content)


def test_the_example_of_the_national_format_is_valid() -> None:
    text = (DOCS / "national_format.md").read_text(encoding="utf-8")
    example = re.search(r"```csv\n(.*?)```", text, re.S)
    assert example is not None
    body = example[1].encode()
    name, vintage = identify(provider("national"), "example.csv", body)
    frame = parse(dataset("national", name), [("example.csv", body)]).frame
    assert (name, str(vintage), len(frame)) == ("documents", "2014-12-31", 2)
    assert set(frame["sex"]) == {"_T"}


def test_datasets_and_the_origin_of_their_files() -> None:
    spec = provider("national")
    assert {d.key: d.kind for d in spec.datasets} == {
        "national__documents": "document",
        "national__submissions": "national_submission",
    }
    assert (spec.endpoints, spec.fed_by) == ([], "inbox")

"""Our own national format: what its files hold, and the faults that are named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
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
        assert set(frame[breakdown]) == {"_T"}, "so is a column that is absent"
    assert list(frame["obs_value"]) == ["12.5", "<0.5"]
    assert list(frame["snapshot_row"]) == ["khm.csv:2", "khm.csv:3"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_what_a_spreadsheet_saves(encoding: str, delimiter: str) -> None:
    text = SUBMISSION.replace(",", delimiter).replace("\n", "\r\n")
    assert read(text, encoding).frame.equals(read(SUBMISSION).frame)


@pytest.mark.parametrize(
    ("found", "instead", "said"),
    [
        ("ASP_COV_PENSN,KHM,2021,F", "pension,KHM,2021,F", "row 3, column indicator: found 'pension'"),
        ("KHM,2021,F", "Cambodia,2021,F", "row 3, column ref_area: found 'Cambodia'"),
        (
            "KHM,2021,F",
            "KHM,2009/2010,F",
            "row 3, column time_period: found '2009/2010', expected a year in four digits",
        ),
        (",12.5,", ',"12,5",', "row 2, column obs_value: found '12,5', .* Write decimals with a point"),
        (",12.5,", ",about 12,", "row 2, column obs_value: found 'about 12'"),
        (",12.5,", ",47.5%,", "row 2, column obs_value: found '47.5%'"),
        (",12.5,PT,", ",12.5,,", "row 2, column unit_measure: empty"),
        ("PT,A,National survey 2021,small", "PT,A,,small", "row 3, column source_citation: empty"),
        ("2026-10-01,National office\nASP", "1.10.2026,National office\nASP", "row 2, column vintage_date"),
        (",F,", ",female,", "row 3, column sex: found 'female'"),
    ],
)
def test_faults_name_row_and_column(found: str, instead: str, said: str) -> None:
    assert found in SUBMISSION
    with pytest.raises(SourceError, match=f"(?s)khm.csv: 1 fault;.*docs/national_format.md.*{said}"):
        read(SUBMISSION.replace(found, instead, 1))


def test_all_faults_come_at_once() -> None:
    spoilt = SUBMISSION.replace("12.5", "x").replace("<0.5", "y").replace("KHM,2021,F", "KHM,21,F")
    with pytest.raises(SourceError) as caught:
        read(spoilt)
    assert [line.strip()[:5] for line in str(caught.value).splitlines()[1:]] == ["row 2", "row 3", "row 3"]


def test_bounds_stand_in_order() -> None:
    text = SUBMISSION.replace(HEADER, HEADER + ",lower_bound,upper_bound").replace(
        "National office", "National office,5,4"
    )
    with pytest.raises(SourceError, match="row 2: lower_bound 5 is above upper_bound 4"):
        read(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SUBMISSION.replace(",ref_area", ",area"), "required column ref_area missing; found indicator, area"),
        (SUBMISSION.replace("footnote", "sex"), "column 'sex' stands twice"),
        (SUBMISSION.replace("small sample", "small, sample"), "row 3: found 13 cells, expected 12 .* in quotes"),
        ("just a note\nmore\n", "expected the column names"),
        (HEADER + "\n", "a header and no rows"),
        (
            SUBMISSION.replace("national_submission", "document"),
            "'document', which does not belong to dataset submissions",
        ),
    ],
)
def test_files_that_are_not_the_format(text: str, said: str) -> None:
    with pytest.raises(SourceError, match=f"(?s)khm.csv: .*{said}"):
        read(text)


def test_a_file_in_another_encoding() -> None:
    with pytest.raises(SourceError, match=r"khm.csv: line 2: byte \d+ is not UTF-8"):
        read(SUBMISSION.replace("National survey", "Enquête"), "latin-1")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SUBMISSION.replace(",vintage_date", ",published"), "required column vintage_date missing"),
        (SUBMISSION.replace(",kind", ",type"), "required column kind missing"),
        (SUBMISSION.replace("national_submission", "draft"), "row 2, column kind: found 'draft', expected document or"),
        (SUBMISSION.replace("2026-10-01", "October 2026"), "row 2, column vintage_date: found 'October 2026'"),
        (SUBMISSION.replace("2026-10-01", "2026-02-30"), "row 2, column vintage_date: found '2026-02-30'"),
        (
            SUBMISSION.replace("2026-10-01", "2026-10-02", 1),
            "column vintage_date: found .* one and the same in every row",
        ),
    ],
)
def test_a_file_that_does_not_say_what_it_is(text: str, said: str) -> None:
    with pytest.raises(SourceError, match=f"(?s)khm.csv: .*{said}"):
        identify(provider("national"), "khm.csv", text.encode())


def test_the_example_of_the_national_format_is_valid() -> None:
    text = (DOCS / "national_format.md").read_text(encoding="utf-8")
    example = re.search(r"```csv\n(.*?)```", text, re.S)
    assert example is not None
    body = example[1].encode()
    name, vintage = identify(provider("national"), "example.csv", body)
    frame = parse(dataset("national", name), [("example.csv", body)]).frame
    assert (name, str(vintage), len(frame)) == ("documents", "2014-12-31", 2)
    assert set(frame["sex"]) == {"_T"}


def test_its_datasets_and_where_their_files_come_from() -> None:
    spec = provider("national")
    assert {d.key: d.kind for d in spec.datasets} == {
        "national__documents": "document",
        "national__submissions": "national_submission",
    }
    assert (spec.endpoints, spec.fed_by) == ([], "inbox")

"""Properties of any rows of providers: every row has an outcome, numbers are read exactly, invalid texts are rejected."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
from generated_cases import few
from hypothesis import given, settings
from hypothesis import strategies as st
from small_build import Row, SmallBuild, catalogue, ilo_row, un_row

pytestmark = pytest.mark.long  # a whole small build for every example; make test-long
FEW = few(3)
TABLES = ("harmonised.observation", "lineage.vintage_value", "lineage.rejection", "quality.out_of_scope")
_numbers = itertools.count()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("examples")


def built(place: Path, un: Sequence[Row], ilo: Sequence[Row] = ()) -> SmallBuild:
    """A build of its own for each example."""
    small = SmallBuild(place / str(next(_numbers)))
    if un:
        small.stage("unsd_sdg", "sdg", "2023-12-17", un)
    if ilo:
        small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", ilo)
    return small.staged().make(*TABLES, "quality.row_account")


# Cells as they are published, valid and invalid ones.
series = st.sampled_from(["SI_COV_PENSN", "SI_COV_UEMP", "SL_TLF_UEMDIS", "SI_COV_SOCAST", "NOT_CLAIMED", "X"])
m49 = st.sampled_from(["608", "764", "360", "35", "1", "840", "999", "0"])
texts = st.one_of(
    st.floats(0, 100).map(lambda x: f"{x:.4g}"),
    st.sampled_from(["<0.5", ">=80", "N", "NaN", "-1", "about 5", "5,1", "1e400", "--", "NA", "%"]),
    st.none(),
)
codes = st.one_of(st.none(), st.sampled_from(["BOTHSEX", "FEMALE", "MALE", "NOTSPEC", "WOMEN", ""]))
un_rows = st.lists(
    st.builds(
        lambda s, a, y, v, sex, age, status, unit: un_row(
            s, a, y, v, sex=sex, age=age, obs_status=status, unit_measure=unit
        ),
        series,
        m49,
        st.sampled_from(["2015", "2019", "2023", "2031", "19", "2009/2010"]),
        texts,
        codes,
        st.sampled_from([None, "15+", "ALLAGE", "NOTSPEC", "12-99"]),
        st.sampled_from([None, "A", "U", "NOTSPEC", "R"]),
        st.sampled_from(["PERCENT", "NUMBER", None, "PERMILLE"]),
    ),
    min_size=15,
    max_size=70,
)
ilo_rows = st.lists(
    st.builds(
        ilo_row,
        st.sampled_from(["PENSION", "UNE", "TOTAL", "NEW"]),
        st.sampled_from(["PHL", "THA", "X84", "XXX"]),
        st.integers(2015, 2023),
        st.one_of(st.none(), st.floats(0, 100).map(lambda x: f"{x:.1f}"), st.just("n.a.")),
        st.sampled_from(["SEX_T", "SEX_F", "SEX_M", "SEX_O"]),
        obs_status=st.sampled_from([None, "E", "U", "X", "?"]),
    ),
    max_size=25,
)


@FEW
@given(un=un_rows, ilo=ilo_rows)
def test_every_row_has_exactly_one_outcome(place: Path, un: list[Row], ilo: list[Row]) -> None:
    small = built(place, un, ilo)
    account = {r["provider"]: r for r in small.read("quality.row_account")}
    assert sum(r["rows_in"] for r in account.values()) == len(un) + len(ilo)
    for row in account.values():
        assert row["harmonised"] + row["out_of_scope"] + row["rejected"] == row["rows_in"]
        assert row["difference"] == 0
    harmonised = {(r["snapshot_id"], r["snapshot_row"]) for r in small.read("lineage.vintage_value")}
    rejected = {(r["snapshot_id"], r["snapshot_row"]) for r in small.read("lineage.rejection")}
    assert harmonised.isdisjoint(rejected)
    out = sum(r["row_count"] for r in small.read("quality.out_of_scope"))
    assert len(harmonised) + len(rejected) + out == len(un) + len(ilo)


@FEW
@given(un=un_rows)
def test_harmonised_rows_have_our_codes_and_rejected_rows_have_a_reason(place: Path, un: list[Row]) -> None:
    small = built(place, un)
    for row in small.read("harmonised.observation"):
        for concept in ("sex", "age", "disability_status"):
            assert row[concept] in catalogue().codelists.codes(concept)
        assert row["ref_area"] in catalogue().codelists.codes("area")
        assert row["unit_measure"] in catalogue().codelists.codes("unit")
        assert row["obs_status"] is None or row["obs_status"] in catalogue().codelists.codes("obs_status")
        assert row["source"] == "unsd_sdg"
        assert row["obs_value"] is None or row["obs_value"] == float(row["value_text"])
    for row in small.read("lineage.rejection"):
        assert row["reason"]
        assert row["detail"], row
        if row["reason"] == "unknown_code":
            assert "indicator_defs/crosswalks/unsd_sdg" in row["detail"]


@settings(FEW, max_examples=2)
@given(un=un_rows, order=st.randoms(use_true_random=False))
def test_result_does_not_depend_on_the_order_of_rows(place: Path, un: list[Row], order: Random) -> None:
    shuffled = list(un)
    order.shuffle(shuffled)

    def content(small: SmallBuild) -> list[tuple[str, str]]:
        harmonised = [(r["observation_id"], str(r["value_text"])) for r in small.read("harmonised.observation")]
        return sorted(harmonised) + sorted(("rejected", r["detail"]) for r in small.read("lineage.rejection"))

    assert content(built(place, un)) == content(built(place, shuffled))


def observations_of(place: Path, texts: Sequence[str]) -> tuple[dict[int, Row], dict[int, Row]]:
    """Observations and rejections of texts published as values of one series, by position of the text."""
    rows = [
        un_row("VC_DSR_AFFCT", ("608", "764", "360")[n // 24], 2000 + n % 24, t, unit_measure="NUMBER")
        for n, t in enumerate(texts)
    ]
    small = built(place, rows)
    used, rejected = (
        {int(r["snapshot_row"].split(":")[1]) - 2: r for r in small.read(name)}
        for name in ("harmonised.observation", "lineage.rejection")
    )
    assert sorted([*used, *rejected]) == list(range(len(texts)))
    return used, rejected


numbers = st.one_of(
    st.floats(0, 1e12, allow_nan=False, allow_infinity=False).map(repr),
    st.decimals(0, 10**9, places=6).map(str),
    st.integers(0, 10**14 - 1).map(str),  # larger numbers are rejected
    st.sampled_from(["0", "0.0", "00.5", "1e-3", "1E5", "2e+3", "89.24667358398438"]),
).filter(lambda t: re.fullmatch(r"\d+(\.\d+)?([eE][-+]?\d+)?", t))


@FEW
@given(texts=st.lists(numbers, min_size=30, max_size=70))
def test_numbers_are_read_to_the_last_digit(place: Path, texts: list[str]) -> None:
    used, rejected = observations_of(place, texts)
    assert rejected == {}
    for n, text in enumerate(texts):
        assert used[n]["obs_value"] == float(text)
        assert used[n]["value_text"] == text
        assert (used[n]["lower_bound"], used[n]["upper_bound"]) == (None, None)


@FEW
@given(
    texts=st.lists(
        st.tuples(st.sampled_from(["<", ">", "<=", ">="]), st.decimals(0, 10**6, places=3).map(str)),
        min_size=30,
        max_size=70,
    )
)
def test_censored_texts_become_bounds(place: Path, texts: list[tuple[str, str]]) -> None:
    used, rejected = observations_of(place, [f"{sign}{number}" for sign, number in texts])
    assert rejected == {}
    for n, (sign, number) in enumerate(texts):
        assert used[n]["obs_value"] is None
        bounds = (None, float(number)) if sign.startswith("<") else (float(number), None)
        assert (used[n]["lower_bound"], used[n]["upper_bound"]) == bounds
        assert used[n]["value_text"] == f"{sign}{number}"


INVALID_TEXTS = [
    "about 12",
    "12%",
    "1 234",
    "1,234",
    "1,5",
    "--",
    "...",
    "<",
    "<<5",
    "<-5",
    "5-6",
    "5/6",
    "1_000",
    "0x10",
    "Infinity",
    "-inf",
    "1e",
    "e5",
    "n.a.",
    "12 (estimate)",
    "٣",
    "１２",
    "1.2.3",
    "NA",
    "+",
    "true",
    "'1'",
    "=1+1",
]


@FEW
@given(
    texts=st.lists(
        st.one_of(
            st.sampled_from(INVALID_TEXTS),
            st.text(
                st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="0123456789"),
                min_size=1,
            ).filter(lambda t: t.strip() not in ("", "N", "NaN")),
        ),
        min_size=30,
        max_size=70,
    )
)
def test_invalid_texts_are_rejected_and_never_read_as_numbers(place: Path, texts: list[str]) -> None:
    used, rejected = observations_of(place, texts)
    assert used == {}
    for n, text in enumerate(texts):
        assert rejected[n]["reason"] in ("schema", "unreadable_value"), text
        assert "value" in rejected[n]["detail"]

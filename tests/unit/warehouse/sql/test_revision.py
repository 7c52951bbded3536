"""Revisions between vintages, and renamed series: small builds with the real SQL."""

from __future__ import annotations

from pathlib import Path

import pytest
from definition_faults import append, assert_problem, problems_of
from messages import Content, assert_reports
from small_build import Row, SmallBuild, un_row

OLD, NEW = "2020-12-27", "2022-12-25"
PENSION, INSURANCE, QUINTILE = "SI_COV_PENSN", "SI_COV_SOCINS", "SI_COV_SOCINSPQ"


def cell(value: str | None, year: int = 2015, sex: str = "BOTHSEX", **more: str | None) -> Row:
    """A pension figure of the Philippines."""
    return un_row(PENSION, "608", year, value, sex=sex, **more)


def revised(folder: Path, before: list[Row], after: list[Row], requested: list[str] | None = None) -> list[Row]:
    """The revisions between two vintages of the UN database."""
    small = SmallBuild(folder)
    small.stage("unsd_sdg", "sdg", OLD, before, [PENSION])
    small.stage("unsd_sdg", "sdg", NEW, after or [un_row("SI_COV_CHLD", "608", 2015, "1")], requested or [PENSION])
    return small.staged().make("lineage.revision").read("lineage.revision")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([cell("48")], [cell("48")], []),
        ([cell("48")], [cell("48"), cell("50", 2016)], ["new"]),
        ([cell("48"), cell("50", 2017)], [cell("48")], ["withdrawn"]),
        ([cell("48")], [cell("N")], ["withdrawn"]),
        ([cell("N")], [cell("48")], ["new"]),
        ([cell("48")], [cell("20.5")], ["changed"]),
        ([cell("48.27")], [cell("48.3")], ["precision_only"]),
        ([cell("48.25")], [cell("48.2")], ["precision_only"]),
        ([cell("48.27")], [cell("48.2")], ["changed"]),
        ([cell("<2.5")], [cell("2.4")], ["changed"]),
        ([cell("48", 2014)], [cell("48", 2015)], ["re_dated"]),
        ([cell("48", 2013)], [cell("48", 2015)], ["new", "withdrawn"]),
        ([cell("48", unit_measure=None)], [cell("48")], ["field_supplied"]),
        ([cell("48", nature="C")], [cell("48", nature="E")], ["status_only"]),
        ([cell("48", footnote="a")], [cell("48", footnote="b")], ["footnote_only"]),
        ([cell("48", sex="NOTSPEC")], [cell("48", sex="BOTHSEX")], []),
    ],
)
def test_revision_class(tmp_path: Path, before: list[Row], after: list[Row], expected: list[str]) -> None:
    assert sorted(r["revision_class"] for r in revised(tmp_path, before, after)) == expected


def test_change_has_both_values_and_its_size(tmp_path: Path) -> None:
    (row,) = revised(tmp_path, [cell("48", nature="C")], [cell("20.5", nature="E")])
    assert (row["value_from"], row["value_to"], row["size"], row["fields"]) == (48.0, 20.5, -27.5, "nature")
    assert (str(row["vintage_from"])[:10], str(row["vintage_to"])[:10]) == (OLD, NEW)


def test_re_dated_value_is_one_row_with_both_years(tmp_path: Path) -> None:
    (row,) = revised(tmp_path, [cell("48", 2014)], [cell("48", 2015)])
    assert (row["time_period_from"], row["time_period"], row["size"]) == (2014, 2015, None)


def test_missing_value_is_withdrawn_only_where_the_series_was_requested(tmp_path: Path) -> None:
    assert [r["revision_class"] for r in revised(tmp_path / "requested", [cell("48")], [])] == ["withdrawn"]
    assert revised(tmp_path / "not_requested", [cell("48")], [], requested=["SI_COV_CHLD"]) == []


def test_cell_that_is_rejected_in_the_later_vintage_is_not_withdrawn(tmp_path: Path) -> None:
    assert revised(tmp_path, [cell("48")], [cell("48", sex="OTHER")]) == []


class TestRenames:
    def build(self, folder: Path, later: str = OLD) -> SmallBuild:
        """The old code of the poorest quintile, then the new code with the quintile as a dimension."""
        small = SmallBuild(folder)
        small.stage(
            "unsd_sdg",
            "sdg",
            "2018-10-15",
            [un_row(INSURANCE, "764", 2006, "34.78"), un_row(QUINTILE, "764", 2006, "8.15", unit_measure="PERCENT")],
        )
        rows = [
            un_row(INSURANCE, "764", 2006, "34.78", quantile="_T"),
            un_row(INSURANCE, "764", 2006, "8.14", quantile="Q1"),
        ]
        small.stage("unsd_sdg", "sdg", later, rows)
        return small.staged()

    def test_renamed_series_is_matched_and_not_duplicated(self, tmp_path: Path) -> None:
        small = self.build(tmp_path).make("lineage.revision", "harmonised.observation", "lineage.vintage_value")
        (row,) = small.read("lineage.revision")
        assert (row["revision_class"], row["income_wealth_quantile"]) == ("changed", "Q1")
        assert (row["text_from"], row["text_to"], row["provider_series"]) == ("8.15", "8.14", INSURANCE)
        observed = {(o["income_wealth_quantile"], o["provider_series"], o["value_text"]) for o in small.read(
            "harmonised.observation"
        )}  # fmt: skip
        assert observed == {("_T", INSURANCE, "34.78"), ("Q1", INSURANCE, "8.14")}
        values = small.read("lineage.vintage_value")
        assert len(values) == 4
        assert len({v["observation_id"] for v in values}) == 2, "a cell keeps its ID when the series is renamed"

    def test_former_code_in_a_later_vintage_is_rejected(self, tmp_path: Path) -> None:
        small = SmallBuild(tmp_path)
        small.stage("unsd_sdg", "sdg", NEW, [un_row(QUINTILE, "764", 2006, "8.15")])
        (row,) = small.staged().make("lineage.rejection").read("lineage.rejection")
        assert (row["stage"], row["reason"]) == ("harmonised", "renamed_series")
        assert_reports(
            row["detail"], place=("series_renames.csv", NEW), found=QUINTILE, expected=("SI_COV_SOCINS", "2020-12-27")
        )

    @pytest.mark.parametrize(
        ("line", "found"),
        [
            ("unsd_sdg,sdg,A_OLD,NOT_CLAIMED,,2020-12-27,why it,because", ("new series NOT_CLAIMED", "unsd_sdg/sdg")),
            ("unsd_sdg,sdg,SI_COV_PENSN,SI_COV_CHLD,,2020-12-27,why it,because", "old series SI_COV_PENSN"),
            (
                "unsd_sdg,sdg,SI_COV_LMKTPQ,SI_COV_LMKT,,2020-12-27,why it,because",
                ("old_series SI_COV_LMKTPQ", "line 2"),
            ),
            ("unsd_sdg,sdg,A_OLD,SI_COV_LMKT,sex=X,2020-12-27,why it,because", ("sex code", "'X'")),
            ("unsd_sdg,sdg,A_OLD,SI_COV_LMKT,,yesterday,why it,because", ("valid_from", "'yesterday'")),
        ],
    )
    def test_faulty_line_is_reported_with_file_and_line(self, folder: Path, line: str, found: Content) -> None:
        number = append(folder, "series_renames.csv", line)
        assert_problem(problems_of(folder), f"indicator_defs/series_renames.csv:{number}", found)

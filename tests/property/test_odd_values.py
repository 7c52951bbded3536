"""Unusual values in any text column of any dataset: every row has an outcome, and every table can be made."""

from __future__ import annotations

import pytest
from small_build import OBSERVATION, Row, SmallBuild, ilo_row, national_row, structure_of, un_row

from warehouse.build.engine import computed_tables
from warehouse.build.parallel import make_all

UNUSUAL_VALUES = [
    "1e400",
    "-1e400",
    "1e308",
    "-1e308",
    "1e13",
    "1e-2147483648",
    "1e2147483647",
    "1e-99999999999999999999",
    "9" * 40,
    "0." + "9" * 400,
    "9" * 5000,
    "99999999999",
    "-99999999999",
    "inf",
    "-Infinity",
    "nan",
    "<1e400",
    "<" + "9" * 400,
    ">=" + "9" * 20,
    "≤5",
    "1_000",
    "0x1F",
    "٢٠٢٠",
    "២០២០",
    "２０２０",
    "²",
    "0000",
    "9999",
    "20201",
    "2020-13-45",
    "",
    " ",
    "\t",
    "\u00a0",
    "x" * 100_000,
    "a'b\"c;--|=,",
    "Sex=MALE;Age=ALLAGE",
    "💧",
    "\u202e",
    "NULL",
    "TRUE",
    "%s {0} $1 \\",
]


def wpp_total(**more: str) -> Row:
    """One row of the UN's population totals."""
    return {"series": "TPopulation1July", "ref_area": "THA", "time_period": "2020", "obs_value": "71641.484", **more}


def wpp_age(age: str = "0-4", **more: str) -> Row:
    """One row of the UN's population by age and sex."""
    row = {"series": "PopFemale", "ref_area": "THA", "time_period": "2020", "obs_value": "1700.5", "age_grp": age}
    return {**row, **more}


def world_bank_row(**more: str) -> Row:
    """One row of the World Bank's labour force, from which weights are made."""
    return {"series": "SL.TLF.TOTL.IN", "ref_area": "THA", "time_period": "2015", "obs_value": "39000000", **more}


DATASETS: dict[tuple[str, str], list[Row]] = {
    ("unsd_sdg", "sdg"): [un_row("SI_COV_PENSN", "764", 2020, "50"), un_row("SH_STA_MORT", "764", 2015, "40")],
    ("ilostat", "SDG_0131_SEX_SOC_RT"): [ilo_row("PENSION", "THA", 2020, "50")],
    ("national", "submissions"): [
        national_row("ASP_COV_PENSN", "THA", 2021, "51"),
        national_row("ASP_PRG_SP", "THA", 2021, "9"),
    ],
    ("un_wpp", "wpp2024_demographic"): [wpp_total()],
    ("un_wpp", "wpp2019_age_sex"): [wpp_age(), wpp_age("100+")],
    ("world_bank", "wdi"): [
        world_bank_row(),
        world_bank_row(series="SP.URB.TOTL.IN.ZS", obs_value="51", time_period="2020"),
        world_bank_row(series="SL.UEM.TOTL.ZS", obs_value="1.2"),
    ],
}
FILLED_BY_SOURCES = ("snapshot_row",)


def _columns(provider: str, dataset: str) -> list[str]:
    structure = structure_of(provider, dataset)
    named = [c.name if c.role in ("dimension", "attribute") else c.role for c in structure.columns]
    return [n for n in dict.fromkeys(named) if n not in FILLED_BY_SOURCES]


def _rows_with_unusual_values(provider: str, dataset: str) -> list[Row]:
    """Every row of the dataset unchanged, and with each unusual value in each column, one at a time."""
    rows = []
    for row in DATASETS[provider, dataset]:
        rows += [row] + [{**row, column: value} for column in _columns(provider, dataset) for value in UNUSUAL_VALUES]
    return rows


@pytest.fixture(scope="module")
def build_and_row_counts(tmp_path_factory: pytest.TempPathFactory) -> tuple[SmallBuild, dict[str, int]]:
    build = SmallBuild(tmp_path_factory.mktemp("unusual"))
    rows: dict[str, int] = {}
    for provider, dataset in DATASETS:
        # two vintages, so that values are compared with previous ones
        for vintage in ("2023-01-01", "2024-01-01") if provider == "unsd_sdg" else ("2024-01-01",):
            staged_rows = _rows_with_unusual_values(provider, dataset)
            rows[build.stage(provider, dataset, vintage, staged_rows)] = len(staged_rows)
    build.staged()
    return build, rows


def test_every_table_is_made_and_every_row_is_accounted_for(
    build_and_row_counts: tuple[SmallBuild, dict[str, int]],
) -> None:
    build, rows = build_and_row_counts
    names = [n for n in computed_tables() if n != OBSERVATION]
    made = dict(make_all(build.build, names))
    assert set(made) == set(names)
    account = {r["snapshot_id"]: r for r in build.read("quality.row_account")}
    weights = [s for s in rows if s.startswith("un_wpp/")]
    assert {s: r["rows_in"] for s, r in account.items()} == rows
    assert {s: r["difference"] for s, r in account.items() if r["difference"]} == {}
    assert all(account[s]["rejected"] for s in rows if s not in weights)
    for row in build.read("harmonised.row"):
        for number in ("obs_value", "lower_bound", "upper_bound"):
            assert row[number] is None or abs(row[number]) < 1e14, row
    for row in build.read("lineage.rejection"):
        assert row["reason"]
        assert row["detail"]
        assert row["snapshot_row"]
    for row in build.read("indicator_set.weight_value"):
        assert row["weight_value"] is None or 0 <= row["weight_value"] <= 1e14, row

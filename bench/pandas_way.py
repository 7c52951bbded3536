"""The regional means as a competent user would write them in pandas, to compare time, memory and figures with the SQL.

From indicator_set.value, the weights and the catalogue: for each reference year the newest usable value of each member
and cell in the window, capped at the maximum, censored values at the middle of their bounds, weighted by the
indicator's own denominator. At the baseline year the value nearest to it. Figures by sex only over members that have
both sexes and the total. No classes, no medians, no uncertainty: less than the SQL does.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from bench.measure import peak_mb, reset_peak
from warehouse.engine import Build, connect, read_files

if TYPE_CHECKING:
    import pandas as pd

OTHERS = ["disability_status", "education_lev", "migratory_status", "occupation", "activity", "formality"]
OTHERS += ["composite_breakdown"]


@dataclass(frozen=True)
class Comparison:
    """The pandas code: seconds and peak memory (MB), figures made, and the largest difference from the SQL's."""

    seconds: float
    peak_mb: float
    figures: int
    largest_difference: float
    not_in_sql: int


def means(build: Build) -> pd.DataFrame:
    """Weighted means: indicator, area_group, reference_year, cell, figure, n_areas."""
    import pandas as pd

    def read(name: str) -> pd.DataFrame:
        return read_files([build.path(name)])  # pandas' own reader needs a library that the project does without

    settings = read("reference.indicator_set").iloc[0]
    groups = read("reference.area_group").query("is_member_today")[["area_group", "ref_area"]]
    groups = groups[groups["area_group"].isin(read("reference.set_group")["area_group"])]
    weights = read("indicator_set.weight_value")[
        ["weight", "ref_area", "time_period", "sex", "age", "urbanisation", "weight_value"]
    ]
    kinds = read("reference.method").set_index("method")["kind"]
    indicators = read("reference.indicator")
    indicators = indicators[indicators["method"].map(kinds) == "mean"]
    value = read("indicator_set.value").query("in_aggregates")
    value = value[value["ref_area"].isin(groups["ref_area"])].merge(
        indicators[
            ["indicator", "weight", "minimum", "maximum", "lookback_years", "sex_total_age"]
            + [f"headline_{c}" for c in ("sex", "age", *OTHERS)]
        ],
        on="indicator",
    )
    low = value["obs_value"].fillna(value["lower_bound"]).fillna(value["minimum"])
    high = value["obs_value"].fillna(value["upper_bound"]).fillna(value["maximum"])
    value["middle"] = (low.clip(upper=value["maximum"]) + high.clip(upper=value["maximum"])) / 2
    value = value[low.notna() & high.notna()]
    weighted = pd.Series(True, index=value.index)
    for column in OTHERS:
        weighted &= value[column] == value[f"headline_{column}"]
    value["by_sex"] = value["sex"].isin(["F", "M"]) & (value["headline_sex"] == "_T")
    value["rest"] = value["cell"].str.split("|", n=2).str[2]
    value["total_age"] = value["sex_total_age"].fillna(value["age"])
    value["weighted"] = weighted
    value["weight_age"] = value["age"].where(value["age"] != value["headline_age"], "_T")

    first, last = int(settings["first_reference_year"]), int(settings["latest_reference_year"])
    baseline = int(settings["baseline_year"])
    out = []
    for year in range(first, last + 1):
        if year == baseline:
            reach = value[value["time_period"].between(settings["baseline_from"], settings["baseline_to"])]
            distance = (reach["time_period"] - year).abs()
            reach = reach.assign(distance=distance).sort_values(["distance", "time_period"], ascending=False)
        else:
            age_of_value = year - value["time_period"]
            reach = value[(age_of_value >= 0) & (age_of_value <= value["lookback_years"])].sort_values("time_period")
        picked = reach.drop_duplicates(["indicator", "ref_area", "cell"], keep="last")
        picked = _with_partners(picked)
        picked = picked[picked["weighted"]].assign(year=year)
        picked = picked.merge(
            weights,
            left_on=["weight", "ref_area", "year", "sex", "weight_age", "urbanisation"],
            right_on=["weight", "ref_area", "time_period", "sex", "age", "urbanisation"],
            suffixes=("", "_of_weight"),
        ).merge(groups, on="ref_area")
        picked["weighted_value"] = picked["middle"] * picked["weight_value"]
        figure = picked.groupby(["indicator", "area_group", "cell"]).agg(
            weighted_value=("weighted_value", "sum"), weight_value=("weight_value", "sum"), n_areas=("ref_area", "size")
        )
        figure["figure"] = figure["weighted_value"] / figure["weight_value"]
        out.append(figure.reset_index().assign(reference_year=year))
    return pd.concat(out, ignore_index=True)[["indicator", "area_group", "reference_year", "cell", "figure", "n_areas"]]


def _with_partners(picked: pd.DataFrame) -> pd.DataFrame:
    """Drops figures by sex of members that lack the other sex or the total."""
    by_sex = picked[picked["by_sex"]]
    key = ["indicator", "ref_area", "age", "rest"]
    both = by_sex.groupby(key)["sex"].transform("nunique") == 2
    totals = picked.loc[picked["sex"] == "_T", ["indicator", "ref_area", "age", "rest"]]
    has_total = (
        by_sex[["indicator", "ref_area", "total_age", "rest"]]
        .merge(
            totals, how="left", left_on=["indicator", "ref_area", "total_age", "rest"], right_on=key, indicator=True
        )["_merge"]
        .eq("both")
        .to_numpy()
    )
    dropped = by_sex.index[~(both.to_numpy() & has_total)]
    return picked.drop(dropped)


def compare(build: Build) -> Comparison:
    """Runs the pandas code and compares its figures with the published means of the SQL."""
    import_module("pandas")  # loading it is no part of the measure
    reset_peak()
    started = time.perf_counter()
    made = means(build)
    seconds, peak = time.perf_counter() - started, peak_mb()
    with connect() as con:
        con.register("made", made)
        row = con.execute(
            f"""
            SELECT
                max(abs(m.figure - a.obs_value) / greatest(1, abs(a.obs_value))),
                count(*) FILTER (WHERE a.indicator IS NULL)
            FROM made AS m
            LEFT JOIN (
                SELECT * FROM read_parquet('{build.path("indicator_set.aggregate")}')
            ) AS a
                ON a.indicator = m.indicator AND a.ref_area = m.area_group AND a.time_period = m.reference_year
                AND a.cell = m.cell
            """
        ).fetchall()[0]
        con.unregister("made")
    return Comparison(seconds, peak, len(made), float(row[0]), int(row[1]))

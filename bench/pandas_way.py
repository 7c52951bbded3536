"""The regional figures in pandas, as a competent user would write them: compares time, memory and figures with the SQL.

The same figures from the same tables: for each reference year the newest usable value of each member and cell in the
window, weighted means, medians and sums with their bounds, the list of members, the weight covered, the publication
class. There are two versions: one computes whole columns at a time, without a loop over figures; the other, as most users
write it, applies a function to the members of each figure. Texts (reason of the class, title, flags) and the table of
member values are not made.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from bench.measure import peak_mb, reset_peak
from bench.recomputation import ClassRule
from indicator_defs.breakdowns import BREAKDOWNS
from warehouse.build.engine import Build, connect, read_files
from warehouse.connection import parquet

if TYPE_CHECKING:
    import pandas as pd

WITH_WEIGHT = ("sex", "age", "urbanisation", "income_wealth_quantile")
OTHERS = [b for b in BREAKDOWNS if b not in WITH_WEIGHT]
OF_WEIGHT = ["weight", "sex", "age", "urbanisation"]
KEY = ["indicator", "area_group", "cell"]
NUMBERS = ["n_areas", "weight_covered", "mean_year", "recent_share", "share_estimated"]
MOST_ONE_BY_ONE = 100_000  # about a millisecond for each figure
WITHHELD = ["obs_value", "lower", "upper", "median", "minimum", "maximum", "without_largest", "uncertainty"]


@dataclass(frozen=True)
class Comparison:
    """The measurement of the pandas code: seconds, peak memory (MB), figures, and differences from the SQL.

    `seconds`, `peak_mb`: whole columns at a time. `seconds_one_by_one`: a function for each figure (None: not measured).
    `largest_difference`: the largest difference of any number in either version, relative, or absolute below 1.
    `different`: figures of either version with another class, other members or other gaps, or without a counterpart.
    """

    seconds: float
    seconds_one_by_one: float | None
    peak_mb: float
    figures: int
    largest_difference: float
    different: int


def figures(build: Build, one_by_one: bool = False) -> pd.DataFrame:
    """Regional figures: indicator, area_group, cell, time_period, NUMBERS, WITHHELD, areas, publication_class."""
    import pandas as pd

    def read(name: str) -> pd.DataFrame:
        return read_files([build.path(name)])  # pandas' own reader needs a library that the project does not use

    settings = read("reference.settings").iloc[0]
    groups = read("reference.area_group").query("is_member_today")[["area_group", "ref_area"]]
    groups = groups[groups["area_group"].isin(read("reference.set_group")["area_group"])]
    weights = read("indicator_set.weight_value")
    value = _values(read("indicator_set.value"), read("reference.indicator"), read("reference.method"), groups)
    rules = read("reference.publication_rule")
    class_rule = ClassRule(*(read(f"reference.{n}").to_dict("records") for n in ("class_criterion", "class_limit")))
    out = []
    for year in range(int(settings["first_reference_year"]), int(settings["latest_reference_year"]) + 1):
        chosen = _with_partners(_chosen(value, year, settings))
        of_year = weights[weights["time_period"] == year].merge(groups, on="ref_area")
        member = chosen.merge(groups, on="ref_area").merge(
            of_year[[*OF_WEIGHT, "area_group", "ref_area", "weight_value", "is_proxy"]],
            how="left",
            left_on=["cell_weight", "weight_sex", "weight_age", "weight_urbanisation", "area_group", "ref_area"],
            right_on=[*OF_WEIGHT, "area_group", "ref_area"],
        )
        out.append(
            _aggregated(member, of_year, rules, class_rule, year, _one_by_one if one_by_one else _whole_columns).assign(
                time_period=year
            )
        )
    return pd.concat(out, ignore_index=True)[[*KEY, "time_period", *NUMBERS, *WITHHELD, "areas", "publication_class"]]


def _values(value: pd.DataFrame, indicators: pd.DataFrame, methods: pd.DataFrame, groups: pd.DataFrame) -> pd.DataFrame:
    """The values of members, with the properties of their indicator and the cell of their weight."""
    indicators = indicators.merge(methods[["method", "kind", "event_count"]], on="method").query("kind != 'none'")
    of_indicator = ["indicator", "weight", "weight_is_proxy", "proxy_accepted", "minimum", "maximum", "lookback_years"]
    of_indicator += ["is_survey", "sex_total_age", "publication_rule", "kind", "event_count"]
    value = value[value["ref_area"].isin(groups["ref_area"])].merge(
        indicators[of_indicator + [f"headline_{c}" for c in ("sex", "age", *OTHERS)]], on="indicator"
    )
    value["low"] = value["obs_value"].fillna(value["lower_bound"]).fillna(value["minimum"])
    value["high"] = value["obs_value"].fillna(value["upper_bound"]).fillna(value["maximum"])
    mean = value["kind"] == "mean"
    weighted = mean.copy()
    for column in OTHERS:
        weighted &= value[column] == value[f"headline_{column}"]
    value["cell_weight"] = value["weight"].where(weighted).where(mean, "POP_TOTAL")
    value["weight_sex"] = value["sex"].where(mean, "_T")
    value["weight_age"] = value["age"].where(mean & (value["age"] != value["headline_age"]), "_T")
    value["weight_urbanisation"] = value["urbanisation"].where(mean, "_T")
    value["by_sex"] = value["sex"].isin(["F", "M"]) & (value["headline_sex"] == "_T")
    rest = value["cell"].str.split("|", n=2).str[2]
    value["total_cell"] = "_T|" + value["sex_total_age"].fillna(value["age"]) + "|" + rest
    other = value["sex"].map({"F": "M"}).fillna("F")
    value["other_cell"] = other + "|" + value["age"] + "|" + rest
    keep = ["indicator", "ref_area", "cell", "time_period", "low", "high", "in_aggregates", "nature", "obs_status"]
    keep += ["event_count", "lookback_years", "maximum", "kind", "is_survey", "publication_rule", "weight_is_proxy"]
    keep += ["proxy_accepted", "cell_weight", "weight_sex", "weight_age", "weight_urbanisation", "by_sex", "total_cell"]
    return value[[*keep, "other_cell"]]


def _chosen(value: pd.DataFrame, year: int, settings: pd.Series) -> pd.DataFrame:
    """The newest value of each member and cell in the window; for the baseline year the nearest one."""
    import pandas as pd

    cell = ["indicator", "ref_area", "cell"]
    if year == settings["baseline_year"]:
        reach = value[value["time_period"].between(settings["baseline_from"], settings["baseline_to"])]
        distance = (reach["time_period"] - year).abs()
        nearest = reach[~reach["event_count"]].assign(distance=distance)
        nearest = nearest.sort_values(["distance", "time_period"]).drop_duplicates(cell)
        counted = reach[reach["event_count"] & reach["in_aggregates"]].dropna(subset=["low", "high"])
        mean = counted.groupby(cell)[["low", "high"]].mean().reset_index()
        event = counted.drop(columns=["low", "high"]).drop_duplicates(cell).merge(mean, on=cell)
        chosen = pd.concat([nearest, event.assign(time_period=year, nature=None, obs_status=None)])
    else:
        age_of_value = year - value["time_period"]
        reach = value[(age_of_value >= 0) & (age_of_value <= value["lookback_years"]) & value["in_aggregates"]]
        chosen = reach.sort_values("time_period").drop_duplicates(cell, keep="last")
    chosen = chosen[chosen["in_aggregates"]].dropna(subset=["low", "high"])
    is_mean = chosen["event_count"] & (year == settings["baseline_year"])
    whole_range = f"{settings['baseline_from']}-{settings['baseline_to']}"
    chosen["value_years"] = chosen["time_period"].astype(int).astype(str).mask(is_mean, whole_range)
    return chosen.assign(
        low=chosen["low"].clip(upper=chosen["maximum"]), high=chosen["high"].clip(upper=chosen["maximum"])
    )


def _with_partners(chosen: pd.DataFrame) -> pd.DataFrame:
    """Removes values by sex of members without the other sex or the total."""
    present = chosen.set_index(["indicator", "ref_area", "cell"]).index
    by_sex = chosen[chosen["by_sex"]]
    other = by_sex.set_index(["indicator", "ref_area", "other_cell"]).index.isin(present)
    total = by_sex.set_index(["indicator", "ref_area", "total_cell"]).index.isin(present)
    return chosen[~chosen["by_sex"].to_numpy() | chosen.index.isin(by_sex.index[other & total])]


def _aggregated(
    member: pd.DataFrame,
    of_year: pd.DataFrame,
    rules: pd.DataFrame,
    class_rule: ClassRule,
    year: int,
    figures_of: Callable[[pd.DataFrame], pd.DataFrame],
) -> pd.DataFrame:
    """The figures of one reference year, from its member values and the weights of all members."""
    import pandas as pd

    people = of_year[(of_year[OF_WEIGHT] == ["POP_TOTAL", "_T", "_T", "_T"]).all(axis=1)]
    people = people.sort_values(["weight_value", "ref_area"], ascending=[False, True]).groupby("area_group")
    largest = people["ref_area"].agg(largest="first", n_members="size").reset_index()
    member = member.merge(largest, on="area_group", how="left")
    rule = rules.pivot(index="publication_rule", columns="threshold")
    recent = member["publication_rule"].map(rule["recent_years"]["A"])
    recent = recent.where(~member["is_survey"], member["publication_rule"].map(rule["recent_years_survey"]["A"]))
    member["is_recent"] = member["time_period"] >= year - recent
    member["area"] = member["ref_area"] + " " + member["value_years"]
    member["middle"] = (member["low"] + member["high"]) / 2
    member["is_estimated"] = member["nature"].isin(["E", "M"]) | member["obs_status"].isin(["E", "I"])
    member["is_known"] = member["nature"].notna() | member["obs_status"].notna()
    member["is_other"] = member["ref_area"] != member["largest"]
    member["is_censored"], member["proxy_cell"] = member["low"] < member["high"], member["is_proxy"].eq(True)
    member = member.sort_values("area")
    counts = (member["kind"] != "mean") | member["weight_value"].notna()
    m = member[counts & member["largest"].notna()]
    of_figure = ["kind", "n_members", "publication_rule", "weight_is_proxy", "proxy_accepted", "cell_weight"]
    of_figure += ["weight_sex", "weight_age", "weight_urbanisation", "by_sex", "total_cell"]
    f = figures_of(m).join(m.groupby(KEY)[of_figure].first().drop(columns="kind"))
    f["middle"] = (f["low"] + f["high"]) / 2
    all_members = of_year.groupby([*OF_WEIGHT, "area_group"])["weight_value"].sum().rename("weight_all").reset_index()
    of_weight = ["cell_weight", "weight_sex", "weight_age", "weight_urbanisation", "area_group"]
    f = f.reset_index().merge(all_members, how="left", left_on=of_weight, right_on=[*OF_WEIGHT, "area_group"])
    f["weight_covered"] = f["weight_reporting"] / f["weight_all"]
    f["sex_total"] = _total_difference(f, m)
    f = _classed(f, rule, class_rule)
    absent = member[~member.set_index(KEY).index.isin(f.set_index(KEY).index)].groupby(KEY)
    bare = absent.agg(n_areas=("ref_area", "size"), areas=("area", ", ".join)).reset_index()
    return pd.concat([f, bare.assign(publication_class="C")])


def _whole_columns(m: pd.DataFrame) -> pd.DataFrame:
    """The numbers of all figures from their members, all figures at once."""
    import numpy as np

    w = m["weight_value"]
    m = m.assign(
        w_low=w * m["low"],
        w_high=w * m["high"],
        w_year=w * m["time_period"],
        w_recent=w.where(m["is_recent"], 0),
        w_estimated=w.where(m["is_estimated"], 0),
        w_known=w.where(m["is_known"]),
        w_others=w.where(m["is_other"]),
        w_middle_others=(w * m["middle"]).where(m["is_other"]),
        middle_others=m["middle"].where(m["is_other"]),
    )
    by = m.groupby(KEY)
    sums = by[["low", "high", "weight_value", "w_low", "w_high", "w_year", "w_recent", "w_estimated", "w_known"]].sum()
    some = by[["w_others", "w_middle_others", "middle_others"]].sum(min_count=1)
    medians = by[["low", "high", "middle", "middle_others"]].median()
    weight = sums["weight_value"].where(sums["weight_value"] != 0)
    f = by["kind"].first().to_frame()
    mean, total = f["kind"] == "mean", f["kind"] == "sum"
    for end in ("low", "high"):
        f[end] = np.select([mean, total], [sums[f"w_{end}"] / weight, sums[end]], medians[end])
    f["without_largest"] = np.select(
        [mean, total],
        [some["w_middle_others"] / some["w_others"].where(some["w_others"] != 0), some["middle_others"]],
        medians["middle_others"],
    )
    f["n_areas"], f["areas"], f["weight_reporting"] = by.size(), by["area"].agg(", ".join), sums["weight_value"]
    f["minimum"], f["maximum"], f["median"] = by["middle"].min(), by["middle"].max(), medians["middle"]
    f[["is_censored", "proxy_cell"]] = by[["is_censored", "proxy_cell"]].any()
    f["mean_year"], f["recent_share"] = sums["w_year"] / weight, sums["w_recent"] / weight
    f["share_estimated"] = sums["w_estimated"] / sums["w_known"].where(sums["w_known"] != 0)
    return f


def _one_by_one(m: pd.DataFrame) -> pd.DataFrame:
    """The same numbers, with a function applied to the members of each figure."""
    return m.groupby(KEY)[[c for c in m.columns if c not in KEY]].apply(_figure)


def _figure(m: pd.DataFrame) -> pd.Series:
    import numpy as np
    import pandas as pd

    kind = m["kind"].iloc[0]

    def of(values: pd.Series, weights: pd.Series) -> float:
        if kind == "median" or values.empty:
            return float(values.median())
        return float(values.sum() if kind == "sum" else np.average(values, weights=weights))

    w, others = m["weight_value"], m[m["is_other"]]
    weight_known = w[m["is_known"]].sum()
    return pd.Series(
        {
            "kind": kind,
            "low": of(m["low"], w),
            "high": of(m["high"], w),
            "without_largest": of(others["middle"], others["weight_value"]),
            "n_areas": len(m),
            "areas": ", ".join(m["area"]),
            "weight_reporting": w.sum(),
            "minimum": m["middle"].min(),
            "maximum": m["middle"].max(),
            "median": m["middle"].median(),
            "is_censored": m["is_censored"].any(),
            "proxy_cell": m["proxy_cell"].any(),
            "mean_year": np.average(m["time_period"], weights=w),
            "recent_share": w[m["is_recent"]].sum() / w.sum(),
            "share_estimated": w[m["is_estimated"]].sum() / weight_known if weight_known else None,
        }
    )


def _total_difference(f: pd.DataFrame, m: pd.DataFrame) -> pd.Series:
    """For figures by sex: the difference between the total of their areas and the total of all areas."""
    sexes = m.loc[m["by_sex"] & (m["kind"] == "mean"), [*KEY, "ref_area", "total_cell"]]
    area = ["indicator", "area_group", "ref_area"]
    totals = m[[*area, "cell", "weight_value", "middle"]].rename(columns={"cell": "total_cell"})
    same_areas = sexes.merge(
        totals.assign(w_middle=totals["weight_value"] * totals["middle"]), on=[*area, "total_cell"]
    )
    same_areas = same_areas.groupby(KEY)[["weight_value", "w_middle"]].sum()
    same_areas = (same_areas["w_middle"] / same_areas["weight_value"]).rename("same_areas").reset_index()
    all_areas = f[[*KEY, "middle"]].rename(columns={"cell": "total_cell", "middle": "all_areas"})
    both = f[[*KEY, "total_cell"]].merge(same_areas, on=KEY, how="left")
    both = both.merge(all_areas, on=["indicator", "area_group", "total_cell"], how="left")
    return (both["same_areas"] - both["all_areas"]).abs()


def _classed(f: pd.DataFrame, rule: pd.DataFrame, class_rule: ClassRule) -> pd.DataFrame:
    """Adds the publication class and withholds the figures of class C."""
    import numpy as np

    def at(threshold: str, column: str) -> pd.Series:
        return f["publication_rule"].map(rule[column][threshold])

    f["proxy"] = (f["proxy_cell"] | (f["weight_is_proxy"] & f["proxy_accepted"].isna())).astype(int)
    f["all_members"] = (f["n_areas"] / f["n_members"]).where(f["kind"] == "sum", 1)
    f["sex_total"] = f["sex_total"].fillna(0)
    is_small = (f["n_members"] <= at("A", "small_group")).rename("is_small")
    f["publication_class"] = "C"
    for (name, small), same in f.groupby(["publication_rule", is_small]):
        holds = {t: class_rule.holds(name, t, same, bool(small)) for t in ("A", "B", "B_alternative")}
        classes = np.select([holds["A"], holds["B"] | holds["B_alternative"]], ["A", "B"], "C")
        f.loc[same.index, "publication_class"] = classes
    f["obs_value"] = f["middle"]
    f["lower"], f["upper"] = f["low"].where(f["is_censored"]), f["high"].where(f["is_censored"])
    spread = f["maximum"] - f["minimum"]
    f["uncertainty"] = (at("A", "uncertainty_factor") * (1 - f["weight_covered"]).clip(lower=0) * spread).where(
        f["kind"] == "mean"
    )
    f[WITHHELD] = f[WITHHELD].where(f["publication_class"] != "C")
    return f


def compare(build: Build, each: bool = False) -> Comparison:
    """Runs both versions of the pandas code and compares the figures with the SQL.

    The second version, a function for each figure, runs only for few figures; with `each` always.
    """
    import_module("pandas")  # its loading time is not measured
    reset_peak()
    seconds, frame = _timed(build, one_by_one=False)
    peak = peak_mb()
    apart, different = difference(build, frame)
    one_by_one = None
    if each or len(frame) <= MOST_ONE_BY_ONE:
        one_by_one, frame = _timed(build, one_by_one=True)
        second_apart, second_different = difference(build, frame)
        apart, different = max(apart, second_apart), different + second_different
    return Comparison(seconds, one_by_one, peak, len(frame), apart, different)


def _timed(build: Build, one_by_one: bool) -> tuple[float, pd.DataFrame]:
    started = time.perf_counter()
    made = figures(build, one_by_one)
    return time.perf_counter() - started, made


def difference(build: Build, made: pd.DataFrame) -> tuple[float, int]:
    """The largest difference of a number from the SQL, and the number of figures that differ in other ways."""
    numbers = [*NUMBERS, *WITHHELD]
    apart = ", ".join(f"abs(m.{n} - a.{n}) / greatest(1, abs(a.{n}))" for n in numbers)
    same = " AND ".join(f"(m.{n} IS NULL) = (a.{n} IS NULL)" for n in numbers)
    with connect() as con:
        con.register("made", made)
        row = con.execute(
            f"""
            SELECT
                max(greatest({apart})),
                count(*) FILTER (
                    WHERE NOT coalesce({same} AND m.areas = a.areas AND m.publication_class = a.publication_class, FALSE)
                )
            FROM made AS m
            FULL JOIN {parquet(build.path("indicator_set.aggregate"))} AS a
                ON a.indicator = m.indicator AND a.ref_area = m.area_group AND a.time_period = m.time_period
                AND a.cell = m.cell
            """
        ).fetchall()[0]
        con.unregister("made")
    return float(row[0]), int(row[1])

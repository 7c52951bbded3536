"""The output of `payung gaps`: the counts, then an entry for each indicator and breakdown."""

from __future__ import annotations

import shutil
import textwrap
from dataclasses import dataclass

import pandas as pd

from pipelines.cli.output.text_table import print_frame
from pipelines.gap_report import NO_GAP, GapReport

# The text in brackets after the areas: the detail of each gap, the years of the last values, or none if the label of
# the reason is enough.
WITH_DETAIL = ("rejected", "source_failed")
OTHER_CELLS = "other_cells"
WITH_YEARS = ("out_of_window", "not_usable")
EXPLAINED_BY_LABEL = ("no_source", "suppressed", "not_usable")


def headline(report: GapReport) -> str:
    """One or two sentences: the number of missing figures."""
    text = f"{report.missing:,} of {report.expected:,} figures of Member States are missing (release {report.release})."
    if not report.expected:
        text = f"Release {report.release}: the selection has no figures of Member States."
    members, groups = report.by_reason.loc[report.by_reason["reason_code"] == NO_GAP, ["members", "groups"]].sum()
    not_applicable = [f"{members:,} of Member States"] * bool(members) + [f"{groups:,} of groups"] * bool(groups)
    if not not_applicable:
        return text
    return f"{text} Figures that are not applicable are not counted as missing: {' and '.join(not_applicable)}."


@dataclass(frozen=True)
class GapEntry:
    """The gaps of one indicator and breakdown: areas by reason, possible providers, and the data they have."""

    title: str
    reasons: list[str]
    providers: str
    data: str

    def text(self, width: int) -> str:
        """The entry as lines of at most this width."""
        sources = [f"Possible provider: {self.providers}."] if self.providers else []
        sources += [f"Data: {self.data.rstrip('.')}."] if self.data else []
        wrapped = [textwrap.fill(self.title, width, subsequent_indent="  ", break_on_hyphens=False)]
        for line in (*self.reasons, " ".join(sources)):
            wrapped.append(
                textwrap.fill(line, width, initial_indent="    ", subsequent_indent="      ", break_on_hyphens=False)
            )
        return "\n".join(w for w in wrapped if w)


def gap_entries(report: GapReport) -> list[GapEntry]:
    """The gaps by indicator and breakdown, in the order of the rows."""
    out = []
    columns = ["indicator", "name", "breakdown", "breakdown_name"]
    for (indicator, name, breakdown, breakdown_name), of_cell in report.rows.groupby(columns, sort=False):
        by = "" if breakdown == "headline" else f", by {str(breakdown_name).lower()}"
        reasons = [_reason(report, part) for _, part in of_cell.groupby("reason_code", sort=False)]
        providers = "; ".join(dict.fromkeys(of_cell["filled_by"].dropna()))
        data = "; ".join(dict.fromkeys(of_cell["obtain_from"].dropna()))
        out.append(GapEntry(f"{indicator}  {name}{by}", reasons, providers, data))
    return out


def _reason(report: GapReport, part: pd.DataFrame) -> str:
    """One reason with its areas: "Latest value too old: Cambodia, Lao PDR (last values of 2014 to 2018)"."""
    countries = part.loc[part["area_type"] == "country", "area_name"].tolist()
    groups = part.loc[part["area_type"] == "group", "area_name"].tolist()
    areas = [f"all {len(countries)} members"] if len(countries) == report.n_members else countries
    reason, details = part["reason_code"].iloc[0], list(dict.fromkeys(part["detail"].dropna()))
    years = sorted(set(part["latest_year"].dropna()))
    detail = ""
    if reason == OTHER_CELLS:  # the label of the reason has the first part of the detail
        detail = "; ".join(
            f"{a} {d.partition(': ')[2]}" for a, d in zip(part["area_name"], part["detail"], strict=True)
        )
    elif reason in WITH_DETAIL or (len(details) == 1 and reason not in EXPLAINED_BY_LABEL):
        detail = "; ".join(details).split(" Obtain from: ")[0].rstrip(".")
    elif years and reason in WITH_YEARS:
        detail = f"last values of {years[0]}" + (f" to {years[-1]}" if len(years) > 1 else "")
    return f"{part['reason'].iloc[0]}: {', '.join([*areas, *groups])}" + (f" ({detail})" if detail else "")


def show_gaps(report: GapReport) -> None:
    """Prints the counts, then the gaps by indicator."""
    print(headline(report))
    if report.by_reason.empty:
        return
    print("\nFigures by reason, for Member States (members) and groups:")
    print_frame(report.by_reason[["reason_code", "reason", "members", "groups"]])
    print("\nMissing figures by area:")
    print_frame(report.by_area)
    width = min(max(shutil.get_terminal_size((120, 24)).columns, 60), 160)
    for entry in gap_entries(report):
        print(f"\n{entry.text(width)}")

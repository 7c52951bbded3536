"""Faults in the definitions: each is reported with file, line, found content, expected content and remedy."""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from definition_faults import (
    Fault,
    append,
    assert_only_problem,
    assert_problem,
    entry_start,
    line_of,
    listed_problems,
    problems_of,
    swap,
)
from messages import Content

from indicator_defs.catalog import FOLDER, check_datasets, fingerprint_of, load_catalog
from indicator_defs.errors import CatalogError
from indicator_defs.tables import reference_tables
from sources import registry

UEMP = "indicators/coverage/ASP_COV_UEMP.yaml"
GDP = "indicators/financing/ASP_FIN_GDP.yaml"
DSB = "indicators/disability/ASP_DSB_UNE.yaml"
SET = "sets/asean_indicator_set.yaml"
NOT_APPLICABLE = "not_applicable.csv"
GENERAL = "general_claims.csv"
BASELINE = "sets/regional_baseline.yaml"
SEX = "crosswalks/unsd_sdg/sex.csv"
TOLERANCES = "tolerances.yaml"
BREAKS = "breaks/known.yaml"
CORRECTIONS = "corrections/published_errors.yaml"
WEIGHTS = "weights.yaml"
METHODS = "methods.yaml"
AREA_GROUPS = "codelists/area_group.csv"
CHECK_TOLERANCES = "check_tolerances.csv"
AGGREGATES = "published_aggregates.csv"
MUST_EXIST = "must_exist.csv"


def place(file: str, line: int) -> str:
    """The place of a problem, as messages give it."""
    return f"indicator_defs/{file}:{line}"


# By file: name of the fault, text in the file, text written instead; then the content of the message: found, expected,
# remedy. File and line are those of the new text.
FAULTS = {
    UEMP: [
        Fault("typo in a field", "direction: higher", "diretcion: higher", "diretcion", ("unknown field", "direction")),
        Fault("typo in a nested field", "group: AT_RISK", "grup: AT_RISK", "target_groups.0.grup",
              ("unknown field", "group, match, note, where")),
        Fault("unknown unit", "unit: PT", "unit: PERCENT", ("unit", "'PERCENT'"), ", PT,"),
        Fault("unknown method", "method: weighted_mean", "method: mean", ("aggregation.method", "'mean'"),
              "weighted_mean", "methods.yaml"),
        Fault("unknown weight", "weight: UNEMPLOYED", "weight: JOBLESS", ("aggregation.weight", "'JOBLESS'"),
              "UNEMPLOYED", "weights.yaml"),
        Fault("weight with a typo", "weight: UNEMPLOYED", "weight: UNEMPLOYD", "'UNEMPLOYD'", (), "UNEMPLOYED; EMPLOYED"),
        Fault("unknown sector", "sector: SI", "sector: XX", ("sector", "'XX'"), "SHP", "codelists/sector.csv"),
        Fault("unknown tier", "tier: core", "tier: main", ("tier", "'main'"), ("'core'", "'extended'")),
        Fault("unknown breakdown", "breakdowns: [sex]", "breakdowns: [gender]", ("breakdowns.0", "'gender'"), "'sex'"),
        Fault("unknown article", "'12', '14']", "'12', '99']", ("articles.", "'99'"), (), "codelists/article.csv"),
        Fault("unknown body", "body: [SLOM, SOMSWD]", "body: [SLOM, SLMO]", ("body.1", "'SLMO'"), (), "SLOM"),
        Fault("unknown target group", "group: AT_RISK", "group: JOBLESS", ("target_groups.0", "'JOBLESS'"), "OLDER"),
        Fault("unknown group", "group: coverage", "group: cover", ("group", "'cover'"), (), "coverage"),
        Fault("code with a wrong pattern", "code: ASP_COV_UEMP", "code: asp-cov-uemp", ("code", "'asp-cov-uemp'"), "ASP_"),
        Fault("text that is too short", "name: Unemployed persons", "name: U #", ("name", "'U'"), "3 characters"),
        Fault("rank that YAML reads as true", "rank: 1", "rank: yes", ("sources.0.rank", "True"), "integer"),
        Fault("minimum nan", "comparability:", "minimum: .nan\ncomparability:", ("minimum", "nan"), "finite"),
        Fault("infinite maximum", "comparability:", "maximum: .inf\ncomparability:", ("maximum", "inf"), "finite"),
        Fault("minimum that YAML reads as true", "comparability:", "minimum: yes\ncomparability:", ("minimum", "True"),
              "number"),
        Fault("rank above the range", "rank: 1", "rank: 9", ("sources.0.rank", "9"), "equal to 8"),
    ],
    GDP: [
        Fault("unknown body of a gap", "body: [ILO, MOF, SSI]", "body: [ILO, MOFF, SSI]", ("gap.body.1", "'MOFF'"), (),
              "MOF"),
    ],
    DSB: [
        Fault("unknown code of a breakdown", "disability_status: PD}", "disability_status: D}",
              ("disability_status code", "'D'"), "PD, PWD, _T"),
    ],
    SET: [
        Fault("unknown area group", "groups: [ASEAN, ASEAN10", "groups: [ASEAN, ASEAN12", ("area group", "'ASEAN12'"),
              "ASEAN10", "codelists/area_group.csv"),
        Fault("unknown body of a tier", "body: PAYUNG", "body: PAYUNGG", ("body", "'PAYUNGG'"), (), "PAYUNG"),
        Fault("unknown status", "status: proposed", "status: agreed", "'agreed'", ("'proposed'", "'adopted'")),
        Fault("duplicate tier", "tier: extended", "tier: core", ("tier core", f"indicator_defs/{SET}:"), (), "keep one"),
        Fault("decision on an unknown indicator", "decisions: []", "decisions: [{indicators: [ASP_X], status: proposed, "
              "date: 2026-01-01, body: ACSS}]", ("indicator", "'ASP_X'")),
        Fault("date that does not exist", "date: 2026-11-22", "date: 2026-13-22", ("date", "2026-13-22"), "valid date"),
        Fault("step nan", "step_points: 20", "step_points: .nan", ("step_points", "nan"), "finite"),
        Fault("infinite factor", "step_factor: 3", "step_factor: .inf", ("step_factor", "inf"), "finite"),
        Fault("no groups", "groups: [ASEAN, ASEAN10, ASEAN6, CLMV]", "groups: []", ("groups", "[]"), "at least 1"),
        Fault("duplicate group", "ASEAN6, CLMV]", "CLMV, CLMV]", ("area group CLMV", f"indicator_defs/{SET}:"), (),
              "keep one"),
        Fault("missing main group", "groups: [ASEAN, ASEAN10", "groups: [ASEAN10", "groups", "ASEAN", "add"),
        Fault("set that ends before it begins", "first_reference_year: 2010", "first_reference_year: 2030",
              ("first_reference_year", "2030"), ("latest_reference_year", "2023")),
    ],
    BASELINE: [
        Fault("unknown indicator of a table", "- ASP_FIN_FUNC", "- ASP_FIN_FUN", "'ASP_FIN_FUN'", (), "ASP_FIN_FUNC"),
        Fault("unknown group of a table", "[health]", "[helth]", ("group", "'helth'"), (), "health"),
        Fault("duplicate indicator", "- ASP_FIN_GDP", "- ASP_FIN_GOV", ("ASP_FIN_GOV", f"indicator_defs/{BASELINE}:"), (),
              "one table"),
        Fault("duplicate number of a table", "code: '3'", "code: '2'", ("table 2", f"indicator_defs/{BASELINE}:"), (),
              "keep one"),
        Fault("group in two tables", "[programmes]", "[coverage]",
              ("tier core", "group coverage", f"indicator_defs/{BASELINE}:"), (), "keep one"),
        Fault("baseline year outside its period", "baseline_year: 2016", "baseline_year: 2019",
              ("baseline_year", "2019"), ("2014", "2018")),
        Fault("baseline after the latest year", "baseline_to: 2018", "baseline_to: 2024", ("baseline_to", "2024"),
              ("2023", "asean_indicator_set")),
        Fault("unknown set", "set: asean_ind", "set: asian_ind", ("set", "'asian_indicator_set'"), "asean_indicator_set"),
    ],
    TOLERANCES: [
        Fault("unknown indicator", "indicator: all", "indicator: ASP_COV_NO", "'ASP_COV_NO'"),
        Fault("tolerance above its range", "withdrawn_percent: 10", "withdrawn_percent: 110", ("withdrawn_percent", "110"),
              "equal to 100"),
        Fault("typo in a tolerance", "free: 5", "fre: 5", "fre", ("unknown field", "free")),
    ],
    BREAKS: [
        Fault("unknown area", "area: THA", "area: THAI", ("area", "'THAI'"), (), "THA"),
        Fault("year before all data", "year: 2019", "year: 1890", ("year", "1890"), "equal to 1950"),
        Fault("unknown indicator of a break", "indicator: ASP_COV_DISAB", "indicator: ASP_X", ("indicator", "'ASP_X'")),
    ],
    AREA_GROUPS: [
        Fault("unknown member", "ASEAN,KHM,", "ASEAN,CAM,", ("area", "'CAM'"), (), "write KHM"),
        Fault("group in a group", "ASEAN10,BRN,", "ASEAN10,CLMV,", ("member", "'CLMV'"), "type country",
              "codelists/area.csv"),
        Fault("group in itself", "CLMV,KHM,", "CLMV,CLMV,", ("member", "'CLMV'"), "type country", "codelists/area.csv"),
        Fault("country as a group", "CLMV,KHM,", "THA,KHM,", ("group", "'THA'"), "type group", "codelists/area.csv"),
        Fault("date in another format", "VNM,1995-07-28", "VNM,28.7.1995", ("valid_from", "'28.7.1995'"), "1967-08-08"),
        Fault("end before the beginning", "2025-10-26,,", "2025-10-26,2024-01-01,", ("valid_to", "2024-01-01"),
              ("valid_from", "2025-10-26")),
    ],
    SEX: [
        Fault("unknown target", "Sex,FEMALE,F,", "Sex,FEMALE,W,", ("target", "'W'"), "F, M, _T", "codelists/sex.csv"),
        Fault("missing target", "Sex,FEMALE,F,", "Sex,FEMALE,,", "'FEMALE'", "target", "codelists/sex.csv"),
        Fault("too many cells", "Sex,MALE,M,", "Sex,MALE,M,men, all", "5 cells", "4", "quote"),
    ],
    "codelists/age.csv": [
        Fault("age that is not a number", ",15,24", ",15,twenty", ("age_to", "'twenty'"), ("years", "0 to 150")),
        Fault("age nan", ",15,24", ",15,nan", ("age_to", "'nan'"), ("years", "0 to 150")),
        Fault("age that ends before it begins", ",15,24", ",24,15", ("age_to", "15"), ("age_from", "24")),
        Fault("two codes for one age band", ",15,24", ",15,19", ("Y15T24", "Y15T19", "line 40"), (), "use one code"),
    ],
    "target_group_rules.csv": [
        Fault("unknown match", "WOMEN,exact", "WOMEN,roughly", ("match", "'roughly'"), ("exact", "proxy")),
    ],
    CORRECTIONS: [
        Fault("correction at another provider", "provider: unsd_sdg", "provider: ilostat",
              ("provider", "ASP_CHD_PRE", "'ilostat'"), "national, unsd_sdg"),
        Fault("correction of a series that is not claimed", "series: SE_PRE_PARTN", "series: SE_PRE_PARTX",
              ("series", "ASP_CHD_PRE", "unsd_sdg", "'SE_PRE_PARTX'"), "SE_PRE_PARTN"),
    ],
    WEIGHTS: [
        Fault("unknown coverage indicator", "coverage_indicator: ASP_COV_SA", "coverage_indicator: ASP_SA",
              ("coverage_indicator", "'ASP_SA'")),
        Fault("unknown role", "role: total_population", "role: people", ("role", "'people'"),
              ("births, gross_domestic_product,", "total_population")),
        Fault("role without a series", "kind: series\n    role: gross_domestic_product", "kind: series\n    role: gdp",
              ("GDP_PPP", "role gdp"), "births,", "`series:`"),
        Fault("duplicate sex of a role", "sex: M\n    provider: un_wpp", "sex: F\n    provider: un_wpp",
              ("population_by_age", "sex F", f"indicator_defs/{WEIGHTS}:"), (), "keep one of the two"),
        Fault("wrong sex of a role", "role: women_in_labour_force\n    sex: F", "role: women_in_labour_force\n    sex: M",
              ("sex", "found M", "women_in_labour_force"), "expected F"),
        Fault("series with two roles", "series: SL.UEM.TOTL.MA.ZS", "series: SL.UEM.TOTL.ZS",
              ("SL.UEM.TOTL.ZS", f"indicator_defs/{WEIGHTS}:"), (), "one role"),
        Fault("titles without weights", "shown_under: [GDP_PPP]", "shown_under: []", "titles without shown_under", (),
              "add shown_under"),
        Fault("titles with an unknown weight", "shown_under: [GDP_PPP]", "shown_under: [GDP]", ("shown_under", "'GDP'"), (),
              "GDP_PPP"),
        Fault("ages of a series without ages", "series: Births", "series: Births\n    age_dimension: AgeGrp",
              ("age_dimension", "AgeGrp", "births"), "none"),
        Fault("multiplier 0", "multiplier: 1000", "multiplier: 0", ("multiplier", "0"), "greater than 0"),
        Fault("negative age", "age_to: 4", "age_to: -4", ("age_to", "-4"), "equal to 0"),
    ],
}  # fmt: skip
# In these files a contradiction to other files is reported at the entry, and a faulty field at the field.
FILES_WITH_ENTRIES = (WEIGHTS, BREAKS, CORRECTIONS)
ROWS = [pytest.param(file, fault, id=fault.name) for file, faults in FAULTS.items() for fault in faults]


@pytest.mark.parametrize(("file", "fault"), ROWS)
def test_fault_is_reported_with_file_line_and_content(folder: Path, file: str, fault: Fault) -> None:
    line = swap(folder, file, fault.text, fault.instead)
    places = [place(file, line)]
    if file in FILES_WITH_ENTRIES:
        places.append(place(file, entry_start(folder / file, line)))
    assert_problem(problems_of(folder), places, fault.found, fault.expected, fault.remedy)


def test_unknown_provider_is_reported_with_all_providers(folder: Path) -> None:
    line = swap(folder, UEMP, "provider: unsd_sdg", "provider: unsd")
    (problem,) = problems_of(folder)
    reported_line = int(problem.removeprefix(f"indicator_defs/{UEMP}:").split(":")[0])
    assert 0 <= reported_line - line <= 5, "the line of the series below that of the provider"
    assert_only_problem(
        [problem],
        place(UEMP, reported_line),
        found=("unsd", "crosswalks/unsd/ref_area.csv"),
        expected="ilostat, national, un_wpp, unsd_sdg,",
        remedy="add the crosswalk",
    )


def test_reference_to_a_faulty_entry_is_not_reported(folder: Path) -> None:
    line = swap(folder, UEMP, "tier: core", "tier: main")
    assert_only_problem(problems_of(folder), place(UEMP, line), "tier")
    swap(folder, UEMP, "tier: main", "tier: core")
    line = swap(folder, WEIGHTS, "kind: population", "kind: people")
    assert_only_problem(problems_of(folder), place(WEIGHTS, line), ("kind", "'people'"), "'population'")
    swap(folder, WEIGHTS, "kind: people", "kind: population")
    line = swap(folder, SET, "step_points: 20", "step_points: twenty")
    assert_only_problem(problems_of(folder), place(SET, line), ("step_points", "'twenty'"), "number")


@pytest.mark.parametrize(
    "name",
    ["coverage/ASP_COV_NEW.yml", "coverage/ASP_COV_NEW.YAML", "ASP_COV_NEW.csv", "../corrections/new.yml", "../a.yaml"],
)
def test_file_that_is_not_read_is_reported(folder: Path, name: str) -> None:
    path = folder / "indicators" / name
    before = fingerprint_of(folder)
    path.write_text((folder / UEMP).read_text(encoding="utf-8"), encoding="utf-8")
    assert fingerprint_of(folder) != before, "otherwise a refresh would find no changes"
    label = path.resolve().relative_to(folder.parent).as_posix()
    assert_only_problem(
        problems_of(folder),
        f"{label}:1",
        "not read",
        (".yaml or .csv", "lower case"),
        ("rename", "docs/definitions.md"),
    )


def test_files_of_editors_are_ignored(folder: Path) -> None:
    before = fingerprint_of(folder)
    (folder / "indicators/coverage/.#ASP_COV_UEMP.yaml").symlink_to("user@machine.123:456")
    (folder / "indicators/coverage/ASP_COV_UEMP.yaml~").write_text("code:", encoding="utf-8")
    (folder / ".git").mkdir()
    (folder / ".git/config.yaml").write_text("code:", encoding="utf-8")
    load_catalog(folder)
    assert fingerprint_of(folder) == before


def test_unreadable_file_is_reported_with_the_reason(folder: Path) -> None:
    (folder / "indicators/coverage/ASP_COV_GONE.yaml").symlink_to(folder / "nowhere")
    (folder / "indicators/coverage/ASP_COV_DIR.yaml").mkdir()
    (folder / "crosswalks/unsd_sdg/age.csv").unlink()
    (folder / "crosswalks/unsd_sdg/age.csv").mkdir()
    problems = problems_of(folder)
    assert len(problems) == 3
    for name, reason in (
        ("crosswalks/unsd_sdg/age.csv", "Is a directory"),
        ("indicators/coverage/ASP_COV_DIR.yaml", "Is a directory"),
        ("indicators/coverage/ASP_COV_GONE.yaml", "No such file or directory"),
    ):
        assert_problem(problems, place(name, 1), ("cannot be read", reason))


def test_aliases_of_aliases_are_not_expanded(folder: Path) -> None:
    """Thirty lines would otherwise expand to a thousand million entries."""
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 30))]
    (folder / "sets/many.yaml").write_text("\n".join(lines), encoding="utf-8")
    assert_problem(problems_of(folder), place("sets/many.yaml", 1), "alias (*)", remedy="write")


def test_file_name_that_differs_from_the_code(folder: Path) -> None:
    renamed = "indicators/coverage/ASP_COV_JOBLESS.yaml"
    (folder / UEMP).rename(folder / renamed)
    assert_only_problem(problems_of(folder), place(renamed, 1), ("code", "ASP_COV_UEMP"), "ASP_COV_JOBLESS")


def test_file_in_the_folder_of_another_group(folder: Path) -> None:
    moved = "indicators/labour/ASP_COV_UEMP.yaml"
    (folder / UEMP).rename(folder / moved)
    assert_only_problem(problems_of(folder), place(moved, 3), ("group", "coverage"), "labour", "move the file")


def test_code_defined_in_two_files(folder: Path) -> None:
    copy = "indicators/labour/ASP_COV_UEMP.yaml"
    text = (folder / UEMP).read_text(encoding="utf-8").replace("group: coverage", "group: labour")
    (folder / copy).write_text(text, encoding="utf-8")
    (problem,) = [p for p in problems_of(folder) if "definition of" in p]
    assert_only_problem([problem], place(copy, 1), ("ASP_COV_UEMP", f"indicator_defs/{UEMP}"), remedy="keep one")


@pytest.mark.parametrize(
    ("instead", "found", "expected"),
    [
        ("status: adopted\n    date: 2014-11-22", "adopted", "`reference`"),
        ("status: adopted\n    date: 2014-11-22\n    reference: 'Report, paragraph 9'", "PAYUNG", "ASEAN body"),
        ("status: adopted\n    date: 2999-01-01", ("date", "2999-01-01"), "passed"),
    ],
    ids=["no document", "not an ASEAN body", "in the future"],
)
def test_adoption_needs_an_asean_body_a_past_date_and_a_document(
    folder: Path, instead: str, found: Content, expected: Content
) -> None:
    line = swap(folder, SET, "status: proposed\n    date: 2026-11-22", instead)
    places = [place(SET, n) for n in range(entry_start(folder / SET, line), line + 4)]
    assert_problem(problems_of(folder), places, found, expected)


def test_decision_on_one_indicator_overrides_that_on_its_tier(folder: Path) -> None:
    decision = "status: adopted, date: 2014-05-04, body: ACSS, reference: 'Report of the session, paragraph 9'"
    swap(folder, SET, "decisions: []", f"decisions: [{{indicators: [ASP_COV_UEMP], {decision}}}]")
    rows = reference_tables(load_catalog(folder), [])["set_member"].set_index("indicator")
    assert (rows.loc["ASP_COV_UEMP", "standing"], rows.loc["ASP_COV_UEMP", "decided_by"]) == ("adopted", "ACSS")
    assert set(rows.drop("ASP_COV_UEMP")["standing"]) == {"proposed"}


def test_core_indicators_without_a_table_are_reported(folder: Path) -> None:
    swap(folder, BASELINE, "groups: [labour, migration]", "groups: [labour]")
    line = line_of(folder / BASELINE, "tables:")
    problems = problems_of(folder)
    assert problems
    for problem in problems:
        assert_only_problem([problem], place(BASELINE, line), ("core indicator", "ASP_MIG_"), "no table", "add")


def test_each_indicator_is_in_one_table_and_priority_tables_come_first(folder: Path) -> None:
    tables = reference_tables(load_catalog(folder), [])
    listed = tables["baseline_table_indicator"]
    assert sorted(listed["indicator"]) == sorted(tables["indicator"]["indicator"])
    first = tables["baseline_table"].query("stands_first")["table_code"].tolist()
    assert (
        listed.loc[listed["table_code"].isin(first), "indicator"].tolist() == tables["set_first"]["indicator"].tolist()
    )


def test_missing_weight_of_a_method_that_needs_one(folder: Path) -> None:
    swap(folder, UEMP, "  weight: UNEMPLOYED\n", "")
    line = line_of(folder / UEMP, "aggregation:")
    assert_only_problem(
        problems_of(folder), place(UEMP, line), "aggregation", ("weighted_mean", "needs a weight"), "add `weight`"
    )


def test_declared_indicator_with_sources(folder: Path) -> None:
    source = "sources:\n  - provider: unsd_sdg\n    dataset: sdg\n    series:\n      - code: SD_XPD_NEW\n"
    swap(folder, GDP, "sdg: 1.3.1\n", source + "sdg: 1.3.1\n")
    assert_problem(problems_of(folder), place(GDP, 1), "declared", ("`gap`", "no `sources`"))


def test_indicator_with_values_but_without_sources(folder: Path) -> None:
    swap(folder, GDP, "status: declared", "status: with_values")
    assert_problem(problems_of(folder), place(GDP, 1), "with_values", ("`sources`", "no `gap`"))


def test_two_definitions_with_the_same_rows(folder: Path) -> None:
    pensn = "indicators/coverage/ASP_COV_PENSN.yaml"
    swap(folder, UEMP, "where: {SOC: SOC_CONTIG_UNE}", "where: {SOC: [SOC_CONTIG_UNE, SOC_CONTIG_PENSION]}")
    line = line_of(folder / UEMP, "- code: SDG_0131")
    first_line = line_of(folder / pensn, "- code: SDG_0131")
    assert_only_problem(
        problems_of(folder),
        place(UEMP, line),
        found=(
            "ASP_COV_UEMP",
            "SDG_0131_SEX_SOC_RT",
            "(where SOC SOC_CONTIG_UNE or SOC_CONTIG_PENSION)",
            "ASP_COV_PENSN",
            place(pensn, first_line),
            "(where SOC SOC_CONTIG_PENSION)",
        ),
        expected="one indicator",
        remedy="filters",
    )


def test_two_definitions_with_different_rows_of_one_series(folder: Path) -> None:
    swap(folder, UEMP, "where: {SOC: SOC_CONTIG_UNE}", "where: {SOC: SOC_CONTIG_NEW}")
    assert load_catalog(folder).definitions["ASP_COV_UEMP"].sources[0].series[0].where == {"SOC": "SOC_CONTIG_NEW"}


def test_duplicate_line_of_a_crosswalk(folder: Path) -> None:
    line = append(folder, SEX, "Sex,FEMALE,F,")
    assert_only_problem(
        problems_of(folder), place(SEX, line), ("dimension Sex", "code FEMALE", "line 3"), remedy="keep one"
    )


def test_duplicate_entry_is_reported_with_both_places(folder: Path) -> None:
    path = folder / TOLERANCES
    head, first = path.read_text(encoding="utf-8").split("  - indicator: all\n")
    path.write_text(f"{head}  - indicator: all\n{first}  - indicator: all\n{first}", encoding="utf-8")
    one = head.count("\n") + 1
    other = one + 1 + first.count("\n")
    assert_only_problem(
        problems_of(folder), place(TOLERANCES, other), ("all", place(TOLERANCES, one)), remedy="keep one"
    )


def test_duplicate_body_is_reported_once(folder: Path) -> None:
    line = append(folder, "codelists/body.csv", "SLOM,Again,Again,asean")
    assert_only_problem(
        problems_of(folder), place("codelists/body.csv", line), ("code SLOM", "line"), remedy="keep one"
    )


def dataset_problem(folder: Path) -> str:
    """The one problem of a claim or weight whose dataset no provider declares."""
    with pytest.raises(CatalogError) as caught:
        check_datasets(load_catalog(folder), registry.structures())
    (problem,) = listed_problems(caught.value)
    return problem


def test_unknown_dataset_of_a_claim(folder: Path) -> None:
    check_datasets(load_catalog(folder), registry.structures())
    line = swap(folder, UEMP, "dataset: sdg", "dataset: sgd")
    places = [place(UEMP, n) for n in range(line, line + 6)]  # the line of the series, below that of the dataset
    assert_only_problem([dataset_problem(folder)], places, ("'sgd'", "unsd_sdg"), "expected one of sdg")


def test_unknown_dataset_of_a_general_claim(folder: Path) -> None:
    line = append(folder, GENERAL, "unsd_sdg,submissions,5,The same figures again")
    assert_only_problem(
        [dataset_problem(folder)], place(GENERAL, line), ("'submissions'", "unsd_sdg"), "expected one of sdg"
    )


@pytest.mark.parametrize("rank", ["10", "-1", "first", ""])
def test_rank_of_a_general_claim(folder: Path, rank: str) -> None:
    line = append(folder, GENERAL, f"unsd_sdg,sdg,{rank},The same figures again")
    assert_only_problem(problems_of(folder), place(GENERAL, line), ("rank:", repr(rank)))


def test_general_claims_feed_every_indicator_with_their_rank(folder: Path) -> None:
    text = (folder / GENERAL).read_text(encoding="utf-8")
    ranks = {(provider, dataset): int(rank) for provider, dataset, rank in re.findall(r"(\w+),(\w+),(\d),", text)}
    (folder / GENERAL).write_text(text.replace(",9,", ",7,"), encoding="utf-8")
    catalog = load_catalog(folder)
    claims = reference_tables(catalog, [])["claim"]
    for provider, dataset in ranks:
        rows = claims[(claims["provider"] == provider) & (claims["dataset"] == dataset)]
        assert set(rows["indicator"]) == set(catalog.definitions)
        expected = 7 if ranks[provider, dataset] == 9 else ranks[provider, dataset]
        implied = rows[rows["definition_line"] == 1]
        assert set(implied["source_rank"]) == {expected}


@pytest.mark.parametrize(
    ("before", "line", "is_faulty"),
    [
        ("BRN,1984-01-07,,Admitted on this day", "ASEAN,BRN,2020-01-01,,Again", True),
        ("BRN,1984-01-07,2000-01-01,Left", "ASEAN,BRN,1999-01-01,,Admitted again", True),
        ("BRN,1984-01-07,2000-01-01,Left", "ASEAN,BRN,2001-01-01,,Admitted again", False),
    ],
)
def test_member_of_a_group_twice_at_the_same_time(folder: Path, before: str, line: str, is_faulty: bool) -> None:
    first = swap(folder, AREA_GROUPS, "BRN,1984-01-07,,Admitted on this day", before)
    number = append(folder, AREA_GROUPS, line)
    if is_faulty:
        found = ("BRN", "ASEAN", "at the same time", f"line {first}")
        assert_only_problem(problems_of(folder), place(AREA_GROUPS, number), found, remedy=("valid_from", "valid_to"))
    else:
        load_catalog(folder)


def test_weight_that_depends_on_itself(folder: Path) -> None:
    file = "indicators/programmes/ASP_COV_SA.yaml"
    swap(folder, file, "weight: POP_TOTAL", "weight: BENEFICIARIES_SA")
    line = line_of(folder / WEIGHTS, "- name: BENEFICIARIES_SA")
    assert_only_problem(
        problems_of(folder),
        place(WEIGHTS, line),
        ("depends on itself", "BENEFICIARIES_SA -> ASP_COV_SA -> BENEFICIARIES_SA"),
        remedy="ASP_COV_SA",
    )
    swap(folder, file, "weight: BENEFICIARIES_SA", "weight: BENEFICIARIES_SI")
    swap(folder, "indicators/programmes/ASP_COV_SI.yaml", "weight: POP_TOTAL", "weight: BENEFICIARIES_SA")
    assert len([problem for problem in problems_of(folder) if "depends on itself" in problem]) == 2


def test_role_of_a_weight_without_a_series(folder: Path) -> None:
    text = (folder / WEIGHTS).read_text(encoding="utf-8")
    entry = text[text.index("  - role: births\n") : text.index("  - role: labour_force\n")]
    (folder / WEIGHTS).write_text(text.replace(entry, ""), encoding="utf-8")
    line = line_of(folder / WEIGHTS, "  - name: BIRTHS\n")
    assert_only_problem(
        problems_of(folder),
        place(WEIGHTS, line),
        found=("weight BIRTHS", "role births"),
        expected="gross_domestic_product, labour_force, ",
        remedy=("add", "`series:`"),
    )


def test_weight_of_kind_series_without_a_role(folder: Path) -> None:
    swap(folder, WEIGHTS, "    role: gross_domestic_product\n", "")
    line = line_of(folder / WEIGHTS, "- name: GDP_PPP")
    assert_problem(
        problems_of(folder), place(WEIGHTS, line), ("GDP_PPP", "kind series", "no role"), "births, ", "add `role`"
    )


def test_unknown_dataset_of_a_series_of_weights(folder: Path) -> None:
    line = swap(folder, WEIGHTS, "dataset: wpp2019_age_sex", "dataset: wpp2019")
    at = entry_start(folder / WEIGHTS, line)
    assert_only_problem([dataset_problem(folder)], place(WEIGHTS, at), ("'wpp2019'", "un_wpp"), "wpp2019_age_sex")


def test_duplicate_weight(folder: Path) -> None:
    text = (folder / WEIGHTS).read_text(encoding="utf-8")
    entry = text[text.index("  - name: POP_TOTAL") : text.index("  - name: POP_Y0T4")]
    first = line_of(folder / WEIGHTS, "- name: POP_TOTAL")
    (folder / WEIGHTS).write_text(text.replace(entry, entry + entry), encoding="utf-8")
    (problem,) = [problem for problem in problems_of(folder) if "weight POP_TOTAL" in problem]
    second = first + entry.count("\n")
    assert_only_problem([problem], place(WEIGHTS, second), place(WEIGHTS, first), remedy="keep one")


def test_duplicate_code_of_a_list(folder: Path) -> None:
    line = append(folder, "codelists/sex.csv", "F,Women,Again")
    assert_problem(problems_of(folder), place("codelists/sex.csv", line), ("code F", "line 3"), remedy="keep one")


def test_crosswalk_of_a_column_that_does_not_exist(folder: Path) -> None:
    file = "crosswalks/unsd_sdg/gender.csv"
    (folder / file).write_text("dimension,code,target,note\nSex,MALE,M,\n", encoding="utf-8")
    assert_only_problem(problems_of(folder), place(file, 1), "gender", ("sex,", "composite_breakdown"), "rename")


def test_crosswalk_of_a_provider_that_is_not_used(folder: Path) -> None:
    file = "crosswalks/eurostat/sex.csv"
    (folder / file).parent.mkdir()
    (folder / file).write_text("dimension,code,target,note\nSEX,F,F,\n", encoding="utf-8")
    assert_only_problem(problems_of(folder), place(file, 2), ("no definition", "provider eurostat"), remedy="remove")


def test_provider_without_a_crosswalk_of_areas(folder: Path) -> None:
    (folder / "crosswalks/ilostat/ref_area.csv").unlink()
    (problem,) = problems_of(folder)  # only at the first claim
    at, _, _ = problem.partition(": ")
    assert re.fullmatch(r"indicator_defs/indicators/\S+\.yaml:\d+", at)
    assert_only_problem([problem], at, ("ilostat", "crosswalks/ilostat/ref_area.csv"), remedy="add the crosswalk")


def test_duplicate_key(folder: Path) -> None:
    line = swap(folder, UEMP, "tier: core\n", "tier: core\nunit: NUMBER\n") + 1
    unit = line_of(folder / UEMP, "unit: PT")
    assert unit > line
    assert_only_problem(problems_of(folder), place(UEMP, unit), ("duplicate", "`unit`"), remedy="remove")


@pytest.mark.parametrize(
    ("damaged", "line", "found"),
    [
        (lambda text: text.replace("tier: core", "tier: [core"), 5, "YAML"),
        (lambda text: text.replace("unit: PT", "\tunit: PT"), None, "YAML"),
        (lambda _: "", 1, "empty"),
    ],
    ids=["bracket not closed", "tab", "empty"],
)
def test_unreadable_yaml(folder: Path, damaged: Callable[[str], str], line: int | None, found: str) -> None:
    text = damaged((folder / UEMP).read_text(encoding="utf-8"))
    (folder / UEMP).write_text(text, encoding="utf-8")
    problems = [p for p in problems_of(folder) if p.startswith(f"indicator_defs/{UEMP}:")]
    assert_only_problem(problems, place(UEMP, line or line_of(folder / UEMP, "\t")), found)


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("codelists/sex.csv", "code, name, description"),
        (WEIGHTS, "`weights:`"),
        (BASELINE, ("reference years", "tables")),
        ("target_group_rules.csv", "target_group, match,"),
    ],
)
def test_missing_file(folder: Path, file: str, expected: Content) -> None:
    (folder / file).unlink()
    assert_problem(problems_of(folder), place(file, 1), "missing", expected)


def test_missing_column_of_a_code_list(folder: Path) -> None:
    path = folder / AREA_GROUPS
    path.write_text(path.read_text(encoding="utf-8").replace("valid_to", "until", 1), encoding="utf-8")
    assert_problem(problems_of(folder), place(AREA_GROUPS, 1), "missing", "valid_to")


def test_all_faults_are_reported_together(folder: Path) -> None:
    content = {
        place(UEMP, swap(folder, UEMP, "unit: PT", "unit: PERCENT")): "'PERCENT'",
        place(GDP, swap(folder, GDP, "sector: _T", "sector: ALL")): "'ALL'",
        place(SEX, swap(folder, SEX, "Sex,FEMALE,F,", "Sex,FEMALE,W,")): ("target", "'W'"),
        place(AREA_GROUPS, swap(folder, AREA_GROUPS, "ASEAN,VNM", "ASEAN,VIE")): "'VIE'",
    }
    problems = problems_of(folder)
    assert len(problems) == len(content)
    for at, found in content.items():
        assert_problem(problems, at, found)


def test_whole_number_that_is_too_large_for_a_column(folder: Path) -> None:
    line = swap(folder, METHODS, "n_areas: 6", "n_areas: 99999999999")
    assert_problem(problems_of(folder), place(METHODS, line), ("n_areas", "99999999999"), "2,147,483,648")


def test_number_of_a_rule_needs_a_value_and_a_source(folder: Path) -> None:
    text = (folder / METHODS).read_text(encoding="utf-8")
    assert text.count("value: 6") == text.count("value: 0.37") == 1
    size = swap(folder, METHODS, "value: 6", "value: 0")
    factor = swap(folder, METHODS, "value: 0.37", "factor: 0.37")
    problems = problems_of(folder)
    assert_problem(problems, place(METHODS, size), ("small_group.value", "0"), "equal to 1")
    assert_problem(problems, place(METHODS, factor), "uncertainty_factor.factor", ("unknown field", "source, value"))


def test_criterion_that_no_class_uses(folder: Path) -> None:
    limit = "        all_members: {limit: 1}"
    swap(folder, METHODS, "      criteria:\n" + limit + "\n", "")
    line = line_of(folder / METHODS, "- name: all_members")
    assert_only_problem(
        problems_of(folder),
        place(METHODS, line),
        found="all_members",
        remedy=("under `criteria` of A, B", "B_alternative", "remove"),
    )


def test_unknown_criterion_of_a_class(folder: Path) -> None:
    line = swap(folder, METHODS, "        all_members: {limit: 1}", "        every_member: {limit: 1}")
    assert_problem(problems_of(folder), place(METHODS, line), "'every_member'", "all_members")


def test_criterion_with_its_own_field_in_the_class(folder: Path) -> None:
    limit = "        all_members: {limit: 1}"
    line = swap(folder, METHODS, limit, limit + "\n        proxy: {limit: 1}") + 1
    assert_only_problem(problems_of(folder), place(METHODS, line), ("criterion proxy", "its own field"), remedy="write")


def test_missing_criterion_of_the_rule(folder: Path) -> None:
    swap(folder, METHODS, "- name: recent_share", "- name: share_of_recent")
    assert_problem(problems_of(folder), place(METHODS, 1), ("recent_share", "missing"), remedy="add")


def test_faulty_lines_of_figures_that_cannot_exist(folder: Path) -> None:
    members = "BRN, IDN, KHM, LAO, MMR,"
    faults: list[tuple[str, Content, Content, Content]] = [
        ("ASP_COV_NOTHING,SGP,*", "'ASP_COV_NOTHING'", (), "ASP_COV_NONE; ASP_COV_WHI; ASP_COV_INJ"),
        ("*,FRA,urbanisation", ("Member State", "'FRA'"), (members, "VNM"), ()),
        ("*,ASEAN,urbanisation", ("Member State", "'ASEAN'"), (members, "VNM"), ()),
        ("*,*,sex", ("indicator", "ref_area", "*"), (), "at least one"),
        ("*,SGP,urbanisation", ("indicator *", "ref_area SGP", "breakdown urbanisation", "line 2"), (), "keep one"),
    ]
    lines = [append(folder, NOT_APPLICABLE, f"{cells},Cannot exist.,Seen nowhere") for cells, *_ in faults]
    problems = problems_of(folder)
    assert len(problems) == len(faults)
    for line, (_, found, expected, remedy) in zip(lines, faults, strict=True):
        assert_problem(problems, place(NOT_APPLICABLE, line), found, expected, remedy)


def test_figure_that_cannot_exist_needs_evidence_and_a_valid_breakdown(folder: Path) -> None:
    first = append(folder, NOT_APPLICABLE, "*,SGP,sex,Cannot exist.,")
    second = append(folder, NOT_APPLICABLE, "*,SGP,colour,Cannot exist.,Seen nowhere")
    problems = problems_of(folder)
    assert_problem(problems, place(NOT_APPLICABLE, first), "evidence:", "3 characters")
    assert_problem(problems, place(NOT_APPLICABLE, second), ("breakdown:", "'colour'"), ("'headline'", "'sex'"))


def test_unknown_kind_of_a_gap(folder: Path) -> None:
    line = swap(folder, GDP, "kind: not_gathered", "kind: unknown")
    assert_problem(problems_of(folder), place(GDP, line), ("gap.kind", "'unknown'"), "'national_submission'")


FIGURE = "ASP_CHD_BRTH,KHM,2014,,73.3,0.05,unsd_sdg/sdg/2018-10-15,"
CITATION = "UN SDG Global Database, vintage of 2018"


def write_must_exist(folder: Path, *lines: str) -> None:
    path = folder / MUST_EXIST
    header = path.read_text(encoding="utf-8").split("\n", 1)[0]
    path.write_text("\n".join([header, f'{FIGURE}"{CITATION}"', *lines, ""]), encoding="utf-8")


@pytest.mark.parametrize(
    ("line", "found", "expected"),
    [
        ("ASP_CHD_NONE,KHM,2014,,73.3,0.05,unsd_sdg/sdg/2018-10-15", ("indicator", "'ASP_CHD_NONE'"), ()),
        ("ASP_CHD_BRTH,KH,2014,,73.3,0.05,unsd_sdg/sdg/2018-10-15", ("area", "'KH'"), "write KHM"),
        ("ASP_CHD_BRTH,KHM,14,,73.3,0.05,unsd_sdg/sdg/2018-10-15", ("time_period", "'14'"), "year such as 2016"),
        ("ASP_CHD_BRTH,KHM,2014,gender=F,73.3,0.05,document", ("breakdown", "'gender=F'"), "sex=F;urbanisation=R"),
        ("ASP_CHD_BRTH,KHM,2014,sex=FEMALE,73.3,0.05,document", ("sex code", "'FEMALE'"), "F, M, _T"),
        ("ASP_CHD_BRTH,KHM,2014,,73.3 %,0.05,document", ("obs_value", "'73.3 %'"), "a number"),
        ("ASP_CHD_BRTH,KHM,2014,,nan,0.05,document", ("obs_value", "'nan'"), "a number"),
        ("ASP_CHD_BRTH,KHM,2014,,73.3,-1,document", ("tolerance", "'-1'"), "number of at least 0"),
        (
            "ASP_CHD_BRTH,KHM,2014,,73.3,0.05,the web",
            ("taken_from", "'the web'"),
            ("document", "unsd_sdg/sdg/2020-12-27"),
        ),
        (
            "ASP_CHD_BRTH,KHM,2014,,73.3,0.05,unsd_sdg/sdg/2018-15-10",
            ("taken_from", "'unsd_sdg/sdg/2018-15-10'"),
            ("date", "2018-15-10"),
        ),
        ("ASP_CHD_BRTH,KHM,2014,,73.3,0.05,unsd/sdg/2018-10-15", ("provider", "'unsd'"), "unsd_sdg"),
    ],
)
def test_faulty_line_of_a_must_exist_figure(folder: Path, line: str, found: Content, expected: Content) -> None:
    write_must_exist(folder, f'{line},"{CITATION}"')
    assert_problem(problems_of(folder), place(MUST_EXIST, 3), found, expected)


def test_duplicate_must_exist_figure_and_one_without_a_source(folder: Path) -> None:
    write_must_exist(folder, f"{FIGURE}UN")
    problems = problems_of(folder)
    duplicate = ("indicator ASP_CHD_BRTH", "ref_area KHM", "time_period 2014", "breakdown empty", "line 2")
    assert_problem(problems, place(MUST_EXIST, 3), duplicate, remedy="keep one")
    assert_problem(problems, place(MUST_EXIST, 3), ("source_citation", "'UN'"), "producer, publication and year")


@pytest.mark.parametrize(
    ("file", "fault"),
    [
        (CHECK_TOLERANCES, Fault("number", "large_points,2,", "large_points,two,", ("value", "'two'"), "a number")),
        (
            CHECK_TOLERANCES,
            Fault("check", "magnitude_kept,factor", "Magnitude,factor", ("check", "'Magnitude'"), "magnitude_kept"),
        ),
        (
            CHECK_TOLERANCES,
            Fault(
                "quantity",
                "agrees_points",
                "agree_points",
                ("quantity", "published_aggregate", "'agree_points'"),
                "agrees_points",
            ),
        ),
        (
            CHECK_TOLERANCES,
            Fault(
                "duplicate",
                "magnitude_kept,least",
                "magnitude_kept,factor",
                ("check magnitude_kept", "quantity factor", "line"),
                (),
                "keep one",
            ),
        ),
        (
            AGGREGATES,
            Fault("group", "unsd_sdg,SEA,ASEAN,", "unsd_sdg,SEA,ASEAN12,", ("area group", "'ASEAN12'"), "ASEAN10"),
        ),
        (AGGREGATES, Fault("member", "KHM LAO", "KHM LA", ("area", "'LA'"), (), "write LAO")),
        (AGGREGATES, Fault("imputes", ",yes,", ",often,", ("imputes", "'often'"), "yes or no")),
        (AGGREGATES, Fault("provider", "ilostat,SEA,", "ilo,SEA,", ("provider", "'ilo'"), "ilostat")),
    ],
    ids=lambda value: value.name if isinstance(value, Fault) else "",
)
def test_faulty_tolerance_or_published_aggregate(folder: Path, file: str, fault: Fault) -> None:
    line = swap(folder, file, fault.text, fault.instead)
    assert_problem(problems_of(folder), place(file, line), fault.found, fault.expected, fault.remedy)


def test_bounds_in_the_wrong_order_are_reported_at_their_line(folder: Path) -> None:
    line = swap(folder, UEMP, "tier: core", "maximum: 40\nminimum: 50\ntier: core")
    assert_only_problem(problems_of(folder), place(UEMP, line), ("maximum", "40"), "minimum 50")
    swap(folder, UEMP, "maximum: 40\nminimum: 50\n", "minimum: 100\n")
    assert_only_problem(problems_of(folder), place(UEMP, 1), ("maximum", "100"), "minimum 100")
    swap(folder, UEMP, "minimum: 100\n", "")
    line = swap(folder, WEIGHTS, "age_from: 65\n", "age_from: 65\n    age_to: 60\n") + 1
    assert_problem(problems_of(folder), place(WEIGHTS, line), ("age_to", "60"), "age_from 65")


def test_missing_limit_of_a_check_is_named(folder: Path) -> None:
    path = folder / CHECK_TOLERANCES
    lines = [line for line in path.read_text(encoding="utf-8").splitlines(True) if "magnitude_kept,least" not in line]
    path.write_text("".join(lines), encoding="utf-8")
    assert_only_problem(
        problems_of(folder), place(CHECK_TOLERANCES, 1), ("magnitude_kept, least", "missing"), remedy="add"
    )


def test_duplicate_correction_and_duplicate_break(folder: Path) -> None:
    for kind, field, instead in (
        ("corrections", "action: exclude_from_use", "action: mark_unreliable"),
        ("breaks", "decided: break", "decided: genuine"),
    ):
        path = next((folder / kind).glob("*.yaml"))
        head, first, *_ = path.read_text(encoding="utf-8").split("  - indicator: ")
        duplicate = f"{kind}:\n  - indicator: {first.rstrip().replace(field, instead)}\n"
        (folder / kind / "zz_again.yaml").write_text(duplicate, encoding="utf-8")
        first_place = place(f"{kind}/{path.name}", head.count("\n") + 1)
        found = ("ASP_", first_place)
        assert_only_problem(problems_of(folder), place(f"{kind}/zz_again.yaml", 2), found, remedy="keep one")
        (folder / kind / "zz_again.yaml").unlink()


def test_unreadable_code_list_is_the_only_problem(folder: Path) -> None:
    path = folder / "codelists/sex.csv"
    path.write_text("", encoding="utf-8")
    assert_only_problem(problems_of(folder), place("codelists/sex.csv", 1), "empty", "code,name,description")
    path.write_text("code,name,description\n", encoding="utf-8")
    assert_only_problem(problems_of(folder), place("codelists/sex.csv", 1), "no codes", remedy="add")


def test_faulty_tolerance_is_not_also_reported_as_missing(folder: Path) -> None:
    line = swap(folder, TOLERANCES, "withdrawn_percent: 10", "withdrawn_percent: -10")
    assert_only_problem(problems_of(folder), place(TOLERANCES, line), ("withdrawn_percent", "-10"), "equal to 0")


def test_concepts_that_exclude_each_other_are_reported_with_both_places(folder: Path) -> None:
    feed = (
        "  - provider: world_bank\n    dataset: wdi\n    rank: 2\n    series:\n      - code: per_lm_alllm.cov_pop_tot\n"
    )
    line = swap(folder, UEMP, "sources:\n", f"sources:\n{feed}") + 5
    other_line = line_of(folder / UEMP, "- code: SDG_0131_SEX_SOC_RT")
    assert_problem(
        problems_of(folder),
        place(UEMP, line),
        found=("ASP_COV_UEMP", "per_lm_alllm.cov_pop_tot", "SDG_0131_SEX_SOC_RT", f"line {other_line}"),
        expected=("ILO counts persons protected", place("never_together.csv", 8)),
        remedy="another indicator",
    )


def test_excluded_pair_without_a_reason(folder: Path) -> None:
    line = append(folder, "never_together.csv", "unsd_sdg/sdg/SL_TLF_UEM,,")
    assert_problem(
        problems_of(folder), place("never_together.csv", line), "'unsd_sdg/sdg/SL_TLF_UEM'", ("two patterns", "reason")
    )


def test_every_excluded_pair_has_series_of_the_catalogue() -> None:
    """A pattern without a claimed series, in both parts of the pair, would have no effect."""
    catalogue = load_catalog()
    names = {f"{c.provider}/{c.dataset}/{c.series.code}" for c in catalogue.claims}
    rows = (FOLDER / "never_together.csv").read_text(encoding="utf-8").splitlines()[1:]
    unused = [r for r in rows if not any(fnmatchcase(n, side) for n in names for side in r.split(",")[:2])]
    assert unused == []


@pytest.mark.parametrize(
    ("file", "content", "found", "expected", "remedy"),
    [
        (SEX, "concept,code,target,note\nsex,M\xe9LE,M,\n".encode("latin-1"), "0xe9", "UTF-8", "save the file"),
        (UEMP, b"code: ASP_COV_UEMP\nname: caf\xe9\n", "0xe9", "UTF-8", "save the file"),
        (UEMP, b"code: ASP_COV_UEMP\nname: a\0b\n", "0x0", "YAML", "remove"),
    ],
)
def test_file_with_invalid_characters(
    folder: Path, file: str, content: bytes, found: str, expected: str, remedy: str
) -> None:
    (folder / file).write_bytes(content)
    assert_problem(problems_of(folder), place(file, 2), found, expected, remedy)


def test_byte_order_mark_of_excel_is_accepted(folder: Path) -> None:
    for file in (SEX, UEMP):
        (folder / file).write_bytes(b"\xef\xbb\xbf" + (folder / file).read_bytes())
    assert load_catalog(folder).definitions.keys() == load_catalog().definitions.keys()


DDAY = "indicators/poverty/ASP_POV_INT190.yaml"
TITLE = "Poverty headcount ratio at $1.90 a day (2011 PPP) (% of population)"


def test_titles_without_the_unit_and_duplicate_titles(folder: Path) -> None:
    titles = f"- 'Poverty headcount ratio'\n          - '{TITLE}'\n          - '{TITLE.upper()}'"
    line = swap(folder, DDAY, f"- '{TITLE}'", titles)
    problems = problems_of(folder)
    places = [place(DDAY, n) for n in range(line - 3, line)]  # the line of the series, above its titles
    assert_problem(problems, places, "'Poverty headcount ratio'", ("'$1.90 a day (2011 PPP)'", "series_name_contains"))
    assert_problem(problems, places, "listed 2 times", remedy="keep one")
    assert all(problem.startswith(f"indicator_defs/{DDAY}:") for problem in problems)


def test_units_of_vintages_must_be_required_by_a_claim(folder: Path) -> None:
    units = "vintage_units.csv"
    valid = "world_bank,wdi,SI.POV.DDAY,2022-12-31,$1.90 a day (2011 PPP),Seen in the table of that day"
    append(folder, units, valid)
    load_catalog(folder)
    faults: list[tuple[str, Content, Content, Content]] = [
        (valid, ("series SI.POV.DDAY", "vintage_date 2022-12-31", "line 2"), (), "keep one"),
        (
            valid.replace("$1.90", "$2.15").replace("2022-12", "2023-12"),
            ("unit (series_name_contains)", "'$2.15 a day (2011 PPP)'"),
            "$1.90 a day (2011 PPP)",
            (),
        ),
        (
            valid.replace("SI.POV.DDAY", "SI.POV.GINI"),
            ("SI.POV.GINI", "world_bank/wdi"),
            "series_name_contains",
            "remove this line",
        ),
        (valid.replace("2022-12-31", "2022"), ("vintage_date", "'2022'"), "2026-11-22", ()),
    ]
    lines = [append(folder, units, line) for line, *_ in faults]
    problems = problems_of(folder)
    assert len(problems) == len(faults)
    for line, (_, found, expected, remedy) in zip(lines, faults, strict=True):
        assert_problem(problems, place(units, line), found, expected, remedy)

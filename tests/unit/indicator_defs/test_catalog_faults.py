"""What the catalogue refuses: every kind of fault is reported with its file and line, and all of them at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from indicator_defs.catalog import FOLDER, check_datasets, fingerprint_of, load_catalog
from indicator_defs.errors import CatalogError
from indicator_defs.tables import reference_tables
from sources import registry

UEMP = "indicators/coverage/ASP_COV_UEMP.yaml"
GDP = "indicators/financing/ASP_FIN_GDP.yaml"
DSB = "indicators/disability/ASP_DSB_UNE.yaml"
SET = "sets/asean_indicator_set.yaml"
IMPOSSIBLE = "not_applicable.csv"
GENERAL = "general_claims.csv"
BASELINE = "sets/regional_baseline.yaml"
SEX = "crosswalks/unsd_sdg/sex.csv"
TOLERANCES = "tolerances.yaml"


def swap(folder: Path, file: str, found: str, instead: str) -> int:
    """Replaces one text in a file; returns the line on which the new text ends up."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert text.count(found) >= 1, f"{file} has no {found!r}: the test must be brought up to date"
    at = text.index(found)
    path.write_text(text[:at] + instead + text[at + len(found) :], encoding="utf-8")
    return text[:at].count("\n") + 1


def append(folder: Path, file: str, line: str) -> int:
    """Adds a line to a file; returns its number."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert text.endswith("\n")
    path.write_text(text + line + "\n", encoding="utf-8")
    return text.count("\n") + 1


def problems_of(folder: Path) -> list[str]:
    """The problems of the catalogue, one line each."""
    with pytest.raises(CatalogError) as caught:
        load_catalog(folder)
    head, *lines = str(caught.value).split("\n  ")
    assert head == f"{len(lines)} problem{'s' * (len(lines) > 1)} in the definitions:"
    return lines


# By file: what is wrong, what stands there, what is written instead, what the message says.
ONE_WORD = {
    UEMP: [
        ("typo in a field", "direction: higher", "diretcion: higher", r"diretcion: unknown field; fields are .*direction"),
        ("typo in a nested field", "group: AT_RISK", "grup: AT_RISK", r"s.0.grup: unknown field; fields are .*where$"),
        ("unknown unit", "unit: PT", "unit: PERCENT", r"unit: unknown unit .*'PERCENT'; expected one of .*, PT,"),
        ("unknown method", "method: weighted_mean", "method: mean", r"n.method: .*'mean'; expected one of .*weighted_mean"),
        ("unknown weight", "weight: UNEMPLOYED", "weight: JOBLESS", r"n.weight: unknown weight .*'JOBLESS'"),
        ("near weight", "weight: UNEMPLOYED", "weight: UNEMPLOYD", r"'UNEMPLOYD'; near it: UNEMPLOYED, EMPLOYED"),
        ("unknown sector", "sector: SI", "sector: XX", "unknown sector .* 'XX'"),
        ("unknown tier", "tier: core", "tier: main", "tier: Input should be 'core' or 'extended', found 'main'"),
        ("unknown breakdown", "breakdowns: [sex]", "breakdowns: [gender]", r"breakdowns\.0: .*found 'gender'"),
        ("unknown article", "'12', '14']", "'12', '99']", r"unknown article .* '99'"),
        ("unknown body", "body: [SLOM, SOMSWD]", "body: [SLOM, SLMO]", r"unknown body .* 'SLMO'"),
        ("unknown target group", "group: AT_RISK", "group: JOBLESS", "unknown target group 'JOBLESS'"),
        ("unknown group", "group: coverage", "group: cover", "unknown group .* 'cover'"),
        ("code out of form", "code: ASP_COV_UEMP", "code: asp-cov-uemp", "code: String should match pattern"),
        ("text too short", "name: Unemployed persons", "name: U #", "name: String should have at least 3 characters"),
        ("rank that YAML reads as true", "rank: 1", "rank: yes", r"sources\.0\.rank: .*valid integer, found True"),
        ("bound that is no number", "comparability:", "minimum: .nan\ncomparability:", "minimum: .*found nan"),
        ("bound without end", "comparability:", "maximum: .inf\ncomparability:", "maximum: .*found inf"),
        ("bound that YAML reads as true", "comparability:", "minimum: yes\ncomparability:",
         "minimum: .*valid number, found True"),
        ("rank beyond reach", "rank: 1", "rank: 9", r"sources\.0\.rank: .*less than or equal to 8, found 9"),
    ],
    GDP: [
        ("unknown body of a gap", "body: [ILO, MOF, SSI]", "body: [ILO, MOFF, SSI]", r"unknown body .* 'MOFF'"),
    ],
    DSB: [
        ("unknown code of a breakdown", "disability_status: PD}", "disability_status: D}", "status code 'D'"),
    ],
    SET: [
        ("unknown area group", "groups: [ASEAN, ASEAN10", "groups: [ASEAN, ASEAN12", "unknown area group .*ASEAN12"),
        ("tier proposed by nobody", "body: PAYUNG", "body: PAYUNGG", r"unknown body .* 'PAYUNGG'"),
        ("unknown standing", "status: proposed", "status: agreed", "'proposed' or 'adopted', found 'agreed'"),
        ("tier twice", "tier: extended", "tier: core", r"tier core stands in .*yaml:\d+ too"),
        ("decision on no indicator", "decisions: []", "decisions: [{indicators: [ASP_X], status: proposed, "
         "date: 2026-01-01, body: ACSS}]", "unknown indicator 'ASP_X'"),
        ("day that is none", "date: 2026-11-22", "date: 2026-13-22", "date: Input should be a valid date"),
        ("step that is no number", "step_points: 20", "step_points: .nan", "step_points: .*finite number, found nan"),
        ("factor without end", "step_factor: 3", "step_factor: .inf", "step_factor: .*finite number, found inf"),
        ("no groups", "groups: [ASEAN, ASEAN10, ASEAN6, CLMV]", "groups: []", "groups: List should have at least 1"),
        ("group twice", "ASEAN6, CLMV]", "CLMV, CLMV]", r"area group CLMV stands in .*yaml:\d+ too"),
        ("group that all is about", "groups: [ASEAN, ASEAN10", "groups: [ASEAN10", "groups: ASEAN is missing"),
        ("set that ends before it begins", "first_reference_year: 2010", "first_reference_year: 2030",
         "2030 lies after latest_reference_year 2023"),
    ],
    BASELINE: [
        ("table names no indicator", "- ASP_FIN_FUNC", "- ASP_FIN_FUN", "unknown indicator 'ASP_FIN_FUN'"),
        ("table of an unknown group", "[health]", "[helth]", r"unknown group .* 'helth'"),
        ("indicator named twice", "- ASP_FIN_GDP", "- ASP_FIN_GOV", r"ASP_FIN_GOV stands in .*yaml:\d+ too"),
        ("number of a table twice", "code: '3'", "code: '2'", r"table 2 stands in .*yaml:\d+ too"),
        ("group in two tables", "[programmes]", "[coverage]", r"core indicators of coverage stand in .*:\d+ too"),
        ("baseline outside its period", "baseline_year: 2016", "baseline_year: 2019", "2019 lies outside 2014-2018"),
        ("baseline after the latest year", "baseline_to: 2018", "baseline_to: 2024", "not before the latest .* 2023"),
        ("baseline of no set", "set: asean_ind", "set: asian_ind", "unknown set .*; expected one of asean_indicator_set"),
    ],
    TOLERANCES: [
        ("tolerance of no indicator", "indicator: all", "indicator: ASP_COV_NO", "indicator 'ASP_COV_NO'"),
        ("tolerance above all", "withdrawn_percent: 10", "withdrawn_percent: 110", "less than or equal to 100"),
        ("typo in a tolerance", "free: 5", "fre: 5", "fre: unknown field; fields are"),
    ],
    "breaks/known.yaml": [
        ("unknown area of a break", "area: THA", "area: THAI", "unknown area 'THAI'"),
        ("break before all data", "year: 2019", "year: 1890", "year: .*greater than or equal to 1950, found 1890"),
        ("unknown indicator of a break", "indicator: ASP_COV_DISAB", "indicator: ASP_X", "'ASP_X'"),
    ],
    "codelists/area_group.csv": [
        ("unknown member", "ASEAN,KHM,", "ASEAN,CAM,", "unknown area 'CAM'"),
        ("group in a group", "ASEAN10,BRN,", "ASEAN10,CLMV,", "member is 'CLMV', expected an area of type country"),
        ("group in itself", "CLMV,KHM,", "CLMV,CLMV,", "member is 'CLMV', expected an area of type country"),
        ("country as a group", "CLMV,KHM,", "THA,KHM,", "group is 'THA', expected an area of type group"),
        ("day that is none", "VNM,1995-07-28", "VNM,28.7.1995", "valid_from is '28.7.1995', expected a day as"),
        ("end before its begin", "2025-10-26,,", "2025-10-26,2024-01-01,", "2024-01-01 lies before valid_from 2025-"),
    ],
    SEX: [
        ("crosswalk target unknown", "Sex,FEMALE,F,", "Sex,FEMALE,W,", r"target W is not in codelists/sex\.csv"),
        ("crosswalk target missing", "Sex,FEMALE,F,", "Sex,FEMALE,,", "'FEMALE' has no target code"),
        ("cell too many", "Sex,MALE,M,", "Sex,MALE,M,men, all", "5 cells, the header has 4"),
    ],
    "codelists/age.csv": [
        ("age bound no number", ",15,24", ",15,twenty", "age_to is 'twenty', expected years"),
        ("age bound nothing can be", ",15,24", ",15,nan", "age_to is 'nan', expected years"),
        ("age that ends before it begins", ",15,24", ",24,15", "age_to 15 lies before age_from 24"),
        ("two codes for one age band", ",15,24", ",15,19", "Y15T24 has the ages of Y15T19 in line 40; use one code"),
    ],
    "target_group_rules.csv": [
        ("rule with unknown match", "WOMEN,exact", "WOMEN,roughly", "match is 'roughly'"),
    ],
    "corrections/published_errors.yaml": [
        ("correction at another provider", "provider: unsd_sdg", "provider: ilostat",
         "provider: unknown provider of ASP_CHD_PRE 'ilostat'; expected one of national, unsd_sdg$"),
        ("correction of a series not claimed", "series: SE_PRE_PARTN", "series: SE_PRE_PARTX",
         "series: unknown series of ASP_CHD_PRE at unsd_sdg 'SE_PRE_PARTX'; expected one of SE_PRE_PARTN$"),
    ],
    "weights.yaml": [
        ("weight of nothing", "coverage_indicator: ASP_COV_SA", "coverage_indicator: ASP_SA",
         "coverage_indicator: .*'ASP_SA'"),
        ("unknown role", "role: total_population", "role: people",
         "role: unknown role 'people'; expected one of births, gross_domestic_product, .*total_population"),
        ("no series has the role", "kind: series\n    role: gross_domestic_product", "kind: series\n    role: gdp",
         "weight GDP_PPP needs the role gdp, which no entry under `series:` has; roles listed there: births,"),
        ("role without one of its sexes", "sex: M\n    provider: un_wpp", "sex: F\n    provider: un_wpp",
         "role population_by_age of sex F is listed in .*weights.yaml:[0-9]+ too; keep one of the two"),
        ("sex that the role has not", "role: women_in_labour_force\n    sex: F", "role: women_in_labour_force\n    sex: M",
         "sex: found M for the role women_in_labour_force, expected F"),
        ("one series for two roles", "series: SL.UEM.TOTL.MA.ZS", "series: SL.UEM.TOTL.ZS",
         "series SL.UEM.TOTL.ZS is listed in .*weights.yaml:[0-9]+ too; a series has one role"),
        ("title shown under no weight", "shown_under: [GDP_PPP]", "shown_under: []", "found titles without shown_under"),
        ("title shown under nothing known", "shown_under: [GDP_PPP]", "shown_under: [GDP]",
         "shown_under: unknown weight 'GDP'; near it: GDP_PPP"),
        ("ages of a series that is not by age", "series: Births", "series: Births\n    age_dimension: AgeGrp",
         "age_dimension: found AgeGrp for the role births, expected none"),
        ("multiplier of nothing", "multiplier: 1000", "multiplier: 0", "multiplier: .*greater than 0"),
        ("age below birth", "age_to: 4", "age_to: -4", "age_to: .*greater than or equal to 0, found -4"),
    ],
}  # fmt: skip
FAULTS = [pytest.param(file, *fault, id=what) for file, faults in ONE_WORD.items() for what, *fault in faults]


@pytest.mark.parametrize(("file", "found", "instead", "message"), FAULTS)
def test_fault_is_reported_with_file_and_line(folder: Path, file: str, found: str, instead: str, message: str) -> None:
    line = swap(folder, file, found, instead)
    lines = problems_of(folder)
    place = f"indicator_defs/{file}"
    if file.endswith(("weights.yaml", "known.yaml", "published_errors.yaml")):
        # What does not fit other files is reported at the entry (a list item), what the field cannot hold at the field.
        problems = [p for p in lines if p.startswith(f"{place}:") and re.search(message, p)]
        assert problems, lines
        number = int(problems[0].removeprefix(f"{place}:").split(":")[0])
        assert number in (line, entry_start(folder / file, line))
        return
    assert any(p.startswith(f"{place}:{line}: ") and re.search(message, p) for p in lines), lines


def test_unknown_provider_is_told_with_those_there_are(folder: Path) -> None:
    swap(folder, UEMP, "provider: unsd_sdg", "provider: unsd")
    (problem,) = problems_of(folder)
    assert problem.startswith(f"indicator_defs/{UEMP}:")
    assert (
        "provider unsd has no crosswalks/unsd/ref_area.csv; providers are ilostat, national, un_wpp, unsd_sdg,"
        in problem
    )


def test_what_names_a_faulty_entry_is_no_second_problem(folder: Path) -> None:
    line = swap(folder, UEMP, "tier: core", "tier: main")
    (problem,) = problems_of(folder)
    assert problem.startswith(f"indicator_defs/{UEMP}:{line}: tier: ")
    swap(folder, UEMP, "tier: main", "tier: core")
    swap(folder, "weights.yaml", "kind: population", "kind: people")
    (problem,) = problems_of(folder)
    assert re.match(r"indicator_defs/weights.yaml:\d+: kind: .*found 'people'", problem)
    swap(folder, "weights.yaml", "kind: people", "kind: population")
    swap(folder, SET, "step_points: 20", "step_points: twenty")
    (problem,) = problems_of(folder)
    assert re.match(r"indicator_defs/sets/asean_indicator_set.yaml:\d+: step_points: ", problem)


@pytest.mark.parametrize(
    "name",
    ["coverage/ASP_COV_NEW.yml", "coverage/ASP_COV_NEW.YAML", "ASP_COV_NEW.csv", "../corrections/new.yml", "../a.yaml"],
)
def test_file_that_nothing_reads_is_told(folder: Path, name: str) -> None:
    path = folder / "indicators" / name
    before = fingerprint_of(folder)
    path.write_text((folder / UEMP).read_text(encoding="utf-8"), encoding="utf-8")
    assert fingerprint_of(folder) != before, "else a refresh would say that nothing has changed"
    (problem,) = problems_of(folder)
    label = path.resolve().relative_to(folder.parent).as_posix()
    assert problem.startswith(f"{label}:1: no definitions are read from a file of this name in this folder")


def test_what_editors_leave_lying_is_no_definition(folder: Path) -> None:
    before = fingerprint_of(folder)
    (folder / "indicators/coverage/.#ASP_COV_UEMP.yaml").symlink_to("somebody@machine.123:456")
    (folder / "indicators/coverage/ASP_COV_UEMP.yaml~").write_text("code:", encoding="utf-8")
    (folder / ".git").mkdir()
    (folder / ".git/config.yaml").write_text("code:", encoding="utf-8")
    load_catalog(folder)
    assert fingerprint_of(folder) == before


def test_file_that_cannot_be_read_is_told(folder: Path) -> None:
    (folder / "indicators/coverage/ASP_COV_GONE.yaml").symlink_to(folder / "nowhere")
    (folder / "indicators/coverage/ASP_COV_DIR.yaml").mkdir()
    (folder / "crosswalks/unsd_sdg/age.csv").unlink()
    (folder / "crosswalks/unsd_sdg/age.csv").mkdir()
    assert problems_of(folder) == [
        f"indicator_defs/{name}:1: the file cannot be read: {why}"
        for name, why in (
            ("crosswalks/unsd_sdg/age.csv", "Is a directory"),
            ("indicators/coverage/ASP_COV_DIR.yaml", "Is a directory"),
            ("indicators/coverage/ASP_COV_GONE.yaml", "No such file or directory"),
        )
    ]


def test_aliases_of_aliases_are_not_followed(folder: Path) -> None:
    """Thirty lines that stand for a thousand million entries, which nobody could wait for."""
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 30))]
    (folder / "sets/many.yaml").write_text("\n".join(lines), encoding="utf-8")
    assert "indicator_defs/sets/many.yaml:1: an alias (*) repeats this; write it out there" in problems_of(folder)


def entry_start(path: Path, line: int) -> int:
    """The line on which the list entry around `line` begins."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(n for n in range(line, 0, -1) if re.match(r"  - ", lines[n - 1]))


def test_file_whose_name_differs_from_its_code(folder: Path) -> None:
    (folder / UEMP).rename(folder / "indicators/coverage/ASP_COV_JOBLESS.yaml")
    assert problems_of(folder) == [
        "indicator_defs/indicators/coverage/ASP_COV_JOBLESS.yaml:1: code ASP_COV_UEMP differs from the file's name"
    ]


def test_file_in_the_folder_of_another_group(folder: Path) -> None:
    (folder / UEMP).rename(folder / "indicators/labour/ASP_COV_UEMP.yaml")
    assert problems_of(folder) == [
        "indicator_defs/indicators/labour/ASP_COV_UEMP.yaml:3: group coverage differs from the folder labour"
    ]


def test_code_defined_in_two_files(folder: Path) -> None:
    copy = folder / "indicators/labour/ASP_COV_UEMP.yaml"
    text = (folder / UEMP).read_text(encoding="utf-8").replace("group: coverage", "group: labour")
    copy.write_text(text, encoding="utf-8")
    problems = [p for p in problems_of(folder) if "is defined in" in p]
    assert problems == [
        "indicator_defs/indicators/labour/ASP_COV_UEMP.yaml:1: ASP_COV_UEMP is defined in "
        "indicator_defs/indicators/coverage/ASP_COV_UEMP.yaml too"
    ]


@pytest.mark.parametrize(
    ("instead", "message"),
    [
        ("status: adopted\n    date: 2014-11-22", "what is adopted has a `reference`"),
        ("status: adopted\n    date: 2014-11-22\n    reference: 'Report, paragraph 9'", "PAYUNG is no ASEAN body"),
        ("status: adopted\n    date: 2999-01-01", "date: adopted on 2999-01-01, which is still to come"),
    ],
    ids=["no paper", "no ASEAN body", "to come"],
)
def test_only_an_asean_body_adopts_and_in_a_paper(folder: Path, instead: str, message: str) -> None:
    swap(folder, SET, "status: proposed\n    date: 2026-11-22", instead)
    problems = problems_of(folder)
    assert any(p.startswith(f"indicator_defs/{SET}:") and message in p for p in problems), problems


def test_decision_on_one_indicator_stands_before_that_on_its_tier(folder: Path) -> None:
    decided = "status: adopted, date: 2014-05-04, body: ACSS, reference: 'Report of the session, paragraph 9'"
    swap(folder, SET, "decisions: []", f"decisions: [{{indicators: [ASP_COV_UEMP], {decided}}}]")
    rows = reference_tables(load_catalog(folder), [])["set_member"].set_index("indicator")
    assert (rows.loc["ASP_COV_UEMP", "standing"], rows.loc["ASP_COV_UEMP", "decided_by"]) == ("adopted", "ACSS")
    assert set(rows.drop("ASP_COV_UEMP")["standing"]) == {"proposed"}


def test_core_indicator_that_stands_in_no_table(folder: Path) -> None:
    swap(folder, BASELINE, "groups: [labour, migration]", "groups: [labour]")
    problems = problems_of(folder)
    assert problems
    assert all(
        re.search(r"sets/regional_baseline.yaml:\d+: core indicator ASP_MIG_\w+ stands in no table", p)
        for p in problems
    )


def test_every_indicator_stands_in_one_table_and_the_first_ones_first(folder: Path) -> None:
    tables = reference_tables(load_catalog(folder), [])
    placed = tables["baseline_table_indicator"]
    assert sorted(placed["indicator"]) == sorted(tables["indicator"]["indicator"])
    first = tables["baseline_table"].query("stands_first")["table_code"].tolist()
    assert (
        placed.loc[placed["table_code"].isin(first), "indicator"].tolist() == tables["set_first"]["indicator"].tolist()
    )


def test_weight_missing_for_a_method_that_needs_one(folder: Path) -> None:
    swap(folder, UEMP, "  weight: UNEMPLOYED\n", "")
    line = 1 + (folder / UEMP).read_text(encoding="utf-8").split("aggregation:")[0].count("\n")
    assert problems_of(folder) == [f"indicator_defs/{UEMP}:{line}: aggregation: method weighted_mean needs a weight"]


def test_declared_with_sources(folder: Path) -> None:
    source = "sources:\n  - provider: unsd_sdg\n    dataset: sdg\n    series:\n      - code: SD_XPD_NEW\n"
    swap(folder, GDP, "sdg: 1.3.1\n", source + "sdg: 1.3.1\n")
    message = "IndicatorDefinition: a declared indicator has `gap` and no `sources`"
    assert f"indicator_defs/{GDP}:1: {message}" in problems_of(folder)


def test_with_values_but_without_sources(folder: Path) -> None:
    swap(folder, GDP, "status: declared", "status: with_values")
    problems = problems_of(folder)
    assert f"indicator_defs/{GDP}:1: IndicatorDefinition: an indicator with values has `sources`" in problems[0]


def test_two_definitions_claim_one_cell(folder: Path) -> None:
    pensn = "indicators/coverage/ASP_COV_PENSN.yaml"
    swap(folder, UEMP, "where: {SOC: SOC_CONTIG_UNE}", "where: {SOC: [SOC_CONTIG_UNE, SOC_CONTIG_PENSION]}")
    text = (folder / UEMP).read_text(encoding="utf-8")
    line = text[: text.index("- code: SDG_0131")].count("\n") + 1
    first = (folder / pensn).read_text(encoding="utf-8")
    first_line = first[: first.index("- code: SDG_0131")].count("\n") + 1
    assert problems_of(folder) == [
        f"indicator_defs/{UEMP}:{line}: ASP_COV_UEMP claims cells of SDG_0131_SEX_SOC_RT (where SOC SOC_CONTIG_UNE or "
        f"SOC_CONTIG_PENSION) that ASP_COV_PENSN claims in indicator_defs/{pensn}:{first_line} (where SOC "
        "SOC_CONTIG_PENSION); one provider row serves one indicator"
    ]


def test_claims_of_different_cells_of_one_series_stand_side_by_side(folder: Path) -> None:
    swap(folder, UEMP, "where: {SOC: SOC_CONTIG_UNE}", "where: {SOC: SOC_CONTIG_NEW}")
    assert load_catalog(folder).definitions["ASP_COV_UEMP"].sources[0].series[0].where == {"SOC": "SOC_CONTIG_NEW"}


def test_crosswalk_line_standing_twice(folder: Path) -> None:
    line = append(folder, SEX, "Sex,FEMALE,F,")
    assert problems_of(folder) == [
        f"indicator_defs/{SEX}:{line}: dimension Sex, code FEMALE: line 3 has the same; keep one of the two lines"
    ]


def test_entry_standing_twice_word_for_word_is_told_with_both_places(folder: Path) -> None:
    path = folder / TOLERANCES
    head, first = path.read_text(encoding="utf-8").split("  - indicator: all\n")
    path.write_text(f"{head}  - indicator: all\n{first}  - indicator: all\n{first}", encoding="utf-8")
    one = head.count("\n") + 1
    other = one + 1 + first.count("\n")
    place = f"indicator_defs/{TOLERANCES}"
    assert problems_of(folder) == [f"{place}:{other}: all has tolerances in {place}:{one} too"]


def test_body_listed_twice_is_one_problem(folder: Path) -> None:
    line = append(folder, "codelists/body.csv", "SLOM,Again,Again,asean")
    problems = problems_of(folder)
    assert len(problems) == 1
    assert problems[0].startswith(f"indicator_defs/codelists/body.csv:{line}: code SLOM: line ")


def test_claim_of_a_dataset_that_no_provider_has(folder: Path) -> None:
    check_datasets(load_catalog(folder), registry.structures())
    line = swap(folder, UEMP, "dataset: sdg", "dataset: sgd")
    with pytest.raises(CatalogError) as caught:
        check_datasets(load_catalog(folder), registry.structures())
    (message,) = str(caught.value).split("\n  ")[1:]
    place, _, what = message.partition(": ")
    assert place.startswith(f"{folder.name}/{UEMP}:")
    assert abs(int(place.rpartition(":")[2]) - line) <= 5, "the line of the series, below that of the dataset"
    assert what == "unknown dataset 'sgd' of unsd_sdg; it has sdg"


def test_general_claim_of_a_dataset_that_no_provider_has(folder: Path) -> None:
    line = append(folder, GENERAL, "unsd_sdg,submissions,5,The same figures again")
    with pytest.raises(CatalogError) as caught:
        check_datasets(load_catalog(folder), registry.structures())
    (problem,) = str(caught.value).split("\n  ")[1:]
    assert problem == f"{folder.name}/{GENERAL}:{line}: unknown dataset 'submissions' of unsd_sdg; it has sdg"


@pytest.mark.parametrize("rank", ["10", "-1", "first", ""])
def test_rank_of_a_general_claim(folder: Path, rank: str) -> None:
    line = append(folder, GENERAL, f"unsd_sdg,sdg,{rank},The same figures again")
    (problem,) = problems_of(folder)
    assert problem.startswith(f"{folder.name}/{GENERAL}:{line}: rank: ")


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
    ("before", "line", "message"),
    [
        ("BRN,1984-01-07,,Admitted on this day", "ASEAN,BRN,2020-01-01,,Again", "BRN is in ASEAN at the same time"),
        ("BRN,1984-01-07,2000-01-01,Left", "ASEAN,BRN,1999-01-01,,Came back", "BRN is in ASEAN at the same time"),
        ("BRN,1984-01-07,2000-01-01,Left", "ASEAN,BRN,2001-01-01,,Came back", None),
    ],
)
def test_member_is_in_a_group_once_at_a_time(folder: Path, before: str, line: str, message: str | None) -> None:
    first = swap(folder, "codelists/area_group.csv", "BRN,1984-01-07,,Admitted on this day", before)
    number = append(folder, "codelists/area_group.csv", line)
    if message is None:
        load_catalog(folder)
    else:
        assert problems_of(folder) == [f"{folder.name}/codelists/area_group.csv:{number}: {message} by line {first}"]


def test_weight_that_leads_back_to_itself(folder: Path) -> None:
    file = "indicators/programmes/ASP_COV_SA.yaml"
    swap(folder, file, "weight: POP_TOTAL", "weight: BENEFICIARIES_SA")
    (message,) = problems_of(folder)
    assert "weights.yaml:" in message
    assert message.endswith("leads back to itself: BENEFICIARIES_SA -> ASP_COV_SA -> BENEFICIARIES_SA")
    swap(folder, file, "weight: BENEFICIARIES_SA", "weight: BENEFICIARIES_SI")
    swap(folder, "indicators/programmes/ASP_COV_SI.yaml", "weight: POP_TOTAL", "weight: BENEFICIARIES_SA")
    assert len([line for line in problems_of(folder) if "leads back to itself" in line]) == 2


def test_role_that_a_weight_needs_and_no_series_has(folder: Path) -> None:
    text = (folder / "weights.yaml").read_text(encoding="utf-8")
    entry = text[text.index("  - role: births\n") : text.index("  - role: labour_force\n")]
    (folder / "weights.yaml").write_text(text.replace(entry, ""), encoding="utf-8")
    line = text[: text.index("  - name: BIRTHS\n")].count("\n") + 1
    (problem,) = problems_of(folder)
    assert problem.startswith(
        f"{folder.name}/weights.yaml:{line}: weight BIRTHS needs the role births, which no entry under `series:` has; "
        "roles listed there: gross_domestic_product, labour_force, "
    )


def test_weight_of_kind_series_names_a_role(folder: Path) -> None:
    swap(folder, "weights.yaml", "    role: gross_domestic_product\n", "")
    problems = problems_of(folder)
    assert any("weight GDP_PPP of kind series names no role; roles listed there: births, " in p for p in problems)


def test_series_of_a_weight_of_a_dataset_that_no_provider_has(folder: Path) -> None:
    line = swap(folder, "weights.yaml", "dataset: wpp2019_age_sex", "dataset: wpp2019")
    with pytest.raises(CatalogError) as caught:
        check_datasets(load_catalog(folder), registry.structures())
    (problem,) = str(caught.value).split("\n  ")[1:]
    at = entry_start(folder / "weights.yaml", line)
    assert problem.startswith(f"{folder.name}/weights.yaml:{at}: unknown dataset 'wpp2019' of un_wpp; it has wpp")


def test_weight_standing_twice(folder: Path) -> None:
    text = (folder / "weights.yaml").read_text(encoding="utf-8")
    entry = text[text.index("  - name: POP_TOTAL") : text.index("  - name: POP_Y0T4")]
    (folder / "weights.yaml").write_text(text.replace(entry, entry + entry), encoding="utf-8")
    (message,) = [line for line in problems_of(folder) if "weight POP_TOTAL" in line]
    assert re.search(r"weights\.yaml:\d+: weight POP_TOTAL stands in .*weights\.yaml:\d+ too", message)


def test_code_standing_twice_in_a_list(folder: Path) -> None:
    line = append(folder, "codelists/sex.csv", "F,Women,Again")
    problems = problems_of(folder)
    assert any(p.startswith(f"indicator_defs/codelists/sex.csv:{line}: code F: line ") for p in problems)


def test_crosswalk_of_a_column_that_does_not_exist(folder: Path) -> None:
    (folder / "crosswalks/unsd_sdg/gender.csv").write_text(
        "dimension,code,target,note\nSex,MALE,M,\n", encoding="utf-8"
    )
    problems = problems_of(folder)
    assert len(problems) == 1
    assert problems[0].startswith(
        "indicator_defs/crosswalks/unsd_sdg/gender.csv:1: no column of the warehouse is called gender"
    )
    assert "composite_breakdown" in problems[0]


def test_crosswalk_of_a_provider_that_nothing_uses(folder: Path) -> None:
    (folder / "crosswalks/eurostat").mkdir()
    (folder / "crosswalks/eurostat/sex.csv").write_text("dimension,code,target,note\nSEX,F,F,\n", encoding="utf-8")
    assert problems_of(folder) == [
        "indicator_defs/crosswalks/eurostat/sex.csv:2: orphan crosswalk: no definition uses provider eurostat"
    ]


def test_provider_without_a_crosswalk_of_areas(folder: Path) -> None:
    (folder / "crosswalks/ilostat/ref_area.csv").unlink()
    problems = problems_of(folder)
    assert len(problems) == 1, "once, at the first claim"
    assert re.match(
        r"indicator_defs/indicators/\S+\.yaml:\d+: provider ilostat has no crosswalks/ilostat/ref_area.csv", problems[0]
    )


def test_double_key(folder: Path) -> None:
    line = swap(folder, UEMP, "tier: core\n", "tier: core\nunit: NUMBER\n") + 1
    unit = (folder / UEMP).read_text(encoding="utf-8").splitlines().index("unit: PT") + 1
    assert unit > line
    assert problems_of(folder) == [f"indicator_defs/{UEMP}:{unit}: `unit` stands twice"]


@pytest.mark.parametrize(
    ("spoil", "line", "message"),
    [
        (lambda text: text.replace("tier: core", "tier: [core"), 5, "not readable as YAML"),
        (lambda text: text.replace("unit: PT", "\tunit: PT"), None, "not readable as YAML"),
        (lambda _: "", 1, "the file is empty"),
    ],
    ids=["bracket left open", "tab", "empty"],
)
def test_unreadable_yaml(folder: Path, spoil: Callable[[str], str], line: int | None, message: str) -> None:
    text = (folder / UEMP).read_text(encoding="utf-8")
    spoilt = spoil(text)
    (folder / UEMP).write_text(spoilt, encoding="utf-8")
    expected = line or spoilt[: spoilt.index("\t")].count("\n") + 1
    problems = [p for p in problems_of(folder) if p.startswith(f"indicator_defs/{UEMP}:")]
    assert len(problems) == 1
    assert problems[0].startswith(f"indicator_defs/{UEMP}:{expected}: {message}")


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("codelists/sex.csv", "the file is missing; expected a table with the columns code, name, description"),
        ("weights.yaml", "the file is missing; expected a list under `weights:`"),
        (BASELINE, "the file is missing"),
        ("target_group_rules.csv", "the file is missing; expected a table with the columns "),
    ],
)
def test_missing_file(folder: Path, file: str, message: str) -> None:
    (folder / file).unlink()
    assert any(p.startswith(f"indicator_defs/{file}:1: {message}") for p in problems_of(folder))


def test_missing_columns_of_a_code_list(folder: Path) -> None:
    path = folder / "codelists/area_group.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("valid_to", "until", 1), encoding="utf-8")
    assert "indicator_defs/codelists/area_group.csv:1: columns missing: valid_to" in problems_of(folder)


def test_all_faults_are_told_at_once(folder: Path) -> None:
    groups = "codelists/area_group.csv"
    places = {
        f"indicator_defs/{UEMP}:{swap(folder, UEMP, 'unit: PT', 'unit: PERCENT')}": "PERCENT",
        f"indicator_defs/{GDP}:{swap(folder, GDP, 'sector: _T', 'sector: ALL')}": "ALL",
        f"indicator_defs/{SEX}:{swap(folder, SEX, 'Sex,FEMALE,F,', 'Sex,FEMALE,W,')}": "target W",
        f"indicator_defs/{groups}:{swap(folder, groups, 'ASEAN,VNM', 'ASEAN,VIE')}": "VIE",
    }
    problems = problems_of(folder)
    assert len(problems) == len(places)
    for place, message in places.items():
        assert any(p.startswith(f"{place}: ") and message in p for p in problems), (place, problems)


def test_whole_number_that_no_column_holds_is_refused(folder: Path) -> None:
    line = swap(folder, "methods.yaml", "n_areas: 6", "n_areas: 99999999999")
    assert any(
        p.startswith(f"indicator_defs/methods.yaml:{line}: ") and "has too many digits" in p
        for p in problems_of(folder)
    )


def test_named_rule_has_a_value_and_a_source(folder: Path) -> None:
    text = (folder / "methods.yaml").read_text(encoding="utf-8")
    assert text.count("value: 6") == text.count("value: 0.37") == 1
    size = swap(folder, "methods.yaml", "value: 6", "value: 0")
    factor = swap(folder, "methods.yaml", "value: 0.37", "factor: 0.37")
    problems = problems_of(folder)
    assert any(
        p.startswith(f"indicator_defs/methods.yaml:{size}: ") and "greater than or equal to 1" in p for p in problems
    )
    assert any(p.startswith(f"indicator_defs/methods.yaml:{factor}: ") and "source, value" in p for p in problems), (
        problems
    )


def test_criterion_that_no_class_names_is_refused(folder: Path) -> None:
    limit = "        all_members: {limit: 1}"
    swap(folder, "methods.yaml", "      criteria:\n" + limit + "\n", "")
    line = swap(folder, "methods.yaml", "- name: all_members", "- name: all_members")
    (problem,) = problems_of(folder)
    assert problem.startswith(f"indicator_defs/methods.yaml:{line}: no class of a publication rule names the criterion")
    assert "all_members; give its limit under `criteria` of A, B or B_alternative" in problem


def test_class_names_criteria_that_there_are(folder: Path) -> None:
    line = swap(folder, "methods.yaml", "        all_members: {limit: 1}", "        every_member: {limit: 1}")
    found = problems_of(folder)
    place = f"indicator_defs/methods.yaml:{line}: "
    assert any(p.startswith(place) and "'every_member'; expected one of all_members" in p for p in found), found


def test_criterion_with_a_field_of_its_own_is_written_there(folder: Path) -> None:
    swap(
        folder,
        "methods.yaml",
        "        all_members: {limit: 1}",
        "        all_members: {limit: 1}\n        proxy: {limit: 1}",
    )
    (problem,) = problems_of(folder)
    assert "the criterion proxy has a field of its own" in problem


def test_criterion_of_the_rule_itself_is_required(folder: Path) -> None:
    swap(folder, "methods.yaml", "- name: recent_share", "- name: share_of_recent")
    found = problems_of(folder)
    assert any("the criterion recent_share is missing" in p for p in found), found


def test_list_of_what_cannot_exist_is_checked(folder: Path) -> None:
    members = "expected one of BRN, IDN, KHM, LAO, MMR, MYS, PHL, SGP, THA, TLS, VNM"
    near = "near it: ASP_COV_NONE, ASP_COV_WHI, ASP_COV_INJ"
    lines = {
        "ASP_COV_NOTHING,SGP,*,Cannot exist.,Seen nowhere": f"unknown indicator 'ASP_COV_NOTHING'; {near}",
        "*,FRA,urbanisation,Cannot exist.,Seen nowhere": f"unknown Member State 'FRA'; {members}",
        "*,ASEAN,urbanisation,Cannot exist.,Seen nowhere": f"unknown Member State 'ASEAN'; {members}",
        "*,*,sex,Cannot exist.,Seen nowhere": "indicator and ref_area are both *; name at least one of them",
        "*,SGP,urbanisation,Cannot exist.,Seen nowhere": "indicator *, ref_area SGP, breakdown urbanisation: "
        "line 2 has the same; keep one of the two lines",
    }
    expected = [
        f"indicator_defs/not_applicable.csv:{append(folder, IMPOSSIBLE, line)}: {message}"
        for line, message in lines.items()
    ]
    assert sorted(problems_of(folder)) == sorted(expected)


def test_what_cannot_exist_needs_evidence_and_a_known_breakdown(folder: Path) -> None:
    first = append(folder, IMPOSSIBLE, "*,SGP,sex,Cannot exist.,")
    second = append(folder, IMPOSSIBLE, "*,SGP,colour,Cannot exist.,Seen nowhere")
    problems = problems_of(folder)
    assert any(p.startswith(f"indicator_defs/not_applicable.csv:{first}: evidence") for p in problems), problems
    assert any(p.startswith(f"indicator_defs/not_applicable.csv:{second}: breakdown") for p in problems), problems


def test_gap_says_of_which_kind_it_is(folder: Path) -> None:
    line = swap(folder, GDP, "kind: not_gathered", "kind: unknown")
    assert any(p.startswith(f"indicator_defs/{GDP}:{line}: gap.kind") for p in problems_of(folder))


FIGURE = "ASP_CHD_BRTH,KHM,2014,,73.3,0.05,unsd_sdg/sdg/2018-10-15,"
CITED = "UN SDG Global Database, state of 2018"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("ASP_CHD_NONE,KHM,2014,,73.3,0.05,unsd_sdg/sdg/2018-10-15", "unknown indicator 'ASP_CHD_NONE'"),
        ("ASP_CHD_BRTH,KH,2014,,73.3,0.05,unsd_sdg/sdg/2018-10-15", "unknown area 'KH'"),
        ("ASP_CHD_BRTH,KHM,14,,73.3,0.05,unsd_sdg/sdg/2018-10-15", "time_period is '14', expected a year"),
        ("ASP_CHD_BRTH,KHM,2014,gender=F,73.3,0.05,document", "breakdown 'gender=F', expected such as sex=F"),
        ("ASP_CHD_BRTH,KHM,2014,sex=FEMALE,73.3,0.05,document", "unknown sex code 'FEMALE'"),
        ("ASP_CHD_BRTH,KHM,2014,,73.3 %,0.05,document", "obs_value is '73.3 %', expected a number"),
        ("ASP_CHD_BRTH,KHM,2014,,nan,0.05,document", "obs_value is 'nan', expected a number"),
        ("ASP_CHD_BRTH,KHM,2014,,73.3,-1,document", "tolerance is '-1', expected a number not below 0"),
        ("ASP_CHD_BRTH,KHM,2014,,73.3,0.05,the web", "taken_from is 'the web', expected document or provider/"),
        ("ASP_CHD_BRTH,KHM,2014,,73.3,0.05,unsd_sdg/sdg/2018-15-10", "2018-15-10 is no day"),
        ("ASP_CHD_BRTH,KHM,2014,,73.3,0.05,unsd/sdg/2018-10-15", "unknown provider 'unsd'"),
    ],
)
def test_must_exist_figure_that_cannot_be_checked(folder: Path, line: str, message: str) -> None:
    path = folder / "must_exist.csv"
    head = path.read_text(encoding="utf-8").split("\n", 1)[0]
    path.write_text(f'{head}\n{FIGURE}"{CITED}"\n{line},"{CITED}"\n', encoding="utf-8")
    with pytest.raises(CatalogError, match=re.escape("must_exist.csv:3: ") + ".*" + re.escape(message)):
        load_catalog(folder)


def test_must_exist_figure_twice_or_without_a_source(folder: Path) -> None:
    path = folder / "must_exist.csv"
    head = path.read_text(encoding="utf-8").split("\n", 1)[0]
    path.write_text(f'{head}\n{FIGURE}"{CITED}"\n{FIGURE}UN\n', encoding="utf-8")
    with pytest.raises(CatalogError) as caught:
        load_catalog(folder)
    twice = (
        "must_exist.csv:3: indicator ASP_CHD_BRTH, ref_area KHM, time_period 2014, breakdown empty: line 2 has the same"
    )
    assert twice in str(caught.value)
    assert "must_exist.csv:3: source_citation is 'UN', expected producer, publication and year" in str(caught.value)


@pytest.mark.parametrize(
    ("file", "found", "instead", "message"),
    [
        ("check_tolerances.csv", "large_points,2,", "large_points,two,", "value is 'two', expected a number"),
        ("check_tolerances.csv", "magnitude_kept,factor", "Magnitude,factor", "check: unknown check with limits 'Magn"),
        (
            "check_tolerances.csv",
            "agrees_points",
            "agree_points",
            "quantity: unknown quantity of published_aggregate 'ag",
        ),
        (
            "check_tolerances.csv",
            "magnitude_kept,least",
            "magnitude_kept,factor",
            "check magnitude_kept, quantity factor: line",
        ),
        ("published_aggregates.csv", "unsd_sdg,SEA,ASEAN,", "unsd_sdg,SEA,ASEAN12,", "unknown area group"),
        ("published_aggregates.csv", "KHM LAO", "KHM LA", "unknown area 'LA'"),
        ("published_aggregates.csv", ",yes,", ",often,", "imputes is 'often', expected yes or no"),
        ("published_aggregates.csv", "ilostat,SEA,", "ilo,SEA,", "unknown provider 'ilo'"),
    ],
)
def test_tolerances_and_published_aggregates(folder: Path, file: str, found: str, instead: str, message: str) -> None:
    line = swap(folder, file, found, instead)
    with pytest.raises(CatalogError, match=rf"{file}:{line}: .*{re.escape(message)}"):
        load_catalog(folder)


def test_bounds_the_wrong_way_round_are_told_where_they_stand(folder: Path) -> None:
    swap(folder, UEMP, "tier: core", "maximum: 40\nminimum: 50\ntier: core")
    (problem,) = problems_of(folder)
    assert problem.startswith(f"indicator_defs/{UEMP}:")
    assert problem.endswith("maximum: 40 is not above the minimum 50")
    swap(folder, UEMP, "maximum: 40\nminimum: 50\n", "minimum: 100\n")
    (problem,) = problems_of(folder)
    assert problem == f"indicator_defs/{UEMP}:1: maximum: 100 is not above the minimum 100"
    swap(folder, UEMP, "minimum: 100\n", "")
    line = swap(folder, "weights.yaml", "age_from: 65\n", "age_from: 65\n    age_to: 60\n") + 1
    problem = next(p for p in problems_of(folder) if "age_to" in p)
    assert problem == f"indicator_defs/weights.yaml:{line}: age_to: 60 lies before age_from 65"


def test_limit_that_is_missing_is_named(folder: Path) -> None:
    path = folder / "check_tolerances.csv"
    kept = [line for line in path.read_text(encoding="utf-8").splitlines(True) if "magnitude_kept,least" not in line]
    path.write_text("".join(kept), encoding="utf-8")
    (problem,) = problems_of(folder)
    assert problem == "indicator_defs/check_tolerances.csv:1: the line of magnitude_kept, least is missing"


def test_value_has_one_correction_and_a_series_one_break_a_year(folder: Path) -> None:
    for kind, field, instead in (
        ("corrections", "action: exclude_from_use", "action: mark_unreliable"),
        ("breaks", "decided: break", "decided: genuine"),
    ):
        path = next((folder / kind).glob("*.yaml"))
        head, first, *_ = path.read_text(encoding="utf-8").split("  - indicator: ")
        twin = f"{kind}:\n  - indicator: {first.rstrip().replace(field, instead)}\n"
        (folder / kind / "zz_again.yaml").write_text(twin, encoding="utf-8")
        (problem,) = problems_of(folder)
        place = f"indicator_defs/{kind}/{path.name}:{head.count(chr(10)) + 1}"
        assert problem.startswith(f"indicator_defs/{kind}/zz_again.yaml:2: ASP_")
        assert place in problem
        (folder / kind / "zz_again.yaml").unlink()


def test_code_list_that_cannot_be_read_is_told_alone(folder: Path) -> None:
    path = folder / "codelists/sex.csv"
    path.write_text("", encoding="utf-8")
    assert problems_of(folder) == [
        "indicator_defs/codelists/sex.csv:1: the file is empty, expected a header: code,name,description",
    ]
    path.write_text("code,name,description\n", encoding="utf-8")
    assert problems_of(folder) == ["indicator_defs/codelists/sex.csv:1: every code is missing"]


def test_faulty_tolerance_is_not_told_as_a_missing_one(folder: Path) -> None:
    swap(folder, TOLERANCES, "withdrawn_percent: 10", "withdrawn_percent: -10")
    (problem,) = problems_of(folder)
    assert "withdrawn_percent: Input should be greater than or equal to 0, found -10" in problem


def test_concepts_that_exclude_each_other_are_refused_with_both_places(folder: Path) -> None:
    feed = (
        "  - provider: world_bank\n    dataset: wdi\n    rank: 2\n    series:\n      - code: per_lm_alllm.cov_pop_tot\n"
    )
    line = swap(folder, UEMP, "sources:\n", f"sources:\n{feed}")
    with pytest.raises(CatalogError) as caught:
        load_catalog(folder)
    message = str(caught.value)
    assert f"{UEMP}:{line + 5}: ASP_COV_UEMP takes per_lm_alllm.cov_pop_tot beside SDG_0131_SEX_SOC_RT (line" in message
    assert "The ILO counts persons protected and contributors" in message
    assert "never_together.csv:8" in message


def test_concept_without_a_reason_is_refused(folder: Path) -> None:
    path = folder / "never_together.csv"
    path.write_text(path.read_text(encoding="utf-8") + "unsd_sdg/sdg/SL_TLF_UEM,,\n", encoding="utf-8")
    line = len(path.read_text(encoding="utf-8").splitlines())
    with pytest.raises(CatalogError, match=rf"never_together\.csv:{line}: expected two patterns"):
        load_catalog(folder)


def test_every_exclusion_names_series_of_the_catalogue() -> None:
    """A pattern that no claim can match, now or as its pair, would guard nothing."""
    catalogue = load_catalog()
    names = {f"{c.provider}/{c.dataset}/{c.series.code}" for c in catalogue.claims}
    rows = (FOLDER / "never_together.csv").read_text(encoding="utf-8").splitlines()[1:]
    idle = [r for r in rows if not any(fnmatchcase(n, side) for n in names for side in r.split(",")[:2])]
    assert idle == []


@pytest.mark.parametrize(
    ("file", "content", "problems"),
    [
        (SEX, "concept,code,target,note\nsex,M\xe9LE,M,\n".encode("latin-1"), r":2: not UTF-8 \(byte 0xe9\); save the"),
        (UEMP, b"code: ASP_COV_UEMP\nname: caf\xe9\n", r":2: not UTF-8 \(byte 0xe9\); save the file as UTF-8"),
        (UEMP, b"code: ASP_COV_UEMP\nname: a\0b\n", r":2: character 0x0 cannot stand in a YAML file; take it out"),
    ],
)
def test_file_that_is_no_text_is_named(folder: Path, file: str, content: bytes, problems: str) -> None:
    (folder / file).write_bytes(content)
    assert any(re.search(f"{re.escape(file)}{problems}", problem) for problem in problems_of(folder))


def test_byte_order_mark_of_excel_is_no_fault(folder: Path) -> None:
    for file in (SEX, UEMP):
        (folder / file).write_bytes(b"\xef\xbb\xbf" + (folder / file).read_bytes())
    assert load_catalog(folder).definitions.keys() == load_catalog().definitions.keys()


DDAY = "indicators/poverty/ASP_POV_INT190.yaml"
TITLE = "Poverty headcount ratio at $1.90 a day (2011 PPP) (% of population)"


def test_titles_that_do_not_state_the_unit_and_titles_listed_twice(folder: Path) -> None:
    swap(
        folder,
        DDAY,
        f"- '{TITLE}'",
        f"- 'Poverty headcount ratio'\n          - '{TITLE}'\n          - '{TITLE.upper()}'",
    )
    found = problems_of(folder)
    assert any("titles: 'Poverty headcount ratio' does not hold '$1.90 a day (2011 PPP)'" in p for p in found)
    assert any("is listed 2 times" in p for p in found)
    assert all(p.startswith(f"indicator_defs/{DDAY}:") for p in found)


def test_units_of_vintages_are_those_that_a_claim_asks_for(folder: Path) -> None:
    units = "vintage_units.csv"
    good = "world_bank,wdi,SI.POV.DDAY,2022-12-31,$1.90 a day (2011 PPP),Seen in the table of that day"
    append(folder, units, good)
    load_catalog(folder)
    lines = {
        good: "series SI.POV.DDAY, vintage_date 2022-12-31: line 2 has the same; keep one of the two lines",
        good.replace("$1.90", "$2.15").replace(
            "2022-12", "2023-12"
        ): "unknown unit (series_name_contains) '$2.15 a day (2011 PPP)'",
        good.replace(
            "SI.POV.DDAY", "SI.POV.GINI"
        ): "no claim of SI.POV.GINI of world_bank/wdi has series_name_contains",
        good.replace("2022-12-31", "2022"): "vintage_date: expected a day such as 2026-11-22",
    }
    message = [(f"indicator_defs/{units}:{append(folder, units, line)}: ", what) for line, what in lines.items()]
    found = problems_of(folder)
    assert len(found) == len(message)
    for place, what in message:
        assert any(p.startswith(place) and what in p for p in found), (place, what, found)

"""What the catalogue refuses: every kind of fault is told with its file and line, and all of them at once."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from indicator_defs.catalog import FOLDER, files_of, load_catalog
from indicator_defs.errors import CatalogError

UEMP = "indicators/coverage/ASP_COV_UEMP.yaml"
GDP = "indicators/financing/ASP_FIN_GDP.yaml"
DSB = "indicators/disability/ASP_DSB_UNE.yaml"
SET = "sets/asean_indicator_set.yaml"
SEX = "crosswalks/unsd_sdg/sex.csv"
TOLERANCES = "tolerances.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped catalogue that a test may spoil."""
    to = tmp_path / "indicator_defs"
    for path in files_of(FOLDER):
        copy = to / path.relative_to(FOLDER)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    return to


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
    """The problems told by the catalogue, one line each."""
    with pytest.raises(CatalogError) as caught:
        load_catalog(folder)
    head, *lines = str(caught.value).split("\n  ")
    assert head == f"{len(lines)} problem{'s' * (len(lines) > 1)} in the definitions:"
    return lines


# file, what stands there, what is written instead, what the message says
ONE_WORD = [
    ("typo in a field", UEMP, "direction: higher", "diretcion: higher", r"diretcion: Extra inputs are not permitted"),
    ("unknown unit", UEMP, "unit: PT", "unit: PERCENT", "unknown unit .* 'PERCENT'"),
    ("unknown method", UEMP, "method: weighted_mean", "method: mean", "unknown method 'mean'; see methods.yaml"),
    ("unknown weight", UEMP, "weight: UNEMPLOYED", "weight: JOBLESS", r"unknown weight \(weights.yaml\) 'JOBLESS'"),
    ("unknown sector", UEMP, "sector: SI", "sector: XX", "unknown sector .* 'XX'"),
    ("unknown tier", UEMP, "tier: core", "tier: main", "tier: Input should be 'core' or 'extended', found 'main'"),
    ("unknown breakdown", UEMP, "breakdowns: [sex]", "breakdowns: [gender]", r"breakdowns\.0: .*found 'gender'"),
    ("unknown article", UEMP, "'12', '14']", "'12', '99']", r"unknown article .* '99'"),
    ("unknown body", UEMP, "body: [SLOM, SOMSWD]", "body: [SLOM, SLMO]", r"unknown body .* 'SLMO'"),
    ("unknown body of a gap", GDP, "body: [ILO, MOF, SSI]", "body: [ILO, MOFF, SSI]", r"unknown body .* 'MOFF'"),
    ("unknown target group", UEMP, "group: AT_RISK", "group: JOBLESS", "unknown target group 'JOBLESS'"),
    ("unknown code of a breakdown", DSB, "disability_status: PD}", "disability_status: D}", "status code 'D'"),
    ("unknown group", UEMP, "group: coverage", "group: cover", "unknown group .* 'cover'"),
    ("code out of form", UEMP, "code: ASP_COV_UEMP", "code: asp-cov-uemp", "code: String should match pattern"),
    ("text too short", UEMP, "name: Unemployed persons", "name: U #", "name: String should have at least 3 characters"),
    ("rank beyond reach", UEMP, "rank: 1", "rank: 9", r"sources\.0\.rank: .*less than or equal to 8, found 9"),
    ("unknown area group", SET, "groups: [ASEAN, ASEAN10", "groups: [ASEAN, ASEAN12", "unknown area group .*ASEAN12"),
    ("tolerance of no indicator", TOLERANCES, "indicator: all", "indicator: ASP_COV_NO", "indicator 'ASP_COV_NO'"),
    ("tolerance above all", TOLERANCES, "withdrawn_percent: 10", "withdrawn_percent: 110", "less than or equal to 100"),
    ("typo in a tolerance", TOLERANCES, "free: 5", "fre: 5", "fre: Extra inputs are not permitted"),
    ("set names no indicator", SET, "- ASP_FIN_FUNC", "- ASP_FIN_FUN", "unknown indicator 'ASP_FIN_FUN'"),
    ("unknown area of a break", "breaks/known.yaml", "area: THA", "area: THAI", "unknown area 'THAI'"),
    ("unknown indicator of a break", "breaks/known.yaml", "indicator: ASP_COV_DISAB", "indicator: ASP_X", "'ASP_X'"),
    ("unknown member", "codelists/area_group.csv", "ASEAN,KHM,", "ASEAN,CAM,", "unknown area 'CAM'"),
    ("crosswalk target unknown", SEX, "Sex,FEMALE,F,", "Sex,FEMALE,W,", r"target W is not in codelists/sex\.csv"),
    ("crosswalk target missing", SEX, "Sex,FEMALE,F,", "Sex,FEMALE,,", "'FEMALE' has no target code"),
    ("cell too many", SEX, "Sex,MALE,M,", "Sex,MALE,M,men, all", "5 cells, the header has 4"),
    ("age bound no number", "codelists/age.csv", ",15,24", ",15,twenty", "age_to is 'twenty', expected years"),
    ("rule with unknown match", "target_group_rules.csv", "WOMEN,exact", "WOMEN,roughly", "match is 'roughly'"),
    ("weight of nothing", "weights.yaml", "coverage_indicator: ASP_COV_SA", "coverage_indicator: ASP_SA", "'ASP_SA'"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "found", "instead", "said"), [f[1:] for f in ONE_WORD], ids=[f[0] for f in ONE_WORD])
def test_fault_is_told_with_file_and_line(folder: Path, file: str, found: str, instead: str, said: str) -> None:
    line = swap(folder, file, found, instead)
    lines = problems_of(folder)
    place = f"indicator_defs/{file}"
    if file.endswith(("weights.yaml", "known.yaml")) or file == SET:
        # These are told at their entry (a list item) or at the set's first line, not at the field.
        told = [p for p in lines if p.startswith(f"{place}:") and re.search(said, p)]
        assert told, lines
        number = int(told[0].removeprefix(f"{place}:").split(":")[0])
        assert number <= line
        assert entry_start(folder / file, line) == number
        return
    assert any(p.startswith(f"{place}:{line}: ") and re.search(said, p) for p in lines), lines


def entry_start(path: Path, line: int) -> int:
    """The line on which the list entry around `line` begins; 1 where there is none (a set)."""
    lines = path.read_text(encoding="utf-8").splitlines()
    if path.parent.name == "sets":
        return 1
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
    told = [p for p in problems_of(folder) if "is defined in" in p]
    assert told == [
        "indicator_defs/indicators/labour/ASP_COV_UEMP.yaml:1: ASP_COV_UEMP is defined in "
        "indicator_defs/indicators/coverage/ASP_COV_UEMP.yaml too"
    ]


def test_weight_missing_for_a_method_that_needs_one(folder: Path) -> None:
    swap(folder, UEMP, "  weight: UNEMPLOYED\n", "")
    line = 1 + (folder / UEMP).read_text(encoding="utf-8").split("aggregation:")[0].count("\n")
    assert problems_of(folder) == [f"indicator_defs/{UEMP}:{line}: method weighted_mean needs a weight"]


def test_declared_with_sources(folder: Path) -> None:
    source = "sources:\n  - provider: unsd_sdg\n    dataset: sdg\n    series:\n      - code: SD_XPD_NEW\n"
    swap(folder, GDP, "sdg: 1.3.1\n", source + "sdg: 1.3.1\n")
    said = "IndicatorDefinition: Value error, a declared indicator has `gap` and no `sources`"
    assert f"indicator_defs/{GDP}:1: {said}" in problems_of(folder)


def test_with_values_but_without_sources(folder: Path) -> None:
    swap(folder, GDP, "status: declared", "status: with_values")
    told = problems_of(folder)
    assert (
        f"indicator_defs/{GDP}:1: IndicatorDefinition: Value error, an indicator with values has `sources`" in told[0]
    )


def test_two_definitions_claim_one_cell(folder: Path) -> None:
    pensn = "indicators/coverage/ASP_COV_PENSN.yaml"
    swap(folder, UEMP, "where: {SOC: SOC_CONTIG_UNE}", "where: {SOC: [SOC_CONTIG_UNE, SOC_CONTIG_PENSION]}")
    text = (folder / UEMP).read_text(encoding="utf-8")
    line = text[: text.index("- code: SDG_0131")].count("\n") + 1
    first = (folder / pensn).read_text(encoding="utf-8")
    first_line = first[: first.index("- code: SDG_0131")].count("\n") + 1
    assert problems_of(folder) == [
        f"indicator_defs/{UEMP}:{line}: ASP_COV_UEMP claims cells of SDG_0131_SEX_SOC_RT that ASP_COV_PENSN claims in "
        f"indicator_defs/{pensn}:{first_line}; one provider row serves one indicator"
    ]


def test_claims_of_different_cells_of_one_series_stand_side_by_side(folder: Path) -> None:
    swap(folder, UEMP, "where: {SOC: SOC_CONTIG_UNE}", "where: {SOC: SOC_CONTIG_NEW}")
    assert load_catalog(folder).definitions["ASP_COV_UEMP"].sources[0].series[0].where == {"SOC": "SOC_CONTIG_NEW"}


def test_crosswalk_line_standing_twice(folder: Path) -> None:
    line = append(folder, SEX, "Sex,FEMALE,F,")
    assert problems_of(folder) == [
        f"indicator_defs/{SEX}:{line}: Sex 'FEMALE' is translated in indicator_defs/{SEX}:3 too"
    ]


def test_code_standing_twice_in_a_list(folder: Path) -> None:
    line = append(folder, "codelists/sex.csv", "F,Women,Again")
    told = problems_of(folder)
    assert any(p.startswith(f"indicator_defs/codelists/sex.csv:{line}: code F stands in line ") for p in told)


def test_crosswalk_of_a_column_that_does_not_exist(folder: Path) -> None:
    (folder / "crosswalks/unsd_sdg/gender.csv").write_text(
        "dimension,code,target,note\nSex,MALE,M,\n", encoding="utf-8"
    )
    told = problems_of(folder)
    assert len(told) == 1
    assert told[0].startswith(
        "indicator_defs/crosswalks/unsd_sdg/gender.csv:1: no column of the warehouse is called gender"
    )
    assert "composite_breakdown" in told[0]


def test_crosswalk_of_a_provider_that_nothing_uses(folder: Path) -> None:
    (folder / "crosswalks/eurostat").mkdir()
    (folder / "crosswalks/eurostat/sex.csv").write_text("dimension,code,target,note\nSEX,F,F,\n", encoding="utf-8")
    assert problems_of(folder) == [
        "indicator_defs/crosswalks/eurostat/sex.csv:2: orphan crosswalk: no definition uses provider eurostat"
    ]


def test_provider_without_a_crosswalk_of_areas(folder: Path) -> None:
    (folder / "crosswalks/ilostat/ref_area.csv").unlink()
    told = problems_of(folder)
    assert len(told) == 1, "told once, at the first claim"
    assert re.match(
        r"indicator_defs/indicators/\S+\.yaml:\d+: provider ilostat has no crosswalks/ilostat/ref_area.csv", told[0]
    )


def test_double_key(folder: Path) -> None:
    line = swap(folder, UEMP, "tier: core\n", "tier: core\nunit: NUMBER\n") + 1
    unit = (folder / UEMP).read_text(encoding="utf-8").splitlines().index("unit: PT") + 1
    assert unit > line
    assert problems_of(folder) == [f"indicator_defs/{UEMP}:{unit}: `unit` stands twice"]


@pytest.mark.parametrize(
    ("spoil", "line", "said"),
    [
        (lambda text: text.replace("tier: core", "tier: [core"), 5, "not readable as YAML"),
        (lambda text: text.replace("unit: PT", "\tunit: PT"), None, "not readable as YAML"),
        (lambda _: "", 1, "the file is empty"),
    ],
    ids=["bracket left open", "tab", "empty"],
)
def test_unreadable_yaml(folder: Path, spoil: Callable[[str], str], line: int | None, said: str) -> None:
    text = (folder / UEMP).read_text(encoding="utf-8")
    spoilt = spoil(text)
    (folder / UEMP).write_text(spoilt, encoding="utf-8")
    expected = line or spoilt[: spoilt.index("\t")].count("\n") + 1
    told = [p for p in problems_of(folder) if p.startswith(f"indicator_defs/{UEMP}:")]
    assert len(told) == 1
    assert told[0].startswith(f"indicator_defs/{UEMP}:{expected}: {said}")


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("codelists/sex.csv", "the file is missing"),
        ("weights.yaml", "the file is missing"),
        ("target_group_rules.csv", "the file is missing"),
    ],
)
def test_missing_file(folder: Path, file: str, said: str) -> None:
    (folder / file).unlink()
    assert f"indicator_defs/{file}:1: {said}" in problems_of(folder)


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
    told = problems_of(folder)
    assert len(told) == len(places)
    for place, said in places.items():
        assert any(p.startswith(f"{place}: ") and said in p for p in told), (place, told)

"""The catalogue of this project, and adding an indicator to it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from indicator_defs.breakdowns import BREAKDOWNS
from indicator_defs.catalog import FOLDER, Catalog, fingerprint_of, load_catalog
from indicator_defs.tables import reference_tables
from sources import registry

NINE_CONTINGENCIES = {"ANY", "CHLD", "DISAB", "INJ", "MATNL", "PENSN", "POOR", "UEMP", "VULN"}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def test_catalogue_has_indicators_with_values_and_declared_gaps(catalog: Catalog) -> None:
    with_values = [d for d in catalog.definitions.values() if d.status == "with_values"]
    assert len(with_values) >= 40
    assert {f"ASP_COV_{c}" for c in NINE_CONTINGENCIES} <= {d.code for d in with_values}
    for code in ("ASP_FIN_GDP", "ASP_FIN_GOV", "ASP_COV_PCONTR"):
        declared = catalog.definitions[code]
        assert declared.status == "declared"
        assert declared.gap is not None
        assert declared.gap.obtain_from
        assert not declared.sources


def test_every_definition_file_is_read(catalog: Catalog) -> None:
    files = {p.stem for p in (FOLDER / "indicators").rglob("*.yaml")}
    assert files == set(catalog.definitions)


def test_every_breakdown_has_a_name(catalog: Catalog) -> None:
    assert [r["code"] for r in catalog.codelists["breakdown"]] == ["headline", *BREAKDOWNS]


def test_current_members_of_the_groups(catalog: Catalog) -> None:
    assert len(catalog.codelists.members("ASEAN")) == 11
    assert set(catalog.codelists.members("ASEAN")) - set(catalog.codelists.members("ASEAN10")) == {"TLS"}
    assert sorted(catalog.codelists.members("CLMV")) == ["KHM", "LAO", "MMR", "VNM"]
    assert len(catalog.codelists.members("ASEAN6")) == 6
    assert set(catalog.codelists.members("ASEAN6")).isdisjoint(catalog.codelists.members("CLMV"))


def test_tables_hold_every_indicator_claim_and_crosswalk_line(catalog: Catalog) -> None:
    tables = reference_tables(catalog, registry.structures())
    assert set(tables["indicator"]["indicator"]) == set(catalog.definitions)
    rows = zip(
        tables["claim"]["indicator"], tables["claim"]["dataset"], tables["claim"]["provider_series"], strict=True
    )
    assert {(c.indicator, c.dataset, c.series.code) for c in catalog.claims} <= set(rows)
    assert tables["claim"]["claim_id"].is_unique
    national = tables["claim"][tables["claim"]["provider"] == "national"]
    assert set(national["indicator"]) == set(catalog.definitions), "every indicator accepts national data"
    assert set(national["dataset"]) == {"submissions", "documents"}
    own = tables["crosswalk"][tables["crosswalk"]["provider"] == "unsd_sdg"]
    assert len(own) == sum(x.provider == "unsd_sdg" for x in catalog.crosswalks)
    for breakdown in BREAKDOWNS:
        assert (tables["code"]["codelist"] == breakdown).any(), f"no codes of {breakdown}"


def test_status_not_stated_is_null_in_the_crosswalk_and_not_normal(catalog: Catalog) -> None:
    table = reference_tables(catalog, registry.structures())["crosswalk"]
    status = table[(table["provider"] == "unsd_sdg") & (table["concept"] == "obs_status")].set_index("code")["target"]
    assert status["NOTSPEC"] is None
    assert status[""] is None
    assert status["U"] == "U"


def test_status_codes_of_the_ilo_differ_from_those_of_sdmx(catalog: Catalog) -> None:
    targets = {x.code: x.target for x in catalog.crosswalks if (x.provider, x.concept) == ("ilostat", "obs_status")}
    assert targets["M"] == "E", "ILO M: model extrapolation; SDMX M: cannot exist"
    assert targets["S"] == "N", "ILO S: not significant; SDMX S: strike"
    assert targets["R"] == "A"


def test_one_yaml_file_adds_an_indicator(folder: Path) -> None:
    definition = yaml.safe_load((folder / "indicators/coverage/ASP_COV_UEMP.yaml").read_text(encoding="utf-8"))
    definition |= {"code": "ASP_LAB_UNEMALL", "name": "Unemployment rate, youth, national", "group": "labour"}
    definition["sources"] = [{"provider": "unsd_sdg", "dataset": "sdg", "series": [{"code": "SL_TLF_NEW"}]}]
    before = load_catalog(folder)
    (folder / "indicators/labour/ASP_LAB_UNEMALL.yaml").write_text(yaml.safe_dump(definition), encoding="utf-8")
    after = load_catalog(folder)
    tables = reference_tables(after, registry.structures())
    row = tables["indicator"].set_index("indicator").loc["ASP_LAB_UNEMALL"]
    assert row["weight"] == "UNEMPLOYED"
    assert row["headline_sex"] == "_T"
    assert row["definition_file"] == "indicator_defs/indicators/labour/ASP_LAB_UNEMALL.yaml"
    claim = tables["claim"].set_index("provider_series").loc["SL_TLF_NEW"]
    assert claim["indicator"] == "ASP_LAB_UNEMALL"
    assert claim["feed"] == "unsd_sdg/sdg/SL_TLF_NEW"
    assert set(after.definitions) - set(before.definitions) == {"ASP_LAB_UNEMALL"}
    assert after.fingerprint != before.fingerprint


def test_fingerprint_depends_on_contents_and_names_only(folder: Path) -> None:
    assert fingerprint_of(folder) == fingerprint_of(FOLDER), "the path of the folder has no effect"
    changed = folder / "codelists" / "sex.csv"
    text = changed.read_text(encoding="utf-8")
    changed.write_text(text + "X,Other,Added by a test\n", encoding="utf-8")
    assert fingerprint_of(folder) != fingerprint_of(FOLDER)
    changed.write_text(text, encoding="utf-8")
    assert fingerprint_of(folder) == fingerprint_of(FOLDER)
    changed.rename(changed.with_name("sexes.csv"))
    assert fingerprint_of(folder) != fingerprint_of(FOLDER)


def test_population_files_without_iso_codes_have_a_crosswalk(catalog: Catalog) -> None:
    """The file of the 2019 revision has only LocID; for countries it is the number of UN M49."""
    lines = {x.code: x.target for x in catalog.crosswalks if (x.provider, x.concept) == ("un_wpp", "ref_area")}
    areas = reference_tables(catalog, registry.structures())["area"].set_index("ref_area")
    members = catalog.codelists.members("ASEAN")
    assert len(members) == 11
    assert all(lines[str(int(str(areas.loc[m, "m49"])))] == m for m in members)
    assert (lines["900"], lines["935"], lines["920"]) == ("WLD", "ASI", "SEA")

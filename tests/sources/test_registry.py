"""Providers are found by their files; faults in a YAML file are reported with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest
from messages import assert_reports

from indicator_defs.roles import ROLE_COLUMNS
from sources import registry
from sources.provider_spec import DatasetSpec
from sources.registry import (
    FOLDER,
    RegistryError,
    dataset,
    fetcher,
    parser,
    provider,
    provider_fed_by,
    providers,
    structures,
)

DOCS = Path(__file__).parents[2] / "docs"


def test_each_yaml_has_a_module_and_each_module_a_yaml() -> None:
    assert list(providers()) == sorted(p.stem for p in FOLDER.glob("*.yaml"))
    assert list(providers()) == sorted(providers())
    for name, spec in providers().items():
        assert spec.provider == name
        assert callable(parser(name))


def test_structures_are_complete() -> None:
    keys = [s.key for s in structures()]
    assert keys == [f"{spec.provider}__{d.dataset}" for spec in providers().values() for d in spec.datasets]
    assert len(keys) == len(set(keys))
    for structure in structures():
        roles = {c.role for c in structure.columns}
        assert {"series", "ref_area", "time_period", "obs_value"} <= roles
        for column in structure.columns:
            assert column.role in ("dimension", "attribute") or column.name in ROLE_COLUMNS


def test_addresses_can_be_replaced_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoints = [e for spec in providers().values() for e in spec.endpoints]
    assert len({e.environment for e in endpoints}) == len(endpoints)
    for endpoint in endpoints:
        assert endpoint.address() == endpoint.base_url
        monkeypatch.setenv(endpoint.environment, "http://127.0.0.1:8000/base/")
        assert endpoint.address() == "http://127.0.0.1:8000/base"


@pytest.mark.parametrize("former", list(DatasetSpec.former_fields))
def test_former_field_is_reported_with_its_present_name(tmp_path: Path, former: str) -> None:
    new_name = DatasetSpec.former_fields[former]
    assert new_name.split()[0] in DatasetSpec.model_fields
    text = (FOLDER / "unsd_sdg.yaml").read_text(encoding="utf-8")
    (tmp_path / "unsd_sdg.yaml").write_text(f"{text}    {former}: known\n", encoding="utf-8")
    with pytest.raises(RegistryError) as error:
        providers(tmp_path)
    assert_reports(str(error.value), place="unsd_sdg.yaml:", found=f"{former}: unknown field", remedy=new_name)


def test_unknown_name_is_reported_with_the_known_names() -> None:
    with pytest.raises(RegistryError) as error:
        provider("who")
    assert_reports(str(error.value), found="unknown source 'who'", expected=list(providers()))
    for spec in providers().values():
        with pytest.raises(RegistryError) as error:
            dataset(spec.provider, "x")
        names = [d.dataset for d in spec.datasets]
        assert_reports(str(error.value), place=spec.provider, found="unknown dataset 'x'", expected=names)


def test_provider_without_endpoint_has_no_fetcher() -> None:
    for name in [n for n, spec in providers().items() if not spec.endpoints]:
        with pytest.raises(RegistryError) as error:
            fetcher(name)
        assert_reports(str(error.value), place=name, found="no endpoint", remedy="--source")


def test_one_provider_is_fed_by_the_inbox(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = provider_fed_by("inbox")
    assert not spec.endpoints
    two_providers = {"a": spec, "b": spec}
    monkeypatch.setattr(registry, "providers", lambda: two_providers)
    with pytest.raises(RegistryError) as error:
        provider_fed_by("inbox")
    assert_reports(str(error.value), found=("2 providers", "fed_by: inbox"), expected="expected one")


# A valid YAML file of an invented provider.
VALID = r"""provider: bank_of_tests
title: Bank of tests
producer: The bank
licence: none
attribution: The bank
endpoints:
  - {name: api, base_url: https://example.org, environment: PAYUNG_BANK_OF_TESTS_URL, note: none}
limits:
  connections: 2
  timeout_seconds: 60
  tries: 4
  note: none
calendar:
  frequency: quarterly
  note: none
vintage_rule: the day of the answer
columns:
  - {name: series, published_as: id, role: series, required: true, description: Series.}
  - {name: ref_area, published_as: area, role: ref_area, required: true, description: Area.}
  - {name: time_period, published_as: date, role: time_period, required: true, pattern: '\d{4}', description: Year.}
  - {name: obs_value, published_as: value, role: obs_value, required: true, description: Value.}
  - {name: series_name, published_as: name, role: series_name, description: Name.}
datasets:
  - dataset: figures
    title: Figures
    endpoint: api
    columns:
      - {name: country_id, published_as: country, role: attribute, description: Country.}
      - {name: decimal, published_as: decimal, role: attribute, description: Digits.}
"""


@pytest.mark.parametrize(
    ("valid", "invalid", "pattern"),
    [
        ("provider: bank_of", "provider: bank_for", r":1: provider: found 'bank_for_tests', expected 'bank_of_tests'"),
        ("frequency: quarterly", "frequency: monthly", r":(\d+): calendar.frequency: .*found 'monthly'"),
        ("    endpoint: api", "    endpoint: apis", r":\d+: datasets.*unknown endpoint 'apis'|unknown endpoint 'apis'"),
        ("  connections: 2", "  conections: 2", r":(\d+): limits.con"),
        ("name: series_name,", "name: title,", r"column title: found role series_name; .*named series_name"),
        (r"pattern: '\d{4}'", "pattern: '('", r"column time_period: found pattern .*regular expression"),
        ("name: decimal,", "name: country_id,", r"columns: found country_id more than once"),
        ("title: Bank of", "title: [Bank of", r":\d+: not readable as YAML"),
    ],
)
def test_fault_in_a_file_is_reported_with_its_line(tmp_path: Path, valid: str, invalid: str, pattern: str) -> None:
    assert valid in VALID
    (tmp_path / "bank_of_tests.yaml").write_text(VALID.replace(valid, invalid, 1))
    with pytest.raises(RegistryError, match=f"bank_of_tests.yaml.*(?:{pattern})"):
        providers(tmp_path)


def test_line_of_a_shared_and_of_an_own_column_is_reported(tmp_path: Path) -> None:
    lines = VALID.replace("published_as: country,", "published_as: country, required: true,").splitlines()
    for marker in ("published_as: id,", "published_as: country,"):
        number = next(n for n, line in enumerate(lines, start=1) if marker in line)
        faulty = [
            line.replace("required: true", "required: perhaps") if n == number else line
            for n, line in enumerate(lines, 1)
        ]
        (tmp_path / "bank_of_tests.yaml").write_text("\n".join(faulty))
        providers.cache_clear()
        with pytest.raises(RegistryError, match=rf"bank_of_tests.yaml:{number}: .*required: .*found 'perhaps'"):
            providers(tmp_path)


def test_yaml_without_module_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bank_of_tests.yaml").write_text(VALID)
    found = providers(tmp_path)
    monkeypatch.setattr(registry, "providers", lambda: found)
    with pytest.raises(RegistryError) as error:
        parser("bank_of_tests")
    assert_reports(
        str(error.value),
        place="sources/providers/bank_of_tests.yaml",
        found="no module",
        expected=("sources/providers/bank_of_tests.py", "parse(dataset, files)"),
    )

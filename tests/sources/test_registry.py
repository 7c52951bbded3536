"""Providers are found by their files; faults in a YAML file are told with file and line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from indicator_defs.roles import ROLE_COLUMNS
from sources import registry
from sources.registry import FOLDER, RegistryError, dataset, parser, provider, providers, structures

DOCS = Path(__file__).parents[2] / "docs"


def test_each_yaml_has_its_module_and_the_other_way_round() -> None:
    assert list(providers()) == sorted(p.stem for p in FOLDER.glob("*.yaml"))
    assert list(providers()) == ["ilostat", "national", "un_wpp", "unsd_sdg", "world_bank"]
    for name, spec in providers().items():
        assert spec.provider == name
        assert callable(parser(name))


def test_structures_are_complete() -> None:
    keys = [s.key for s in structures()]
    assert sorted(keys) == [
        "ilostat__SDG_0131_SEX_SOC_RT",
        "national__documents",
        "national__submissions",
        "un_wpp__wpp2019_age_sex",
        "un_wpp__wpp2024_demographic",
        "unsd_sdg__sdg",
        "world_bank__wdi",
    ]
    for structure in structures():
        roles = {c.role for c in structure.columns}
        assert {"series", "ref_area", "time_period", "obs_value"} <= roles
        for column in structure.columns:
            assert column.role in ("dimension", "attribute") or column.name in ROLE_COLUMNS
    assert {s.key: s.kind for s in structures() if s.provider == "national"} == {
        "national__documents": "document",
        "national__submissions": "national_submission",
    }
    assert {s.key for s in structures() if s.use == "weights"} == {
        "un_wpp__wpp2019_age_sex",
        "un_wpp__wpp2024_demographic",
    }


def test_addresses_can_be_overridden(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = {
        "unsd_sdg": {"PAYUNG_UNSD_SDG_URL"},
        "world_bank": {"PAYUNG_WORLD_BANK_URL"},
        "ilostat": {"PAYUNG_ILOSTAT_SDMX_URL", "PAYUNG_ILOSTAT_BULK_URL"},
        "un_wpp": {"PAYUNG_UN_WPP_URL"},
        "national": set(),
    }
    assert {n: {e.environment for e in s.endpoints} for n, s in providers().items()} == expected
    endpoint = provider("unsd_sdg").endpoint("api")
    assert endpoint.address() == "https://unstats.un.org/SDGAPI/v1/sdg"
    monkeypatch.setenv("PAYUNG_UNSD_SDG_URL", "http://127.0.0.1:8000/v1/sdg/")
    assert endpoint.address() == "http://127.0.0.1:8000/v1/sdg"


def test_unknown_names_are_told_with_the_known_ones() -> None:
    with pytest.raises(RegistryError, match=r"Unknown source 'who'. Known sources: ilostat, national"):
        provider("who")
    with pytest.raises(RegistryError, match=r"Unknown dataset 'x' of world_bank. Known: wdi"):
        dataset("world_bank", "x")


@pytest.mark.parametrize(
    ("found", "instead", "said"),
    [
        ("provider: world_bank", "provider: bank", r":1: provider is 'bank', the file says 'world_bank'"),
        ("frequency: quarterly", "frequency: monthly", r":(\d+): calendar.frequency: .*found 'monthly'"),
        ("    endpoint: api", "    endpoint: apis", r":\d+: datasets.*unknown endpoint 'apis'|unknown endpoint 'apis'"),
        ("  connections: 2", "  conections: 2", r":(\d+): limits.con"),
        ("name: series_name,", "name: title,", r"a column of role series_name is named series_name"),
        (r"pattern: '\d{4}'", "pattern: '('", r"column time_period: pattern is no regular expression"),
        ("name: decimal,", "name: country_id,", r"columns named twice: country_id"),
        ("title: World Bank", "title: [World Bank", r":\d+: not readable as YAML"),
    ],
)
def test_faults_in_a_file_are_told_with_their_line(tmp_path: Path, found: str, instead: str, said: str) -> None:
    text = (FOLDER / "world_bank.yaml").read_text()
    assert found in text
    (tmp_path / "world_bank.yaml").write_text(text.replace(found, instead, 1))
    with pytest.raises(RegistryError, match=f"world_bank.yaml.*(?:{said})"):
        providers(tmp_path)


def test_the_line_of_a_shared_and_of_an_own_column(tmp_path: Path) -> None:
    lines = (FOLDER / "ilostat.yaml").read_text().splitlines()
    for marker in ("published_as: DATAFLOW", "published_as: SOC,"):
        number = next(n for n, line in enumerate(lines, start=1) if marker in line)
        spoilt = [
            line.replace("required: true", "required: perhaps") if n == number else line
            for n, line in enumerate(lines, 1)
        ]
        (tmp_path / "ilostat.yaml").write_text("\n".join(spoilt))
        providers.cache_clear()
        with pytest.raises(RegistryError, match=rf"ilostat.yaml:{number}: .*required: .*found 'perhaps'"):
            providers(tmp_path)


def test_a_yaml_without_a_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(FOLDER / "world_bank.yaml", tmp_path / "new_bank.yaml")
    path = tmp_path / "new_bank.yaml"
    path.write_text(path.read_text().replace("provider: world_bank", "provider: new_bank"))
    found = providers(tmp_path)
    monkeypatch.setattr(registry, "providers", lambda: found)
    with pytest.raises(RegistryError, match=r"has no module: expected sources/providers/new_bank\.py"):
        parser("new_bank")

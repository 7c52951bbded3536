"""The settings: one model, one message for a wrong value, and unknown variables are named with the near ones."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from payung_command import run_payung

from indicator_defs.system import settings
from indicator_defs.system.settings import SettingsError, read, unknown_variables, wrong_variables
from indicator_defs.system.settings_model import Settings, variables
from pipelines.cli.main import main
from pipelines.home_folder import find_home
from sources import registry

ROOT = Path(__file__).parents[3]
PACKAGES = ("indicator_defs", "sources", "warehouse", "assets", "pipelines")
NAME = re.compile(r"PAYUNG_[A-Z][A-Z_]*[A-Z]\b")


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in settings.for_child():
        if name.startswith(settings.PREFIX):
            monkeypatch.delenv(name)


def test_without_any_variable_all_have_their_defaults() -> None:
    defaults = {n: f.get_default(call_default_factory=True) for n, f in Settings.model_fields.items()}
    assert read().model_dump() == defaults
    assert (wrong_variables(), unknown_variables()) == ([], [])


@pytest.mark.parametrize("name", sorted(variables()))
def test_an_empty_variable_is_none(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = read()
    monkeypatch.setenv(name, "")
    assert read() == before


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("PAYUNG_KEEP_RELEASES", "many", "a whole number, 1 or more"),
        ("PAYUNG_KEEP_RELEASES", "0", "a whole number, 1 or more"),
        ("PAYUNG_KEEP_RELEASES", "2.5", "a whole number, 1 or more"),
        ("PAYUNG_HTTP_PAUSE_SECONDS", "soon", "a number of seconds such as 1"),
        ("PAYUNG_HTTP_PAUSE_SECONDS", "-1", "a number of seconds such as 1"),
        ("PAYUNG_HTTP_PAUSE_SECONDS", "nan", "a number of seconds such as 1"),
        ("PAYUNG_HTTP_PAUSE_SECONDS", "inf", "a number of seconds such as 1"),
        ("PAYUNG_CONTACT", "thống kê", "an e-mail or web address in plain ASCII"),
        ("PAYUNG_CONTACT", "a\x07b", "an e-mail or web address in plain ASCII"),
        ("PAYUNG_SMTP_PORT", "smtp", "a number such as 587"),
        ("PAYUNG_SMTP_PORT", "65536", "a number such as 587"),
        ("PAYUNG_SMTP_STARTTLS", "maybe", "auto, yes or no"),
        ("PAYUNG_NOW", "soon", "a day such as 2030-01-01 or a moment such as 2030-01-01T12:00:00Z, UTC"),
    ],
)
def test_a_wrong_value_is_one_message(name: str, value: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    message = f"{name}: found {value!r}, expected {expected}."
    field = variables()[name]
    with pytest.raises(SettingsError) as caught:
        read(field)
    assert str(caught.value) == message
    assert wrong_variables() == [message]
    others = sorted(set(Settings.model_fields) - {field})
    assert getattr(read(*others), field) == Settings.model_fields[field].default, (
        "a variable that is not needed stops nothing"
    )


def test_all_that_is_wrong_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYUNG_SMTP_PORT", "x")
    monkeypatch.setenv("PAYUNG_KEEP_RELEASES", "y")
    with pytest.raises(SettingsError, match=r"PAYUNG_KEEP_RELEASES: found 'y'.*\nPAYUNG_SMTP_PORT: found 'x'"):
        read()


def test_a_secret_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYUNG_WEBHOOK_URL", "secretsecret")
    monkeypatch.setenv("PAYUNG_SMTP_PASSWORD", "hushhush")
    assert wrong_variables() == ["PAYUNG_WEBHOOK_URL: expected an address such as https://host/path."]
    assert "hushhush" not in repr(read("smtp_password"))
    monkeypatch.setenv("PAYUNG_WEBHOOK_URL", " https://example.org/secretsecret ")
    assert "secretsecret" not in repr(read())
    address = read().webhook_url
    assert address is not None
    assert address.get_secret_value() == "https://example.org/secretsecret"


def test_a_providers_address_is_declared_by_its_file_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    names = registry.address_variables()
    assert len(names) >= 5
    text = (ROOT / "indicator_defs" / "system" / "settings.py").read_text(encoding="utf-8").lower()
    assert [p for p in registry.providers() if p in text] == [], "the shared model knows no provider"
    spec = registry.provider("un_wpp")
    (endpoint,) = spec.endpoints
    assert endpoint.address() == endpoint.base_url.rstrip("/")
    monkeypatch.setenv(endpoint.environment, "http://127.0.0.1:8000/wpp/")
    assert endpoint.address() == "http://127.0.0.1:8000/wpp"
    assert unknown_variables(names) == []
    monkeypatch.setenv(endpoint.environment, "127.0.0.1:8000")
    with pytest.raises(
        SettingsError, match=r"PAYUNG_UN_WPP_URL: found '127\.0\.0\.1:8000', expected an address such as"
    ):
        endpoint.address()


def test_unknown_variables_are_named_with_the_near_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PAYUNG_HOEM", "payung_home", "PAYUNG_UNWPP_URL", "PAYUNG_ZZZ", "PAYUNGHOME", "OTHER"):
        monkeypatch.setenv(name, "x")
    found = {message.split(" ")[0]: message for message in unknown_variables(registry.address_variables())}
    assert sorted(found) == ["PAYUNG_HOEM", "PAYUNG_UNWPP_URL", "PAYUNG_ZZZ", "payung_home"]
    assert "near it: PAYUNG_HOME." in found["PAYUNG_HOEM"]
    assert "near it: PAYUNG_HOME." in found["payung_home"]
    assert "near it: PAYUNG_UN_WPP_URL" in found["PAYUNG_UNWPP_URL"]
    assert "near it" not in found["PAYUNG_ZZZ"]


def test_the_command_line_names_them_once_and_goes_on(tmp_path: Path) -> None:
    more = {"PAYUNG_KEEP_RELEASE": "3", "PAYUNG_UN_WPP_URL": "http://127.0.0.1:9"}
    ran = run_payung(tmp_path / "home", "releases", "list", more=more)
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr.count("PAYUNG_KEEP_RELEASE ") == 1
    assert "nothing reads it; near it: PAYUNG_KEEP_RELEASES." in ran.stderr
    assert "PAYUNG_UN_WPP_URL" not in ran.stderr


def test_status_lists_what_is_wrong_and_what_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYUNG_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PAYUNG_SMTP_PORT", "smtp")
    monkeypatch.setenv("PAYUNG_HOST", "x")
    ran = CliRunner().invoke(main, ["status", "--json"])
    assert ran.exit_code == 4
    needs = json.loads(ran.stdout)["attention"]
    assert "PAYUNG_SMTP_PORT: found 'smtp', expected a number such as 587." in needs
    assert any(a.startswith("PAYUNG_HOST is set, and nothing reads it; near it: PAYUNG_") for a in needs)
    assert ran.stderr == "", "said once"


def test_a_wrong_home_or_moment_ends_in_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYUNG_NOW", "soon")
    ran = CliRunner().invoke(main, ["status"])
    assert ran.exit_code == 1
    assert ran.stderr.startswith("payung: PAYUNG_NOW: found 'soon', expected a day")
    monkeypatch.delenv("PAYUNG_NOW")
    assert find_home().path == (ROOT / "var").resolve()


def test_no_variable_is_named_in_the_product_that_the_model_does_not_know() -> None:
    """So a message or a help text names none that does nothing."""
    known = {*variables(), *registry.address_variables(), "PAYUNG_INDEX"}  # the last is a name of JavaScript
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*"):
            if path.suffix in (".py", ".yaml", ".sql"):
                assert set(NAME.findall(path.read_text(encoding="utf-8"))) <= known, path


def test_every_variable_is_in_the_table_of_operations() -> None:
    """The table is made by docs/make.py; that it is up to date is held by tests/docs."""
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `(PAYUNG_[A-Z_]+)` \|", text, re.M))
    assert rows == {*variables(), *registry.address_variables()}
    for path in (ROOT / "docs").glob("*.md"):
        assert set(NAME.findall(path.read_text(encoding="utf-8"))) <= rows, path.name

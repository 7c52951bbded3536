"""The settings: one model, one message for each invalid value, and unknown variables with similar ones."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from messages import Content, assert_reports
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
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in settings.for_child():
        if name.startswith(settings.PREFIX):
            monkeypatch.delenv(name)


def test_settings_without_variables_are_the_defaults() -> None:
    defaults = {n: f.get_default(call_default_factory=True) for n, f in Settings.model_fields.items()}
    assert read().model_dump() == defaults
    assert (wrong_variables(), unknown_variables()) == ([], [])


@pytest.mark.parametrize("name", sorted(variables()))
def test_empty_variable_counts_as_not_set(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = read()
    monkeypatch.setenv(name, "")
    assert read() == before


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("PAYUNG_KEEP_RELEASES", "many", "whole number, 1 or more"),
        ("PAYUNG_KEEP_RELEASES", "0", "whole number, 1 or more"),
        ("PAYUNG_KEEP_RELEASES", "2.5", "whole number, 1 or more"),
        ("PAYUNG_HTTP_PAUSE_SECONDS", "soon", "number of seconds"),
        ("PAYUNG_HTTP_PAUSE_SECONDS", "-1", "number of seconds"),
        ("PAYUNG_HTTP_PAUSE_SECONDS", "nan", "number of seconds"),
        ("PAYUNG_HTTP_PAUSE_SECONDS", "inf", "number of seconds"),
        ("PAYUNG_CONTACT", "thống kê", ("e-mail or web address", "ASCII")),
        ("PAYUNG_CONTACT", "a\x07b", ("e-mail or web address", "ASCII")),
        ("PAYUNG_SMTP_PORT", "smtp", "a number such as 587"),
        ("PAYUNG_SMTP_PORT", "65536", "a number such as 587"),
        ("PAYUNG_SMTP_STARTTLS", "maybe", "auto, yes or no"),
        ("PAYUNG_NOW", "soon", ("2030-01-01 ", "2030-01-01T12:00:00Z, UTC")),
    ],
)
def test_invalid_value_is_one_message(
    name: str, value: str, expected: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    field = variables()[name]
    with pytest.raises(SettingsError) as caught:
        read(field)
    message = str(caught.value)
    assert_reports(message, place=f"{name}:", found=f"found {value!r}", expected=expected)
    assert wrong_variables() == [message]
    others = sorted(set(Settings.model_fields) - {field})
    assert getattr(read(*others), field) == Settings.model_fields[field].default, (
        "a variable that is not needed is not an error"
    )


def test_all_invalid_variables_are_reported_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYUNG_SMTP_PORT", "x")
    monkeypatch.setenv("PAYUNG_KEEP_RELEASES", "y")
    with pytest.raises(SettingsError) as caught:
        read()
    keep_releases, smtp_port = str(caught.value).splitlines()
    assert_reports(keep_releases, place="PAYUNG_KEEP_RELEASES:", found="'y'")
    assert_reports(smtp_port, place="PAYUNG_SMTP_PORT:", found="'x'")


def test_secrets_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYUNG_WEBHOOK_URL", "secretsecret")
    monkeypatch.setenv("PAYUNG_SMTP_PASSWORD", "hushhush")
    (message,) = wrong_variables()
    assert_reports(message, place="PAYUNG_WEBHOOK_URL:", expected="https://host/path")
    assert "secretsecret" not in message
    assert "hushhush" not in repr(read("smtp_password"))
    monkeypatch.setenv("PAYUNG_WEBHOOK_URL", " https://example.org/secretsecret ")
    assert "secretsecret" not in repr(read())
    address = read().webhook_url
    assert address is not None
    assert address.get_secret_value() == "https://example.org/secretsecret"


def test_address_of_a_provider_is_declared_in_its_file_only(monkeypatch: pytest.MonkeyPatch) -> None:
    names = registry.address_variables()
    assert len(names) >= 5
    text = (ROOT / "indicator_defs" / "system" / "settings.py").read_text(encoding="utf-8").lower()
    assert [p for p in registry.providers() if p in text] == [], "the shared model names no provider"
    spec = registry.provider("un_wpp")
    (endpoint,) = spec.endpoints
    assert endpoint.address() == endpoint.base_url.rstrip("/")
    monkeypatch.setenv(endpoint.environment, "http://127.0.0.1:8000/wpp/")
    assert endpoint.address() == "http://127.0.0.1:8000/wpp"
    assert unknown_variables(names) == []
    monkeypatch.setenv(endpoint.environment, "127.0.0.1:8000")
    with pytest.raises(SettingsError) as caught:
        endpoint.address()
    message = str(caught.value)
    assert_reports(message, place="PAYUNG_UN_WPP_URL:", found="'127.0.0.1:8000'", expected="https://host/path")


def test_unknown_variables_are_reported_with_similar_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PAYUNG_HOEM", "payung_home", "PAYUNG_UNWPP_URL", "PAYUNG_ZZZ", "PAYUNGHOME", "OTHER"):
        monkeypatch.setenv(name, "x")
    found = {message.split(" ")[0]: message for message in unknown_variables(registry.address_variables())}
    assert sorted(found) == ["PAYUNG_HOEM", "PAYUNG_UNWPP_URL", "PAYUNG_ZZZ", "payung_home"]
    assert_reports(found["PAYUNG_HOEM"], remedy=("similar variables: PAYUNG_HOME;", "docs/operations.md"))
    assert_reports(found["payung_home"], remedy="similar variables: PAYUNG_HOME;")
    assert_reports(found["PAYUNG_UNWPP_URL"], remedy="similar variables: PAYUNG_UN_WPP_URL")
    assert_reports(found["PAYUNG_ZZZ"], remedy="docs/operations.md")
    assert "similar" not in found["PAYUNG_ZZZ"]


def test_command_reports_an_unknown_variable_once_and_continues(tmp_path: Path) -> None:
    more = {"PAYUNG_KEEP_RELEASE": "3", "PAYUNG_UN_WPP_URL": "http://127.0.0.1:9"}
    ran = run_payung(tmp_path / "home", "releases", "list", more=more)
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr.count("PAYUNG_KEEP_RELEASE ") == 1
    assert_reports(ran.stderr, found="PAYUNG_KEEP_RELEASE ", remedy="PAYUNG_KEEP_RELEASES;")
    assert "PAYUNG_UN_WPP_URL" not in ran.stderr


def test_status_lists_invalid_and_unknown_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYUNG_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PAYUNG_SMTP_PORT", "smtp")
    monkeypatch.setenv("PAYUNG_HOST", "x")
    ran = CliRunner().invoke(main, ["status", "--json"])
    assert ran.exit_code == 4
    attention = json.loads(ran.stdout)["attention"]
    (invalid,) = [message for message in attention if message.startswith("PAYUNG_SMTP_PORT: ")]
    assert_reports(invalid, found="'smtp'", expected="587")
    (unknown,) = [message for message in attention if message.startswith("PAYUNG_HOST is set")]
    assert_reports(unknown, remedy="similar variables: PAYUNG_")
    assert ran.stderr == "", "not reported twice"


def test_invalid_home_or_time_is_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYUNG_NOW", "soon")
    ran = CliRunner().invoke(main, ["status"])
    assert ran.exit_code == 1
    assert ran.stderr.startswith("payung: PAYUNG_NOW: ")
    assert_reports(ran.stderr, found="'soon'", expected="2030-01-01")
    monkeypatch.delenv("PAYUNG_NOW")
    assert find_home().path == (ROOT / "var").resolve()


def test_every_variable_named_in_the_product_is_a_setting() -> None:
    """So that messages and help texts name no variable without effect."""
    names = {*variables(), *registry.address_variables(), "PAYUNG_INDEX"}  # the last is a name of JavaScript
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*"):
            if path.suffix in (".py", ".yaml", ".sql"):
                assert set(NAME.findall(path.read_text(encoding="utf-8"))) <= names, path


def test_every_variable_is_in_the_table_of_operations() -> None:
    """The table is made by docs/make.py; tests/docs checks that it is up to date."""
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `(PAYUNG_[A-Z_]+)` \|", text, re.M))
    assert rows == {*variables(), *registry.address_variables()}
    for path in (ROOT / "docs").glob("*.md"):
        assert set(NAME.findall(path.read_text(encoding="utf-8"))) <= rows, path.name

"""The settings: every PAYUNG_ variable of the environment, in one model.

Belongs here: name, meaning, default and check of each variable; which variables are unknown; the environment of others
(Dagster, child processes) that Payung sets or reads.
Does not belong here: which providers there are (sources/*.yaml names the variables of their addresses), and what a
setting is used for.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from indicator_defs.errors import PayungError

PREFIX = "PAYUNG_"
# Variables of this form replace a provider's address; which of them there are is said in sources/*.yaml.
ADDRESS = r"^PAYUNG_[A-Z0-9_]+_URL$"
_ADDRESSES = "PAYUNG_..._URL"
_EXPECTED_ADDRESS = "an address such as https://host/path"


class SettingsError(PayungError):
    """A variable of the environment is missing or wrong; the message names it, what was found and what was expected."""


def _moment(value: Any) -> Any:
    """A day (2030-01-01) or a moment (2030-01-01T12:00:00Z; UTC where it names no zone)."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    is_day = len(text) <= len("2030-01-01")
    moment = datetime.fromisoformat(text)
    if not 1900 <= moment.year <= 9000:  # a due date or a time zone must not leave the calendar of Python
        raise ValueError("not of the years 1900 to 9000")
    if is_day:
        return moment.date()
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _header_text(value: str) -> str:
    text = " ".join(value.split())
    if not text.isascii() or not text.isprintable():
        raise ValueError("not plain ASCII")
    return text


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:  # such as brackets that hold no IPv6 address
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _secret_address(value: SecretStr) -> SecretStr:
    address = value.get_secret_value().strip()
    if not _is_web_address(address):
        raise ValueError("not an address")
    return SecretStr(address)


def _variable(name: str, default: Any, description: str, expected: str) -> Any:
    return Field(
        default=default, validation_alias=name, description=description, json_schema_extra={"expected": expected}
    )


class _Addresses(PydanticBaseSettingsSource):
    """Variables of the form PAYUNG_..._URL that are no field of their own, as `addresses`."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Nothing: the source fills one field, all at once."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """The field `addresses`, under its alias."""
        own = variables()
        return {
            _ADDRESSES: {
                name: value.strip()
                for name, value in os.environ.items()  # noqa: TID251 - the model's own source
                if re.match(ADDRESS, name) and name not in own and value.strip()
            }
        }


class Settings(BaseSettings):
    """What the environment says. A variable that is empty counts as not set."""

    model_config = SettingsConfigDict(
        case_sensitive=True, env_ignore_empty=True, extra="ignore", frozen=True, str_strip_whitespace=True
    )

    home: Path | None = _variable(
        "PAYUNG_HOME",
        None,
        "Folder of everything that is not code; by default `var/` in a checkout, else `payung/` in `$XDG_DATA_HOME`.",
        "a folder",
    )
    keep_releases: Annotated[int, Field(ge=1)] | None = _variable(
        "PAYUNG_KEEP_RELEASES",
        None,
        "How many of the newest releases `payung releases prune` keeps where `--keep` does not say it.",
        "a whole number, 1 or more",
    )
    contact: Annotated[str, AfterValidator(_header_text)] = _variable(
        "PAYUNG_CONTACT",
        "",
        "E-mail or web address that providers see, so that they can write instead of blocking you.",
        "an e-mail or web address in plain ASCII",
    )
    http_pause_seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)] = _variable(
        "PAYUNG_HTTP_PAUSE_SECONDS",
        1.0,
        "Pause before the second try of a request; it doubles with each further one.",
        "a number of seconds such as 1",
    )
    addresses: dict[str, str] = Field(
        default_factory=dict,
        validation_alias=_ADDRESSES,
        description="Another base address of a provider; its file in `sources/` names the variable.",
        json_schema_extra={"expected": _EXPECTED_ADDRESS},
    )
    smtp_host: str = _variable("PAYUNG_SMTP_HOST", "", "Mail server of the notices; not set: no mail.", "a host name")
    smtp_port: Annotated[int, Field(ge=1, le=65535)] = _variable(
        "PAYUNG_SMTP_PORT", 587, "Its port; 465 uses TLS from the start.", "a number such as 587"
    )
    smtp_from: str = _variable("PAYUNG_SMTP_FROM", "", "Sender of the notices.", "an e-mail address")
    smtp_to: str = _variable(
        "PAYUNG_SMTP_TO", "", "Receivers of the notices, separated by commas.", "e-mail addresses separated by commas"
    )
    smtp_user: str = _variable(
        "PAYUNG_SMTP_USER", "", "Log-in, where the mail server wants one; never sent without TLS.", "a name"
    )
    smtp_password: SecretStr = _variable("PAYUNG_SMTP_PASSWORD", SecretStr(""), "Its password.", "a password")
    smtp_starttls: Annotated[Literal["auto", "yes", "no"], BeforeValidator(lambda v: str(v).strip().lower())] = (
        _variable(
            "PAYUNG_SMTP_STARTTLS",
            "auto",
            "`auto`: TLS where the server offers it; `yes`: required; `no`: never.",
            "auto, yes or no",
        )
    )
    webhook_url: Annotated[SecretStr, AfterValidator(_secret_address)] | None = _variable(
        "PAYUNG_WEBHOOK_URL",
        None,
        "Address that takes a notice as a POST of JSON; it is a secret and never written to a log.",
        _EXPECTED_ADDRESS,
    )
    now: Annotated[datetime | date, BeforeValidator(_moment)] | None = _variable(
        "PAYUNG_NOW",
        None,
        "For tests and trials only: the day (with the machine's time of day) or the moment that Payung takes for now. "
        "Releases made with it are dated by it.",
        "a day such as 2030-01-01 or a moment such as 2030-01-01T12:00:00Z, UTC",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment alone: no .env file and no folder of secrets."""
        return init_settings, _Addresses(settings_cls), env_settings

    def address(self, variable: str, default: str) -> str:
        """The base address that a variable gives, else the default; without a slash at the end.

        Raises SettingsError where the variable holds no address.
        """
        given = self.addresses.get(variable)
        if given is not None and not _is_web_address(given):
            raise SettingsError(f"{variable}: found {given!r}, expected {_EXPECTED_ADDRESS}.")
        return (given or default).rstrip("/")


def variables() -> dict[str, str]:
    """The variables of the model, with the field of each; those of providers' addresses are not among them."""
    return {
        str(f.validation_alias): name for name, f in Settings.model_fields.items() if f.validation_alias != _ADDRESSES
    }


def read(*needed: str) -> Settings:
    """The settings as the environment has them now.

    `needed`: the fields that are asked for; all, where none is named. Raises SettingsError naming each of them whose
    variable is wrong; a wrong variable that is not needed has its default, and `wrong` names it.
    """
    try:
        return Settings()
    except ValidationError as error:
        faults = _faults(error)
    asked = {name: text for name, text in faults.items() if not needed or variables().get(name) in needed}
    if asked:
        raise SettingsError("\n".join(asked.values()))
    return Settings(**{name: Settings.model_fields[variables()[name]].default for name in faults})


def wrong() -> list[str]:
    """What is wrong with the variables that are set, a message each; empty where nothing is."""
    try:
        Settings()
    except ValidationError as error:
        return list(_faults(error).values())
    return []


def _faults(error: ValidationError) -> dict[str, str]:
    """Variable and message of each fault. What a secret holds is not shown."""
    out = {}
    for fault in error.errors(include_url=False):
        name = str(fault["loc"][0])
        field = Settings.model_fields[variables()[name]]
        extra = field.json_schema_extra
        expected = extra["expected"] if isinstance(extra, dict) else ""
        found = "" if "SecretStr" in str(field.annotation) else f"found {os.environ.get(name)!r}, "  # noqa: TID251 - to show it
        out[name] = f"{name}: {found}expected {expected}."
    return out


def unknown(addresses: Collection[str] = ()) -> list[str]:
    """Variables of the environment that begin like ours and that nothing reads, a message each with the near ones.

    `addresses`: the variables of the providers' addresses (sources/registry.py).
    """
    known = sorted({*variables(), *addresses})
    out = []
    for name in sorted(os.environ):  # noqa: TID251 - the names alone
        if name.upper().startswith(PREFIX) and name not in known:
            bare = {k.removeprefix(PREFIX): k for k in known}
            near = [bare[n] for n in difflib.get_close_matches(name.upper().removeprefix(PREFIX), bare, n=3)]
            out.append(
                f"{name} is set, and nothing reads it; "
                + (f"near it: {', '.join(near)}. " if near else "")
                + "All variables: docs/operations.md"
            )
    return out


def hand_on(**variables_of_others: str) -> None:
    """Sets variables for this process, its libraries and its children, as Dagster's home and our own."""
    os.environ.update(variables_of_others)  # noqa: TID251 - they read it there


def for_child(**more: str) -> dict[str, str]:
    """The environment of a child process: this one's, and more."""
    return {**os.environ, **more}  # noqa: TID251 - a child inherits all of it


def of_system(name: str) -> str | None:
    """A variable that is not ours, as XDG_STATE_HOME or DAGSTER_HOME; None where it is not set or empty."""
    return os.environ.get(name) or None  # noqa: TID251 - not a setting of ours


@contextmanager
def environment_aside(*names: str, **instead: str) -> Iterator[None]:
    """While a library of others is loaded: without some of its variables, or with others; afterwards as before."""
    before = dict(os.environ)  # noqa: TID251 - to put it back
    for name in names:
        os.environ.pop(name, None)  # noqa: TID251 - the library reads it there
    os.environ.update(instead)  # noqa: TID251 - the library reads it there
    try:
        yield
    finally:
        for name in (*names, *instead):
            os.environ.pop(name, None)  # noqa: TID251
            if name in before:
                os.environ[name] = before[name]  # noqa: TID251

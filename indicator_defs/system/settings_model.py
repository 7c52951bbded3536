"""The model of the settings: every PAYUNG_ variable of the environment with its meaning, default and check.

Belongs here: the fields and how their texts are read.
Does not belong here: reading them, which variables are unknown, and the environment of others (settings.py, which loads
this module where a setting is needed: it takes a tenth of a second).
"""

from __future__ import annotations

import os
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

# Variables of this form replace a provider's address; which of them there are is said in sources/providers/*.yaml.
ADDRESS = r"^PAYUNG_[A-Z0-9_]+_URL$"
_ADDRESSES = "PAYUNG_..._URL"
EXPECTED_ADDRESS = "an address such as https://host/path"


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


def is_web_address(text: str) -> bool:
    """Whether a text is an http or https address with a host."""
    try:
        parts = urlsplit(text)
    except ValueError:  # such as brackets that hold no IPv6 address
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _secret_address(value: SecretStr) -> SecretStr:
    address = value.get_secret_value().strip()
    if not is_web_address(address):
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
        json_schema_extra={"expected": EXPECTED_ADDRESS},
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
        EXPECTED_ADDRESS,
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


def variables() -> dict[str, str]:
    """The variables of the model, with the field of each; those of providers' addresses are not among them."""
    return {
        str(f.validation_alias): name for name, f in Settings.model_fields.items() if f.validation_alias != _ADDRESSES
    }

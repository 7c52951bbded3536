"""The model of the settings: every PAYUNG_ environment variable with its meaning, default and check.

settings.py imports this module only when a setting is needed, because the import takes a tenth of a second.
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

# The form of variables that replace a provider's address; sources/providers/*.yaml has their names.
ADDRESS = r"^PAYUNG_[A-Z0-9_]+_URL$"
_ADDRESSES = "PAYUNG_..._URL"
EXPECTED_ADDRESS = "an address such as https://host/path"


def _moment(value: Any) -> Any:
    """A date (2030-01-01) or a time (2030-01-01T12:00:00Z; UTC if it has no time zone)."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    is_day = len(text) <= len("2030-01-01")
    moment = datetime.fromisoformat(text)
    if not 1900 <= moment.year <= 9000:  # so that due dates and time zones stay within Python's range of dates
        raise ValueError("the year is not from 1900 to 9000")
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
    except ValueError:  # such as brackets without an IPv6 address
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
    """The source of the field `addresses`: variables of the form PAYUNG_..._URL without a field of their own."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Not used: this source sets one field as a whole."""
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
    """The settings from the environment. An empty variable counts as not set."""

    model_config = SettingsConfigDict(
        case_sensitive=True, env_ignore_empty=True, extra="ignore", frozen=True, str_strip_whitespace=True
    )

    home: Path | None = _variable(
        "PAYUNG_HOME",
        None,
        "Folder of all data and results; by default `var/` in a checkout, otherwise `payung/` in `$XDG_DATA_HOME`.",
        "a folder",
    )
    keep_releases: Annotated[int, Field(ge=1)] | None = _variable(
        "PAYUNG_KEEP_RELEASES",
        None,
        "Number of newest releases that `payung releases prune` keeps if `--keep` is not given.",
        "a whole number, 1 or more",
    )
    contact: Annotated[str, AfterValidator(_header_text)] = _variable(
        "PAYUNG_CONTACT",
        "",
        "E-mail or web address sent to providers with each request, so that they can contact you.",
        "an e-mail or web address in plain ASCII",
    )
    http_pause_seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)] = _variable(
        "PAYUNG_HTTP_PAUSE_SECONDS",
        1.0,
        "Pause before the second attempt of a request, in seconds; it doubles with each further attempt.",
        "a number of seconds such as 1",
    )
    addresses: dict[str, str] = Field(
        default_factory=dict,
        validation_alias=_ADDRESSES,
        description="Other base address of a provider; the variable is named in `sources/providers/NAME.yaml`.",
        json_schema_extra={"expected": EXPECTED_ADDRESS},
    )
    smtp_host: str = _variable(
        "PAYUNG_SMTP_HOST", "", "Mail server for notices; without it no mail is sent.", "a host name"
    )
    smtp_port: Annotated[int, Field(ge=1, le=65535)] = _variable(
        "PAYUNG_SMTP_PORT", 587, "Port of the mail server; 465 uses TLS from the start.", "a number such as 587"
    )
    smtp_from: str = _variable("PAYUNG_SMTP_FROM", "", "Sender of notices.", "an e-mail address")
    smtp_to: str = _variable(
        "PAYUNG_SMTP_TO", "", "Recipients of notices, separated by commas.", "e-mail addresses separated by commas"
    )
    smtp_user: str = _variable(
        "PAYUNG_SMTP_USER", "", "User name, if the mail server requires one; never sent without TLS.", "a name"
    )
    smtp_password: SecretStr = _variable("PAYUNG_SMTP_PASSWORD", SecretStr(""), "Password of the user.", "a password")
    smtp_starttls: Annotated[Literal["auto", "yes", "no"], BeforeValidator(lambda v: str(v).strip().lower())] = (
        _variable(
            "PAYUNG_SMTP_STARTTLS",
            "auto",
            "`auto`: TLS if the server offers it; `yes`: TLS is required; `no`: no TLS.",
            "auto, yes or no",
        )
    )
    webhook_url: Annotated[SecretStr, AfterValidator(_secret_address)] | None = _variable(
        "PAYUNG_WEBHOOK_URL",
        None,
        "Address to which notices are sent as JSON (POST); it is a secret and is never logged.",
        EXPECTED_ADDRESS,
    )
    now: Annotated[datetime | date, BeforeValidator(_moment)] | None = _variable(
        "PAYUNG_NOW",
        None,
        "For tests only: the date (with the machine's time of day) or the time that Payung uses as the current time. "
        "Releases are dated with it.",
        "a date such as 2030-01-01 or a time such as 2030-01-01T12:00:00Z, UTC",
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
        """Reads only the environment, without .env files and folders of secrets."""
        return init_settings, _Addresses(settings_cls), env_settings


def variables() -> dict[str, str]:
    """The field of each variable, without the variables of the providers' addresses."""
    return {
        str(f.validation_alias): name for name, f in Settings.model_fields.items() if f.validation_alias != _ADDRESSES
    }

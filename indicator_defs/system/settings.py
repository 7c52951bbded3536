"""Environment variables: the settings of Payung (PAYUNG_...), and variables of other programs that it reads or sets.

The name, meaning and check of each setting is in settings_model.py; the variables of the providers' addresses are named in
sources/providers/*.yaml.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from indicator_defs.errors import PayungError

if TYPE_CHECKING:
    from pydantic import ValidationError

    from indicator_defs.system.settings_model import Settings

PREFIX = "PAYUNG_"


class SettingsError(PayungError):
    """An environment variable is invalid; the message gives its name, what was found and what was expected."""


def read(*needed: str) -> Settings:
    """The current settings of the environment.

    `needed`: the fields that are needed, by default all. Raises SettingsError with all needed variables that are invalid.
    An invalid variable that is not needed gets its default value; `wrong_variables` reports it.
    """
    from pydantic import ValidationError  # imported late, because `payung --help` reads no settings

    from indicator_defs.system.settings_model import Settings, variables

    try:
        return Settings()
    except ValidationError as error:
        faults = _faults(error)
    of_needed = {name: text for name, text in faults.items() if not needed or variables().get(name) in needed}
    if of_needed:
        raise SettingsError("\n".join(of_needed.values()))
    return Settings(**{name: Settings.model_fields[variables()[name]].default for name in faults})


def address(variable: str, default: str) -> str:
    """The base address in a provider's variable, or the default; without a slash at the end.

    Raises SettingsError if the variable is not a web address.
    """
    from indicator_defs.system.settings_model import EXPECTED_ADDRESS, is_web_address

    value = read("addresses").addresses.get(variable)
    if value is not None and not is_web_address(value):
        raise SettingsError(_fault_text(variable, value, EXPECTED_ADDRESS))
    return (value or default).rstrip("/")


def wrong_variables() -> list[str]:
    """A message for each variable with an invalid value."""
    from pydantic import ValidationError

    from indicator_defs.system.settings_model import Settings

    try:
        Settings()
    except ValidationError as error:
        return list(_faults(error).values())
    return []


def _fault_text(variable: str, value: str | None, expected: str) -> str:
    """The message about an invalid value. `value`: None for a secret, whose value is not shown."""
    found = "" if value is None else f"found {value!r}, "
    return f"{variable}: {found}expected {expected}."


def _faults(error: ValidationError) -> dict[str, str]:
    """The messages about invalid values, by variable."""
    from indicator_defs.system.settings_model import Settings, variables

    out = {}
    for fault in error.errors(include_url=False):
        name = str(fault["loc"][0])
        field = Settings.model_fields[variables()[name]]
        extra = field.json_schema_extra
        expected = str(extra["expected"]) if isinstance(extra, dict) else ""
        value = None if "SecretStr" in str(field.annotation) else os.environ.get(name)  # noqa: TID251 - for the message
        out[name] = _fault_text(name, value, expected)
    return out


def unknown_variables(addresses: Collection[str] = ()) -> list[str]:
    """A message, with similar names, for each environment variable that begins with PAYUNG_ and is not a setting.

    `addresses`: the variables of the providers' addresses (sources/registry.py).
    """
    ours = sorted(name for name in os.environ if name.upper().startswith(PREFIX))  # noqa: TID251 - the names alone
    if not ours:
        return []
    from indicator_defs.system.settings_model import variables

    names = sorted({*variables(), *addresses})
    out = []
    for name in ours:
        if name not in names:
            bare = {k.removeprefix(PREFIX): k for k in names}
            similar = [bare[n] for n in difflib.get_close_matches(name.upper().removeprefix(PREFIX), bare, n=3)]
            hint = f"similar variables: {', '.join(similar)}; " if similar else ""
            out.append(f"{name} is set but is not a setting of Payung; {hint}all variables: docs/operations.md")
    return out


def set_variables(**variables_of_others: str) -> None:
    """Sets environment variables for this process, its libraries and its child processes."""
    os.environ.update(variables_of_others)  # noqa: TID251 - libraries read it there


def for_child(**more: str) -> dict[str, str]:
    """The environment of a child process: that of this process, with additions."""
    return {**os.environ, **more}  # noqa: TID251 - a child inherits all of it


def of_system(name: str) -> str | None:
    """A variable of another program, such as XDG_STATE_HOME or DAGSTER_HOME; None if it is not set or empty."""
    return os.environ.get(name) or None  # noqa: TID251 - not a setting of ours


@contextmanager
def environment_aside(*names: str, **instead: str) -> Iterator[None]:
    """Within the block, the environment without the variables `names` and with those of `instead`; then restored."""
    before = dict(os.environ)  # noqa: TID251 - to put it back
    for name in names:
        os.environ.pop(name, None)  # noqa: TID251 - the library reads it there
    os.environ.update(instead)  # noqa: TID251 - the library reads it there
    try:
        yield
    finally:
        for name in (*names, *instead):
            os.environ.pop(name, None)  # noqa: TID251 - as it was before
            if name in before:
                os.environ[name] = before[name]  # noqa: TID251 - as it was before

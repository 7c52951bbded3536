"""The settings of the environment: reading them, what is wrong or unknown, and the variables of others.

Belongs here: the door to the PAYUNG_ variables, and to the variables of others (Dagster, child processes) that Payung
sets or reads.
Does not belong here: name, meaning and check of each setting (settings_model.py), which providers there are
(sources/providers/*.yaml names the variables of their addresses), and what a setting is used for.
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
    """A variable of the environment is missing or wrong; the message names it, what was found and what was expected."""


def read(*needed: str) -> Settings:
    """The settings as the environment has them now.

    `needed`: the fields that are needed; all, where none is named. Raises SettingsError naming each of them whose
    variable is wrong; a wrong variable that is not needed has its default, and `wrong_variables` names it.
    """
    from pydantic import ValidationError  # late: `payung --help` reads no setting

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
    """The base address that a provider's variable gives, else the default; without a slash at the end.

    Raises SettingsError where the variable holds no address.
    """
    from indicator_defs.system.settings_model import EXPECTED_ADDRESS, is_web_address

    value = read("addresses").addresses.get(variable)
    if value is not None and not is_web_address(value):
        raise SettingsError(f"{variable}: found {value!r}, expected {EXPECTED_ADDRESS}.")
    return (value or default).rstrip("/")


def wrong_variables() -> list[str]:
    """What is wrong with the variables that are set, a message each; empty where nothing is."""
    from pydantic import ValidationError

    from indicator_defs.system.settings_model import Settings

    try:
        Settings()
    except ValidationError as error:
        return list(_faults(error).values())
    return []


def _faults(error: ValidationError) -> dict[str, str]:
    """Variable and message of each fault. What a secret holds is not shown."""
    from indicator_defs.system.settings_model import Settings, variables

    out = {}
    for fault in error.errors(include_url=False):
        name = str(fault["loc"][0])
        field = Settings.model_fields[variables()[name]]
        extra = field.json_schema_extra
        expected = extra["expected"] if isinstance(extra, dict) else ""
        found = "" if "SecretStr" in str(field.annotation) else f"found {os.environ.get(name)!r}, "  # noqa: TID251 - to show it
        out[name] = f"{name}: {found}expected {expected}."
    return out


def unknown_variables(addresses: Collection[str] = ()) -> list[str]:
    """Variables of the environment that begin like ours and that nothing reads, a message each with the near ones.

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
            near = [bare[n] for n in difflib.get_close_matches(name.upper().removeprefix(PREFIX), bare, n=3)]
            out.append(
                f"{name} is set, and nothing reads it; "
                + (f"near it: {', '.join(near)}. " if near else "")
                + "All variables: docs/operations.md"
            )
    return out


def set_variables(**variables_of_others: str) -> None:
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
            os.environ.pop(name, None)  # noqa: TID251 - as it was before
            if name in before:
                os.environ[name] = before[name]  # noqa: TID251 - as it was before

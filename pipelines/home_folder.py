"""Finds the home folder: $PAYUNG_HOME, or else the default of a checkout or of an installed package."""

from __future__ import annotations

from pathlib import Path

from assets.home import ROOT, Home
from indicator_defs.system import settings
from warehouse.paths import refuse_unusable
from warehouse.release.home_format import refuse_newer


def find_home() -> Home:
    """The home in $PAYUNG_HOME, or else in the folder of `default_home`.

    Raises FormatError if a newer Payung wrote it, PathError if its name cannot be used, and SettingsError if PAYUNG_HOME
    or PAYUNG_NOW is wrong.
    """
    folder = (settings.read("home", "now").home or default_home()).resolve()
    refuse_unusable(folder, "The home")
    refuse_newer(folder)
    return Home(folder)


def default_home() -> Path:
    """The home without $PAYUNG_HOME: var/ in a checkout, payung/ in the user's data folder for an installed package."""
    if (ROOT / "pyproject.toml").is_file():
        return ROOT / "var"
    return Path(settings.of_system("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "payung"

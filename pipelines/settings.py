"""Where things are: the home folder and what Dagster needs of it. Imports nothing heavy."""

from __future__ import annotations

from pathlib import Path

from indicator_defs.system import files, settings
from warehouse.home_format import refuse_newer
from warehouse.paths import refuse_unusable

ROOT = Path(__file__).parent.parent


def home() -> Path:
    """The folder that holds everything that is not code: $PAYUNG_HOME, or else the one of `default_home`.

    Raises FormatError where a newer Payung wrote it, PathError where its name cannot be used, and SettingsError where
    PAYUNG_HOME or PAYUNG_NOW is wrong.
    """
    folder = (settings.read("home", "now").home or default_home()).resolve()
    refuse_unusable(folder, "The home")
    refuse_newer(folder)
    return folder


def default_home() -> Path:
    """The home without $PAYUNG_HOME: var/ in a checkout; payung/ in the user's data folder where it is installed."""
    if (ROOT / "pyproject.toml").is_file():
        return ROOT / "var"
    return Path(settings.of_system("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "payung"


def prepare_dagster(folder: Path) -> None:
    """Makes `folder` Dagster's home (runs, events and logs stay in it) with the project's dagster.yaml.

    Raises OSError where the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    source, target = Path(__file__).parent / "dagster.yaml", folder / "dagster.yaml"
    if not target.exists() or target.read_bytes() != source.read_bytes():
        files.write(target, source.read_bytes())
    settings.hand_on(DAGSTER_HOME=str(folder), DAGSTER_DISABLE_TELEMETRY="yes")

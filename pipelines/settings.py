"""Where things are: the home folder and what Dagster needs of it. Imports nothing heavy."""

from __future__ import annotations

from pathlib import Path

from indicator_defs.system import files, settings
from warehouse.home_format import refuse_newer

ROOT = Path(__file__).parent.parent


def home() -> Path:
    """The folder that holds everything that is not code: $PAYUNG_HOME, by default var/ beside pyproject.toml.

    Raises FormatError where a newer Payung wrote it, SettingsError where PAYUNG_HOME or PAYUNG_NOW is wrong.
    """
    folder = (settings.read("home", "now").home or ROOT / "var").resolve()
    refuse_newer(folder)
    return folder


def prepare_dagster(folder: Path) -> None:
    """Makes `folder` Dagster's home (runs, events and logs stay in it) with the project's dagster.yaml.

    Raises OSError where the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    source, target = ROOT / "dagster.yaml", folder / "dagster.yaml"
    if not target.exists() or target.read_bytes() != source.read_bytes():
        files.write(target, source.read_bytes())
    settings.hand_on(DAGSTER_HOME=str(folder), DAGSTER_DISABLE_TELEMETRY="yes")

"""Where things are: the home folder and what Dagster needs of it. Imports nothing heavy."""

from __future__ import annotations

import errno
import glob
import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from indicator_defs.system import files, settings
from warehouse.paths import refuse_unusable
from warehouse.release.home_format import refuse_newer

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

    Raises OSError where the folder cannot be written, or the link to it is not ours.
    """
    folder.mkdir(parents=True, exist_ok=True)
    source, target = Path(__file__).parent / "dagster.yaml", folder / "dagster.yaml"
    if not target.exists() or target.read_bytes() != source.read_bytes():
        files.write(target, source.read_bytes())
    settings.set_variables(DAGSTER_HOME=str(_without_pattern(folder)), DAGSTER_DISABLE_TELEMETRY="yes")


def _without_pattern(folder: Path) -> Path:
    """The folder, or a link to it where its name holds brackets or stars.

    Dagster takes the path of its dagster.yaml for a pattern: with brackets in it no file is found, and Dagster would go
    on with its own settings (several runs at a time, statistics sent to its makers).
    """
    if glob.escape(str(folder)) == str(folder):
        return folder
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    link = Path(tempfile.gettempdir()).resolve() / f"payung-{os.getuid()}-{name}"
    if not link.is_symlink():
        with suppress(FileExistsError):  # by another process of this home; what else it may be is seen below
            link.symlink_to(folder, target_is_directory=True)
    # the folder of temporary files is open to all users of the machine
    if not link.is_symlink() or link.lstat().st_uid != os.getuid() or link.readlink() != folder:
        raise FileExistsError(errno.EEXIST, f"{link} is not its link to {folder}; remove it", str(link))
    return link

"""Dagster's folder in the home: its settings, runs, events and logs."""

from __future__ import annotations

import errno
import glob
import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from indicator_defs.system import files, settings


def prepare_dagster(folder: Path) -> None:
    """Makes `folder` Dagster's home, which keeps runs, events and logs, with the project's dagster.yaml.

    Raises OSError if the folder cannot be written, or if another user owns the link to it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    source, target = Path(__file__).parent / "dagster.yaml", folder / "dagster.yaml"
    if not target.exists() or target.read_bytes() != source.read_bytes():
        files.write(target, source.read_bytes())
    settings.set_variables(DAGSTER_HOME=str(_without_pattern(folder)), DAGSTER_DISABLE_TELEMETRY="yes")


def _without_pattern(folder: Path) -> Path:
    """The folder, or a link to it if its path contains brackets or stars.

    Dagster reads the path of its dagster.yaml as a glob pattern: with brackets it finds no file and uses its default
    settings (several runs at a time, usage statistics sent to the vendor).
    """
    if glob.escape(str(folder)) == str(folder):
        return folder
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    link = Path(tempfile.gettempdir()).resolve() / f"payung-{os.getuid()}-{name}"
    if not link.is_symlink():
        with suppress(FileExistsError):  # another process of this home made it; the check below covers other causes
            link.symlink_to(folder, target_is_directory=True)
    # every user of the machine can write to the folder of temporary files
    if not link.is_symlink() or link.lstat().st_uid != os.getuid() or link.readlink() != folder:
        raise FileExistsError(
            errno.EEXIST, f"found {link}, expected a link of this user to {folder}; remove it", str(link)
        )
    return link

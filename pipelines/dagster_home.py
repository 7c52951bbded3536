"""The folder of the home that is Dagster's own: its settings, runs, events and logs."""

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

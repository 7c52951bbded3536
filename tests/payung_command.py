"""Runs the command line as a user does: the real `payung` on a separate home, or a copy of the project."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from indicator_defs.system import settings

COMMAND = str(Path(sys.executable).parent / "payung")
Ran = subprocess.CompletedProcess[str]


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a command on a separate home."""
    return settings.for_child(**{"PAYUNG_HOME": str(home), "COLUMNS": "200", **more})


def writable(folder: Path) -> Path:
    """The same folder with writable files; the files of a release are read-only."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            path.chmod(0o644)
    return folder


def run_payung(
    home: Path,
    *arguments: str,
    timeout: int = 180,
    preexec_fn: Callable[[], None] | None = None,
    input: str | None = None,
    more: Mapping[str, str] | None = None,
) -> Ran:
    """Runs the real command on a separate home, with `more` in its environment, in the parent folder of the home."""
    return subprocess.run(
        [COMMAND, *arguments],
        env=environment(home, **(more or {})),
        capture_output=True,
        text=True,
        timeout=timeout,
        cwd=home.parent if home.parent.is_dir() else Path(os.sep),
        check=False,
        preexec_fn=preexec_fn,  # for resource limits only; no threads in the child
        input=input,
    )


@dataclass(frozen=True)
class OwnProject:
    """A copy of the project's packages in a folder, which a test may change."""

    folder: Path

    def run(self, home: Path, *arguments: str) -> Ran:
        """Runs the command line of the copy."""
        return subprocess.run(
            [sys.executable, "-m", "pipelines.cli.main", *arguments],
            env=environment(home, PYTHONPATH=str(self.folder)),
            capture_output=True,
            text=True,
            timeout=180,
            cwd=self.folder,
            check=False,
        )


class Refused(Protocol):
    """Checks that a refresh failed cleanly, and returns its message.

    One message on stderr, no traceback, the exit code, nothing published, no incomplete files, and the previous release
    still readable.
    """

    def __call__(self, ran: Ran, code: int = 1, home: Path = ...) -> str: ...

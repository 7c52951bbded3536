"""The command line as a user runs it: the real `payung` on a home of its own, or a copy of the project.

Belongs here: running it, and the types of the fixtures that do. Does not belong here: homes and expectations.
"""

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
    """The environment of a command on a home of its own."""
    return settings.for_child(**{"PAYUNG_HOME": str(home), "COLUMNS": "200", **more})


def writable(folder: Path) -> Path:
    """The same folder, its files open to their owner again: the files of a release are read-only."""
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
    """Runs the real command on a home of its own, with more in its environment; from the home's parent if it is there."""
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
    """Checks that a refresh failed in good order, and returns its message.

    One message on stderr, no traceback, the exit code, nothing published, nothing half written, and the release of
    before still readable.
    """

    def __call__(self, ran: Ran, code: int = 1, home: Path = ...) -> str: ...

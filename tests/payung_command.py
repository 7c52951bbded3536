"""The command line as a user runs it: the real `payung` on a home of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

COMMAND = str(Path(sys.executable).parent / "payung")


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a command on a home of its own."""
    return {**os.environ, "PAYUNG_HOME": str(home), "COLUMNS": "200", **more}


def run_payung(
    home: Path,
    *arguments: str,
    timeout: int = 180,
    preexec_fn: Callable[[], None] | None = None,
    input: str | None = None,
    **more: str,
) -> subprocess.CompletedProcess[str]:
    """Runs the real command on a home of its own; from the home's parent where that is a folder."""
    return subprocess.run(
        [COMMAND, *arguments],
        env=environment(home, **more),
        capture_output=True,
        text=True,
        timeout=timeout,
        cwd=home.parent if home.parent.is_dir() else Path(os.sep),
        check=False,
        preexec_fn=preexec_fn,  # for resource limits only; no threads in the child
        input=input,
    )

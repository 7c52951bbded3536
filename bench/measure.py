"""Runs a command and measures wall time, processor time and peak memory; also the load of the machine."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median

from indicator_defs.system import settings

ROOT = Path(__file__).parent.parent


class BenchError(Exception):
    """A measured command failed; the message contains its output."""


@dataclass(frozen=True)
class Run:
    """One run of a command: seconds from start to exit, processor seconds, peak memory in MB, and its output."""

    seconds: float
    cpu: float
    peak_mb: float
    output: str


@dataclass(frozen=True)
class Times:
    """Several runs of one command."""

    runs: list[Run]

    @property
    def seconds(self) -> float:
        """Median wall time."""
        return median(r.seconds for r in self.runs)

    @property
    def cpu(self) -> float:
        """Median processor time, which depends less on the load of the machine."""
        return median(r.cpu for r in self.runs)

    @property
    def fastest(self) -> float:
        """Shortest wall time."""
        return min(r.seconds for r in self.runs)

    @property
    def slowest(self) -> float:
        """Longest wall time."""
        return max(r.seconds for r in self.runs)

    @property
    def peak_mb(self) -> float:
        """Largest peak memory."""
        return max(r.peak_mb for r in self.runs)


def run(command: list[str], **environment: str) -> Run:
    """Runs a command from the project's root and measures it. Raises BenchError if it fails.

    Bytecode is allowed, as in the Makefile; without it every start would compile everything again.
    """
    env = settings.for_child(**environment)
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryFile("w+") as out:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=subprocess.STDOUT, text=True)
        _, status, usage = os.wait4(process.pid, 0)  # the usage of this child only
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        output = out.read()
    if process.returncode != 0:
        raise BenchError(f"{' '.join(command)} ended with {process.returncode}:\n{output}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output)


def remove(folder: Path) -> None:
    """Removes a folder and its contents, if it exists."""
    if folder.exists():
        shutil.rmtree(folder)


def repeat(command: list[str], times: int, **environment: str) -> Times:
    """Runs a command several times."""
    return Times([run(command, **environment) for _ in range(times)])


def load() -> str:
    """The load of the machine: the average number of waiting processes during the last minute."""
    return f"{os.getloadavg()[0]:.1f}"


def machine() -> str:
    """The machine and the versions of the measurement."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    libraries = ", ".join(f"{name} {version(name)}" for name in ("dagster", "duckdb", "pandas"))
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}, {libraries}"


_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


def reset_peak() -> bool:
    """Resets the peak memory of this process; False if the system does not support it."""
    try:
        _CLEAR.write_text("5")
    except OSError:
        return False
    return True


def peak_mb() -> float:
    """Peak memory of this process since the last reset."""
    for line in _STATUS.read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise BenchError("the system does not report the peak memory of a process")

"""One refresh at a time in a home: the lock that the command line and the UI share.

Belongs here: taking the lock, and saying who holds it or why it cannot be taken.
Does not belong here: dagster; a refresh that has nothing to do takes the lock too, and must be quick.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from filelock import FileLock, Timeout

from indicator_defs.errors import PayungError
from warehouse.release.home_format import mark, refuse_newer


class LockedError(PayungError):
    """Another refresh is running."""


def refresh_lock(home: Path) -> FileLock:
    """The lock that command line and UI share; the same object within one process, so that it may be taken twice."""
    return FileLock(str(home / "refresh.lock"), timeout=0, is_singleton=True)


def take_lock(home: Path) -> FileLock:
    """Takes the lock or raises LockedError naming the process that holds it; FormatError where the home is newer."""
    refuse_newer(home)
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = refresh_lock(home)
        lock.acquire()
        (home / "refresh.pid").write_text(f"{os.getpid()}\n")
        mark(home, version("payung"))
    except Timeout as error:
        holder = (home / "refresh.pid").read_text().strip() if (home / "refresh.pid").exists() else "unknown"
        raise LockedError(
            f"A refresh is running (process {holder}). Wait until it has finished, or end that process; "
            "nothing was changed."
        ) from error
    except OSError as error:
        refresh_lock(home).release()
        raise not_writable(home, error) from error
    return lock


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """Holds the lock for the length of a block; raises what `take_lock` raises."""
    lock = take_lock(home)
    try:
        yield
    finally:
        lock.release()


def not_writable(home: Path, error: OSError) -> PayungError:
    """The error of a home that takes no writing, with what to do."""
    return PayungError(
        f"The folder {home} cannot be written: {error.strerror or error}. Make it writable, or set PAYUNG_HOME to "
        "another folder."
    )

"""The lock of a home, shared by the command line and the UI: one refresh at a time.

Does not import dagster: a refresh with nothing to do takes the lock too, and must be quick.
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
    """The lock of a home; one object per process, so that the process can take it more than once."""
    return FileLock(str(home / "refresh.lock"), timeout=0, is_singleton=True)


def take_lock(home: Path) -> FileLock:
    """Takes the lock. Raises LockedError naming the process that holds it, FormatError if a newer Payung wrote the home."""
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
    """Holds the lock within the block; raises what `take_lock` raises."""
    lock = take_lock(home)
    try:
        yield
    finally:
        lock.release()


def not_writable(home: Path, error: OSError) -> PayungError:
    """The error of a home that cannot be written, with the remedy."""
    return PayungError(
        f"The folder {home} cannot be written: {error.strerror or error}. Make it writable, or set PAYUNG_HOME to "
        "another folder."
    )

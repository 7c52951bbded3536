"""Cache of downloaded pages for the next attempt, until the dataset is complete.

Belongs here: the work folder of one dataset below the store, the release mark and the lifetime of its pages.
Does not belong here: downloading pages (fetching.py), and snapshots, which are permanent (snapshots.py).
"""

from __future__ import annotations

import hashlib
import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path

from indicator_defs.system import files
from sources.http import HttpAnswer
from sources.parsing import SourceError

# First bytes of a cached page: the version of its format. Pages of older versions are downloaded again.
PAGE_FORMAT = "2 "
# How long the pages of a failed fetch stay usable.
PAGE_LIFETIME = timedelta(days=2)


def write_error(path: Path, error: OSError) -> SourceError:
    """The error for a file that cannot be written, with the remedy."""
    return SourceError(f"{path}: cannot be written: {error.strerror or error}. {files.WRITE_REMEDY}")


def _removal_error(path: Path, error: OSError) -> SourceError:
    return SourceError(f"{path}: cannot be removed: {error.strerror or error}. Make the folder writable.")


class PageCache:
    """The downloaded pages of a dataset, by address, under one release mark."""

    def __init__(self, folder: Path) -> None:
        """`folder`: the work folder of one dataset; it is created with the first page."""
        self.folder = folder

    def begin(self, mark: str, now: datetime) -> None:
        """Starts a fetch of this release, or continues one that began less than PAGE_LIFETIME before `now`.

        Other pages are dropped: values may change under the same mark, and a dataset must not mix two vintages. Raises
        SourceError if the folder cannot be written.
        """
        mark_file = self._pages / "mark"
        try:
            if self._continues(mark_file, mark, now):
                return
            if self._pages.exists():
                self.clear()
            files.write(mark_file, f"{mark}\n{now.isoformat()}")
        except OSError as error:
            raise write_error(self._pages, error) from error

    @staticmethod
    def _continues(mark_file: Path, mark: str, now: datetime) -> bool:
        """Whether the pages are of this release and usable; false if their mark is missing or cannot be read."""
        try:
            old_mark, _, began = mark_file.read_text(encoding="utf-8").rpartition("\n")
            return old_mark == mark and abs(now - datetime.fromisoformat(began)) < PAGE_LIFETIME
        except (FileNotFoundError, ValueError, TypeError):
            return False

    def get(self, address: str) -> HttpAnswer | None:
        """The cached answer for this address, or None; a damaged one is dropped."""
        path = self._path(address)
        try:
            content = path.read_bytes()
        except OSError:  # not cached or not readable: it is downloaded again, and `put` reports errors of the disk
            return None
        digest, _, rest = content.partition(b"\n")
        headers, _, body = rest.partition(b"\n")
        if digest.decode("ascii", "replace") != PAGE_FORMAT + hashlib.sha256(rest).hexdigest():
            path.unlink(missing_ok=True)
            return None
        return HttpAnswer(address, 200, body, json.loads(headers))

    def put(self, answer: HttpAnswer) -> None:
        """Stores an answer whose body passed its check. Raises SourceError if it cannot be written."""
        path = self._path(answer.address)
        rest = json.dumps(dict(answer.headers)).encode() + b"\n" + answer.body
        try:
            files.write(path, f"{PAGE_FORMAT}{hashlib.sha256(rest).hexdigest()}\n".encode() + rest)
        except OSError as error:
            raise write_error(path, error) from error

    def drop(self, address: str) -> None:
        """Drops the cached answer for this address. Raises SourceError if it cannot be removed."""
        path = self._path(address)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise _removal_error(path, error) from error

    def clear(self) -> None:
        """Drops all pages. Raises SourceError if one cannot be removed: it would become a page of the next release."""
        try:
            if self._pages.exists():
                shutil.rmtree(self._pages)
        except OSError as error:
            raise _removal_error(self._pages, error) from error

    @property
    def _pages(self) -> Path:
        return self.folder / "pages"

    def _path(self, address: str) -> Path:
        return self._pages / hashlib.sha256(address.encode()).hexdigest()

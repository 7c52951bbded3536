"""The pages of a fetch that came whole, kept for the next try until the dataset is whole.

Belongs here: the work folder of one dataset below the store, under which release mark its pages are kept and how long.
Does not belong here: asking for pages (fetching.py), and snapshots, which stay (snapshots.py).
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

# How a kept page begins: with headers. Pages of an older Payung, without them, are asked for anew.
PAGE_FORMAT = "2 "
# How long the pages of a fetch that failed wait for the next try.
PAGE_LIFETIME = timedelta(days=2)


def write_error(path: Path, error: OSError) -> SourceError:
    """The error of a file of ours that the disk does not take, with what to do."""
    return SourceError(
        f"{path}: cannot be written: {error.strerror or error}. Free the disk or make the folder writable."
    )


class PageCache:
    """The pages of a dataset that came whole already, by address, under one release mark."""

    def __init__(self, folder: Path) -> None:
        """The work folder of one dataset; it is made when the first page is kept."""
        self.folder = folder

    def begin(self, mark: str, now: datetime) -> None:
        """Starts a fetch of this release, or goes on with one that began less than PAGE_LIFETIME before `now`.

        Other pages are dropped: values may change under one mark, and a dataset of two states never existed. Raises
        SourceError when the folder cannot be written.
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
        """Whether the pages are of this release and young; not where their mark is missing or cannot be read."""
        try:
            old_mark, _, began = mark_file.read_text(encoding="utf-8").rpartition("\n")
            return old_mark == mark and abs(now - datetime.fromisoformat(began)) < PAGE_LIFETIME
        except (FileNotFoundError, ValueError, TypeError):
            return False

    def get(self, address: str) -> HttpAnswer | None:
        """The answer kept for this address, or None; a damaged one is dropped."""
        path = self._path(address)
        try:
            content = path.read_bytes()
        except OSError:  # not kept yet; one that cannot be read is asked for anew, and `put` tells of a disk that fails
            return None
        digest, _, rest = content.partition(b"\n")
        headers, _, body = rest.partition(b"\n")
        if digest.decode("ascii", "replace") != PAGE_FORMAT + hashlib.sha256(rest).hexdigest():
            path.unlink(missing_ok=True)
            return None
        return HttpAnswer(address, 200, body, json.loads(headers))

    def put(self, answer: HttpAnswer) -> None:
        """Keeps an answer whose body was judged whole. Raises SourceError when the disk does not take it."""
        path = self._path(answer.address)
        rest = json.dumps(dict(answer.headers)).encode() + b"\n" + answer.body
        try:
            files.write(path, f"{PAGE_FORMAT}{hashlib.sha256(rest).hexdigest()}\n".encode() + rest)
        except OSError as error:
            raise write_error(path, error) from error

    def drop(self, address: str) -> None:
        """Drops the answer kept for this address, if there is one. Raises SourceError where it stays."""
        path = self._path(address)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise SourceError(
                f"{path}: cannot be removed: {error.strerror or error}. Make the folder writable."
            ) from error

    def clear(self) -> None:
        """Drops all pages. Raises SourceError when one stays: it would be taken for a page of the next release."""
        try:
            if self._pages.exists():
                shutil.rmtree(self._pages)
        except OSError as error:
            raise SourceError(
                f"{self._pages}: cannot be removed: {error.strerror or error}. Make the folder writable."
            ) from error

    @property
    def _pages(self) -> Path:
        return self.folder / "pages"

    def _path(self, address: str) -> Path:
        return self._pages / hashlib.sha256(address.encode()).hexdigest()

"""The cache of downloaded pages: which are used again, and when they are dropped."""

from __future__ import annotations

import hashlib
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from messages import assert_reports

from sources.http import HttpAnswer
from sources.page_cache import PageCache
from sources.parsing import SourceError

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def test_cached_answer_has_its_headers(tmp_path: Path) -> None:
    cache = PageCache(tmp_path)
    answer = HttpAnswer("https://x/1", 200, b"a\n{}\n", {"etag": "1"})
    cache.put(answer)
    assert cache.get("https://x/1") == answer
    (page,) = (tmp_path / "pages").iterdir()
    page.write_bytes(page.read_bytes().replace(b'"1"', b'"2"'))
    assert cache.get("https://x/1") is None, "altered"
    page.write_bytes(hashlib.sha256(b"{}").hexdigest().encode() + b"\n{}")
    assert cache.get("https://x/1") is None, "of an older version, without headers"
    assert list((tmp_path / "pages").iterdir()) == []


def test_pages_that_cannot_be_removed_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(folder: Path) -> None:
        raise PermissionError(13, "Permission denied")

    cache = PageCache(tmp_path)
    cache.clear()
    cache.begin("release 1", NOW)
    cache.put(HttpAnswer("https://x/1", 200, b"{}"))
    monkeypatch.setattr(shutil, "rmtree", refused)
    with pytest.raises(SourceError) as error:
        cache.begin("release 2", NOW)
    assert_reports(
        str(error.value),
        place="pages: ",
        found="cannot be removed: Permission denied",
        remedy="make the folder writable",
    )
    assert (tmp_path / "pages" / "mark").read_text().startswith("release 1\n"), (
        "otherwise the old page would count as a new one"
    )


def test_cached_pages_are_used_for_less_than_two_days(tmp_path: Path) -> None:
    """World Bank values change under one `lastupdated`: a dataset must not mix two vintages."""
    cache, page = PageCache(tmp_path), HttpAnswer("https://x/1", 200, b"{}")
    cache.begin("release 1", NOW)
    cache.put(page)
    cache.begin("release 1", NOW + timedelta(days=1))
    assert cache.get(page.address) == page
    cache.begin("release 1", NOW + timedelta(days=2))
    assert cache.get(page.address) is None, "the days count from the first attempt"


@pytest.mark.parametrize("content", [b"release 1\n2026-11-2", b"release 1\n2026-11-22", b"\xff\xfe", b"", None])
def test_pages_with_a_damaged_mark_are_dropped(tmp_path: Path, content: bytes | None) -> None:
    cache, page = PageCache(tmp_path), HttpAnswer("https://x/1", 200, b"{}")
    cache.begin("release 1", NOW)
    cache.put(page)
    mark = tmp_path / "pages" / "mark"
    mark.unlink() if content is None else mark.write_bytes(content)
    cache.begin("release 1", NOW)
    assert cache.get(page.address) is None
    cache.put(page)
    cache.begin("release 1", NOW)
    assert cache.get(page.address) == page

"""Upkeep of published releases: verifying, restoring by rollback, removing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

import pytest
from messages import assert_reports
from payung_command import COMMAND
from small_build import SmallBuild

from assets.home import Home
from assets.release_inputs import unchanged
from indicator_defs.system import settings
from pipelines import release_actions
from warehouse.disk import sha256
from warehouse.metadata import TableDescription
from warehouse.release import history, upkeep
from warehouse.release.home_format import FORMAT
from warehouse.release.publish import Provenance, publish
from warehouse.release.release_folders import ReleaseError, Releases, read_manifest
from warehouse.release.upkeep import UpkeepError, prunable, roll_back, verify

ACCEPTED = [{"at": "2026-11-22T00:00:00+00:00", "by": "N. Tran", "reason": "new survey", "exceeded": []}]


DAY = date(2026, 11, 24)


def today(number: int) -> str:
    return f"{DAY:%Y.%m.%d}-{number}"


def current(home: Path) -> str:
    folder = Releases(home).current()
    assert folder is not None
    return folder.name


def test_publications_and_acceptances_are_in_the_history(home: Path) -> None:
    events = [(e.what, e.release, e.before, e.by, e.reason) for e in history.events(home / "releases")]
    assert events == [
        ("published", today(1), None, "", ""),
        ("published", today(2), today(1), "", ""),
        ("accepted", today(3), None, "N. Tran", "new survey"),
        ("published", today(3), today(2), "", ""),
    ]
    assert read_manifest(home / "current")["accepted"] == ACCEPTED
    assert read_manifest(home / "current")["format"] == FORMAT


def test_rollback_changes_the_link_and_is_recorded(home: Path) -> None:
    folder, before = release_actions.rollback(Home(home), today(1), "A. Santos", "wrong unit")
    assert (folder.name, before, current(home)) == (today(1), today(3), today(1))
    assert (home / "current").readlink() == Path("releases", today(1))
    last = history.events(home / "releases")[-1]
    assert (last.what, last.release, last.before, last.by, last.reason) == (
        "rolled_back", today(1), today(3), "A. Santos", "wrong unit",
    )  # fmt: skip
    note = release_actions.release_list(Home(home)).set_index("release")["note"][today(1)]
    assert_reports(note, found=(today(1), "rollback", f"from {today(3)}", "by A. Santos: wrong unit"))
    with pytest.raises(UpkeepError) as error:
        release_actions.rollback(Home(home), today(1))
    assert_reports(str(error.value), found=(today(1), "already", "nothing was changed"))


def test_rollback_to_a_release_with_a_missing_file_is_refused(home: Path) -> None:
    (home / "releases" / today(1) / "parquet" / "lineage" / "revision.parquet").unlink()
    with pytest.raises(UpkeepError) as error:
        roll_back(Releases(home), today(1), "me")
    assert_reports(
        str(error.value),
        place=today(1),
        found=("parquet/lineage/revision.parquet", "nothing was changed"),
        remedy=f"payung releases verify {today(1)}",
    )
    assert current(home) == today(3)


def test_refresh_does_not_undo_a_rollback(home: Path) -> None:
    inputs_today = {"code": "c3"}

    def still_current() -> Path | None:
        return unchanged(Home(home), lambda _: inputs_today)

    assert still_current() == home / "releases" / today(3)
    roll_back(Releases(home), today(2), "me")
    roll_back(Releases(home), today(1), "me")
    assert still_current() == home / "releases" / today(1), "the release before the rollback is not published again"
    inputs_today["code"] = "c4"
    assert still_current() is None, "new inputs are published"
    roll_back(Releases(home), today(3), "me")
    inputs_today["code"] = "c3"
    assert still_current() == home / "releases" / today(3)


def test_publishing_ends_a_rollback(
    home: Path, whole_build: SmallBuild, whole_staged: Sequence[TableDescription]
) -> None:
    roll_back(Releases(home), today(1), "me")
    assert history.rolled_back_from(home / "releases", today(1)) == [today(3)]
    publish(whole_build.build, Releases(home), whole_staged, Provenance({"code": "c4"}, [], "0.1.0"))
    assert history.rolled_back_from(home / "releases", today(4)) == []
    assert unchanged(Home(home), lambda _: {"code": "c3"}) is None


def test_verify_lists_altered_missing_and_foreign_files(home: Path) -> None:
    assert verify(Releases(home)).is_whole
    folder = home / "releases" / today(2)
    database = folder / "warehouse.duckdb"
    content = bytearray(database.read_bytes())
    content[len(content) // 2] ^= 1
    database.write_bytes(content)
    (folder / "parquet" / "lineage" / "snapshot.parquet").unlink()
    (folder / "note.txt").write_text("a note", encoding="utf-8")
    result = verify(Releases(home), today(2))
    assert (result.altered, result.missing, result.foreign) == (
        ["warehouse.duckdb"], ["parquet/lineage/snapshot.parquet"], ["note.txt"],
    )  # fmt: skip
    assert [v.is_whole for v in release_actions.verify_releases(Home(home), None, everything=True)] == [
        True,
        False,
        True,
    ]


def test_verify_finds_an_altered_manifest(home: Path) -> None:
    path = home / "releases" / today(3) / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8").replace("N. Tran", "A. Santos"), encoding="utf-8")
    assert verify(Releases(home)).altered == ["manifest.json"]
    path.write_text("{", encoding="utf-8")
    assert verify(Releases(home)).altered == ["manifest.json"]


@pytest.mark.parametrize("with_id", [False, True])
def test_verify_finds_a_missing_manifest(home: Path, with_id: bool) -> None:
    """readable_release gives this command as the remedy where a manifest is missing."""
    (home / "releases" / today(3) / "manifest.json").unlink()
    result = verify(Releases(home), today(3) if with_id else None)
    assert (result.release, result.missing, result.is_whole) == (today(3), ["manifest.json"], False)


def test_prune_retains_the_current_release_and_those_of_editions(home: Path) -> None:
    roll_back(Releases(home), today(2), "me")
    assert prunable(Releases(home), 1).removed == [today(1)]
    edition = home / "editions" / "baseline-2026"
    edition.mkdir(parents=True)
    (edition / "manifest.json").write_text(json.dumps({"from": {"release_id": today(1)}}), encoding="utf-8")
    plan = release_actions.prune(Home(home), 1, "me", dry_run=True)
    assert plan.removed == []
    assert plan.retained.keys() == {today(1), today(2), today(3)}
    assert_reports(plan.retained[today(3)], found="newest 1")
    assert_reports(plan.retained[today(2)], found="current")
    assert_reports(plan.retained[today(1)], found="edition baseline-2026")
    assert plan.as_dict() == {"removed": [], "kept": plan.retained, "bytes": 0}
    (edition / "manifest.json").unlink()
    with pytest.raises(UpkeepError) as error:
        release_actions.prune(Home(home), 1, "me")
    assert_reports(
        str(error.value),
        place=str(edition),
        found=("manifest.json", "Nothing was removed"),
        remedy="restore the manifest",
    )
    assert Releases(home).ids() == [today(1), today(2), today(3)]


def test_prune_removes_and_records_and_ids_are_not_used_again(home: Path) -> None:
    roll_back(Releases(home), today(1), "me")
    size = upkeep.size(home / "releases" / today(2))
    plan = release_actions.prune(Home(home), 1, "me", dry_run=True)
    assert (plan.removed, plan.bytes) == ([today(2)], size)
    assert Releases(home).ids() == [today(1), today(2), today(3)], "a dry run removes nothing"
    release_actions.prune(Home(home), 1, "me")
    assert Releases(home).ids() == [today(1), today(3)]
    assert [(e.what, e.release) for e in history.events(home / "releases")][-1] == ("pruned", today(2))
    assert sorted(p.name for p in (home / "releases").iterdir()) == sorted([today(1), today(3), "history.jsonl"])
    roll_back(Releases(home), today(3), "me")
    release_actions.prune(Home(home), 1, "me")
    (home / "releases" / today(3)).rename(home / "releases" / ".removed")
    assert Releases(home).next_id(DAY) == today(4), "an ID may have been cited"


def test_prune_needs_a_number_of_releases(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PAYUNG_KEEP_RELEASES", raising=False)
    with pytest.raises(release_actions.ReleasesError) as missing:
        release_actions.releases_to_keep(None)
    assert_reports(str(missing.value), remedy=("--keep 10", "PAYUNG_KEEP_RELEASES"))
    monkeypatch.setenv("PAYUNG_KEEP_RELEASES", "many")
    with pytest.raises(release_actions.KeepSettingError) as invalid:
        release_actions.releases_to_keep(None)
    assert_reports(
        str(invalid.value), place="PAYUNG_KEEP_RELEASES", found="'many'", expected=("a whole number", "1 or more")
    )
    monkeypatch.setenv("PAYUNG_KEEP_RELEASES", "7")
    assert release_actions.releases_to_keep(None) == 7
    with pytest.raises(UpkeepError) as error:
        prunable(Releases(home), 0)
    assert_reports(str(error.value), place="--keep", found="0", expected="at least 1")


def test_incomplete_line_of_a_killed_process_is_skipped(home: Path) -> None:
    path = home / "releases" / "history.jsonl"
    complete = [asdict(e) for e in history.events(home / "releases")]
    with path.open("a", encoding="utf-8") as file:
        file.write('{"at": "2026-11-22T00:00:00+00:00", "what": "publ')
    assert [asdict(e) for e in history.events(home / "releases")] == complete
    history.record(home / "releases", history.Event(history.now(), "pruned", "x", by="me"))
    assert [e.what for e in history.events(home / "releases")][-1] == "pruned"
    assert len(history.events(home / "releases")) == len(complete) + 1


def test_unknown_release_is_reported_with_the_closest_or_newest_ones(home: Path) -> None:
    for release_id in (today(7), "../x"):
        with pytest.raises(ReleaseError) as error:
            Releases(home).find(release_id)
        expected = f"{today(3)}, {today(2)}, {today(1)}"
        assert_reports(str(error.value), found=release_id, expected=expected, remedy="payung releases list")


def test_user_is_the_given_name_or_the_login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "nguyen")
    assert release_actions.user_name() == "nguyen"
    assert release_actions.user_name(" N. Tran ") == "N. Tran"
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 987_654)
    with pytest.raises(release_actions.ReleasesError) as error:
        release_actions.user_name()
    assert_reports(str(error.value), remedy="--by NAME")


def as_owner(*command: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Runs a command as the owner of the files, without the capabilities of root that ignore file modes."""
    capabilities = "-dac_override,-dac_read_search,-fowner"
    prefix = ["setpriv", f"--bounding-set={capabilities}", f"--inh-caps={capabilities}"] if os.geteuid() == 0 else []
    if prefix and shutil.which("setpriv") is None:
        pytest.skip("root ignores file modes, and setpriv (util-linux) is not installed")
    return subprocess.run(
        [*prefix, *command], env=settings.for_child(PAYUNG_HOME=str(home)), capture_output=True, text=True, check=False
    )


def test_files_of_a_release_are_read_only_and_commands_still_work(three: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(three, tmp_path / "home", symlinks=True))
    folder = home / "releases" / today(3)
    files = [p for p in folder.rglob("*") if p.is_file()]
    assert {p.name for p in files} >= {"warehouse.duckdb", "manifest.json", "value.parquet"}
    assert [p.name for p in files if p.stat().st_mode & 0o222] == []
    checksums = [sha256(p) for p in files]
    shell = 'for f in $(find "$0" -type f); do (echo x >> "$f") 2>/dev/null && echo "$f"; done'
    assert as_owner("sh", "-c", shell, str(folder), home=home).stdout == "", "no file is writable"
    script = "import duckdb, sys; duckdb.connect(sys.argv[1], read_only=sys.argv[2] == 'r').sql('FROM release').show()"
    database = str(folder / "warehouse.duckdb")
    assert today(3) in as_owner(sys.executable, "-c", script, database, "r", home=home).stdout
    assert "ermission denied" in as_owner(sys.executable, "-c", script, database, "w", home=home).stderr
    assert [sha256(p) for p in files] == checksums
    for command in (
        ["releases", "verify", "--all"],
        ["sql", "SELECT release FROM main.release"],
        ["releases", "rollback", today(2), "--reason", "a trial"],
        ["releases", "prune", "--keep", "1"],
    ):
        ran = as_owner(COMMAND, *command, home=home)
        assert ran.returncode == 0, ran.stderr
    assert Releases(home).ids() == [today(2), today(3)]
    assert sorted(p.name for p in (home / "releases").iterdir()) == [today(2), today(3), history.FILE]
    assert as_owner("cp", "-a", str(home), str(tmp_path / "moved"), home=home).returncode == 0
    assert as_owner("rm", "-rf", str(home), home=home).returncode == 0
    assert not home.exists()
    assert all(v.is_whole for v in release_actions.verify_releases(Home(tmp_path / "moved"), None, everything=True))

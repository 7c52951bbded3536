"""Releases after publishing: verified, restored by rollback, removed."""

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
    found = Releases(home).current()
    assert found is not None
    return found.name


def test_publishing_is_told_with_who_accepted_it(home: Path) -> None:
    reported = [(e.what, e.release, e.before, e.by, e.reason) for e in history.events(home / "releases")]
    assert reported == [
        ("published", today(1), None, "", ""),
        ("published", today(2), today(1), "", ""),
        ("accepted", today(3), None, "N. Tran", "new survey"),
        ("published", today(3), today(2), "", ""),
    ]
    assert read_manifest(home / "current")["accepted"] == ACCEPTED
    assert read_manifest(home / "current")["format"] == FORMAT


def test_rollback_is_at_once_and_recorded(home: Path) -> None:
    folder, before = release_actions.rollback(Home(home), today(1), "A. Santos", "wrong unit")
    assert (folder.name, before, current(home)) == (today(1), today(3), today(1))
    assert (home / "current").readlink() == Path("releases", today(1))
    last = history.events(home / "releases")[-1]
    assert (last.what, last.release, last.before, last.by, last.reason) == (
        "rolled_back", today(1), today(3), "A. Santos", "wrong unit",
    )  # fmt: skip
    note = release_actions.release_list(Home(home)).set_index("release")["note"][today(1)]
    assert note == f"current pointed back to {today(1)} from {today(3)} by A. Santos: wrong unit"
    with pytest.raises(UpkeepError, match="is the current one already"):
        release_actions.rollback(Home(home), today(1))


def test_rollback_takes_only_a_whole_release(home: Path) -> None:
    (home / "releases" / today(1) / "parquet" / "lineage" / "revision.parquet").unlink()
    with pytest.raises(UpkeepError, match=r"is not whole \(parquet/lineage/revision.parquet\); nothing was changed"):
        roll_back(Releases(home), today(1), "me")
    assert current(home) == today(3)


def test_refresh_does_not_undo_a_rollback(home: Path) -> None:
    inputs_today = {"code": "c3"}

    def still_current() -> Path | None:
        return unchanged(Home(home), lambda _: inputs_today)

    assert still_current() == home / "releases" / today(3)
    roll_back(Releases(home), today(2), "me")
    roll_back(Releases(home), today(1), "me")
    assert still_current() == home / "releases" / today(1), "the left release is not brought back"
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


def test_verify_names_what_is_altered_missing_and_foreign(home: Path) -> None:
    assert verify(Releases(home)).is_whole
    folder = home / "releases" / today(2)
    database = folder / "warehouse.duckdb"
    content = bytearray(database.read_bytes())
    content[len(content) // 2] ^= 1
    database.write_bytes(content)
    (folder / "parquet" / "lineage" / "snapshot.parquet").unlink()
    (folder / "note.txt").write_text("mine", encoding="utf-8")
    found = verify(Releases(home), today(2))
    assert (found.altered, found.missing, found.foreign) == (
        ["warehouse.duckdb"], ["parquet/lineage/snapshot.parquet"], ["note.txt"],
    )  # fmt: skip
    assert [v.is_whole for v in release_actions.verify_releases(Home(home), None, everything=True)] == [
        True,
        False,
        True,
    ]


def test_verify_notices_a_manifest_that_was_written_anew(home: Path) -> None:
    path = home / "releases" / today(3) / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8").replace("N. Tran", "Nobody"), encoding="utf-8")
    assert verify(Releases(home)).altered == ["manifest.json"]
    path.write_text("{", encoding="utf-8")
    assert verify(Releases(home)).altered == ["manifest.json"]


@pytest.mark.parametrize("named", [False, True])
def test_verify_says_that_the_manifest_is_gone(home: Path, named: bool) -> None:
    """What `readable` tells people to do where a manifest is missing gives an answer."""
    (home / "releases" / today(3) / "manifest.json").unlink()
    found = verify(Releases(home), today(3) if named else None)
    assert (found.release, found.missing, found.is_whole) == (today(3), ["manifest.json"], False)


def test_prune_keeps_the_current_one_and_what_editions_rest_on(home: Path) -> None:
    roll_back(Releases(home), today(2), "me")
    assert prunable(Releases(home), 1).removed == [today(1)]
    edition = home / "editions" / "baseline-2026"
    edition.mkdir(parents=True)
    (edition / "manifest.json").write_text(json.dumps({"from": {"release_id": today(1)}}), encoding="utf-8")
    plan = release_actions.prune(Home(home), 1, "me", dry_run=True)
    assert plan.removed == []
    assert plan.kept == {
        today(3): "among the newest 1", today(2): "current", today(1): "edition baseline-2026 rests on it",
    }  # fmt: skip
    (edition / "manifest.json").unlink()
    with pytest.raises(UpkeepError, match=r"does not say which release it rests on .* Nothing was removed"):
        release_actions.prune(Home(home), 1, "me")
    assert Releases(home).ids() == [today(1), today(2), today(3)]


def test_prune_removes_records_and_never_gives_an_id_twice(home: Path) -> None:
    roll_back(Releases(home), today(1), "me")
    before = sum(upkeep.size(home / "releases" / today(n)) for n in (2,))
    reported = release_actions.prune(Home(home), 1, "me", dry_run=True)
    assert (reported.removed, reported.bytes) == ([today(2)], before)
    assert Releases(home).ids() == [today(1), today(2), today(3)], "a dry run removes nothing"
    release_actions.prune(Home(home), 1, "me")
    assert Releases(home).ids() == [today(1), today(3)]
    assert [(e.what, e.release) for e in history.events(home / "releases")][-1] == ("pruned", today(2))
    assert sorted(p.name for p in (home / "releases").iterdir()) == sorted([today(1), today(3), "history.jsonl"])
    roll_back(Releases(home), today(3), "me")
    release_actions.prune(Home(home), 1, "me")
    (home / "releases" / today(3)).rename(home / "releases" / ".gone")
    assert Releases(home).next_id(DAY) == today(4), "an ID that was cited names nothing else"


def test_prune_wants_to_know_how_many_stay(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PAYUNG_KEEP_RELEASES", raising=False)
    with pytest.raises(release_actions.ReleasesError, match=r"--keep 10, or set PAYUNG_KEEP_RELEASES"):
        release_actions.releases_to_keep(None)
    monkeypatch.setenv("PAYUNG_KEEP_RELEASES", "many")
    with pytest.raises(release_actions.KeepSettingError, match="found 'many', expected a whole number, 1 or more"):
        release_actions.releases_to_keep(None)
    monkeypatch.setenv("PAYUNG_KEEP_RELEASES", "7")
    assert release_actions.releases_to_keep(None) == 7
    with pytest.raises(UpkeepError, match="at least 1 release must stay"):
        prunable(Releases(home), 0)


def test_half_a_line_of_a_killed_process_is_passed_over(home: Path) -> None:
    path = home / "releases" / "history.jsonl"
    whole = [asdict(e) for e in history.events(home / "releases")]
    with path.open("a", encoding="utf-8") as file:
        file.write('{"at": "2026-11-22T00:00:00+00:00", "what": "publ')
    assert [asdict(e) for e in history.events(home / "releases")] == whole
    history.record(home / "releases", history.Event(history.now(), "pruned", "x", by="me"))
    assert [e.what for e in history.events(home / "releases")][-1] == "pruned"
    assert len(history.events(home / "releases")) == len(whole) + 1


def test_near_releases_are_named(home: Path) -> None:
    with pytest.raises(ReleaseError, match=rf"There is no release {today(7)}\. Near ones: .*{today(1)}"):
        Releases(home).find(today(7))
    with pytest.raises(ReleaseError, match=rf"no release \.\./x\. Newest ones: {today(3)}, {today(2)}"):
        Releases(home).find("../x")


def test_who_is_the_name_given_or_the_login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "nguyen")
    assert release_actions.user_name() == "nguyen"
    assert release_actions.user_name(" N. Tran ") == "N. Tran"
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 987_654)
    with pytest.raises(release_actions.ReleasesError, match="--by NAME"):
        release_actions.user_name()


def as_owner(*command: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Runs a command as the owner of the files, whom the modes bind; root is bound where it can lay its powers down."""
    powers = "-dac_override,-dac_read_search,-fowner"
    bound = ["setpriv", f"--bounding-set={powers}", f"--inh-caps={powers}"] if os.geteuid() == 0 else []
    if bound and shutil.which("setpriv") is None:
        pytest.skip("root is not bound by modes, and there is no setpriv (util-linux) to lay its powers down")
    return subprocess.run(
        [*bound, *command], env=settings.for_child(PAYUNG_HOME=str(home)), capture_output=True, text=True, check=False
    )


def test_files_of_a_release_are_read_only_and_all_else_goes_on(three: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(three, tmp_path / "home", symlinks=True))
    folder = home / "releases" / today(3)
    files = [p for p in folder.rglob("*") if p.is_file()]
    assert {p.name for p in files} >= {"warehouse.duckdb", "manifest.json", "value.parquet"}
    assert [p.name for p in files if p.stat().st_mode & 0o222] == []
    before = [sha256(p) for p in files]
    shell = 'for f in $(find "$0" -type f); do (echo x >> "$f") 2>/dev/null && echo "$f"; done'
    assert as_owner("sh", "-c", shell, str(folder), home=home).stdout == "", "a mistake writes into none of them"
    opened = "import duckdb, sys; duckdb.connect(sys.argv[1], read_only=sys.argv[2] == 'r').sql('FROM release').show()"
    database = str(folder / "warehouse.duckdb")
    assert today(3) in as_owner(sys.executable, "-c", opened, database, "r", home=home).stdout
    assert "ermission denied" in as_owner(sys.executable, "-c", opened, database, "w", home=home).stderr
    assert [sha256(p) for p in files] == before
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

"""Faults of a refresh: one message, the exit code, nothing published, and the last release still readable."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from messages import assert_reports
from payung_command import OwnProject, Refused, run_payung

from assets.refresh_lock import take_lock
from warehouse.release.release_folders import Releases

long = pytest.mark.long  # a refresh that runs for long, or another fault with the same message; make test-long


def current(home: Path) -> str:
    release = Releases(home).current()
    assert release is not None
    return release.name


def is_readable(home: Path) -> bool:
    ran = run_payung(home, "sql", "--format", "csv", "SELECT count(*) AS n FROM indicator_set.value")
    return ran.returncode == 0 and int(ran.stdout.splitlines()[1]) > 20_000


def stored_file(home: Path, provider: str, ending: str) -> Path:
    """A file of a stored snapshot, made writable."""
    path = sorted((home / "snapshots" / provider).rglob(f"*{ending}"))[0]
    path.chmod(0o644)
    return path


@pytest.mark.parametrize("damage", ["cut", pytest.param("missing", marks=long)])
def test_stored_file_that_differs_from_its_sha256(own_home: Path, refused: Refused, damage: str) -> None:
    path = stored_file(own_home, "ilostat", ".csv.gz")
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-100])
    else:
        path.unlink()
    message = refused(run_payung(own_home, "refresh"))
    assert_reports(
        message,
        place=("raw/ilostat/SDG_0131_SEX_SOC_RT: ", str(path)),
        found=("missing" if damage == "missing" else "altered or cut", "set aside as", "Nothing was published"),
        remedy="refresh again",
    )
    log = (own_home / "log" / "failures.log").read_text(encoding="utf-8")
    assert_reports(log, place=("refresh failed at raw/ilostat/", str(path)), found="Nothing was published")
    ran = run_payung(own_home, "refresh")
    assert ran.returncode == 0, ran.stderr
    assert "Nothing changed since release" in ran.stdout, "the restored snapshot is the one of the release"
    assert path.exists()
    assert run_payung(own_home, "status").returncode == 0, "the failure is resolved"


@long
def test_build_is_refused_while_a_submitted_snapshot_is_set_aside(own_home: Path) -> None:
    (own_home / "inbox").mkdir()
    sheet = own_home / "inbox" / "vnm.csv"
    sheet.write_text(GOOD, encoding="utf-8")
    assert run_payung(own_home, "refresh").returncode == 0
    path = next((own_home / "snapshots/national/submissions").rglob("*.csv*"))
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-10])
    sheet.unlink()
    published = current(own_home)
    first, second = (run_payung(own_home, "refresh", "--force") for _ in range(2))
    assert (first.returncode, second.returncode, current(own_home)) == (1, 1, published)
    for ran in (first, second):
        assert "raw/national/submissions: " in ran.stderr
        assert "remove the folder" in ran.stderr
    assert "was altered and set aside" in second.stderr
    assert "altered and set aside: " in run_payung(own_home, "status").stdout
    shutil.rmtree(own_home / "snapshots" / ".set_aside")
    ran = run_payung(own_home, "refresh", "--force", "--accept", "the file is gone", "--by", "A. Tester")
    assert ran.returncode == 0, ran.stderr


@long
def test_altered_file_of_the_shipped_archive(own_home: Path, refused: Refused, own_project: OwnProject) -> None:
    path = next((own_project.folder / "sources/archive/national").rglob("*.csv"))
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b"6.15", b"61.5"))
    message = refused(own_project.run(own_home, "refresh"))
    assert_reports(message, place=("raw/national/documents: ", str(path)), found="altered or cut: found sha256")


@long
def test_definition_with_a_typo(own_home: Path, refused: Refused, own_project: OwnProject) -> None:
    path = own_project.folder / "indicator_defs/indicators/coverage/ASP_COV_UEMP.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("direction:", "diretcion:").replace("unit: PT", "unit: PC"), encoding="utf-8")
    message = refused(own_project.run(own_home, "refresh"))
    line = text[: text.index("direction:")].count("\n") + 1
    place = f"indicator_defs/indicators/coverage/ASP_COV_UEMP.yaml:{line}:"
    assert_reports(message, place=place, found="diretcion: unknown field", expected="one of aggregation,")
    assert "reference/catalogue" in (own_home / "log" / "failures.log").read_text(encoding="utf-8")


@long
def test_correction_that_no_longer_applies_is_reported_with_its_place(own_home: Path, own_project: OwnProject) -> None:
    """The published figure is not the one that the correction expects, so a statistician must review it."""
    path = own_project.folder / "indicator_defs/corrections/published_errors.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("'0.02066'", "'0.99'"), encoding="utf-8")
    ran = own_project.run(own_home, "refresh")
    assert ran.returncode == 0, ran.stderr
    place = "correction_file=indicator_defs/corrections/published_errors.yaml:5, indicator=ASP_CHD_PRE, ref_area=MYS"
    (warning,) = [line for line in ran.stdout.splitlines() if "correction_applies" in line]
    assert place in warning
    status = own_project.run(own_home, "status")
    assert status.returncode == 4
    (line,) = [a for a in status.stdout.partition("Needs attention")[2].splitlines() if "correction" in a]
    assert f": 1 ({place}, time_period=2016, expected_text=0.99, found_text=0.02066" in line


def test_audit_that_fails_publishes_nothing(own_home: Path, refused: Refused, own_project: OwnProject) -> None:
    check = own_project.folder / "warehouse/checks/no_philippines.sql"
    text = "-- description: Values of the Philippines\n"
    text += "SELECT indicator FROM indicator_set.value WHERE ref_area = 'PHL'\n"
    check.write_text(text, encoding="utf-8")
    message = refused(own_project.run(own_home, "refresh"), code=3)
    assert "no_philippines: Values of the Philippines" in message
    assert "indicator=" in message, "the first problems are shown"
    log = (own_home / "log" / "failures.log").read_text(encoding="utf-8")
    assert "no_philippines" in log


def test_home_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file, not a folder", encoding="utf-8")
    home = tmp_path / "file"
    ran = run_payung(home, "refresh")
    assert ran.returncode == 1
    assert ran.stderr.startswith("payung: ")
    assert_reports(ran.stderr, place=str(home), found="cannot be written", remedy="PAYUNG_HOME")
    assert "Traceback" not in ran.stderr
    assert (tmp_path / "file").read_text(encoding="utf-8") == "a file, not a folder"


@long
def test_dagster_folder_that_cannot_be_written(own_home: Path, refused: Refused) -> None:
    shutil.rmtree(own_home / "dagster")
    (own_home / "dagster").write_text("a file, not a folder", encoding="utf-8")
    assert "cannot be written" in refused(run_payung(own_home, "refresh", "--force"))


@long
def test_lock_of_a_killed_refresh_is_released(own_home: Path) -> None:
    code = "import os, pathlib, sys; from assets.refresh_lock import take_lock; "
    code += "take_lock(pathlib.Path(sys.argv[1])); os._exit(9)"
    subprocess.run([sys.executable, "-c", code, str(own_home)], check=False)
    ran = run_payung(own_home, "refresh")
    assert ran.returncode == 0, ran.stderr


@long
def test_releases_can_be_read_while_a_refresh_holds_the_lock(own_home: Path) -> None:
    lock = take_lock(own_home)
    try:
        for arguments in (("sql", "SELECT 1"), ("status",)):
            assert run_payung(own_home, *arguments).returncode == 0
    finally:
        lock.release()


@long
def test_national_file_without_a_required_column(own_home: Path, refused: Refused) -> None:
    (own_home / "inbox").mkdir()
    text = "indicator,ref_area,time_period,obs_value,kind,vintage_date\nASP_COV_PENSN,KHM,2021,12,document,2026-10-01\n"
    (own_home / "inbox" / "khm.csv").write_text(text, encoding="utf-8")
    message = refused(run_payung(own_home, "refresh"))
    assert_reports(message, place="khm.csv: header", found=("missing", "unit_measure, source_citation"))


@pytest.fixture
def small_disk(own_home: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of the home on a separate disk of 230 MB, if such a disk can be made."""
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=230m", "tmpfs", str(disk)],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:  # it needs privileges; test_failed_write... needs none
        pytest.skip(f"no separate disk can be mounted here: {made.stderr.strip()}")
    try:
        home = disk / "home"
        shutil.copytree(own_home, home, symlinks=True)
        yield home
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def fill(disk: Path, leave: int = 0) -> None:
    """Fills a disk until `leave` bytes are free."""
    with (disk / "filler").open("ab", buffering=0) as handle:
        for size in (1_000_000, 4096):
            while shutil.disk_usage(disk).free >= leave + size:
                try:
                    handle.write(bytes(size))
                except OSError:
                    break


@long
def test_refresh_is_refused_if_the_disk_has_too_little_space(small_disk: Path, refused: Refused) -> None:
    fill(small_disk.parent, leave=50_000_000)
    message = refused(run_payung(small_disk, "refresh", "--force"), home=small_disk)
    assert_reports(message, found="MB are free", expected="needs about")
    assert list((small_disk / "build").glob("*")) == []


@long
def test_release_on_a_full_disk_can_be_read(small_disk: Path, refused: Refused) -> None:
    fill(small_disk.parent)
    message = refused(run_payung(small_disk, "refresh", "--force"), home=small_disk)
    assert "free" in message
    ran = run_payung(small_disk, "sql", "SELECT count(*) AS n FROM indicator_set.value", "--format", "csv")
    assert (ran.returncode, ran.stdout.split()[0]) == (0, "n"), ran.stderr


def test_second_refresh_is_refused_with_the_process_of_the_first(own_home: Path) -> None:
    (own_home / "refresh.pid").write_text(f"{os.getpid()}\n")
    with FileLock(str(own_home / "refresh.lock")):
        ran = run_payung(own_home, "refresh", "--force")
    assert ran.returncode == 1
    assert str(os.getpid()) in ran.stderr
    assert is_readable(own_home)


@pytest.mark.long
def test_failed_write_stops_the_refresh_and_keeps_the_release(own_home: Path) -> None:
    """A limit on the size of files acts like a full disk: writes fail in the middle."""
    before = current(own_home)

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))

    ran = run_payung(own_home, "refresh", "--force", preexec_fn=small_files)
    assert ran.returncode != 0
    assert "Traceback" not in ran.stderr
    assert current(own_home) == before
    assert is_readable(own_home)
    assert not list((own_home / "releases").glob(".*")), "no incomplete release is left"


@long
def test_switched_off_validation_is_refused(own_home: Path) -> None:
    shutil.rmtree(own_home / "snapshots" / ".staged")
    ran = run_payung(own_home, "refresh", "--force", more={"PANDERA_VALIDATION_ENABLED": "False"})
    assert ran.returncode == 1
    assert "PANDERA_VALIDATION_ENABLED" in ran.stderr


GOOD = """indicator,ref_area,time_period,obs_value,unit_measure,source_citation,kind,vintage_date
ASP_FIN_GOV,VNM,2021,10.5,PT,"National accounts, for this test",national_submission,2026-11-01
ASP_FIN_GOVX,VNM,2021,10.5,PT,"National accounts, for this test",national_submission,2026-11-01
"""


@long
def test_national_file_fills_a_gap_and_a_row_with_a_typo_is_rejected(own_home: Path) -> None:
    (own_home / "inbox").mkdir()
    (own_home / "inbox" / "vnm.csv").write_text(GOOD, encoding="utf-8")
    ran = run_payung(own_home, "refresh")
    assert ran.returncode == 0, ran.stderr
    query = "SELECT obs_value, feed FROM indicator_set.value"
    rows = json.loads(
        run_payung(own_home, "sql", "--format", "json", f"{query} WHERE indicator = 'ASP_FIN_GOV'").stdout
    )
    assert [(r["obs_value"], r["feed"]) for r in rows] == [(10.5, "national/submissions/ASP_FIN_GOV")]
    rejections = "SELECT reason, detail FROM lineage.rejection WHERE provider = 'national'"
    rejected = json.loads(run_payung(own_home, "sql", "--format", "json", rejections).stdout)
    assert [r["reason"] for r in rejected] == ["unknown_indicator"]
    assert "ASP_FIN_GOVX" in rejected[0]["detail"]
    assert run_payung(own_home, "status").returncode == 4
    (own_home / "inbox" / "vnm.csv").unlink()
    assert "Nothing changed" in run_payung(own_home, "refresh").stdout, (
        "the submitted figures remain, so there is nothing to publish"
    )


@pytest.mark.long
def test_national_file_with_a_fault_publishes_nothing(own_home: Path) -> None:
    before = current(own_home)
    (own_home / "inbox").mkdir()
    (own_home / "inbox" / "vnm.csv").write_text(GOOD.replace(",10.5,", ",ten,"), encoding="utf-8")
    ran = run_payung(own_home, "refresh")
    assert ran.returncode == 1
    assert "vnm.csv" in ran.stderr
    assert "obs_value" in ran.stderr
    assert current(own_home) == before

"""`payung releases` as a user runs it, and homes that are damaged, of a newer version, read-only or locked."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import duckdb
import openpyxl
import pytest
from click.testing import CliRunner, Result
from messages import assert_reports
from payung_command import COMMAND, run_payung, writable

from assets.home import Home
from assets.refresh_lock import take_lock
from assets.release_tolerance import accepted_exceptions, diff_with_current
from assets.workplace import Workplace
from pipelines.cli.main import main
from pipelines.cli.output.refresh_text import show_dry_run
from pipelines.refresh_dry_run import dry_run
from pipelines.refresh_run import RefreshRequest
from warehouse.build.engine import Build
from warehouse.release.publish import AuditError
from warehouse.release.release_folders import Releases

# Runs commands within this process, which is fast. Tests of locks and of read-only disks use processes.
COMMANDS = CliRunner()
RELEASE_ID = "SELECT release FROM main.release"


def payung(home: Path, *arguments: str) -> Result:
    """The command line on a home, within this process."""
    return COMMANDS.invoke(main, arguments, env={"PAYUNG_HOME": str(home), "COLUMNS": "200"})


def second_release(home: Path) -> tuple[str, str]:
    """Adds an earlier release: a copy of the current one with one other value."""
    current = (home / "current").resolve()
    earlier = home / "releases" / "2020.01.01-1"
    writable(Path(shutil.copytree(current, earlier)))
    manifest = (earlier / "manifest.json").read_text(encoding="utf-8").replace(current.name, earlier.name)
    (earlier / "manifest.json").write_text(manifest, encoding="utf-8")
    con = duckdb.connect(str(earlier / "warehouse.duckdb"))
    con.execute("UPDATE main.release SET release = ?", [earlier.name])
    con.close()
    values = earlier / "parquet" / "indicator_set" / "value.parquet"
    duckdb.sql(f"CREATE OR REPLACE TABLE value_before AS SELECT * FROM '{values}'")
    duckdb.sql(
        "UPDATE value_before SET obs_value = 1 WHERE indicator = 'ASP_COV_PENSN' AND ref_area = 'PHL' AND is_headline "
        "AND time_period = 2021"
    )
    duckdb.sql(f"COPY value_before TO '{values}' (FORMAT parquet)")
    return earlier.name, current.name


@pytest.fixture
def two(own_home: Path) -> tuple[Path, str, str]:
    """A home with two releases, and their IDs."""
    return own_home, *second_release(own_home)


def test_list_diff_and_the_workbook(two: tuple[Path, str, str], tmp_path: Path) -> None:
    home, before, after = two
    listed = json.loads(payung(home, "releases", "list", "--json").stdout)
    assert [(r["release"], r["current"]) for r in listed["releases"]] == [(after, True), (before, False)]
    assert [(e["what"], e["release"]) for e in listed["history"]] == [("published", after)]
    ran = payung(home, "releases", "diff", "--xlsx", str(tmp_path / "m.xlsx"))
    assert ran.exit_code == 0, ran.stderr
    assert_reports(
        ran.stdout,
        place=(before, after),
        found=("Changed values: 1 country values", "ASP_COV_PENSN PHL 2021: 1 ->", " -> 65.6"),
    )
    assert ran.stdout.index(before) < ran.stdout.index(after)
    sheet = openpyxl.load_workbook(tmp_path / "m.xlsx")["changed"]
    assert [c.value for c in sheet[2]][2:5] == ["ASP_COV_PENSN", "PHL", 2021]
    as_json = json.loads(payung(home, "releases", "diff", before, after, "--json").stdout)
    assert [(r["value_before"], r["value_after"]) for r in as_json["changed"]] == [(1.0, 65.6)]


def test_rollback_prune_and_status(two: tuple[Path, str, str]) -> None:
    home, before, after = two
    refused = payung(home, "releases", "rollback", before)
    assert refused.exit_code == 1, "its Parquet was altered above"
    assert "parquet/indicator_set/value.parquet" in refused.stderr
    shutil.rmtree(home / "releases" / before)
    copy = home / "releases" / "2020.01.01-2"
    writable(Path(shutil.copytree(home / "releases" / after, copy)))
    ran = payung(home, "releases", "rollback", copy.name, "--by", "N. Tran", "--reason", "wrong unit")
    assert_reports(ran.stdout, found=(copy.name, after))
    status = json.loads(payung(home, "status", "--json").stdout)
    assert any(f"rollback from {after}" in line for line in status["attention"])
    assert status["history"][-1]["by"] == "N. Tran"
    assert payung(home, "status").exit_code == 4
    (home / "log").mkdir(exist_ok=True)
    manifest = copy / "manifest.json"
    fields = json.loads(manifest.read_text(encoding="utf-8"))
    manifest.write_text(json.dumps({**fields, "made_at": "2020-01-01T00:00:00+00:00"}), encoding="utf-8")
    failure = "2020-06-01T00:00:00+00:00  refresh failed at raw/unsd_sdg/sdg (run 1).\n  altered or cut\n"
    (home / "log" / "failures.log").write_text(failure, encoding="utf-8")
    status = json.loads(payung(home, "status", "--json").stdout)
    assert not any("refresh failed" in line for line in status["attention"]), "a later refresh succeeded"
    plan = payung(home, "releases", "prune", "--keep", "1", "--dry-run")
    assert "0 release(s)" in plan.stdout
    unknown = payung(home, "releases", "rollback", "2020.01.01-7")
    assert unknown.exit_code == 1
    assert_reports(unknown.stderr, found="no release 2020.01.01-7", expected=": 2020.01.01-2")


def test_damaged_release_is_reported_and_another_one_is_read(two: tuple[Path, str, str]) -> None:
    home, before, after = two
    with (writable(home / "releases" / after) / "warehouse.duckdb").open("r+b") as file:
        file.write(b"no header")
    ran = payung(home, "sql", "--format", "csv", RELEASE_ID)
    assert (ran.exit_code, ran.stdout.split()) == (0, ["release", before])
    assert ran.stderr.startswith(f"payung: the current release {after} cannot be opened")
    assert len(ran.stderr.splitlines()) == 1
    requested = payung(home, "sql", "--release", after, RELEASE_ID)
    assert requested.exit_code == 1, "a release requested by its ID is not replaced by another one"
    checked = payung(home, "releases", "verify")
    assert checked.exit_code == 1
    assert_reports(checked.stdout, place=f"{after}: ", found="\n  altered: warehouse.duckdb\n")
    assert f"{after}: all" not in checked.stdout
    assert_reports(checked.stderr, remedy="payung refresh --force")
    status = payung(home, "status")
    assert status.exit_code == 4
    assert_reports(status.stdout, found="damaged: warehouse.duckdb", remedy="payung refresh --force")


def test_status_shows_the_details(made_home: Path) -> None:
    status = json.loads(payung(made_home, "status", "--json").stdout)
    con = duckdb.connect(str(made_home / "current" / "warehouse.duckdb"), read_only=True)
    counted = con.execute("SELECT count(*) FROM lineage.discrepancy").fetchone()
    years = con.execute(
        "SELECT ref_area, time_period FROM indicator_set.value WHERE indicator = 'ASP_ADQ_SA' AND is_headline "
        "AND ref_area IN (SELECT ref_area FROM reference.area_group WHERE area_group = 'ASEAN') ORDER BY ALL"
    ).fetchall()
    con.close()
    assert counted == (sum(d["n"] for d in status["discrepancies"]),)
    late = next(i for i in status["lateness"] if i["indicator"] == "ASP_ADQ_SA")
    assert (late["latest_year"], late["members"]) == (max(y for _, y in years), len({a for a, _ in years}))
    gaps = sorted(b[1] - a[1] for a, b in itertools.pairwise(years) if a[0] == b[0])
    assert gaps[0] <= late["periodicity"] <= gaps[-1]
    assert late["is_late"] is (late["reference_year"] - late["latest_year"] > late["periodicity"])
    files = sum(p.stat().st_size for p in (made_home / "releases").rglob("*") if p.is_file())
    assert status["disk"]["releases"] == files
    assert status["accepted"] == []
    text = payung(made_home, "status").stdout
    n_overdue = sum(1 for i in status["lateness"] if i["is_late"])
    assert re.search(rf"^Overdue indicators  {n_overdue} in all Member States", text, re.MULTILINE)
    assert re.search(r"^Disk     .*releases [\d.]+ MB.*GB free$", text, re.MULTILINE)


@pytest.mark.parametrize("command", [("sql", "SELECT 1"), ("refresh",), ("status",), ("releases", "list"), ("export",)])
def test_home_of_a_newer_payung_is_refused(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "format.json").write_text('{"format": 99, "code_version": "9.1"}', encoding="utf-8")
    ran = payung(tmp_path, *command)
    assert ran.exit_code == 1
    assert ran.stderr.startswith("payung: ")
    assert_reports(ran.stderr, place=str(tmp_path), found=("newer Payung", "format 99", "version 9.1"))
    assert [p.name for p in tmp_path.iterdir()] == ["format.json"]


@pytest.mark.long
def test_commands_that_need_the_lock_are_refused_during_a_refresh(two: tuple[Path, str, str]) -> None:
    home, before, after = two
    lock = take_lock(home)
    try:
        for command in (("refresh", "--dry-run"), ("releases", "rollback", before)):
            ran = run_payung(home, *command)
            assert ran.returncode == 1
            assert_reports(ran.stderr, found="refresh is running (process ")
        assert run_payung(home, "sql", "--format", "csv", RELEASE_ID).stdout.split() == ["release", after]
        assert run_payung(home, "releases", "list").returncode == 0
    finally:
        lock.release()


@pytest.fixture
def read_only(own_home: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a command while the home is on a read-only disk, also for root."""
    inside = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
    test_run = subprocess.run(["unshare", "-rm", "true"], check=False, capture_output=True, text=True)
    if test_run.returncode:  # it needs a separate user namespace, which some machines forbid
        pytest.skip(f"no folder can be mounted read-only here: {test_run.stderr.strip()}")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                "unshare",
                "-rm",
                "sh",
                "-c",
                inside,
                str(own_home),
                "env",
                f"PAYUNG_HOME={own_home}",
                COMMAND,
                *arguments,
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.mark.long
def test_home_on_a_read_only_disk_can_be_read(
    read_only: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    assert read_only("sql", "--format", "csv", "SELECT count(*) > 0 AS a FROM observations").stdout.split()[1] == "True"
    assert read_only("releases", "verify").returncode == 0
    assert read_only("status").stdout.startswith("Home ")
    for command in (("refresh", "--force"), ("refresh", "--dry-run"), ("releases", "prune", "--keep", "1")):
        ran = read_only(*command)
        assert ran.returncode == 1
        assert ran.stderr.startswith("payung: ")
        assert_reports(ran.stderr, found=("cannot be written", "Read-only file system"), remedy="Make it")
        assert "Traceback" not in ran.stderr


def test_release_that_exceeds_tolerances_needs_acceptance(two: tuple[Path, str, str]) -> None:
    home, _, after = two
    build = Home(home).builds / "of-a-test"
    writable(Path(shutil.copytree(home / "releases" / after / "parquet", build)))
    values = build / "indicator_set" / "value.parquet"
    duckdb.sql(f"CREATE OR REPLACE TABLE remaining AS SELECT * FROM '{values}' WHERE indicator <> 'ASP_COV_PENSN'")
    duckdb.sql(f"COPY remaining TO '{values}' (FORMAT parquet)")
    workplace = Workplace(home=str(home))
    workplace.use_build(build.name)
    with pytest.raises(AuditError) as refused:
        accepted_exceptions(workplace)
    assert_reports(
        str(refused.value),
        place="ASP_COV_PENSN: ",
        found=("country values withdrawn", "100 %"),
        expected=("withdrawn_percent", " 10"),
        remedy="payung refresh --accept",
    )
    accepting = Workplace(home=str(home), accept="moved to another set", accepted_by="N. Tran")
    accepting.use_build(build.name)
    (acceptance,) = accepted_exceptions(accepting)
    assert (acceptance["by"], acceptance["reason"]) == ("N. Tran", "moved to another set")
    assert [e["indicator"] for e in acceptance["exceeded"]] == ["ASP_COV_PENSN"]


def test_first_release_is_compared_with_none(release: Path, tmp_path: Path) -> None:
    home = Workplace(home=str(tmp_path)).home_folders
    assert diff_with_current(home, Build(release / "parquet")) == (None, [])
    assert Releases(tmp_path).ids() == []


@pytest.mark.parametrize("damaged", [False, True])
def test_dry_run_without_a_release_to_compare_with_reports_the_reason(
    release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], damaged: bool
) -> None:
    if damaged:
        incomplete = tmp_path / "releases" / release.name
        incomplete.mkdir(parents=True)
        shutil.copyfile(release / "manifest.json", incomplete / "manifest.json")
        (tmp_path / "current").symlink_to(incomplete)

    def built(home: Home, *_: object, **__: object) -> None:
        writable(Path(shutil.copytree(release / "parquet", home.builds / "of-a-test")))

    monkeypatch.setattr("pipelines.refresh_dry_run.build", built)
    result = dry_run(Home(tmp_path), RefreshRequest(force=True))
    assert (result.diff, result.exceeded, result.failed) == (None, [], [])
    show_dry_run(result, as_json=False)
    output = capsys.readouterr().out
    assert ("first release" in output) is not damaged
    assert ("No earlier release could be read" in output) is damaged
    assert list((tmp_path / "build").iterdir()) == []


@pytest.mark.parametrize(
    ("options", "found", "remedy"),
    [
        (("--accept", " "), "--accept: found an empty text", "expected the reason"),
        (("--by", "me"), "--by needs --accept", "leave out --by"),
        (("--dry-run", "--accept", "x"), ("--dry-run publishes nothing", "--accept"), "leave out one"),
        (("--as-of", "2022-12-31", "--to", "x", "--dry-run"), "publishes nothing", "leave out --online"),
    ],
)
def test_wrong_usage_of_accept_and_dry_run(
    tmp_path: Path, options: tuple[str, ...], found: str | tuple[str, ...], remedy: str
) -> None:
    ran = payung(tmp_path / "home", "refresh", *options)
    assert ran.exit_code == 2
    assert_reports(" ".join(ran.stderr.split()), found=found, remedy=remedy)
    assert not (tmp_path / "home").exists()


@pytest.mark.long
def test_refresh_that_exceeds_tolerances_publishes_only_when_accepted(own_home: Path) -> None:
    current = (own_home / "current").resolve()
    values = current / "parquet" / "indicator_set" / "value.parquet"
    # the current release has a second copy of the values, with other years, which the new release withdraws
    duckdb.sql(
        f"CREATE OR REPLACE TABLE more AS FROM '{values}' UNION ALL SELECT * REPLACE (time_period - 500 AS time_period) "
        f"FROM '{values}' WHERE indicator = 'ASP_COV_PENSN'"
    )
    duckdb.sql(f"COPY more TO '{values}' (FORMAT parquet)")
    dry = run_payung(own_home, "refresh", "--dry-run", "--force")
    assert dry.returncode == 3, dry.stderr
    assert "Withdrawn values: " in dry.stdout
    assert_reports(dry.stderr, found="tolerances are exceeded", remedy="payung refresh --accept")
    assert list((own_home / "build").iterdir()) == []
    refused = run_payung(own_home, "refresh", "--force")
    assert refused.returncode == 3
    assert "ASP_COV_PENSN" in refused.stderr
    assert Releases(own_home).ids() == [current.name]
    accepted = run_payung(own_home, "refresh", "--force", "--accept", "years written twice", "--by", "N. Tran")
    assert accepted.returncode == 0, accepted.stderr
    assert_reports(accepted.stdout, found=("Accepted by N. Tran", "years written twice"))
    now = Releases(own_home).current()
    assert now is not None
    (acceptance,) = json.loads((now / "manifest.json").read_text(encoding="utf-8"))["accepted"]
    assert {e["indicator"] for e in acceptance["exceeded"]} == {"ASP_COV_PENSN"}
    again = run_payung(own_home, "refresh", "--dry-run")
    assert again.returncode == 0
    assert_reports(again.stdout, found="Nothing changed since release")

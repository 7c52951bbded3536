"""`payung releases` as a user runs it, and homes that are damaged, newer, read-only or busy."""

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

# The same command within this process: it starts in no time. What is killed, locked or timed runs as a process.
COMMANDS = CliRunner()
NAMED = "SELECT release FROM main.release"


def payung(home: Path, *arguments: str) -> Result:
    """The command line on a home, within this process."""
    return COMMANDS.invoke(main, arguments, env={"PAYUNG_HOME": str(home), "COLUMNS": "200"})


def second_release(home: Path) -> tuple[str, str]:
    """Puts an earlier release, a copy of the current one in which one value was another, before the current one."""
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
    told = json.loads(payung(home, "releases", "list", "--json").stdout)
    assert [(r["release"], r["current"]) for r in told["releases"]] == [(after, True), (before, False)]
    assert [(e["what"], e["release"]) for e in told["history"]] == [("published", after)]
    ran = payung(home, "releases", "diff", "--xlsx", str(tmp_path / "m.xlsx"))
    assert ran.exit_code == 0, ran.stderr
    assert f"From {before} to {after}" in ran.stdout
    assert "Changed values: 1 country values" in ran.stdout
    assert "ASP_COV_PENSN PHL 2021: 1 -> 65.6" in ran.stdout
    sheet = openpyxl.load_workbook(tmp_path / "m.xlsx")["changed"]
    assert [c.value for c in sheet[2]][2:5] == ["ASP_COV_PENSN", "PHL", 2021]
    as_json = json.loads(payung(home, "releases", "diff", before, after, "--json").stdout)
    assert [(r["value_before"], r["value_after"]) for r in as_json["changed"]] == [(1.0, 65.6)]


def test_rollback_prune_and_what_status_says(two: tuple[Path, str, str]) -> None:
    home, before, after = two
    refused = payung(home, "releases", "rollback", before)
    assert refused.exit_code == 1, "its Parquet was altered above"
    assert "parquet/indicator_set/value.parquet" in refused.stderr
    shutil.rmtree(home / "releases" / before)
    copy = home / "releases" / "2020.01.01-2"
    writable(Path(shutil.copytree(home / "releases" / after, copy)))
    ran = payung(home, "releases", "rollback", copy.name, "--by", "N. Tran", "--reason", "wrong unit")
    assert ran.stdout == f"Current is release {copy.name} now, before it was {after}.\n"
    status = json.loads(payung(home, "status", "--json").stdout)
    assert any(f"rollback from {after}" in line for line in status["attention"])
    assert status["history"][-1]["by"] == "N. Tran"
    assert payung(home, "status").exit_code == 4
    (home / "log").mkdir(exist_ok=True)
    manifest = copy / "manifest.json"
    told = json.loads(manifest.read_text(encoding="utf-8"))
    manifest.write_text(json.dumps({**told, "made_at": "2020-01-01T00:00:00+00:00"}), encoding="utf-8")
    failure = "2020-06-01T00:00:00+00:00  refresh failed at raw/unsd_sdg/sdg (run 1).\n  altered or cut\n"
    (home / "log" / "failures.log").write_text(failure, encoding="utf-8")
    status = json.loads(payung(home, "status", "--json").stdout)
    assert not any("refresh failed" in line for line in status["attention"]), "one went through since"
    plan = payung(home, "releases", "prune", "--keep", "1", "--dry-run")
    assert "0 release(s)" in plan.stdout
    unknown = payung(home, "releases", "rollback", "2020.01.01-7")
    assert unknown.exit_code == 1
    assert "no release 2020.01.01-7" in unknown.stderr
    assert ": 2020.01.01-2" in unknown.stderr


def test_damaged_release_is_named_and_readers_go_on(two: tuple[Path, str, str]) -> None:
    home, before, after = two
    with (writable(home / "releases" / after) / "warehouse.duckdb").open("r+b") as file:
        file.write(b"no header")
    ran = payung(home, "sql", "--format", "csv", NAMED)
    assert (ran.exit_code, ran.stdout.split()) == (0, ["release", before])
    assert ran.stderr.startswith(f"payung: the current release {after} cannot be opened")
    assert len(ran.stderr.splitlines()) == 1
    asked = payung(home, "sql", "--release", after, NAMED)
    assert asked.exit_code == 1, "who asks for a release by name gets that one or none"
    checked = payung(home, "releases", "verify")
    assert checked.exit_code == 1
    assert f"{after}: NOT WHOLE\n  altered: warehouse.duckdb\n" in checked.stdout
    status = payung(home, "status")
    assert status.exit_code == 4
    assert "files of the release are damaged: warehouse.duckdb" in status.stdout


def test_status_tells_the_details(made_home: Path) -> None:
    told = json.loads(payung(made_home, "status", "--json").stdout)
    con = duckdb.connect(str(made_home / "current" / "warehouse.duckdb"), read_only=True)
    counted = con.execute("SELECT count(*) FROM lineage.discrepancy").fetchone()
    years = con.execute(
        "SELECT ref_area, time_period FROM indicator_set.value WHERE indicator = 'ASP_ADQ_SA' AND is_headline "
        "AND ref_area IN (SELECT ref_area FROM reference.area_group WHERE area_group = 'ASEAN') ORDER BY ALL"
    ).fetchall()
    con.close()
    assert counted == (sum(d["n"] for d in told["discrepancies"]),)
    late = next(i for i in told["lateness"] if i["indicator"] == "ASP_ADQ_SA")
    assert (late["latest_year"], late["members"]) == (max(y for _, y in years), len({a for a, _ in years}))
    gaps = sorted(b[1] - a[1] for a, b in itertools.pairwise(years) if a[0] == b[0])
    assert gaps[0] <= late["periodicity"] <= gaps[-1]
    assert late["is_late"] is (late["reference_year"] - late["latest_year"] > late["periodicity"])
    files = sum(p.stat().st_size for p in (made_home / "releases").rglob("*") if p.is_file())
    assert told["disk"]["releases"] == files
    assert told["accepted"] == []
    text = payung(made_home, "status").stdout
    assert re.search(r"^Lateness  \d+ indicators late in all members", text, re.MULTILINE)
    assert re.search(r"^Disk     .*releases [\d.]+ MB.*GB free$", text, re.MULTILINE)


@pytest.mark.parametrize("command", [("sql", "SELECT 1"), ("refresh",), ("status",), ("releases", "list"), ("export",)])
def test_home_of_a_newer_payung_is_refused(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "format.json").write_text('{"format": 99, "code_version": "9.1"}', encoding="utf-8")
    ran = payung(tmp_path, *command)
    assert ran.exit_code == 1
    assert ran.stderr.startswith(f"payung: {tmp_path} was written by a newer Payung (format 99, version 9.1)")
    assert [p.name for p in tmp_path.iterdir()] == ["format.json"]


@pytest.mark.long
def test_what_changes_something_waits_for_no_refresh(two: tuple[Path, str, str]) -> None:
    home, before, after = two
    lock = take_lock(home)
    try:
        for command in (("refresh", "--dry-run"), ("releases", "rollback", before)):
            ran = run_payung(home, *command)
            assert ran.returncode == 1
            assert "payung: A refresh is running (process " in ran.stderr
        assert run_payung(home, "sql", "--format", "csv", NAMED).stdout.split() == ["release", after]
        assert run_payung(home, "releases", "list").returncode == 0
    finally:
        lock.release()


@pytest.fixture
def read_only(own_home: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a command while the home is on a disk that takes no writing, for root too."""
    inside = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
    tried = subprocess.run(["unshare", "-rm", "true"], check=False, capture_output=True, text=True)
    if tried.returncode:  # it needs a user namespace of its own, which some machines forbid
        pytest.skip(f"no folder can be mounted read-only here: {tried.stderr.strip()}")

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
def test_read_only_disk_is_read_and_not_written(read_only: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    assert read_only("sql", "--format", "csv", "SELECT count(*) > 0 AS a FROM observations").stdout.split()[1] == "True"
    assert read_only("releases", "verify").returncode == 0
    assert read_only("status").stdout.startswith("Home ")
    for command in (("refresh", "--force"), ("refresh", "--dry-run"), ("releases", "prune", "--keep", "1")):
        ran = read_only(*command)
        assert ran.returncode == 1
        assert re.match(r"payung: The folder \S+ cannot be written: Read-only file system\. Make it", ran.stderr)
        assert "Traceback" not in ran.stderr


def test_release_beyond_the_tolerances_wants_a_word(two: tuple[Path, str, str]) -> None:
    home, _, after = two
    build = Home(home).builds / "of-a-test"
    writable(Path(shutil.copytree(home / "releases" / after / "parquet", build)))
    values = build / "indicator_set" / "value.parquet"
    duckdb.sql(f"CREATE OR REPLACE TABLE kept AS SELECT * FROM '{values}' WHERE indicator <> 'ASP_COV_PENSN'")
    duckdb.sql(f"COPY kept TO '{values}' (FORMAT parquet)")
    workplace = Workplace(home=str(home))
    workplace.use_build(build.name)
    with pytest.raises(AuditError) as refused:
        accepted_exceptions(workplace)
    assert "ASP_COV_PENSN: " in str(refused.value)
    assert "country values withdrawn (100 %, withdrawn_percent allows 10)" in str(refused.value)
    assert "payung refresh --accept" in str(refused.value)
    accepting = Workplace(home=str(home), accept="moved to another set", accepted_by="N. Tran")
    accepting.use_build(build.name)
    (acceptance,) = accepted_exceptions(accepting)
    assert (acceptance["by"], acceptance["reason"]) == ("N. Tran", "moved to another set")
    assert [e["indicator"] for e in acceptance["exceeded"]] == ["ASP_COV_PENSN"]


def test_first_release_has_nothing_to_be_compared_with(release: Path, tmp_path: Path) -> None:
    home = Workplace(home=str(tmp_path)).home_folders
    assert diff_with_current(home, Build(release / "parquet")) == (None, [])
    assert Releases(tmp_path).ids() == []


@pytest.mark.parametrize("damaged", [False, True])
def test_dry_run_without_a_release_to_compare_with_says_why(
    release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], damaged: bool
) -> None:
    if damaged:
        kept = tmp_path / "releases" / release.name
        kept.mkdir(parents=True)
        shutil.copyfile(release / "manifest.json", kept / "manifest.json")
        (tmp_path / "current").symlink_to(kept)

    def built(home: Home, *_: object, **__: object) -> None:
        writable(Path(shutil.copytree(release / "parquet", home.builds / "of-a-test")))

    monkeypatch.setattr("pipelines.refresh_dry_run.build", built)
    tried = dry_run(Home(tmp_path), RefreshRequest(force=True))
    assert (tried.diff, tried.exceeded, tried.failed) == (None, [], [])
    show_dry_run(tried, as_json=False)
    said = capsys.readouterr().out
    assert ("This would be the first release" in said) is not damaged
    assert ("No earlier release could be read" in said) is damaged
    assert list((tmp_path / "build").iterdir()) == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--accept", " "), "--accept wants a reason in words"),
        (("--by", "me"), "--by belongs to --accept"),
        (("--dry-run", "--accept", "x"), "nothing to accept"),
        (("--as-of", "2022-12-31", "--to", "x", "--dry-run"), "publishes nothing: leave out"),
    ],
)
def test_wrong_usage_of_accept_and_dry_run(tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    ran = payung(tmp_path / "home", "refresh", *options)
    assert ran.exit_code == 2
    assert said in ran.stderr
    assert not (tmp_path / "home").exists()


@pytest.mark.long
def test_refresh_beyond_the_tolerances_publishes_only_when_accepted(own_home: Path) -> None:
    current = (own_home / "current").resolve()
    values = current / "parquet" / "indicator_set" / "value.parquet"
    # the current release had values of every year twice over, which the new one withdraws
    duckdb.sql(
        f"CREATE OR REPLACE TABLE more AS FROM '{values}' UNION ALL SELECT * REPLACE (time_period - 500 AS time_period) "
        f"FROM '{values}' WHERE indicator = 'ASP_COV_PENSN'"
    )
    duckdb.sql(f"COPY more TO '{values}' (FORMAT parquet)")
    dry = run_payung(own_home, "refresh", "--dry-run", "--force")
    assert dry.returncode == 3, dry.stderr
    assert "Withdrawn values: " in dry.stdout
    assert "tolerances are exceeded, so a refresh would publish nothing" in dry.stderr
    assert list((own_home / "build").iterdir()) == []
    refused = run_payung(own_home, "refresh", "--force")
    assert refused.returncode == 3
    assert "ASP_COV_PENSN" in refused.stderr
    assert Releases(own_home).ids() == [current.name]
    taken = run_payung(own_home, "refresh", "--force", "--accept", "years written twice", "--by", "N. Tran")
    assert taken.returncode == 0, taken.stderr
    assert "Accepted by N. Tran, kept in the release: years written twice" in taken.stdout
    now = Releases(own_home).current()
    assert now is not None
    (acceptance,) = json.loads((now / "manifest.json").read_text(encoding="utf-8"))["accepted"]
    assert {e["indicator"] for e in acceptance["exceeded"]} == {"ASP_COV_PENSN"}
    again = run_payung(own_home, "refresh", "--dry-run")
    assert again.returncode == 0
    assert "a refresh would do nothing" in again.stdout

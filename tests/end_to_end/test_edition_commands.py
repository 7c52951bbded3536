"""`payung edition` as a user runs it: freeze, list, verify, drift, and editions in `payung status`."""

from __future__ import annotations

import json
import resource
import shutil
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result
from messages import assert_reports
from payung_command import OwnProject, run_payung, writable

from pipelines.cli.main import main
from warehouse.disk import sha256
from warehouse.edition.drift import drift
from warehouse.edition.edition_store import MANIFEST, Editions
from warehouse.query.read_only import query
from warehouse.release.release_folders import Releases

SIGNATURE = ("--signed-by", "A. Nama, ACSS", "--note", "Sixteenth session")


@pytest.fixture(scope="module")
def home(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with only the made release; its tests depend on their order."""
    to = tmp_path_factory.mktemp("edition") / "home"
    shutil.copytree(release, to / "releases" / release.name)
    (to / "current").symlink_to(Path("releases") / release.name)
    return to


def payung(home: Path, *arguments: str) -> Result:
    """Runs a command within this process, which is faster than a new one."""
    ran = CliRunner(env={"PAYUNG_HOME": str(home)}).invoke(main, arguments)
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
    return ran


def test_freeze_list_verify_drift_and_status(home: Path) -> None:
    frozen = payung(home, "edition", "freeze", "baseline-1", *SIGNATURE)
    assert frozen.exit_code == 0, frozen.stderr
    folder = home / "editions" / "baseline-1"
    checksum = frozen.stdout.strip().splitlines()[-1].strip()
    assert checksum.replace(" ", "") == sha256(folder / MANIFEST)

    again = payung(home, "edition", "freeze", "baseline-1", *SIGNATURE)
    assert again.exit_code == 1
    assert again.stderr.startswith("payung: ")
    assert_reports(again.stderr, found=("Edition baseline-1 exists", "by A. Nama, ACSS on"))

    listed = json.loads(payung(home, "edition", "list", "--json").stdout)
    assert [(e["edition"], e["signed_by"], e["problem"]) for e in listed] == [("baseline-1", "A. Nama, ACSS", None)]
    assert listed[0]["checksum"] == sha256(folder / MANIFEST)

    verified = payung(home, "edition", "verify", "baseline-1", "--checksum", checksum)
    assert (verified.exit_code, verified.stderr) == (0, "")
    assert_reports(verified.stdout, found=("unaltered", checksum[:8], "equal"))

    none = payung(home, "edition", "drift", "baseline-1", "--json")
    assert (none.exit_code, none.stderr) == (0, "")
    found = json.loads(none.stdout)
    assert (found["drift"], found["differences"], found["definitions"], found["sources"]) == (False, [], [], [])

    status = json.loads(payung(home, "status", "--json").stdout)
    assert [e["edition"] for e in status["editions"]] == ["baseline-1"]
    assert not any("edition" in a for a in status["attention"])

    path = folder / "csv" / "baseline.value.csv"
    path.chmod(0o644)
    path.write_text(path.read_text(encoding="utf-8").replace("65.6", "66.6"), encoding="utf-8")
    altered = payung(home, "edition", "verify", "baseline-1")
    assert altered.exit_code == 1
    assert "csv/baseline.value.csv: altered" in altered.stdout
    with_alteration = payung(home, "status")
    assert with_alteration.exit_code == 4
    assert_reports(with_alteration.stdout, place=("edition baseline-1", ": csv/baseline.value.csv: altered"))


@pytest.mark.long
def test_drift_has_exit_code_4_text_and_json(home: Path) -> None:
    frozen = run_payung(home, "edition", "freeze", "baseline-2", *SIGNATURE, "--json")
    assert json.loads(frozen.stdout)["checksum"] == sha256(home / "editions" / "baseline-2" / MANIFEST)
    other = home / "releases" / "2999.01.01-1"
    writable(Path(shutil.copytree((home / "current").resolve(), other)))
    with duckdb.connect(str(other / "warehouse.duckdb")) as con:
        con.execute(
            "UPDATE baseline.value SET latest_value = latest_value + 1 "
            "WHERE indicator = 'ASP_COV_PENSN' AND ref_area = 'PHL' AND is_headline"
        )
    differing = payung(home, "edition", "drift", "baseline-2", "--release", other.name)
    assert (differing.exit_code, differing.stderr) == (4, "")
    assert "ASP_COV_PENSN PHL latest: 65.6 (2021) -> 66.6 (2021)" in differing.stdout
    assert "altered release" in differing.stdout
    as_json = payung(home, "edition", "drift", "baseline-2", "--release", other.name, "--json")
    assert as_json.exit_code == 4
    found = json.loads(as_json.stdout)
    assert (found["drift"], found["by_kind"]) == (True, {"changed": 1})
    one = found["differences"][0]
    assert (one["indicator"], one["ref_area"], one["before"]["value"]) == ("ASP_COV_PENSN", "PHL", 65.6)
    assert [w["cause"] for w in one["why"]] == ["altered release"]
    shutil.rmtree(other)


def test_full_disk_leaves_no_files(home: Path) -> None:
    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    ran = run_payung(home, "edition", "freeze", "too-large", *SIGNATURE, preexec_fn=small_files)
    assert ran.returncode == 1
    assert ran.stderr.startswith("payung: ")
    assert_reports(ran.stderr, found="could not be written", place="editions")
    assert "Traceback" not in ran.stderr
    assert [p.name for p in (home / "editions").glob("*") if "too-large" in p.name] == []


@pytest.mark.parametrize(
    ("arguments", "code", "found"),
    [
        (("drift", "none"), 1, "no edition 'none'"),
        (("freeze", "x", "--signed-by", "A. Nama", "--note", "n"), 2, 'as "Name, body"'),
        (("freeze", "x", *SIGNATURE, "--release", "1999.01.01-1"), 1, "no release 1999.01.01-1"),
        (("freeze", "x", "--note", "n"), 2, "Missing option '--signed-by'"),
    ],
)
def test_wrong_arguments_are_refused(home: Path, arguments: tuple[str, ...], code: int, found: str) -> None:
    ran = payung(home, "edition", *arguments)
    assert ran.exit_code == code
    assert_reports(ran.stderr, found=found)
    assert "Traceback" not in ran.stderr


@pytest.mark.long
def test_edition_does_not_change_after_a_refresh_with_another_definition(
    own_home: Path, own_project: OwnProject
) -> None:
    frozen = run_payung(own_home, "edition", "freeze", "unchanged", *SIGNATURE)
    assert frozen.returncode == 0, frozen.stderr
    edition = Editions(own_home).find("unchanged")
    before = {p: p.read_bytes() for p in edition.folder.rglob("*") if p.is_file()}
    file = own_project.folder / "indicator_defs/indicators/coverage/ASP_COV_DISAB.yaml"
    text = file.read_text(encoding="utf-8")
    assert "weight: POP_TOTAL" in text
    file.write_text(text.replace("weight: POP_TOTAL", "weight: POP_Y_GE65"), encoding="utf-8")
    ran = own_project.run(own_home, "refresh", "--accept", "persons with disabilities counted by the older population")
    assert ran.returncode == 0, ran.stderr
    assert {p: p.read_bytes() for p in edition.folder.rglob("*") if p.is_file()} == before
    found = drift(edition, Releases(own_home).find())
    assert {d.indicator for d in found.figures} == {"ASP_COV_DISAB"}
    assert {d.ref_area for d in found.figures if d.kind == "changed"} <= {"ASEAN", "ASEAN10", "ASEAN6", "CLMV"}
    causes = {str(c) for d in found.figures for c in d.why}
    assert any("weight POP_TOTAL -> POP_Y_GE65" in c for c in causes)
    now = query(Releases(own_home).find(), "SELECT weight FROM reference.indicator WHERE indicator = 'ASP_COV_DISAB'")
    assert now["weight"].tolist() == ["POP_Y_GE65"]

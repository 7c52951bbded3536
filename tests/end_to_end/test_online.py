"""`payung refresh --online`, as a user runs it, with test servers that respond like the providers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from messages import assert_reports
from payung_command import run_payung
from providers import servers
from providers.servers import Providers, World, on, serving

from indicator_defs.system import settings
from warehouse.query.read_only import query

pytestmark = pytest.mark.long  # many refreshes; make test-long

ROOT = Path(__file__).parents[2]
DATASETS = 5
MOST_REQUESTS = 5


@pytest.fixture(scope="module")
def running() -> Iterator[Providers]:
    """Providers that publish the figures of the archive with additional fields: new vintages with the same figures.

    The date of the World Bank is between the extracts in the archive, so that the same vintages are chosen. The UN's
    answer is the one in the archive, so that it is no new vintage, which a definition might have to confirm first.
    """
    world = World()
    bank, ilo = world.service("world_bank"), world.service("ilostat")
    bank.lastupdated = "2018-10-31"
    bank.change_row = lambda r: {**r, "decimal": 1}
    ilo.change_row = lambda r: [*r[:16], "1", *r[17:]]
    with serving(world) as providers:
        yield providers


@pytest.fixture(scope="module")
def online_home(running: Providers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after one online refresh."""
    home = tmp_path_factory.mktemp("online") / "home"
    ran = payung(home, running, "refresh", "--online")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (home.parent / "first.out").write_text(ran.stdout)
    return home


def payung(home: Path, running: Providers, *arguments: str) -> subprocess.CompletedProcess[str]:
    # PYTHONPATH: run the code of this checkout, also if another one is installed.
    return run_payung(home, *arguments, more={"PYTHONPATH": str(ROOT), **running.environment})


def content(home: Path, table: str) -> tuple[int, str]:
    frame = query(
        (home / "current").resolve(),
        "SELECT count(*) AS n, md5(string_agg(observation_id || coalesce(CAST(obs_value AS VARCHAR), ''), ',' "
        f"ORDER BY observation_id)) AS hash FROM {table}",
    )
    return int(frame["n"].iloc[0]), str(frame["hash"].iloc[0])


def test_online_and_offline_make_the_same_warehouse(made_home: Path, online_home: Path) -> None:
    for table in ("harmonised.observation", "indicator_set.value"):
        assert content(online_home, table) == content(made_home, table)
        assert content(online_home, table)[0] > 20_000
    sources = query(
        (online_home / "current").resolve(),
        "SELECT DISTINCT source FROM harmonised.observation WHERE snapshot_id IN "
        "(SELECT snapshot_id FROM lineage.snapshot WHERE NOT is_rebuilt AND provider <> 'national') ORDER BY 1",
    )
    assert sources["source"].tolist() == ["ilostat", "world_bank"], "figures are from the downloaded snapshots"
    output = (online_home.parent / "first.out").read_text()
    for line in ("ilostat/SDG_0131_SEX_SOC_RT  new vintage", "unsd_sdg/sdg                 same content"):
        assert line in output


def test_second_refresh_sends_few_requests_and_makes_no_release(online_home: Path, running: Providers) -> None:
    before = running.world.count()
    ran = payung(online_home, running, "refresh", "--online")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert running.world.count() - before <= MOST_REQUESTS
    assert "Nothing changed since release" in ran.stdout
    assert ran.stdout.count("unchanged") == DATASETS
    assert ran.stderr == ""


def test_failure_of_one_provider_does_not_stop_the_others(online_home: Path, running: Providers) -> None:
    release = (online_home / "current").resolve()
    running.world.service("ilostat").last_update = "01/03/2025 08:00:00"
    running.world.fault = on("/sdmx/", servers.html)
    try:
        ran = payung(online_home, running, "refresh", "--online", "--source", "ilostat", "--source", "un_wpp")
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert (online_home / "current").resolve() == release, "the last good data remain"
        assert "payung: ilostat/SDG_0131_SEX_SOC_RT: " in ran.stderr
        address = f"{running.base}/ilostat/sdmx/data/ILO,DF_SDG_0131_SEX_SOC_RT"
        assert_reports(ran.stderr, place=address, found=("found an HTML page", "'Service unavailable'"))
        assert "unsd_sdg" not in ran.stdout, "only the given sources received requests"
        status = payung(online_home, running, "status", "--json")
        assert status.returncode == 4
        (line,) = [a for a in json.loads(status.stdout)["attention"] if "last download" in a]
        assert "ilostat/SDG_0131_SEX_SOC_RT failed" in line
        report = json.loads((online_home / "fetch" / "ilostat__SDG_0131_SEX_SOC_RT.json").read_text())
        assert report["outcome"] == "failed"
        alone = payung(online_home, running, "refresh", "--online", "--source", "ilostat")
        assert alone.returncode == 1, "no dataset could be downloaded"
    finally:
        running.world.fault = None
    ran = payung(online_home, running, "refresh", "--online", "--source", "ilostat")
    assert ran.returncode == 0
    assert "same content" in ran.stdout
    status = payung(online_home, running, "status", "--json")
    assert not [a for a in json.loads(status.stdout)["attention"] if "last download" in a]


def test_wrong_usage(tmp_path: Path, running: Providers) -> None:
    for arguments, content in (
        (("--source", "ilostat"), "--source needs --online"),
        (("--online", "--source", "eurostat"), ("Unknown source 'eurostat'", "one of: ilostat")),
        (("--online", "--source", "national"), "national has no endpoint"),
    ):
        ran = payung(tmp_path / "home", running, "refresh", *arguments)
        assert ran.returncode == 2
        assert_reports(" ".join(ran.stderr.split()), found=content)


def test_graph_shows_whether_a_download_was_complete(online_home: Path, running: Providers) -> None:
    """In the UI: the job for one provider, and the check of its raw asset."""
    script = """
import sys
from pathlib import Path
import dagster as dg
from pipelines.definitions import build_defs
from pipelines.jobs import FETCH
home = Path(sys.argv[1])
job = build_defs(home).resolve_job_def(FETCH)
ran = job.execute_in_process(
    instance=dg.DagsterInstance.ephemeral(),
    run_config={"resources": {"workplace": {"config": {"online": True, "sources": ["ilostat"], "force": True}}}},
)
for check in ran.get_asset_check_evaluations():
    print(check.asset_key.to_user_string(), check.check_name, check.passed, check.severity.value)
for event in ran.get_asset_materialization_events():
    outcome = event.materialization.metadata.get("outcome")
    print(event.asset_key.to_user_string(), outcome.value if outcome else None)
"""
    running.world.fault = on("/sdmx/", servers.bad_gateway)
    try:
        ran = subprocess.run(
            [sys.executable, "-c", script, str(online_home)],
            env=settings.for_child(**running.environment, PAYUNG_HOME=str(online_home), PYTHONPATH=str(ROOT)),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    finally:
        running.world.fault = None
    assert ran.returncode == 0, ran.stderr
    lines = [line.split() for line in ran.stdout.splitlines()]
    assert ["raw/ilostat/SDG_0131_SEX_SOC_RT", "fetched_whole", "False", "WARN"] in lines
    assert ["raw/un_wpp/wpp2024_demographic", "fetched_whole", "True", "WARN"] in lines
    assert ["raw/ilostat/SDG_0131_SEX_SOC_RT", "failed"] in lines
    assert ["raw/unsd_sdg/sdg", "None"] in lines, "no request was sent"

"""Notices: in the log, to a real SMTP server and to a real webhook; a problem with sending makes no run fail."""

from __future__ import annotations

import json
import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email import message_from_string
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest
import trustme
from messages import assert_reports

from assets.home import Home
from indicator_defs.system import clock
from pipelines.notice_delivery import SettingsError, mail_settings
from pipelines.notices import (
    OVERDUE_FILE,
    Notice,
    failed_run,
    fetch_notices,
    lateness_notices,
    notify_of_results,
    release_notices,
    send_notices,
)
from pipelines.sensors import log_failed_run
from sources.dataset_refresh import FetchReport, write_report

TODAY = date(2026, 11, 22)
SECRET = "/services/T000/B000/secretsecret"
TWO = [Notice("new_vintage", "ilostat/X: 2026-11", "12 rows.\nStored."), Notice("late_source", "unsd_sdg is overdue")]


class Smtp(socketserver.StreamRequestHandler):
    """The part of SMTP that a mail needs; stores the lines received."""

    server: SmtpServer

    def handle(self) -> None:
        if not isinstance(self.request, ssl.SSLSocket):
            self._send("220 mail.example ready")
        data: list[str] | None = None
        for raw in self.rfile:
            line = raw.decode().rstrip("\r\n")
            if data is not None:
                if line == ".":
                    self.server.letters.append(message_from_string("\n".join(data)))
                    data = None
                    self._send("250 accepted")
                else:
                    data.append(line.removeprefix("."))
                continue
            self.server.lines.append(line)
            word = line.split(" ")[0].upper()
            if word == "STARTTLS" and self.server.tls is not None:
                self._send("220 go on")
                self.request = self.server.tls.wrap_socket(self.request, server_side=True)
                self.setup()
                self.handle()
                return
            if word == "DATA":
                data = []
                self._send("354 go on")
            elif word == "RCPT" and self.server.refuse in line:
                self._send("550 no such user")
            elif word == "QUIT":
                self._send("221 bye")
                return
            else:
                offers = ["AUTH PLAIN LOGIN"] + ["STARTTLS"] * (self.server.tls is not None)
                offered = "".join(f"250-{o}\r\n" for o in ["mail.example", *offers])
                self._send(f"{offered}250 HELP" if word == "EHLO" else "235 in" if word == "AUTH" else "250 ok")

    def _send(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class SmtpServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Smtp)
        self.letters: list[Message] = []
        self.lines: list[str] = []
        self.refuse = "unknown@"
        self.tls: ssl.SSLContext | None = None


@dataclass
class Hook:
    """A webhook on 127.0.0.1: the messages posted, and its response status."""

    address: str
    posted: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    status: int = 200


@pytest.fixture
def smtp(monkeypatch: pytest.MonkeyPatch) -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for name, value in {
            "HOST": "127.0.0.1",
            "PORT": str(server.server_address[1]),
            "FROM": "payung@example.org",
            "TO": "anna@example.org, budi@example.org",
        }.items():
            monkeypatch.setenv(f"PAYUNG_SMTP_{name}", value)
        yield server
        server.shutdown()


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    running = Hook("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            running.posted.append((self.headers["User-Agent"], json.loads(body)))
            self.send_response(running.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.address = f"http://127.0.0.1:{server.server_address[1]}{SECRET}"
        monkeypatch.setenv("PAYUNG_WEBHOOK_URL", running.address)
        yield running
        server.shutdown()


def log_of(home: Path) -> str:
    path = home / "log" / "notices.log"
    return path.read_text(encoding="utf-8") if path.exists() else ""


def report(outcome: str, dataset: str = "sdg", provider: str = "unsd_sdg", **more: Any) -> FetchReport:
    facts = {"requests": 3, "bytes": 100, "message": f"Outcome: {outcome}.", "at": datetime(2026, 11, 22, tzinfo=UTC)}
    return FetchReport.model_validate({"provider": provider, "dataset": dataset, "outcome": outcome, **facts, **more})


def release(home: Path, name: str, vintages: dict[str, str], revisions: list[tuple[Any, ...]] | None = None) -> Path:
    """A release folder with a manifest, and lineage.revision if rows are given; becomes the current release."""
    folder = home / "releases" / name
    folder.mkdir(parents=True)
    sources = [
        {"provider": p.split("/")[0], "dataset": p.split("/")[1], "vintage_date": d[:10], "snapshot": f"{p}/{d}"}
        for p, d in vintages.items()
    ]
    tables = {} if revisions is None else {"lineage.revision": len(revisions)}
    (folder / "manifest.json").write_text(json.dumps({"release": name, "sources": sources, "tables": tables}))
    if revisions is not None:
        con = duckdb.connect(str(folder / "warehouse.duckdb"))
        con.execute("CREATE SCHEMA lineage")
        con.execute(
            "CREATE TABLE lineage.revision (revision_class VARCHAR, source VARCHAR, dataset VARCHAR, "
            "vintage_from DATE, vintage_to DATE, snapshot_to VARCHAR, indicator VARCHAR, ref_area VARCHAR, "
            "time_period_from INTEGER, text_from VARCHAR)"
        )
        for row in revisions:
            con.execute(f"INSERT INTO lineage.revision VALUES ({', '.join('?' * 10)})", row)
        con.close()
    link = home / "current"
    link.unlink(missing_ok=True)
    link.symlink_to(folder, target_is_directory=True)
    return folder


def test_unexpected_series_description_is_reported_once(tmp_path: Path) -> None:
    """Only findings of snapshots that the previous release did not have."""
    old, new = "unsd_sdg/sdg/2022-12-25", "unsd_sdg/sdg/2023-12-17"
    first = release(tmp_path, "2026.11.22-1", {"unsd_sdg/sdg": "2022-12-25"}, [])
    second = release(tmp_path, "2026.11.23-1", {"unsd_sdg/sdg": "2023-12-17"}, [])
    third = release(tmp_path, "2026.11.24-1", {"unsd_sdg/sdg": "2023-12-17"}, [])
    columns = "snapshot_id, vintage_date, series, used_in, title, unit_as_published, unexpected, expected, finding"
    for folder in (second, third):
        con = duckdb.connect(str(folder / "warehouse.duckdb"))
        con.execute(
            f"CREATE TABLE lineage.series_description AS SELECT 'unsd_sdg' AS provider, 'sdg' AS dataset, * FROM (VALUES "
            f"('{old}', DATE '2022-12-25', 'SI_OLD', 'a.yaml:1', 'Was odd', '', '', 'Fine', 'title_changed'), "
            f"('{new}', DATE '2023-12-17', 'SI_X', 'b.yaml:7', 'Pensions (n)', '', '', 'Pensions (%)', 'title_changed'), "
            f"('{new}', DATE '2023-12-17', 'SI_Y', 'c.yaml:9', '', '', 'valueType=Index', NULL, 'attribute_unexpected'), "
            f"('{new}', DATE '2023-12-17', 'SI_Z', 'd.yaml:2', 'Same', '', '', 'Same', NULL)) AS t({columns})"
        )
        con.close()
        manifest = json.loads((folder / "manifest.json").read_text())
        manifest["tables"]["lineage.series_description"] = 4
        (folder / "manifest.json").write_text(json.dumps(manifest))
    (notice,) = release_notices(second, first)
    assert notice.event == "meaning_changed"
    assert_reports(notice.headline, place=("unsd_sdg/sdg", "2023-12-17"), found="2 series")
    first_line, second_line = notice.text.splitlines()[:2]
    assert_reports(
        first_line, place=("SI_X", "b.yaml:7"), found="titled Pensions (n)", expected="expected Pensions (%)"
    )
    assert_reports(
        second_line, place=("SI_Y", "c.yaml:9"), found="valueType=Index", expected="sources/providers/unsd_sdg.yaml"
    )
    assert_reports(notice.text, remedy="definition")
    assert release_notices(third, second) == []


def test_log_has_one_block_for_each_notice(tmp_path: Path) -> None:
    assert send_notices(Home(tmp_path), TWO) == []
    assert send_notices(Home(tmp_path), []) == []
    lines = log_of(tmp_path).splitlines()
    assert lines[0][:4].isdigit()
    assert lines[0].split("  ")[1:] == ["new_vintage", "ilostat/X: 2026-11"]
    assert lines[1:4] == ["  12 rows.", "  Stored.", ""]
    assert lines[4].endswith("  late_source  unsd_sdg is overdue")


def test_one_mail_sends_all_notices_to_all_addresses(tmp_path: Path, smtp: SmtpServer) -> None:
    assert send_notices(Home(tmp_path), TWO) == []
    (letter,) = smtp.letters
    assert_reports(letter["Subject"], place="Payung:", found=("2 notices", "new vintage", "late source"))
    assert letter["From"] == "payung@example.org"
    assert letter["To"] == "anna@example.org, budi@example.org"
    assert "  12 rows." in letter.get_payload()
    # the case of an SMTP word is free (RFC 5321), and Python changed it with 3.13
    assert [line.upper() for line in smtp.lines if line.upper().startswith("RCPT")] == [
        "RCPT TO:<ANNA@EXAMPLE.ORG>",
        "RCPT TO:<BUDI@EXAMPLE.ORG>",
    ]


def test_mail_has_the_headers_that_mail_servers_expect(
    tmp_path: Path, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_name(*_: object) -> str:
        raise AssertionError("the name of this machine was looked up")

    for name in ("getfqdn", "gethostname", "gethostbyname"):
        monkeypatch.setattr(f"socket.{name}", no_name)
    monkeypatch.setenv("PAYUNG_SMTP_FROM", "Payung – ASEAN <payung@acss.example.org>")
    headline = "unsd_sdg/sdg: 3 values of Viet Nam withdrawn – “Việt Nam”"
    moment = datetime(2028, 2, 29, 4, 30, tzinfo=UTC)
    with clock.set_to(moment):
        assert (
            send_notices(Home(tmp_path), [Notice("withdrawn_values", headline, "Đà Nẵng: was 47,5\n" + "x" * 2000)])
            == []
        )
        assert send_notices(Home(tmp_path), TWO) == []
    assert smtp.lines[0] == "ehlo acss.example.org"
    first, second = smtp.letters
    assert first.as_string().isascii(), "a mail server that supports only 7 bits accepts it"
    assert max(len(line) for line in first.as_string().splitlines()) < 998
    read = message_from_string(first.as_string(), policy=default)
    assert read["Subject"] == f"Payung: {headline}"
    assert read["From"].addresses[0].display_name == "Payung – ASEAN"
    assert read["To"] == "anna@example.org, budi@example.org"
    assert "Đà Nẵng: was 47,5" in read.get_content()
    assert read["Date"].datetime == moment
    assert read["MIME-Version"] == "1.0"
    assert read["Content-Type"] == 'text/plain; charset="utf-8"'
    assert read["Auto-Submitted"] == "auto-generated"
    assert re.fullmatch(r"<[^@<>\s]+@acss\.example\.org>", read["Message-ID"])
    assert read["Message-ID"] != second["Message-ID"]
    for name in ("Date", "Message-ID", "From", "To", "Subject", "MIME-Version", "Auto-Submitted"):
        assert len(read.get_all(name)) == 1


@pytest.mark.parametrize("setting", ["FROM", "TO"])
@pytest.mark.parametrize("address", ["payung", "payung@", "Payung <payung>", "a b"])
def test_invalid_address_is_reported_before_anything_is_sent(
    tmp_path: Path, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch, setting: str, address: str
) -> None:
    monkeypatch.setenv(f"PAYUNG_SMTP_{setting}", address)
    (problem,) = send_notices(Home(tmp_path), TWO)
    assert_reports(problem, place=f"PAYUNG_SMTP_{setting}", found=repr(address), expected="payung@example.org")
    assert smtp.lines == []


def test_webhook_receives_text_and_data(tmp_path: Path, hook: Hook) -> None:
    assert send_notices(Home(tmp_path), TWO[:1]) == []
    ((agent, message),) = hook.posted
    assert agent.startswith("payung/")
    assert message["text"].startswith("Payung: ilostat/X: 2026-11\n\n20")
    (fact,) = message["notices"]
    assert (fact["event"], fact["headline"], fact["text"]) == ("new_vintage", TWO[0].headline, TWO[0].text)


def test_webhook_failure_is_logged_without_its_secret_address(tmp_path: Path, hook: Hook) -> None:
    hook.status = 500
    (problem,) = send_notices(Home(tmp_path), TWO)
    assert "status 500" in problem
    assert "127.0.0.1" in problem
    assert "  not_sent  The webhook" in log_of(tmp_path)
    assert log_of(tmp_path).count("new_vintage") == 1
    assert "secretsecret" not in log_of(tmp_path) + problem


def test_unreachable_webhook_is_reported_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unused_port: int
) -> None:
    monkeypatch.setenv("PAYUNG_HTTP_PAUSE_SECONDS", "0")
    for address in (f"http://127.0.0.1:{unused_port}{SECRET}", f"http://[::bad{SECRET}", f"ftp://x{SECRET}"):
        monkeypatch.setenv("PAYUNG_WEBHOOK_URL", address)
        (problem,) = send_notices(Home(tmp_path), TWO)
        assert "secretsecret" not in problem
    assert log_of(tmp_path).count("not_sent") == 3
    assert "secretsecret" not in log_of(tmp_path)


@pytest.fixture
def unused_port() -> int:
    """A port without a listener."""
    with socketserver.TCPServer(("127.0.0.1", 0), Smtp) as server:
        return int(server.server_address[1])


def test_unreachable_mail_server_is_reported(
    tmp_path: Path, smtp: SmtpServer, unused_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAYUNG_SMTP_PORT", str(unused_port))
    (problem,) = send_notices(Home(tmp_path), TWO)
    assert_reports(problem, place=("mail", "127.0.0.1"), found="not sent")
    assert "not_sent" in log_of(tmp_path)


def test_refused_address_is_named_and_the_others_receive_the_mail(
    tmp_path: Path, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAYUNG_SMTP_TO", "anna@example.org,unknown@example.org")
    (problem,) = send_notices(Home(tmp_path), TWO)
    assert "unknown@example.org" in problem
    assert len(smtp.letters) == 1


def test_password_is_never_sent_without_encryption(
    tmp_path: Path, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAYUNG_SMTP_USER", "payung")
    monkeypatch.setenv("PAYUNG_SMTP_PASSWORD", "hush")
    (problem,) = send_notices(Home(tmp_path), TWO)
    assert "no STARTTLS" in problem
    assert not [line for line in smtp.lines if line.upper().startswith("AUTH")]
    assert smtp.letters == []


def test_password_is_sent_with_starttls(tmp_path: Path, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    smtp.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(smtp.tls)
    monkeypatch.setenv("PAYUNG_SMTP_USER", "payung")
    monkeypatch.setenv("PAYUNG_SMTP_PASSWORD", "hush")
    (problem,) = send_notices(Home(tmp_path), TWO)
    assert "certificate verify failed" in problem, "an unknown authority is not trusted"
    assert smtp.letters == []
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    assert send_notices(Home(tmp_path), TWO) == []
    assert len(smtp.letters) == 1
    words = [line.split(" ")[0].upper() for line in smtp.lines]
    assert words.index("STARTTLS") < words.index("AUTH") < words.index("MAIL")


@pytest.mark.parametrize(
    ("name", "value", "finding"),
    [
        ("TO", "", "PAYUNG_SMTP_TO is not"),
        ("FROM", "", "PAYUNG_SMTP_FROM is not"),
        ("PORT", "smtp", "PAYUNG_SMTP_PORT: found 'smtp'"),
        ("STARTTLS", "maybe", "PAYUNG_SMTP_STARTTLS: found 'maybe'"),
    ],
)
def test_wrong_setting_is_named(name: str, value: str, finding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert mail_settings() is None
    right = {"HOST": "mail.example", "FROM": "a@example.org", "TO": "b@example.org"}
    for key, text in {**right, name: value}.items():
        monkeypatch.setenv(f"PAYUNG_SMTP_{key}", text)
    with pytest.raises(SettingsError, match=finding):
        mail_settings()


def test_each_outcome_of_a_download_has_its_notice() -> None:
    reports = [
        report("new_vintage", vintage_date="2026-10-01"),
        report("changed_in_place", release_tag="2026.Q3.G.01"),
        report("failed"),
        report("same_content", left_out=["Unknown areas: XXX."]),
        report("unchanged", left_out=["Unknown areas: XXX."]),
        report("same_content"),
    ]
    expected_notices = [
        ("new_vintage", ("new vintage", "2026-10-01")),
        ("changed_in_place", ("changed", "2026.Q3.G.01")),
        ("failed_fetch", ("download failed",)),
        ("failed_fetch", ("incomplete",)),
    ]
    for notice, (event, found) in zip(fetch_notices(reports), expected_notices, strict=True):
        assert notice.event == event
        assert_reports(notice.headline, place="unsd_sdg/sdg", found=found)


def test_overdue_source_is_reported_once_and_again_after_a_month(tmp_path: Path) -> None:
    release(tmp_path, "2026.11.22-1", {"unsd_sdg/sdg": "2023-12-17", "world_bank/wdi": "2024-06-28"})
    reports = [report("unchanged")]
    (first,) = lateness_notices(Home(tmp_path), reports, TODAY)
    assert_reports(first.headline, place="unsd_sdg/sdg", found=("overdue", "17 Dec 2023"))
    assert_reports(first.text, found=("2023-12-17", "1071 days"))
    assert lateness_notices(Home(tmp_path), [], TODAY) == [], "no request was sent from this home"
    assert lateness_notices(Home(tmp_path), reports, date(2026, 12, 21)) == []
    assert len(lateness_notices(Home(tmp_path), reports, date(2026, 12, 22))) == 1
    release(tmp_path, "2026.12.23-1", {"unsd_sdg/sdg": "2024-12-17"})
    assert len(lateness_notices(Home(tmp_path), reports, date(2026, 12, 23))) == 1, "a newer vintage, also overdue"
    (tmp_path / "log" / OVERDUE_FILE).write_text("{ damaged")
    assert len(lateness_notices(Home(tmp_path), reports, date(2026, 12, 24))) == 1


def test_file_of_the_former_name_is_renamed_and_no_notice_is_sent_twice(tmp_path: Path) -> None:
    release(tmp_path, "2026.11.22-1", {"unsd_sdg/sdg": "2023-12-17"})
    former = tmp_path / "log" / "told.json"
    former.parent.mkdir()
    content = '{\n "unsd_sdg/sdg": {\n  "vintage": "2023-12-17",\n  "on": "2026-11-20"\n }\n}\n'
    former.write_text(content, encoding="utf-8")
    reports = [report("unchanged")]
    assert lateness_notices(Home(tmp_path), reports, TODAY) == []
    assert not former.exists()
    assert (tmp_path / "log" / OVERDUE_FILE).read_text(encoding="utf-8") == content
    assert lateness_notices(Home(tmp_path), reports, date(2026, 12, 19)) == []
    assert len(lateness_notices(Home(tmp_path), reports, date(2026, 12, 20))) == 1, "30 days after the old entry"


def withdrawn(
    later: str, indicator: str = "ASP_COV_DISAB", year: int = 2016, kind: str = "withdrawn"
) -> tuple[Any, ...]:
    return (kind, "unsd_sdg", "sdg", "2018-10-01", later[:10], f"unsd_sdg/sdg/{later}", indicator, "KHM", year, "4.2")


def test_values_withdrawn_by_new_vintages_are_reported_and_older_ones_are_not(tmp_path: Path) -> None:
    old, new = "2020-12-01-aa", "2022-12-05-bb"
    first = release(tmp_path, "2026.11.22-9", {"unsd_sdg/sdg": old}, [withdrawn(old)])
    rows = [
        withdrawn(old, year=1999),
        withdrawn(new, kind="changed"),
        *(withdrawn(new, year=2000 + i) for i in range(12)),
    ]
    second = release(tmp_path, "2026.11.22-10", {"unsd_sdg/sdg": new}, rows)
    (notice,) = release_notices(second, first)
    assert_reports(notice.headline, place=("unsd_sdg/sdg", "2018-10-01", "2022-12-05"), found="12 values")
    assert_reports(notice.text.splitlines()[0], place="ASP_COV_DISAB KHM 2000", found="4.2")
    assert_reports(notice.text, found="2 more", remedy=("payung revisions", "2026.11.22-10"))
    assert "1999" not in notice.text
    assert release_notices(first, None) == [], "a first release withdraws nothing"
    assert release_notices(first, second) == [], "older vintages added later are not reported"
    bare = release(tmp_path, "2026.11.22-11", {"unsd_sdg/sdg": "2023-12-17-cc"})
    assert release_notices(bare, second) == [], "a release without the table"


def test_notices_of_a_run_are_sent_as_one_message(tmp_path: Path, smtp: SmtpServer, hook: Hook) -> None:
    release(tmp_path, "2026.11.21-1", {"unsd_sdg/sdg": "2020-12-01-aa"}, [])
    newest = release(tmp_path, "2026.11.22-1", {"unsd_sdg/sdg": "2022-12-05-bb"}, [withdrawn("2022-12-05-bb")])
    write_report(tmp_path / "fetch", report("new_vintage"))
    assert notify_of_results(Home(tmp_path), [report("new_vintage")], newest, today=TODAY) == []
    events = ["new_vintage", "withdrawn_values", "late_source"]
    assert [line.split("  ")[1] for line in log_of(tmp_path).splitlines() if line[:1].isdigit()] == events
    assert len(smtp.letters) == len(hook.posted) == 1
    assert [n["event"] for n in hook.posted[0][1]["notices"]] == events


def test_damaged_release_is_reported_and_the_other_notices_are_sent(tmp_path: Path) -> None:
    release(tmp_path, "2026.11.21-1", {"unsd_sdg/sdg": "2020-12-01-aa"}, [])
    broken = release(tmp_path, "2026.11.22-1", {"unsd_sdg/sdg": "2022-12-05-bb"}, [])
    (broken / "warehouse.duckdb").write_bytes(b"cut")
    (problem,) = notify_of_results(Home(tmp_path), [report("new_vintage")], broken, today=TODAY)
    assert_reports(problem, found=("incomplete", "warehouse.duckdb"))
    assert "  new_vintage  " in log_of(tmp_path)
    assert "  not_sent  " in log_of(tmp_path)


def test_log_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("a file where a folder should be")
    (problem,) = send_notices(Home(tmp_path), TWO)
    assert "notices.log cannot be written" in problem


@pytest.mark.parametrize(
    ("tags", "is_notified"), [({}, True), ({"payung/notified": "yes"}, False), ({"payung/told": "yes"}, False)]
)
def test_failed_run_is_reported_once(
    tags: dict[str, str], is_notified: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, smtp: SmtpServer
) -> None:
    @dg.asset(key=["raw", "unsd_sdg", "sdg"])
    def broken() -> None:
        raise OSError("the disk is full")

    monkeypatch.setenv("PAYUNG_HOME", str(tmp_path))
    job = dg.Definitions(assets=[broken], jobs=[dg.define_asset_job("refresh")]).resolve_job_def("refresh")
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(instance=instance, raise_on_error=False, tags=tags)
        event = next(e for e in result.all_events if e.is_job_failure)
        log_failed_run(
            dg.build_run_status_sensor_context("log_failed_run", event, instance, result.dagster_run).for_run_failure()
        )
    assert ("refresh at raw/unsd_sdg/sdg" in log_of(tmp_path)) is is_notified
    assert ("the disk is full" in log_of(tmp_path)) is is_notified
    assert len(smtp.letters) == is_notified


def test_notice_of_a_failed_run_names_the_command() -> None:
    notice = failed_run("payung refresh", "raw/x: the file is cut\nNothing was published.")
    assert (notice.event, notice.headline) == ("failed_run", "payung refresh failed")

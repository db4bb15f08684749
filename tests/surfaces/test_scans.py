"""Uploads and the malware scanner: what it finds is refused, what it has not seen is shown to nobody (B38)."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select
from werkzeug.test import TestResponse

from caredesk.actions import alerts
from caredesk.application import create_app
from caredesk.audit.models import AuditEntry
from caredesk.conversations.models import Picture
from caredesk.core.outbox import JobRow
from caredesk.edge.job_kinds import JOB_KINDS
from caredesk.edge.services import Services
from caredesk.infra.runner import Runner
from caredesk.infra.scanner import ClamAv
from tests.fixtures.clamd import BAD, FakeClamd, fake_clamd
from tests.fixtures.desk import DeskForTests
from tests.fixtures.records import bearer

CHAT = "/api/chat/pictures"
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-" + b"TEST-FILE!$H+H*"
"""The test file that every scanner minds, from eicar.org; harmless."""


@pytest.fixture
def clamd() -> Iterator[FakeClamd]:
    with fake_clamd() as server:
        yield server


@pytest.fixture
def services(services: Services, clamd: FakeClamd) -> Services:
    return replace(services, scanner=ClamAv(clamd.address, seconds=30))


class Sender:
    """A visitor with a page."""

    def __init__(self, desk: DeskForTests, client: FlaskClient) -> None:
        self.desk, self.client = desk, client
        self.headers = bearer(desk.visit().token)

    def upload(self, content: bytes) -> TestResponse:
        data = {"picture": (BytesIO(content), "picture.jpg")}
        return self.client.post(CHAT, data=data, headers=self.headers, content_type="multipart/form-data")

    def see(self, picture_id: str) -> TestResponse:
        return self.client.get(f"{CHAT}/{picture_id}", headers=self.headers)

    def rows(self) -> list[Picture]:
        with self.desk.read() as session:
            return list(session.scalars(select(Picture)))

    def files(self) -> int:
        return sum(1 for one in (self.desk.services.settings.data_dir / "files").rglob("*") if one.is_file())

    def alerts(self) -> set[str]:
        with self.desk.read() as session:
            return {one.code for one in alerts.open_alerts(session)}

    def deeds(self) -> list[str]:
        with self.desk.read() as session:
            return list(session.scalars(select(AuditEntry.subject).where(AuditEntry.deed == "malware.found")))


@pytest.fixture
def sender(desk: DeskForTests, client: FlaskClient) -> Sender:
    return Sender(desk, client)


def png(behind: bytes = b"") -> bytes:
    """Return a picture with something appended, which is what a polyglot looks like."""
    buffer = BytesIO()
    Image.new("RGB", (40, 30), "red").save(buffer, "PNG")
    return buffer.getvalue() + behind


def test_a_clean_picture_is_shown_and_was_looked_at_as_it_came(sender: Sender, clamd: FakeClamd) -> None:
    content = png(b"x" * 200_000)
    picture_id = sender.upload(content).json["picture_id"]
    assert clamd.seen == [len(content)]
    assert [row.scan for row in sender.rows()] == ["clean"]
    assert sender.see(picture_id).status_code == 200


def test_what_the_scanner_finds_is_refused_and_nothing_of_it_is_kept(sender: Sender) -> None:
    refused = sender.upload(png(BAD))
    assert (refused.status_code, refused.json["fields"]["reason"]) == (400, "malware")
    assert (sender.rows(), sender.files()) == ([], 0)
    assert sender.alerts() == {"malware_found"}
    assert sender.deeds() == [""]


def test_what_is_no_picture_is_refused_before_the_scanner_is_asked(sender: Sender, clamd: FakeClamd) -> None:
    assert sender.upload(EICAR).json["fields"]["reason"] == "type"
    assert clamd.seen == []


@pytest.mark.parametrize("says", [b"INSTREAM size limit exceeded. ERROR\0", b"", b"\xff\xfe\0", b"stream: OK maybe\0"])
def test_whatever_is_no_verdict_is_no_yes(clamd: FakeClamd, says: bytes) -> None:
    clamd.says = says or b"\0"
    assert ClamAv(clamd.address, seconds=30).scan(b"x").fate == "away"


class Waits:
    """A picture that came while the scanner did not answer."""

    def __init__(self, sender: Sender, clamd: FakeClamd, content: bytes) -> None:
        self.sender, self.clamd = sender, clamd
        clamd.says = b"no words of ours\0"
        self.id = sender.upload(content).json["picture_id"]

    def again(self, *, answers: bool) -> None:
        """Let the next look come."""
        self.clamd.says = b"" if answers else b"no words of ours\0"
        self.sender.desk.clock.advance(seconds=31)
        self.sender.desk.run_jobs()


@pytest.fixture
def waits(sender: Sender, clamd: FakeClamd) -> Callable[[bytes], Waits]:
    return lambda content: Waits(sender, clamd, content)


def test_without_an_answer_a_picture_waits_and_is_shown_to_nobody_until_it_is_clean(
    sender: Sender, waits: Callable[[bytes], Waits]
) -> None:
    picture = waits(png(b"fine"))
    assert (sender.see(picture.id).status_code, sender.see(picture.id).json["code"]) == (409, "picture.waiting")
    assert sender.alerts() == {"scanner_away"} and sender.files() == 2

    picture.again(answers=False)
    assert sender.see(picture.id).json["code"] == "picture.waiting"

    picture.again(answers=True)
    assert sender.see(picture.id).status_code == 200
    assert sender.alerts() == set() and sender.files() == 1
    assert [(row.scan, row.held_id) for row in sender.rows()] == [("clean", "")]


def test_what_is_found_afterwards_is_never_shown_and_its_bytes_are_gone(
    sender: Sender, waits: Callable[[bytes], Waits]
) -> None:
    picture = waits(png(BAD))
    picture.again(answers=True)
    assert (sender.see(picture.id).status_code, sender.see(picture.id).json["code"]) == (409, "picture.unsafe")
    assert sender.files() == 0
    assert sender.alerts() == {"malware_found"}
    assert sender.deeds() == [f"picture:{picture.id}"]


def test_a_look_that_was_killed_is_taken_again(sender: Sender, waits: Callable[[bytes], Waits]) -> None:
    picture = waits(png())
    picture.clamd.says = b""
    kinds = {**JOB_KINDS, "scan_pictures": replace(JOB_KINDS["scan_pictures"], run=_killed)}
    sender.desk.clock.advance(seconds=31)
    Runner(sender.desk.services, kinds=kinds).run_due()
    assert sender.see(picture.id).json["code"] == "picture.waiting"
    picture.again(answers=True)
    assert sender.see(picture.id).status_code == 200


def _killed(*_: Any) -> None:
    raise RuntimeError("killed in between")


def test_a_scanner_that_nobody_listens_at_is_away_and_asked_about_all_in_one_job(
    desk: DeskForTests, services: Services
) -> None:
    nobody = create_app(replace(services, scanner=ClamAv("127.0.0.1:1", seconds=30))).test_client()
    sender = Sender(desk, nobody)
    for _ in range(3):
        assert sender.upload(png()).status_code == 200
    assert {row.scan for row in sender.rows()} == {"waiting"}
    with desk.read() as session:
        assert len(session.scalars(select(JobRow).where(JobRow.name == "scan_pictures")).all()) == 1
    desk.clock.advance(seconds=31)
    desk.run_jobs()
    assert {row.scan for row in sender.rows()} == {"clean"}


CLAMD = shutil.which("clamd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@pytest.fixture
def real_scanner() -> Iterator[ClamAv]:
    """Ask ClamAV's own daemon, with one signature of ours; wherever it is installed and allowed to run."""
    if CLAMD is None:
        pytest.skip("ClamAV's daemon is not installed here")
    # A socket's path may have about a hundred characters, and folders of tests are longer.
    with tempfile.TemporaryDirectory(prefix="clamd-", dir="/tmp") as folder:
        Path(folder, "own.ndb").write_text(f"Eicar-Test-Signature:0:*:{EICAR.hex()}\n")
        lines = f"Foreground yes\nLocalSocket {folder}/s\nDatabaseDirectory {folder}\nTemporaryDirectory {folder}\n"
        Path(folder, "clamd.conf").write_text(lines)
        scanner = ClamAv(f"{folder}/s", seconds=30)
        with subprocess.Popen([CLAMD, "-c", f"{folder}/clamd.conf"]) as daemon:
            try:
                while scanner.scan(b"x").fate == "away" and daemon.poll() is None:
                    with suppress(subprocess.TimeoutExpired):
                        daemon.wait(0.1)
                if daemon.poll() is not None:
                    pytest.skip("ClamAV's daemon may not run here, or not with a configuration of ours")
                yield scanner
            finally:
                daemon.terminate()


def test_the_real_daemon_finds_the_test_file_and_lets_a_picture_pass(real_scanner: ClamAv) -> None:
    assert real_scanner.scan(png()).fate == "clean"
    assert real_scanner.scan(png(EICAR)).fate == real_scanner.scan(EICAR).fate == "found"

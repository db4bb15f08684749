"""The desk dies at the very moment a provider has taken a message: it arrives once, and the ladder climbs on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from caredesk.core.clock import SystemClock
from caredesk.infra.messages.loopback import KEY_ID, Loopback, Taken
from tests.browser.desk_process import DeskProcess
from tests.browser.people import PASSWORD

# The first of them also waits for a desk to start, which may make its index first.
pytestmark = [pytest.mark.faults, pytest.mark.timeout(500)]

SECRET = "a-secret-of-the-provider"
LADDER = "key: call_up\nsteps: [{channel: sms, text: call_up, wait: 1}]\n"
# 周明远 has a patient twenty-five minutes after the demo hospital was loaded, with a mother and a grandfather.
DOCTOR = "doctor02"


@pytest.fixture
def provider() -> Iterator[tuple[Loopback, str]]:
    made = Loopback(SystemClock(), SECRET)
    yield made, made.start()
    made.stop()


@pytest.fixture
def desk(tmp_path: Path, provider: tuple[Loopback, str]) -> Iterator[DeskProcess]:
    """A desk whose SMS go to the provider of this test, with a ladder of one rung."""
    process = DeskProcess.in_folder(tmp_path)
    process.settings = {
        "CAREDESK_SMS_URL": provider[1],
        "CAREDESK_PROVIDER_REACH": "loopback",
        "CAREDESK_SMS_KEY_ID": KEY_ID,
        "CAREDESK_SMS_KEY_SECRET": SECRET,
        "CAREDESK_SMS_TEMPLATES": "call_up=SMS_1",
    }
    (tmp_path / "ladder.yaml").write_text(LADDER, "utf-8")
    process.run_command("call-up", "put-ladder", str(tmp_path / "ladder.yaml"))
    process.start()
    yield process
    process.stop()


def test_a_desk_killed_between_sending_and_recording_sends_once_and_goes_on(
    desk: DeskProcess, provider: tuple[Loopback, str]
) -> None:
    loopback = provider[0]
    killed: list[Taken] = []

    def die(taken: Taken) -> None:
        if not killed:
            killed.append(taken)
            desk.kill()

    loopback.then = die
    call_patient(desk)
    assert until(lambda: bool(killed) and desk.process is None)
    desk.start()
    assert until(lambda: len(loopback.taken) == 2)
    first, second = loopback.taken
    assert loopback.tries[first.request_id] == 2, "the repeat was asked for under the same number, and known"
    assert loopback.tries[second.request_id] == 1
    assert first.to != second.to, "mother and grandfather, once each"
    legs = until(lambda: settled(desk))
    assert sorted((leg["state"], leg["reason"]) for leg in legs) == [("sent", ""), ("sent", "")]


def call_patient(desk: DeskProcess) -> None:
    with doctor(desk) as client:
        today = client.get("/api/doctor/today").json()
        booked = [one for sitting in today["sessions"] for one in sitting["patients"]] + today["others"]
        body = {"client_key": "key-00000001", "type_key": "call_patient", "appointment_id": booked[0]["appointment_id"]}
        assert client.post("/api/doctor/requests", json=body).status_code == 200


def settled(desk: DeskProcess) -> list[dict[str, Any]]:
    """Return the attempts when none is under way."""
    with doctor(desk) as client:
        legs = [leg for one in client.get("/api/doctor/requests").json()["requests"] for leg in one["legs"]]
    return legs if legs and all(leg["state"] == "sent" for leg in legs) else []


@contextmanager
def doctor(desk: DeskProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=desk.url, timeout=20) as client:
        me = client.post("/api/auth/sign-in", json={"login": DOCTOR, "password": PASSWORD}).json()
        client.headers["X-CSRF-Token"] = me["csrf_token"]
        yield client


def until(look: Callable[[], Any], *, seconds: float = 90) -> Any:
    """Wait for another process and return what was seen; nothing when it never came."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.2)
    return look()

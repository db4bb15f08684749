"""Looking after call-ups: consent by hand and by file, dead messages, ladders as files, and the figures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient

from caredesk.actions import arrivals
from caredesk.actions.call_up_consents import import_consents
from caredesk.actions.call_up_figures import figures_of_doctor
from caredesk.application import create_app
from caredesk.assistance.call_up_rules import MOST_TRIES
from caredesk.cli.main import main
from caredesk.infra.messages.loopback import Loopback
from tests.fixtures.called import Called, called_family
from tests.fixtures.desk import DeskForTests
from tests.fixtures.provider import SECRET
from tests.fixtures.records import sign_in

pytestmark = pytest.mark.usefixtures("quick_hashing")


@pytest.fixture
def provider(desk: DeskForTests) -> Iterator[tuple[Loopback, str]]:
    made = Loopback(desk.clock, SECRET)
    yield made, made.start()
    made.stop()


@pytest.fixture
def called(desk: DeskForTests, provider: tuple[Loopback, str]) -> Called:
    family = called_family(desk, provider[0], url=provider[1])
    family.allow("sms")
    return family


@pytest.fixture
def web(called: Called) -> FlaskClient:
    return create_app(called.desk.services).test_client()


def as_staff(called: Called, web: FlaskClient, *roles: str) -> dict[str, str]:
    staff_id = called.desk.add_staff(f"a-{'-'.join(roles)}", roles=roles)
    return sign_in(called.desk, web, staff_id=staff_id)


# ---- by hand ---------------------------------------------------------------------------------------------


def test_who_deals_with_the_family_notes_what_a_guardian_says(called: Called, web: FlaskClient) -> None:
    called.call()
    headers = as_staff(called, web, "supervisor")
    address = f"/api/console/families/{called.guardians['mother']}/consents"
    answer = web.put(address, json={"channel": "sms", "given": False}, headers=headers)
    found = {one["channel"]: (one["allowed"], one["by"]) for one in answer.json["consents"]}
    assert found["sms"] == (False, "客服a-supervisor")
    assert found["telephone"] == (True, "")
    assert web.get(address, headers=headers).json == answer.json


def test_somebody_elses_family_does_not_exist(called: Called, web: FlaskClient) -> None:
    headers = as_staff(called, web, "agent")
    address = f"/api/console/families/{called.guardians['mother']}/consents"
    assert web.get(address, headers=headers).status_code == 404
    assert web.put(address, json={"channel": "sms", "given": False}, headers=headers).status_code == 404
    assert web.put(address, json={"channel": "pigeon", "given": True}, headers=headers).status_code == 422


def test_a_dead_message_is_listed_and_sent_again_by_a_supervisor(called: Called, web: FlaskClient) -> None:
    called.provider.script.extend(["down"] * MOST_TRIES)
    called.call()
    called.desk.run_jobs()
    for _ in range(MOST_TRIES + 4):
        called.after(121)
    for _ in range(3):
        called.after(301)
    headers = as_staff(called, web, "supervisor")
    [dead] = web.get("/api/console/call-ups/dead", headers=headers).json["legs"]
    assert (dead["channel"], dead["error"], dead["to"]) == ("sms", "status_503", "138****1001")
    again = f"/api/console/call-ups/legs/{dead['id']}/replay"
    assert web.post(again, headers=headers).status_code == 204
    called.desk.run_jobs()
    assert len(called.provider.taken) == 1
    assert web.post(again, headers=headers).json["code"] == "call_up.leg_not_found"


def test_the_figures_tell_who_came_by_what_and_how_soon(called: Called, web: FlaskClient) -> None:
    called.call()
    called.desk.run_jobs()
    called.after(30)
    with called.desk.write() as work:
        arrivals.arrive(work, patient_id=called.patient_id, guardian_id=None, by="webhook")
    called.call()
    called.desk.run_jobs()
    called.after(60)
    headers = as_staff(called, web, "supervisor")
    figures = web.get("/api/console/call-ups/figures", headers=headers).json
    assert (figures["called"], figures["arrived"], figures["median_seconds"], figures["waited_minutes"]) == (
        2,
        1,
        30,
        2,
    )
    [skin] = figures["departments"]
    assert skin["department"] == "皮肤科" and skin["tally"]["called"] == 2
    with called.desk.read() as session:
        asked = {"since": called.desk.clock.now() - timedelta(days=1), "until": called.desk.clock.now()}
        assert figures_of_doctor(session, doctor_id="lin", **asked).median_seconds == 30
        assert figures_of_doctor(session, doctor_id="another", **asked).called == 0
    shares = {one["channel"]: (one["tried"], one["succeeded"]) for one in figures["channels"]}
    assert shares == {"in_app": (0, 0), "wechat": (0, 0), "sms": (2, 1), "telephone": (0, 0)}


# ---- by command ------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CAREDESK_DATA_DIR", str(tmp_path / "desk"))
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["call-up", *words])


def test_ladders_are_printed_changed_by_file_and_refused_by_their_fault(folder: Path) -> None:
    file = folder / "ladder.yaml"
    file.write_text(run("ladder", "call_up").output.replace("wait: 45", "wait: 90"), "utf-8")
    assert run("put-ladder", str(file)).output == "call_up: version 1\n"
    assert "wait: 90" in run("ladder").output
    file.write_text("key: call_up\nsteps: [{channel: pigeon, text: call_up}]\n", "utf-8")
    refused = run("put-ladder", str(file))
    assert refused.exit_code == 1 and "steps.0.channel" in refused.output
    file.write_text("- [", "utf-8")
    assert run("put-ladder", str(file)).exit_code == 1
    assert run("ladder", "other").exit_code == 1


def test_nothing_dead_and_no_figures_are_said_plainly(folder: Path) -> None:
    assert run("dead").output == "Nothing is dead.\n"
    assert json.loads(run("dead", "--json").output) == {"dead": []}
    assert json.loads(run("figures").output)["called"] == 0
    ahead = json.loads(run("ahead").output)
    assert (ahead["judged"], ahead["minutes_saved"], ahead["weights"]) == (0, None, "rule")
    assert run("replay", "no-such-leg").exit_code == 1


def test_consents_come_by_file_all_or_none(called: Called, folder: Path) -> None:
    rows = [{"guardian_id": "G-mother", "channel": "wechat", "state": "given", "address": "o-1"}]
    wrong = [{"guardian_id": "nobody", "channel": "sms", "state": "given"}, {"channel": "pigeon"}]
    with called.desk.write() as work:
        assert import_consents(work, rows, by="file") == []
        assert import_consents(work, wrong, by="file") == ["2: unknown guardian", "3: channel, state or address"]
    file = folder / "consents.csv"
    file.write_text("guardian_id,channel,state\nG9999,sms,given\n", "utf-8-sig")
    refused = run("import-consents", str(file))
    assert refused.exit_code == 1 and "2: unknown guardian" in refused.output

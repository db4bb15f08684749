"""Phones and their passwords: told once, kept by hash, gone with whoever leaves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from caredesk.actions import accounts, call_phones
from caredesk.actions.hotline_phones import list_of_agents
from caredesk.core.outbox import JobRow
from caredesk.telephony.hotline_schemas import AgentPhones
from tests.fixtures.desk import DeskForTests
from tests.fixtures.engine import FakeEngine


def test_a_password_is_told_once_and_known_by_its_hash_alone(desk: DeskForTests, engine: FakeEngine) -> None:
    staff_id = desk.add_staff("lin")
    with desk.write() as work:
        issued = call_phones.issue_secret(work, staff_id=staff_id, kind="desk")
    assert "phones_changed" in [one["verb"] for one in engine.work()]
    book = engine.client.get("/hooks/hotline/phones", headers=engine.headers).get_json()
    assert book["realm"] == "caredesk"
    assert [(one["user"], one["kind"]) for one in book["phones"]] == [("1001", "desk")]
    assert book["phones"][0]["ha1"] == call_phones.ha1_of("1001", secret=issued.secret)
    assert issued.secret not in str(book)
    with desk.write() as work:
        call_phones.issue_secret(work, staff_id=staff_id, kind="desk")
    later = engine.client.get("/hooks/hotline/phones", headers=engine.headers).get_json()
    assert later["version"] > book["version"]
    assert later["phones"][0]["ha1"] != book["phones"][0]["ha1"]


def test_who_leaves_has_no_phone(desk: DeskForTests, engine: FakeEngine) -> None:
    staff_id = desk.add_staff("lin")
    with desk.write() as work:
        call_phones.issue_secret(work, staff_id=staff_id, kind="browser")
    engine.work()
    with desk.write() as work:
        accounts.set_active(work, login="lin", active=False)
    assert [one["verb"] for one in engine.work()] == ["phones_changed"]
    assert engine.client.get("/hooks/hotline/phones", headers=engine.headers).get_json()["phones"] == []


# ---- the list of a supervisor ----------------------------------------------------------------------------


def phones(desk: DeskForTests) -> list[AgentPhones]:
    with desk.read() as session:
        return list_of_agents(session, now=desk.clock.now())


def test_a_supervisor_sees_whose_phone_can_be_rung_and_since_when(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    came = desk.clock.now()
    other = desk.add_agent("wang", queues=[], ready=False)
    with desk.write() as work:
        call_phones.ensure(work, staff_id=other)
    first, second = phones(desk)
    assert (first.staff_id, first.ready, first.can_be_rung) == (agent, True, True)
    assert [(one.user, one.registered, one.since) for one in first.phones] == [
        ("1001", False, None),
        ("w1001", True, came),
    ]
    assert (second.staff_id, second.ready, second.can_be_rung) == (other, False, False)
    desk.clock.advance(minutes=5)
    engine.register("w1001")
    assert phones(desk)[0].phones[1].since == came, "saying so again is no coming"
    desk.clock.advance(minutes=1)
    engine.tell("phone.unregistered", user="w1001", kind="browser", reason="expired")
    gone = phones(desk)[0]
    assert (gone.can_be_rung, gone.phones[1].registered, gone.phones[1].since) == (False, False, desk.clock.now())


def test_a_registration_that_runs_out_ended_by_its_own_time(desk: DeskForTests, engine: FakeEngine, agent: str) -> None:
    until = desk.clock.now() + timedelta(hours=1)
    desk.clock.advance(hours=3)
    engine.fetch()
    gone = phones(desk)[0]
    assert (gone.can_be_rung, gone.phones[1].registered, gone.phones[1].since) == (False, False, until)


def test_a_silent_engine_leaves_nobody_to_ring(desk: DeskForTests, engine: FakeEngine, agent: str) -> None:
    desk.clock.advance(minutes=5)
    seen = phones(desk)[0]
    assert (seen.can_be_rung, seen.phones[1].registered) == (False, True)


def test_the_floor_hears_when_a_phone_comes_or_goes_and_nothing_when_it_stays(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    def told() -> int:
        return len(desk.push.of_type("presence.changed"))

    before = told()
    engine.register("w1001")
    assert told() == before
    engine.register("1001", kind="desk")
    assert told() == before + 1
    engine.tell("phone.unregistered", user="1001", kind="desk", reason="expired")
    assert told() == before + 2


# ---- what the queues are asked -----------------------------------------------------------------------------


def is_asked(desk: DeskForTests, engine: FakeEngine, told: str, /, **values: Any) -> bool:
    """Tell a fact of a phone and return whether a match was asked for because of it."""
    desk.run_jobs()
    engine.post(engine.fact(told, **values))
    with desk.read() as session:
        asked = session.scalars(select(JobRow.id).where(JobRow.name == "match_queue")).all()
    desk.run_jobs()
    return bool(asked)


def test_the_queues_are_asked_when_somebody_can_be_rung_again_and_not_at_each_refresh(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    browser = {"user": "w1001", "kind": "browser"}
    until = {"expires_at": (desk.clock.now() + timedelta(hours=2)).isoformat()}
    assert not is_asked(desk, engine, "phone.registered", **browser, **until), "it was registered all along"
    assert not is_asked(desk, engine, "phone.registered", user="1001", kind="desk", **until), "one phone is enough"
    for user, kind in (("1001", "desk"), ("w1001", "browser")):
        engine.tell("phone.unregistered", user=user, kind=kind, reason="expired")
    assert is_asked(desk, engine, "phone.registered", **browser, **until)


def test_a_phone_that_comes_back_after_its_time_ran_out_has_the_queues_asked(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    desk.clock.advance(hours=3)
    engine.fetch()
    until = (desk.clock.now() + timedelta(hours=1)).isoformat()
    assert is_asked(desk, engine, "phone.registered", user="w1001", kind="browser", expires_at=until)

"""Calls through the wire and the database, as a fake engine plays them (B9, B51 to B53, B55)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from caredesk.accounts.models import Presence
from caredesk.actions import calls_desk, closing, promises, routing, sweep, transfers
from caredesk.actions.call_phones import ringable
from caredesk.application import create_app
from caredesk.conversations.models import Conversation
from caredesk.edge.services import HookSecrets, Services
from caredesk.patients.models import Guardian
from caredesk.queue.models import Offer, Queue, RoutingDecision
from caredesk.telephony.errors import AnswerByPhone, CallMoved, CallNotCapable, CallStillOn, NoPhone
from caredesk.telephony.models import Call, CallLeg, EngineCommand, HeardFact
from tests.fixtures.desk import DeskForTests
from tests.fixtures.engine import SECRET, FakeEngine
from tests.fixtures.records import add_family

NIGHT: dict[str, Any] = {"windows": [{"opens": "03:00", "closes": "03:01"}]}


@pytest.fixture
def services(services: Services) -> Services:
    return replace(services, hooks=HookSecrets(hotline=SECRET))


@pytest.fixture
def client(services: Services) -> FlaskClient:
    return create_app(services).test_client()


@pytest.fixture
def engine(desk: DeskForTests, client: FlaskClient) -> FakeEngine:
    started = FakeEngine(desk, client)
    started.start()
    return started


@pytest.fixture
def agent(desk: DeskForTests, engine: FakeEngine) -> str:
    """A ready agent with a browser phone, and what closing asks for."""
    staff_id = desk.add_agent("lin", queues=[desk.add_queue()])
    engine.give_phone(staff_id)
    desk.add_option("close_category", "other")
    desk.add_option("close_outcome", "solved", parent="other")
    return staff_id


def call_row(desk: DeskForTests, call_id: str) -> Call:
    with desk.read() as session:
        return session.get_one(Call, call_id)


def talk_of(desk: DeskForTests, call_id: str) -> Conversation:
    return desk.conversation(call_row(desk, call_id).conversation_id)


def seat(desk: DeskForTests, staff_id: str) -> Presence:
    with desk.read() as session:
        return session.get_one(Presence, staff_id)


def offers(desk: DeskForTests, call_id: str) -> list[Offer]:
    with desk.read() as session:
        query = select(Offer).where(Offer.conversation_id == call_row(desk, call_id).conversation_id)
        return list(session.scalars(query.order_by(Offer.made_at, Offer.id)))


def talking(engine: FakeEngine, *, caller: str = "13800001111") -> str:
    call_id = engine.to_queue(caller)
    engine.answer(call_id)
    return call_id


def close(desk: DeskForTests, call_id: str, staff_id: str) -> None:
    with desk.write() as work:
        closing.close_conversation(
            work,
            conversation_id=call_row(desk, call_id).conversation_id,
            who=desk.as_agent(staff_id),
            category="other",
            outcome="solved",
            note="",
        )


# ---- from the first ring to the wrap-up --------------------------------------------------------------------


def test_a_call_is_a_conversation_that_waits_rings_and_is_answered(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    call_id = engine.call()
    assert engine.verbs(call_id) == ["answer", "record", "play"]
    assert talk_of(desk, call_id).channel == "hotline"
    engine.played(call_id)
    engine.press(call_id, "1")
    assert engine.last("dial", call_id)["to"] == {"kind": "agent", "users": ["w1001"]}
    assert talk_of(desk, call_id).status == "waiting"
    engine.answer(call_id)
    talk, row = talk_of(desk, call_id), call_row(desk, call_id)
    assert (talk.status, talk.assignee_id) == ("active", agent)
    assert (row.phase, row.agent_id, row.holds_agent) == ("talking", agent, True)
    assert row.bridged_at is not None


def test_after_the_call_the_agent_wraps_up_and_closes_it(desk: DeskForTests, engine: FakeEngine, agent: str) -> None:
    call_id = talking(engine)
    desk.clock.advance(seconds=90)
    engine.end(call_id)
    row = call_row(desk, call_id)
    assert (row.disposition, row.hung_up_by, row.talk_seconds) == ("answered", "caller", 90.0)
    assert row.wrap_up_until == desk.clock.now() + timedelta(seconds=60)
    assert desk.push.of_type("call.changed")[-1].call.state == "wrap_up"
    assert seat(desk, agent).exclusive
    close(desk, call_id, agent)
    assert not seat(desk, agent).exclusive
    assert desk.push.of_type("call.changed")[-1].call.state == "ended"
    assert desk.push.of_type("presence.changed")[-1].agent.voice == ""


def test_the_next_caller_is_offered_when_the_time_to_wrap_up_is_over(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    first = talking(engine)
    second = engine.to_queue("13900002222")
    engine.end(first)
    assert "dial" not in engine.verbs(second)
    desk.clock.advance(seconds=61)
    engine.fetch()
    engine.work()
    engine.answer(second)
    assert talk_of(desk, second).assignee_id == agent
    # The first is still theirs to close, and closing it frees nothing that the second takes.
    close(desk, first, agent)
    assert seat(desk, agent).exclusive
    engine.end(second)
    close(desk, second, agent)
    assert not seat(desk, agent).exclusive


def test_a_live_call_cannot_be_closed_or_transferred_like_a_chat(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    call_id = talking(engine)
    with pytest.raises(CallStillOn):
        close(desk, call_id, agent)
    with pytest.raises(CallStillOn), desk.write() as work:
        transfers.transfer(
            work,
            conversation_id=call_row(desk, call_id).conversation_id,
            who=desk.as_agent(agent),
            target_kind="agent",
            target_id=agent,
            reason="other",
            note="",
        )


def test_a_call_is_answered_by_phone_and_not_by_a_click(desk: DeskForTests, engine: FakeEngine, agent: str) -> None:
    call_id = engine.to_queue()
    with pytest.raises(AnswerByPhone), desk.write() as work:
        calls_desk.accept_offer(work, offer_id=offers(desk, call_id)[0].id, staff_id=agent)


def test_the_offer_is_on_the_screen_before_the_phone_rings(desk: DeskForTests, engine: FakeEngine, agent: str) -> None:
    """B51: the screen pop comes with or before the ring."""
    guardian = add_family(desk)
    with desk.read() as session:
        phone = session.get_one(Guardian, guardian).phone
    call_id = engine.to_queue(phone)
    types = [event.type for event in desk.push.events]
    shown = [n for n, event in enumerate(desk.push.events) if event.type == "call.changed"]
    rung = next(n for n in shown if desk.push.events[n].call.state == "ringing")  # type: ignore[attr-defined]
    assert types.index("offer.made") < rung
    assert talk_of(desk, call_id).guardian_id == guardian


# ---- B9 --------------------------------------------------------------------------------------------------


def test_b9_an_agent_on_a_call_gets_no_chats(desk: DeskForTests, engine: FakeEngine, agent: str) -> None:
    call_id = talking(engine)
    desk.waiting_visitor()
    desk.run_jobs()
    with desk.read() as session:
        assert [one.state for one in session.scalars(select(Offer)) if one.state == "pending"] == []
    engine.end(call_id)
    close(desk, call_id, agent)
    desk.run_jobs()
    with desk.read() as session:
        assert [one.staff_id for one in session.scalars(select(Offer)) if one.state == "pending"] == [agent]


def test_who_has_no_phone_is_not_asked_and_the_reason_is_kept(desk: DeskForTests, engine: FakeEngine) -> None:
    desk.add_agent("lin", queues=[desk.add_queue()])
    call_id = engine.to_queue()
    assert offers(desk, call_id) == []
    with desk.read() as session:
        decision = session.scalars(select(RoutingDecision)).one()
        assert decision.chosen_staff_id is None
        assert decision.item is not None
        assert decision.item["needs_phone"]


def test_a_phone_that_registers_is_rung_for_who_waits(desk: DeskForTests, engine: FakeEngine) -> None:
    staff_id = desk.add_agent("lin", queues=[desk.add_queue()])
    call_id = engine.to_queue()
    engine.give_phone(staff_id)
    engine.work()
    assert engine.last("dial", call_id)["to"]["users"] == ["w1001"]


# ---- misses, requeue, loss ---------------------------------------------------------------------------------


def test_who_does_not_answer_gives_the_caller_to_the_next_at_the_same_place(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    with desk.read() as session:
        queue_id = session.scalars(select(Offer.queue_id)).first() or talk_queue(desk)
    other = desk.add_agent("wang", queues=[queue_id])
    call_id = engine.to_queue()
    arrived = talk_of(desk, call_id).arrived_at
    first = offers(desk, call_id)[0].staff_id
    engine.give_phone(other)
    engine.tell("leg.failed", call_id, leg=engine.leg(call_id), reason="timeout", cause=480)
    engine.work()
    assert [one.state for one in offers(desk, call_id)] == ["timed_out", "pending"]
    assert first == agent
    assert offers(desk, call_id)[1].staff_id == other
    assert talk_of(desk, call_id).arrived_at == arrived
    assert seat(desk, agent).misses == 1
    assert not seat(desk, agent).exclusive


def talk_queue(desk: DeskForTests) -> str:
    with desk.read() as session:
        return str(session.scalars(select(Queue.id)).first())


def test_an_offer_declined_in_the_console_stops_the_ringing(desk: DeskForTests, engine: FakeEngine, agent: str) -> None:
    call_id = engine.to_queue()
    with desk.write() as work:
        routing.decline_offer(work, offer_id=offers(desk, call_id)[0].id, staff_id=agent, reason="busy")
    engine.work()
    assert "cancel" in engine.verbs(call_id)
    assert call_row(desk, call_id).phase == "waiting"


def test_b53_hanging_up_during_the_ring_leaves_no_ghost(desk: DeskForTests, engine: FakeEngine, agent: str) -> None:
    call_id = engine.to_queue()
    leg = engine.leg(call_id)
    engine.post(
        engine.fact("leg.answered", call_id, leg=leg),
        engine.fact("call.ended", call_id, by="caller", cause=16),
        engine.fact("call.bridged", call_id, leg=leg),
    )
    engine.work()
    row = call_row(desk, call_id)
    assert row.disposition == "abandoned_ring"
    assert talk_of(desk, call_id).status == "closed"
    assert [one.state for one in offers(desk, call_id)] == ["withdrawn"]
    assert not seat(desk, agent).exclusive
    assert seat(desk, agent).misses == 0
    with desk.read() as session:
        live = select(EngineCommand).where(EngineCommand.call_id == call_id, EngineCommand.done_at.is_(None))
        assert session.scalars(live).all() == []
        assert {one.state for one in session.scalars(select(CallLeg))} == {"over"}


@pytest.mark.parametrize(("steps", "disposition"), [(0, "abandoned_ivr"), (1, "abandoned_queue")])
def test_who_hangs_up_before_anybody_rings_is_counted_where_they_were(
    desk: DeskForTests, engine: FakeEngine, steps: int, disposition: str
) -> None:
    desk.add_queue()
    call_id = engine.call()
    if steps:
        engine.played(call_id)
        engine.press(call_id, "1")
    engine.end(call_id)
    assert call_row(desk, call_id).disposition == disposition
    assert talk_of(desk, call_id).status == "closed"


def test_b52_a_lost_phone_frees_the_agent_and_the_caller_waits_at_the_same_place(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    call_id = talking(engine)
    arrived = talk_of(desk, call_id).arrived_at
    desk.clock.advance(seconds=30)
    engine.tell("leg.lost", call_id, leg=engine.leg(call_id), reason="tab_closed")
    talk = talk_of(desk, call_id)
    assert (talk.status, talk.assignee_id, talk.arrived_at) == ("waiting", None, arrived)
    assert (seat(desk, agent).state, seat(desk, agent).exclusive) == ("busy", False)
    assert desk.push.of_type("presence.changed")[-1].agent.state == "busy"
    other = desk.add_agent("wang", queues=[str(talk.queue_id)])
    engine.give_phone(other, kind="desk")
    engine.work()
    engine.answer(call_id)
    assert talk_of(desk, call_id).assignee_id == other
    engine.end(call_id)
    assert call_row(desk, call_id).disposition == "answered"


def test_b52_a_registration_that_is_lost_makes_not_ready_at_once(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    engine.tell("phone.unregistered", user="w1001", kind="browser", reason="expired")
    assert seat(desk, agent).state == "busy"
    assert [event.why for event in desk.push.of_type("presence.changed")][-1] == "phone_lost"


def test_b52_who_still_has_a_phone_on_the_desk_stays_ready(desk: DeskForTests, engine: FakeEngine, agent: str) -> None:
    engine.register("1001", kind="desk")
    engine.tell("phone.unregistered", user="w1001", kind="browser", reason="expired")
    assert seat(desk, agent).state == "ready"
    call_id = engine.to_queue()
    assert engine.last("dial", call_id)["to"]["users"] == ["1001"]


# ---- hold, transfer, consult, listen -----------------------------------------------------------------------


def test_hold_and_resume_are_wished_and_come_true_by_facts(desk: DeskForTests, engine: FakeEngine, agent: str) -> None:
    call_id = talking(engine)
    talk = call_row(desk, call_id).conversation_id
    with desk.write() as work:
        view = calls_desk.hold(work, conversation_id=talk, who=desk.as_agent(agent), on=True)
    assert view.state == "talking"
    engine.work()
    engine.tell("call.held", call_id, leg=engine.leg(call_id))
    assert desk.push.of_type("call.changed")[-1].call.state == "held"
    desk.clock.advance(seconds=20)
    engine.tell("call.resumed", call_id, leg=engine.leg(call_id))
    engine.end(call_id)
    assert call_row(desk, call_id).hold_seconds == 20


def test_a_blind_transfer_to_a_colleague_rings_there_at_once(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    call_id = talking(engine)
    talk = talk_of(desk, call_id)
    other = desk.add_agent("wang", queues=[str(talk.queue_id)])
    with pytest.raises(NoPhone), desk.write() as work:
        _transfer(desk, work, talk.id, agent, other)
    user = engine.give_phone(other)
    with desk.write() as work:
        _transfer(desk, work, talk.id, agent, other)
    engine.work()
    assert "release" in engine.verbs(call_id)
    assert engine.last("dial", call_id)["to"]["users"] == [user]
    assert not seat(desk, agent).exclusive
    engine.answer(call_id)
    assert talk_of(desk, call_id).assignee_id == other
    assert talk_of(desk, call_id).arrived_at == talk.arrived_at


def _transfer(desk: DeskForTests, work: Any, conversation_id: str, giver: str, taker: str) -> None:
    calls_desk.transfer(
        work,
        conversation_id=conversation_id,
        who=desk.as_agent(giver),
        target_kind="agent",
        target_id=taker,
        note="请继续",
    )


def test_a_warm_transfer_hands_the_caller_to_who_was_asked(desk: DeskForTests, engine: FakeEngine, agent: str) -> None:
    call_id = talking(engine)
    first = engine.leg(call_id)
    talk = talk_of(desk, call_id)
    other = desk.add_agent("wang", queues=[str(talk.queue_id)])
    engine.give_phone(other)
    with desk.write() as work:
        calls_desk.consult(work, conversation_id=talk.id, who=desk.as_agent(agent), staff_id=other)
    engine.work()
    second = engine.leg(call_id)
    assert seat(desk, other).exclusive
    engine.tell("leg.answered", call_id, leg=second)
    assert engine.last("connect", call_id)["legs"] == [first, second]
    with desk.write() as work:
        calls_desk.complete(work, conversation_id=talk.id, who=desk.as_agent(agent))
    engine.work()
    engine.tell("call.bridged", call_id, leg=second)
    talk = talk_of(desk, call_id)
    assert (talk.status, talk.assignee_id) == ("active", other)
    assert (seat(desk, agent).exclusive, seat(desk, other).exclusive) == (False, True)
    engine.end(call_id)
    close(desk, call_id, other)
    assert not seat(desk, other).exclusive


def test_a_colleague_who_is_not_reached_is_free_again(desk: DeskForTests, engine: FakeEngine, agent: str) -> None:
    call_id = talking(engine)
    talk = talk_of(desk, call_id)
    other = desk.add_agent("wang", queues=[str(talk.queue_id)])
    engine.give_phone(other)
    with desk.write() as work:
        calls_desk.consult(work, conversation_id=talk.id, who=desk.as_agent(agent), staff_id=other)
    engine.work()
    engine.tell("leg.failed", call_id, leg=engine.leg(call_id), reason="timeout")
    assert not seat(desk, other).exclusive
    assert engine.verbs(call_id)[-1] == "bridge"
    assert talk_of(desk, call_id).assignee_id == agent


def test_listening_needs_an_engine_that_can(desk: DeskForTests, engine: FakeEngine, agent: str) -> None:
    call_id = talking(engine)
    talk = call_row(desk, call_id).conversation_id
    boss = desk.add_staff("boss", roles=["supervisor"])
    engine.give_phone(boss)
    with pytest.raises(CallNotCapable), desk.write() as work:
        calls_desk.listen(work, conversation_id=talk, who=desk.as_supervisor(boss), mode="listen")
    engine.start(call_id, capabilities=("listen",))
    with desk.write() as work:
        calls_desk.listen(work, conversation_id=talk, who=desk.as_supervisor(boss), mode="listen")
    engine.work()
    leg = engine.leg(call_id)
    engine.tell("leg.answered", call_id, leg=leg)
    assert engine.last("listen", call_id) == {"leg": leg, "mode": "listen"}


# ---- both sides after one was away -------------------------------------------------------------------------


def test_a_fact_told_twice_is_taken_once(desk: DeskForTests, engine: FakeEngine, agent: str) -> None:
    call_id = engine.call()
    digit = engine.fact("call.digit", call_id, digit="1")
    assert engine.post(digit, digit) == [digit["id"], digit["id"]]
    engine.post(digit)
    with desk.read() as session:
        known = session.scalars(select(HeardFact).where(HeardFact.id == digit["id"])).all()
        assert [one.fate for one in known] == ["done"]


def test_what_cannot_be_read_is_taken_noted_and_blocks_nothing(desk: DeskForTests, engine: FakeEngine) -> None:
    desk.add_queue()
    bad = {"id": "bad-1", "type": "call.flew", "at": "yesterday"}
    unknown = engine.fact("call.digit", "f" * 32, digit="1")
    arrived = engine.fact("call.arrived", "a" * 32, caller="x" * 150, called="400", trunk="t")
    taken = engine.post(bad, {"no": "id"}, unknown, arrived)
    assert taken == ["bad-1", unknown["id"], arrived["id"]]
    assert call_row(desk, "a" * 32).caller == ""
    with desk.read() as session:
        assert session.get_one(HeardFact, "bad-1").fate == "bad"
        assert session.get_one(HeardFact, unknown["id"]).fate == "unknown"


def test_no_number_of_a_caller_is_kept_among_the_facts(desk: DeskForTests, engine: FakeEngine) -> None:
    desk.add_queue()
    engine.call("13800001111")
    with desk.read() as session:
        assert "13800001111" not in str([one.data for one in session.scalars(select(HeardFact))])


def test_commands_are_told_again_until_they_are_done(engine: FakeEngine, agent: str) -> None:
    engine.keeps_silent = True
    call_id = engine.call()
    first = [one["id"] for one in engine.fetch()]
    assert [one["id"] for one in engine.fetch()] == first
    assert [one["n"] for one in engine.fetch()] == sorted(one["n"] for one in engine.fetch())
    engine.done = first
    engine.post()
    assert engine.fetch() == []
    assert call_id


def test_an_engine_that_starts_again_ends_what_it_does_not_know(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    talks, waits = talking(engine), engine.to_queue("13900002222")
    desk.clock.advance(seconds=20)
    engine.run = "another-run"
    engine.start()
    assert call_row(desk, talks).disposition == "answered"
    assert call_row(desk, waits).disposition == "failed"
    assert talk_of(desk, waits).status == "closed"
    assert seat(desk, agent).exclusive, "who talked still notes what came of it"
    close(desk, talks, agent)
    assert not seat(desk, agent).exclusive


def test_the_list_of_calls_ends_ghosts_and_hangs_up_what_is_over(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    ghost, over = engine.to_queue(), engine.to_queue("13900002222")
    engine.end(over)
    young = engine.call("13700003333")
    engine.tell("engine.calls", calls=[over])
    assert call_row(desk, ghost).ended_at is None, "it may be younger than the list"
    assert engine.verbs(over)[-1] == "hangup"
    desk.clock.advance(seconds=30)
    engine.tell("engine.calls", calls=[young])
    assert call_row(desk, ghost).disposition == "failed"
    assert call_row(desk, young).ended_at is None


def test_a_silent_engine_rings_nobody(desk: DeskForTests, engine: FakeEngine, agent: str) -> None:
    desk.clock.advance(minutes=5)
    with desk.read() as session:
        assert ringable(session, staff_id=agent, now=desk.clock.now()) == []


def test_supervisors_are_called_when_the_engine_is_in_trouble_or_silent_and_not_twice(
    desk: DeskForTests, engine: FakeEngine
) -> None:
    engine.tell("engine.trouble", code="media_stuck")
    engine.tell("engine.trouble", code="trunk_lost")
    assert [alert.code for alert in desk.push.of_type("alert.raised")] == ["hotline_trouble"]
    engine.tell("engine.recovered", code="media_stuck")
    assert desk.push.of_type("alert.changed") == []
    engine.tell("engine.recovered", code="trunk_lost")
    assert desk.push.of_type("alert.changed")[-1].alert.ended_at is not None
    desk.clock.advance(minutes=2)
    with desk.write() as work:
        sweep.sweep_queues(work)
    assert len(desk.push.of_type("alert.raised")) == 2
    engine.fetch()
    assert desk.push.of_type("alert.changed")[-1].alert.ended_at is not None


def test_an_agent_is_not_bound_for_ever_by_an_engine_that_is_gone(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    call_id = talking(engine)
    desk.clock.advance(minutes=5)
    with desk.write() as work:
        view = calls_desk.hang_up(
            work, conversation_id=call_row(desk, call_id).conversation_id, who=desk.as_agent(agent)
        )
    assert view.state == "wrap_up"
    with pytest.raises(CallMoved), desk.write() as work:
        calls_desk.hang_up(work, conversation_id=call_row(desk, call_id).conversation_id, who=desk.as_agent(agent))


def test_strangers_cannot_speak_for_the_engine(desk: DeskForTests, client: FlaskClient) -> None:
    stranger = FakeEngine(desk, client, secret="guessed")
    stranger.post(stranger.fact("engine.started"), status=401)
    for path in ("commands?engine=embedded", "phones"):
        assert client.get(f"/hooks/hotline/{path}", headers=stranger.headers).status_code == 401


# ---- messages and call-backs -------------------------------------------------------------------------------


def test_a_message_after_hours_becomes_work(desk: DeskForTests, engine: FakeEngine) -> None:
    desk.add_queue(hours=NIGHT)
    call_id = engine.call()
    engine.played(call_id)
    engine.played(call_id)
    message = engine.last("voicemail", call_id)["recording_id"]
    engine.post(
        engine.fact("voicemail.ended", call_id, recording_id=message, seconds=9.5),
        engine.fact("call.ended", call_id, by="caller", cause=16),
    )
    talk = talk_of(desk, call_id)
    assert call_row(desk, call_id).disposition == "voicemail"
    assert (talk.status, talk.flags) == ("message", ["voicemail"])
    assert talk.promised_at is not None


def test_who_waits_at_closing_is_told_and_leaves_a_message(desk: DeskForTests, engine: FakeEngine) -> None:
    hours = {"windows": [{"opens": "08:00", "closes": "10:30"}]}
    desk.add_queue(hours=hours)
    call_id = engine.to_queue()
    desk.clock.advance(minutes=31)
    with desk.write() as work:
        promises.follow_clinic(work, queue_id=str(talk_of(desk, call_id).queue_id))
    engine.work()
    assert talk_of(desk, call_id).status == "message"
    assert "opens_at" in engine.last("play", call_id)["prompts"]
    engine.played(call_id)
    message = engine.last("voicemail", call_id)["recording_id"]
    engine.tell("voicemail.ended", call_id, recording_id=message, seconds=8)
    engine.end(call_id)
    assert call_row(desk, call_id).disposition == "voicemail"
    assert talk_of(desk, call_id).status == "message"


def test_b55_a_call_back_keeps_the_place_and_rings_the_agent_first(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    busy = talking(engine)
    asks = engine.to_queue("13900002222")
    arrived = talk_of(desk, asks).arrived_at
    engine.press(asks, "1")
    engine.played(asks)
    engine.end(asks, by="system")
    assert call_row(desk, asks).disposition == "callback_requested"
    assert (talk_of(desk, asks).status, talk_of(desk, asks).arrived_at) == ("waiting", arrived)
    engine.end(busy)
    close(desk, busy, agent)
    engine.work()
    called = engine.last("originate")
    assert called["number"] == "+8613900002222"
    back = next(one for one in engine.told if one["verb"] == "originate")["call_id"]
    engine.tell("leg.answered", back, leg=called["leg_agent"])
    assert talk_of(desk, back).assignee_id == agent
    engine.tell("call.bridged", back, leg=called["leg_patient"])
    engine.end(back)
    assert call_row(desk, back).disposition == "answered"
    assert talk_of(desk, back).arrived_at == arrived
    close(desk, back, agent)
    assert not seat(desk, agent).exclusive


def test_b55_who_is_not_reached_is_tried_again_and_the_agent_is_free(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    busy = talking(engine)
    asks = engine.to_queue("13900002222")
    engine.press(asks, "1")
    engine.played(asks)
    engine.end(asks, by="system")
    engine.end(busy)
    close(desk, busy, agent)
    for attempt in (1, 2, 3):
        engine.work()
        called = [one for one in engine.told if one["verb"] == "originate"]
        assert len(called) == attempt
        back, args = called[-1]["call_id"], called[-1]["args"]
        engine.tell("leg.answered", back, leg=args["leg_agent"])
        engine.tell("leg.failed", back, leg=args["leg_patient"], reason="timeout")
        engine.end(back, by="system")
        assert call_row(desk, back).disposition == "patient_unreachable"
        assert not seat(desk, agent).exclusive
        desk.clock.advance(minutes=11)
        engine.post(engine.fact("engine.calls", calls=[]))
    assert talk_of(desk, asks).status == "closed"

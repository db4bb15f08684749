"""From the first ring to the wrap-up, and what happens when nobody answers or a phone is lost (B9, B51 to B53)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from caredesk.actions import calls_desk, routing, transfers
from caredesk.patients.models import Guardian
from caredesk.queue.models import Offer, Queue, RoutingDecision
from caredesk.telephony.errors import AnswerByPhone, CallStillOn
from caredesk.telephony.models import CallLeg, EngineCommand
from tests.fixtures.calls import call_row, close, offers, seat, talk_of, talking
from tests.fixtures.desk import DeskForTests
from tests.fixtures.engine import FakeEngine
from tests.fixtures.records import add_family

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

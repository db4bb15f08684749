"""The book of calls: who waits, who was missed, a family's calls, how one call went; masked, and for nobody else."""

from __future__ import annotations

import pytest

from caredesk.actions.call_book import calls_now, calls_of_family, course_of, list_missed
from caredesk.conversations.errors import ConversationNotFound
from caredesk.telephony.book_schemas import CallsNow, MissedCall
from tests.fixtures.calls import call_row, close, phone_of, talking
from tests.fixtures.desk import DeskForTests
from tests.fixtures.engine import FakeEngine
from tests.fixtures.records import add_family

NUMBER = "13800002222"


def now_at(desk: DeskForTests) -> CallsNow:
    with desk.read() as session:
        return calls_now(session, who=desk.as_supervisor("boss"), now=desk.clock.now())


def missed(desk: DeskForTests, staff_id: str) -> list[MissedCall]:
    with desk.read() as session:
        return list_missed(session, who=desk.as_agent(staff_id), now=desk.clock.now())


def steps(desk: DeskForTests, call_id: str, staff_id: str) -> list[tuple[str, str]]:
    with desk.read() as session:
        found = course_of(session, conversation_id=call_row(desk, call_id).conversation_id, who=desk.as_agent(staff_id))
    return [(one.what, one.digit or one.who or one.reason) for one in found.steps]


def test_who_waits_is_told_with_place_and_queue_and_who_is_over_with_the_reason(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    desk.set_state(agent, "busy")
    first = engine.to_queue(NUMBER)
    desk.clock.advance(seconds=30)
    second = engine.to_queue("13800003333")
    live = now_at(desk).live
    assert [(one.call_id, one.state, one.place) for one in live] == [(first, "waiting", 1), (second, "waiting", 2)]
    assert all(one.queue_name and NUMBER not in one.model_dump_json() for one in live)
    engine.end(first)
    view = now_at(desk)
    assert [one.call_id for one in view.live] == [second]
    (over,) = view.recent
    assert (over.call_id, over.disposition, over.hung_up_by, over.waited) == (first, "abandoned_queue", "caller", 30)


def test_a_caller_nobody_answered_is_missed_until_somebody_has_spoken_with_them(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    desk.set_state(agent, "busy")
    engine.end(engine.to_queue(NUMBER))
    desk.clock.advance(minutes=1)
    again = engine.to_queue(NUMBER)
    assert missed(desk, agent) == []
    engine.end(again)
    (one,) = missed(desk, agent)
    assert (one.call.call_id, one.times, one.tried, one.being_called) == (again, 2, 0, False)
    desk.clock.advance(minutes=1)
    desk.set_state(agent, "ready")
    talking(engine, caller=NUMBER)
    assert missed(desk, agent) == []


def test_what_was_missed_yesterday_and_by_another_queue_is_not_listed(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    desk.set_state(agent, "busy")
    engine.end(engine.to_queue(NUMBER))
    assert missed(desk, desk.add_agent("wang", queues=[])) == []
    assert len(missed(desk, agent)) == 1
    desk.clock.advance(hours=25)
    assert missed(desk, agent) == []


def test_a_familys_calls_are_listed_beside_any_of_its_talks(desk: DeskForTests, engine: FakeEngine, agent: str) -> None:
    guardian = add_family(desk)
    number = phone_of(desk, guardian)
    first = talking(engine, caller=number)
    desk.clock.advance(seconds=40)
    engine.end(first)
    close(desk, first, agent)
    desk.clock.advance(minutes=5)
    second = talking(engine, caller=number)
    with desk.read() as session:
        found = calls_of_family(
            session, conversation_id=call_row(desk, second).conversation_id, who=desk.as_agent(agent)
        )
    assert [one.call_id for one in found] == [second, first]
    assert (found[1].talked, found[1].agent_name) == (40, "客服lin")
    assert number not in str(found)


def test_how_a_call_went_is_told_key_by_key_and_phone_by_phone(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    call_id = talking(engine, caller=NUMBER)
    desk.clock.advance(seconds=5)
    # What is pressed to the agent is not told.
    engine.press(call_id, "7")
    desk.clock.advance(seconds=5)
    engine.end(call_id)
    told = steps(desk, call_id, agent)
    assert told == [
        ("began", ""),
        ("pressed", "1"),
        ("queued", ""),
        ("rang", "客服lin"),
        ("talked", ""),
        ("ended", "answered"),
    ]


def test_strangers_to_the_queue_learn_nothing_of_a_call(desk: DeskForTests, engine: FakeEngine, agent: str) -> None:
    call_id = engine.to_queue(NUMBER)
    stranger = desk.add_agent("wang", queues=[])
    with pytest.raises(ConversationNotFound):
        steps(desk, call_id, stranger)
    with desk.read() as session, pytest.raises(ConversationNotFound):
        calls_of_family(session, conversation_id=call_row(desk, call_id).conversation_id, who=desk.as_agent(stranger))


def test_a_caller_who_hung_up_while_it_rang_is_missed_by_the_agent_who_was_asked(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    call_id = engine.to_queue(NUMBER)
    engine.end(call_id)
    (one,) = missed(desk, agent)
    assert (one.call.call_id, one.call.disposition) == (call_id, "abandoned_ring")

"""What the screen pop tells of a caller: known, maybe, unknown, and to nobody without a right to see it (B51)."""

from __future__ import annotations

import pytest

from caredesk.actions.call_callers_known import caller_of
from caredesk.conversations.errors import ConversationNotFound
from caredesk.patients.models import Guardian
from tests.fixtures.calls import call_row, phone_of
from tests.fixtures.desk import DeskForTests
from tests.fixtures.engine import FakeEngine
from tests.fixtures.records import add_family

NUMBER = "13800002222"


def test_b51_a_known_caller_is_shown_masked_before_the_answer(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    guardian = add_family(desk)
    number = phone_of(desk, guardian)
    call_id = engine.to_queue(number)
    with desk.read() as session:
        known = caller_of(
            session,
            conversation_id=call_row(desk, call_id).conversation_id,
            who=desk.as_agent(agent),
            now=desk.clock.now(),
        )
    assert known.family is not None
    assert known.family.guardian.id == guardian
    assert number not in str(known)
    assert known.maybe == []


def test_b51_a_number_of_two_guardians_is_nobodys_for_certain(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    first, second = add_family(desk), add_family(desk)
    with desk.write() as work:
        one, other = (work.session.get_one(Guardian, id) for id in (first, second))
        other.phone = one.phone
    call_id = engine.to_queue(phone_of(desk, first))
    with desk.read() as session:
        known = caller_of(
            session,
            conversation_id=call_row(desk, call_id).conversation_id,
            who=desk.as_agent(agent),
            now=desk.clock.now(),
        )
    assert known.family is None
    assert {one.guardian_id for one in known.maybe} == {first, second}
    assert desk.conversation(call_row(desk, call_id).conversation_id).guardian_id is None


@pytest.mark.parametrize("caller", ["", "anonymous", "sip:x@y", "+" * 60, "1" * 60])
def test_b51_an_unknown_caller_is_nobody(desk: DeskForTests, engine: FakeEngine, agent: str, caller: str) -> None:
    call_id = engine.to_queue(caller)
    with desk.read() as session:
        known = caller_of(
            session,
            conversation_id=call_row(desk, call_id).conversation_id,
            who=desk.as_agent(agent),
            now=desk.clock.now(),
        )
    assert (known.number, known.family, known.maybe, known.earlier) == ("", None, [], [])


def test_earlier_calls_of_the_number_are_told(desk: DeskForTests, engine: FakeEngine, agent: str) -> None:
    first = engine.to_queue(NUMBER)
    engine.end(first)
    desk.clock.advance(minutes=1)
    engine.fetch()
    second = engine.to_queue(NUMBER)
    with desk.read() as session:
        known = caller_of(
            session,
            conversation_id=call_row(desk, second).conversation_id,
            who=desk.as_agent(agent),
            now=desk.clock.now(),
        )
    assert [(one.conversation_id, one.disposition) for one in known.earlier] == [
        (call_row(desk, first).conversation_id, "abandoned_ring")
    ]


def test_strangers_to_the_queue_see_no_caller(desk: DeskForTests, engine: FakeEngine, agent: str) -> None:
    call_id = engine.to_queue(NUMBER)
    stranger = desk.add_agent("wang", queues=[])
    with desk.read() as session, pytest.raises(ConversationNotFound):
        caller_of(
            session, conversation_id=call_row(desk, call_id).conversation_id, who=desk.as_agent(stranger),
            now=desk.clock.now(),
        )  # fmt: skip

"""A caller whose number does not tell who it is: the agent asks, and ties the call to a family or to none (B51)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from caredesk.actions import call_ties
from caredesk.actions.call_callers_known import Known, caller_of
from caredesk.actions.call_ties import Said
from caredesk.actions.replies import AsStaff, can_see
from caredesk.audit import queries as audit_queries
from caredesk.conversations.errors import ConversationClosed, ConversationNotFound, NotYours
from caredesk.conversations.models import Entry
from caredesk.core.work import Actor
from caredesk.floor.models import FloorAction
from caredesk.telephony.errors import CallerCertain, CallerNoChoice, CallerNotTied
from tests.fixtures.calls import call_row, close, talking
from tests.fixtures.desk import DeskForTests
from tests.fixtures.engine import FakeEngine
from tests.fixtures.records import add_family, conversation_of_family

NUMBER = "13800002222"


@pytest.fixture
def families(desk: DeskForTests) -> tuple[str, str]:
    """Two families with the same number."""
    return (
        add_family(desk, name="王小明", child="王乐乐", phone=NUMBER),
        add_family(desk, name="李小红", child="李安安", phone=NUMBER),
    )


def tie(desk: DeskForTests, talk: str, who: AsStaff, guardian_id: str | None) -> None:
    with desk.write(actor=Actor(kind="staff", id=who.staff_id, name="小林")) as work:
        call_ties.tie(work, conversation_id=talk, who=who, said=Said(guardian_id))


def untie(desk: DeskForTests, talk: str, who: AsStaff) -> None:
    with desk.write(actor=Actor(kind="staff", id=who.staff_id, name="小林")) as work:
        call_ties.untie(work, conversation_id=talk, who=who)


def known(desk: DeskForTests, talk: str, who: AsStaff) -> Known:
    with desk.read() as session:
        return caller_of(session, conversation_id=talk, who=who, now=desk.clock.now())


def notices(desk: DeskForTests, talk: str) -> list[tuple[str, dict[str, str]]]:
    with desk.read() as session:
        query = (
            select(Entry.body).where(Entry.conversation_id == talk, Entry.kind == "notice").order_by(Entry.staff_seq)
        )
        return [(body["code"], body["fields"]) for body in session.scalars(query) if body["code"].startswith("caller.")]


def trail(desk: DeskForTests) -> list[tuple[str, str, dict[str, str]]]:
    with desk.read() as session:
        return [(row.what, row.by_id, row.facts) for row in session.scalars(select(FloorAction))]


def test_b51_an_agent_ties_the_call_to_the_family_that_says_its_name(
    desk: DeskForTests, engine: FakeEngine, agent: str, families: tuple[str, str]
) -> None:
    talk = call_row(desk, talking(engine, caller=NUMBER)).conversation_id
    who = desk.as_agent(agent)
    assert {one.guardian_id for one in known(desk, talk, who).maybe} == set(families)
    tie(desk, talk, who, families[1])
    seen = known(desk, talk, who)
    assert seen.tie == "family" and seen.maybe == []
    assert seen.family is not None and seen.family.guardian.id == families[1]
    assert desk.conversation(talk).guardian_id == families[1]
    assert notices(desk, talk) == [("caller.tied", {"name": "小林", "family": "李**"})]
    assert trail(desk) == [("caller_tied", agent, {"guardian_id": families[1]})]
    assert desk.push.of_type("conversation.changed")[-1].conversation.title == "李**"


def test_b51_a_tie_is_taken_back_and_another_family_chosen(
    desk: DeskForTests, engine: FakeEngine, agent: str, families: tuple[str, str]
) -> None:
    talk = call_row(desk, talking(engine, caller=NUMBER)).conversation_id
    who = desk.as_agent(agent)
    tie(desk, talk, who, families[0])
    with pytest.raises(CallerCertain):
        tie(desk, talk, who, families[1])
    untie(desk, talk, who)
    assert desk.conversation(talk).guardian_id is None
    assert {one.guardian_id for one in known(desk, talk, who).maybe} == set(families)
    tie(desk, talk, who, families[1])
    assert desk.conversation(talk).guardian_id == families[1]
    assert [what for what, _, _ in trail(desk)] == ["caller_tied", "caller_untied", "caller_tied"]


def test_b51_a_tie_that_is_taken_back_closes_the_familys_other_talks_again(
    desk: DeskForTests, engine: FakeEngine, agent: str, families: tuple[str, str]
) -> None:
    other = desk.conversation(conversation_of_family(desk, guardian_id=families[0])[1])
    talk = call_row(desk, talking(engine, caller=NUMBER)).conversation_id
    who = desk.as_agent(agent)
    tie(desk, talk, who, families[0])
    with desk.read() as session:
        assert can_see(session, other, who=who)
    untie(desk, talk, who)
    with desk.read() as session:
        assert not can_see(session, other, who=who)


def test_b51_nobody_of_these_leaves_a_caller_unknown(
    desk: DeskForTests, engine: FakeEngine, agent: str, families: tuple[str, str]
) -> None:
    talk = call_row(desk, talking(engine, caller=NUMBER)).conversation_id
    who = desk.as_agent(agent)
    tie(desk, talk, who, None)
    seen = known(desk, talk, who)
    assert (seen.tie, seen.family, seen.maybe) == ("nobody", None, [])
    assert notices(desk, talk)[0][0] == "caller.nobody"
    untie(desk, talk, who)
    assert len(known(desk, talk, who).maybe) == 2


def test_b51_who_opened_whose_talks_by_a_tie_stands_in_the_audit_by_ids_alone(
    desk: DeskForTests, engine: FakeEngine, agent: str, families: tuple[str, str]
) -> None:
    talk = call_row(desk, talking(engine, caller=NUMBER)).conversation_id
    who = desk.as_agent(agent)
    tie(desk, talk, who, families[0])
    untie(desk, talk, who)
    tie(desk, talk, who, None)
    untie(desk, talk, who)
    with desk.read() as session:
        entries = [one for one in audit_queries.stream_entries(session) if one.deed.startswith("caller.")]
    family, call = f"guardian:{families[0]}", f"conversation:{talk}"
    assert [(one.deed, one.subject) for one in entries] == [
        ("caller.tied", family),
        ("caller.untied", family),
        ("caller.nobody", call),
        ("caller.untied", call),
    ]
    assert {(one.actor_id, one.record) for one in entries} == {(agent, call)}
    assert "王" not in repr(entries) and NUMBER not in repr(entries)


def test_b51_only_a_family_of_this_number_can_be_chosen(
    desk: DeskForTests, engine: FakeEngine, agent: str, families: tuple[str, str]
) -> None:
    stranger = add_family(desk, name="赵小刚", phone="13800009999")
    talk = call_row(desk, talking(engine, caller=NUMBER)).conversation_id
    for wrong in (stranger, "nobody-has-this-id"):
        with pytest.raises(CallerNoChoice):
            tie(desk, talk, desk.as_agent(agent), wrong)
    assert desk.conversation(talk).guardian_id is None
    assert trail(desk) == []


def test_b51_whom_the_number_tells_for_certain_is_neither_tied_nor_untied(
    desk: DeskForTests, engine: FakeEngine, agent: str
) -> None:
    guardian_id = add_family(desk, phone=NUMBER)
    talk = call_row(desk, talking(engine, caller=NUMBER)).conversation_id
    with pytest.raises(CallerCertain):
        tie(desk, talk, desk.as_agent(agent), None)
    with pytest.raises(CallerNotTied):
        untie(desk, talk, desk.as_agent(agent))
    assert desk.conversation(talk).guardian_id == guardian_id


def test_b51_whoever_was_tied_is_a_choice_when_the_number_calls_again(
    desk: DeskForTests, engine: FakeEngine, agent: str, families: tuple[str, str]
) -> None:
    first = talking(engine, caller=NUMBER)
    tie(desk, call_row(desk, first).conversation_id, desk.as_agent(agent), families[0])
    engine.end(first)
    close(desk, first, agent)
    desk.clock.advance(minutes=1)
    again = call_row(desk, talking(engine, caller=NUMBER)).conversation_id
    assert desk.conversation(again).guardian_id is None, "a shared number stays nobody's for certain"
    assert families[0] in {one.guardian_id for one in known(desk, again, desk.as_agent(agent)).maybe}


def test_b51_who_does_not_serve_the_call_ties_nothing(
    desk: DeskForTests, engine: FakeEngine, agent: str, families: tuple[str, str]
) -> None:
    call_id = talking(engine, caller=NUMBER)
    talk = desk.conversation(call_row(desk, call_id).conversation_id)
    colleague = desk.add_agent("wang", queues=[str(talk.queue_id)])
    with pytest.raises(NotYours):
        tie(desk, talk.id, desk.as_agent(colleague), families[0])
    with pytest.raises(ConversationNotFound):
        tie(desk, talk.id, desk.as_agent(desk.add_agent("zhao", queues=[])), families[0])
    boss = desk.as_supervisor(desk.add_staff("boss", roles=["supervisor"]))
    tie(desk, talk.id, boss, families[0])
    engine.end(call_id)
    close(desk, call_id, agent)
    with pytest.raises(ConversationClosed):
        untie(desk, talk.id, boss)

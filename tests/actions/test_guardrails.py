"""Guardrails at work: what is masked before it is stored, what calls people, what is held before it is sent."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, text

from caredesk.actions import chat, guardrails, replies
from caredesk.actions.guardrails import SecondThought
from caredesk.conversations.models import Entry
from caredesk.guardrails.errors import DraftHeld
from caredesk.guardrails.models import GuardrailFinding
from tests.fixtures.desk import DeskForTests
from tests.fixtures.stored import AUDIT, state_of

# A district and a bank that do not exist, with right check digits.
IDENTITY, IDENTITY_KEPT = "119999201903070110", "**************0110"
CARD, CARD_KEPT = "6299991234567890122", "***************0122"
ADVICE = "阿莫西林一天三次，一次一包就可以"


def found_in(desk: DeskForTests) -> list[tuple[str, str, str]]:
    """Return kind, side and outcome of everything that was found."""
    with desk.read() as session:
        rows = session.scalars(select(GuardrailFinding).order_by(GuardrailFinding.at, GuardrailFinding.kind)).all()
        return [(row.kind, row.side, row.outcome) for row in rows]


def reply(desk: DeskForTests, conversation_id: str, staff_id: str, words: str, **more: Any) -> replies.Said:
    with desk.write() as work:
        return replies.reply(
            work,
            conversation_id=conversation_id,
            who=desk.as_agent(staff_id),
            client_key=desk.key(),
            says=replies.Says(text=words, **more),
            seen_seq=99,
            confirmed=False,
            limit=2000,
        )


def whole_store(desk: DeskForTests) -> str:
    """Return everything that is stored but the audit, as one text."""
    with desk.read() as session:
        return str(state_of(session, without=AUDIT))


# ---- masked before it is stored --------------------------------------------------------------------------


def test_a_number_in_a_familys_message_is_nowhere_on_disk_and_the_family_is_told(desk: DeskForTests) -> None:
    visitor = desk.visit().visitor.id
    written = desk.say(visitor, f"身份证{IDENTITY}，退到{CARD}")
    desk.run_jobs()
    assert written.entry.text == f"身份证{IDENTITY_KEPT}，退到{CARD_KEPT}"
    assert found_in(desk) == [("bank_card", "family", "masked"), ("identity_number", "family", "masked")]
    told = [event.message.body for event in desk.push.of_type("message.created")]
    assert "numbers.masked" in [body.code for body in told if body.kind == "notice"]
    everything = whole_store(desk) + str(desk.push.events)
    assert IDENTITY not in everything and CARD not in everything


def test_what_agents_write_is_masked_too_in_replies_notes_drafts_and_comments(desk: DeskForTests) -> None:
    visitor, agent, conversation_id = desk.served_conversation()
    reply(desk, conversation_id, agent, f"您的身份证{IDENTITY}对吗")
    with desk.write() as work:
        who = desk.as_agent(agent)
        replies.add_note(work, conversation_id=conversation_id, who=who, client_key=desk.key(), text=CARD, limit=99)
        replies.save_draft(work, conversation_id=conversation_id, who=who, text=f"卡号{CARD}")
    with desk.write() as work:
        chat.end_conversation(work, visitor_id=visitor, conversation_id=conversation_id)
        comment = {"score": 5, "reasons": [], "comment": f"我的号{IDENTITY}"}
        chat.rate(work, visitor_id=visitor, conversation_id=conversation_id, **comment)
    everything = whole_store(desk) + str(desk.push.events)
    assert IDENTITY not in everything and CARD not in everything
    assert found_in(desk) == [("bank_card", "agent", "masked"), ("identity_number", "agent", "masked")]


def test_a_parent_is_not_told_of_what_was_masked_in_an_agents_words(desk: DeskForTests) -> None:
    _, agent, conversation_id = desk.served_conversation()
    reply(desk, conversation_id, agent, IDENTITY)
    with desk.read() as session:
        notices = session.scalars(select(Entry).where(Entry.kind == "notice", Entry.patient_seq.is_(None))).all()
        assert "numbers.masked" in [one.body["code"] for one in notices]


# ---- signs that call people ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "kind"), [("我不想活了", "self_harm"), ("你们这帮废物", "insult"), ("我弄死你", "threat")]
)
def test_a_sign_in_a_familys_message_calls_supervisors_once(desk: DeskForTests, words: str, kind: str) -> None:
    visitor, agent, conversation_id = desk.served_conversation()
    desk.say(visitor, words)
    desk.say(visitor, words)
    (raised,) = [event for event in desk.push.of_type("alert.raised") if event.code == kind]
    assert (raised.conversation_id, raised.staff_id, raised.stage) == (conversation_id, agent, "supervisor")
    assert (kind in desk.conversation(conversation_id).flags) == (kind == "self_harm")
    assert found_in(desk) == [(kind, "family", "alerted")] * 2


def test_ordinary_anger_calls_nobody(desk: DeskForTests) -> None:
    visitor, _, _ = desk.served_conversation()
    desk.say(visitor, "等了两个小时，急死我了，我要投诉")
    assert found_in(desk) == []


# ---- held before it is sent ------------------------------------------------------------------------------


def test_a_draft_with_medical_advice_is_held_and_changes_nothing(desk: DeskForTests) -> None:
    _, agent, conversation_id = desk.served_conversation()
    before = whole_store(desk)
    with pytest.raises(DraftHeld) as held:
        reply(desk, conversation_id, agent, ADVICE)
    assert held.value.fields["kinds"] == "medical_advice"
    assert ADVICE not in str(held.value.fields)
    assert whole_store(desk) == before


def test_it_goes_out_with_a_reason_which_is_kept_and_in_the_audit(desk: DeskForTests) -> None:
    _, agent, conversation_id = desk.served_conversation()
    said = reply(desk, conversation_id, agent, ADVICE, thought=SecondThought(in_spite="doctor_said"))
    assert said.entry.text == ADVICE
    with desk.read() as session:
        row = session.scalars(select(GuardrailFinding)).one()
        deeds = session.execute(text("select deed, why from audit_entry")).all()
    assert (row.outcome, row.reason, row.staff_id) == ("overridden", "doctor_said", agent)
    assert ("guardrail.overridden", "medical_advice") in [tuple(deed) for deed in deeds]


def test_what_was_changed_after_a_hold_is_counted_as_changed(desk: DeskForTests) -> None:
    _, agent, conversation_id = desk.served_conversation()
    words = "用法请看处方，有疑问请问医生"
    reply(desk, conversation_id, agent, words, thought=SecondThought(changed_after=["medical_advice"]))
    assert found_in(desk) == [("medical_advice", "agent", "changed")]


def test_who_sends_a_family_to_help_is_never_held(desk: DeskForTests) -> None:
    _, agent, conversation_id = desk.served_conversation()
    reply(desk, conversation_id, agent, "先别吃药，请马上拨打120或去最近的急诊")
    assert found_in(desk) == []


def test_a_number_that_the_family_has_given_is_theirs(desk: DeskForTests) -> None:
    visitor, agent, conversation_id = desk.served_conversation()
    with pytest.raises(DraftHeld):
        reply(desk, conversation_id, agent, "张医生的手机是19900001111")
    desk.say(visitor, "请打 199-0000-1111")
    reply(desk, conversation_id, agent, "好的，我们会打19900001111")


def test_a_draft_is_looked_at_while_it_is_typed(desk: DeskForTests) -> None:
    _, agent, conversation_id = desk.served_conversation()
    with desk.write() as work:
        who = desk.as_agent(agent)
        found = replies.save_draft(work, conversation_id=conversation_id, who=who, text=ADVICE)
        calm = replies.save_draft(work, conversation_id=conversation_id, who=who, text="快递明天到")
    assert [one.kind for one in found] == ["medical_advice"]
    assert calm == []


def test_words_to_a_doctor_are_not_looked_at(desk: DeskForTests) -> None:
    _, _, conversation_id = desk.served_conversation()
    conversation = desk.conversation(conversation_id)
    with desk.read() as session:
        assert guardrails.look_at_draft(session, conversation, text=ADVICE)
        conversation.channel = "assist"
        assert guardrails.look_at_draft(session, conversation, text=ADVICE) == []

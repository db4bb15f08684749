"""Calls of our own: click to call, and the call-back whose turn has come. The agent's phone rings first."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from caredesk.accounts import presence_queries
from caredesk.actions import call_backs, call_engines, call_steps, calls, number_marks, presence
from caredesk.actions.budget import share_held, share_now
from caredesk.actions.call_backs import begin as begin_call_back
from caredesk.actions.call_callers import Caller, open_conversation
from caredesk.actions.call_phones import ringable
from caredesk.actions.call_up_contacts import reach_of
from caredesk.actions.records import sight_of
from caredesk.actions.replies import AsStaff, can_see
from caredesk.actions.timeline import changed, status_changed
from caredesk.assistance import queries as assist_queries
from caredesk.assistance.call_up_rules import is_allowed, read_number
from caredesk.conversations import queries as conversation_queries
from caredesk.conversations import search_queries
from caredesk.conversations.errors import ConversationNotFound
from caredesk.conversations.models import Conversation
from caredesk.core.work import Work
from caredesk.patients import contact_queries
from caredesk.patients import queries as patient_queries
from caredesk.patients.errors import GuardianNotFound
from caredesk.patients.rules import phone_digits, phone_tail
from caredesk.queue.errors import AgentNotAvailable
from caredesk.queue.models import Offer
from caredesk.telephony import queries
from caredesk.telephony.call_rules import Outgoing
from caredesk.telephony.call_rules import call_out as begin_out
from caredesk.telephony.errors import CallMoved, HotlineDown, NobodyToCall, NoPhone, NumberRefused
from caredesk.telephony.models import Call


@dataclass(frozen=True)
class Whom:
    """Whom to call: a number, a guardian, the family of a request, or who wrote or called in a conversation."""

    number: str = ""
    guardian_id: str = ""
    request_id: str = ""
    conversation_id: str = ""


@dataclass(frozen=True)
class Target:
    """The number to call, whose it is, and what the call is about."""

    e164: str
    guardian_id: str | None = None
    request_id: str | None = None
    about_id: str | None = None


def call_out(work: Work, *, who: AsStaff, whom: Whom) -> Call:
    """Call somebody for an agent: the own phone rings first, then theirs. A call about a request or conversation leaves
    nothing to wrap up, because what came of it is noted there."""
    engine = call_engines.find_up(work.session, now=work.now)
    if engine is None:
        raise HotlineDown
    users = ringable(work.session, staff_id=who.staff_id, now=work.now)
    if not users:
        raise NoPhone
    target = target_of(work.session, who=who, whom=whom)
    presence.ensure(work, staff_id=who.staff_id)
    has_place = _has_place(work.session, target, staff_id=who.staff_id)
    share = share_now(work.session, call_steps.CHANNEL)
    if not has_place and not presence_queries.claim_own_slot(work.session, staff_id=who.staff_id, share=share):
        raise AgentNotAvailable
    digits = phone_digits(target.e164)
    caller = Caller(digits, phone_tail(digits), target.guardian_id, ())
    conversation = open_conversation(work, caller=caller, at=work.now)
    conversation.status, conversation.assignee_id = "active", who.staff_id
    conversation.assigned_at = conversation.first_reply_at = work.now
    work.session.flush()
    status_changed(work, conversation)
    changed(work, conversation)
    call = _begin(
        work,
        conversation=conversation,
        engine=engine.name,
        direction="out",
        outgoing=_outgoing(work.session, e164=target.e164, staff_id=who.staff_id, users=users, offer_id=None),
        about=target,
    )
    if has_place:
        # The place stays that of the talk which the call is about; this one gives nothing back.
        call.holds_agent, call.wrapped_at = False, work.now
    presence.tell(work, staff_id=who.staff_id)
    return call


def _has_place(session: Session, target: Target, *, staff_id: str) -> bool:
    """Tell whether what the call is about has the agent's exclusive place: a message heard, a call just over."""
    talk = conversation_queries.find_conversation(session, conversation_id=target.about_id or "")
    if talk is None or talk.channel != call_steps.CHANNEL:
        return False
    return talk.status == "active" and talk.assignee_id == staff_id and share_held(session, talk).exclusive


def call_back(work: Work, *, conversation: Conversation, offer: Offer, users: list[str]) -> None:
    """Begin the call that somebody asked for instead of waiting; the conversation is locked and on offer."""
    owed = call_backs.find_owed(work.session, conversation_id=conversation.id)
    engine = call_engines.find_up(work.session, now=work.now)
    if owed is None or engine is None:
        return
    begin_call_back(work, conversation_id=conversation.id)
    outgoing = _outgoing(work.session, e164=owed.number, staff_id=offer.staff_id, users=users, offer_id=offer.id)
    _begin(
        work, conversation=conversation, engine=engine.name, direction="call_back", outgoing=outgoing,
        about=Target(owed.number, conversation.guardian_id),
    )  # fmt: skip


def _outgoing(session: Session, *, e164: str, staff_id: str, users: list[str], offer_id: str | None) -> Outgoing:
    _, setup = call_steps.setup_now(session)
    # Recording begins with notice (B54): who asked to be called back has heard it, whom we call has not.
    recorded = setup.record if offer_id is not None else setup.record_outgoing
    return Outgoing(e164, setup.caller_id, staff_id, tuple(users), setup.ring_seconds, offer_id, recorded)


def _begin(
    work: Work, *, conversation: Conversation, engine: str, direction: str, outgoing: Outgoing, about: Target
) -> Call:
    call_id = call_steps.new_call_id()
    step = begin_out(call_id, outgoing, now=work.now, direction="out" if direction == "out" else "call_back")
    digits = phone_digits(outgoing.number)
    call = Call(
        id=call_id,
        conversation_id=conversation.id,
        engine=engine,
        direction=direction,
        phase=step.state.phase,
        state={},
        caller=digits,
        called="",
        trunk="",
        request_id=about.request_id,
        about_id=about.about_id,
        started_at=work.now,
        agent_id=outgoing.staff_id if direction == "out" else None,
        holds_agent=direction == "out",
        talk_seconds=0.0,
        hold_seconds=0.0,
        version=0,
    )
    work.session.add(call)
    work.session.flush()
    effects = call_steps.keep(work, call, step, before=None, conversation=conversation)
    calls.do(work, call, effects, conversation=conversation, at=work.now)
    return call


# ---- whom ------------------------------------------------------------------------------------------------


def target_of(session: Session, *, who: AsStaff, whom: Whom) -> Target:
    """Return the number and what the call is about; a refused or wrong number is not called."""
    if whom.request_id:
        return _of_request(session, who=who, request_id=whom.request_id, guardian_id=whom.guardian_id)
    if whom.conversation_id:
        return _of_conversation(session, who=who, conversation_id=whom.conversation_id)
    if whom.guardian_id:
        _check_sees_family(session, who=who, guardian_id=whom.guardian_id)
        return _of_guardian(session, guardian_id=whom.guardian_id)
    if whom.number:
        return Target(_dialable(session, number=whom.number))
    raise NobodyToCall


def _of_request(session: Session, *, who: AsStaff, request_id: str, guardian_id: str) -> Target:
    request = assist_queries.get_request(session, request_id=request_id)
    conversation = conversation_queries.get_conversation(session, conversation_id=request.conversation_id)
    if not can_see(session, conversation, who=who.acting()):
        raise ConversationNotFound
    whom = guardian_id or request.guardian_id
    acting = contact_queries.list_guardians_of(session, patient_id=request.patient_id) if request.patient_id else []
    if not whom or whom not in {guardian.id for guardian, _ in acting}:
        raise NobodyToCall
    found = _of_guardian(session, guardian_id=whom)
    return Target(found.e164, whom, request.id, conversation.id)


def _of_conversation(session: Session, *, who: AsStaff, conversation_id: str) -> Target:
    conversation = conversation_queries.get_conversation(session, conversation_id=conversation_id)
    if not can_see(session, conversation, who=who.acting()):
        raise ConversationNotFound
    last = queries.find_last(session, conversation_id=conversation.id)
    if last is not None and last.ended_at is None:
        raise CallMoved
    if last is not None and last.caller:
        number = _dialable(session, number=last.caller)
        return Target(number, conversation.guardian_id, None, conversation.id)
    if conversation.guardian_id is None:
        raise NobodyToCall
    found = _of_guardian(session, guardian_id=conversation.guardian_id)
    return Target(found.e164, conversation.guardian_id, None, conversation.id)


def _check_sees_family(session: Session, *, who: AsStaff, guardian_id: str) -> None:
    """A family that one has nothing to do with does not exist, as for whoever looks behind a mask."""
    sight = sight_of(session, who=who.acting())
    if search_queries.find_conversation_of_guardian(session, guardian_id=guardian_id, sight=sight) is None:
        raise GuardianNotFound


def _of_guardian(session: Session, *, guardian_id: str) -> Target:
    guardian = patient_queries.get_guardian(session, guardian_id=guardian_id)
    reach = reach_of(session, guardian_ids=[guardian.id])
    if not is_allowed(reach.consent, guardian_id=guardian.id, channel="telephone"):
        raise NumberRefused(why="not_allowed")
    return Target(_dialable(session, number=guardian.phone), guardian.id)


def _dialable(session: Session, *, number: str) -> str:
    read = read_number(number)
    if not read.e164:
        raise NumberRefused(why="unreadable")
    if number_marks.wrong_numbers(session, keys=[number_marks.keys_known_by(session, read.e164)]):
        raise NumberRefused(why="wrong")
    return read.e164

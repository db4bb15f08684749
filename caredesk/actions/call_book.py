"""The book of calls: what goes on now, what was today, whom nobody reached, a family's calls, how one call went.

Reading only. Every number is masked here; who may not see a conversation finds nothing of its calls.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from caredesk.accounts import queries as account_queries
from caredesk.actions import access, hotline_setup
from caredesk.actions.call_views import shown_state
from caredesk.actions.replies import AsStaff, can_see
from caredesk.actions.summaries import place_of
from caredesk.clinic.hours import span_on
from caredesk.conversations import family_queries, line_queries
from caredesk.conversations import queries as conversation_queries
from caredesk.conversations.errors import ConversationNotFound
from caredesk.conversations.models import Conversation
from caredesk.core.clock import clinic_time
from caredesk.patients import queries as patient_queries
from caredesk.patients.rules import mask_name, mask_phone
from caredesk.queue import queries as queue_queries
from caredesk.queue.models import Queue
from caredesk.telephony import book_queries, book_rules
from caredesk.telephony import queries as call_queries
from caredesk.telephony.book_schemas import CallCourse, CallLine, CallsNow, CallStep, MissedCall
from caredesk.telephony.call_state import CallState
from caredesk.telephony.errors import CallNotFound
from caredesk.telephony.menu_schemas import HotlineSetup
from caredesk.telephony.models import Call, CallLeg

MISSED_WITHIN = timedelta(hours=24)
LIVE_SHOWN = 200
RECENT_SHOWN = 30
MISSED_SHOWN = 50
LOOKED_THROUGH = 1000
"""Calls of a day that are looked through for missed ones: more than a desk of fifteen can have answered."""
FAMILY_SHOWN = 5
KEYS_SHOWN = 12
CHANNEL = "hotline"


# ---- lists -----------------------------------------------------------------------------------------------


def calls_now(session: Session, *, who: AsStaff, now: datetime) -> CallsNow:
    """Return the hotline at this moment, as far as somebody may see it: calls that go on and the last of today."""
    day = span_on(clinic_time(now).date(), opens=datetime.min.time(), closes=datetime.min.time())
    begun = book_queries.list_begun(session, since=day.start, limit=RECENT_SHOWN + LIVE_SHOWN)
    live = _within_reach(session, book_queries.list_live(session, limit=LIVE_SHOWN), who=who)
    recent = [call for call in _within_reach(session, begun, who=who) if call.ended_at is not None][:RECENT_SHOWN]
    return CallsNow(at=now, live=_lines(session, live), recent=_lines(session, recent))


def _within_reach(session: Session, calls: Sequence[Call], *, who: AsStaff) -> list[Call]:
    scope = access.scope_of(session, who=who)
    if scope.everything:
        return list(calls)
    talks = line_queries.load_conversations(session, ids={call.conversation_id for call in calls})
    return [call for call in calls if can_see(session, talks[call.conversation_id], who=who)]


def list_missed(session: Session, *, who: AsStaff, now: datetime) -> list[MissedCall]:
    """Return callers of the last day whom nobody has reached, as far as somebody may see them, the newest first."""
    calls = book_queries.list_begun(session, since=now - MISSED_WITHIN, limit=LOOKED_THROUGH)
    by_id = {call.id: call for call in calls}
    missed = book_rules.missed_of(_touch(call) for call in calls)
    talks = line_queries.load_conversations(session, ids={by_id[one.call_id].conversation_id for one in missed})
    seen = [one for one in missed if can_see(session, talks[by_id[one.call_id].conversation_id], who=who)]
    seen = seen[:MISSED_SHOWN]
    lines = _lines(session, [by_id[one.call_id] for one in seen])
    return [
        MissedCall(call=line, times=one.times, tried=one.tried, being_called=one.being_called)
        for one, line in zip(seen, lines, strict=True)
    ]


def calls_of_family(session: Session, *, conversation_id: str, who: AsStaff) -> list[CallLine]:
    """Return the last calls of the family of a conversation, newest first; none while nobody knows whose it is."""
    conversation = _seen(session, conversation_id=conversation_id, who=who)
    if conversation.guardian_id is None:
        return []
    talks = family_queries.list_newest_talks(
        session, guardian_id=conversation.guardian_id, channel=CHANNEL, limit=FAMILY_SHOWN
    )
    calls = call_queries.list_of_conversations(session, conversation_ids=[one.id for one in talks])
    newest = sorted(calls, key=lambda call: (call.started_at, call.id), reverse=True)
    return _lines(session, newest[:FAMILY_SHOWN])


def _seen(session: Session, *, conversation_id: str, who: AsStaff) -> Conversation:
    conversation = conversation_queries.get_conversation(session, conversation_id=conversation_id)
    if not can_see(session, conversation, who=who):
        raise ConversationNotFound
    return conversation


def _touch(call: Call) -> book_rules.Touch:
    return book_rules.Touch(
        call_id=call.id,
        number=call.caller,
        incoming=call.direction == "in",
        started_at=call.started_at,
        bridged_at=call.bridged_at,
        ended_at=call.ended_at,
        disposition=call.disposition,
    )


def _lines(session: Session, calls: Sequence[Call]) -> list[CallLine]:
    talks = line_queries.load_conversations(session, ids={call.conversation_id for call in calls})
    queues = {queue.id: queue for queue in queue_queries.list_queues(session)} if calls else {}
    staff = account_queries.names_of(session, staff_ids=[call.agent_id for call in calls if call.agent_id])
    families = _family_names(session, talks.values())
    return [
        _line(
            session,
            call,
            talk=talks[call.conversation_id],
            queue=queues.get(talks[call.conversation_id].queue_id or ""),
            agent_name=staff.get(call.agent_id or ""),
            title=families.get(talks[call.conversation_id].guardian_id or "", ""),
        )
        for call in calls
    ]


def _family_names(session: Session, talks: Iterable[Conversation]) -> dict[str, str]:
    ids = sorted({talk.guardian_id for talk in talks if talk.guardian_id})
    names = patient_queries.list_guardian_names(session, guardian_ids=ids) if ids else {}
    return {id: mask_name(name) for id, name in names.items()}


def _line(
    session: Session, call: Call, *, talk: Conversation, queue: Queue | None, agent_name: str | None, title: str
) -> CallLine:
    waits = call.phase == "waiting" and talk.status == "waiting"
    return CallLine(
        call_id=call.id,
        conversation_id=call.conversation_id,
        number=talk.number,
        title=title,
        caller=mask_phone(call.caller),
        direction="in" if call.direction == "in" else "out",
        is_call_back=call.direction == "call_back",
        state=shown_state(CallState.model_validate(call.state), holds_agent=call.holds_agent),
        queue_name=queue.name if queue else "",
        queue_name_en=queue.name_en if queue else "",
        agent_name=agent_name,
        started_at=call.started_at,
        queued_at=call.queued_at,
        ended_at=call.ended_at,
        place=place_of(session, talk) if waits else None,
        waited=_seconds(call.queued_at, call.bridged_at or call.ended_at),
        talked=round(call.talk_seconds) if call.bridged_at is not None and call.ended_at is not None else None,
        disposition=call.disposition,
        hung_up_by=call.hung_up_by,
        has_recording=bool(call.recording_id),
    )


def _seconds(begun: datetime | None, ended: datetime | None) -> int | None:
    return max(0, round((ended - begun).total_seconds())) if begun is not None and ended is not None else None


# ---- one call --------------------------------------------------------------------------------------------


def course_of(session: Session, *, conversation_id: str, who: AsStaff) -> CallCourse:
    """Return how the newest call of a conversation went: keys, line, phones that rang, talk, end.

    Keys are told up to the line or the talk: what is pressed to an agent is that talk's own matter.
    """
    conversation = _seen(session, conversation_id=conversation_id, who=who)
    call = call_queries.find_last(session, conversation_id=conversation.id)
    if call is None:
        raise CallNotFound
    steps = [
        CallStep(at=call.started_at, what="began"),
        *_keys(session, call),
        *_line_steps(session, call, conversation=conversation),
        *_phones(session, call),
        *([CallStep(at=call.bridged_at, what="talked")] if call.bridged_at else []),
        *([CallStep(at=call.ended_at, what="ended", reason=call.disposition)] if call.ended_at else []),
    ]
    return CallCourse(steps=sorted(steps, key=lambda step: step.at))


def _keys(session: Session, call: Call) -> list[CallStep]:
    until = min((at for at in (call.queued_at, call.bridged_at) if at is not None), default=None)
    pressed = [
        (at, digit)
        for at, digit in book_queries.list_digits(session, call_id=call.id, limit=KEYS_SHOWN)
        if until is None or at <= until
    ]
    if not pressed or call.direction != "in":
        return []
    version, setup = hotline_setup.setup_now(session)
    # A menu that was changed meanwhile does not tell what the key led to.
    known = setup if version == call.menu_version else None
    queues = {queue.key: queue for queue in queue_queries.list_queues(session)}
    return [_key(at, digit, setup=known, queues=queues) for at, digit in pressed]


def _key(at: datetime, digit: str, *, setup: HotlineSetup | None, queues: dict[str, Queue]) -> CallStep:
    option = next((one for one in setup.options if one.digit == digit), None) if setup else None
    queue = queues.get(option.queue_key or "") if option else None
    return CallStep(
        at=at,
        what="pressed",
        digit=digit,
        kind=option.kind if option else "",
        leads_to=queue.name if queue else "",
        leads_to_en=queue.name_en if queue else "",
    )


def _line_steps(session: Session, call: Call, *, conversation: Conversation) -> list[CallStep]:
    if call.queued_at is None:
        return []
    queue = queue_queries.get_queue(session, queue_id=conversation.queue_id) if conversation.queue_id else None
    name, name_en = (queue.name, queue.name_en) if queue else ("", "")
    return [CallStep(at=call.queued_at, what="queued", leads_to=name, leads_to_en=name_en)]


def _phones(session: Session, call: Call) -> list[CallStep]:
    legs = [leg for leg in call_queries.list_legs(session, call_ids=[call.id]) if leg.role in ("agent", "consult")]
    names = account_queries.names_of(session, staff_ids=[leg.staff_id for leg in legs if leg.staff_id])
    return [step for leg in _each_once(legs) for step in _phone(leg, who=names.get(leg.staff_id or "", ""))]


def _each_once(legs: Collection[CallLeg]) -> list[CallLeg]:
    """Return one leg of each offer: an agent's two phones ring together, and the one that was answered counts."""
    kept: dict[str, CallLeg] = {}
    for leg in legs:
        key = leg.offer_id or leg.id
        if key not in kept or leg.answered_at is not None:
            kept[key] = leg
    return list(kept.values())


def _phone(leg: CallLeg, *, who: str) -> list[CallStep]:
    rang = CallStep(at=leg.made_at, what="rang", who=who)
    if leg.answered_at is not None or leg.ended_at is None:
        return [rang]
    return [rang, CallStep(at=leg.ended_at, what="not_answered", who=who, reason=leg.reason)]

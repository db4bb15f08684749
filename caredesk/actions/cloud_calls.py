"""Calls that a cloud call centre carries: its pushes are kept as they come, and put together into calls of ours.

Menu, queue and who is rung are the vendor's affair there; the desk has the same record and conversation as of a call
of its own engines. Everything here is derived from all pushes of a call anew, so their order does not matter.
See `docs/hotline.md`.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from caredesk.accounts import presence_queries
from caredesk.accounts import queries as account_queries
from caredesk.actions import call_views, chat, cloud_recordings, presence
from caredesk.actions.call_callers import clean_number, find_caller, open_conversation
from caredesk.actions.match_asking import ask_for_matches_of
from caredesk.actions.timeline import changed, status_changed
from caredesk.conversations import queries as conversation_queries
from caredesk.conversations.models import Conversation
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.queue import queries as queue_queries
from caredesk.telephony import cloud_queries
from caredesk.telephony.call_state import CallState
from caredesk.telephony.cloud_events import LOST_AFTER, CloudEvent, CloudRecord, record_of
from caredesk.telephony.cloud_models import CloudPush
from caredesk.telephony.cloud_providers import event_id_of, read_push
from caredesk.telephony.models import Call

log = logging.getLogger(__name__)

BY_DESK = "desk"
HALF_WAITS = timedelta(minutes=1)
"""So long a call that was passed on waits for what it was before."""
ON_THE_TELEPHONE = presence_queries.Share(exclusive=True)
"""Not by the routing policy: nobody can do anything else while the vendor has them in a call."""


# ---- what comes in -----------------------------------------------------------------------------------------


def take_push(work: Work, *, provider: str, body: dict[str, Any], action: str, pushed_as: str) -> None:
    """Keep a push as it came and have it looked at; the same push again changes nothing.

    What cannot be understood is kept, too, and never refused: a vendor would send it for ever.
    """
    event_id = event_id_of(body, pushed_as=pushed_as)
    event = read_push(provider, body, action=action, event_id=event_id)
    is_new = cloud_queries.keep_push(
        work.session,
        provider=provider,
        event_id=event_id,
        call=event.call if event else "",
        follows=event.follows if event else "",
        action=action,
        body=body,
        now=work.now,
    )
    if is_new and event is None:
        log.warning("push not understood", extra={"provider": provider, "event_id": event_id})
    if is_new and event is not None:
        look_at(work, provider=provider, call=event.call)


def look_at(work: Work, *, provider: str, call: str) -> None:
    """Have a call put together from what was told of it."""
    work.enqueue("settle_cloud_call", {"provider": provider, "call": call}, key=f"cloud:{provider}:{call}")


def forget_pushes(work: Work, *, days: int) -> None:
    """Remove pushes that are older than so many days, and come back tomorrow: they name callers."""
    gone = cloud_queries.forget_pushes(work.session, before=work.now - timedelta(days=days))
    if gone:
        log.info("cloud pushes removed", extra={"count": gone})
    begin_forgetting(work, after=timedelta(days=1))


def begin_forgetting(work: Work, *, after: timedelta = timedelta(minutes=10)) -> None:
    """Have old pushes removed from now on."""
    work.enqueue("forget_cloud_pushes", {}, due_at=work.now + after, key="forget_cloud_pushes", not_later=True)


# ---- one call from everything that was told of it ----------------------------------------------------------


def settle(work: Work, *, provider: str, call: str) -> None:
    """Bring our call and its conversation in line with everything that a vendor has told of it so far."""
    numbers = cloud_queries.parts_of(work.session, provider=provider, call=call)
    pushes = cloud_queries.lock_pushes(work.session, provider=provider, calls=numbers)
    events = [event for one in pushes if (event := _read(one)) is not None]
    record = record_of(events, now=work.now)
    if record is None:
        return
    staff_id = _staff_of(work.session, record.agent)
    ours = _ours(work, provider=provider, numbers=numbers | {record.tag} - {""})
    if record.ended_at is None:
        _look_again(work, provider=provider, call=call)
    if ours is None and _is_half(events, last=max(one.received_at for one in pushes), now=work.now):
        due, payload = work.now + HALF_WAITS, {"provider": provider, "call": call}
        work.enqueue("settle_cloud_call", payload, due_at=due, key=f"cloud_half:{provider}:{call}")
        return
    if ours is None and record.ended_at is None and staff_id is None:
        # Somebody is in the vendor's menu or queue: there is nobody here to be told.
        return
    ours = ours or _open(work, record, provider=provider)
    cloud_queries.name_call(work.session, provider=provider, numbers=numbers, call_id=ours.id)
    conversation = conversation_queries.lock_conversation(work.session, conversation_id=ours.conversation_id)
    _describe(work.session, conversation, record)
    _write(ours, record, staff_id=staff_id)
    _lead(work, ours, conversation, record, staff_id=staff_id)
    cloud_recordings.ask_for(work, ours, pushes=pushes)
    call_views.tell(work, ours, conversation=conversation)


def _read(push: CloudPush) -> CloudEvent | None:
    return read_push(push.provider, push.body, action=push.action, event_id=push.event_id)


def _is_half(events: Sequence[CloudEvent], *, last: datetime, now: datetime) -> bool:
    """Tell whether a call was passed on from one that we have not heard of yet, and may well hear of soon."""
    unheard = {event.follows for event in events} - {event.call for event in events} - {""}
    return bool(unheard) and now - last < HALF_WAITS


def _ours(work: Work, *, provider: str, numbers: set[str]) -> Call | None:
    """Return our call; what was taken for several calls, because the link between them came last, becomes one."""
    found = cloud_queries.list_calls(work.session, provider=provider, numbers=numbers)
    for other in found[1:]:
        conversation = conversation_queries.lock_conversation(work.session, conversation_id=other.conversation_id)
        free_agent(work, other, staff_id=conversation.assignee_id)
        if conversation.status != "closed":
            chat.close(work, conversation, by=BY_DESK, category="", outcome="", note="")
    if len(found) > 1:
        cloud_queries.join_calls(work.session, kept=found[0], others=found[1:])
    return found[0] if found else None


def _look_again(work: Work, *, provider: str, call: str) -> None:
    """Come back when the end must have been lost: no call is on for ever."""
    due = work.now + LOST_AFTER + timedelta(minutes=1)
    payload = {"provider": provider, "call": call}
    work.enqueue("settle_cloud_call", payload, due_at=due, key=f"cloud_lost:{provider}:{call}")


def _staff_of(session: Session, agent: str) -> str | None:
    """Return which of our people the vendor means: by the user of their phone here, else by how they sign in."""
    if not agent:
        return None
    owner = cloud_queries.find_owner_of_phone(session, user=agent)
    if owner is not None:
        return owner
    staff = account_queries.find_staff_by_login(session, login=agent.partition("@")[0])
    return staff.id if staff is not None and staff.active else None


def _open(work: Work, record: CloudRecord, *, provider: str) -> Call:
    caller = find_caller(work.session, number=record.caller)
    conversation = open_conversation(work, caller=caller, at=record.started_at)
    call = Call(
        id=new_id(),
        conversation_id=conversation.id,
        engine=provider,
        direction=record.direction,
        phase="menu",
        state={},
        started_at=record.started_at,
    )
    work.session.add(call)
    work.session.flush()
    return call


def _describe(session: Session, conversation: Conversation, record: CloudRecord) -> None:
    """Write who called when and for which queue; what is known later is written later."""
    conversation.created_at = record.started_at
    conversation.arrived_at = record.queued_at or record.started_at
    queue = next((one for one in queue_queries.list_queues(session) if one.name == record.queue), None)
    if queue is not None:
        conversation.queue_id = queue.id
    if conversation.guardian_id is None:
        conversation.guardian_id = find_caller(session, number=record.caller).guardian_id


# ---- the call's row ----------------------------------------------------------------------------------------


def _write(call: Call, record: CloudRecord, *, staff_id: str | None) -> None:
    """Write what is known of the call; the same knowledge makes the same row, however it came."""
    is_over = record.ended_at is not None
    call.direction, call.phase = record.direction, _phase(record)
    call.caller, call.called = clean_number(record.caller), record.called
    call.agent_id = staff_id if record.bridged_at is not None or not is_over else None
    call.started_at, call.ended_at = record.started_at, record.ended_at
    call.queued_at, call.ringing_at, call.bridged_at = record.queued_at, record.ringing_at, record.bridged_at
    call.answered_at = record.bridged_at if record.direction == "out" else record.queued_at or record.bridged_at
    call.talk_seconds = record.talk_seconds
    call.disposition, call.hung_up_by = record.disposition, record.hung_up_by
    # The vendor's system has its own time for the wrap-up; here nobody is kept from other work by it.
    call.wrapped_at = record.ended_at
    call.state = _state(call, record).model_dump(mode="json")


def _phase(record: CloudRecord) -> str:
    if record.ended_at is not None:
        return "ended"
    if record.bridged_at is not None:
        return "talking"
    if record.ringing_at is not None:
        return "ringing"
    return "waiting" if record.queued_at is not None else "menu"


def _state(call: Call, record: CloudRecord) -> CallState:
    """Return the state in which an engine's call would be; nothing is ever sent because of it."""
    since = record.ended_at or record.bridged_at or record.ringing_at or record.queued_at or record.started_at
    return CallState.model_validate(
        {
            "id": call.id,
            "direction": record.direction,
            "phase": call.phase,
            "started_at": record.started_at,
            "since": since,
            "was_bridged": record.bridged_at is not None,
            "was_queued": record.queued_at is not None,
            "disposition": record.disposition,
            "hung_up_by": record.hung_up_by,
        }
    )


# ---- the conversation --------------------------------------------------------------------------------------


def _lead(work: Work, call: Call, conversation: Conversation, record: CloudRecord, *, staff_id: str | None) -> None:
    """Put the conversation into the hands of whoever is rung or talks, and end it with the call.

    An answered call stays with its agent until it is closed with category and outcome, as every call does.
    """
    if conversation.status == "closed":
        return
    is_over = record.ended_at is not None
    if staff_id is not None and (not is_over or record.bridged_at is not None):
        _give(work, conversation, call=call, staff_id=staff_id, record=record)
    if is_over:
        free_agent(work, call, staff_id=conversation.assignee_id)
    has_its_notes_elsewhere = bool(call.request_id or call.about_id)
    if is_over and (record.bridged_at is None or conversation.assignee_id is None or has_its_notes_elsewhere):
        chat.close(work, conversation, by=BY_DESK, category="", outcome="", note="")
        conversation.closed_at = record.ended_at


def _give(work: Work, conversation: Conversation, *, call: Call, staff_id: str, record: CloudRecord) -> None:
    before = conversation.assignee_id
    if before != staff_id:
        free_agent(work, call, staff_id=before)
        conversation.status, conversation.assignee_id = "active", staff_id
        conversation.assigned_at = record.bridged_at or record.ringing_at or record.started_at
        work.session.flush()
        status_changed(work, conversation)
        changed(work, conversation, previous_assignee_id=before)
    if record.ended_at is None and not call.holds_agent:
        take_agent(work, call, staff_id=staff_id)


def take_agent(work: Work, call: Call, *, staff_id: str) -> None:
    """Take the agent's exclusive place, whatever their state: that they are on the telephone is a fact (B9)."""
    presence_queries.ensure_presence(work.session, staff_id=staff_id, capacity=presence.DEFAULT_CAPACITY, now=work.now)
    presence_queries.lock_presence(work.session, staff_id=staff_id).exclusive = True
    call.holds_agent = True
    presence.tell(work, staff_id=staff_id)


def free_agent(work: Work, call: Call, *, staff_id: str | None) -> None:
    """Give the exclusive place back, if the call has taken it."""
    if not call.holds_agent or staff_id is None:
        return
    call.holds_agent = False
    work.session.flush()
    presence_queries.free_slot(work.session, staff_id=staff_id, now=work.now, share=ON_THE_TELEPHONE)
    presence.tell(work, staff_id=staff_id)
    ask_for_matches_of(work, staff_id=staff_id, trigger="call_ended")

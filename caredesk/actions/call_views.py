"""A call as the console sees it, and telling of it. Reading only, but for the event."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from caredesk.accounts import queries as account_queries
from caredesk.actions.summaries import place_of
from caredesk.conversations.models import Conversation
from caredesk.core.work import Work
from caredesk.events.call_shapes import CallLegView, CallStateName, CallView
from caredesk.events.catalogue import CallChanged
from caredesk.patients.rules import mask_phone
from caredesk.telephony.call_state import CallState
from caredesk.telephony.models import Call

SHOWN_AS: dict[str, CallStateName] = {"message": "menu", "leaving": "menu"}
"""Phases that people at the desk need not tell apart: the caller is busy with the machine."""

AS_IT_STANDS = ("started_at", "queued_at", "ringing_at", "bridged_at", "ended_at", "wrap_up_until", "agent_id")


def shown_state(state: CallState, *, holds_agent: bool) -> CallStateName:
    """Return what a call is called on the screen."""
    if state.ended:
        return "wrap_up" if holds_agent else "ended"
    if state.phase == "leaving" and state.was_bridged:
        return "talking"
    if state.direction == "in" and state.phase == "menu" and not state.plays:
        return "ringing_in"
    shown: CallStateName = SHOWN_AS.get(state.phase, state.phase)  # type: ignore[arg-type]
    return shown


def call_view(session: Session, call: Call, *, conversation: Conversation) -> CallView:
    """Return one call."""
    state = CallState.model_validate(call.state)
    staff = [one.staff_id for one in state.legs if one.staff_id]
    names = account_queries.names_of(session, staff_ids=[*staff, *([call.agent_id] if call.agent_id else [])])
    waits = state.phase == "waiting" and conversation.status == "waiting"
    return CallView(
        **{name: getattr(call, name) for name in AS_IT_STANDS},
        id=call.id,
        conversation_id=call.conversation_id,
        version=call.version,
        direction="in" if call.direction == "in" else "out",
        is_call_back=call.direction == "call_back",
        state=shown_state(state, holds_agent=call.holds_agent),
        caller=mask_phone(call.caller),
        agent_name=names.get(call.agent_id or ""),
        held_at=state.since if state.phase == "held" else None,
        place=place_of(session, conversation) if waits else None,
        recording_on=state.has_recording and state.phase in ("talking", "held", "consulting"),
        recording_id=call.recording_id,
        disposition=call.disposition or None,
        hung_up_by=call.hung_up_by or None,
        legs=[
            CallLegView(
                id=one.id, role=one.role, staff_id=one.staff_id, name=names.get(one.staff_id or "", ""), state=one.state
            )
            for one in state.legs
            if one.lives or one.state == "up"
        ],
    )


def tell(work: Work, call: Call, *, conversation: Conversation, also: Collection[str] = ()) -> None:
    """Tell who looks at the conversation, the agents concerned and the floor how the call stands."""
    call.version += 1
    work.session.flush()
    view = call_view(work.session, call, conversation=conversation)
    concerned = {call.agent_id, conversation.assignee_id, *(one.staff_id for one in view.legs), *also}
    told = sorted(one for one in concerned if one)
    work.emit(CallChanged(call=view, staff_ids=told, floor_queue_id=conversation.queue_id))

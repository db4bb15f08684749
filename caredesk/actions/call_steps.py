"""One step of a call: the machine is asked, the row follows, commands go out with the transaction, screens are told.

What a step asks of queue and conversations is returned, and done by `caredesk/actions/calls.py`: this module knows no
offers and closes nothing, so that whoever ends an offer or a conversation can tell the call of it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy.orm import Session

from caredesk.actions.call_views import tell
from caredesk.actions.hotline_setup import setup_now
from caredesk.conversations import queries as conversation_queries
from caredesk.conversations.models import Conversation
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.telephony import callback_queries, queries
from caredesk.telephony.call_rules import advance, seconds_of
from caredesk.telephony.call_state import CallState, DeskFact, Effect, Leg, OfferOver, Send, Step, WaitOver
from caredesk.telephony.errors import CallStillOn
from caredesk.telephony.facts import CallFact
from caredesk.telephony.menu_rules import MenuNow, menu_of
from caredesk.telephony.models import Call, CallLeg, EngineCommand

__all__ = ["conversation_over", "find_live", "get_locked", "issue", "keep", "offer_over", "setup_now", "take", "tell"]

CHANNEL = "hotline"
VOICEMAIL = "voicemail"
"""The flag of a conversation that is a spoken message: whoever takes it needs no phone that rings."""
MENU = "menu"
"""Under which name a call keeps its menu beside its state."""
_MENU: TypeAdapter[MenuNow] = TypeAdapter(MenuNow)
BELL = "engine"
"""Where a request for commands waits."""


def state_of(call: Call) -> CallState:
    """Return a call's state."""
    return CallState.model_validate(call.state)


def find_live(session: Session, *, conversation_id: str) -> Call | None:
    """Return the call of a conversation that has not ended."""
    return queries.find_live(session, conversation_id=conversation_id)


def refuse_on_a_call(session: Session, conversation: Conversation) -> None:
    """Refuse what would part a conversation from its call: that is moved and ended by the phone's own commands.

    It also holds for a call that somebody has answered and still wraps up.
    """
    if conversation.channel != CHANNEL:
        return
    last = queries.find_last(session, conversation_id=conversation.id)
    if last is not None and (last.ended_at is None or last.agent_id is not None):
        raise CallStillOn


def may_wait_again(session: Session, conversation: Conversation) -> bool:
    """Tell whether somebody else can take a call's conversation over when its agent is gone from the console.

    Who talks goes on talking, a call that is over is its agent's to note; a spoken message can go to anybody.
    """
    last = queries.find_last(session, conversation_id=conversation.id)
    return last is None or (last.ended_at is not None and last.agent_id is None)


def new_call_id() -> str:
    """Return the id of a call of our own."""
    return uuid.uuid4().hex


def menu_data(menu: MenuNow) -> dict[str, Any]:
    """Return what a call keeps of the menu that holds when it arrives; hours do not change under a caller's finger."""
    return {MENU: _MENU.dump_python(menu, mode="json")}


# ---- a step ----------------------------------------------------------------------------------------------


def take(
    work: Work, call: Call, fact: CallFact | DeskFact, *, conversation: Conversation, at: datetime
) -> list[Effect]:
    """Take one fact of a call whose conversation and row are locked; return what queue and conversation must follow."""
    before = state_of(call)
    menu = _menu_for(work, call)
    return keep(work, call, advance(before, fact, now=at, menu=menu), before=before, conversation=conversation)


def _menu_for(work: Work, call: Call) -> MenuNow:
    """Return the menu that held when the call arrived; of a call of our own there is none, only the limits."""
    if MENU in call.state:
        return _MENU.validate_python(call.state[MENU])
    version, setup = setup_now(work.session)
    return menu_of(setup, version=version, hospital="", queues=[], cancelled=[], now=work.now)


def keep(work: Work, call: Call, step: Step, *, before: CallState | None, conversation: Conversation) -> list[Effect]:
    """Bring row, legs and engine in line with a step, and tell of it where there is something to see."""
    state = step.state
    if state != before:
        _follow(call, state)
        _follow_legs(work, call, state=state, before=before)
    sends = [effect for effect in step.effects if isinstance(effect, Send)]
    _issue(work, call, sends)
    if before is None or _shown(before) != _shown(state):
        tell(work, call, conversation=conversation, also=_staff(before))
    return [effect for effect in step.effects if not isinstance(effect, Send)]


def _shown(state: CallState) -> tuple[object, ...]:
    return state.phase, state.legs, state.disposition


def _staff(state: CallState | None) -> Collection[str]:
    return [one.staff_id for one in state.legs if one.staff_id] if state is not None else []


def _follow(call: Call, state: CallState) -> None:
    """Bring the columns that are asked for in line with the state."""
    menu = {MENU: call.state[MENU]} if MENU in call.state and not state.ended else {}
    call.state, call.phase = {**state.model_dump(mode="json"), **menu}, state.phase
    since = state.since
    if state.phase == "waiting":
        call.queued_at = call.queued_at or since
    elif state.phase == "ringing":
        call.ringing_at = since
    elif state.phase == "talking" and state.was_bridged:
        call.bridged_at = call.bridged_at or since
    elif state.ended:
        call.ended_at = call.ended_at or since
    call.disposition, call.hung_up_by, call.cause = state.disposition, state.hung_up_by, state.cause
    call.talk_seconds = seconds_of(state, ("talking", "consulting"))
    call.hold_seconds = seconds_of(state, ("held",))


def _follow_legs(work: Work, call: Call, *, state: CallState, before: CallState | None) -> None:
    for leg in state.legs:
        known = before.leg(leg.id) if before is not None else None
        if known is None:
            work.session.add(_new_leg(work, call, leg))
        elif known != leg:
            row = work.session.get_one(CallLeg, leg.id)
            _note_leg(row, leg, at=state.since if state.ended else work.now)
    work.session.flush()


def _new_leg(work: Work, call: Call, leg: Leg) -> CallLeg:
    return CallLeg(
        id=leg.id,
        call_id=call.id,
        role=leg.role,
        staff_id=leg.staff_id,
        offer_id=leg.offer_id,
        state=leg.state,
        reason="",
        made_at=work.now,
    )


def _note_leg(row: CallLeg, leg: Leg, *, at: datetime) -> None:
    row.role, row.state = leg.role, leg.state
    if leg.state == "ringing":
        row.ringing_at = row.ringing_at or at
    elif leg.state == "up":
        row.answered_at = row.answered_at or at
    elif leg.state == "over":
        row.ended_at = row.ended_at or at


# ---- commands --------------------------------------------------------------------------------------------


def _issue(work: Work, call: Call, sends: Sequence[Send]) -> None:
    if sends:
        issue(work, engine=call.engine, call_id=call.id, commands=[(one.verb, dict(one.args)) for one in sends])


def issue(work: Work, *, engine: str, call_id: str, commands: Sequence[tuple[str, dict[str, Any]]]) -> None:
    """Tell an engine to do something; it is delivered after the commit, and again until it says that it is done."""
    rows = [
        EngineCommand(id=new_id(), engine=engine, call_id=call_id, verb=verb, args=args, made_at=work.now)
        for verb, args in commands
    ]
    queries.add_commands(work.session, commands=rows)
    work.rings.add(BELL)


# ---- what others tell a call -------------------------------------------------------------------------------


def lock_live(work: Work, conversation: Conversation) -> Call | None:
    """Return the live call of a conversation, which must be locked, with its row locked."""
    if conversation.channel != CHANNEL:
        return None
    found = queries.find_live(work.session, conversation_id=conversation.id)
    return queries.lock_call(work.session, call_id=found.id) if found is not None else None


def offer_over(work: Work, conversation: Conversation, *, offer_id: str) -> None:
    """Tell a call that an offer ended without being accepted, so that the phone rings no more."""
    call = lock_live(work, conversation)
    if call is not None:
        # An offer that is over only stops a ringing: nothing of queue or conversation follows from it.
        take(work, call, OfferOver(offer_id), conversation=conversation, at=work.now)


def wait_over(work: Work, conversation: Conversation, *, prompts: Sequence[str]) -> None:
    """Tell a caller whose wait became a promise that nobody comes now, and take a message; the conversation is locked.

    Without a live call, as for a kept call-back, there is nobody to tell.
    """
    call = lock_live(work, conversation)
    if call is not None:
        take(work, call, WaitOver(tuple(prompts), "queue_timeout"), conversation=conversation, at=work.now)


def conversation_over(work: Work, conversation: Conversation) -> None:
    """Tell a call that its conversation was closed: who wraps up has done so, and a live call is hung up.

    A call-back that waits for its turn is owed no more.
    """
    if conversation.channel != CHANNEL:
        return
    callback_queries.end_waiting(work.session, conversation_id=conversation.id, now=work.now)
    for call in queries.list_of_conversations(work.session, conversation_ids=[conversation.id]):
        if call.holds_agent and call.ended_at is not None:
            call.holds_agent, call.wrapped_at = False, call.wrapped_at or work.now
            tell(work, call, conversation=conversation)
        elif call.ended_at is None:
            issue(work, engine=call.engine, call_id=call.id, commands=[("hangup", {"reason": "closed"})])


def get_locked(work: Work, *, call_id: str) -> tuple[Call, Conversation] | None:
    """Return a call and its conversation, both locked, the conversation first; None without such a call."""
    found = queries.find_call(work.session, call_id=call_id)
    if found is None:
        return None
    conversation = conversation_queries.lock_conversation(work.session, conversation_id=found.conversation_id)
    return queries.lock_call(work.session, call_id=call_id), conversation

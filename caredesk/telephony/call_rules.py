"""The call as a pure machine: state and fact in, new state and wanted effects out. Nothing here knows a network.

What happens to a call alone with its caller is in `call_menu.py`, what happens between people in `call_talk.py`.
Facts may come twice, late or in another order than they happened: what no longer fits changes nothing. Only what
somebody at the desk wishes (`Hold`, `Consult` …) is refused by `CallMoved` when it is not possible.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from caredesk.telephony import call_menu, call_talk
from caredesk.telephony.call_moves import enter, ring, step, told, with_leg
from caredesk.telephony.call_state import (
    CallState,
    CancelConsult,
    Complete,
    Consult,
    DeskFact,
    Direction,
    Effect,
    EndOffer,
    Finish,
    FreeConsulted,
    GiveBack,
    HangUp,
    Hold,
    Listen,
    Send,
    SendDigits,
    Step,
)
from caredesk.telephony.errors import CallMoved
from caredesk.telephony.facts import CallEnded, CallFact, LegEnded, LegLost, VoicemailEnded
from caredesk.telephony.menu_rules import MenuNow

WISHES = (Hold, HangUp, GiveBack, Consult, Complete, CancelConsult, SendDigits, Listen)
ALLOWED = {
    "ringing": (HangUp,),
    "talking": (Hold, HangUp, GiveBack, Consult, SendDigits, Listen),
    "held": (Hold, HangUp, GiveBack, Consult, Listen),
    "consulting": (Complete, CancelConsult, HangUp),
}
"""What may be wished in which phase."""

_ABANDONED = {"menu": "abandoned_ivr", "waiting": "abandoned_queue", "ringing": "abandoned_ring"}


@dataclass(frozen=True)
class Outgoing:
    """Whom we call, from which number, and which agent's phones ring first."""

    number: str
    caller_id: str
    staff_id: str
    users: tuple[str, ...]
    ring_seconds: int
    offer_id: str | None = None
    recorded: bool = True


def call_out(call_id: str, outgoing: Outgoing, *, now: datetime, direction: Direction) -> Step:
    """Begin a call of our own: the agent's phone rings, then the patient's."""
    state = CallState(id=call_id, direction=direction, phase="ringing", started_at=now, since=now)
    state, agent = ring(state, role="agent", staff_id=outgoing.staff_id, offer_id=outgoing.offer_id)
    state, patient = ring(state, role="patient", staff_id="")
    state = with_leg(state, patient, staff_id=None)
    args = {
        "first": {"users": list(outgoing.users)},
        "number": outgoing.number,
        "caller_id": outgoing.caller_id,
        "timeout": outgoing.ring_seconds,
        "leg_agent": agent.id,
        "leg_patient": patient.id,
    }
    effects: list[Effect] = []
    if outgoing.recorded:
        state = told(state, has_recording=True)
        effects.append(Send("record", {"recording_id": call_menu.recording_of(state), "on": True}))
    return step(state, Send("originate", args), *effects)


def advance(state: CallState, fact: CallFact | DeskFact, *, now: datetime, menu: MenuNow) -> Step:
    """Take one fact. `now` is when it happened; time never runs backwards for a call."""
    at = max(now, state.since)
    if state.ended:
        return _too_late(state, fact)
    if isinstance(fact, CallEnded):
        return _end(state, fact, now=at)
    if isinstance(fact, WISHES) and not isinstance(fact, ALLOWED.get(state.phase, ())):
        raise CallMoved
    if _called_one_left(state, fact):
        # Whom we had called has hung up while waiting for somebody else.
        return step(enter(state, "leaving", now=at, hung_up_by="caller"), Send("hangup", {"reason": "caller"}))
    return _course(state, fact, at=at, menu=menu)


def _called_one_left(state: CallState, fact: CallFact | DeskFact) -> bool:
    if not isinstance(fact, LegEnded | LegLost) or state.phase not in ("waiting", "ringing") or not state.was_bridged:
        return False
    leg = state.leg(fact.leg)
    return leg is not None and leg.role == "patient" and leg.lives


def _course(  # noqa: PLR0911 (one return for each phase)
    state: CallState, fact: CallFact | DeskFact, *, at: datetime, menu: MenuNow
) -> Step:
    match state.phase:
        case "menu":
            return call_menu.in_menu(state, fact, now=at, menu=menu)
        case "waiting":
            return call_menu.waiting(state, fact, now=at, menu=menu)
        case "message":
            return call_menu.in_message(state, fact, now=at, menu=menu)
        case "ringing":
            return call_talk.ringing(state, fact, now=at, menu=menu)
        case "talking" | "held":
            return call_talk.talking(state, fact, now=at, menu=menu)
        case "consulting":
            return call_talk.consulting(state, fact, now=at, menu=menu)
        case _:
            return call_menu.leaving(state, fact)


def _too_late(state: CallState, fact: CallFact | DeskFact) -> Step:
    """Keep a message that is told of after the end; nothing else happens to a call that is over."""
    if isinstance(fact, VoicemailEnded) and fact.recording_id == state.message_id:
        kept, effects = call_menu.message_kept(state, fact)
        if effects:
            return step(told(kept, disposition="voicemail"), *effects)
    if isinstance(fact, WISHES):
        raise CallMoved
    return step(state)


def _end(state: CallState, fact: CallEnded, *, now: datetime) -> Step:
    """End a call: whoever was being rung is free, nobody's place stays taken, and the record says how it went."""
    effects: list[Effect] = []
    agent, colleague = state.living("agent"), state.living("consult")
    if agent is not None and agent.offer_id is not None and state.phase == "ringing":
        effects.append(EndOffer(agent.offer_id, "withdraw", "caller_left"))
    if colleague is not None and colleague.staff_id is not None:
        effects.append(FreeConsulted(colleague.staff_id))
    disposition = disposition_of(state, fact)
    over = tuple(one.model_copy(update={"state": "over"}) for one in state.legs)
    state = enter(
        state,
        "ended",
        now=now,
        legs=over,
        playing="",
        disposition=disposition,
        hung_up_by=state.hung_up_by or fact.by,
        cause=fact.cause,
    )
    return step(state, *effects, Finish(disposition))


def disposition_of(state: CallState, fact: CallEnded) -> str:  # noqa: PLR0911 (one return for each, in their order)
    """Return how a call that ends now is counted; each call has exactly one disposition."""
    if state.foreseen == "callback_requested":
        return state.foreseen
    if state.was_bridged:
        return "answered"
    if state.message_seconds:
        return "voicemail"
    if state.foreseen:
        return state.foreseen
    if fact.by in ("system", "trunk") or state.direction != "in":
        return "failed"
    if state.phase == "message":
        return "abandoned_queue" if state.was_queued else "abandoned_ivr"
    return _ABANDONED.get(state.phase, "failed")


def seconds_of(state: CallState, phases: Sequence[str]) -> float:
    """Return how long a call was in some phases, of those that have ended."""
    return sum(state.spent.get(phase, 0.0) for phase in phases)

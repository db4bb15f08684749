"""A call between people: a phone rings, they talk, hold, ask a colleague, hand over, are cut off. Pure moves."""

from __future__ import annotations

from datetime import datetime

from caredesk.telephony.call_menu import wait_again
from caredesk.telephony.call_moves import dial, enter, let_go, ring, step, with_leg
from caredesk.telephony.call_state import (
    AcceptOffer,
    CallState,
    CancelConsult,
    Complete,
    Consult,
    Effect,
    EndOffer,
    FreeConsulted,
    GiveBack,
    HandOver,
    HangUp,
    Hold,
    Leg,
    Listen,
    NotReached,
    OfferOver,
    PhoneGone,
    Send,
    SendDigits,
    Step,
    WaitAgain,
)
from caredesk.telephony.errors import CallMoved
from caredesk.telephony.facts import (
    CallBridged,
    CallHeld,
    CallResumed,
    LegAnswered,
    LegEnded,
    LegFailed,
    LegLost,
    LegRinging,
)
from caredesk.telephony.menu_rules import MenuNow

CALLER = "caller"
"""How the engine names the side that called in."""

_MISSES = {"timeout": "time_out", "busy": "decline", "declined": "decline"}


# ---- a phone rings ---------------------------------------------------------------------------------------


def ringing(  # noqa: PLR0911 (one return for each fact)
    state: CallState, fact: object, *, now: datetime, menu: MenuNow
) -> Step:
    """Move a call on of which a phone rings."""
    match fact:
        case LegRinging():
            return _noted(state, fact.leg, "ringing")
        case LegAnswered():
            return _answered(state, fact)
        case CallBridged():
            return _bridged(state, fact, now=now)
        case LegFailed() | LegEnded() | LegLost():
            return _not_answered(state, fact, now=now, menu=menu)
        case OfferOver():
            return _offer_over(state, fact, now=now, menu=menu)
        case HangUp():
            return hang_up(state, fact, now=now)
        case _:
            return step(state)


def _noted(state: CallState, leg_id: str, how: str) -> Step:
    leg = state.leg(leg_id)
    if leg is None or leg.state != "dialling":
        return step(state)
    return step(with_leg(state, leg, state=how))


def _answered(state: CallState, fact: LegAnswered) -> Step:
    leg = state.leg(fact.leg)
    if leg is None or not leg.lives or leg.state == "up":
        return step(state)
    state = with_leg(state, leg, state="up", user=fact.user)
    if state.direction == "call_back" and leg.role == "agent" and leg.offer_id and leg.staff_id:
        return step(state, AcceptOffer(leg.offer_id, leg.staff_id))
    return step(state)


def _bridged(state: CallState, fact: CallBridged, *, now: datetime) -> Step:
    """The conversation is the agent's when they hear each other, not when it was asked for."""
    leg = state.leg(fact.leg) if fact.leg else state.living("agent")
    if leg is not None and not leg.lives:
        return step(state, Send("release", {"leg": leg.id}))
    agent = state.living("agent")
    if agent is None:
        return step(state)
    was_up = agent.state == "up"
    for one in (agent, state.living("patient")):
        state = with_leg(state, one, state="up") if one is not None else state
    state = enter(state, "talking", now=now, was_bridged=True, foreseen="")
    accepted = state.direction == "out" or (state.direction == "call_back" and was_up)
    if accepted or agent.offer_id is None or agent.staff_id is None:
        return step(state)
    return step(state, AcceptOffer(agent.offer_id, agent.staff_id))


def _not_answered(state: CallState, fact: LegFailed | LegEnded | LegLost, *, now: datetime, menu: MenuNow) -> Step:
    leg = state.leg(fact.leg)
    if leg is None or not leg.lives:
        return step(state)
    state = with_leg(state, leg, state="over")
    reason = fact.reason if isinstance(fact, LegFailed) else "left"
    effects = list(_what_became_of(leg, reason=reason))
    if state.direction != "in":
        return _not_reached(state, leg, reason=reason, effects=effects, now=now)
    state, waits = wait_again(state, now=now, menu=menu)
    # The engine plays music while a phone rings; after one that failed it is told to go on with it.
    return step(state, *effects, Send("music", {"name": "hold"}), *waits)


def _what_became_of(leg: Leg, *, reason: str) -> tuple[Effect, ...]:
    """Say what not answering means for the offer: a miss, a refusal, or a phone that is not there."""
    if leg.role != "agent" or leg.staff_id is None:
        return ()
    effects: tuple[Effect, ...] = ()
    if reason == "not_registered":
        effects = (PhoneGone(leg.staff_id, leg.user, reason),)
    if leg.offer_id is None or (leg.state == "up" and reason == "left"):
        return effects
    how = "withdraw" if reason in ("not_registered", "cancelled") else _MISSES.get(reason, "decline")
    return (*effects, EndOffer(leg.offer_id, how, reason))  # type: ignore[arg-type]


def _not_reached(state: CallState, leg: Leg, *, reason: str, effects: list[Effect], now: datetime) -> Step:
    """End a call that we made and that came to nothing."""
    unreachable = leg.role == "patient"
    foreseen = "patient_unreachable" if unreachable else "failed"
    state = enter(state, "leaving", now=now, foreseen=foreseen, hung_up_by="system")
    reached: tuple[Effect, ...] = (NotReached(reason),) if unreachable else ()
    return step(state, *effects, *reached, Send("hangup", {"reason": reason}))


def _offer_over(state: CallState, fact: OfferOver, *, now: datetime, menu: MenuNow) -> Step:
    leg = next((one for one in state.legs if one.lives and one.offer_id == fact.offer_id), None)
    if leg is None:
        return step(state)
    state = with_leg(state, leg, state="over")
    if state.direction != "in":
        state = enter(state, "leaving", now=now, foreseen="failed", hung_up_by="system")
        return step(state, Send("hangup", {"reason": "offer_over"}))
    state, waits = wait_again(state, now=now, menu=menu)
    return step(state, let_go(leg), *waits)


# ---- they talk -------------------------------------------------------------------------------------------


def talking(  # noqa: C901, PLR0911 (one return for each fact)
    state: CallState, fact: object, *, now: datetime, menu: MenuNow
) -> Step:
    """Move a call on of two people who talk, or of whom one holds."""
    match fact:
        case CallHeld() if state.phase == "talking":
            return step(enter(state, "held", now=now))
        case CallResumed() | CallBridged() if state.phase == "held":
            return step(enter(state, "talking", now=now))
        case Hold():
            return step(state, Send("hold" if fact.on else "resume"))
        case HangUp():
            return hang_up(state, fact, now=now)
        case GiveBack():
            return _give_back(state, now=now, menu=menu)
        case Consult():
            return _consult(state, fact, now=now)
        case SendDigits():
            patient = state.living("patient")
            return step(state, Send("digits", {"leg": patient.id if patient else CALLER, "digits": fact.digits}))
        case Listen():
            return _listen(state, fact)
        case LegAnswered():
            return _listener_up(state, fact)
        case LegFailed() | LegEnded() | LegLost():
            return _somebody_left(state, fact, now=now, menu=menu)
        case _:
            return step(state)


def hang_up(state: CallState, fact: HangUp, *, now: datetime) -> Step:
    """End the call at the wish of the agent's side; who was not yet reached was not reached."""
    foreseen = "" if state.was_bridged else "failed"
    state = enter(state, "leaving", now=now, hung_up_by=fact.by, foreseen=foreseen)
    return step(state, Send("hangup", {"reason": fact.reason}))


def _give_back(state: CallState, *, now: datetime, menu: MenuNow) -> Step:
    agent = state.living("agent")
    if agent is None:
        raise CallMoved
    state, waits = wait_again(with_leg(state, agent, state="over"), now=now, menu=menu)
    return step(state, let_go(agent), *waits)


def _listen(state: CallState, wish: Listen) -> Step:
    if state.living("listener") is not None or any(one.staff_id == wish.staff_id and one.lives for one in state.legs):
        raise CallMoved
    state, leg = ring(state, role="listener", staff_id=wish.staff_id, mode=wish.mode)
    return step(state, dial(leg, users=wish.users, seconds=wish.ring_seconds, bridge=False, hears="nothing"))


def _listener_up(state: CallState, fact: LegAnswered) -> Step:
    leg = state.leg(fact.leg)
    if leg is None or leg.role != "listener" or leg.state == "up" or not leg.lives:
        return step(state)
    state = with_leg(state, leg, state="up", user=fact.user)
    return step(state, Send("listen", {"leg": leg.id, "mode": leg.mode}))


def _somebody_left(state: CallState, fact: LegFailed | LegEnded | LegLost, *, now: datetime, menu: MenuNow) -> Step:
    leg = state.leg(fact.leg)
    if leg is None or not leg.lives:
        return step(state)
    state = with_leg(state, leg, state="over")
    if leg.role == "listener":
        return step(state)
    if leg.role == "agent" and isinstance(fact, LegLost) and leg.staff_id is not None:
        return _cut_off(state, leg, reason=fact.reason, now=now, menu=menu)
    by = "agent" if leg.role == "agent" else "caller"
    state = enter(state, "leaving", now=now, hung_up_by=by)
    return step(state, Send("hangup", {"reason": by}))


def _cut_off(state: CallState, leg: Leg, *, reason: str, now: datetime, menu: MenuNow) -> Step:
    """The agent's phone is gone: whoever called in waits again at the same place (B52); whom we called is let go."""
    staff_id = leg.staff_id or ""
    gone = PhoneGone(staff_id, leg.user, reason or "lost")
    if state.direction == "out":
        state = enter(state, "leaving", now=now, hung_up_by="system")
        return step(state, gone, Send("hangup", {"reason": "phone_lost"}))
    state, waits = wait_again(state, now=now, menu=menu, words=("reconnecting",))
    return step(state, gone, WaitAgain(staff_id, lost=True), *waits)


# ---- a colleague is asked --------------------------------------------------------------------------------


def _consult(state: CallState, wish: Consult, *, now: datetime) -> Step:
    agent = state.living("agent")
    if agent is None or agent.staff_id == wish.staff_id:
        raise CallMoved
    holds = () if state.phase == "held" else (Send("hold"),)
    state, leg = ring(enter(state, "consulting", now=now), role="consult", staff_id=wish.staff_id)
    return step(state, *holds, dial(leg, users=wish.users, seconds=wish.ring_seconds, bridge=False))


def consulting(  # noqa: PLR0911 (one return for each fact)
    state: CallState, fact: object, *, now: datetime, menu: MenuNow
) -> Step:
    """Move a call on whose caller holds while the agent asks a colleague."""
    colleague = state.living("consult")
    match fact:
        case LegRinging():
            return _noted(state, fact.leg, "ringing")
        case LegAnswered() if colleague is not None and fact.leg == colleague.id:
            return _colleague_answers(state, colleague, fact)
        case CallBridged():
            return _handed(state, fact, now=now)
        case Complete():
            if colleague is None or colleague.state != "up":
                raise CallMoved
            return step(state, Send("bridge", {"leg": colleague.id}))
        case CancelConsult():
            return _back_to_caller(state, tell=True, now=now)
        case HangUp():
            return hang_up(state, fact, now=now)
        case LegFailed() | LegEnded() | LegLost():
            return _left_while_asking(state, fact, now=now, menu=menu)
        case _:
            return step(state)


def _colleague_answers(state: CallState, colleague: Leg, fact: LegAnswered) -> Step:
    if colleague.state == "up":
        return step(state)
    agent = state.living("agent")
    state = with_leg(state, colleague, state="up", user=fact.user)
    pair = [agent.id if agent is not None else "", colleague.id]
    return step(state, Send("connect", {"legs": pair}))


def _handed(state: CallState, fact: CallBridged, *, now: datetime) -> Step:
    """The caller is with the colleague, or with the agent again: the engine says with whom."""
    agent, colleague = state.living("agent"), state.living("consult")
    if colleague is None or fact.leg != colleague.id:
        return _back_to_caller(state, tell=False, now=now) if agent is not None else step(state)
    giver = next((one for one in reversed(state.legs) if one.role == "agent"), None)
    effects: list[Effect] = []
    if agent is not None:
        state = with_leg(state, agent, state="over")
        effects.append(Send("release", {"leg": agent.id}))
    state = enter(with_leg(state, colleague, role="agent"), "talking", now=now)
    names = (giver.staff_id or "" if giver else "", colleague.staff_id or "")
    return step(state, *effects, HandOver(*names))


def _back_to_caller(state: CallState, *, tell: bool, now: datetime) -> Step:
    """Let agent and caller hear each other again; the colleague is let go."""
    agent, colleague = state.living("agent"), state.living("consult")
    effects: list[Effect] = []
    if colleague is not None:
        state = with_leg(state, colleague, state="over")
        effects += [let_go(colleague), FreeConsulted(colleague.staff_id or "")]
    if tell and agent is not None:
        effects.append(Send("bridge", {"leg": agent.id}))
    return step(enter(state, "held" if tell else "talking", now=now), *effects)


def _left_while_asking(state: CallState, fact: LegFailed | LegEnded | LegLost, *, now: datetime, menu: MenuNow) -> Step:
    leg = state.leg(fact.leg)
    if leg is None or not leg.lives:
        return step(state)
    state = with_leg(state, leg, state="over")
    agent = state.living("agent")
    if leg.role == "consult":
        freed = FreeConsulted(leg.staff_id or "")
        if agent is None:
            return _nobody_left(state, (freed,), lost=False, now=now, menu=menu)
        return step(enter(state, "held", now=now), freed, Send("bridge", {"leg": agent.id}))
    if leg.role != "agent":
        return _patient_left(state, leg, now=now)
    return _agent_left(state, leg, fact, now=now, menu=menu)


def _patient_left(state: CallState, leg: Leg, *, now: datetime) -> Step:
    if leg.role == "listener":
        return step(state)
    return step(enter(state, "leaving", now=now, hung_up_by="caller"), Send("hangup", {"reason": "caller"}))


def _agent_left(
    state: CallState, leg: Leg, fact: LegFailed | LegEnded | LegLost, *, now: datetime, menu: MenuNow
) -> Step:
    colleague = state.living("consult")
    lost = isinstance(fact, LegLost)
    gone: tuple[Effect, ...] = (PhoneGone(leg.staff_id or "", leg.user, fact.reason),) if lost else ()  # type: ignore[union-attr]
    if colleague is not None and colleague.state == "up":
        # Whoever leaves while a colleague is there leaves the caller to them.
        return step(state, *gone, Send("bridge", {"leg": colleague.id}))
    if colleague is not None:
        state = with_leg(state, colleague, state="over")
        gone = (*gone, let_go(colleague), FreeConsulted(colleague.staff_id or ""))
    return _nobody_left(state, gone, lost=lost, now=now, menu=menu)


def _nobody_left(state: CallState, effects: tuple[Effect, ...], *, lost: bool, now: datetime, menu: MenuNow) -> Step:
    """Nobody is with the caller any more: they wait again, or are let go when it was we who called."""
    if state.direction == "out":
        state = enter(state, "leaving", now=now, hung_up_by="agent")
        return step(state, *effects, Send("hangup", {"reason": "agent"}))
    giver = next((one.staff_id for one in reversed(state.legs) if one.role == "agent"), None)
    state, waits = wait_again(state, now=now, menu=menu)
    return step(state, *effects, WaitAgain(giver, lost=lost), Send("music", {"name": "hold"}), *waits)

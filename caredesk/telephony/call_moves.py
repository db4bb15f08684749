"""The small steps of which the machine's moves are made: change the phase, play, ring, forget. Pure, like the rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from caredesk.telephony.call_state import CallState, Effect, Leg, Phase, Role, Send, Step, Wake


def enter(state: CallState, phase: Phase, *, now: datetime, **changes: object) -> CallState:
    """Return the state in another phase; the seconds of the one that ends are kept, so that they add up."""
    seconds = (now - state.since).total_seconds()
    spent = {**state.spent, state.phase: state.spent.get(state.phase, 0.0) + seconds}
    return state.model_copy(update={"phase": phase, "since": now, "spent": spent, **changes})


def told(state: CallState, /, **changes: object) -> CallState:
    """Return the state with other values in the same phase."""
    return state.model_copy(update=changes)


def step(state: CallState, *effects: Effect) -> Step:
    """Return a step with its effects in order."""
    return Step(state, effects)


def play(state: CallState, prompts: Sequence[str], *, interruptible: bool = True) -> tuple[CallState, Send]:
    """Play prompts; their end counts until something else is played."""
    number = state.plays + 1
    play_id = f"p{number}"
    args = {"play_id": play_id, "prompts": list(prompts), "loop": False, "interruptible": interruptible}
    return told(state, plays=number, playing=play_id), Send("play", args)


def music(state: CallState) -> tuple[CallState, Send]:
    """Let the caller hear music until something else is to be heard."""
    return told(state, playing=""), Send("music", {"name": "hold"})


def wake(state: CallState, *, seconds: float) -> tuple[CallState, Wake]:
    """Have a timer rung; the one before it counts no more."""
    number = state.timer + 1
    return told(state, timer=number), Wake(number, seconds)


# ---- legs ------------------------------------------------------------------------------------------------


def ring(
    state: CallState, *, role: Role, staff_id: str, offer_id: str | None = None, mode: str = ""
) -> tuple[CallState, Leg]:
    """Add a leg that is about to be rung."""
    number = state.legs_made + 1
    leg = Leg(id=f"{state.id}-{number}", role=role, staff_id=staff_id, offer_id=offer_id, mode=mode)
    return told(state, legs=(*state.legs, leg), legs_made=number), leg


def dial(leg: Leg, *, users: Sequence[str], seconds: int, bridge: bool, hears: str = "music") -> Send:
    """Return the command that rings an agent's phones, one after the other."""
    to: Mapping[str, Any] = {"kind": "agent", "users": list(users)}
    args = {"leg": leg.id, "to": to, "timeout": seconds, "bridge": "on_answer" if bridge else "no"}
    return Send("dial", {**args, "caller_hears": hears})


def with_leg(state: CallState, leg: Leg, /, **changes: object) -> CallState:
    """Return the state with a leg changed."""
    changed = leg.model_copy(update=changes)
    return told(state, legs=tuple(changed if one.id == leg.id else one for one in state.legs))


def let_go(leg: Leg) -> Send:
    """Return the command that ends a leg: one that talks is released, one that rings is cancelled."""
    return Send("release" if leg.state == "up" else "cancel", {"leg": leg.id})

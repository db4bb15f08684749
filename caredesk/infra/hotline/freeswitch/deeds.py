"""What is done to calls in more than one place: what the caller hears, ringing phones, binding and parting people.

What is known is written down before FreeSWITCH or the desk is told: both answer within a millisecond.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from caredesk.core.ids import new_id
from caredesk.infra.hotline.freeswitch import words
from caredesk.infra.hotline.freeswitch.event_socket import Switch
from caredesk.infra.hotline.freeswitch.state import Book, Call, Leg

log = logging.getLogger(__name__)

TRIES_NEXT = frozenset({"not_registered", "unreachable", "busy"})
"""After these the agent's other phone is rung; who lets it ring out, or declines, is not asked again."""
RINGBACK = "tone_stream://%(1000,4000,450);loops=-1"
"""What one hears in China while it rings elsewhere: 450 Hz, one second in five."""
BEEP = "tone_stream://%(400,0,1000)"


class Hub(Protocol):
    """What deeds need of the engine around them."""

    switch: Switch
    book: Book
    domain: str
    gateway: str
    tapes: Path

    def report(self, type: str, *, call_id: str = "", **fields: Any) -> None:  # noqa: ANN401 (facts differ)
        """Tell the desk a fact."""
        ...

    def sounds(self, names: Sequence[str]) -> list[str]:
        """Return the files of prompts; those that nobody has sent are left out."""
        ...

    def hand_over(self, path: Path) -> None:
        """Bring a finished recording to the desk."""
        ...


def tell(hub: Hub, call: Call, type: str, **fields: Any) -> None:  # noqa: ANN401 (facts differ)
    """Tell a fact of a call."""
    hub.report(type, call_id=call.id, **fields)


def run(hub: Hub, command: str) -> bool:
    """Run a command; False when FreeSWITCH says no, which is told without what it was about."""
    answer = hub.switch.api(command)
    if answer.startswith("-"):
        log.info("FreeSWITCH says no", extra={"command": command.split(" ", 1)[0], "answer": answer[:60].strip()})
    return not answer.startswith("-")


# ---- what the caller hears ---------------------------------------------------------------------------------


def hush(hub: Hub, call: Call) -> None:
    """Stop what the caller hears; prompts that are cut tell so by themselves."""
    if call.hearing in ("nothing", "talk"):
        return
    if call.playing is not None:
        call.playing.cut, call.playing = True, None
    call.hearing = "nothing"
    run(hub, f"uuid_break {call.channel} all")


def hear_music(hub: Hub, call: Call, *, name: str = "hold") -> None:
    """Let the caller hear music until something else comes; music that plays already goes on where it is."""
    if call.hearing == "music" or not call.channel:
        return
    hush(hub, call)
    found = hub.sounds([name]) or hub.sounds(["hold"])
    call.hearing = "music"
    if found:
        hub.switch.execute(call.channel, app="endless_playback", arg=found[0])


# ---- ringing -----------------------------------------------------------------------------------------------


def ring(hub: Hub, call: Call, leg: Leg) -> None:
    """Ring the first of a leg's phones; without any it has failed."""
    call.legs[leg.id] = leg
    if not leg.targets:
        fail(hub, call, leg, reason="not_registered")
        return
    leg.user, target = leg.targets[0]
    leg.channel, leg.state = new_id(), "dialling"
    hub.book.bind(leg.channel, call=call)
    command = words.originate(target, channel=leg.channel, seconds=leg.seconds, shown=leg.shown, call_id=call.id)
    hub.switch.background(command, job=leg.channel)


def fail(hub: Hub, call: Call, leg: Leg, *, reason: str, cause: int = 0) -> None:
    """Go on to the agent's next phone, or tell that nobody answered."""
    if leg.cancelled:
        reason = "cancelled"
    leg.targets = leg.targets[1:]
    if leg.targets and reason in TRIES_NEXT:
        ring(hub, call, leg)
        return
    leg.state = "over"
    call.legs.pop(leg.id, None)
    tell(hub, call, "leg.failed", leg=leg.id, reason=reason, cause=cause)


def kill(hub: Hub, leg: Leg, *, cause: str) -> None:
    """End a leg's channel; what follows comes as an event."""
    if leg.channel and leg.state != "over":
        run(hub, f"uuid_kill {leg.channel} {cause}")


# ---- who hears whom ----------------------------------------------------------------------------------------


def bind(hub: Hub, call: Call, leg: Leg) -> None:
    """Let the caller and a leg hear each other; FreeSWITCH tells when they do."""
    hush(hub, call)
    call.bridged = leg.id
    run(hub, f"uuid_bridge {call.channel} {leg.channel}")


def begin_taping(hub: Hub, call: Call) -> None:
    """Record both sides, each in its own channel, as soon as two talk."""
    taping = call.taping
    if taping is None or not taping.on or taping.running:
        return
    taping.running = True
    run(hub, f"uuid_setvar {call.channel} RECORD_STEREO true")
    run(hub, f"uuid_record {call.channel} start {taping.path}")


def gone(hub: Hub, call: Call, leg: Leg, *, by: str) -> None:
    """Note that an answered leg has ended; the caller is left with music."""
    leg.state = "over"
    call.legs.pop(leg.id, None)
    was_bound = call.bridged == leg.id
    if was_bound:
        call.bridged, call.hearing = "", "nothing"
    if leg.lost:
        tell(hub, call, "leg.lost", leg=leg.id, reason=leg.lost)
    else:
        tell(hub, call, "leg.ended", leg=leg.id, by=by)
    if was_bound:
        hear_music(hub, call)


def finish(hub: Hub, call: Call, *, by: str, cause: int = 0, reason: str = "") -> None:
    """End everything that belongs to a call whose caller is gone, and tell so."""
    hub.book.drop(call)
    for leg in list(call.legs.values()):
        kill(hub, leg, cause="ORIGINATOR_CANCEL" if leg.state != "up" else "NORMAL_CLEARING")
    tell(hub, call, "call.ended", by=by, cause=cause, reason=reason)


def each(calls: Sequence[Call], deed: Callable[[Call], None]) -> None:
    """Do something to several calls, of which some may end meanwhile."""
    for call in list(calls):
        deed(call)

"""What FreeSWITCH tells, made into the facts of the wire: one function for each event.

Who hung up is read from the channel's own account of it (`sip_hangup_disposition`), never from the order of events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from caredesk.infra.hotline.freeswitch import deeds, words
from caredesk.infra.hotline.freeswitch.deeds import Hub
from caredesk.infra.hotline.freeswitch.event_socket import Event
from caredesk.infra.hotline.freeswitch.state import Call, Leg

EVENTS = (
    "plain CHANNEL_PARK CHANNEL_PROGRESS CHANNEL_PROGRESS_MEDIA CHANNEL_ANSWER CHANNEL_BRIDGE CHANNEL_HOLD"
    " CHANNEL_UNHOLD CHANNEL_EXECUTE_COMPLETE CHANNEL_HANGUP_COMPLETE DTMF RECORD_STOP BACKGROUND_JOB HEARTBEAT"
    " CUSTOM sofia::register sofia::unregister sofia::expire"
)
"""What is listened to. CUSTOM comes last: what follows it are subclasses."""
INBOUND = "variable_caredesk_inbound"
"""The dial plan marks the calls that are the desk's."""


def hear(hub: Hub, event: Event) -> None:
    """Take one event; those of channels that are not ours are let be."""
    deed = _HEARD.get(event.name)
    if deed is not None:
        deed(hub, event)


def arrive(hub: Hub, event: Event) -> None:
    """Tell of a caller whom the dial plan has parked for us. Parked again later, they are known."""
    channel = event.get("Unique-ID")
    if event.get(INBOUND) != "true" or not words.ID.fullmatch(channel) or hub.book.find(channel) is not None:
        return
    call = hub.book.add(Call(id=channel, channel=channel))
    # The dial plan hangs up on who is left alone; this one is not.
    deeds.run(hub, f"sched_del {channel}")
    deeds.tell(
        hub,
        call,
        "call.arrived",
        caller=event.get("Caller-Caller-ID-Number")[:200],
        called=event.get("Caller-Destination-Number")[:200],
        trunk=event.get("variable_sip_gateway")[:80] or event.get("variable_sofia_profile_name")[:80],
    )


def _of(hub: Hub, event: Event) -> tuple[Call | None, Leg | None]:
    call = hub.book.find(event.get("Unique-ID"))
    return call, call.leg_of(event.get("Unique-ID")) if call is not None else None


def _progress(hub: Hub, event: Event) -> None:
    call, leg = _of(hub, event)
    if call is not None and leg is not None and leg.state == "dialling":
        leg.state = "ringing"
        deeds.tell(hub, call, "leg.ringing", leg=leg.id)


def _answer(hub: Hub, event: Event) -> None:
    call, leg = _of(hub, event)
    if call is None or leg is None or leg.state == "up":
        return
    leg.state = "up"
    deeds.tell(hub, call, "leg.answered", leg=leg.id, user=leg.user)
    if leg.role == "patient":
        _meet(hub, call, leg)
    elif call.rings_next is not None:
        patient, call.rings_next = call.rings_next, None
        hub.switch.execute(leg.channel, app="playback", arg=deeds.RINGBACK)
        deeds.ring(hub, call, patient)
    elif leg.bridges:
        deeds.bind(hub, call, leg)


def _meet(hub: Hub, call: Call, patient: Leg) -> None:
    """Let an agent and the patient who was called for them talk; from here on the patient is the call's other side."""
    call.channel, call.answered = patient.channel, True
    call.legs.pop(patient.id, None)
    agent = next((leg for leg in call.legs.values() if leg.state == "up"), None)
    if agent is None:
        deeds.hear_music(hub, call)
        return
    deeds.run(hub, f"uuid_break {agent.channel} all")
    deeds.bind(hub, call, agent)


def _bridge(hub: Hub, event: Event) -> None:
    pair = {event.get("Bridge-A-Unique-ID"), event.get("Bridge-B-Unique-ID")}
    call = next((found for one in sorted(pair) if (found := hub.book.find(one)) is not None), None)
    leg = call.talks_with if call is not None else None
    if call is None or leg is None or pair != {call.channel, leg.channel} or call.hearing == "talk":
        return
    was_held, call.hearing = call.hearing == "held", "talk"
    deeds.tell(hub, call, "call.resumed" if was_held else "call.bridged", leg=leg.id)
    deeds.begin_taping(hub, call)


def _hold(hub: Hub, event: Event) -> None:
    """The agent's phone put the caller on hold by itself; FreeSWITCH plays the music."""
    call, leg = _of(hub, event)
    if call is not None and leg is not None and leg is call.talks_with:
        held = event.name == "CHANNEL_HOLD"
        deeds.tell(hub, call, "call.held" if held else "call.resumed", leg=leg.id)


def _digit(hub: Hub, event: Event) -> None:
    call, leg = _of(hub, event)
    digit = event.get("DTMF-Digit").upper()
    if call is None or leg is not None or call.hearing == "talk" or not words.DIGITS.fullmatch(digit):
        return
    deeds.tell(hub, call, "call.digit", digit=digit[0])
    if call.playing is not None and call.playing.interruptible and call.hearing == "prompts":
        deeds.hush(hub, call)


def _executed(hub: Hub, event: Event) -> None:
    call, mark = hub.book.find(event.get("Unique-ID")), event.get("Application-UUID")
    if call is None or not mark:
        return
    if mark in call.plays:
        play = call.plays.pop(mark)
        if not play.cut:
            call.hearing, call.playing = "nothing", None
        deeds.tell(hub, call, "call.played", play_id=play.play_id, interrupted=play.cut)
    elif call.message is not None and call.message.mark == mark:
        end_message(hub, call, seconds=_number(event.get("variable_record_seconds")))


def end_message(hub: Hub, call: Call, *, seconds: float) -> None:
    """Tell that a spoken message is over, and bring it to the desk."""
    message, call.message = call.message, None
    if message is None:
        return
    if call.hearing == "message":
        call.hearing = "nothing"
    deeds.tell(hub, call, "voicemail.ended", recording_id=message.recording_id, seconds=seconds)
    hub.hand_over(Path(message.path))


def _number(text: str) -> float:
    return float(text) if text.isdecimal() else 0.0


def _taped(hub: Hub, event: Event) -> None:
    path = Path(event.get("Record-File-Path"))
    if path.parent == hub.tapes and path.name.endswith("~call.wav"):
        hub.hand_over(path)


def _job(hub: Hub, event: Event) -> None:
    """A phone could not even be rung; one that was, and did not answer, has told so by its channel's end."""
    job = event.get("Job-UUID")
    call = hub.book.find(job)
    leg = call.leg_of(job) if call is not None else None
    if call is not None and leg is not None and leg.state != "up" and event.body.startswith("-ERR"):
        cause = event.body.removeprefix("-ERR").strip()
        deeds.fail(hub, call, leg, reason=words.REASONS.get(cause, "error"))


def _hangup(hub: Hub, event: Event) -> None:
    call, leg = _of(hub, event)
    if call is None:
        return
    cause, code = event.get("Hangup-Cause"), int(_number(event.get("variable_hangup_cause_q850")))
    from_there = event.get("variable_sip_hangup_disposition") in words.FROM_THERE
    if leg is not None and leg.state != "up":
        deeds.fail(hub, call, leg, reason=words.REASONS.get(cause, "error"), cause=code)
    elif leg is not None:
        if cause in words.WITHOUT_A_WORD:
            leg.lost = leg.lost or "media_lost"
        deeds.gone(hub, call, leg, by="system" if leg.released or not from_there else "agent")
    elif event.get("Unique-ID") == call.channel:
        end_message(hub, call, seconds=_number(event.get("variable_record_seconds")))
        _end(hub, call, cause=cause, code=code, from_there=from_there)


def _end(hub: Hub, call: Call, *, cause: str, code: int, from_there: bool) -> None:
    if call.ended_by_us:
        deeds.finish(hub, call, by="system", cause=code, reason=call.ended_by_us)
    elif from_there:
        deeds.finish(hub, call, by="caller", cause=code, reason="hung_up")
    else:
        by = "trunk" if cause in words.WITHOUT_A_WORD else "system"
        deeds.finish(hub, call, by=by, cause=code, reason=cause.lower()[:60])


_HEARD: Mapping[str, Callable[[Hub, Event], None]] = {
    "CHANNEL_PARK": arrive,
    "CHANNEL_PROGRESS": _progress,
    "CHANNEL_PROGRESS_MEDIA": _progress,
    "CHANNEL_ANSWER": _answer,
    "CHANNEL_BRIDGE": _bridge,
    "CHANNEL_HOLD": _hold,
    "CHANNEL_UNHOLD": _hold,
    "CHANNEL_EXECUTE_COMPLETE": _executed,
    "CHANNEL_HANGUP_COMPLETE": _hangup,
    "DTMF": _digit,
    "RECORD_STOP": _taped,
    "BACKGROUND_JOB": _job,
}

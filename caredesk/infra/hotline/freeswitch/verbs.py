"""What the desk may tell a call to do: one function for each verb of the wire, which judges before it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from caredesk.core.ids import new_id
from caredesk.infra.hotline.freeswitch import deeds, words
from caredesk.infra.hotline.freeswitch.deeds import Hub
from caredesk.infra.hotline.freeswitch.state import Call, Leg, Message, Play, Taping
from caredesk.infra.hotline.freeswitch.words import BadCommand, checked

Args = Mapping[str, Any]
MOST_RING_SECONDS = 180
SHOWN = "hotline"
LISTENS: Mapping[str, tuple[str, str]] = {
    "listen": ("false", "false"),
    "whisper": ("true", "false"),
    "join": ("true", "true"),
}
"""Whether the agent, and whether the caller, hears who stands beside the call."""
QUIET = 30
"""Below this energy a caller says nothing; FreeSWITCH's own scale."""


def carry_out(hub: Hub, call: Call, verb: str, args: Args) -> None:
    """Do what a command says; raise `BadCommand` for what nobody can do."""
    deed = _VERBS.get(verb)
    if deed is None:
        raise BadCommand(verb)
    deed(hub, call, args)


def begin_call_out(hub: Hub, call_id: str, args: Args) -> None:
    """Ring an agent, then the number for them: click to call."""
    number = words.number_target(args["number"], gateway=hub.gateway)
    seconds, shown = _seconds(args), _shown(args)
    call = hub.book.add(Call(id=call_id, channel="", is_out=True))
    phones = [(str(user), words.phone_target(user, domain=hub.domain)) for user in args["first"]["users"]]
    patient = str(args["leg_patient"])
    call.rings_next = Leg(patient, call.id, "", [("", number)], seconds, shown, bridges=False, role="patient")
    deeds.ring(hub, call, Leg(str(args["leg_agent"]), call.id, "", phones, seconds, SHOWN, bridges=False))


def _answer(hub: Hub, call: Call, _args: Args) -> None:
    if not call.answered:
        call.answered = True
        deeds.run(hub, f"uuid_answer {call.channel}")


def _refuse(hub: Hub, call: Call, args: Args) -> None:
    cause = words.CAUSE_OF_CODE.get(int(args.get("code", 486)), "USER_BUSY")
    call.ended_by_us = "refused"
    _end(hub, call, cause=cause)


def _hangup(hub: Hub, call: Call, args: Args) -> None:
    call.ended_by_us = str(args.get("reason") or "system")[:40]
    _end(hub, call, cause="NORMAL_CLEARING")


def _end(hub: Hub, call: Call, *, cause: str) -> None:
    """End the caller's channel, whose end is told as the call's; a call without one is over at once."""
    if not call.channel or not deeds.run(hub, f"uuid_kill {call.channel} {cause}"):
        deeds.finish(hub, call, by="system", reason=call.ended_by_us)


def _play(hub: Hub, call: Call, args: Args) -> None:
    play_id = str(args["play_id"])
    found = hub.sounds([str(name) for name in args["prompts"]])
    deeds.hush(hub, call)
    if not found:
        deeds.tell(hub, call, "call.played", play_id=play_id, interrupted=False)
        return
    play = call.playing = Play(play_id, new_id(), bool(args.get("interruptible")))
    call.plays[play.mark] = play
    call.hearing = "prompts"
    app = "endless_playback" if args.get("loop") else "playback"
    hub.switch.execute(call.channel, app=app, arg=words.played(found), mark=play.mark)


def _music(hub: Hub, call: Call, args: Args) -> None:
    deeds.hear_music(hub, call, name=checked(words.NAME, args.get("name", "hold")))


def _dial(hub: Hub, call: Call, args: Args) -> None:
    leg_id, to = checked(words.ID, args["leg"]), args["to"]
    if leg_id in call.legs:
        raise BadCommand("leg is there")
    if to["kind"] == "number":
        targets = [("", words.number_target(to["number"], gateway=hub.gateway))]
    else:
        targets = [(str(user), words.phone_target(user, domain=hub.domain)) for user in to["users"]]
    if not call.bridged and args.get("caller_hears") in ("music", "ringback"):
        deeds.hear_music(hub, call)
    bridges = args.get("bridge") == "on_answer"
    deeds.ring(hub, call, Leg(leg_id, call.id, "", targets, _seconds(args), _shown(to), bridges=bridges))


def _seconds(args: Args) -> int:
    return int(min(max(float(args.get("timeout", 20)), 1.0), MOST_RING_SECONDS))


def _shown(args: Args) -> str:
    given = str(args.get("caller_id") or "")
    return given if words.NUMBER.fullmatch(given) else SHOWN


def _leg(call: Call, args: Args) -> Leg:
    leg = call.legs.get(str(args.get("leg", "")))
    if leg is None:
        raise BadCommand("no such leg")
    return leg


def _answered(leg: Leg) -> Leg:
    if leg.state != "up":
        raise BadCommand("leg is not answered")
    return leg


def _cancel(hub: Hub, call: Call, args: Args) -> None:
    leg = _leg(call, args)
    if leg.state == "up":
        _release(hub, call, args)
        return
    leg.cancelled = True
    if not deeds.run(hub, f"uuid_kill {leg.channel} ORIGINATOR_CANCEL"):
        # It has no channel yet, or none any more: the job's outcome finds a leg that is over.
        deeds.fail(hub, call, leg, reason="cancelled", cause=487)


def _release(hub: Hub, call: Call, args: Args) -> None:
    leg = _answered(_leg(call, args))
    leg.released = True
    deeds.kill(hub, leg, cause="NORMAL_CLEARING")


def _bridge(hub: Hub, call: Call, args: Args) -> None:
    deeds.bind(hub, call, _answered(_leg(call, args)))


def _hold(hub: Hub, call: Call, _args: Args) -> None:
    leg = call.talks_with
    if leg is None or call.hearing != "talk":
        raise BadCommand("nobody talks")
    # Both are parked: the phone is not asked for anything, and the agent hears nothing of the music.
    call.hearing = "nothing"
    deeds.run(hub, f"uuid_transfer {call.channel} -both park inline")
    deeds.hear_music(hub, call)
    call.hearing = "held"
    deeds.tell(hub, call, "call.held", leg=leg.id)


def _resume(hub: Hub, call: Call, _args: Args) -> None:
    leg = call.talks_with
    if leg is None or call.hearing != "held":
        raise BadCommand("nobody is held")
    deeds.run(hub, f"uuid_break {call.channel} all")
    deeds.run(hub, f"uuid_bridge {call.channel} {leg.channel}")


def _connect(hub: Hub, call: Call, args: Args) -> None:
    first, second = (_answered(_leg(call, {"leg": one})) for one in args["legs"])
    deeds.run(hub, f"uuid_bridge {first.channel} {second.channel}")


def _listen(hub: Hub, call: Call, args: Args) -> None:
    """Let an answered leg stand beside the agent; asked again with another mode it goes over to that."""
    leg, mode = _answered(_leg(call, args)), LISTENS.get(str(args.get("mode", "listen")))
    agent = call.talks_with
    if mode is None or agent is None or agent is leg:
        raise BadCommand("nobody to listen to")
    deeds.run(hub, f"uuid_transfer {leg.channel} park inline")
    for name, value in zip(("eavesdrop_whisper_aleg", "eavesdrop_whisper_bleg"), mode, strict=True):
        deeds.run(hub, f"uuid_setvar {leg.channel} {name} {value}")
    hub.switch.execute(leg.channel, app="eavesdrop", arg=agent.channel)


def _record(hub: Hub, call: Call, args: Args) -> None:
    recording_id, on = checked(words.ID, args["recording_id"]), bool(args.get("on", True))
    taping = call.taping
    if taping is None or taping.recording_id != recording_id:
        if taping is not None and taping.running:
            deeds.run(hub, f"uuid_record {call.channel} stop {taping.path}")
        path = str(hub.tapes / f"{recording_id}~{call.id}~call.wav")
        taping = call.taping = Taping(recording_id, path, on=on)
    elif taping.running and taping.on != on:
        # What is masked stays as silence, so that times in the recording are those of the call.
        deeds.run(hub, f"uuid_record {call.channel} {'unmask' if on else 'mask'} {taping.path}")
    taping.on = on
    if call.hearing == "talk":
        deeds.begin_taping(hub, call)


def _voicemail(hub: Hub, call: Call, args: Args) -> None:
    recording_id = checked(words.ID, args["recording_id"])
    if call.message is not None:
        raise BadCommand("a message is being spoken")
    _answer(hub, call, {})
    deeds.hush(hub, call)
    longest, silence = int(args.get("max_seconds", 120)), int(args.get("silence_seconds", 6))
    call.message = Message(recording_id, str(hub.tapes / f"{recording_id}~{call.id}~voicemail.wav"), new_id())
    call.hearing = "message"
    deeds.run(hub, f"uuid_setvar {call.channel} playback_terminators #")
    if args.get("beep", True):
        hub.switch.execute(call.channel, app="playback", arg=deeds.BEEP)
    arg = f"{call.message.path} {longest} {QUIET} {silence}"
    hub.switch.execute(call.channel, app="record", arg=arg, mark=call.message.mark)


def _digits(hub: Hub, call: Call, args: Args) -> None:
    leg = call.legs.get(str(args.get("leg", "")))
    channel = leg.channel if leg is not None else call.channel
    deeds.run(hub, f"uuid_send_dtmf {channel} {checked(words.DIGITS, args['digits'])}")


_VERBS: Mapping[str, Callable[[Hub, Call, Args], None]] = {
    "answer": _answer,
    "refuse": _refuse,
    "play": _play,
    "music": _music,
    "dial": _dial,
    "cancel": _cancel,
    "bridge": _bridge,
    "release": _release,
    "hold": _hold,
    "resume": _resume,
    "connect": _connect,
    "listen": _listen,
    "record": _record,
    "voicemail": _voicemail,
    "digits": _digits,
    "hangup": _hangup,
}

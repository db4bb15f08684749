"""What the desk may tell a call to do: one function for each verb of the wire, which judges before it does."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from caredesk.infra.hotline.embedded.call import Call, Hub
from caredesk.infra.hotline.embedded.dialog import Target
from caredesk.infra.hotline.embedded.listening import MODES
from caredesk.infra.hotline.embedded.party import CALLER, Party, Ring
from caredesk.infra.hotline.embedded.prompts import Playable
from caredesk.infra.hotline.embedded.recorder import Name, Recording, is_id
from caredesk.infra.hotline.embedded.trunk import is_number
from caredesk.infra.hotline.embedded.voicemail import Limits, Voicemail
from caredesk.infra.hotline.fetching import MISSING_PAUSE

log = logging.getLogger(__name__)

Args = Mapping[str, Any]
MOST_RING_SECONDS = 180.0
PROMPT_PATIENCE = 6.0
"""So long a caller waits for prompts that are on their way; then those are played that are here, seconds."""
KEY_NAMES = {"*": "star", "#": "pound"}
TEMPORARILY_UNAVAILABLE = 480


class BadCommand(Exception):
    """A command makes no sense here; it is told in the log and counts as done."""


def carry_out(call: Call, verb: str, args: Args) -> None:
    """Do what a command says; raise `BadCommand` for what nobody can do."""
    deed = _VERBS.get(verb)
    if deed is None:
        raise BadCommand(verb)
    deed(call, args)


def _answer(call: Call, _args: Args) -> None:
    call.caller.dialog.answer()


def _refuse(call: Call, args: Args) -> None:
    code = int(args.get("code", 486))
    call.finish(by="system", cause=code, reason="refused", code=code if 400 <= code < 700 else 486)


def _play(call: Call, args: Args) -> None:
    play_id = str(args["play_id"])
    names, until = [str(name) for name in args["prompts"]], time.monotonic() + PROMPT_PATIENCE
    call.caller.dialog.progress()
    call.caller.player.play_when_here(
        lambda: _sounds(call.hub, names, until=until),
        meanwhile=call.hub.shelf.find("ringback"),
        loop=bool(args.get("loop")),
        interruptible=bool(args.get("interruptible")),
        on_end=lambda cut: _played(call, play_id, cut=cut),
    )


def _sounds(hub: Hub, names: Sequence[str], *, until: float) -> list[Playable] | None:
    """Return the sounds of some names; None while one is missing that may yet come: of a young engine or department."""
    if hub.shelf.lacks(names):
        hub.prompts.ask_again(after=MISSING_PAUSE)
        if hub.prompts.busy and time.monotonic() < until:
            return None
    return hub.shelf.find_all(names)


def _played(call: Call, play_id: str, *, cut: bool) -> None:
    if not call.over:
        call.report("call.played", play_id=play_id, interrupted=cut)


def _music(call: Call, args: Args) -> None:
    call.caller.dialog.progress()
    call.hear_music(str(args.get("name", "hold")))


def _dial(call: Call, args: Args) -> None:
    leg_id, to = str(args["leg"]), args["to"]
    if leg_id in call.legs or leg_id == CALLER:
        raise BadCommand("leg is there")
    targets = _number_target(call, to) if to["kind"] == "number" else _phones(call, to["users"])
    party = Party(call, id=leg_id)
    call.legs[leg_id] = party
    hears = args.get("caller_hears")
    if call.bridged is None and hears in ("music", "ringback"):
        # Music that plays already goes on where it is.
        if hears == "ringback":
            call.hear_music("ringback")
        elif not call.caller.player.playing:
            call.hear_music()
    party.ring(_ring(call, args, targets=targets, shown=str(to.get("caller_id") or "hotline")))


def _ring(call: Call, args: Args, *, targets: Sequence[tuple[str, Target]], shown: str) -> Ring:
    seconds = min(max(float(args.get("timeout", 20)), 1.0), MOST_RING_SECONDS)
    codec = call.caller.dialog.session.codec
    return Ring(tuple(targets), shown, codec, seconds, bridges=args.get("bridge") == "on_answer")


def _phones(call: Call, users: Sequence[str]) -> list[tuple[str, Target]]:
    """Return where an agent's registered phones are, in the order in which they shall be tried."""
    found = []
    for user in users:
        if binding := call.hub.registrar.find(str(user)):
            name = str(binding.contact.username or binding.user)
            target = Target(
                name,
                binding.address,
                binding.transport,
                binding.contact,
                secure=binding.transport == "wss",
                dtmf=call.caller.dialog.dtmf,
            )
            found.append((binding.user, target))
    return found


def _number_target(call: Call, to: Args) -> list[tuple[str, Target]]:
    number = str(to["number"])
    if not is_number(number) or not call.hub.trunk.addresses:
        raise BadCommand("number")
    trunk = call.hub.trunk
    return [(number, Target(number, trunk.addresses[0], login=trunk.login, dtmf=call.caller.dialog.dtmf))]


def _leg(call: Call, args: Args) -> Party:
    if (leg := call.legs.get(str(args.get("leg", "")))) is None:
        raise BadCommand("no such leg")
    return leg


def _cancel(call: Call, args: Args) -> None:
    leg = _leg(call, args)
    if leg.answered:
        _release(call, args)
        return
    call.drop(leg)
    call.report("leg.failed", leg=leg.id, reason="cancelled", cause=487)


def _bridge(call: Call, args: Args) -> None:
    leg = _leg(call, args)
    if not leg.answered:
        raise BadCommand("leg is not answered")
    call.bridge(leg)


def _release(call: Call, args: Args) -> None:
    leg = _leg(call, args)
    call.drop(leg)
    call.report("leg.ended", leg=leg.id, by="system")


def _hold(call: Call, _args: Args) -> None:
    call.hold()


def _resume(call: Call, _args: Args) -> None:
    call.resume()


def _connect(call: Call, args: Args) -> None:
    first, second = (call.legs.get(str(one)) for one in args["legs"])
    if first is None or second is None or not (first.answered and second.answered):
        raise BadCommand("legs are not answered")
    call.connect(first, second)


def _listen(call: Call, args: Args) -> None:
    leg, wanted = _leg(call, args), args.get("mode", "listen")
    mode = next((one for one in MODES if one == wanted), None)
    if mode is None or not leg.answered or leg is call.bridged:
        raise BadCommand("listen")
    if any(other != leg.id for other in call.beside):
        raise BadCommand("somebody stands there")
    if leg.id not in call.beside or call.beside[leg.id].mode != mode:
        call.stand_beside(leg, mode=mode)


def _record(call: Call, args: Args) -> None:
    recording_id, on = str(args["recording_id"]), bool(args.get("on", True))
    if not is_id(recording_id):
        raise BadCommand("recording id")
    if call.recording is not None and call.recording.name.recording_id != recording_id:
        call.hand_over(call.recording)
        call.recording = None
    if call.recording is None:
        call.recording = Recording(Name(recording_id, call.id, "call"))
    call.recording.allowed = on
    if not on:
        call.recording.pause(call.caller.dialog.session)
    elif call.bridged is not None:
        call.recording.start(call.caller.dialog.session)


def _voicemail(call: Call, args: Args) -> None:
    recording_id = str(args["recording_id"])
    if not is_id(recording_id) or call.voicemail is not None:
        raise BadCommand("recording id")
    call.caller.dialog.answer()
    limits = Limits(float(args.get("max_seconds", 120)), float(args.get("silence_seconds", 6)))
    name = Name(recording_id, call.id, "voicemail")
    folder = call.hub.recorder.folder

    def ended(seconds: float) -> None:
        call.voicemail = None
        call.report("voicemail.ended", recording_id=recording_id, seconds=round(seconds, 1))
        call.hand_over(message.recording)

    message = Voicemail(call.caller, name=name, limits=limits, folder=folder, on_end=ended)
    call.voicemail = message
    message.open_line(beep=call.hub.shelf.find("beep") if args.get("beep", True) else None)


def _digits(call: Call, args: Args) -> None:
    """Sound keys on a leg's line (in the band: rtp.io cannot send telephone events)."""
    party = call.caller if args.get("leg") == call.caller.id else _leg(call, args)
    names = [f"dtmf_{KEY_NAMES.get(digit, digit.lower())}" for digit in str(args["digits"])[:32]]
    party.player.play(call.hub.shelf.find_all(names), on_end=lambda _cut: None)


def _hangup(call: Call, args: Args) -> None:
    call.finish(by="system", reason=str(args.get("reason", ""))[:40], code=TEMPORARILY_UNAVAILABLE)


def originate(call: Call, args: Args) -> None:
    """Ring an agent, then the number for them: click to call."""
    number, shown = str(args["number"]), str(args.get("caller_id") or "hotline")
    call.outgoing = (str(args["leg_agent"]), str(args["leg_patient"]))
    targets = _number_target(call, {"number": number})
    call.caller = Party(call, id=call.outgoing[1])
    call.ready = True
    call.hear_desk()
    agent = Party(call, id=call.outgoing[0])
    call.legs[agent.id] = agent
    call.ring_patient = lambda: call.caller.ring(_ring(call, args, targets=targets, shown=shown))
    agent.ring(_ring(call, args, targets=_phones(call, args["first"]["users"]), shown="hotline"))


_VERBS: Mapping[str, Callable[[Call, Args], None]] = {
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

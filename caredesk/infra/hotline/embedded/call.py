"""One call: the caller, the legs that are rung for them, who hears whom, and how it ends.

It decides nothing: it carries out what the desk says (`verbs.py`) and tells what happened. Left alone it does as
little as it must: who lost their agent hears music, and a desk that is silent for too long does not keep a line busy.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Literal, Protocol

from caredesk.infra.hotline.embedded.listening import Beside, Mode, stand_beside
from caredesk.infra.hotline.embedded.media import MediaPlane
from caredesk.infra.hotline.embedded.party import CALLER, Failure, Party
from caredesk.infra.hotline.embedded.prompts import PromptShelf
from caredesk.infra.hotline.embedded.recorder import Name, Recorder, Recording
from caredesk.infra.hotline.embedded.registrar import Registrar
from caredesk.infra.hotline.embedded.sip import Sip, Timer, later
from caredesk.infra.hotline.embedded.trunk import Trunk
from caredesk.infra.hotline.embedded.voicemail import Voicemail
from caredesk.infra.hotline.fetching import Fetcher

log = logging.getLogger(__name__)

By = Literal["caller", "agent", "system", "trunk"]

IDLE_SECONDS = 15.0
"""A phone that has sent no sound for so long is gone (rtp.io's own time-out never comes while it plays)."""
PATIENCE_SECONDS = 60.0
"""So long a call waits for the desk's first word, or for the next one after its agent hung up."""
AFTER_AGENT_SECONDS = 20.0
RING_SECONDS = 0.5
SETTLE_SECONDS = 0.3
"""Until rtp.io has closed a capture as a rule; the recorder waits for those that take longer."""


class Hub(Protocol):
    """What a call needs of the engine around it."""

    sip: Sip
    plane: MediaPlane
    shelf: PromptShelf
    prompts: Fetcher
    registrar: Registrar
    recorder: Recorder
    trunk: Trunk

    def report(self, type: str, *, call_id: str = "", **fields: Any) -> None: ...  # noqa: ANN401 (facts differ)
    def forget(self, call: Call) -> None: ...


class Call:
    """A call from its first message to its last."""

    def __init__(self, hub: Hub, *, id: str, trunk: str = "") -> None:
        self.hub, self.id, self.trunk = hub, id, trunk
        self.sip, self.plane = hub.sip, hub.plane
        self.caller = Party(self, id=CALLER)
        self.legs: dict[str, Party] = {}
        self.bridged: Party | None = None
        self.recording: Recording | None = None
        self.voicemail: Voicemail | None = None
        self.consulting: tuple[Party, Party] | None = None
        """Two legs that talk while the caller waits."""
        self.beside: dict[str, Beside] = {}
        """Legs of supervisors who listen, whisper or talk along, and by what."""
        self.ready = False
        self.over = False
        self.outgoing: tuple[str, str] | None = None
        """Of a call that we make: the agent's leg and the patient's."""
        self._waiting: list[Callable[[], None]] = []
        self._patience: Timer = None
        self.be_patient(PATIENCE_SECONDS, reason="desk_silent")

    # ---- beginning ----

    def arrive(self) -> None:
        """Open the caller's sound and tell that they call; what the desk says meanwhile waits for it."""
        self.caller.dialog.prepare(self._prepared)
        dialog = self.caller.dialog
        self.report("call.arrived", caller=dialog.caller, called=dialog.called, trunk=self.trunk)

    def _prepared(self) -> None:
        self.ready = True
        self._let_go_waiting()
        # Said only when the desk has not answered by then: a 180 on the heels of a 200 confuses some peers.
        later(RING_SECONDS, self.caller.dialog.say_ringing)

    def when_ready(self, run: Callable[[], None]) -> None:
        """Have something done as soon as the caller's sound is open."""
        self.hear_desk()
        if self.ready:
            run()
        else:
            self._waiting.append(run)

    def _let_go_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for run in waiting:
            run()

    def hear_desk(self) -> None:
        """The desk has said something: it is awake."""
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def be_patient(self, seconds: float, *, reason: str) -> None:
        """End the call unless the desk says something within so many seconds."""
        self.hear_desk()
        by: By = "agent" if reason == "agent_hung_up" else "system"
        self._patience = later(seconds, lambda: self.finish(by=by, reason=reason))

    def report(self, type: str, **fields: Any) -> None:  # noqa: ANN401 (facts differ)
        """Tell a fact of this call."""
        self.hub.report(type, call_id=self.id, **fields)

    # ---- who hears whom ----

    def bridge(self, leg: Party) -> None:
        """Let the caller and a leg hear each other; whoever was bridged before hears nobody."""
        if self.bridged not in (None, leg):
            self.unbridge()
        self.part()
        self.caller.player.stop()
        leg.player.stop()
        self.caller.dialog.session.chain(leg.dialog.session)
        leg.dialog.session.chain(self.caller.dialog.session)
        self.bridged = leg
        for place in self.beside.values():
            place.hear(self.caller.dialog.session, leg.dialog.session)
        if self.recording is not None:
            self.recording.start(self.caller.dialog.session)
        self.report("call.bridged", leg=leg.id)

    def unbridge(self) -> None:
        """Take the caller and their leg apart; the recording pauses."""
        leg, self.bridged = self.bridged, None
        if leg is None:
            return
        if self.recording is not None:
            self.recording.pause(self.caller.dialog.session)
        for place in self.beside.values():
            place.leave()
        self.caller.dialog.session.chain(None)
        leg.dialog.session.chain(None)

    def connect(self, first: Party, second: Party) -> None:
        """Let two legs talk while the caller hears music."""
        if self.bridged in (first, second):
            self.unbridge()
            self.hear_music()
        self.part()
        self.consulting = (first, second)
        first.player.stop()
        second.player.stop()
        first.dialog.session.chain(second.dialog.session)
        second.dialog.session.chain(first.dialog.session)

    def part(self) -> None:
        """Let two legs that consult hear each other no more, so that nobody hears a talk that is not theirs."""
        for leg in self.consulting or ():
            leg.dialog.session.chain(None)
        self.consulting = None

    def hear_music(self, name: str = "hold") -> None:
        """Play to the caller until something else is to be heard."""
        if sound := self.hub.shelf.find(name) or self.hub.shelf.find("hold"):
            self.caller.player.repeat(sound)

    def stand_beside(self, leg: Party, *, mode: Mode) -> None:
        """Let a leg hear the caller and whoever is bridged; who stands there already goes over to another mode."""
        if before := self.beside.pop(leg.id, None):
            before.close()
        place = self.beside[leg.id] = stand_beside(leg.dialog.session, mode=mode)
        if self.bridged is not None:
            place.hear(self.caller.dialog.session, self.bridged.dialog.session)

    def hold(self) -> None:
        """Let the caller hear music and the agent nothing."""
        if leg := self.bridged:
            self.hear_music()
            if silence := self.hub.shelf.find("silence"):
                leg.player.repeat(silence)
            self.report("call.held", leg=leg.id)

    def resume(self) -> None:
        """Let them hear each other again."""
        if leg := self.bridged:
            self.caller.player.stop()
            leg.player.stop()
            self.report("call.resumed", leg=leg.id)

    def drop(self, leg: Party) -> None:
        """Take a leg out of the call; the caller hears music if it was theirs."""
        self.legs.pop(leg.id, None)
        if place := self.beside.pop(leg.id, None):
            place.close()
        if self.consulting and leg in self.consulting:
            self.part()
        if self.bridged is leg:
            self.unbridge()
            self.hear_music()
        leg.close()

    # ---- what the parties tell ----

    def hear_ringing(self, party: Party) -> None:
        """A phone rings; who waits for a number that we call hears it ring."""
        self.report("leg.ringing", leg=party.id)

    def hear_early(self, party: Party) -> None:
        """A number that we call has sound before it answers (its own ringing, a network's announcement)."""
        if self.outgoing and party is self.caller and (agent := self.legs.get(self.outgoing[0])):
            agent.player.stop()
            agent.dialog.session.chain(party.dialog.session)
            party.dialog.session.chain(agent.dialog.session)

    def hear_answered(self, party: Party) -> None:
        """A phone is answered: bridge it if it was rung to be."""
        self.report("leg.answered", leg=party.id, user=party.user)
        if party is not self.caller:
            # What a browser says must lead somewhere: rtp.io 1.1.1 crashes with what it decrypts for nobody.
            party.dialog.session.chain(None)
        if self.outgoing is None:
            if party.bridges:
                self.bridge(party)
        elif party is self.caller:
            self.ready = True
            self.bridge(self.legs[self.outgoing[0]])
        else:
            self._ring_patient(party)

    def _ring_patient(self, agent: Party) -> None:
        if self.ring_patient is not None:
            if tone := self.hub.shelf.find("ringback"):
                agent.player.repeat(tone)
            self.ring_patient()

    ring_patient: Callable[[], None] | None = None
    """Of a call that we make: rings the patient's number when the agent has answered."""

    def hear_failed(self, party: Party, *, reason: Failure, cause: int) -> None:
        """A phone was not answered. A caller who gave up ends the call; a call that we make ends with either."""
        if party is self.caller and self.outgoing is None:
            self.finish(by="caller", cause=cause, reason="gave_up")
            return
        self.legs.pop(party.id, None)
        self.report("leg.failed", leg=party.id, reason=reason, cause=cause)
        if self.outgoing is not None:
            self.finish(by="trunk" if party is self.caller else "agent", cause=cause, reason=reason)

    def hear_ended(self, party: Party) -> None:
        """A phone hung up: the caller's ends the call, a leg's leaves the caller with music."""
        if party is self.caller:
            self.finish(by="caller", reason="hung_up")
            return
        mine = self.bridged is party
        self.drop(party)
        self.report("leg.ended", leg=party.id, by="agent")
        if mine:
            self.be_patient(AFTER_AGENT_SECONDS, reason="agent_hung_up")

    def hear_held(self, party: Party, *, held: bool) -> None:
        """An agent's phone put the caller on hold by itself. The trunk is left alone: the caller hears music."""
        if party is not self.bridged:
            return
        if held:
            self.hear_music()
        else:
            self.caller.player.stop()
        self.report("call.held" if held else "call.resumed", leg=party.id)

    def hear_digit(self, party: Party, digit: str) -> None:
        """A key of the caller's: told always, and it cuts a prompt that may be cut."""
        if party is not self.caller or self.bridged is not None:
            return
        if self.voicemail is not None and digit == "#":
            self.voicemail.end()
        self.report("call.digit", digit=digit)
        if self.caller.player.interruptible:
            self.caller.player.stop()

    def hear_lost(self, leg: Party, *, reason: str) -> None:
        """A leg is gone without a farewell."""
        if leg.id in self.legs:
            self.drop(leg)
            self.report("leg.lost", leg=leg.id, reason=reason)

    # ---- watching the sound ----

    def watch(self) -> None:
        """Ask what everybody has sent; who sends nothing for too long is gone. Called every few seconds."""
        for party in (self.caller, *self.legs.values()):
            if party.answered or (party is self.caller and party.dialog.state == "early"):
                party.dialog.session.count(partial(self._counted, party))

    def _counted(self, party: Party, packets: int) -> None:
        now = time.monotonic()
        if packets < 0:
            return
        if packets != party.packets or party.dialog.held:
            party.packets, party.heard_at = packets, now
        elif now - party.heard_at >= IDLE_SECONDS and not self.over:
            if party is self.caller:
                self.finish(by="trunk", reason="media_lost")
            else:
                self.hear_lost(party, reason="media_lost")

    # ---- the end ----

    def finish(self, *, by: By, cause: int = 0, reason: str = "", code: int = 0) -> None:
        """End the call and everything that belongs to it, and tell so. `code` refuses a caller not yet answered."""
        if self.over:
            return
        self.over = True
        self.hear_desk()
        self._let_go_waiting()
        if self.voicemail is not None:
            self.voicemail.end()
        if self.recording is not None:
            self.hand_over(self.recording)
        for place in self.beside.values():
            place.close()
        for leg in self.legs.values():
            leg.close()
        self.caller.close(code=code)
        self.legs.clear()
        self.report("call.ended", by=by, cause=cause, reason=reason)
        self.hub.forget(self)

    def hand_over(self, recording: Recording) -> None:
        """Stop a recording and have it brought to the desk."""
        recording.pause(self.caller.dialog.session)
        if recording.parts:
            name: Name = recording.name
            later(SETTLE_SECONDS, lambda: self.hub.recorder.finish(name))

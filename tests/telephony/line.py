"""A hotline between a desk double and real peers, with short ways to call it and to answer it."""

from __future__ import annotations

import itertools
import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from caredesk.infra.hotline.test_caller import LoopbackCaller
from tests.telephony import sipp, sound
from tests.telephony.baresip import Phone
from tests.telephony.desk_double import DeskDouble, Fact, call_of
from tests.telephony.engine_process import START_SECONDS, EngineProcess
from tests.telephony.sound import AGENT_HZ, CALLER_HZ
from tests.telephony.tools import PATIENCE

_NUMBERS = itertools.count(13_800_138_000)
_USERS = itertools.count(1001)


@dataclass
class Hotline:
    """One engine with its desk double; phones and trunks started here end with `hang_up_all`."""

    folder: Path
    desk: DeskDouble
    engine: EngineProcess
    phones: list[Phone] = field(default_factory=list)
    trunks: list[sipp.Trunk] = field(default_factory=list)
    voices: list[LoopbackCaller] = field(default_factory=list)

    @classmethod
    def open(cls, folder: Path, **settings: str) -> Hotline:
        """Start a desk double and an engine that has reported itself."""
        folder.mkdir(parents=True, exist_ok=True)
        desk = DeskDouble(folder)
        desk.start()
        engine = EngineProcess(folder / "engine", desk.url, desk.secret, settings=settings)
        hotline = cls(folder, desk, engine)
        hotline.start_engine()
        return hotline

    def start_engine(self) -> Fact:
        """Start the engine, also after a kill, and return its report of itself."""
        before = len([fact for fact in self.desk.facts if fact["type"] == "engine.started"])
        self.engine.start()
        try:
            return self.desk.wait_nth("engine.started", number=before + 1, seconds=START_SECONDS)
        except AssertionError as fault:
            self.close()
            raise AssertionError(f"{fault}\n{self.engine.log_tail()}") from fault

    def close(self) -> None:
        self.hang_up_all()
        self.engine.stop()
        self.desk.stop()

    def hang_up_all(self) -> None:
        """End what a test started, whatever state it is in."""
        for trunk in self.trunks:
            trunk.stop()
        for phone in self.phones:
            phone.stop()
        for voice in self.voices:
            voice.close()
        self.trunks.clear()
        self.voices.clear()
        self.phones.clear()

    # ---- phones ----

    def add_phone(self, *, hz: float = AGENT_HZ, answers: str = "auto", expires: int = 60) -> Phone:
        """Start a phone of a new agent and return when it is registered."""
        user = f"{next(_USERS)}"
        self.invite_phone(user)
        phone = Phone.start(
            self.folder / f"phone-{user}",
            user=user,
            server=self.engine.server,
            secret=f"secret-{user}",
            hz=hz,
            answers=answers,
            expires=expires,
        )
        self.phones.append(phone)
        self.desk.wait_fact("phone.registered", user=user)
        return phone

    def invite_phone(self, user: str) -> None:
        """Let a user register, as the desk does when an agent gets a phone."""
        self.desk.add_phone(user, secret=f"secret-{user}")
        self.desk.wait_done(self.desk.command("", "phones_changed"))

    # ---- callers ----

    def call(self, *steps: sipp.Step | Sequence[sipp.Step], voice_seconds: float = 20, **options: Any) -> Caller:
        """Have a parent call; the steps follow the INVITE, `[VOICE]` among them is their tone. Return the call."""
        number = f"{next(_NUMBERS)}"
        folder = self.folder / f"trunk-{number}"
        folder.mkdir()
        voice = sound.write_tone_capture(folder / "voice.pcap", hz=CALLER_HZ, seconds=voice_seconds)
        said = [sipp.play(voice) if step == SPEAK else step for step in steps]
        trunk = sipp.Trunk.start(folder, server=self.engine.server, cli=number, steps=[sipp.invite(), *said], **options)
        self.trunks.append(trunk)
        arrived = self.desk.wait_fact("call.arrived", caller=number)
        return Caller(number, call_of(arrived), trunk)

    def refused_call(self, status: int) -> None:
        """Have a parent call whom the hotline refuses with this status."""
        number = f"{next(_NUMBERS)}"
        steps = [sipp.invite(), sipp.expect(100, optional=True), sipp.expect(status), sipp.acknowledge_refusal()]
        folder = self.folder / f"trunk-{number}"
        sipp.Trunk.start(folder, server=self.engine.server, cli=number, steps=steps).finish()

    def call_by_ourselves(self) -> OwnCaller:
        """Call with the bundled caller, which can be told what to do at any moment and keeps what it hears."""
        number = f"{next(_NUMBERS)}"
        voice = LoopbackCaller(("127.0.0.1", self.engine.sip_port), caller=number, called="4000123456")
        voice.say(sound.tone(CALLER_HZ, seconds=2))
        self.voices.append(voice)
        threading.Thread(target=voice.call, daemon=True).start()
        arrived = self.desk.wait_fact("call.arrived", caller=number)
        return OwnCaller(number, call_of(arrived), voice)

    def answer_as_carrier(self, *steps: sipp.Step | Sequence[sipp.Step], voice_seconds: float = 20) -> sipp.Trunk:
        """Wait for a call to a number, as the carrier; the steps follow the arrival of the INVITE."""
        folder = self.folder / f"carrier-{next(_NUMBERS)}"
        folder.mkdir()
        voice = sound.write_tone_capture(folder / "voice.pcap", hz=CALLER_HZ, seconds=voice_seconds)
        said = [sipp.play(voice) if step == SPEAK else step for step in steps]
        trunk = sipp.Trunk.start(
            folder,
            server=self.engine.server,
            port=self.engine.carrier_port,
            steps=[sipp.expect_request("INVITE"), *said],
        )
        self.trunks.append(trunk)
        return trunk

    def call_out(self, phone: Phone, *, number: str = "13900139000", timeout: int = 20) -> OutCall:
        """Have an agent rung and then a patient's number."""
        call = OutCall(number, uuid.uuid4().hex)
        self.tell(
            call,
            "originate",
            first={"users": [phone.user]},
            number=number,
            caller_id="4000123456",
            timeout=timeout,
            leg_agent="agent",
            leg_patient="patient",
        )
        return call

    # ---- the desk's side ----

    def tell(self, call: AnyCall, verb: str, **args: Any) -> str:
        """Give a command about a call."""
        return self.desk.command(call.id, verb, **args)

    def greet(self, call: AnyCall) -> None:
        """Answer, and let the caller wait with music."""
        self.tell(call, "answer")
        self.tell(call, "music", name="hold")

    def ring(self, call: AnyCall, phone: Phone, *, leg: str = "leg1", **changes: Any) -> None:
        """Ring an agent's phone; bridge as soon as it answers unless told otherwise."""
        to = {"kind": "agent", "users": [phone.user]}
        args = {"to": to, "timeout": 20, "bridge": "on_answer", "caller_hears": "music", **changes}
        self.tell(call, "dial", leg=leg, **args)

    def bridge(self, call: AnyCall, phone: Phone, *, leg: str = "leg1") -> None:
        """Ring a phone that answers at once, and return when both are bridged."""
        self.ring(call, phone, leg=leg)
        self.desk.wait_fact("call.bridged", call=call.id, leg=leg)

    def let_talk(self, seconds: float) -> None:
        """Let those on the line talk: sound takes the time that it takes, and is looked at afterwards."""
        threading.Event().wait(seconds)

    def ended(self, call: AnyCall, *, seconds: float = PATIENCE) -> Fact:
        """Return how a call ended."""
        return self.desk.wait_fact("call.ended", call=call.id, seconds=seconds)

    def types(self, call: AnyCall) -> list[str]:
        """Return the types of a call's facts in their order."""
        return [str(fact["type"]) for fact in self.desk.of(call.id)]


@dataclass(frozen=True)
class Caller:
    """A parent on the line: their number, the engine's name for the call, and the sipp that plays them."""

    number: str
    id: str
    trunk: sipp.Trunk


@dataclass(frozen=True)
class OutCall:
    """A call that the desk makes."""

    number: str
    id: str


@dataclass(frozen=True)
class OwnCaller:
    """A parent played by the bundled caller."""

    number: str
    id: str
    voice: LoopbackCaller


AnyCall = Caller | OwnCaller | OutCall
SPEAK = "[SPEAK]"
"""The step at which the caller begins to say their tone."""

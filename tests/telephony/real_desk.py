"""The real desk and the real hotline beside each other, with agents who have a page open and a phone on the table."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import aiohttp
import httpx

from benchmarks.clients import Desk, Screen
from caredesk.core.clock import SystemClock
from caredesk.infra.hotline.test_caller import LoopbackCaller
from tests.browser.desk_process import DeskProcess, ten_in_the_morning
from tests.telephony import sipp, sound
from tests.telephony.baresip import Phone
from tests.telephony.engine_process import EngineProcess
from tests.telephony.sound import CALLER_HZ, Samples, read_wav
from tests.telephony.tools import PATIENCE, wait_for

Json = dict[str, Any]

PASSWORD = "caredesk-demo"
SECRET = "the-secret-of-the-whole-way"


@dataclass
class Clinic:
    """A desk with the demo hospital at ten in the morning, its hotline, and whoever works there."""

    folder: Path
    desk: DeskProcess
    engine: EngineProcess
    loop: asyncio.AbstractEventLoop
    thread: threading.Thread
    agents: list[DeskAgent] = field(default_factory=list)
    voices: list[LoopbackCaller] = field(default_factory=list)
    carriers: list[sipp.Trunk] = field(default_factory=list)

    @classmethod
    def open(cls, folder: Path) -> Clinic:
        """Start the desk, then the hotline."""
        desk = DeskProcess.in_folder(folder)
        desk.settings = {"CAREDESK_HOTLINE_SECRET": SECRET, "CAREDESK_LOG_LEVEL": "INFO"}
        desk.start()
        clock = {"CAREDESK_CLOCK_FILE": str(folder / "clock.json")}
        engine = EngineProcess(folder / "engine", desk.url, SECRET, settings=clock)
        engine.start()
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        return cls(folder, desk, engine, loop, thread)

    def close(self) -> None:
        self.send_home()
        self.engine.stop()
        self.desk.stop()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
        self.loop.close()

    def send_home(self) -> None:
        """End the calls of a test and let its agents go home."""
        for voice in self.voices:
            voice.close()
        for agent in self.agents:
            agent.leave()
        for carrier in self.carriers:
            carrier.stop()
        self.voices.clear()
        self.carriers.clear()
        self.agents.clear()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run something of the live connection and return what it gives."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=30)

    def bring(self, login: str, *, hz: float, answers: str = "auto") -> DeskAgent:
        """Sign an agent in with a page open, register their desk phone, and make them ready."""
        agent = DeskAgent.sign_in(self, login=login)
        self.agents.append(agent)
        self.give_phone(agent, hz=hz, answers=answers)
        agent.be("ready")
        return agent

    def give_phone(self, agent: DeskAgent, *, hz: float, answers: str = "auto") -> None:
        """Make the password of a desk phone, start it, and return when the desk knows it as registered."""
        issued = agent.post("/api/desk/phone/secret", {"kind": "desk"})
        agent.phone = Phone.start(
            self.folder / f"phone-{agent.staff_id}-{len(self.voices)}",
            user=issued["user"],
            server=self.engine.server,
            secret=issued["secret"],
            hz=hz,
            answers=answers,
        )
        wait_for(
            # On a slow machine a refused phone tries again after a while.
            lambda: "desk" in agent.get("/api/desk/phone")["registered"] or None,
            what=lambda: f"{agent.get('/api/desk/phone')}\n{self.engine.log_tail()}",
        )

    def call(self, number: str, *, press: str = "1") -> LoopbackCaller:
        """Have a parent call and choose from the menu once it speaks."""
        voice = LoopbackCaller(("127.0.0.1", self.engine.sip_port), caller=number, called="4000123456")
        self.voices.append(voice)
        voice.say(sound.tone(CALLER_HZ, seconds=2))
        assert voice.call(seconds=60) == 200, self.engine.log_tail()
        wait_for(lambda: voice.first_heard_at or None, what=lambda: "nothing was heard")
        if press:
            voice.press(press)
        return voice

    def wait_waiting(self) -> Json:
        """Return the talk that waits in the queue, as a supervisor sees it."""
        supervisor = self.bring_supervisor()
        return wait_for(
            lambda: next(iter(supervisor.waiting_calls()), None),
            what=lambda: f"nobody waits\n{self.desk.log_tail(10)}\n{self.engine.log_tail(10)}",
        )

    def bring_supervisor(self) -> DeskAgent:
        """Sign the supervisor in, who takes no calls."""
        supervisor = DeskAgent.sign_in(self, login="supervisor")
        self.agents.append(supervisor)
        return supervisor

    def answer_as_carrier(self, *, seconds: float) -> sipp.Trunk:
        """Take the next call to a number, say a tone for so long, and hang up."""
        folder = self.folder / "carrier"
        folder.mkdir(exist_ok=True)
        voice = sound.write_tone_capture(folder / "voice.pcap", hz=CALLER_HZ, seconds=seconds)
        accepts = [sipp.answer("180 Ringing"), sipp.answer("200 OK", body=sipp.sdp()), sipp.expect_request("ACK")]
        steps = [sipp.expect_request("INVITE", seconds=90), *accepts, sipp.play(voice), sipp.pause(seconds)]
        carrier = sipp.Trunk.start(
            folder,
            server=self.engine.server,
            port=self.engine.carrier_port,
            steps=[*steps, sipp.bye_of_called()],
        )
        self.carriers.append(carrier)
        return carrier

    @contextmanager
    def at_night(self) -> Iterator[None]:
        """Make it three in the morning within the block."""
        now = SystemClock().now()
        self.desk.set_clock(ten_in_the_morning(now) - timedelta(hours=7))
        try:
            yield
        finally:
            self.desk.set_clock(ten_in_the_morning(now))

    def speak_message(self, voice: LoopbackCaller) -> float:
        """Cut the announcements short, wait for the tone, and speak for three seconds; return how long it was."""
        wait_for(lambda: self._beeped(voice) or None, what=self.engine.log_tail)
        threading.Event().wait(3.0)
        return 3.0

    def _beeped(self, voice: LoopbackCaller) -> bool:
        """Press a key, which cuts an announcement; once nothing is to be heard, the message is being recorded."""
        voice.press("9")
        threading.Event().wait(1.0)
        before = len(voice.heard)
        threading.Event().wait(0.5)
        return len(voice.heard) == before or voice.loudness() == 0


@dataclass
class DeskAgent:
    """A member of staff with a page open; `events` are those it was told."""

    clinic: Clinic
    http: httpx.Client
    staff_id: str
    screen: Screen
    events: list[Json]
    phone: Phone | None = None

    @classmethod
    def sign_in(cls, clinic: Clinic, *, login: str) -> DeskAgent:
        """Sign in by the desk's own door and open the live connection."""
        http = httpx.Client(base_url=clinic.desk.url, timeout=20)
        me = http.post("/api/auth/sign-in", json={"login": login, "password": PASSWORD}).raise_for_status().json()
        http.headers["X-CSRF-Token"] = me["csrf_token"]
        http.headers["Origin"] = clinic.desk.url
        events: list[Json] = []
        cookies = "; ".join(f"{name}={value}" for name, value in http.cookies.items())
        screen = Screen(
            Desk(clinic.desk.url, cast("aiohttp.ClientSession", None)),
            auth={"kind": "staff", "csrf": me["csrf_token"]},
            headers={"Cookie": cookies},
            on_event=events.append,
        )
        clinic.run(screen.connect())
        return cls(clinic, http, me["staff_id"], screen, events)

    def get(self, path: str) -> Json:
        return cast("Json", self.http.get(path).raise_for_status().json())

    def post(self, path: str, body: Json | None = None) -> Json:
        answered = self.http.post(path, json=body or {})
        assert answered.is_success, f"{path}: {answered.status_code} {answered.text}"
        return cast("Json", answered.json())

    def be(self, state: str) -> None:
        """Say whether one is ready."""
        self.http.put("/api/console/presence", json={"state": state, "reason": ""}).raise_for_status()

    def wait_call(self, state: str, *, seconds: float = PATIENCE, mine: bool = False) -> Json:
        """Return the call of which this page was told that it is in this state; `mine`: and this agent's."""

        def look() -> Json | None:
            told = [event["call"] for event in list(self.events) if event["type"] == "call.changed"]
            wanted = [call for call in told if not mine or call["agent_id"] == self.staff_id]
            return next((call for call in reversed(wanted) if call["state"] == state), None)

        def explain() -> str:
            story = [(e["type"], e.get("call", {}).get("state"), e.get("reason")) for e in self.events]
            return f"no call {state}: {story}\n{self.clinic.desk.log_tail(15)}\n{self.clinic.engine.log_tail(15)}"

        return wait_for(look, seconds=seconds, what=explain)

    def wait_leg(self, role: str, *, state: str, seconds: float = PATIENCE) -> None:
        """Return when this page was told that a leg of its call is in this state."""

        def look() -> bool | None:
            told = [event["call"] for event in list(self.events) if event["type"] == "call.changed"]
            return any(one["role"] == role and one["state"] == state for call in told for one in call["legs"]) or None

        wait_for(look, seconds=seconds, what=lambda: f"no leg {role} {state}\n{self.clinic.engine.log_tail(15)}")

    def waiting_calls(self) -> list[Json]:
        """Return the callers who wait, oldest first."""
        waiting = self.get("/api/console/snapshot")["waiting"]
        return [one for one in waiting if one["channel"] == "hotline"]

    def wait_voicemail(self) -> Json:
        """Return the first message once it is there with its recording."""

        def look() -> Json | None:
            found = self.get("/api/desk/voicemails")["voicemails"]
            return next((one for one in found if one["recording_id"]), None)

        return wait_for(
            look, seconds=30, what=lambda: f"{self.get('/api/desk/voicemails')}\n{self.clinic.engine.log_tail()}"
        )

    def recording(self, recording_id: str) -> Samples:
        """Listen to a recording of one channel."""
        answered = self.http.get(f"/api/desk/recordings/{recording_id}/audio?purpose=quality").raise_for_status()
        path = self.clinic.folder / "listened.wav"
        path.write_bytes(answered.content)
        return read_wav(path)[0]

    def call_of(self, conversation_id: str) -> Json:
        """Return a call as it stands now."""
        return self.get(f"/api/desk/calls/{conversation_id}")

    def close_talk(self, conversation_id: str) -> None:
        """Close with a category and an outcome, as the wrap-up wants."""
        options = self.get("/api/console/snapshot")
        category, outcome = (options[kind][0]["key"] for kind in ("close_categories", "close_outcomes"))
        self.post(
            f"/api/console/conversations/{conversation_id}/close",
            {"category": category, "outcome": outcome, "note": ""},
        )

    def leave(self) -> None:
        """Hang up the phone and close the page."""
        if self.phone is not None:
            self.phone.stop()
        self.clinic.run(self.screen.close())
        self.http.close()

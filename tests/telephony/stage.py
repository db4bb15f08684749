"""The FreeSWITCH engine on a stage: between a desk double and a stand-in of FreeSWITCH, with short ways to play."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from caredesk.core.clock import SystemClock
from caredesk.infra.hotline.freeswitch.engine import Engine, EngineSetup
from tests.telephony.desk_double import DeskDouble
from tests.telephony.event_socket import PASSWORD, EventSocketDouble
from tests.telephony.tools import wait_for


@dataclass
class Stage:
    """A desk, an engine, a FreeSWITCH."""

    desk: DeskDouble
    switch: EventSocketDouble
    engine: Engine
    folder: Path

    def caller(self) -> str:
        """Let somebody call who has been answered; return the call, which is the channel."""
        call = uuid.uuid4().hex
        self.switch.call_in(call)
        self.desk.wait_fact("call.arrived", call=call)
        self.desk.wait_done(self.desk.command(call, "answer"))
        return call

    def ring(self, call: str, leg: str, *users: str, bridge: str = "on_answer") -> str:
        """Ring an agent; return the channel of the first phone that is rung."""
        to = {"kind": "agent", "users": list(users) or ["w1001", "1001"]}
        self.desk.command(call, "dial", leg=leg, to=to, timeout=15, bridge=bridge, caller_hears="music")
        return self.rung(users[0] if users else "w1001")

    def rung(self, user: str, *, number: int = 1) -> str:
        pattern = rf"originate \{{origination_uuid=([0-9a-f-]+),.*\}}user/{user}@caredesk &park\(\)"
        return self.switch.wait(pattern, number=number)[1]

    def talk(self, leg: str = "leg-1") -> tuple[str, str]:
        """Let a caller and an agent talk; return both channels."""
        call = self.caller()
        channel = self.ring(call, leg, "1001")
        self.switch.answer(channel)
        self.switch.wait(rf"uuid_bridge {call} {channel}")
        self.switch.bridge(call, channel)
        self.desk.wait_fact("call.bridged", call=call, leg=leg)
        return call, channel


def open_engine(desk: DeskDouble, switch: EventSocketDouble, folder: Path) -> tuple[Engine, threading.Thread]:
    setup = EngineSetup(folder, desk.url, desk.secret, "127.0.0.1", switch.port, PASSWORD, "caredesk", "carrier")
    engine = Engine(setup, clock=SystemClock())
    engine.start()
    working = threading.Thread(target=engine.work, daemon=True)
    working.start()
    switch.wait_connection(1)
    return engine, working


@contextmanager
def open_stage(folder: Path) -> Iterator[Stage]:
    """Open a stage with one agent's phone, once the engine has everything that it fetches at its start."""
    desk, switch = DeskDouble(folder), EventSocketDouble()
    desk.start()
    switch.start()
    desk.add_phone("1001", secret="a-phone's-password")
    engine, working = open_engine(desk, switch, folder / "engine")
    wait_for(lambda: engine.sounds(["greeting"]) or None, what=lambda: "no prompts")
    written = folder / "engine" / "directory" / "phones.xml"
    wait_for(lambda: written.exists() or None, what=lambda: "no phones")
    yield Stage(desk, switch, engine, folder / "engine")
    engine.stop()
    working.join(10)
    switch.stop()
    desk.stop()

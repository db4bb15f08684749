"""The two sides of a measured hotline: sipp callers in numbers, sipp as a shelf of agents' phones, and their desk.

Audio is a captured tone of real packets in both directions, so that every call carries its 50 packets a second.
"""

from __future__ import annotations

import csv
import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.telephony import sipp, sound
from tests.telephony.desk_double import DeskDouble, Fact
from tests.telephony.engine_process import START_SECONDS, EngineProcess
from tests.telephony.tools import free_udp_port

WAITING, TALKING = "4000000001", "4000000002"
"""Numbers to call: one leaves the caller waiting with music, behind the other an agent is rung at once."""
RING_SECONDS = 0.3
PATIENCE = 3_600
"""Seconds after which a side that is still playing is ended."""
_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Switchboard:
    """Plays the desk: greets everybody, rings a free agent for those who want to talk, and takes the times."""

    desk: DeskDouble
    users: list[str]
    free: list[str] = field(default_factory=list)
    busy: dict[str, str] = field(default_factory=dict)
    asked: dict[str, float] = field(default_factory=dict)
    ring_delays: list[float] = field(default_factory=list)
    failed_legs: int = 0
    bridged: int = 0
    counted: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.free = list(self.users)
        self.desk.on_fact = self.react

    def react(self, fact: Fact) -> None:
        """Give the commands that follow from a fact."""
        with self.lock:
            self.counted[fact["type"]] += 1
            match fact["type"]:
                case "call.arrived":
                    self._greet(fact)
                case "leg.ringing":
                    self._note_ring(fact["call_id"])
                case "leg.answered":
                    # Both answers can come back to back, and then the ringing may not be told.
                    self.asked.pop(fact["call_id"], None)
                case "call.bridged":
                    self.bridged += 1
                case "leg.failed":
                    self.failed_legs += fact["reason"] != "cancelled"
                case "call.ended":
                    self._free(fact["call_id"])
                case _:
                    pass

    def _greet(self, fact: Fact) -> None:
        call_id = fact["call_id"]
        self.desk.command(call_id, "answer")
        self.desk.command(call_id, "music", name="hold")
        if fact["called"] != TALKING:
            return
        if not self.free:
            self.failed_legs += 1
            return
        user = self.busy[call_id] = self.free.pop(0)
        self.desk.command(call_id, "record", recording_id=call_id, on=True)
        self.asked[call_id] = time.perf_counter()
        to = {"kind": "agent", "users": [user]}
        self.desk.command(call_id, "dial", leg="leg", to=to, timeout=10, bridge="on_answer", caller_hears="music")

    def _note_ring(self, call_id: str) -> None:
        asked = self.asked.pop(call_id, None)
        if asked is not None:
            self.ring_delays.append(time.perf_counter() - asked)

    def _free(self, call_id: str) -> None:
        user = self.busy.pop(call_id, None)
        if user is not None:
            self.free.append(user)


@dataclass
class Board:
    """A running engine, its desk, and a shelf of phones that answer by themselves."""

    folder: Path
    desk: DeskDouble
    engine: EngineProcess
    switchboard: Switchboard
    shelf: sipp.Trunk
    voice: Path

    @classmethod
    def open(cls, folder: Path, *, agents: int, seconds: float) -> Board:
        """Start everything and register the phones; voices last as long as the longest call."""
        desk = DeskDouble(folder)
        desk.start()
        users = [f"{1001 + number}" for number in range(agents)]
        for user in users:
            desk.add_phone(user, secret=f"secret-{user}")
        engine = EngineProcess(folder / "engine", desk.url, desk.secret, settings={"CAREDESK_HOTLINE_CALLS": "500"})
        engine.start()
        desk.wait_fact("engine.started", seconds=START_SECONDS)
        desk.wait_done(desk.command("", "phones_changed"), seconds=START_SECONDS)
        voice = sound.write_tone_capture(folder / "voice.pcap", hz=sound.CALLER_HZ, seconds=seconds)
        port = free_udp_port()
        # The engine rings a phone where it registered from, so both use the same port, one after the other.
        register(folder / "register", server=engine.server, users=users, port=port)
        shelf = sipp.Trunk.start(
            folder / "shelf", server=engine.server, steps=phone_steps(voice), options=(), port=port, patience=PATIENCE
        )
        desk.wait_nth("phone.registered", number=agents, seconds=60)
        return cls(folder, desk, engine, Switchboard(desk, users), shelf, voice)

    def close(self) -> None:
        self.shelf.stop()
        self.engine.stop()
        self.desk.stop()

    def start_callers(self, name: str, *, called: str, number: int, rate: float, hold: float) -> sipp.Trunk:
        """Have so many parents call, so many a second, and stay on the line for `hold` seconds."""
        steps = [sipp.invite(), sipp.answered(seconds=20), sipp.play(self.voice), sipp.pause(hold), sipp.bye()]
        options = ("-m", str(number), "-r", str(rate), "-l", str(number), "-trace_stat", "-fd", "1")
        return sipp.Trunk.start(
            self.folder / name,
            server=self.engine.server,
            called=called,
            steps=steps,
            options=options,
            patience=PATIENCE,
        )

    def usage(self) -> tuple[float, float]:
        """Return the engine's processor seconds so far and its memory in megabytes, all its processes together."""
        seconds = resident = 0.0
        for fields in _processes_of(self.engine.process.pid if self.engine.process else 0):
            seconds += (int(fields[11]) + int(fields[12])) / _PER_SECOND
            resident += int(fields[21]) * _PAGE / 1e6
        return seconds, resident


def phone_steps(voice: Path) -> list[sipp.Step | list[sipp.Step]]:
    """Ring for a moment, answer, talk until the other side hangs up."""
    return [
        sipp.expect_request("INVITE"),
        sipp.answer("180 Ringing", body=""),
        sipp.pause(RING_SECONDS),
        sipp.answer("200 OK", body=sipp.sdp(codecs="8 101")),
        sipp.expect_request("ACK"),
        sipp.play(voice),
        sipp.expect_request("BYE", seconds=1_800),
        sipp.answer("200 OK", same_tag=True),
    ]


def register(folder: Path, *, server: str, users: list[str], port: int) -> None:
    """Register every user at the shelf's address, with digest authentication."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [f"{user};[authentication username={user} password=secret-{user}]" for user in users]
    (folder / "users.csv").write_text("\n".join(["SEQUENTIAL", *rows]) + "\n", encoding="ascii")
    first, proven = sipp.register(number=1, port=port), sipp.register(number=2, port=port, proven=True)
    steps = [first, sipp.expect_challenge(), proven, sipp.expect(200)]
    options = ("-m", str(len(users)), "-r", "50", "-inf", "users.csv")
    sipp.Trunk.start(folder, server=server, steps=steps, options=options, port=port).finish()


def failed_calls(trunk: sipp.Trunk) -> int:
    """Return how many calls of a finished sipp failed, by its own statistics."""
    (statistics,) = trunk.folder.glob("*_.csv")
    last = list(csv.DictReader(statistics.open(encoding="ascii"), delimiter=";"))[-1]
    return int(last["FailedCall(C)"])


def _processes_of(group: int) -> Iterator[list[str]]:
    """Yield the fields behind the name, as /proc has them, of every process of a group."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text("ascii", "replace").rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[2]) == group:
            yield fields

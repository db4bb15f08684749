"""The hotline's engine under load: callers waiting with music, talks that are recorded, new calls without a pause.

Run `python -m benchmarks.hotline [--quick] [--json]`. Real SIP and sound over loopback: sipp plays the trunk and the
agents' phones on the same cores, a double plays the desk. *INVITE to greeting* runs from a caller's INVITE to the first
sound that they hear, with the way to the desk and back within. *Assignment to ring* runs from the desk's command to the
desk's knowing that the phone rings.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.hotline_peers import TALKING, WAITING, Board, failed_calls
from benchmarks.report import Target, quantile, show
from caredesk.infra.hotline.test_caller import LoopbackCaller, NoAnswer
from tests.telephony import sipp
from tests.telephony.tools import missing_tools

TARGETS = {
    "together_failed_calls": Target(0),
    "steady_failed_calls": Target(0),
    "recordings_missing": Target(0),
    "invite_to_greeting_p99_ms": Target(100),
    "assignment_to_ring_p99_ms": Target(150),
    "memory_growth": Target(1.1),
}

LONGEST = 10.0
"""Seconds after which a probe that hears nothing gives up and counts as this slow."""


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    waiting: int
    talking: int
    together: float
    """Seconds for which all of them are on the line at once."""
    rate: float
    """New calls a second, each waiting for half a second, then ringing and talking."""
    steady: float
    """Seconds of new calls."""
    talk: float


FULL = Size(waiting=200, talking=100, together=60, rate=10, steady=600, talk=6)
QUICK = Size(waiting=40, talking=15, together=8, rate=4, steady=12, talk=3)


def measure(size: Size, *, folder: Path) -> dict[str, float]:
    """Return the figures by name."""
    filling = size.waiting / 20
    agents = size.talking + round(size.rate * (size.talk + 3))
    longest = max(size.together + 2 * filling, size.talk) + 5
    board = Board.open(folder, agents=agents, seconds=longest)
    try:
        figures = {"idle_memory_mb": board.usage()[1]}
        figures |= _together(board, size=size, hold=size.together + filling)
        figures |= _steady(board, size=size)
        delays = board.switchboard.ring_delays
        figures["assignment_to_ring_p50_ms"] = quantile(delays, 0.5) * 1000
        figures["assignment_to_ring_p99_ms"] = quantile(delays, 0.99) * 1000
        figures["calls_bridged"] = board.switchboard.bridged
        figures["recordings_missing"] = board.switchboard.bridged - _recordings(board)
    finally:
        board.close()
    return figures


def _together(board: Board, *, size: Size, hold: float) -> dict[str, float]:
    """Have all wait and talk at once; measure in the middle, when the line is full."""
    waiting = board.start_callers("waiting", called=WAITING, number=size.waiting, rate=20, hold=hold)
    talking = board.start_callers("talking", called=TALKING, number=size.talking, rate=10, hold=hold)
    _rest(size.waiting / 20 + 1)
    began, (before, _) = time.perf_counter(), board.usage()
    delays = _probe(board, seconds=size.together - 2, pause=0.5)
    spent = time.perf_counter() - began
    used, memory = board.usage()
    failed = sum(_failures(trunk, seconds=size.together + 60) for trunk in (waiting, talking))
    return {
        "together_calls": size.waiting + size.talking,
        "together_failed_calls": failed + board.switchboard.failed_legs,
        "together_cpu_percent": (used - before) / spent * 100,
        "together_memory_mb": memory,
        **_delays("together_invite_to_greeting", delays),
    }


def _steady(board: Board, *, size: Size) -> dict[str, float]:
    """Have new calls come without a pause; each is greeted, rung for, bridged, recorded, hung up."""
    number, failed_before = round(size.rate * size.steady), board.switchboard.failed_legs
    memory, done = [board.usage()[1]], threading.Event()
    watching = threading.Thread(target=_watch_memory, args=(board, memory, done), daemon=True)
    (before, _), began = board.usage(), time.perf_counter()
    watching.start()
    callers = board.start_callers("steady", called=TALKING, number=number, rate=size.rate, hold=size.talk)
    delays = _probe(board, seconds=size.steady, pause=1.0)
    failed = _failures(callers, seconds=size.talk + 60)
    spent = time.perf_counter() - began
    done.set()
    used, _ = board.usage()
    fifth = max(1, len(memory) // 5)
    return {
        "steady_calls": number,
        "steady_failed_calls": failed + board.switchboard.failed_legs - failed_before,
        "steady_cpu_percent": (used - before) / spent * 100,
        "steady_cpu_ms_per_call": (used - before) / number * 1000,
        "steady_memory_mb": memory[-1],
        # The first fifth warms up; what is compared is the middle of the second with the middle of the last.
        "memory_growth": quantile(memory[-fifth:], 0.5) / quantile(memory[fifth : 2 * fifth] or memory, 0.5),
        **_delays("invite_to_greeting", delays),
    }


def _probe(board: Board, *, seconds: float, pause: float) -> list[float]:
    """Call again and again beside the load; return the seconds from INVITE to the first sound, `LONGEST` for never."""
    deadline = time.perf_counter() + seconds
    delays: list[float] = []
    for number in itertools.count():
        if time.perf_counter() > deadline:
            return delays
        caller = LoopbackCaller(
            ("127.0.0.1", board.engine.sip_port), caller=f"{13_700_000_000 + number}", called=WAITING
        )
        try:
            answered = caller.call(seconds=LONGEST) == 200
            while answered and not caller.first_heard_at and time.monotonic() - caller.called_at < LONGEST:
                _rest(0.05)
            heard = caller.first_heard_at
            delays.append(heard - caller.called_at if heard else LONGEST)
        except NoAnswer:
            delays.append(LONGEST)
        finally:
            caller.close()
        _rest(pause)
    return delays


def _failures(trunk: sipp.Trunk, *, seconds: float) -> int:
    trunk.process.wait(timeout=seconds)
    return failed_calls(trunk)


def _recordings(board: Board) -> int:
    """Return how many recordings the desk has got, when the last have had time to come."""
    for _ in range(100):
        if len(board.desk.recordings) >= board.switchboard.bridged:
            break
        _rest(0.2)
    return len(board.desk.recordings)


def _delays(name: str, delays: list[float]) -> dict[str, float]:
    return {f"{name}_p50_ms": quantile(delays, 0.5) * 1000, f"{name}_p99_ms": quantile(delays, 0.99) * 1000}


def _watch_memory(board: Board, memory: list[float], done: threading.Event) -> None:
    while not done.wait(1.0):
        memory.append(board.usage()[1])


def _rest(seconds: float) -> None:
    threading.Event().wait(seconds)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer calls, at most a minute")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    chosen = parser.parse_args()
    missing = missing_tools()
    if missing:
        parser.error(missing)
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(QUICK if chosen.quick else FULL, folder=Path(folder))
    notes = ["The load's own programs share the cores; CPU is that of the engine's processes, 100 is one core."]
    return show(figures, targets=TARGETS, notes=notes, as_json=chosen.json)


if __name__ == "__main__":
    raise SystemExit(main())

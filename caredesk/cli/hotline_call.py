"""`caredesk hotline call`: a parent's telephone in software, to try a hotline on this machine."""

from __future__ import annotations

import sys
import threading
import time
import wave
from pathlib import Path

import click
import numpy as np

from caredesk.cli.plain import refuse
from caredesk.infra.hotline.embedded.g711 import RATE, Samples
from caredesk.infra.hotline.test_caller import KEYS, LoopbackCaller, NoAnswer

HEARS_FROM = 150.0
"""Loudness of 16-bit samples above which a line is not silent."""
LOOK_SECONDS = 0.25


@click.command()
@click.option("--server", default="127.0.0.1:5060", show_default=True, help="Where the hotline listens for SIP.")
@click.option("--from", "caller", default="13800138000", show_default=True, help="The caller's number.")
@click.option("--number", default="4000123456", show_default=True, help="The number that was dialled.")
@click.option("--press", default="", help="Keys to press one second after the answer.")
@click.option("--say", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="What to say: a WAV file.")
@click.option("--hear", type=click.Path(dir_okay=False, path_type=Path), help="Write what was heard into a WAV file.")
@click.option("--seconds", type=click.FloatRange(min=0), default=0, help="Hang up after so long; 0: never.")
def call(
    *, server: str, caller: str, number: str, press: str, say: Path | None, hear: Path | None, seconds: float
) -> None:
    """Call the hotline of this machine and tell what happens.

    While the call lasts, type keys and Enter to press them, `q` to hang up.
    """
    clock, voice = Clock(), _read_voice(say) if say else _tone()
    line = _open_line(server, caller=caller, called=number, clock=clock)
    line.say(voice)
    clock.tell("calling", f"{number} at {server} as {caller}")
    try:
        if line.call(seconds=60) == 200:
            _stay(line, clock=clock, press=press, seconds=seconds)
    except NoAnswer as fault:
        refuse(f"{fault}. Is `caredesk hotline` running?")
    except KeyboardInterrupt:
        clock.tell("hanging up", "Ctrl-C")
    finally:
        line.close()
    if hear:
        _write(hear, samples=line.samples_heard())
        click.echo(f"What was heard is in {hear}")


def _open_line(server: str, *, caller: str, called: str, clock: Clock) -> LoopbackCaller:
    host, _, port = server.rpartition(":")
    if not host or not port.isdigit():
        raise click.BadParameter("an address and a port are needed, as in 127.0.0.1:5060", param_hint="--server")
    try:
        return LoopbackCaller((host, int(port)), caller=caller, called=called, on_happening=clock.tell)
    except ValueError as fault:
        raise click.BadParameter(str(fault), param_hint="--from, --number") from None


class Clock:
    """Prints what happens with the seconds since the call began."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def tell(self, name: str, detail: str) -> None:
        """Print one line."""
        click.echo(f"{time.monotonic() - self._began:7.1f} s  {name:<10} {detail}")


def _stay(line: LoopbackCaller, *, clock: Clock, press: str, seconds: float) -> None:
    """Stay on the line until somebody hangs up, and tell when sound begins and ends."""
    threading.Thread(target=_read_keys, args=(line,), daemon=True).start()
    threading.Timer(1.0, lambda: line.press(_keys_of(press))).start()
    deadline, hears = time.monotonic() + (seconds or 86_400), False
    while not line.wait_ended(seconds=LOOK_SECONDS):
        loud = line.loudness() > HEARS_FROM
        if loud != hears:
            hears = loud
            clock.tell("hears", "sound" if loud else "silence")
        if time.monotonic() > deadline:
            return


def _read_keys(line: LoopbackCaller) -> None:
    for words in sys.stdin:
        if words.strip().lower() == "q":
            line.hang_up()
            return
        line.press(_keys_of(words))


def _keys_of(words: str) -> str:
    return "".join(key for key in words.upper() if key in KEYS)


def _tone() -> Samples:
    """Return a beep every second: easy to tell from speech and from music."""
    time_axis = np.arange(RATE) / RATE
    beep = 6_000 * np.sin(2 * np.pi * 1_000 * time_axis) * (time_axis < 0.3)
    return beep.astype(np.int16)


def _read_voice(path: Path) -> Samples:
    try:
        with wave.open(str(path), "rb") as file:
            shape = (file.getnchannels(), file.getsampwidth(), file.getframerate())
            content = file.readframes(file.getnframes())
    except (wave.Error, EOFError):
        shape, content = (0, 0, 0), b""
    if shape != (1, 2, RATE) or not content:
        raise click.BadParameter("a WAV file of one channel, 16 bit, 8 kHz is needed", param_hint="--say")
    return np.frombuffer(content, dtype="<i2").astype(np.int16)


def _write(path: Path, *, samples: Samples) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())

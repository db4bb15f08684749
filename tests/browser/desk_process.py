"""A desk running as its own process with the demo hospital, as a person would start it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import chinese_calendar

from caredesk.core.clock import SystemClock, clinic_time

ROOT = Path(__file__).resolve().parents[2]
# Loading the demo hospital and calibrating the bot take seconds; a loaded machine takes many.
LONGEST_START = 200.0
MONDAY = 0
CAREDESK = (sys.executable, "-m", "caredesk")


class DeskDidNotStart(Exception):
    """Carries the end of the desk's log."""


@dataclass
class DeskProcess:
    """A running `caredesk run --demo` with its folder, its log and its clock."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    settings: dict[str, str] = field(default_factory=dict)
    """More `CAREDESK_*` for this desk."""
    options: tuple[str, ...] = ("--demo", "--calm")
    usual_shift: timedelta = timedelta(0)
    """What its clock is ahead of the machine's while no test has moved it."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def data_dir(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "desk.log"

    @classmethod
    def in_folder(cls, folder: Path) -> DeskProcess:
        """Prepare a desk on a free port, at ten in the morning of the next Monday."""
        now = SystemClock().now()
        desk = cls(folder, free_port(), usual_shift=ten_in_the_morning(now) - now)
        desk.restore_clock()
        return desk

    def start(self) -> None:
        """Start the desk, also after a stop or a kill, and return when it is ready."""
        command = [*CAREDESK, "run", *self.options, "--port", str(self.port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self._environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self._wait_until_ready(self.process)

    def run_command(self, *arguments: str) -> None:
        """Run a `caredesk` command on this desk's data, as somebody in another terminal would."""
        subprocess.run([*CAREDESK, *arguments], cwd=ROOT, env=self._environment(), check=True, capture_output=True)

    def _environment(self) -> dict[str, str]:
        return dict(
            os.environ,
            CAREDESK_DATA_DIR=str(self.data_dir),
            CAREDESK_CLOCK_FILE=str(self.folder / "clock.json"),
            # Learned once for all runs of these tests; named by its content, so never stale.
            CAREDESK_INDEX_DIR=str(ROOT / ".cache" / "index"),
            # A test that moves the clock by hours leaves nobody's screen alone; by hand it locks all the same.
            CAREDESK_IDLE_LOCK_MINUTES="0",
            PYTHONUNBUFFERED="1",
            **self.settings,
        )

    def stop(self) -> None:
        """End the desk as Ctrl-C does, and insist if it does not obey."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.kill()
        self.process = None

    def kill(self) -> None:
        """End the desk without warning, as a power cut does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def restore_clock(self) -> None:
        """Have the clock stand where it would if no test had moved it.

        Each test beginning at ten again would put what it does before what the last one did.
        """
        self.shift_clock(self.usual_shift)

    def set_clock(self, at: datetime) -> None:
        """Make it `at` now for the running desk; its clock goes on from there."""
        self.shift_clock(at - SystemClock().now())

    def shift_clock(self, shift: timedelta) -> None:
        """Set the difference between the desk's clock and the machine's."""
        written = self.folder / "clock.json.new"
        written.write_text(json.dumps({"shift_seconds": shift.total_seconds()}), encoding="utf-8")
        written.replace(self.folder / "clock.json")

    def log_tail(self, lines: int = 40) -> str:
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + LONGEST_START
        while not self._is_ready():
            if process.poll() is not None:
                raise DeskDidNotStart(f"The desk ended with exit code {process.returncode}.\n{self.log_tail()}")
            if time.monotonic() > deadline:
                self.kill()
                raise DeskDidNotStart(f"The desk was not ready after {LONGEST_START:.0f} s.\n{self.log_tail()}")
            time.sleep(0.1)

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def free_port() -> int:
    """Ask the system for a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def ten_in_the_morning(now: datetime) -> datetime:
    """Return ten o'clock, clinic time, of the first Monday from today on that is no holiday.

    Always of a Monday, for the demo's doctors have their sessions by the day of the week: a test that passes today
    passes tomorrow.
    """
    day = clinic_time(now).replace(hour=10, minute=0, second=0, microsecond=0)
    while day.weekday() != MONDAY or is_holiday(day):
        day += timedelta(days=1)
    return day.astimezone(UTC)


def is_holiday(day: datetime) -> bool:
    try:
        return bool(chinese_calendar.is_holiday(day.date()))
    except NotImplementedError:
        # The State Council has not announced that year yet.
        return False

"""The real `caredesk hotline` as a process of its own, as an operator starts it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.telephony.tools import free_udp_port

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 90.0


@dataclass
class EngineProcess:
    """A hotline engine with its folder; `start` again after `kill` finds what it had spooled."""

    folder: Path
    desk_url: str
    secret: str
    settings: dict[str, str] = field(default_factory=dict)
    sip_port: int = field(default_factory=free_udp_port)
    wss_port: int = field(default_factory=free_udp_port)
    carrier_port: int = field(default_factory=free_udp_port)
    """Where numbers are called."""
    process: subprocess.Popen[bytes] | None = None

    @property
    def server(self) -> str:
        """Where phones and the trunk find it."""
        return f"127.0.0.1:{self.sip_port}"

    @property
    def log(self) -> Path:
        return self.folder / "hotline.log"

    def start(self) -> None:
        """Start it in a group of its own, so that a kill reaches the supervisor and its worker alike."""
        self.folder.mkdir(parents=True, exist_ok=True)
        environment = dict(
            os.environ,
            CAREDESK_DATA_DIR=str(self.folder / "data"),
            CAREDESK_HOTLINE_DESK_URL=self.desk_url,
            CAREDESK_HOTLINE_SECRET=self.secret,
            CAREDESK_HOTLINE_SIP_HOST="127.0.0.1",
            CAREDESK_HOTLINE_SIP_PORT=str(self.sip_port),
            CAREDESK_HOTLINE_WSS_PORT=str(self.wss_port),
            # Apart from the peers' ports and from those that the system gives away.
            CAREDESK_HOTLINE_RTP_PORTS="10000-19999",
            CAREDESK_HOTLINE_TRUNK_ADDRESSES=f"127.0.0.1:{self.carrier_port}",
            PYTHONUNBUFFERED="1",
            **self.settings,
        )
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "caredesk", "hotline"],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End it without warning, as a power cut does."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        """End it as Ctrl-C does, and insist if it does not obey."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.kill()
        self.process = None

    def ask_to_stop(self) -> None:
        """Do what Ctrl-C does and return at once."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)

    def wait_end(self, *, seconds: float) -> int:
        """Return the exit code, once it has ended."""
        assert self.process is not None
        code = self.process.wait(timeout=seconds)
        self.process = None
        return code

    def log_tail(self, lines: int = 60) -> str:
        text = self.log.read_text("utf-8", "replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

"""An agent's desk phone: a real baresip, told what to do through its control port, that keeps what it heard."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tests.telephony.sound import Samples, read_wav, tone, write_wav
from tests.telephony.tools import PATIENCE, free_udp_port, wait_for

MODULES = Path("/usr/lib/baresip/modules")

# Without its jitter buffer, which takes the packets of the next speaker for late ones when their numbers are lower.
# Names of files are relative to the folder it is started in: it cuts whatever is longer than 127 characters.
CONFIG = """\
poll_method epoll
sip_listen 127.0.0.1:{sip_port}
net_interface 127.0.0.1
call_local_timeout 120
call_max_calls 4
audio_player aubridge,nobody
audio_source aufile,voice.wav
audio_alert aubridge,nobody
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
audio_level no
jitter_buffer_delay 0-0
rtp_ports {rtp_first}-{rtp_last}
snd_path .
module_path {modules}
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control_port}
"""
ACCOUNT = (
    "<sip:{user}@{server};transport=udp>;auth_user={user};auth_pass={secret};regint={expires};"
    "answermode={answers};audio_codecs=PCMA;dtmfmode=rtpevent\n"
)


@dataclass
class Phone:
    """A running baresip; `events` are those it has told, oldest first."""

    process: subprocess.Popen[bytes]
    folder: Path
    user: str
    address: str
    control: socket.socket
    events: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def start(
        cls,
        folder: Path,
        *,
        user: str,
        server: str,
        secret: str,
        hz: float,
        answers: str = "auto",
        expires: int = 60,
    ) -> Phone:
        """Start a phone that registers at `server` and says a tone of `hz` in its calls.

        `answers` is `auto` (at once) or `manual` (rings until told).
        """
        folder.mkdir(parents=True, exist_ok=True)
        sip_port, control_port, rtp_first = free_udp_port(), free_udp_port(), free_udp_port()
        write_wav(folder / "voice.wav", samples=tone(hz, seconds=60))
        (folder / "config").write_text(
            CONFIG.format(
                sip_port=sip_port,
                control_port=control_port,
                rtp_first=rtp_first,
                rtp_last=rtp_first + 9,
                modules=MODULES,
            ),
            encoding="utf-8",
        )
        account = ACCOUNT.format(user=user, server=server, secret=secret, expires=expires, answers=answers)
        (folder / "accounts").write_text(account, encoding="utf-8")
        with (folder / "phone.log").open("wb") as log:
            process = subprocess.Popen(
                ["baresip", "-4", "-f", "."], cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        control = wait_for(
            lambda: _connect(control_port),
            what=lambda: f"baresip did not start:\n{(folder / 'phone.log').read_text('utf-8', 'replace')}",
        )
        phone = cls(process, folder, user, f"127.0.0.1:{sip_port}", control)
        threading.Thread(target=phone._listen, daemon=True).start()
        return phone

    def tell(self, command: str, parameters: str = "") -> None:
        """Give a command of baresip's menu: `accept`, `hangup`, `hold`, `resume`, `sndcode`, …"""
        words = json.dumps({"command": command, "params": parameters, "token": "rig"})
        self.control.sendall(f"{len(words)}:{words},".encode())

    def decline_next(self) -> None:
        """Decline the next call as soon as it rings."""

        def decline() -> None:
            self.wait_until("CALL_INCOMING")
            self.tell("hangup")

        threading.Thread(target=decline, daemon=True).start()

    def wait_until(self, event: str, *, seconds: float = PATIENCE, after: int = 0) -> dict[str, Any]:
        """Return the first such event (`REGISTER_OK`, `CALL_INCOMING`, …) past the first `after` events."""
        return wait_for(
            lambda: next((one for one in self.events[after:] if one.get("type") == event), None),
            seconds=seconds,
            what=lambda: f"{event} did not come: {[one.get('type') for one in self.events]}\n{self.log()}",
        )

    def wait_refused(self, *, seconds: float = PATIENCE) -> None:
        """Return when the server has refused to register this phone, however soon that was."""
        wait_for(self.was_refused, seconds=seconds, what=self.log)

    def was_refused(self) -> bool:
        """Tell whether the server has refused to register this phone so far."""
        return "403 Forbidden" in self.log()

    def events_of(self, type_: str) -> list[dict[str, Any]]:
        """Return the events of one type so far."""
        return [event for event in list(self.events) if event.get("type") == type_]

    def forget_events(self) -> None:
        """Begin a new story: only what comes from now on counts."""
        self.events.clear()

    def heard(self) -> Samples:
        """Return what the other sides of all its calls sounded like; a hold begins a new file."""
        return np.concatenate(wait_for(self._kept, what=lambda: f"nothing was kept\n{self.log()}"))

    def _kept(self) -> list[Samples] | None:
        """Return what is in the files, or None: a phone says that a call is over before it has closed the file."""
        paths = sorted(self.folder.glob("dump-*-dec.wav"), key=lambda path: path.stat().st_mtime_ns)
        kept = [read_wav(path)[0] for path in paths if path.stat().st_size]
        return kept if any(samples.size for samples in kept) else None

    def log(self) -> str:
        return (self.folder / "phone.log").read_text("utf-8", "replace")[-3000:]

    def vanish(self) -> None:
        """End without a word, as a pulled plug does."""
        self.process.kill()
        self.process.wait()
        self.control.close()

    def stop(self) -> None:
        """Sign off and end."""
        self.process.terminate()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.control.close()

    def _listen(self) -> None:
        """Read netstrings until the phone ends."""
        waiting = b""
        while True:
            try:
                more = self.control.recv(65_536)
            except OSError:
                return
            if not more:
                return
            waiting += more
            while b":" in waiting:
                length, _, rest = waiting.partition(b":")
                if len(rest) < int(length) + 1:
                    break
                said, waiting = rest[: int(length)], rest[int(length) + 1 :]
                message = json.loads(said)
                if message.get("event"):
                    self.events.append(message)


def _connect(port: int) -> socket.socket | None:
    try:
        return socket.create_connection(("127.0.0.1", port), timeout=None)
    except OSError:
        return None

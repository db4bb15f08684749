"""`dev.py run --hotline`: the desk and its hotline as two processes on this machine, which begin and end together."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from devtools.programs import StepFailed

START_SECONDS = 300
GRACE_SECONDS = 10
SIP_PORT = "5060"
ON_LOOPBACK = {
    "CAREDESK_HOTLINE_SIP_HOST": "127.0.0.1",
    "CAREDESK_HOTLINE_SIP_PORT": SIP_PORT,
    # Whoever calls from this machine is the trunk; from anywhere else there is silence.
    "CAREDESK_HOTLINE_TRUNK_ADDRESSES": "127.0.0.1",
}
GUIDE = """
  试打热线 Call the hotline
    .venv/bin/caredesk hotline call --server 127.0.0.1:{sip_port}
        输入数字后回车即按键，q 挂断 / type keys and Enter to press them, q to hang up
    软电话拨 / a softphone dials sip:4000123456@127.0.0.1:{sip_port}  （无需账号 / no account needed）
  接听 Answer it
    {url}/console  以坐席登录，打开电话，设为接待中 / sign in as an agent, switch the phone on, be ready
"""


def run_both(python: Path, *, options: list[str], host: str, port: str) -> int:
    """Run the desk with its demo hospital and the hotline beside it until either ends; return an exit code."""
    if not port.isdigit() or int(port) == 0:
        raise StepFailed("With --hotline the desk needs a port that the hotline knows: --port 5001")
    near = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 (only compared)
    url = f"http://{near}:{port}"
    environment = {**ON_LOOPBACK, "CAREDESK_HOTLINE_DESK_URL": url, **os.environ}
    signal.signal(signal.SIGTERM, _end)
    started: list[subprocess.Popen[bytes]] = []
    try:
        for words in (["run", "--demo", *options], ["hotline"]):
            started.append(subprocess.Popen([python, "-m", "caredesk", *words], env=environment))
            if len(started) == 1 and not _is_ready(started[0], host=near, port=int(port)):
                return 1
        print(GUIDE.format(sip_port=environment["CAREDESK_HOTLINE_SIP_PORT"], url=url), flush=True)
        return _first_end(started)
    except KeyboardInterrupt:
        # Ctrl-C has reached both already, as they belong to this terminal.
        return 0
    finally:
        _end_all(started)


def _is_ready(desk: subprocess.Popen[bytes], *, host: str, port: int) -> bool:
    """Wait until the desk serves; False when it has ended instead."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and desk.poll() is None:
        connection = HTTPConnection(host, port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return True
        except (HTTPException, OSError):
            time.sleep(0.2)
        finally:
            connection.close()
    return False


def _first_end(processes: list[subprocess.Popen[bytes]]) -> int:
    while True:
        for process in processes:
            try:
                return process.wait(timeout=0.5)
            except subprocess.TimeoutExpired:
                continue


def _end_all(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        if process.poll() is None:
            process.terminate()
    for process in processes:
        try:
            process.wait(timeout=GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


def _end(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt

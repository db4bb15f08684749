"""A peer to measure beside the desk: Node's own socket.io server, which acknowledges and stores nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.realtime_desk import end, start_on_first_core, wait_for
from caredesk.webbuild import WebBuildError, find_node, npm_script
from tests.browser.desk_process import free_port

VERSION = "4.8.4"
LONGEST_INSTALL = 90

SERVER = """
const { createServer } = require('http')
const { Server } = require('socket.io')
const http = createServer()
const io = new Server(http, { transports: ['websocket'] })
io.on('connection', (socket) => socket.on('post', (message, answer) => answer({ ok: true, key: message.client_key })))
http.on('request', (request, response) => { if (request.url === '/up') response.end('up') })
http.listen(Number(process.argv[2]), '127.0.0.1')
"""


@contextmanager
def serve_peer(folder: Path) -> Iterator[tuple[str, int] | None]:
    """Serve the peer until the block ends and give its address and process; None where it cannot be installed."""
    home = folder / "peer"
    home.mkdir()
    if not _install(home):
        print(f"socket.io {VERSION} of Node cannot be installed here: left out", file=sys.stderr)
        yield None
        return
    (home / "server.cjs").write_text(SERVER, encoding="utf-8")
    port = free_port()
    process = start_on_first_core([str(find_node()), str(home / "server.cjs"), str(port)], more=dict(os.environ))
    try:
        wait_for(f"http://127.0.0.1:{port}/up")
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        end(process)


def _install(home: Path) -> bool:
    """Install the pinned version into a folder; tell whether it is there."""
    options = ["--no-save", "--ignore-scripts", "--prefix", str(home)]
    try:
        node = find_node()
        command = [str(node), str(npm_script()), "install", *options, f"socket.io@{VERSION}"]
        path = f"{node.parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            command,
            check=False,
            cwd=home,
            env={**os.environ, "PATH": path},
            capture_output=True,
            timeout=LONGEST_INSTALL,
        )
    except (OSError, WebBuildError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0

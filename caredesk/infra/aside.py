"""Runs one slow function in a process of its own that is less urgent than the desk, so that no screen waits for it.

The function is named by where it stands and gets its arguments by pickle. It may tell how far it is; whoever waits says
each time whether it shall go on. When the desk ends, its helper ends with it.
"""

from __future__ import annotations

import importlib
import os
import pickle
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import caredesk

Tell = Callable[[Any], None]
NICENESS = 10
LENGTH_BYTES = 8


class AsideFailed(Exception):
    """The function raised: it would raise again."""


class AsideDied(Exception):
    """The process ended without an answer, by a signal or for want of memory: it may be tried again."""


class AsideStopped(Exception):
    """Whoever waited does not want the answer any more."""


def run_aside(function: Callable[..., Any], *arguments: object, told: Callable[[Any], bool] = lambda _: True) -> Any:  # noqa: ANN401
    """Return what the function returns, run as `function(*arguments, tell=...)` in another process.

    Raises AsideFailed, AsideDied or AsideStopped.
    """
    package = Path(caredesk.__file__).parents[1]
    process = subprocess.Popen(
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=dict(os.environ, PYTHONPATH=os.pathsep.join([str(package), os.environ.get("PYTHONPATH", "")])),
    )
    # The pipe to the helper stays open for as long as an answer is wanted: its end is the sign to stop.
    with process, process.stdin, process.stdout:  # type: ignore[union-attr]
        try:
            return _waited(process, (function.__module__, function.__qualname__, arguments), told=told)
        finally:
            process.kill()


def _waited(process: subprocess.Popen[bytes], request: object, *, told: Callable[[Any], bool]) -> Any:  # noqa: ANN401
    if process.stdin is None or process.stdout is None:
        raise AsideDied("no pipes")
    with suppress(BrokenPipeError):
        _send(process.stdin, request)
    while True:
        try:
            kind, value = _receive(process.stdout)
        except EOFError as end:
            raise AsideDied(f"exit code {process.wait()}") from end
        if kind == "done":
            return value
        if kind == "failed":
            raise AsideFailed(value)
        if not told(value):
            raise AsideStopped


def _send(pipe: BinaryIO | Any, value: object) -> None:  # noqa: ANN401
    content = pickle.dumps(value, protocol=5)
    pipe.write(len(content).to_bytes(LENGTH_BYTES, "big"))
    pipe.write(content)
    pipe.flush()


def _receive(pipe: BinaryIO | Any) -> Any:  # noqa: ANN401
    length = pipe.read(LENGTH_BYTES)
    if len(length) < LENGTH_BYTES:
        raise EOFError
    content = pipe.read(int.from_bytes(length, "big"))
    if len(content) < int.from_bytes(length, "big"):
        raise EOFError
    return pickle.loads(content)  # noqa: S301 (from a process that we started ourselves)


# ---- in the other process ----------------------------------------------------------------------------------


def main() -> None:
    """Do what comes in, answer, and end."""
    os.nice(NICENESS)
    # Whatever is printed goes to the log and not among the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    module, name, arguments = _receive(sys.stdin.buffer)
    threading.Thread(target=_end_with_the_desk, daemon=True).start()
    try:
        value = getattr(importlib.import_module(module), name)(*arguments, tell=lambda it: _send(answers, ("told", it)))
    except Exception:
        _send(answers, ("failed", traceback.format_exc()))
    else:
        _send(answers, ("done", value))


def _end_with_the_desk() -> None:
    sys.stdin.buffer.read(1)
    os._exit(1)


if __name__ == "__main__":
    main()

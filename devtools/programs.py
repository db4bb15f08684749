"""Running other programs, quietly or in the open, and reading the small files that they leave."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]

Command = Sequence[str | Path]


class StepFailed(Exception):
    """An expected failure, worded for the person at the keyboard."""


def succeeds(command: Command) -> bool:
    """Run a program that writes to the terminal itself; tell whether it was content."""
    return exit_code(command) == 0


def exit_code(command: Command) -> int:
    """Run a program that writes to the terminal itself."""
    sys.stdout.flush()
    return subprocess.run(command, check=False).returncode


def quietly(command: Command, *, advice: str, environment: dict[str, str] | None = None) -> None:
    """Run a long program behind one moving line; show its last words only if it fails."""
    tail: deque[str] = deque(maxlen=40)
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as process:
        for line in process.stdout or ():
            tail.append(line.rstrip())
            show_progress(line)
    show_progress("")
    if process.returncode:
        print("\n".join(tail), file=sys.stderr)
        shown = re.sub(re.escape(f"{ROOT}/"), "", " ".join(map(str, command)))
        raise StepFailed(f"`{shown}` failed (exit {process.returncode}).\n{advice}")


def show_progress(line: str) -> None:
    """Overwrite the moving line; a log file gets none."""
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns - 8
        print(f"\r\033[K      {line.strip()[:width]}" if line else "\r\033[K", end="", flush=True)


def read_json(path: Path) -> dict[str, Any]:
    """Read a small JSON file; a missing or broken one counts as empty."""
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}

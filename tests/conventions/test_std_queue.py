"""`caredesk/queue` must never shadow the standard library's `queue`, which sockets and thread pools import."""

from __future__ import annotations

import queue
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STANDARD = Path(sysconfig.get_path("stdlib"), "queue.py")

# Runs a module as `python -m` does, and looks afterwards at which `queue` it has been working with.
SHOW_QUEUE_AFTER = """
import atexit, runpy, sys
atexit.register(lambda: print("queue:", __import__("queue").__file__))
sys.argv = [{module!r}, "--help"]
runpy.run_module({module!r}, run_name="__main__", alter_sys=True)
"""


def run_python(*arguments: str) -> str:
    finished = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return finished.stdout


def test_under_pytest_queue_is_the_standard_one() -> None:
    assert Path(queue.__file__).samefile(STANDARD)


def test_no_test_folder_is_on_the_import_path() -> None:
    inside = [entry for entry in sys.path if entry and Path(entry).resolve().is_relative_to(ROOT / "tests")]
    assert inside == []


@pytest.mark.parametrize("options", [[], ["-P"]], ids=["from the root", "with a safe path"])
def test_from_the_repository_root_queue_is_the_standard_one(options: list[str]) -> None:
    assert Path(run_python(*options, "-c", "import queue; print(queue.__file__)").strip()).samefile(STANDARD)


def test_in_the_command_queue_is_the_standard_one() -> None:
    output = run_python("-c", SHOW_QUEUE_AFTER.format(module="caredesk"))
    assert "run" in output
    assert Path(output.rpartition("queue: ")[2].strip()).samefile(STANDARD)

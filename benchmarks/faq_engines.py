"""The engines that `benchmarks.faq` compares, each run in a process of its own, and our own as the desk runs it."""

from __future__ import annotations

import gc
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.faq_child import FIRST_QUESTION, peak_mb, resident_mb, timed
from caredesk.chatbot.bot import Bot
from caredesk.chatbot.entries import Entries, FaqEntry
from caredesk.chatbot.index import FaqIndex, build_index
from caredesk.infra.index_folder import keep_index, read_index

ROOT = Path(__file__).parents[1]
ENVIRONMENTS = ROOT / ".venv" / "peers"
THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
NEW = FaqEntry("new-entry", "新", "轮滑护具消毒登记表在哪里领？", ("领轮滑护具的消毒表",), "在服务台领取。")
# A name of its own for the child's module: it is also this one.
OURS = __name__


@dataclass(frozen=True)
class Peer:
    """An engine to compare with: its module, up to which size it is worth waiting for, and its environment if any."""

    module: str
    largest: int = 1_000_000
    largest_quick: int = 1_000_000
    environment: str = ""


PEERS: dict[str, Peer] = {
    "jieba_tfidf": Peer("benchmarks.peers.jieba_tfidf"),
    "character_tfidf": Peer("benchmarks.peers.character_tfidf"),
    "bm25": Peer("benchmarks.peers.bm25"),
    "rapidfuzz": Peer("benchmarks.peers.rapidfuzz_ratio"),
    # It compares every phrase in Python: a tenth of a second for each question at 1,000 entries.
    "chatterbot": Peer("benchmarks.peers.chatterbot", largest=1_000, largest_quick=200, environment="chatterbot"),
}


class NotMeasured(Exception):
    """A peer ended without figures, or has no environment to run in."""


def run_peer(peer: Peer, job: dict[str, Any], *, may_install: bool) -> dict[str, Any]:
    """Measure a peer. Raises NotMeasured."""
    python = _python_of(peer.environment, may_install=may_install) if peer.environment else Path(sys.executable)
    return _run(python, {"module": peer.module, **job})


def run_ours(job: dict[str, Any]) -> dict[str, Any]:
    """Build our index in one process and ask it in another, as the desk does."""
    with tempfile.TemporaryDirectory() as folder:
        common = {"module": OURS, "index": str(Path(folder) / "learned.index"), **job}
        built = _run(Path(sys.executable), {**common, "function": "build"})
        return {**_run(Path(sys.executable), {**common, "function": "serve"}), **built}


def _run(python: Path, job: dict[str, Any]) -> dict[str, Any]:
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(job, file)
        file.flush()
        command = [str(python), "-m", "benchmarks.faq_child", file.name]
        environment = {**os.environ, **THREADS, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
        ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise NotMeasured(f"{job['module']} ended with {ended.returncode}: {ended.stderr.strip()[-500:]}")
    done: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return done


def _python_of(name: str, *, may_install: bool) -> Path:
    """Return the interpreter of a peer's environment, made when it is not there."""
    wanted = Path(__file__).parent / "peers" / f"{name}.txt"
    folder = ENVIRONMENTS / name
    python, installed = folder / "bin" / "python", folder / wanted.name
    if installed.exists() and installed.read_bytes() == wanted.read_bytes():
        return python
    if not may_install:
        raise NotMeasured("a run without --quick makes its environment")
    print(f"Making an environment for {name}; this takes a minute or two.", file=sys.stderr)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        venv.create(folder, with_pip=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "-r", str(wanted)]
        subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as fault:
        said = str(getattr(fault, "stderr", "") or fault).strip().splitlines()
        raise NotMeasured(f"its environment cannot be made ({said[-1]})") from fault
    shutil.copy(wanted, installed)
    return python


# ---- our own, in the child ---------------------------------------------------------------------------------


def build(job: dict[str, Any]) -> dict[str, Any]:
    """Learn and keep the index, and tell how long that takes; and how long until a new entry is found."""
    entries = Entries.of(_read_entries(job))
    started = time.perf_counter()
    index = build_index(entries, version="benchmark")
    keep_index(index, path=Path(job["index"]))
    built = time.perf_counter() - started
    peak = peak_mb()
    return {"build_seconds": built, "build_peak_mb": peak, "new_entry_seconds": _until_found(index)}


def _until_found(index: FaqIndex) -> float:
    started = time.perf_counter()
    carried = build_index([*index.entries, NEW], version="carried on", before=index)
    found = carried.search(carried.read(NEW.similar[0])).candidates[0].entry.id
    if found != NEW.id:
        raise RuntimeError(f"the new entry was not found, but {found}")
    return time.perf_counter() - started


def serve(job: dict[str, Any]) -> dict[str, Any]:
    """Ask the kept index everything: whole turns for the time, the search alone to compare with peers."""
    bot = _served(Path(job["index"]))
    turns = [timed(bot.ask, query) for query in job["queries"]]
    memory = resident_mb()
    finds = [bot.index.search(bot.index.read(query)) for query in job["queries"]]
    return {
        "found": [([one.entry.id for one in found.candidates], found.confidence) for found in finds],
        "turns": [[one.id for one in turn.candidates] for turn, _, _ in turns],
        "milliseconds": [wall for _, wall, _ in turns],
        "cpu_milliseconds": [cpu for _, _, cpu in turns],
        "memory_mb": memory,
        "swapping_mb": _while_swapping(job, bot),
    }


def _served(path: Path) -> Bot:
    index = read_index(path)
    if index is None:
        raise RuntimeError("the index was not kept")
    bot = Bot(index)
    bot.ask(FIRST_QUESTION)
    gc.collect()
    gc.freeze()
    return bot


def _while_swapping(job: dict[str, Any], served: Bot) -> float:
    """Return the memory while the next index, as large as the served one, is in use beside it."""
    beside = Path(job["index"]).with_suffix(".next")
    shutil.copy(job["index"], beside)
    following = _served(beside)
    for query in job["queries"]:
        following.ask(query)
        served.ask(query)
    return resident_mb()


def _read_entries(job: dict[str, Any]) -> list[FaqEntry]:
    with Path(job["base"]).open(encoding="utf-8") as lines:
        rows: Sequence[list[Any]] = [json.loads(line) for line in lines]
    return [FaqEntry(row[0], row[1], row[2], tuple(row[3]), row[4]) for row in rows]

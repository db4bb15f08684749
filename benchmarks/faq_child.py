"""One engine at one size, measured in a process of its own: `python -m benchmarks.faq_child JOB.json`.

What it prints is one JSON object. It imports nothing of caredesk but for our own engine: other engines may live in
an environment that cannot hold it.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

MEGABYTE = 1024 * 1024
FIRST_QUESTION = "你好吗"


def main(job_file: Path) -> None:
    """Do what the job says and print what came of it."""
    job = json.loads(job_file.read_text(encoding="utf-8"))
    _keep_to_one_core()
    module = importlib.import_module(job["module"])
    done: dict[str, Any] = getattr(module, job["function"])(job) if "function" in job else search_all(module.make, job)
    print(json.dumps(done))


def search_all(make: Callable[[list[tuple[str, str]]], Callable[[str], Any]], job: dict[str, Any]) -> dict[str, Any]:
    """Build a peer, ask it everything, and tell how it did."""
    phrases = read_phrases(job)
    started = time.perf_counter()
    search = make(phrases)
    built = time.perf_counter() - started
    search(FIRST_QUESTION)
    del phrases
    gc.collect()
    gc.freeze()
    asked = [timed(search, query) for query in job["queries"]]
    return {
        "found": [found for found, _, _ in asked],
        "milliseconds": [wall for _, wall, _ in asked],
        "cpu_milliseconds": [cpu for _, _, cpu in asked],
        "build_seconds": built,
        "memory_mb": resident_mb(),
        "peak_mb": peak_mb(),
    }


def timed(search: Callable[[str], Any], query: str) -> tuple[Any, float, float]:
    """Return what was found, and how long it took by the clock and by the processor."""
    started, worked = time.perf_counter(), time.thread_time()
    found = search(query)
    return found, (time.perf_counter() - started) * 1000, (time.thread_time() - worked) * 1000


def read_phrases(job: dict[str, Any]) -> list[tuple[str, str]]:
    """Read the grown base as pairs of entry id and phrase."""
    pairs: list[tuple[str, str]] = []
    with Path(job["base"]).open(encoding="utf-8") as lines:
        for line in lines:
            entry_id, _, question, similar, _ = json.loads(line)
            pairs += [(entry_id, phrase) for phrase in (question, *similar)]
    return pairs


def resident_mb() -> float:
    """Return how much memory the whole process holds now."""
    if sys.platform != "linux":
        return peak_mb()
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MEGABYTE


def peak_mb() -> float:
    """Return the most memory that the process has held."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MEGABYTE


def _keep_to_one_core() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""The numbered steps of a command, and what its parts found."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET


@dataclass
class Steps:
    """Numbers the steps of a command and tells how long each took."""

    total: int
    number: int = 0

    def announce(self, title: str) -> None:
        """Begin a step that has no end of its own."""
        self.number += 1
        print(f"[{self.number}/{self.total}] {title}", flush=True)

    @contextmanager
    def next(self, title: str) -> Iterator[None]:
        """Run a step and tell how long it took."""
        self.announce(title)
        started = time.monotonic()
        yield
        print(f"      {time.monotonic() - started:.1f} s", flush=True)


@dataclass(frozen=True)
class Counts:
    """How many tests ended how."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    @classmethod
    def from_junit(cls, report: Path) -> Counts:
        """Add up the suites of a JUnit file; without one, nothing has run."""
        if not report.is_file():
            return cls()
        suites = [suite.attrib for suite in ET.parse(report).iter("testsuite")]
        tests, failures, errors, skipped = (
            sum(int(suite.get(name, 0)) for suite in suites) for name in ("tests", "failures", "errors", "skipped")
        )
        return cls(tests - failures - errors - skipped, failures + errors, skipped)

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


@dataclass
class Results:
    """Collects what each part of a command found, so that one failure does not hide the next."""

    wants_tests: bool = True
    counts: Counts = field(default_factory=Counts)
    failures: list[str] = field(default_factory=list)

    def add(self, name: str, good: bool, counts: Counts | None = None) -> None:  # noqa: FBT001
        """Take the outcome of one part."""
        self.counts += counts or Counts()
        if counts:
            print(f"      {name}: {counts}")
        if not good:
            self.failures.append(name)

    def report(self) -> int:
        """Print the summary, the totals last, and return the exit code."""
        if self.wants_tests and not self.counts.passed and not self.failures:
            self.failures.append("no test was run")
        print(f"\nFailed: {', '.join(self.failures)}\n" if self.failures else "\nAll good.")
        print(self.counts if self.wants_tests else "No test was wanted.", flush=True)
        return 1 if self.failures else 0

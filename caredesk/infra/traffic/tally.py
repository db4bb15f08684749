"""What came of a play: counted while it runs, and one summary at its end. Pure: it is told, it asks nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Tally:
    """Counts and times of a play, in seconds."""

    sent: int = 0
    acknowledged: int = 0
    answered: int = 0
    unanswered: int = 0
    lost: int = 0
    doubled: int = 0
    unseen: int = 0
    """Acknowledged and kept, but not shown on the parent's own screen."""
    refused: Counter[str] = field(default_factory=Counter)
    """Requests that the desk refused, by its code."""
    accepted: int = 0
    replies: int = 0
    closed: int = 0
    call_ups: int = 0
    calls: int = 0
    calls_answered: int = 0
    acknowledged_in: list[float] = field(default_factory=list)
    answered_in: list[float] = field(default_factory=list)

    def is_whole(self) -> bool:
        """Tell whether nothing that was acknowledged is missing, doubled or unseen."""
        return not (self.lost or self.doubled or self.unseen)

    def check(self, acknowledged: Iterable[str], *, kept: Sequence[str], shown: Sequence[str]) -> None:
        """Compare the keys that the desk has acknowledged with those it kept and those a screen has shown."""
        in_store, on_screen = Counter(kept), Counter(shown)
        for key in acknowledged:
            self.lost += in_store[key] == 0
            self.doubled += in_store[key] > 1 or on_screen[key] > 1
            self.unseen += in_store[key] > 0 and on_screen[key] == 0

    def count_answers(self, authors: Sequence[str]) -> None:
        """Count a parent's messages of one conversation that something of the desk followed, from authors in order."""
        last = max((n for n, author in enumerate(authors) if author in ("bot", "agent")), default=-1)
        asked = [n for n, author in enumerate(authors) if author == "visitor"]
        self.answered += sum(n < last for n in asked)
        self.unanswered += sum(n > last for n in asked)

    def summary(self) -> dict[str, Any]:
        """Return everything for people and programs; times in milliseconds, null where nothing was measured."""
        return {
            "sent": self.sent,
            "acknowledged": self.acknowledged,
            "answered": self.answered,
            "unanswered": self.unanswered,
            "lost": self.lost,
            "doubled": self.doubled,
            "unseen": self.unseen,
            "offers_accepted": self.accepted,
            "agents_replies": self.replies,
            "closed_by_agents": self.closed,
            "call_ups": self.call_ups,
            "calls": self.calls,
            "calls_answered": self.calls_answered,
            "acknowledged_ms": spread(self.acknowledged_in),
            "answered_ms": spread(self.answered_in),
            "refused": dict(sorted(self.refused.items())),
        }


def spread(seconds: Sequence[float]) -> Mapping[str, float] | None:
    """Return the median and the 99th percentile in milliseconds (nearest rank), or None without a value."""
    if not seconds:
        return None
    ordered = sorted(seconds)
    shares = {"p50": 0.5, "p99": 0.99}
    return {name: round(1000 * ordered[round(share * (len(ordered) - 1))], 1) for name, share in shares.items()}

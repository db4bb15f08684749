"""Ports: what the desk needs from the outside world, each with an embedded and a scaled implementation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from caredesk.core.event import Event


class Push(Protocol):
    """Carries events to live screens. It may lose: stored events and catch-up repair every loss."""

    def deliver(self, events: Sequence[Event]) -> None: ...


class Jobs(Protocol):
    """Wakes whoever runs due jobs. It may be late: jobs are rows and are found by the next look."""

    def wake(self) -> None: ...


class Files(Protocol):
    """Keeps uploaded files outside the web root."""

    def put(self, name: str, content: bytes) -> None: ...

    def get(self, name: str) -> bytes: ...


class Webhook(Protocol):
    """Sends post to the hospital's own systems."""

    def send(self, *, delivery_id: str, body: bytes) -> str:
        """Send one body; return an empty text when it was taken, else the code of what was wrong."""
        ...


class RateLimits(Protocol):
    """Counts attempts in moving windows."""

    def hit(self, rule: str, *parts: str) -> int:
        """Count one attempt; return 0 when it is within the rule, else the seconds to wait."""
        ...

"""Ports of a process that serves no browsers: nothing to push to, nobody to wake."""

from __future__ import annotations

from collections.abc import Sequence

from caredesk.core.event import Event


class NoPush:
    """Drops events: they are stored, and screens catch up."""

    def deliver(self, events: Sequence[Event]) -> None:
        return None


class NoJobs:
    """Wakes nobody: the serving process looks for due jobs by itself twice a second."""

    def wake(self) -> None:
        return None

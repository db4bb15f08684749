"""Turns what a process sees failing into alerts that suggest an incident, one for an outage, however many see it."""

from __future__ import annotations

from datetime import datetime

from caredesk.actions import outage_alerts
from caredesk.core.work import SYSTEM
from caredesk.edge.condition import DATABASE
from caredesk.edge.services import Services
from caredesk.edge.transactions import read, write


class OutageAlerts:
    """Follows one process's condition. A process ends alerts of what it has itself seen failing and working again."""

    def __init__(self) -> None:
        # What is open at the start was left by a process that is gone.
        self._seen = set(outage_alerts.WATCHED)
        self._suggested: dict[str, datetime] = {}

    def follow(self, services: Services) -> None:
        """Raise and end alerts as the condition now says; after each look."""
        if services.condition.problem_of(DATABASE):
            return
        now, troubles = services.clock.now(), services.condition.now().troubles
        failing = {str(one.name): one for one in troubles if one.name in outage_alerts.WATCHED}
        self._seen |= failing.keys()
        due = {name: one.since for name, one in failing.items() if one.suggests_at <= now}
        fresh = {name: since for name, since in due.items() if self._suggested.get(name) != since}
        if not fresh and not self._seen - failing.keys():
            return
        with read(services) as session:
            standing = outage_alerts.list_open(session)
        lasting = fresh.keys() - standing
        over = (standing & self._seen) - failing.keys()
        if lasting or over:
            with write(services, actor=SYSTEM) as work:
                outage_alerts.follow(work, lasting=sorted(lasting), over=sorted(over))
        # Another process may see the end of it first: whoever has suggested it once does not again.
        self._suggested |= fresh
        self._seen &= failing.keys()

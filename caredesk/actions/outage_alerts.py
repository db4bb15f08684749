"""Alerts about what has failed for so long that somebody should declare an incident; gone when it works again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from sqlalchemy.orm import Session

from caredesk.actions import alerts
from caredesk.core.work import Work
from caredesk.events.alert_codes import AlertCode
from caredesk.floor import queries
from caredesk.floor.rules import matter_of

WATCHED = ("disk", "bot", "hotline", "redis", "clock")
"""Not the database: while it is away nothing can be raised in it, and every screen's banner suggests the incident."""


def list_open(session: Session) -> frozenset[str]:
    """Return of what an alert is open."""
    found = {alert.matter for alert in queries.list_open_alerts(session, matters=[_matter(one) for one in WATCHED])}
    return frozenset(one for one in WATCHED if _matter(one) in found)


def follow(work: Work, *, lasting: Iterable[str], over: Iterable[str]) -> None:
    """Raise an alert for each outage that lasts, once, and end those of what works again."""
    for name in lasting:
        alerts.raise_alert(work, code=_code(name))
    for name in over:
        alert = queries.find_open_alert(work.session, matter=_matter(name))
        if alert is not None:
            alerts.end(work, alert_id=alert.id)


def _code(name: str) -> AlertCode:
    return cast(AlertCode, f"outage_{name}")


def _matter(name: str) -> str:
    return matter_of(_code(name), conversation_id=None, staff_id=None, queue_id=None)

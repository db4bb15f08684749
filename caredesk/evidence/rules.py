"""Pure decisions about exports: what one may be made for, and how long a request for one without masks lives."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

Purpose = Literal["complaint", "dispute", "court", "regulator", "quality"]
"""What something is taken out for: a complaint, a dispute with a family, a court, an authority, the quality of work."""

Kind = Literal["conversation", "call", "request"]
"""By what the thing is named that is taken out; each belongs to one conversation."""

Standing = Literal["pending", "approved", "refused", "expired"]

REASON_CHARACTERS = 200
ASKED_FOR = timedelta(hours=1)
"""How long a request waits for a second person."""
GOOD_FOR = timedelta(minutes=30)
"""How long their yes is good, for whoever has asked."""


def standing_of(*, decision: str, decided_at: datetime | None, expires_at: datetime, now: datetime) -> Standing:
    """Return how a request stands at an instant."""
    if decision == "refused":
        return "refused"
    if decision == "approved" and decided_at is not None:
        return "approved" if now < decided_at + GOOD_FOR else "expired"
    return "pending" if now < expires_at else "expired"


def good_until(*, decision: str, decided_at: datetime | None, expires_at: datetime) -> datetime:
    """Return until when a request waits, or its yes is good."""
    return decided_at + GOOD_FOR if decision == "approved" and decided_at is not None else expires_at

"""What about a request is worth waking somebody for whose page is closed; beside the rules of requests themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Channel = Literal["screen", "web_push", "wechat", "sms", "none"]
"""Where somebody was told: on an open page, by push, by message, or nowhere but on the page they will open."""

NEWSWORTHY = frozenset({"left", "accepted", "promised", "arrived", "closed"})
"""States that who asked waits to hear of. Each attempt has a line on the page and would ring a phone ten times."""

TELL_AFTER = timedelta(seconds=3)
"""What happens at once is told once; whoever reloads the page is back by then."""
TRY_AGAIN_AFTER = timedelta(seconds=30)
MOST_TRIES = 3
IN_DOUBT = timedelta(seconds=45)
"""A phone that loses its network is noticed this late: what was told to its page meanwhile nobody may have seen."""


@dataclass(frozen=True)
class Stand:
    """How a request stands, as far as it may be news."""

    state: str
    promised_at: datetime | None
    unread: int


def is_news(now: Stand, *, known: Stand | None) -> bool:
    """Tell whether something has happened since who asked was told last; a new request is no news to them."""
    before = known or Stand("waiting", None, 0)
    moved = now.state != before.state and now.state in NEWSWORTHY
    promised = now.promised_at is not None and now.promised_at != before.promised_at
    return moved or (promised and now.state == "promised") or now.unread > before.unread

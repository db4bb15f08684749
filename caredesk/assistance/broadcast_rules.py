"""Pure decisions about a message to all waiting families: by which channels each is told, and how it went.

A family that has its page open reads it there. Everybody else gets WeChat, or a text message, as their consent says.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal

from caredesk.assistance.call_up_rules import Consent, Contact, hindrance, quiet_end
from caredesk.assistance.call_up_schemas import QuietHours

Channel = Literal["in_app", "wechat", "sms"]
OUTSIDE: tuple[Channel, ...] = ("wechat", "sms")
WAITING = ("booked", "checked_in")
"""Whoever has not been seen and is not being seen."""

WORDS_CHARACTERS = 120
LINGERS = timedelta(hours=2)
"""A session that runs late still has people who wait."""
WORTH_FOR = timedelta(hours=1)
"""Afterwards a message about this hour helps nobody any more."""
QUIET = QuietHours(begins=time(22), ends=time(7))
"""Hours in which nobody is written to who does not wait for a session that runs now."""

_NUMBER_OR_LINK = re.compile(r"\d(?:[ -]?\d){6,}|https?:|www\.|\.(?:com|cn)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Planned:
    """The message to one family by one channel; with a reason in `skip` it is only written down."""

    channel: Channel
    skip: str = ""


def first_legs(contact: Contact, *, consent: Consent, is_online: bool, quiet: bool) -> list[Planned]:
    """Return how a family is told: on its page, and outside unless the page stands open."""
    skip = hindrance("in_app", contact, consent=consent)
    page = Planned("in_app", skip)
    if is_online and not skip:
        return [page]
    return [page, *outside_legs(contact, consent=consent, quiet=quiet, tried=())]


def outside_legs(contact: Contact, *, consent: Consent, quiet: bool, tried: Collection[str]) -> list[Planned]:
    """Return the next channel outside the page that can be used, after those that cannot, each with its reason."""
    legs = []
    for channel in OUTSIDE:
        if channel in tried:
            continue
        skip = "quiet_hours" if quiet else hindrance(channel, contact, consent=consent)
        legs.append(Planned(channel, skip))
        if not skip:
            break
    return legs


def is_quiet(*, in_session: bool, now: datetime) -> bool:
    """Tell whether families are left in peace outside their page; those of a session that runs now are waiting."""
    return not in_session and quiet_end(QUIET, now=now) is not None


def names_somebody(text: str, *, names: Collection[str]) -> bool:
    """Tell whether words hold a patient's or a guardian's full name, a long number, or a link."""
    return bool(_NUMBER_OR_LINK.search(text)) or any(len(name) > 1 and name in text for name in names)


# ---- how it went -----------------------------------------------------------------------------------------

Fate = Literal["delivered", "sent", "pending", "failed"]


def fate_of(legs: Sequence[tuple[str, str]]) -> Fate:
    """Return the best that became of the message to one family, from the channel and state of each way.

    What stands on the family's own page has been delivered; what a provider has taken has been sent.
    """
    states = [state for _, state in legs]
    if "delivered" in states or ("in_app", "sent") in legs:
        return "delivered"
    if "sent" in states:
        return "sent"
    return "pending" if {"planned", "sending"} & set(states) else "failed"


def fates(legs: Mapping[str, Sequence[tuple[str, str]]]) -> dict[str, Fate]:
    """Return what became of the message to each family."""
    return {guardian_id: fate_of(of_one) for guardian_id, of_one in legs.items()}

"""Pure decisions about messages and conversations: cleaning of text, numbers, previews, who may see what."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta

from caredesk.conversations.errors import MessageEmpty, MessageTooLong, PhoneUnreadable
from caredesk.core.clock import clinic_time, from_clinic

PREVIEW_CHARACTERS = 60

REOPEN_WITHIN = timedelta(hours=24)
"""A new question this soon after a close counts against the resolution (B37)."""

MISSES_BEFORE_PERSON = 2
"""Questions in a row that the bot could not answer before it brings in a person (B45)."""

# Control characters except tab and newline, and the bidirectional overrides that can make text lie about its order.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]")
# Bringing combining characters into their order takes the square of their number; NFC never makes four out of one.
_LONGEST_BEFORE_NORMALISING = 4

_BLANK_LINES = re.compile(r"\n{4,}")
_PHONE = re.compile(r"^\+?\d[\d -]{4,20}\d$")


def clean_text(text: str, *, limit: int) -> str:
    """Return the text as it is stored: NFC, no control characters; refuse what is empty or too long."""
    if len(text) > _LONGEST_BEFORE_NORMALISING * limit:
        raise MessageTooLong(limit=limit)
    tidy = _BLANK_LINES.sub("\n\n\n", tidy_text(text)).strip()
    if not any(unicodedata.category(character)[0] not in "ZC" for character in tidy):
        raise MessageEmpty
    if len(tidy) > limit:
        raise MessageTooLong(limit=limit)
    return tidy


def tidy_text(text: str) -> str:
    """Return a short text that may also be empty, such as a note or a draft, without what is never stored."""
    tidy = text.replace("\r\n", "\n").replace("\r", "\n")
    return _FORBIDDEN.sub("", unicodedata.normalize("NFC", tidy))


def clean_phone(phone: str) -> str:
    """Return a telephone number without spaces and dashes; empty stays empty."""
    tidy = unicodedata.normalize("NFKC", phone).strip()
    if not tidy:
        return ""
    if not _PHONE.match(tidy):
        raise PhoneUnreadable
    return tidy.replace(" ", "").replace("-", "")


def preview(text: str) -> str:
    """Return one short line of a message for the lists."""
    line = " ".join(text.split())
    return line if len(line) <= PREVIEW_CHARACTERS else line[: PREVIEW_CHARACTERS - 1] + "…"


def day_of(at: datetime) -> str:
    """Return the clinic day of an instant as eight digits."""
    return clinic_time(at).strftime("%Y%m%d")


def number_of(*, day: str, count: int) -> str:
    """Return the number that people say on the telephone: day and running count."""
    return f"{day}-{count:04d}"


def owed_since(
    *, before: datetime | None, arrived_at: datetime, answered: bool, visitor_spoke_at: datetime | None
) -> datetime | None:
    """Return since when a visitor waits for a person's words when an agent takes over; None when none are owed.

    Whoever no person has answered yet waits since they asked for one, whatever the bot has said meanwhile.
    """
    if before is not None or not answered:
        return before or arrived_at
    return visitor_spoke_at


def missed_since(*, visitor_seqs: Iterable[int], seen_seq: int) -> bool:
    """Tell whether the visitor has written after the last entry the agent has seen."""
    return any(seq > seen_seq for seq in visitor_seqs)


def kept_at_hand_since(now: datetime, *, months: int) -> datetime:
    """Return the first instant, at the clinic, of the oldest whole month that stays out of the archive."""
    return _month_from(now, later=-months)


def end_of_month(at: datetime) -> datetime:
    """Return the first instant of the clinic's month after that of an instant."""
    return _month_from(at, later=1)


def month_of(at: datetime) -> str:
    """Return the clinic's month of an instant, as 2026-11."""
    return f"{clinic_time(at):%Y-%m}"


def _month_from(at: datetime, *, later: int) -> datetime:
    local = clinic_time(at)
    month = local.year * 12 + local.month - 1 + later
    return from_clinic(datetime(month // 12, month % 12 + 1, 1))  # noqa: DTZ001 (the clinic's wall clock)

"""Who calls: a number of whatever shape, the family it may belong to, and the conversation that begins with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from caredesk.conversations import queries as conversation_queries
from caredesk.conversations.models import Conversation, Visitor
from caredesk.conversations.rules import day_of, number_of
from caredesk.core.ids import new_id, new_token, token_hash
from caredesk.core.work import Work
from caredesk.patients import contact_queries
from caredesk.patients.rules import mask_phone, phone_digits, phone_tail

CHANNEL = "hotline"
LONGEST_NUMBER = 20
SHORTEST_NUMBER = 3


@dataclass(frozen=True)
class Caller:
    """A caller: the digits of the number, empty when it was withheld, and whose it certainly or maybe is."""

    number: str
    tail: str
    guardian_id: str | None
    maybe: tuple[str, ...]


def clean_number(given: str) -> str:
    """Return the digits of what a trunk says about a caller; empty for what is no number, such as `anonymous`."""
    digits = phone_digits(given[:200])
    return digits if SHORTEST_NUMBER <= len(digits) <= LONGEST_NUMBER else ""


def find_caller(session: Session, *, number: str) -> Caller:
    """Return who calls. A number that several people have is nobody's for certain (B51)."""
    digits = clean_number(number)
    found = [one.id for one in contact_queries.list_by_phone(session, phone=digits)] if digits else []
    certain = found[0] if len(found) == 1 else None
    return Caller(digits, phone_tail(digits), certain, tuple(found) if certain is None else ())


def open_conversation(
    work: Work, *, caller: Caller, at: datetime, status: str = "bot", queue_id: str | None = None
) -> Conversation:
    """Open the conversation of a call. Its visitor is technical: nobody ever comes with that token.

    Nobody else can see it before the commit, so that it is as good as locked.
    """
    visitor = Visitor(
        id=new_id(),
        token_hash=token_hash(new_token()),
        guardian_id=None,
        name=mask_phone(caller.number),
        created_at=at,
        last_seen_at=at,
    )
    work.session.add(visitor)
    day = day_of(work.now)
    conversation = Conversation(
        id=new_id(),
        number=number_of(day=day, count=conversation_queries.next_count_of_day(work.session, day=day)),
        channel=CHANNEL,
        visitor_id=visitor.id,
        guardian_id=caller.guardian_id,
        status=status,
        queue_id=queue_id,
        handoff_reason=CHANNEL,
        created_at=at,
        flags=[],
    )
    work.session.add(conversation)
    work.session.flush()
    return conversation

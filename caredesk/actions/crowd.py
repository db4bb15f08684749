"""Whoever posts at the same time: their rows, locked by few statements, and what is to follow for all of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from caredesk.conversations import posting_queries
from caredesk.conversations.models import Conversation, Entry, Visitor
from caredesk.core.outbox import NewJob
from caredesk.core.work import Work
from caredesk.patients import queries as patients


@dataclass(frozen=True)
class Crowd:
    """Visitors by id, their open conversations by visitor, and what already stands under their keys.

    `is_one` tells that nobody else is in it, so that a row which is not here does not exist.
    """

    is_one: bool
    visitors: dict[str, Visitor]
    conversations: dict[str, Conversation]
    written: dict[tuple[str, str], Entry]
    names: dict[str, str]
    """Of the guardians behind the visitors, by their id; not masked."""
    touched: dict[str, Conversation] = field(default_factory=dict)
    jobs: list[NewJob] = field(default_factory=list)


def gather(work: Work, *, visitor_ids: Collection[str], keys: Collection[tuple[str, str]]) -> Crowd:
    """Lock the rows of some visitors. Of one they are waited for; of several only those are taken that are free."""
    several = len(visitor_ids) > 1
    visitors = posting_queries.lock_visitors(work.session, visitor_ids=sorted(visitor_ids), only_free=several)
    written = posting_queries.list_entries_by_keys(work.session, keys=keys)
    found = posting_queries.lock_open_conversations(work.session, visitor_ids=sorted(visitors), only_free=several)
    guardians = sorted({visitor.guardian_id for visitor in visitors.values() if visitor.guardian_id})
    names = patients.list_guardian_names(work.session, guardian_ids=guardians) if guardians else {}
    return Crowd(not several, visitors, found, written, dict(names))

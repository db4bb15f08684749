"""Whoever posts at the same time: their rows, locked by few statements, and what is to follow for all of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from caredesk.actions.names import Names
from caredesk.conversations import posting_queries, queries
from caredesk.conversations.errors import ConversationNotFound
from caredesk.conversations.models import Visitor
from caredesk.conversations.plain import AnyEntry, PlainConversation
from caredesk.core.outbox import NewJob
from caredesk.core.work import Work


@dataclass(frozen=True)
class Crowd:
    """Open conversations by visitor, and what already stands under the visitors' keys.

    `is_one` tells that nobody else is in it, so that a row which is not here does not exist. `newcomer` is that one
    visitor when no conversation is open yet.
    """

    is_one: bool
    conversations: dict[str, PlainConversation]
    newcomer: Visitor | None
    written: dict[tuple[str, str], AnyEntry]
    families: Mapping[str, str]
    """Names of the guardians behind the visitors, by their id; not masked."""
    touched: dict[str, PlainConversation] = field(default_factory=dict)
    jobs: list[NewJob] = field(default_factory=list)
    replies_due: dict[str, datetime] = field(default_factory=dict)
    """By queue: until when words of this instant are owed a reply. Reckoned once for all of them."""

    def add_job(self, job: NewJob | None) -> None:
        """Keep a job, if it is one, to be recorded with all others."""
        if job is not None:
            self.jobs.append(job)


def gather(work: Work, *, visitor_ids: Collection[str], keys: Collection[tuple[str, str]], names: Names) -> Crowd:
    """Lock the rows of some visitors. Of one they are waited for; of several only those are taken that are free."""
    several = len(visitor_ids) > 1
    # What is read now passes the unit of work by.
    work.session.flush()
    found = posting_queries.lock_open_conversations(work.session, visitor_ids=sorted(visitor_ids), only_free=several)
    newcomer = None if several or found else _lock_newcomer(work, visitor_id=next(iter(visitor_ids)))
    # Only now, when nobody else can be writing under them.
    written = posting_queries.list_entries_by_keys(work.session, keys=keys)
    behind = [conversation.family_id for conversation in found.values()]
    families = names.of_guardians([*behind, newcomer.guardian_id if newcomer else None])
    return Crowd(not several, found, newcomer, dict(written), families)


def _lock_newcomer(work: Work, *, visitor_id: str) -> Visitor | None:
    with suppress(ConversationNotFound):
        return queries.lock_visitor(work.session, visitor_id=visitor_id)
    return None


def take_in(work: Work, crowd: Crowd, *, visitor_id: str) -> PlainConversation:
    """Return the conversation that a newcomer has just opened."""
    work.session.flush()
    opened = posting_queries.lock_open_conversations(work.session, visitor_ids=[visitor_id], only_free=False)
    crowd.conversations.update(opened)
    return opened[visitor_id]

"""Whoever posts at the same time: their rows, locked by few statements, and what is to follow for all of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from caredesk.actions.names import Names
from caredesk.conversations import posting_queries
from caredesk.conversations.models import Conversation, Entry, Visitor
from caredesk.core.outbox import NewJob
from caredesk.core.work import Work


@dataclass(frozen=True)
class Crowd:
    """Visitors by id, their open conversations by visitor, and what already stands under their keys.

    `is_one` tells that nobody else is in it, so that a row which is not here does not exist.
    """

    is_one: bool
    visitors: dict[str, Visitor]
    conversations: dict[str, Conversation]
    written: dict[tuple[str, str], Entry]
    families: Mapping[str, str]
    """Names of the guardians behind the visitors, by their id; not masked."""
    touched: dict[str, Conversation] = field(default_factory=dict)
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
    visitors = posting_queries.lock_visitors(work.session, visitor_ids=sorted(visitor_ids), only_free=several)
    written = posting_queries.list_entries_by_keys(work.session, keys=keys)
    found = posting_queries.lock_open_conversations(work.session, visitor_ids=sorted(visitors), only_free=several)
    families = names.of_guardians(visitor.guardian_id for visitor in visitors.values())
    return Crowd(not several, visitors, found, written, families)

"""Asking for a match, from whatever gives reason to: somebody came into a line, or an agent became free.

Matching is a transaction of its own so that its locks (queue, then agent) can never cross those of the action that
caused it; several causes at once become one match.
"""

from __future__ import annotations

from collections.abc import Iterable

from caredesk.core.outbox import NewJob
from caredesk.core.work import Work
from caredesk.queue import queries as queue_queries


def ask_for_match(work: Work, *, queue_id: str, trigger: str) -> None:
    """Have a queue matched right after this transaction."""
    ask_for_matches(work, queue_ids=[queue_id], trigger=trigger)


def ask_for_matches_of(work: Work, *, staff_id: str, trigger: str) -> None:
    """Have every queue matched that an agent serves; for when the agent becomes ready or frees capacity (B2)."""
    ask_for_matches(work, queue_ids=queue_queries.queue_ids_of(work.session, staff_id=staff_id), trigger=trigger)


def ask_for_matches(work: Work, *, queue_ids: Iterable[str], trigger: str) -> None:
    """Have several queues matched right after this transaction."""
    work.enqueue_all(
        [
            NewJob("match_queue", {"queue_id": id_, "trigger": trigger}, due_at=work.now, key=f"match:{id_}")
            for id_ in sorted(queue_ids)
        ]
    )

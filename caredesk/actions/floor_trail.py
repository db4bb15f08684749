"""The trail of what supervisors did from the floor: who, what, to whom, and why."""

from __future__ import annotations

from sqlalchemy.orm import Session

from caredesk.conversations.rules import tidy_text
from caredesk.core.work import Work
from caredesk.floor import queries
from caredesk.floor.rules import clean_reason
from caredesk.floor.schemas import ActionView

SHOWN = 50


def because(reason: str) -> str:
    """Return a reason as it is kept and shown; refuse one that says nothing."""
    return clean_reason(tidy_text(reason))


def keep(
    work: Work,
    *,
    what: str,
    reason: str,
    conversation_id: str | None = None,
    staff_id: str | None = None,
    queue_id: str | None = None,
    facts: dict[str, str] | None = None,
) -> None:
    """Write down what the person behind this transaction has done, in the same transaction."""
    queries.note(
        work.session,
        values={
            "at": work.now,
            "by_id": work.actor.id,
            "by_name": work.actor.name,
            "what": what,
            "conversation_id": conversation_id,
            "staff_id": staff_id,
            "queue_id": queue_id,
            "reason": reason,
            "facts": facts or {},
        },
    )


def last_actions(session: Session) -> list[ActionView]:
    """Return what was done last, newest first."""
    return [
        ActionView(
            at=row.at,
            by_name=row.by_name,
            what=row.what,
            conversation_id=row.conversation_id,
            staff_id=row.staff_id,
            queue_id=row.queue_id,
            reason=row.reason,
        )
        for row in queries.list_actions(session, limit=SHOWN)
    ]

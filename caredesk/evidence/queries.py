"""All SQL of requests for exports without masks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from caredesk.evidence.models import ExportApproval

MOST_SHOWN = 50


def add_approval(session: Session, *, approval: ExportApproval) -> None:
    """Keep a request."""
    session.add(approval)
    session.flush()


def find_approval(session: Session, *, approval_id: str) -> ExportApproval | None:
    """Return the request of this id, if there is one."""
    return session.get(ExportApproval, approval_id)


def decide_approval(
    session: Session, *, approval_id: str, decision: Literal["approved", "refused"], by: str, now: datetime
) -> ExportApproval | None:
    """Decide a request that waits, of somebody else; None when it does not, or somebody was faster."""
    decided = (
        update(ExportApproval)
        .where(
            ExportApproval.id == approval_id,
            ExportApproval.decision == "",
            ExportApproval.expires_at > now,
            ExportApproval.asked_by != by,
        )
        .values(decision=decision, decided_by=by, decided_at=now)
        .returning(ExportApproval)
    )
    return session.scalars(decided.execution_options(populate_existing=True)).one_or_none()


def note_use(session: Session, *, approval_id: str) -> None:
    """Count an export that was made with a request's yes."""
    used = update(ExportApproval).where(ExportApproval.id == approval_id)
    session.execute(used.values(used=ExportApproval.used + 1))


def list_waiting(session: Session, *, now: datetime) -> Sequence[ExportApproval]:
    """Return the requests that wait for a second person, oldest first."""
    query = select(ExportApproval).where(ExportApproval.decision == "", ExportApproval.expires_at > now)
    return session.scalars(query.order_by(ExportApproval.asked_at, ExportApproval.id).limit(MOST_SHOWN)).all()


def list_of_conversation(session: Session, *, conversation_id: str, since: datetime) -> Sequence[ExportApproval]:
    """Return a conversation's requests that wait or were asked or decided since an instant, newest first."""
    recent = or_(ExportApproval.asked_at >= since, ExportApproval.decided_at >= since)
    query = select(ExportApproval).where(ExportApproval.conversation_id == conversation_id, recent)
    return session.scalars(query.order_by(ExportApproval.asked_at.desc(), ExportApproval.id.desc()).limit(20)).all()

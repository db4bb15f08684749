"""All SQL of the guardrails: findings of a week, and judging one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from caredesk.guardrails.errors import FindingNotFound
from caredesk.guardrails.models import GuardrailFinding


def list_findings(session: Session, *, since: datetime, until: datetime) -> Sequence[GuardrailFinding]:
    """Return the findings from one instant to before another, newest first."""
    found = GuardrailFinding
    query = select(found).where(found.at >= since, found.at < until).order_by(found.at.desc(), found.id.desc())
    return session.scalars(query).all()


def count_findings(session: Session, *, since: datetime) -> dict[tuple[str, str], int]:
    """Return how many were found since an instant, by kind and outcome."""
    kind, outcome = GuardrailFinding.kind, GuardrailFinding.outcome
    query = select(kind, outcome, func.count()).where(GuardrailFinding.at >= since).group_by(kind, outcome)
    return {(one, how): count for one, how, count in session.execute(query)}


def lock_finding(session: Session, *, finding_id: str) -> GuardrailFinding:
    """Return a finding, locked."""
    query = select(GuardrailFinding).where(GuardrailFinding.id == finding_id).with_for_update(key_share=True)
    finding = session.scalars(query).one_or_none()
    if finding is None:
        raise FindingNotFound
    return finding

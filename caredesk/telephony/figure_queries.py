"""SQL of the hotline's figures: the calls of a window as values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from caredesk.telephony.figure_rules import CallFacts
from caredesk.telephony.models import Call


def list_calls(session: Session, *, since: datetime, until: datetime) -> Sequence[CallFacts]:
    """Return the calls that began in a window, in order."""
    query = select(Call).where(Call.started_at >= since, Call.started_at < until).order_by(Call.started_at, Call.id)
    return [_facts(call) for call in session.scalars(query)]


def _facts(call: Call) -> CallFacts:
    wrapped = call.wrapped_at - call.ended_at if call.wrapped_at and call.ended_at else None
    return CallFacts(
        incoming=call.direction == "in",
        started_at=call.started_at,
        queued_at=call.queued_at,
        bridged_at=call.bridged_at,
        ended_at=call.ended_at,
        disposition=call.disposition,
        talk=call.talk_seconds,
        hold=call.hold_seconds,
        wrap_up=max(wrapped.total_seconds(), 0.0) if wrapped is not None else None,
        agent_id=call.agent_id,
    )

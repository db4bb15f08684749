"""SQL of the hotline's figures: the calls of a window as values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from caredesk.telephony.figure_rules import CallFacts
from caredesk.telephony.models import Call, EngineCommand


def list_calls(session: Session, *, since: datetime, until: datetime) -> Sequence[CallFacts]:
    """Return the calls that began in a window, in order."""
    query = select(Call).where(Call.started_at >= since, Call.started_at < until).order_by(Call.started_at, Call.id)
    return [_facts(call) for call in session.scalars(query)]


def count_live_by_phase(session: Session) -> dict[str, int]:
    """Return how many calls that have not ended are in each phase."""
    # Counted here: to have them grouped SQLite would go through the phases of all calls there ever were.
    return Counter(session.scalars(select(Call.phase).where(Call.ended_at.is_(None))))


def count_open_commands(session: Session) -> dict[str, int]:
    """Return how many commands each engine has not yet carried out."""
    query = select(EngineCommand.engine, func.count()).where(
        EngineCommand.done_at.is_(None), EngineCommand.dropped.is_(False)
    )
    return {engine: int(number) for engine, number in session.execute(query.group_by(EngineCommand.engine))}


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

"""All SQL of calls, legs, facts, commands and engines. Phones have a file of their own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, or_, select, update
from sqlalchemy.orm import Session

from caredesk.core.db import upsert_into
from caredesk.core.sealed import matches
from caredesk.telephony.errors import CallNotFound
from caredesk.telephony.models import Call, CallLeg, Engine, EngineCommand, HeardFact

# ---- calls -----------------------------------------------------------------------------------------------


def find_call(session: Session, *, call_id: str) -> Call | None:
    return session.get(Call, call_id)


def lock_call(session: Session, *, call_id: str) -> Call:
    """Return the call with its row locked; its conversation is locked before it, always in this order."""
    query = select(Call).where(Call.id == call_id).with_for_update(key_share=True)
    call = session.scalars(query.execution_options(populate_existing=True)).first()
    if call is None:
        raise CallNotFound
    return call


def find_live(session: Session, *, conversation_id: str) -> Call | None:
    """Return the call of a conversation that has not ended."""
    query = select(Call).where(Call.conversation_id == conversation_id, Call.ended_at.is_(None))
    return session.scalars(query).first()


def find_last(session: Session, *, conversation_id: str) -> Call | None:
    """Return a conversation's newest call."""
    query = select(Call).where(Call.conversation_id == conversation_id)
    return session.scalars(query.order_by(Call.started_at.desc(), Call.id.desc())).first()


def find_holding(session: Session, *, conversation_id: str) -> Call | None:
    """Return the call of a conversation that takes its agent's exclusive place."""
    query = select(Call).where(Call.conversation_id == conversation_id, Call.holds_agent)
    return session.scalars(query).first()


def list_live_of_engine(session: Session, *, engine: str) -> Sequence[Call]:
    query = select(Call).where(Call.engine == engine, Call.ended_at.is_(None))
    return session.scalars(query.order_by(Call.started_at, Call.id)).all()


def list_live_of_agent(session: Session, *, staff_id: str) -> Sequence[Call]:
    """Return the live calls that have an agent's leg of this person."""
    query = (
        select(Call)
        .join(CallLeg, CallLeg.call_id == Call.id)
        .where(Call.ended_at.is_(None), CallLeg.staff_id == staff_id, CallLeg.state != "over")
    )
    return session.scalars(query.order_by(Call.started_at)).unique().all()


def talks_of(session: Session, *, staff_id: str, since: datetime) -> list[tuple[datetime, datetime | None]]:
    """Return from when until when a member of staff was on the telephone after a time; what goes on has no end.

    No call is longer than a day, so that older attempts need not be read.
    """
    lasts = CallLeg.ended_at.is_(None) & Call.ended_at.is_(None)
    query = (
        select(CallLeg.answered_at, func.coalesce(CallLeg.ended_at, Call.ended_at))
        .join(Call, Call.id == CallLeg.call_id)
        .where(CallLeg.staff_id == staff_id, CallLeg.made_at > since - timedelta(days=1))
        .where(CallLeg.answered_at.is_not(None))
        .where(lasts | (CallLeg.ended_at > since) | (Call.ended_at > since))
    )
    return [(answered, ended) for answered, ended in session.execute(query) if answered is not None]


def list_of_conversations(session: Session, *, conversation_ids: Collection[str]) -> Sequence[Call]:
    """Return the calls of some conversations, oldest first."""
    query = select(Call).where(Call.conversation_id.in_(list(conversation_ids)))
    return session.scalars(query.order_by(Call.started_at, Call.id)).all()


def list_earlier_of_number(session: Session, *, number: str, before: datetime, limit: int) -> Sequence[Call]:
    """Return calls with the same other side, newest first."""
    query = (
        select(Call)
        .where(matches(Call.caller_index, number), Call.started_at < before)
        .order_by(Call.started_at.desc(), Call.id)
        .limit(limit)
    )
    return session.scalars(query).all()


def voices_of(session: Session, *, staff_ids: Collection[str] | None = None) -> dict[str, str]:
    """Return who is on a call or wraps one up: the phase of the call by agent."""
    query = select(Call.agent_id, Call.phase).where(Call.holds_agent, Call.agent_id.is_not(None))
    if staff_ids is not None:
        query = query.where(Call.agent_id.in_(list(staff_ids)))
    return {str(staff_id): "wrap_up" if phase == "ended" else "talking" for staff_id, phase in session.execute(query)}


# ---- legs ------------------------------------------------------------------------------------------------


def list_legs(session: Session, *, call_ids: Collection[str]) -> Sequence[CallLeg]:
    query = select(CallLeg).where(CallLeg.call_id.in_(list(call_ids)))
    return session.scalars(query.order_by(CallLeg.made_at, CallLeg.id)).all()


# ---- facts -----------------------------------------------------------------------------------------------


def claim_facts(session: Session, *, values: Sequence[dict[str, Any]]) -> set[str]:
    """Keep facts and return the ids of those that are new; the others were taken before, also a moment ago."""
    rows = upsert_into(session, HeardFact).values(values).on_conflict_do_nothing(index_elements=["id"])
    return set(session.scalars(rows.returning(HeardFact.id)))


def note_fate(session: Session, *, fact_id: str, fate: str) -> None:
    session.execute(update(HeardFact).where(HeardFact.id == fact_id).values(fate=fate))


def forget_facts(session: Session, *, before: datetime, limit: int) -> None:
    """Forget the oldest facts that happened and were taken before an instant, so many at most."""
    old = select(HeardFact.id).where(HeardFact.taken_at < before, HeardFact.at < before)
    oldest = old.order_by(HeardFact.taken_at).limit(limit)
    session.execute(delete(HeardFact).where(HeardFact.id.in_(oldest.scalar_subquery())))


# ---- commands --------------------------------------------------------------------------------------------


def add_commands(session: Session, *, commands: Sequence[EngineCommand]) -> None:
    """Add commands in their order; each is flushed alone, because the number is the order."""
    for command in commands:
        session.add(command)
        session.flush()


def list_commands(session: Session, *, engine: str, limit: int) -> Sequence[EngineCommand]:
    """Return what an engine has not yet done, oldest first."""
    query = select(EngineCommand).where(EngineCommand.engine == engine, EngineCommand.done_at.is_(None))
    return session.scalars(query.order_by(EngineCommand.n).limit(limit)).all()


def has_command(session: Session, *, engine: str) -> bool:
    query = select(EngineCommand.n).where(EngineCommand.engine == engine, EngineCommand.done_at.is_(None))
    return session.scalars(query.limit(1)).first() is not None


def has_waiting_verb(session: Session, *, engine: str, verb: str) -> bool:
    """Tell whether an engine is told this already and has not done it yet."""
    query = select(EngineCommand.n).where(
        EngineCommand.engine == engine, EngineCommand.verb == verb, EngineCommand.done_at.is_(None)
    )
    return session.scalars(query.limit(1)).first() is not None


def finish_commands(session: Session, *, engine: str, command_ids: Collection[str], now: datetime) -> None:
    """Note that an engine has done these; it may say so twice."""
    mine = EngineCommand.id.in_(list(command_ids)), EngineCommand.engine == engine, EngineCommand.done_at.is_(None)
    session.execute(update(EngineCommand).where(*mine).values(done_at=now))


def drop_commands(session: Session, *, call_id: str, now: datetime) -> None:
    """Take back what was to be done to a call that is over."""
    open_ones = EngineCommand.call_id == call_id, EngineCommand.done_at.is_(None)
    session.execute(update(EngineCommand).where(*open_ones).values(done_at=now, dropped=True))


def forget_commands(session: Session, *, engine: str, before: datetime, limit: int) -> None:
    """Forget the oldest commands that an engine had done before an instant, so many at most."""
    old = select(EngineCommand.n).where(EngineCommand.engine == engine, EngineCommand.done_at < before)
    oldest = old.order_by(EngineCommand.done_at).limit(limit)
    session.execute(delete(EngineCommand).where(EngineCommand.n.in_(oldest.scalar_subquery())))


# ---- engines ---------------------------------------------------------------------------------------------


def find_engine(session: Session, *, name: str) -> Engine | None:
    return session.get(Engine, name)


def lock_engine(session: Session, *, name: str, now: datetime) -> Engine:
    """Return an engine's row, locked; made when it speaks for the first time."""
    query = select(Engine).where(Engine.name == name).with_for_update(key_share=True)
    found = session.scalars(query.execution_options(populate_existing=True)).first()
    if found is not None:
        return found
    first = upsert_into(session, Engine).values(
        name=name, run="", version="", capabilities=[], troubles=[], heard_at=now
    )
    session.execute(first.on_conflict_do_nothing(index_elements=["name"]))
    return session.scalars(query.execution_options(populate_existing=True)).one()


def list_engines(session: Session) -> Sequence[Engine]:
    """Return every engine that ever spoke, the one that was heard last first."""
    return session.scalars(select(Engine).order_by(Engine.heard_at.desc(), Engine.name)).all()


def list_last_heard(connection: Connection, *, since: datetime) -> Sequence[datetime]:
    """Return when each engine was heard last, of those that were heard since an instant."""
    return connection.scalars(select(Engine.heard_at).where(Engine.heard_at >= since)).all()


def find_up(session: Session, *, since: datetime) -> Engine | None:
    """Return the engine that was heard since an instant, the last one first."""
    return session.scalars(select(Engine).where(Engine.heard_at >= since).order_by(Engine.heard_at.desc())).first()


def touch_engine(session: Session, *, name: str, now: datetime, not_since: datetime) -> None:
    """Note that an engine was heard, unless that was noted a moment ago."""
    heard = or_(Engine.heard_at < not_since, Engine.heard_at.is_(None))
    session.execute(update(Engine).where(Engine.name == name, heard).values(heard_at=now))

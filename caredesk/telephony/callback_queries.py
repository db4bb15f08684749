"""All SQL of call-backs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from caredesk.core.sealed import matches
from caredesk.telephony.callback_models import CallBack

OWED = ("waiting", "calling")


def find_call_back(session: Session, *, conversation_id: str) -> CallBack | None:
    """Return the call-back of a conversation, in whatever state."""
    return session.get(CallBack, conversation_id)


def lock_call_back(session: Session, *, conversation_id: str) -> CallBack | None:
    """Return the call-back of a conversation with its row locked, if one is owed."""
    query = select(CallBack).where(CallBack.conversation_id == conversation_id, CallBack.state.in_(OWED))
    return session.scalars(query.with_for_update(key_share=True)).first()


def find_waiting_for(session: Session, *, number: str) -> str | None:
    """Return the conversation of the oldest call-back to a number (E.164) that waits for its turn."""
    query = select(CallBack.conversation_id).where(CallBack.state == "waiting", matches(CallBack.number_index, number))
    return session.scalars(query.order_by(CallBack.asked_at, CallBack.conversation_id)).first()


def add_call_back(session: Session, *, call_back: CallBack) -> None:
    """Keep a call-back; one that was settled before is replaced."""
    session.merge(call_back)
    session.flush()


def end_waiting(session: Session, *, conversation_id: str, now: datetime) -> None:
    """End the call-back of a conversation that was closed while it waited: nobody is called, and nobody told of it."""
    waits = update(CallBack).where(CallBack.conversation_id == conversation_id, CallBack.state == "waiting")
    session.execute(waits.values(state="withdrawn", ended_at=now))


def list_owed(session: Session, *, limit: int) -> Sequence[CallBack]:
    """Return call-backs that are owed, oldest wish first."""
    query = select(CallBack).where(CallBack.state.in_(OWED))
    return session.scalars(query.order_by(CallBack.asked_at, CallBack.conversation_id).limit(limit)).all()

"""All SQL that takes a family's numbers from calls, call-backs, and what engines and call centres were told or told."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import delete, or_, select, tuple_
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from caredesk.core.sealed import matches
from caredesk.telephony.callback_models import CallBack
from caredesk.telephony.cloud_models import CloudCall, CloudPush
from caredesk.telephony.models import Call, CallerTie, EngineCommand
from caredesk.telephony.recording_models import Recording

AT_ONCE = 400
"""More values than this in one statement are asked for in several."""


def list_calls_of(session: Session, *, conversation_ids: Collection[str], numbers: Collection[str]) -> Sequence[Call]:
    """Return the calls of these conversations, and those from these numbers, as they are written in calls."""
    ids, found = list(conversation_ids), dict[str, Call]()
    for start in range(0, len(ids), AT_ONCE):
        some = select(Call).where(Call.conversation_id.in_(ids[start : start + AT_ONCE]))
        found |= {call.id: call for call in session.scalars(some)}
    for number in numbers:
        found |= {call.id: call for call in session.scalars(select(Call).where(matches(Call.caller_index, number)))}
    return [found[id] for id in sorted(found)]


def blank_calls(session: Session, calls: Sequence[Call]) -> None:
    """Take the number from calls, and with them all that engines and call centres were told or told of it."""
    ids = [call.id for call in calls]
    for call in calls:
        call.caller = ""
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        for command in session.scalars(select(EngineCommand).where(EngineCommand.call_id.in_(some))):
            command.args = {}
            flag_modified(command, "args")
        _drop_pushes(session, call_ids=some)
    session.flush()


def _drop_pushes(session: Session, *, call_ids: Collection[str]) -> None:
    mine = select(CloudCall.provider, CloudCall.number).where(CloudCall.call_id.in_(list(call_ids)))
    told = or_(
        tuple_(CloudPush.provider, CloudPush.call).in_(mine), tuple_(CloudPush.provider, CloudPush.follows).in_(mine)
    )
    session.execute(delete(CloudPush).where(told))


def blank_call_backs(session: Session, *, conversation_ids: Collection[str], numbers: Collection[str]) -> None:
    """Take the number from call-backs, and forget whom agents found callers to be."""
    ids = list(conversation_ids)
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        for owed in session.scalars(select(CallBack).where(CallBack.conversation_id.in_(some))):
            owed.number = ""
        session.execute(delete(CallerTie).where(CallerTie.conversation_id.in_(some)))
    for number in numbers:
        for owed in session.scalars(select(CallBack).where(matches(CallBack.number_index, number))):
            owed.number = ""
    session.flush()


def recording_ids_of(session: Session, *, conversation_ids: Collection[str]) -> Sequence[str]:
    """Return the recordings of these conversations whose sound is still there."""
    calls = select(Call.id).where(Call.conversation_id.in_(list(conversation_ids)))
    query = select(Recording.id).where(Recording.call_id.in_(calls), Recording.deleted_at.is_(None))
    return session.scalars(query.order_by(Recording.id)).all()

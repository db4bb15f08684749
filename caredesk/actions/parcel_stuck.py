"""A parcel that does not move becomes work for the assistants by itself, once, and settles itself when it moves."""

from __future__ import annotations

from datetime import datetime, timedelta

from caredesk.actions import assist
from caredesk.actions.parcels import tell
from caredesk.actions.timeline import append_notice, changed
from caredesk.assistance import queries as assist_queries
from caredesk.assistance.errors import NobodyAssists, RequestTypeUnknown
from caredesk.conversations import queries as conversation_queries
from caredesk.core.work import Work
from caredesk.patients import parcel_queries as queries
from caredesk.patients.models import Parcel
from caredesk.patients.parcel_rules import is_stuck

AT_ONCE = 20
"""A first import may bring weeks of old parcels; the assistants get them little by little."""
TAIL = 4


def raise_stuck(work: Work, *, after: timedelta, moved_since: datetime) -> None:
    """Ask the assistants about every parcel that has not moved for so long and that nobody was asked about."""
    before = work.now - after
    stuck = queries.list_stuck(work.session, moved_before=before, moved_since=moved_since, limit=AT_ONCE)
    for parcel in stuck:
        try:
            _raise(work, parcel)
        except (NobodyAssists, RequestTypeUnknown):
            # Where nobody assists, or does not want to be asked this, the card alone says that nothing moves.
            return


def _raise(work: Work, parcel: Parcel) -> None:
    owner = queries.owner_of(work.session, parcel=parcel)
    if owner.guardian_id is None or parcel.moved_at is None:
        return
    key = f"parcel:{parcel.id}:{parcel.moved_at:%Y%m%dT%H%M%S}"
    form = {"parcel": parcel.number[-TAIL:], "days": str((work.now - parcel.moved_at).days)}
    assist.raise_by_desk(
        work,
        type_key="parcel_stuck",
        patient_id=owner.patient_id,
        guardian_id=owner.guardian_id,
        form=form,
        key=key,
    )
    parcel.stuck_key = key
    tell(work, parcel)


def settle_parcel(work: Work, *, parcel_id: str, after: timedelta) -> None:
    """End the question about a parcel that moves again; whoever has taken it up is told and ends it themselves."""
    parcel = queries.lock_parcel(work.session, parcel_id=parcel_id)
    if not parcel.stuck_key or parcel.moved_at is None:
        return
    if is_stuck(status=parcel.status, moved_at=parcel.moved_at, after=after, now=work.now):
        return
    request = assist_queries.find_by_key(work.session, sender=assist.BY_DESK, client_key=parcel.stuck_key)
    parcel.stuck_key = ""
    tell(work, parcel)
    if request is None or request.ended_at is not None:
        return
    conversation = conversation_queries.lock_conversation(work.session, conversation_id=request.conversation_id)
    fields = {"tail": parcel.number[-TAIL:], "status": parcel.status}
    append_notice(work, conversation, code="parcel.moved", fields=fields)
    if conversation.assignee_id is None:
        assist.end(work, request, conversation=conversation, outcome="moved", by="desk")
    else:
        changed(work, conversation)

"""All SQL of cloud call centres: pushes as they came, and which call each of a vendor's numbers means."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, or_, select, update
from sqlalchemy.orm import Session

from caredesk.core.db import upsert_into
from caredesk.core.ids import new_id
from caredesk.core.sealed import held, month_of
from caredesk.telephony.cloud_models import CloudCall, CloudPush
from caredesk.telephony.models import Call, Phone

ASKED = "asked:"
"""Before our own id: the vendor was asked for this call."""
MOST_PARTS = 20
"""A call that was passed on more often is looked at up to here: nothing turns in circles."""


def keep_push(  # noqa: PLR0913 (each is one column of the row)
    session: Session,
    *,
    provider: str,
    event_id: str,
    call: str,
    follows: str,
    action: str,
    body: dict[str, Any],
    now: datetime,
) -> bool:
    """Keep a push as it came; False when the same one is here already."""
    values = {"provider": provider, "event_id": event_id, "call": call, "follows": follows}
    push_id = new_id()
    sealed = held(session, body, row=push_id, holder=month_of(now))
    row = upsert_into(session, CloudPush).values(id=push_id, action=action, body=sealed, received_at=now, **values)
    return session.scalars(row.on_conflict_do_nothing().returning(CloudPush.id)).first() is not None


def parts_of(session: Session, *, provider: str, call: str) -> set[str]:
    """Return the vendor's numbers of one call: its own, of what it was passed on as, and of what it was before."""
    known, ask = {call}, {call}
    while ask and len(known) < MOST_PARTS:
        query = select(CloudPush.call, CloudPush.follows).where(
            CloudPush.provider == provider, or_(CloudPush.call.in_(ask), CloudPush.follows.in_(ask))
        )
        found = {number for row in session.execute(query) for number in row if number}
        ask = found - known
        known |= found
    return known


def lock_pushes(session: Session, *, provider: str, calls: Collection[str]) -> Sequence[CloudPush]:
    """Return everything that was told under these numbers, locked: two who put one call together wait in a row."""
    query = select(CloudPush).where(CloudPush.provider == provider, CloudPush.call.in_(calls)).order_by(CloudPush.id)
    return session.scalars(query.with_for_update(key_share=True)).all()


def find_push(session: Session, *, push_id: str) -> CloudPush | None:
    """Return a push as it came, unless it was forgotten."""
    return session.get(CloudPush, push_id)


def list_pushes_of(session: Session, *, call_id: str) -> Sequence[CloudPush]:
    """Return everything that was told of one of our calls and is not forgotten."""
    mine = (CloudCall.provider == CloudPush.provider) & (CloudCall.number == CloudPush.call)
    query = select(CloudPush).join(CloudCall, mine).where(CloudCall.call_id == call_id)
    return session.scalars(query.order_by(CloudPush.id)).all()


def list_calls(session: Session, *, provider: str, numbers: Collection[str]) -> Sequence[Call]:
    """Return our calls of these numbers, oldest first; several only until it is known that they are one."""
    mapped = select(CloudCall.call_id).where(CloudCall.provider == provider, CloudCall.number.in_(numbers))
    return session.scalars(select(Call).where(Call.id.in_(mapped)).order_by(Call.started_at, Call.id)).all()


def join_calls(session: Session, *, kept: Call, others: Collection[Call]) -> None:
    """Let the numbers of several calls mean one of them, and remove the others."""
    ids = [one.id for one in others]
    session.execute(update(CloudCall).where(CloudCall.call_id.in_(ids)).values(call_id=kept.id))
    for one in others:
        session.delete(one)
    session.flush()


def name_call(session: Session, *, provider: str, numbers: Collection[str], call_id: str) -> None:
    """Note that these numbers mean a call; what was noted before stays."""
    rows = [{"provider": provider, "number": number, "call_id": call_id} for number in sorted(numbers)]
    session.execute(upsert_into(session, CloudCall).values(rows).on_conflict_do_nothing())


def claim_dial(session: Session, *, provider: str, call_id: str) -> bool:
    """Note that the vendor is being asked for a call; False when it was asked before."""
    row = upsert_into(session, CloudCall).values(provider=provider, number=f"{ASKED}{call_id}", call_id=call_id)
    return session.scalars(row.on_conflict_do_nothing().returning(CloudCall.call_id)).first() is not None


def was_heard_of(session: Session, *, call_id: str) -> bool:
    """Tell whether the vendor has told anything of a call of ours."""
    told = exists().where(CloudPush.provider == CloudCall.provider, CloudPush.call == CloudCall.number)
    return session.scalars(select(CloudCall.number).where(CloudCall.call_id == call_id, told)).first() is not None


def find_desk_phone(session: Session, *, staff_id: str) -> str | None:
    """Return the user of somebody's desk phone."""
    return session.scalars(select(Phone.user).where(Phone.staff_id == staff_id, Phone.kind == "desk")).first()


def find_owner_of_phone(session: Session, *, user: str) -> str | None:
    """Return who has a phone of this user."""
    return session.scalars(select(Phone.staff_id).where(Phone.user == user)).first()


def forget_pushes(session: Session, *, before: datetime) -> int:
    """Remove pushes that came before an instant; return how many."""
    gone = session.execute(delete(CloudPush).where(CloudPush.received_at < before).returning(CloudPush.id))
    return len(gone.all())

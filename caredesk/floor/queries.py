"""All SQL of the floor: hours by hand, alerts, the audit trail, notices, guests, and the figures' contacts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Boolean, and_, bindparam, or_, select, true, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from caredesk.core.db import insert_for, table_of, upsert_into
from caredesk.core.ids import new_id
from caredesk.floor.errors import AlertNotFound, NoticeNotFound
from caredesk.floor.models import Alert, ConversationGuest, FloorAction, FloorNotice, HoursByHand, NoticeSeen

# ---- hours by hand ---------------------------------------------------------------------------------------


def list_hands(session: Session, *, queue_id: str, since: datetime) -> Sequence[HoursByHand]:
    """Return the hours by hand of a queue that end after an instant, in the order they were made."""
    query = select(HoursByHand).where(HoursByHand.queue_id == queue_id, HoursByHand.ends_at > since)
    return session.scalars(query.order_by(HoursByHand.made_at, HoursByHand.id)).all()


def find_hand_now(session: Session, *, queue_id: str, at: datetime) -> HoursByHand | None:
    """Return the hours by hand that hold at an instant."""
    query = select(HoursByHand).where(
        HoursByHand.queue_id == queue_id,
        HoursByHand.starts_at <= at,
        HoursByHand.ends_at > at,
        HoursByHand.ended_at.is_(None),
    )
    return session.scalars(query.order_by(HoursByHand.made_at.desc()).limit(1)).first()


def end_hands(session: Session, *, queue_id: str, now: datetime) -> int:
    """Take back what is set by hand for a queue; return how much there was."""
    standing = (
        update(HoursByHand)
        .where(HoursByHand.queue_id == queue_id, HoursByHand.ends_at > now, HoursByHand.ended_at.is_(None))
        .values(ended_at=now)
        .returning(HoursByHand.id)
    )
    return len(session.execute(standing).all())


# ---- alerts ----------------------------------------------------------------------------------------------


def put_alert(session: Session, *, values: dict[str, object]) -> bool:
    """Raise an alert; False when one about the same matter is open already: the index decides, also under races."""
    return session.execute(_put_alert(session.get_bind().dialect.name), values).first() is not None


@lru_cache
def _put_alert(dialect: str) -> ReturningInsert[tuple[str]]:
    """Return the statement for a store, made once: hundreds of alerts may be raised in a minute."""
    table = table_of(Alert)
    return insert_for(dialect, table).on_conflict_do_nothing().returning(table.c.id)


def get_alert(session: Session, *, alert_id: str) -> Alert:
    alert = session.get(Alert, alert_id)
    if alert is None:
        raise AlertNotFound
    return alert


def find_open_alert(session: Session, *, matter: str) -> Alert | None:
    return session.scalars(select(Alert).where(Alert.matter == matter, Alert.ended_at.is_(None))).first()


def list_open_alerts(session: Session, *, matters: Sequence[str] | None = None) -> Sequence[Alert]:
    """Return alerts whose matter is not over, newest first."""
    query = select(Alert).where(Alert.ended_at.is_(None))
    if matters is not None:
        query = query.where(Alert.matter.in_(matters))
    return session.scalars(query.order_by(Alert.raised_at.desc(), Alert.id.desc())).all()


def claim_acknowledgement(session: Session, *, alert_id: str, by: str, now: datetime) -> Alert | None:
    """Note who has seen an alert first; None when somebody has already."""
    seen = (
        update(Alert)
        .where(Alert.id == alert_id, Alert.acknowledged_at.is_(None))
        .values(acknowledged_at=now, acknowledged_by=by)
        .returning(Alert)
        .execution_options(populate_existing=True)
    )
    return session.scalars(seen).first()


def claim_escalation(session: Session, *, alert_id: str, before: str, after: str, now: datetime) -> Alert | None:
    """Move an open alert that nobody has acknowledged to its next stage; None when somebody has, or it is over."""
    moved = (
        update(Alert)
        .where(Alert.id == alert_id, Alert.stage == before)
        .where(Alert.acknowledged_at.is_(None), Alert.ended_at.is_(None))
        .values(stage=after, escalated_at=now)
        .returning(Alert)
        .execution_options(populate_existing=True)
    )
    return session.scalars(moved).first()


# Made once, for many a reply ends an alert; the row that it returns is as it stands, so nothing is worked out again.
_END = (
    update(Alert)
    .where(Alert.id == bindparam("which"), Alert.ended_at.is_(None))
    .values(ended_at=bindparam("now"))
    .returning(Alert)
    .execution_options(populate_existing=True, synchronize_session=False)
)


def claim_end(session: Session, *, alert_id: str, now: datetime) -> Alert | None:
    """End an open alert; None when it is over already."""
    return session.scalars(_END, {"which": alert_id, "now": now}).first()


@dataclass(frozen=True)
class Over:
    """What is over in a talk: everything, the waits in its line, or the replies that were owed in it.

    A reply that somebody else owed than the talk's `owner` is over in any case.
    """

    talk: str
    everything: bool
    waits: bool
    replies: bool
    owner: str | None


# Made once and on the table, for every reply asks it, and most find nothing to make objects of.
_ALERTS = table_of(Alert)
_IS_OVER = or_(
    bindparam("everything", type_=Boolean).is_(true()),
    and_(_ALERTS.c.code.in_(("promise_due", "waits_too_long")), bindparam("waits", type_=Boolean).is_(true())),
    and_(
        _ALERTS.c.code == "reply_overdue",
        or_(bindparam("replies", type_=Boolean).is_(true()), _ALERTS.c.staff_id.is_distinct_from(bindparam("owner"))),
    ),
)
_END_OF_TALK = (
    update(_ALERTS)
    .where(_ALERTS.c.conversation_id == bindparam("talk"), _ALERTS.c.ended_at.is_(None), _IS_OVER)
    .values(ended_at=bindparam("now"))
    .returning(_ALERTS.c.id)
)


def claim_ends_of_talk(session: Session, *, over: Over, now: datetime) -> Sequence[Alert]:
    """End the open alerts of a talk whose matter is over, and return them, first raised first."""
    ended = session.connection().execute(_END_OF_TALK, {**asdict(over), "now": now}).scalars().all()
    if not ended:
        return []
    alerts = select(Alert).where(Alert.id.in_(ended)).order_by(Alert.raised_at, Alert.id)
    return session.scalars(alerts.execution_options(populate_existing=True)).all()


# ---- what was done ---------------------------------------------------------------------------------------


def list_actions(session: Session, *, limit: int) -> Sequence[FloorAction]:
    """Return what supervisors did last, newest first."""
    query = select(FloorAction).order_by(FloorAction.at.desc(), FloorAction.id.desc())
    return session.scalars(query.limit(limit)).all()


# ---- notices ---------------------------------------------------------------------------------------------


def get_notice(session: Session, *, notice_id: str) -> FloorNotice:
    notice = session.get(FloorNotice, notice_id)
    if notice is None:
        raise NoticeNotFound
    return notice


def list_notices(session: Session, *, since: datetime) -> Sequence[FloorNotice]:
    query = select(FloorNotice).where(FloorNotice.at >= since)
    return session.scalars(query.order_by(FloorNotice.at.desc(), FloorNotice.id.desc())).all()


def put_seen(session: Session, *, notice_id: str, staff_id: str, now: datetime) -> None:
    """Note that somebody has acknowledged a notice; the first time counts."""
    row = upsert_into(session, NoticeSeen).values(notice_id=notice_id, staff_id=staff_id, at=now)
    session.execute(row.on_conflict_do_nothing())


def seen_by(session: Session, *, notice_ids: Sequence[str]) -> dict[str, list[str]]:
    """Return who has acknowledged which notice, in order."""
    query = select(NoticeSeen).where(NoticeSeen.notice_id.in_(notice_ids)).order_by(NoticeSeen.at, NoticeSeen.staff_id)
    found: dict[str, list[str]] = {}
    for row in session.scalars(query):
        found.setdefault(row.notice_id, []).append(row.staff_id)
    return found


# ---- guests ----------------------------------------------------------------------------------------------


def find_guest(session: Session, *, conversation_id: str, staff_id: str) -> ConversationGuest | None:
    return session.get(ConversationGuest, (conversation_id, staff_id))


def add_guest(session: Session, *, conversation_id: str, staff_id: str, now: datetime) -> bool:
    """Let somebody stand beside the agent; False when they do already."""
    row = upsert_into(session, ConversationGuest).values(
        conversation_id=conversation_id, staff_id=staff_id, joined_at=now, announced_at=None
    )
    return session.execute(row.on_conflict_do_nothing().returning(ConversationGuest.staff_id)).first() is not None


def drop_guest(session: Session, *, conversation_id: str, staff_id: str) -> bool:
    guest = find_guest(session, conversation_id=conversation_id, staff_id=staff_id)
    if guest is None:
        return False
    session.delete(guest)
    session.flush()
    return True


def guest_of(session: Session, *, staff_id: str) -> list[str]:
    """Return the conversations that somebody has joined."""
    query = select(ConversationGuest.conversation_id).where(ConversationGuest.staff_id == staff_id)
    return list(session.scalars(query.order_by(ConversationGuest.joined_at)))


def note(session: Session, *, values: dict[str, object]) -> None:
    """Write one line of the audit trail."""
    session.add(FloorAction(id=new_id(), **values))
    session.flush()

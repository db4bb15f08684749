"""All SQL of queues, skills, offers and decisions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from caredesk.core.db import table_of
from caredesk.core.ids import new_id
from caredesk.core.outbox import JobRow
from caredesk.queue.errors import QueueNotFound
from caredesk.queue.models import (
    AgentAbility,
    AgentSkill,
    Offer,
    OutOfOrderClaim,
    Queue,
    QueueDepartment,
    RoutingDecision,
    RoutingFault,
    WaitForecast,
)
from caredesk.queue.offer_states import OfferEvent, outcome_of, states_before


def get_queue(session: Session, *, queue_id: str) -> Queue:
    """Return the queue or raise."""
    queue = session.get(Queue, queue_id)
    if queue is None:
        raise QueueNotFound
    return queue


_QUEUE = table_of(Queue).c
_NAMES = select(_QUEUE.id, _QUEUE.name, _QUEUE.name_en).where(_QUEUE.id.in_(bindparam("wanted", expanding=True)))


def names_of(session: Session, *, queue_ids: Collection[str]) -> dict[str, tuple[str, str]]:
    """Return the Chinese and the English name of queues, by id."""
    if not queue_ids:
        return {}
    rows = session.execute(_NAMES, {"wanted": sorted(queue_ids)})
    return {id: (name, name_en) for id, name, name_en in rows}


def find_queue_by_key(session: Session, *, key: str) -> Queue | None:
    return session.scalars(select(Queue).where(Queue.key == key)).first()


def list_queues(session: Session) -> Sequence[Queue]:
    return session.scalars(select(Queue).order_by(Queue.position, Queue.key)).all()


def lock_queue(session: Session, *, queue_id: str) -> Queue:
    """Return the queue with its row locked: one match of a queue at a time, in any process."""
    queue = session.scalars(select(Queue).where(Queue.id == queue_id).with_for_update(key_share=True)).first()
    if queue is None:
        raise QueueNotFound
    return queue


def find_queue_for_category(session: Session, *, category: str | None) -> Queue | None:
    """Return the parents' queue that takes a knowledge category, else the default one."""
    queues = [q for q in list_queues(session) if q.kind == "parent"]
    taking = [q for q in queues if category is not None and category in q.categories]
    defaults = [q for q in queues if q.is_default]
    return next(iter([*taking, *defaults, *queues]), None)


def department_ids_of(session: Session, *, queue_id: str) -> Sequence[str]:
    return session.scalars(select(QueueDepartment.department_id).where(QueueDepartment.queue_id == queue_id)).all()


def departments_by_queue(session: Session) -> dict[str, list[str]]:
    """Return for which departments each queue works; queues that work for none are missing."""
    found: dict[str, list[str]] = {}
    for queue_id, department_id in session.execute(select(QueueDepartment.queue_id, QueueDepartment.department_id)):
        found.setdefault(queue_id, []).append(department_id)
    return found


def set_departments(session: Session, *, queue_id: str, department_ids: Sequence[str]) -> None:
    session.execute(delete(QueueDepartment).where(QueueDepartment.queue_id == queue_id))
    session.add_all(QueueDepartment(queue_id=queue_id, department_id=d) for d in sorted(set(department_ids)))
    session.flush()


def queue_ids_of(session: Session, *, staff_id: str) -> list[str]:
    """Return the queues an agent serves."""
    return list(session.scalars(select(AgentSkill.queue_id).where(AgentSkill.staff_id == staff_id)))


def queue_ids_of_all(session: Session, *, staff_ids: Collection[str] | None = None) -> dict[str, list[str]]:
    """Return the queues of every agent who serves one, or of these agents."""
    found: dict[str, list[str]] = {}
    query = select(AgentSkill.staff_id, AgentSkill.queue_id)
    if staff_ids is not None:
        query = query.where(AgentSkill.staff_id.in_(list(staff_ids)))
    for staff_id, queue_id in session.execute(query):
        found.setdefault(staff_id, []).append(queue_id)
    return found


def skills_of_queue(session: Session, *, queue_id: str) -> dict[str, int]:
    """Return the level of every agent who serves the queue."""
    rows = session.execute(select(AgentSkill.staff_id, AgentSkill.level).where(AgentSkill.queue_id == queue_id))
    return dict(rows.all())


def levels_for(session: Session, *, queue_keys: Collection[str]) -> dict[str, dict[str, int]]:
    """Return, for everyone who serves one of these queues, their levels by the queue's key, and their abilities."""
    levels: dict[str, dict[str, int]] = {}
    skilled = (
        select(AgentSkill.staff_id, Queue.key, AgentSkill.level)
        .join(Queue, Queue.id == AgentSkill.queue_id)
        .where(Queue.key.in_(list(queue_keys)))
    )
    for staff_id, key, level in session.execute(skilled):
        levels.setdefault(staff_id, {})[key] = level
    for staff_id, key, level in session.execute(select(AgentAbility.staff_id, AgentAbility.key, AgentAbility.level)):
        if staff_id in levels:
            levels[staff_id][key] = level
    return levels


def set_ability(session: Session, *, staff_id: str, key: str, level: int) -> None:
    session.merge(AgentAbility(staff_id=staff_id, key=key, level=level))
    session.flush()


def set_skill(session: Session, *, staff_id: str, queue_id: str, level: int) -> None:
    session.merge(AgentSkill(staff_id=staff_id, queue_id=queue_id, level=level))
    session.flush()


def asked_since(session: Session, *, conversation_ids: Collection[str]) -> dict[str, dict[str, datetime]]:
    """Return, for each conversation, who was offered it without taking it, and when last."""
    rows = session.execute(
        select(Offer.conversation_id, Offer.staff_id, func.max(Offer.ended_at))
        .where(Offer.conversation_id.in_(list(conversation_ids)), Offer.state.in_(("declined", "timed_out")))
        .group_by(Offer.conversation_id, Offer.staff_id)
    )
    asked: dict[str, dict[str, datetime]] = {}
    for conversation_id, staff_id, at in rows:
        if at is not None:
            asked.setdefault(conversation_id, {})[staff_id] = at
    return asked


def find_pending_offer(session: Session, *, conversation_id: str) -> Offer | None:
    query = select(Offer).where(Offer.conversation_id == conversation_id, Offer.state == "pending")
    return session.scalars(query).first()


def pending_conversation_ids(session: Session, *, queue_id: str) -> set[str]:
    """Return which conversations of a queue are on offer to somebody."""
    return set(
        session.scalars(select(Offer.conversation_id).where(Offer.queue_id == queue_id, Offer.state == "pending"))
    )


def list_pending_offers(session: Session, *, staff_id: str) -> Sequence[Offer]:
    query = select(Offer).where(Offer.staff_id == staff_id, Offer.state == "pending").order_by(Offer.made_at)
    return session.scalars(query).all()


def list_asked(session: Session, *, staff_id: str | None = None) -> set[str]:
    """Return who has something on offer now, of all or of one."""
    query = select(Offer.staff_id).where(Offer.state == "pending")
    return set(session.scalars(query if staff_id is None else query.where(Offer.staff_id == staff_id)))


def list_offers(session: Session, *, conversation_id: str) -> Sequence[Offer]:
    """Return every offer of a conversation, in order."""
    query = select(Offer).where(Offer.conversation_id == conversation_id).order_by(Offer.made_at, Offer.id)
    return session.scalars(query).all()


def find_offer(session: Session, *, offer_id: str) -> Offer | None:
    return session.get(Offer, offer_id)


def claim_offer(session: Session, *, offer_id: str, event: OfferEvent, now: datetime, reason: str = "") -> Offer | None:
    """End an offer by an event; None when it has ended before (somebody was faster)."""
    ended = (
        update(Offer)
        .where(Offer.id == offer_id, Offer.state.in_([state.value for state in states_before(event)]))
        .values(state=outcome_of(event).value, ended_at=now, reason=reason)
        .returning(Offer)
        .execution_options(populate_existing=True)
    )
    return session.scalars(ended).first()


_JOB = table_of(JobRow)
_EXPIRY = select(_JOB.c.id).where(_JOB.c.key == bindparam("key"))
_FORGET_EXPIRY = delete(_JOB).where(_JOB.c.id.in_(_EXPIRY.with_for_update(key_share=True, skip_locked=True)))


def expiry_key(offer_id: str) -> str:
    """Return the key of the job that ends an offer whose time is over."""
    return f"offer:{offer_id}"


def forget_expiry(session: Session, *, offer_id: str) -> None:
    """Drop the job that would end an offer: it would find nothing to do.

    Who runs it just now waits for the conversation that we have locked, so it is left to them.
    """
    session.execute(_FORGET_EXPIRY, {"key": expiry_key(offer_id)})


def list_decisions(session: Session, *, conversation_id: str) -> Sequence[RoutingDecision]:
    query = (
        select(RoutingDecision)
        .where(RoutingDecision.conversation_id == conversation_id)
        .order_by(RoutingDecision.at, RoutingDecision.id)
    )
    return session.scalars(query).all()


def marks_of_nobody(session: Session, *, conversation_ids: Collection[str]) -> dict[str, str | None]:
    """Return the fingerprint of each conversation's last decision, if that was for nobody."""
    newest = RoutingDecision.at.desc(), RoutingDecision.id.desc()
    place = func.row_number().over(partition_by=RoutingDecision.conversation_id, order_by=newest).label("place")
    made = RoutingDecision.conversation_id.in_(conversation_ids)
    columns = (RoutingDecision.conversation_id, RoutingDecision.chosen_staff_id, RoutingDecision.fingerprint)
    last = select(*columns, place).where(made).subquery()
    rows = session.execute(
        select(last.c.conversation_id, last.c.fingerprint).where(last.c.place == 1, last.c.chosen_staff_id.is_(None))
    )
    return dict(rows.all())


def keep_match(session: Session, *, decisions: Sequence[RoutingDecision], offers: Sequence[Offer]) -> None:
    """Keep what a match decided and whom it asks; one statement each however many there are."""
    session.add_all([*decisions, *offers])
    session.flush()


# ---- honest waits, faults, claims ----------------------------------------------------------------------------


def keep_forecast(session: Session, *, forecast: WaitForecast) -> None:
    """Keep what somebody was told first; what they are told later is easier and proves nothing."""
    if session.get(WaitForecast, forecast.conversation_id) is None:
        session.add(forecast)
        session.flush()


def settle_forecast(session: Session, *, conversation_id: str, now: datetime) -> None:
    """Note how long somebody really waited; only the first acceptance counts."""
    forecast = session.get(WaitForecast, conversation_id)
    if forecast is not None and forecast.actual_seconds is None:
        forecast.actual_seconds = (now - forecast.at).total_seconds()


def list_settled_forecasts(session: Session, *, since: datetime, until: datetime) -> Sequence[WaitForecast]:
    """Return the forecasts of a period whose waits have ended with an agent and that had named a range."""
    query = select(WaitForecast).where(
        WaitForecast.at >= since,
        WaitForecast.at < until,
        WaitForecast.actual_seconds.is_not(None),
        WaitForecast.high_seconds.is_not(None),
    )
    return session.scalars(query.order_by(WaitForecast.at)).all()


def add_fault(session: Session, *, code: str, queue_id: str | None, conversation_id: str | None, now: datetime) -> None:
    """Keep something that the safety net found."""
    fault = RoutingFault(id=new_id(), code=code, queue_id=queue_id, conversation_id=conversation_id, at=now)
    session.add(fault)
    session.flush()


def count_faults(session: Session) -> dict[str, int]:
    """Return how many faults of each code were ever found."""
    rows = session.execute(select(RoutingFault.code, func.count()).group_by(RoutingFault.code))
    return dict(rows.all())


def add_claim(session: Session, *, claim: OutOfOrderClaim) -> None:
    session.add(claim)
    session.flush()


def list_claims(session: Session, *, since: datetime, until: datetime) -> Sequence[OutOfOrderClaim]:
    """Return what was taken out of its order in a period, the newest first."""
    query = select(OutOfOrderClaim).where(OutOfOrderClaim.at >= since, OutOfOrderClaim.at < until)
    return session.scalars(query.order_by(OutOfOrderClaim.at.desc(), OutOfOrderClaim.id)).all()


def list_overdue_offers(session: Session, *, before: datetime) -> Sequence[Offer]:
    """Return offers that should have ended before an instant and are still open."""
    query = select(Offer).where(Offer.state == "pending", Offer.expires_at < before)
    return session.scalars(query.order_by(Offer.expires_at)).all()

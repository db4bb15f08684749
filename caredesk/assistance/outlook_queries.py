"""All SQL of outlooks; apart from the call-ups' because they look ahead and call nobody."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from caredesk.assistance.call_up_models import CallUp, CallUpContact
from caredesk.assistance.outlook_models import LearnedWeights, Outlook
from caredesk.assistance.outlook_rules import RULE, Weights


def judged_before(session: Session, *, appointment_ids: Collection[str]) -> set[str]:
    """Return which visits were judged already."""
    return set(session.scalars(select(Outlook.appointment_id).where(Outlook.appointment_id.in_(appointment_ids))))


def add_outlook(session: Session, *, outlook: Outlook) -> None:
    """Keep what was foretold of a visit."""
    session.add(outlook)
    session.flush()


def list_outlooks(session: Session, *, since: datetime) -> Sequence[Outlook]:
    """Return what was foretold since an instant, oldest first."""
    query = select(Outlook).where(Outlook.at >= since).order_by(Outlook.at, Outlook.appointment_id)
    return session.scalars(query).all()


def calls_of(session: Session, *, patient_ids: Collection[str], ladder: str) -> dict[str, list[tuple[CallUp, bool]]]:
    """Return the call-ups of children with one ladder, oldest first, each with whether somebody was online."""
    online = exists().where(CallUpContact.call_up_id == CallUp.id, CallUpContact.was_online)
    query = (
        select(CallUp, online)
        .where(CallUp.patient_id.in_(patient_ids), CallUp.ladder_key == ladder)
        .order_by(CallUp.started_at, CallUp.id)
    )
    found: dict[str, list[tuple[CallUp, bool]]] = {}
    for run, was_online in session.execute(query):
        found.setdefault(run.patient_id, []).append((run, was_online))
    return found


def weights_in_use(session: Session) -> Weights:
    """Return the newest weights that did better than the rule, else the rule's."""
    query = select(LearnedWeights).order_by(LearnedWeights.at.desc(), LearnedWeights.id.desc()).limit(1)
    newest = session.scalars(query).first()
    if newest is None or not newest.in_use:
        return RULE
    return Weights(f"learned:{newest.id}", newest.base, {name: float(value) for name, value in newest.parts.items()})


def add_weights(session: Session, *, weights: LearnedWeights) -> None:
    """Keep what was learned, also when it is not used."""
    session.add(weights)
    session.flush()

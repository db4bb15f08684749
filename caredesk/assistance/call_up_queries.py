"""All SQL of call-ups, their attempts, and the marks and consents of contacts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from caredesk.assistance.call_up_errors import LegNotFound
from caredesk.assistance.call_up_models import (
    CallUp,
    CallUpContact,
    CallUpLeg,
    ContactConsent,
    LadderVersion,
    SeenPost,
)
from caredesk.assistance.call_up_schemas import Ladder, package_ladder, parse_ladder
from caredesk.assistance.models import AssistRequest
from caredesk.core.db import upsert_into

# ---- ladders ---------------------------------------------------------------------------------------------


def get_ladder(session: Session, *, key: str) -> Ladder:
    """Return the ladder in use: the hospital's newest version, else the package's; raise when there is none."""
    row = _newest(session, key=key)
    return parse_ladder(row.data) if row else package_ladder(key)


def put_ladder(session: Session, ladder: Ladder, *, by: str, now: datetime) -> int:
    """Keep a new version of a ladder and return its number; runs under way keep theirs."""
    before = _newest(session, key=ladder.key)
    version = before.version + 1 if before else 1
    data = ladder.model_dump(mode="json")
    session.add(LadderVersion(key=ladder.key, version=version, data=data, made_at=now, made_by=by))
    session.flush()
    return version


def versions_of_ladders(session: Session) -> dict[str, int]:
    """Return the newest versions of the ladders that the hospital changed."""
    rows = session.execute(select(LadderVersion.key, func.max(LadderVersion.version)).group_by(LadderVersion.key))
    return dict(rows.all())


def _newest(session: Session, *, key: str) -> LadderVersion | None:
    query = select(LadderVersion).where(LadderVersion.key == key).order_by(LadderVersion.version.desc()).limit(1)
    return session.scalars(query).first()


def find_request(session: Session, *, request_id: str) -> AssistRequest | None:
    """Return the request a family is called for; a reminder has none."""
    return session.get(AssistRequest, request_id)


# ---- runs ------------------------------------------------------------------------------------------------


def add_call_up(session: Session, *, call_up: CallUp, contacts: Sequence[CallUpContact]) -> None:
    """Begin a run. A second one for the same request fails on the index; ask `find_open` first."""
    session.add(call_up)
    session.flush()
    session.add_all(contacts)
    session.flush()


def find_call_up(session: Session, *, call_up_id: str) -> CallUp | None:
    return session.get(CallUp, call_up_id)


def lock_call_up(session: Session, *, call_up_id: str) -> CallUp | None:
    """Return a run with its row locked: its attempts are planned one after another."""
    query = select(CallUp).where(CallUp.id == call_up_id).with_for_update(key_share=True)
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def lock_open(session: Session, *, request_id: str) -> CallUp | None:
    """Return the run of a request that has not ended, locked."""
    query = select(CallUp).where(CallUp.request_id == request_id, CallUp.ended_at.is_(None))
    return session.scalars(
        query.with_for_update(key_share=True).execution_options(populate_existing=True)
    ).one_or_none()


def lock_reminders_of(session: Session, *, patient_id: str, ladder_key: str) -> Sequence[CallUp]:
    """Return the open reminders of a child, locked."""
    query = select(CallUp).where(
        CallUp.patient_id == patient_id, CallUp.ladder_key == ladder_key, CallUp.ended_at.is_(None)
    )
    return session.scalars(
        query.order_by(CallUp.id).with_for_update(key_share=True).execution_options(populate_existing=True)
    ).all()


def lock_open_of_patient(session: Session, *, patient_id: str) -> Sequence[CallUp]:
    """Return every run for a child that has not ended, locked, in one order for all."""
    query = select(CallUp).where(CallUp.patient_id == patient_id, CallUp.ended_at.is_(None)).order_by(CallUp.id)
    return session.scalars(query.with_for_update(key_share=True).execution_options(populate_existing=True)).all()


def conversations_of_open(session: Session, *, patient_id: str) -> list[str]:
    """Return the talks of the requests for which a child is being called, in one order for all."""
    query = select(CallUp.conversation_id).where(CallUp.patient_id == patient_id, CallUp.ended_at.is_(None))
    return sorted(found for found in session.scalars(query) if found is not None)


def list_contacts(session: Session, *, call_up_id: str) -> Sequence[CallUpContact]:
    """Return whom a run tells, in their order."""
    query = select(CallUpContact).where(CallUpContact.call_up_id == call_up_id).order_by(CallUpContact.position)
    return session.scalars(query).all()


def list_called_guardians(session: Session) -> set[str]:
    """Return everybody whom an open run tells; a few at most, and nobody as a rule.

    In two steps, each by an index: joined, the store would go through everybody who was ever called, at every beat.
    """
    open_runs = session.scalars(select(CallUp.id).where(CallUp.ended_at.is_(None))).all()
    if not open_runs:
        return set()
    return set(session.scalars(select(CallUpContact.guardian_id).where(CallUpContact.call_up_id.in_(open_runs))))


def list_open_contacts_of(session: Session, *, guardian_id: str) -> list[tuple[CallUp, CallUpContact]]:
    """Return the open runs that tell a guardian."""
    query = (
        select(CallUp, CallUpContact)
        .join(CallUpContact, CallUpContact.call_up_id == CallUp.id)
        .where(CallUpContact.guardian_id == guardian_id, CallUp.ended_at.is_(None))
        .order_by(CallUp.id)
    )
    return [(run, contact) for run, contact in session.execute(query)]


def note_away(session: Session, *, guardian_ids: Collection[str]) -> None:
    """Note that these guardians' pages have gone since they were called: when they are seen again, they came."""
    open_runs = session.scalars(select(CallUp.id).where(CallUp.ended_at.is_(None))).all()
    session.execute(
        update(CallUpContact)
        .where(CallUpContact.guardian_id.in_(guardian_ids), CallUpContact.call_up_id.in_(open_runs))
        .values(has_left=True)
        .execution_options(synchronize_session=False)
    )


def list_runs_between(session: Session, *, since: datetime, until: datetime) -> Sequence[CallUp]:
    """Return the runs of doctors' requests begun in a stretch of time."""
    query = select(CallUp).where(CallUp.started_at >= since, CallUp.started_at < until)
    return session.scalars(query.order_by(CallUp.started_at, CallUp.id)).all()


# ---- attempts --------------------------------------------------------------------------------------------


def add_leg(session: Session, *, leg: CallUpLeg) -> CallUpLeg:
    """Write down an attempt; the same one twice fails on the index."""
    session.add(leg)
    session.flush()
    return leg


def list_legs(session: Session, *, call_up_ids: Collection[str]) -> Sequence[CallUpLeg]:
    """Return the attempts of runs, in the order in which they were planned."""
    query = select(CallUpLeg).where(CallUpLeg.call_up_id.in_(call_up_ids))
    return session.scalars(query.order_by(CallUpLeg.planned_at, CallUpLeg.id)).all()


def list_legs_of_requests(session: Session, *, request_ids: Collection[str]) -> list[tuple[str, CallUpLeg, str]]:
    """Return every attempt for some requests, with the request and the guardian's relation, in order."""
    query = (
        select(CallUp.request_id, CallUpLeg, CallUpContact.relation)
        .join(CallUpLeg, CallUpLeg.call_up_id == CallUp.id)
        .join(
            CallUpContact,
            (CallUpContact.call_up_id == CallUp.id) & (CallUpContact.guardian_id == CallUpLeg.guardian_id),
        )
        .where(CallUp.request_id.in_(request_ids))
        .order_by(CallUpLeg.planned_at, CallUpLeg.id)
    )
    return [(request_id, leg, relation) for request_id, leg, relation in session.execute(query)]


def find_leg(session: Session, *, leg_id: str) -> CallUpLeg | None:
    return session.get(CallUpLeg, leg_id)


def lock_leg(session: Session, *, leg_id: str) -> CallUpLeg:
    """Return an attempt with its row locked, or raise."""
    query = select(CallUpLeg).where(CallUpLeg.id == leg_id).with_for_update(key_share=True)
    leg = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if leg is None:
        raise LegNotFound
    return leg


def find_leg_by_post(session: Session, *, channel: str, provider_id: str, request_id: str) -> CallUpLeg | None:
    """Return the attempt a receipt speaks of: by the provider's number, else by ours that it gives back."""
    query = select(CallUpLeg).where(CallUpLeg.channel == channel).with_for_update(key_share=True)
    query = query.execution_options(populate_existing=True)
    if provider_id:
        found = session.scalars(query.where(CallUpLeg.provider_id == provider_id)).first()
        if found is not None:
            return found
    return session.scalars(query.where(CallUpLeg.request_id == request_id)).first() if request_id else None


def list_dead(session: Session, *, limit: int) -> list[tuple[CallUpLeg, CallUp]]:
    """Return the messages that nobody could send, newest first."""
    query = select(CallUpLeg, CallUp).join(CallUp, CallUp.id == CallUpLeg.call_up_id).where(CallUpLeg.dead.is_(True))
    rows = session.execute(query.order_by(CallUpLeg.planned_at.desc(), CallUpLeg.id.desc()).limit(limit))
    return [(leg, run) for leg, run in rows]


def count_dead(session: Session, *, since: datetime) -> int:
    """Return how many messages could not be sent that were planned since an instant."""
    query = select(func.count()).where(CallUpLeg.dead.is_(True), CallUpLeg.planned_at >= since)
    return session.scalar(query) or 0


# ---- contacts --------------------------------------------------------------------------------------------


def list_consents(session: Session, *, guardian_ids: Collection[str]) -> Sequence[ContactConsent]:
    """Return what these guardians said about being reached."""
    return session.scalars(select(ContactConsent).where(ContactConsent.guardian_id.in_(guardian_ids))).all()


def has_consents(session: Session) -> bool:
    """Tell whether anybody said anything about being reached."""
    return session.scalars(select(ContactConsent.guardian_id).limit(1)).first() is not None


def put_consent(session: Session, *, consent: ContactConsent) -> None:
    """Keep what a guardian said; the last word counts."""
    session.merge(consent)
    session.flush()


# ---- post that came in -----------------------------------------------------------------------------------


def is_new_post(session: Session, *, post_id: str, now: datetime) -> bool:
    """Note post by its id and tell whether it is seen for the first time."""
    row = upsert_into(session, SeenPost).values(id=post_id, at=now).on_conflict_do_nothing().returning(SeenPost.id)
    return session.execute(row).first() is not None


def forget_post(session: Session, *, before: datetime) -> None:
    """Drop ids of post so old that its own time would refuse it."""
    session.execute(delete(SeenPost).where(SeenPost.at < before))

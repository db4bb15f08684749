"""All SQL of assist requests and their types."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from caredesk.assistance.errors import RequestNotFound, RequestTypeUnknown
from caredesk.assistance.models import AssistRequest, RequestTypeRow
from caredesk.assistance.request_types import RequestType, default_types, parse_type


def list_types(session: Session) -> list[RequestType]:
    """Return every type of the hospital: its own rows in place of the package's, in their order."""
    changed = {row.key: row for row in session.scalars(select(RequestTypeRow).order_by(RequestTypeRow.position))}
    known = [parse_type(changed.pop(kind.key).data) if kind.key in changed else kind for kind in default_types()]
    return [*known, *(parse_type(row.data) for row in changed.values())]


def get_type(session: Session, *, key: str) -> RequestType:
    """Return a type, also one that is no longer in use, or raise."""
    found = next((kind for kind in list_types(session) if kind.key == key), None)
    if found is None:
        raise RequestTypeUnknown
    return found


def put_type(session: Session, kind: RequestType, *, position: int, by: str, now: datetime) -> int:
    """Keep a type as the hospital wants it; return its new version."""
    row = session.get(RequestTypeRow, kind.key, with_for_update=True)
    data = kind.model_dump(mode="json")
    if row is None:
        row = RequestTypeRow(key=kind.key, data=data, version=0, position=position, changed_by=by, changed_at=now)
        session.add(row)
    row.data, row.version, row.changed_by, row.changed_at = data, row.version + 1, by, now
    session.flush()
    return row.version


def versions_of_types(session: Session) -> dict[str, int]:
    """Return the versions of the types that were changed here."""
    return dict(session.execute(select(RequestTypeRow.key, RequestTypeRow.version)).all())


# ---- requests --------------------------------------------------------------------------------------------


def find_by_key(session: Session, *, sender: str, client_key: str) -> AssistRequest | None:
    query = select(AssistRequest).where(AssistRequest.sender == sender, AssistRequest.client_key == client_key)
    return session.scalars(query).one_or_none()


def find_open(session: Session, *, type_key: str, appointment_id: str) -> AssistRequest | None:
    """Return the open request of a type for a visit."""
    query = select(AssistRequest).where(
        AssistRequest.type_key == type_key,
        AssistRequest.appointment_id == appointment_id,
        AssistRequest.ended_at.is_(None),
    )
    return session.scalars(query).one_or_none()


def get_request(session: Session, *, request_id: str) -> AssistRequest:
    """Return a request, or raise."""
    found = session.get(AssistRequest, request_id)
    if found is None:
        raise RequestNotFound
    return found


def get_request_of(session: Session, *, request_id: str, staff_id: str) -> AssistRequest:
    """Return a request if this member of staff raised it; somebody else's does not exist for them."""
    found = session.get(AssistRequest, request_id)
    if found is None or found.staff_id != staff_id:
        raise RequestNotFound
    return found


def find_of_conversation(session: Session, *, conversation_id: str) -> AssistRequest | None:
    return session.scalars(select(AssistRequest).where(AssistRequest.conversation_id == conversation_id)).one_or_none()


def type_keys_of(session: Session, *, conversation_ids: Collection[str]) -> dict[str, str]:
    """Return the types of requests by their talks."""
    query = select(AssistRequest.conversation_id, AssistRequest.type_key)
    return dict(session.execute(query.where(AssistRequest.conversation_id.in_(conversation_ids))).all())


def list_of_staff(session: Session, *, staff_id: str, since: datetime, limit: int = 200) -> Sequence[AssistRequest]:
    """Return what somebody raised and is still open, or was raised since an instant; newest first."""
    query = (
        select(AssistRequest)
        .where(
            AssistRequest.staff_id == staff_id,
            or_(AssistRequest.ended_at.is_(None), AssistRequest.raised_at >= since),
        )
        .order_by(AssistRequest.raised_at.desc(), AssistRequest.id.desc())
        .limit(limit)
    )
    return session.scalars(query).all()


def list_open_of_sessions(session: Session, *, session_ids: Collection[str]) -> Sequence[AssistRequest]:
    """Return the open requests that hang on these clinic sessions, oldest first."""
    query = (
        select(AssistRequest)
        .where(AssistRequest.clinic_session_id.in_(session_ids), AssistRequest.ended_at.is_(None))
        .order_by(AssistRequest.raised_at, AssistRequest.id)
    )
    return session.scalars(query).all()


def list_open(session: Session, *, limit: int = 100) -> Sequence[AssistRequest]:
    """Return the open requests of the whole desk, oldest first."""
    query = (
        select(AssistRequest)
        .where(AssistRequest.ended_at.is_(None))
        .order_by(AssistRequest.raised_at, AssistRequest.id)
        .limit(limit)
    )
    return session.scalars(query).all()


def list_open_of_patients(session: Session, *, patient_ids: Collection[str]) -> Sequence[AssistRequest]:
    """Return the open requests about these patients, newest first."""
    query = (
        select(AssistRequest)
        .where(AssistRequest.patient_id.in_(patient_ids), AssistRequest.ended_at.is_(None))
        .order_by(AssistRequest.raised_at.desc(), AssistRequest.id.desc())
    )
    return session.scalars(query).all()


def list_of_visits(session: Session, *, appointment_ids: Collection[str]) -> Sequence[AssistRequest]:
    """Return what was asked about some visits, oldest first, so that the last one of a visit is the newest."""
    query = select(AssistRequest).where(AssistRequest.appointment_id.in_(appointment_ids))
    return session.scalars(query.order_by(AssistRequest.raised_at, AssistRequest.id)).all()


def list_of_patient(session: Session, *, patient_id: str, limit: int = 20) -> Sequence[AssistRequest]:
    """Return what was asked about a patient before, newest first."""
    query = (
        select(AssistRequest)
        .where(AssistRequest.patient_id == patient_id)
        .order_by(AssistRequest.raised_at.desc(), AssistRequest.id.desc())
        .limit(limit)
    )
    return session.scalars(query).all()

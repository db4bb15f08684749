"""Calling several families of a session at once, without a doctor's tap: who is not online yet, and bringing them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from caredesk.actions import access
from caredesk.actions.assist import BY_DESK, raise_for_visit
from caredesk.actions.assist_views import views
from caredesk.actions.doctor_day import ONLINE_WITHIN, belongs
from caredesk.actions.replies import AsStaff
from caredesk.assistance import queries
from caredesk.assistance.errors import NotAnAssistant, PatientNotYours, RequestTypeUnknown
from caredesk.assistance.models import AssistRequest
from caredesk.assistance.request_types import RequestType
from caredesk.assistance.schemas import PatientToCall, SessionToCall
from caredesk.clinic import queries as clinic_queries
from caredesk.clinic.queries import SessionLine
from caredesk.conversations import search_queries
from caredesk.core.ids import token_hash
from caredesk.core.work import Work
from caredesk.events.assist_shapes import AssistRequestView
from caredesk.patients import contact_queries
from caredesk.patients import queries as patient_queries
from caredesk.patients.models import Appointment
from caredesk.patients.rules import mask_child_name
from caredesk.queue import queries as queue_queries

BEFORE, AFTER = timedelta(minutes=30), timedelta(minutes=10)
"""From when to when families of a session may be called: shortly before it begins until the last one has been seen."""


@dataclass(frozen=True)
class _Round:
    """A session that may be called for now, and its visits that are still to come, in their order."""

    line: SessionLine
    visits: list[Appointment]


def sessions_to_call(session: Session, *, who: AsStaff, at: datetime) -> list[SessionToCall]:
    """Return the sessions of now with everybody who still waits to be seen, and how each of them stands."""
    _check_assists(session, who=who)
    rounds = _rounds(session, at=at)
    visits = [visit for one in rounds for visit in one.visits]
    marks = _Marks(session, visits, at=at)
    return [
        SessionToCall(
            id=one.line.session.id,
            department=one.line.department.name,
            department_en=one.line.department.name_en,
            doctor=one.line.doctor.name if one.line.doctor else "",
            doctor_en=one.line.doctor.name_en if one.line.doctor else "",
            starts_at=one.line.session.starts_at,
            ends_at=one.line.session.ends_at,
            running=one.line.session.starts_at <= at,
            patients=[marks.line(visit) for visit in one.visits],
        )
        for one in rounds
        if one.visits
    ]


def call_round(
    work: Work, *, who: AsStaff, session_id: str, appointment_ids: Sequence[str], client_key: str
) -> list[AssistRequest]:
    """Begin to bring chosen families of a session online; a repeat is the same, and so is a call under way."""
    _check_assists(work.session, who=who)
    found = next((one for one in _rounds(work.session, at=work.now) if one.line.session.id == session_id), None)
    visits = {visit.id: visit for visit in found.visits} if found is not None else {}
    if set(appointment_ids) - set(visits):
        raise PatientNotYours
    kind = _calling_type(work.session)
    return [
        raise_for_visit(
            work,
            appointment=visits[appointment_id],
            type_key=kind.key,
            by_name=work.actor.name,
            key=token_hash(f"{who.staff_id}:{client_key}:{appointment_id}"),
        )
        # In one order for all, so that two who choose the same families do not wait for each other.
        for appointment_id in sorted(set(appointment_ids))
    ]


def _check_assists(session: Session, *, who: AsStaff) -> None:
    serving = {queue.id for queue in queue_queries.list_queues(session) if queue.kind == "assistant"}
    scope = access.scope_of(session, who=who)
    if not scope.everything and serving.isdisjoint(scope.queue_ids):
        raise NotAnAssistant


def _calling_type(session: Session) -> RequestType:
    """Return the type that brings a family online and that the desk itself may raise."""
    for kind in queries.list_types(session):
        if kind.active and kind.ladder and BY_DESK in kind.roles:
            return kind
    raise RequestTypeUnknown


def _rounds(session: Session, *, at: datetime) -> list[_Round]:
    lines = [
        line
        for line in clinic_queries.list_sessions(session, since=at - AFTER, until=at + BEFORE)
        if line.session.status != "cancelled" and line.doctor is not None
    ]
    if not lines:
        return []
    since = min(line.session.starts_at for line in lines)
    until = max(line.session.ends_at for line in lines)
    visits = contact_queries.list_visits_between(session, since=since, until=until)
    in_order = sorted(lines, key=lambda line: (line.session.starts_at, line.department.id, line.session.id))
    return [_Round(line, [visit for visit in visits if _is_of(visit, line=line)]) for line in in_order]


def _is_of(visit: Appointment, *, line: SessionLine) -> bool:
    return visit.doctor_id == line.session.doctor_id and belongs(visit, line=line)


class _Marks:
    """How the visits of several sessions stand, with as many look-ups as for one."""

    def __init__(self, session: Session, visits: Sequence[Appointment], *, at: datetime) -> None:
        self._at = at
        guardians = sorted({visit.guardian_id for visit in visits})
        self._seen = search_queries.last_seen_of_guardians(session, guardian_ids=guardians)
        patients = sorted({visit.patient_id for visit in visits})
        self._names = patient_queries.names_of_patients(session, patient_ids=patients)
        calling = {kind.key for kind in queries.list_types(session) if kind.ladder}
        found = queries.list_of_visits(session, appointment_ids=[visit.id for visit in visits])
        self._requests: dict[str, AssistRequestView] = {
            view.appointment_id: view
            for view in views(session, [one for one in found if one.type_key in calling])
            if view.appointment_id is not None
        }

    def line(self, visit: Appointment) -> PatientToCall:
        """Return one visit as it is shown."""
        seen = self._seen.get(visit.guardian_id)
        request = self._requests.get(visit.id)
        return PatientToCall(
            appointment_id=visit.id,
            child=mask_child_name(self._names.get(visit.patient_id, "")),
            starts_at=visit.starts_at,
            kind=visit.kind,
            status=visit.status,
            number_in_line=visit.number_in_line,
            online=seen is not None and seen >= self._at - ONLINE_WITHIN,
            last_seen_at=seen,
            request_state=request.state if request is not None else "",
            request_outcome=request.outcome if request is not None else "",
            promised_at=request.promised_at if request is not None else None,
            called_at=request.raised_at if request is not None else None,
        )

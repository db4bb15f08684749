"""The assistant's side of a request: everything at hand on one card, and what came of an attempt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from caredesk.actions import call_ups
from caredesk.actions.assist_views import view_of, views
from caredesk.actions.call_up_contacts import reach_of
from caredesk.actions.replies import AsStaff, can_see, lock_visible
from caredesk.assistance import queries
from caredesk.assistance.call_up_rules import told_first
from caredesk.assistance.call_up_schemas import Outcome
from caredesk.assistance.errors import RequestNotFound, RequestOver
from caredesk.assistance.models import AssistRequest
from caredesk.assistance.request_types import RequestType
from caredesk.assistance.schemas import AssistCard, CallVisit, GuardianToCall
from caredesk.clinic import queries as clinic_queries
from caredesk.conversations import line_queries, search_queries
from caredesk.conversations import queries as conversation_queries
from caredesk.conversations.errors import ConversationNotFound, NotYours
from caredesk.core.clock import clinic_time
from caredesk.core.work import Work
from caredesk.events.assist_shapes import AssistRequestView
from caredesk.patients import contact_queries
from caredesk.patients import queries as patient_queries
from caredesk.patients.rules import age_on, mask_child_name, mask_name, mask_phone
from caredesk.patients.words import age_words

EARLIER = 5


def card_of(session: Session, *, conversation_id: str, who: AsStaff, at: datetime) -> AssistCard:
    """Return the card of a request to who may see its talk; for others it does not exist."""
    conversation = conversation_queries.get_conversation(session, conversation_id=conversation_id)
    if not can_see(session, conversation, who=who):
        raise ConversationNotFound
    request = queries.find_of_conversation(session, conversation_id=conversation_id)
    if request is None:
        raise RequestNotFound
    kind = queries.get_type(session, key=request.type_key)
    return AssistCard(
        request=view_of(session, request, conversation=conversation),
        kind=kind,
        form={name: str(value) for name, value in request.form.items()},
        visit=_visit(session, request, at=at),
        guardians=_guardians(session, request, at=at),
        script=_script(session, request, kind=kind, script=kind.script_zh, english=False),
        script_en=_script(session, request, kind=kind, script=kind.script_en, english=True),
        earlier=_earlier(session, request),
        may_report=conversation.status == "active" and (conversation.assignee_id == who.staff_id or who.sees_floor),
    )


def open_requests(session: Session, *, who: AsStaff) -> list[AssistRequestView]:
    """Return the open requests whose talks a person may see, oldest first."""
    found = queries.list_open(session)
    talks = line_queries.load_conversations(session, ids={one.conversation_id for one in found})
    seen = [one for one in found if can_see(session, talks[one.conversation_id], who=who)]
    return views(session, seen, conversations=talks)


def _visit(session: Session, request: AssistRequest, *, at: datetime) -> CallVisit | None:
    if request.appointment_id is None:
        return None
    visit = patient_queries.find_appointment(session, appointment_id=request.appointment_id)
    patient = patient_queries.find_patient(session, patient_id=request.patient_id or "")
    if visit is None or patient is None:
        return None
    departments, doctors = clinic_queries.department_names(session), clinic_queries.doctor_names(session)
    age = age_on(patient.birth_date, day=clinic_time(at).date())
    department, doctor = departments.get(visit.department_id, ("", "")), doctors.get(visit.doctor_id or "", ("", ""))
    return CallVisit(
        child=mask_child_name(patient.name),
        sex=patient.sex,
        age=age_words(age, language="zh"),
        age_en=age_words(age, language="en"),
        department=department[0],
        department_en=department[1],
        doctor=doctor[0],
        doctor_en=doctor[1],
        starts_at=visit.starts_at,
        kind=visit.kind,
        status=visit.status,
        number_in_line=visit.number_in_line,
    )


def _guardians(session: Session, request: AssistRequest, *, at: datetime) -> list[GuardianToCall]:
    if request.patient_id is None:
        return []
    found = {
        guardian.id: (guardian, relation)
        for guardian, relation in contact_queries.list_guardians_of(session, patient_id=request.patient_id)
    }
    order = told_first({id: relation for id, (_, relation) in found.items()})
    contacts = {one.guardian_id: one for one in reach_of(session, guardian_ids=order).contacts}
    seen = search_queries.last_seen_of_guardians(session, guardian_ids=order)
    return [
        GuardianToCall(
            id=id,
            name=mask_name(found[id][0].name),
            relation=found[id][1],
            phone=mask_phone(found[id][0].phone),
            trouble="wrong_number" if contacts[id].is_wrong else contacts[id].number.fault,
            last_seen_at=seen.get(id),
        )
        for id in order
    ]


def _script(session: Session, request: AssistRequest, *, kind: RequestType, script: str, english: bool) -> str:
    """Fill in what to say; a script may name the doctor and the child, whose name the assistant sees masked."""
    doctors = clinic_queries.doctor_names(session)
    names = doctors.get(request.doctor_id or "", (request.raised_by, request.raised_by))
    children = patient_queries.names_of_patients(
        session, patient_ids=[request.patient_id] if request.patient_id else []
    )
    child = mask_child_name(children.get(request.patient_id or "", ""))
    return script.replace("{doctor}", names[1 if english else 0]).replace("{child}", child)


def _earlier(session: Session, request: AssistRequest) -> list[AssistRequestView]:
    if request.patient_id is None:
        return []
    found = queries.list_of_patient(session, patient_id=request.patient_id, limit=EARLIER + 1)
    return views(session, [one for one in found if one.id != request.id][:EARLIER])


@dataclass(frozen=True)
class Report:
    """What came of an attempt to reach the family; `promised_at` is when they will be there."""

    outcome: Outcome
    promised_at: datetime | None = None
    leg_id: str | None = None


def report(work: Work, *, conversation_id: str, who: AsStaff, what: Report) -> AssistRequest:
    """Keep what came of an attempt; only who serves the request may say it."""
    conversation = lock_visible(work, conversation_id=conversation_id, who=who)
    request = queries.find_of_conversation(work.session, conversation_id=conversation_id)
    if request is None:
        raise RequestNotFound
    if request.ended_at is not None:
        raise RequestOver
    if conversation.assignee_id != who.staff_id and not who.sees_floor:
        raise NotYours
    call_ups.record_outcome(
        work,
        request_id=request.id,
        staff_id=who.staff_id,
        outcome=what.outcome,
        promised_at=what.promised_at,
        leg_id=what.leg_id,
    )
    return request

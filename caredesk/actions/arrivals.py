"""The patient is there: by the family's page, by the hospital's word, or by the assistant's; the first one counts."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from caredesk.actions import assist, call_ups
from caredesk.actions.call_up_watch import note_presence
from caredesk.assistance import call_up_queries as queries
from caredesk.assistance.call_up_models import CallUp
from caredesk.conversations import queries as conversation_queries
from caredesk.core.work import Work
from caredesk.patients import contact_queries

__all__ = ["arrive", "note_arrival", "note_entered", "note_presence"]

KEPT = timedelta(days=1)
"""Ids of post are kept longer than any signature is good for."""
By = Literal["presence", "webhook", "assistant"]


def arrive(work: Work, *, patient_id: str, guardian_id: str | None, by: By) -> list[str]:
    """End every call-up of a child that has come, and tell who asked; return the requests. Later words find none."""
    runs = _lock_runs(work, patient_id=patient_id)
    for call_up in runs:
        call_up.arrived_by, call_up.arrived_guardian_id = by, guardian_id
        call_ups.end_run(work, call_up, state="arrived", why="arrived")
        if queries.find_request(work.session, request_id=call_up.request_id) is not None:
            assist.arrived(work, request_id=call_up.request_id, by=by)
    return [call_up.request_id for call_up in runs]


def note_arrival(work: Work, *, patient_id: str, guardian_id: str | None, by: By) -> None:
    """Do the same as a job of its own, after whoever noticed it."""
    arrive(work, patient_id=patient_id, guardian_id=guardian_id, by=by)


def _lock_runs(work: Work, *, patient_id: str) -> list[CallUp]:
    # The requests' talks first, in one order: whoever else ends a call-up holds them.
    talks = queries.conversations_of_open(work.session, patient_id=patient_id)
    for conversation_id in talks:
        conversation_queries.lock_conversation(work.session, conversation_id=conversation_id)
    found = queries.lock_open_of_patient(work.session, patient_id=patient_id)
    return [one for one in found if one.conversation_id is None or one.conversation_id in talks]


def note_entered(work: Work, *, post_id: str, appointment: str | None, patient: str | None) -> list[str]:
    """Take the hospital's word that a patient has entered the visit; the same word again changes nothing."""
    if not queries.is_new_post(work.session, post_id=f"entered:{post_id}", now=work.now):
        return []
    queries.forget_post(work.session, before=work.now - KEPT)
    patient_id = _patient_of(work, appointment=appointment, patient=patient)
    return arrive(work, patient_id=patient_id, guardian_id=None, by="webhook") if patient_id else []


def _patient_of(work: Work, *, appointment: str | None, patient: str | None) -> str | None:
    if appointment is not None:
        visit = contact_queries.find_appointment_by_external_id(work.session, external_id=appointment)
        return visit.patient_id if visit is not None else None
    child = contact_queries.find_patient_by_external_id(work.session, external_id=patient) if patient else None
    return child.id if child is not None else None

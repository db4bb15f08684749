"""Parcels: the one function that says where one is, for whoever asks, and what reports do to it.

Bot, console, doctor's desk and the parent's page all tell what `parcel_status` returns. Asking the carrier stands in
`parcel_asking`, tables of the pharmacy in `parcel_tables`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy.orm import Session

from caredesk.accounts.errors import NoDoctorBehindAccount
from caredesk.conversations import queries as conversation_queries
from caredesk.core.ports import Tracked
from caredesk.core.work import Work
from caredesk.events.catalogue import ParcelChanged
from caredesk.patients import parcel_queries as queries
from caredesk.patients.errors import ParcelNotFound
from caredesk.patients.models import Parcel
from caredesk.patients.parcel_rules import (
    Known,
    ParcelStatus,
    Report,
    Source,
    Step,
    learned,
    standing,
    steps_of,
    tidy_number,
    tidy_text,
)
from caredesk.patients.queries import Outcome

RECENT = timedelta(days=60)
"""Parcels of prescriptions older than this are nobody's question any more."""


def parcel_status(parcel: Parcel, *, now: datetime) -> ParcelStatus:
    """Return what may be told of a parcel; everybody who speaks of parcels asks this and nothing else."""
    known = Known(parcel.status, steps_of(parcel.trace))
    return standing(known, heard_at=parcel.heard_at, failing=bool(parcel.fault), now=now)


@dataclass(frozen=True)
class TellableParcel:
    """A parcel with what may be told of it."""

    parcel: Parcel
    standing: ParcelStatus


def parcels_for_doctor(
    session: Session, *, doctor_id: str | None, patient_id: str, now: datetime, department_id: str = ""
) -> list[TellableParcel]:
    """Return the parcels of a doctor's own patient, or of one of a nurse's department; any other does not exist."""
    if doctor_id is None and not department_id:
        raise NoDoctorBehindAccount
    since = now - RECENT
    own = doctor_id is not None and queries.is_patient_of(
        session, patient_id=patient_id, doctor_id=doctor_id, since=since
    )
    if not own and not queries.is_patient_of_department(
        session, patient_id=patient_id, department_id=department_id, since=since
    ):
        raise ParcelNotFound
    found = queries.list_parcels_of_patient(session, patient_id=patient_id, since=since)
    return [TellableParcel(parcel, parcel_status(parcel, now=now)) for parcel in found]


# ---- what reports do -------------------------------------------------------------------------------------


def learn(work: Work, parcel: Parcel, *, report: Report) -> bool:
    """Keep what a report tells of a locked parcel; tell whether anything was new, and whoever looks at it."""
    known = Known(parcel.status, steps_of(parcel.trace))
    after = learned(known, report, now=work.now)
    if after == known:
        return False
    if after.steps != known.steps:
        parcel.trace = [step.as_row() for step in after.steps]
        newest = after.steps[-1].at
        if not known.steps or newest > known.steps[-1].at:
            parcel.moved_at = min(newest, work.now)
    parcel.status = after.status
    if parcel.stuck_key:
        work.enqueue("settle_parcel", {"parcel_id": parcel.id}, key=f"settle:{parcel.id}")
    tell(work, parcel)
    return True


def tell(work: Work, parcel: Parcel) -> None:
    """Have every screen that shows this family's parcels fetch them again."""
    guardians = queries.guardians_of(work.session, parcel=parcel)
    for conversation in conversation_queries.list_open_of_guardians(work.session, guardian_ids=guardians):
        work.emit(ParcelChanged(conversation_id=conversation.id))


def report_of(tracked: Tracked) -> Report:
    """Return what the carrier's words tell, tidied."""
    return Report(tracked.status, tuple(Step(one.at, tidy_text(one.text), "carrier") for one in tracked.steps))


def take_push(work: Work, *, tracked: Tracked) -> Literal["learned", "known"]:
    """Keep what the carrier has pushed. One that was pushed before, or comes late, changes nothing."""
    number = tidy_number(tracked.number)
    if number is None:
        raise ParcelNotFound
    parcel = queries.lock_parcel_by_number(work.session, number=number)
    if parcel.carrier_code and tracked.carrier_code and parcel.carrier_code != tracked.carrier_code:
        raise ParcelNotFound
    if not learn(work, parcel, report=report_of(tracked)):
        return "known"
    parcel.heard_at, parcel.fault = work.now, ""
    return "learned"


def put_parcel(
    work: Work, *, prescription_id: str, number: str, facts: Mapping[str, object], report: Report
) -> Outcome:
    """Add a parcel as the hospital hands it in, or bring it up to date; what the carrier has told stays."""
    number = tidy_number(number) or number.strip()
    parcel = queries.find_by_number(work.session, number=number)
    if parcel is None:
        first = learned(Known("packed", ()), report, now=work.now)
        queries.add_parcel(
            work.session,
            **facts,
            prescription_id=prescription_id,
            number=number,
            status=first.status,
            trace=[step.as_row() for step in first.steps],
            moved_at=min(first.steps[-1].at, work.now) if first.steps else work.now,
        )
        return "added"
    told = {"prescription_id": prescription_id, **facts}
    changed = {name: value for name, value in told.items() if getattr(parcel, name) != value}
    for name, value in changed.items():
        setattr(parcel, name, value)
    is_new = learn(work, parcel, report=report)
    return "changed" if changed or is_new else "unchanged"


def note(work: Work, parcel: Parcel, *, status: str, text: str, source: Source = "staff") -> bool:
    """Keep what somebody found out by telephone about a locked parcel."""
    return learn(work, parcel, report=Report(status, (Step(work.now, tidy_text(text), source),)))

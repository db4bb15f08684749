"""The first screen: is the hospital's desk open, what runs today, what others ask."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from caredesk.actions import clinic, incidents, visits
from caredesk.conversations import house_queries
from caredesk.edge.services import Services
from caredesk.edge.transactions import read
from caredesk.queue import queries as queue_queries
from caredesk.widget.schemas import ClinicLine, IncidentNotice, RatingReason, Welcome


def welcome(services: Services) -> Welcome:
    """Return what the first screen shows at this instant."""
    now, settings = services.clock.now(), services.settings
    with read(services) as session:
        hospital = house_queries.get_hospital(session)
        queue = queue_queries.find_queue_for_category(session, category=None)
        state = clinic.queue_state(session, queue, at=now) if queue else None
        return Welcome(
            hospital=hospital.name,
            hospital_en=hospital.name_en,
            demo=hospital.demo,
            hotline=hospital.hotline,
            mail=settings.contact_mail,
            notice=_notice(session, hotline=hospital.hotline),
            emergency_phone=hospital.emergency_phone,
            open=state.open if state else False,
            reason=state.reason if state else "no_schedule",
            next_change=state.next_change if state else None,
            next_open=state.next_open if state else None,
            server_time=now,
            top_questions=visits.top_questions(session, at=now),
            clinics=_clinics(session, at=now),
            rating_reasons=_rating_reasons(session),
            message_characters=settings.message_characters,
            picture_bytes=settings.picture_bytes,
        )


def _notice(session: Session, *, hotline: str) -> IncidentNotice | None:
    kind = incidents.told_to_parents(session)
    words = kind.parents.with_hotline(hotline) if kind else None
    return IncidentNotice(kind=kind.key, zh=words.zh, en=words.en) if kind and words else None


def _clinics(session: Session, *, at: datetime) -> list[ClinicLine]:
    return [
        ClinicLine(
            department_id=today.department.id,
            department=today.department.name,
            department_en=today.department.name_en,
            open=today.running,
            sessions=today.clock_ranges,
            doctors=today.doctors,
        )
        for today in clinic.hospital_overview(session, at=at)
    ]


def _rating_reasons(session: Session) -> list[RatingReason]:
    return [
        RatingReason(key=row.key, good=row.parent == "good", zh=row.zh, en=row.en)
        for row in house_queries.list_options(session, kind="rating_reason")
    ]

"""Whom a call-up can reach and how: numbers, pages, consent, wrong numbers; and what a message may say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from caredesk.actions import number_marks
from caredesk.assistance import call_up_queries as queries
from caredesk.assistance import mark_queries
from caredesk.assistance.call_up_models import CallUp, CallUpLeg, ContactConsent
from caredesk.assistance.call_up_rules import Consent, Contact, is_allowed, read_number
from caredesk.assistance.call_up_schemas import Channel, ConsentView
from caredesk.clinic import queries as clinic_queries
from caredesk.conversations import family_queries
from caredesk.core.work import Work
from caredesk.patients import contact_queries
from caredesk.patients import queries as patient_queries
from caredesk.patients.models import Guardian
from caredesk.patients.rules import mask_phone

CHANNELS: tuple[Channel, ...] = ("in_app", "wechat", "sms", "telephone")


@dataclass(frozen=True)
class Reach:
    """Everybody of a run in their order, what they allowed, how they are shown, and by what numbers are compared."""

    contacts: list[Contact]
    consent: Consent
    phones: dict[str, str]
    keys: dict[str, frozenset[str]]

    def shown(self, leg: CallUpLeg) -> str:
        """Return a number masked, for attempts that use one."""
        return mask_phone(self.phones[leg.guardian_id]) if leg.channel in ("sms", "telephone") else ""


def reach_of(session: Session, *, guardian_ids: Sequence[str]) -> Reach:
    """Return how these guardians can be reached now."""
    rows = {one.id: one for one in contact_queries.list_guardians(session, guardian_ids=guardian_ids)}
    consents = queries.list_consents(session, guardian_ids=guardian_ids)
    pages = family_queries.guardians_with_page(session, guardian_ids=guardian_ids)
    numbers = {id: read_number(row.phone) for id, row in rows.items()}
    keys = {id: number_marks.keys_known_by(session, number.e164) for id, number in numbers.items()}
    wrong = number_marks.wrong_numbers(session, keys=keys.values())
    wechat = {one.guardian_id: one.address for one in consents if one.channel == "wechat"}
    contacts = [
        Contact(
            guardian_id=id,
            number=numbers[id],
            is_wrong=bool(keys[id] & wrong),
            has_chat=id in pages,
            wechat_id=wechat.get(id, ""),
        )
        for id in guardian_ids
        if id in rows
    ]
    return Reach(contacts, _consent(consents), {id: row.phone for id, row in rows.items()}, keys)


def _consent(rows: Sequence[ContactConsent]) -> dict[tuple[str, Channel], bool]:
    by_name = {str(channel): channel for channel in CHANNELS}
    return {(one.guardian_id, by_name[one.channel]): one.state == "given" for one in rows}


# ---- what a message may say ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Said:
    """Which text a message has and what is filled in."""

    text: str
    facts: dict[str, str]


def said_by(session: Session, *, call_up: CallUp, leg: CallUpLeg, guardian: Guardian) -> Said:
    """Return what a message says; to a number that another family has, too, it names nobody and nothing."""
    if leg.channel == "sms" and contact_queries.is_shared_with_others(
        session, phone=guardian.phone, patient_id=call_up.patient_id
    ):
        return Said(f"{leg.text}_plain", {})
    return Said(leg.text, facts_of(session, call_up=call_up))


def facts_of(session: Session, *, call_up: CallUp) -> dict[str, str]:
    """Return the department and the doctor who wait."""
    visit = None
    if call_up.appointment_id is not None:
        visit = patient_queries.find_appointment(session, appointment_id=call_up.appointment_id)
    if visit is None:
        return {"department": "", "doctor": ""}
    department = clinic_queries.find_department(session, department_id=visit.department_id)
    doctor = clinic_queries.find_doctor(session, doctor_id=visit.doctor_id) if visit.doctor_id else None
    return {"department": department.name if department else "", "doctor": doctor.name if doctor else ""}


def lift_mark(work: Work, *, phone: str) -> bool:
    """Let a number be used again that somebody marked wrong by mistake; tell whether it was marked."""
    known = number_marks.keys_known_by(work.session, read_number(phone).e164)
    return mark_queries.lift_marks(work.session, number_keys=known)


# ---- consent ---------------------------------------------------------------------------------------------


def consents_of(session: Session, *, guardian_id: str) -> list[ConsentView]:
    """Return by which channels a guardian may be reached, with who noted it and when."""
    patient_queries.get_guardian(session, guardian_id=guardian_id)
    rows = {one.channel: one for one in queries.list_consents(session, guardian_ids=[guardian_id])}
    known = _consent(list(rows.values()))
    return [
        ConsentView(
            channel=channel,
            allowed=is_allowed(known, guardian_id=guardian_id, channel=channel),
            at=rows[channel].at if channel in rows else None,
            by=rows[channel].by if channel in rows else "",
        )
        for channel in CHANNELS
    ]


def note_consent(work: Work, *, guardian_id: str, channel: Channel, given: bool, by: str, address: str = "") -> None:
    """Keep what a guardian said about a channel; for WeChat `address` is the open id it was said with."""
    patient_queries.get_guardian(work.session, guardian_id=guardian_id)
    before = {one.channel: one for one in queries.list_consents(work.session, guardian_ids=[guardian_id])}
    kept = before[channel].address if channel in before else ""
    queries.put_consent(
        work.session,
        consent=ContactConsent(
            guardian_id=guardian_id,
            channel=channel,
            state="given" if given else "refused",
            address=address or kept,
            at=work.now,
            by=by,
        ),
    )

"""Live answers about a family's own things: the place in today's line, and parcels. Only for a family that is known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from caredesk.actions.live_parts import LiveAnswer, LiveQuestion
from caredesk.chatbot.live_words import Voice
from caredesk.clinic import queries as clinic
from caredesk.core.clock import clinic_time
from caredesk.patients import queries as patients
from caredesk.patients.models import Appointment, Parcel
from caredesk.patients.schemas import ClinicNames

STALE_AFTER = timedelta(days=3)
"""A parcel on its way that the carrier has not spoken of for so long is told as unknown, not as being there."""
DELIVERED_SHOWN = timedelta(days=7)
PARCELS_SHOWN = 3
TAIL = 4
TO_COME = frozenset({"booked", "checked_in", "in_progress"})
CHECKED_IN = frozenset({"checked_in", "in_progress"})


# ---- the place in the line -------------------------------------------------------------------------------


def tell_place(session: Session, question: LiveQuestion) -> LiveAnswer:
    """Say how many are before the family's own visits of today."""
    voice = question.voice
    source = voice.say("source_line")
    if question.guardian_id is None:
        return _unknown_visitor(question, what="what_line", source=source)
    booked = patients.list_appointments(session, guardian_id=question.guardian_id, around=question.now)
    to_come = [one for one in booked if one.status in TO_COME]
    names = ClinicNames(departments=clinic.department_names(session), doctors=clinic.doctor_names(session))
    today = [one for one in to_come if clinic_time(one.starts_at).date() == voice.today]
    if today:
        lines = [_place(session, voice, one, names=names) for one in today]
        return LiveAnswer("\n\n".join(lines), as_of=question.now, source=source)
    later = [one for one in to_come if one.starts_at > question.now]
    words = [voice.say("line_none"), *(_next_visit(voice, one, names=names) for one in later[:1])]
    return LiveAnswer("\n".join(words), as_of=question.now, source=source, state="missing", whole=False)


def _place(session: Session, voice: Voice, own: Appointment, *, names: ClinicNames) -> str:
    facts = {
        "clock": voice.clock(own.starts_at),
        "department": voice.name(*names.department(own.department_id)),
        "doctor": _doctor(voice, own, names=names),
    }
    if own.number_in_line is None:
        return voice.say("line_no_number", **facts)
    ahead = _ahead_of(session, own)
    key = "line_place" if ahead else "line_first"
    return voice.say(key, **facts, number=own.number_in_line, ahead=ahead)


def _ahead_of(session: Session, own: Appointment) -> int:
    """Count who has checked in for the same session with a smaller number; who they are is nobody's business."""
    if own.doctor_id is None or own.number_in_line is None:
        return 0
    day = timedelta(hours=12)
    others = patients.list_appointments_of_doctor(
        session, doctor_id=own.doctor_id, since=own.starts_at - day, until=own.starts_at + day
    )
    return sum(
        1
        for other, _child in others
        if other.clinic_session_id == own.clinic_session_id
        and other.status in CHECKED_IN
        and other.number_in_line is not None
        and other.number_in_line < own.number_in_line
    )


def _next_visit(voice: Voice, own: Appointment, *, names: ClinicNames) -> str:
    return voice.say(
        "line_next",
        moment=voice.moment(own.starts_at),
        department=voice.name(*names.department(own.department_id)),
        doctor=_doctor(voice, own, names=names),
    )


def _doctor(voice: Voice, own: Appointment, *, names: ClinicNames) -> str:
    name = voice.name(*names.doctor(own.doctor_id))
    return f" {name}" if name else ""


# ---- parcels ---------------------------------------------------------------------------------------------


def tell_parcels(session: Session, question: LiveQuestion) -> LiveAnswer:
    """Say where the family's own parcels are; never an address, and of a number only its end."""
    voice = question.voice
    source = voice.say("source_parcels")
    if question.guardian_id is None:
        return _unknown_visitor(question, what="what_parcels", source=source)
    found = patients.list_parcels(session, guardian_id=question.guardian_id, around=question.now)
    shown = _wanted([one for one in found if _is_of_interest(one, now=question.now)], order=question.slots.order)
    if not shown:
        words = voice.say("parcels_none")
        return LiveAnswer(words, as_of=question.now, source=source, state="missing", whole=False)
    told = "\n".join(_parcel(voice, one) for one in shown)
    stale = all(_is_stale(one, now=question.now) for one in shown)
    as_of = max((at for one in shown if (at := _last_report(one))), default=question.now)
    return LiveAnswer(told, as_of=as_of, source=source, state="stale" if stale else "fresh", whole=False)


def _is_of_interest(parcel: Parcel, *, now: datetime) -> bool:
    last = _last_report(parcel)
    return parcel.status != "delivered" or last is None or now - last <= DELIVERED_SHOWN


def _wanted(parcels: Sequence[Parcel], *, order: int | None) -> list[Parcel]:
    """Return what is under way before what has arrived; of several, the one that was counted out."""
    ranked = sorted(parcels, key=lambda one: one.status == "delivered")
    if order is not None and order <= len(ranked):
        return [ranked[order - 1]]
    return ranked[:PARCELS_SHOWN]


def _parcel(voice: Voice, parcel: Parcel) -> str:
    facts = {"carrier": parcel.carrier, "tail": parcel.number[-TAIL:]}
    last = _last_report(parcel)
    status = voice.say(f"status_{parcel.status}")
    if last is None:
        return voice.say("parcel_no_trace", **facts, status=status)
    if _is_stale(parcel, now=voice.now):
        return voice.say("parcel_stale", **facts, days=(voice.now - last).days)
    awaited = parcel.eta is not None and parcel.eta >= voice.now and parcel.status not in ("delivered", "returned")
    eta = voice.say("parcel_eta", day=voice.day(clinic_time(parcel.eta).date())) if awaited and parcel.eta else ""
    trace = voice.say("parcel_trace", moment=voice.moment(last), text=parcel.trace[-1]["text"])
    return f"{voice.say('parcel', **facts, status=status, eta=eta)}\n  {trace}"


def _is_stale(parcel: Parcel, *, now: datetime) -> bool:
    last = _last_report(parcel)
    return parcel.status not in ("delivered", "returned") and last is not None and now - last > STALE_AFTER


def _last_report(parcel: Parcel) -> datetime | None:
    return datetime.fromisoformat(parcel.trace[-1]["at"]) if parcel.trace else None


def _unknown_visitor(question: LiveQuestion, *, what: str, source: str) -> LiveAnswer:
    voice = question.voice
    words = voice.say("unknown_visitor", what=voice.say(what))
    return LiveAnswer(words, as_of=question.now, source=source, state="unknown_visitor", whole=False)

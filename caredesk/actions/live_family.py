"""Live answers about a family's own things: the place in today's line, and parcels. Only for a family that is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from caredesk.actions.live_parts import LiveAnswer, LiveQuestion
from caredesk.actions.parcels import parcel_status
from caredesk.chatbot.live_words import Voice
from caredesk.clinic import queries as clinic
from caredesk.core.clock import clinic_time
from caredesk.patients import queries as patients
from caredesk.patients.models import Appointment, Parcel
from caredesk.patients.parcel_rules import STALE_AFTER, ParcelStatus, promised
from caredesk.patients.schemas import ClinicNames

DELIVERED_SHOWN = timedelta(days=7)
PARCELS_SHOWN = 3
STALE_DAYS = STALE_AFTER.days
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
    known = [_Told(one, parcel_status(one, now=question.now)) for one in found]
    shown = _wanted([one for one in known if _is_of_interest(one, now=question.now)], order=question.slots.order)
    if not shown:
        words = voice.say("parcels_none")
        return LiveAnswer(words, as_of=question.now, source=source, state="missing", whole=False)
    fresh = [one for one in shown if one.standing.knowledge == "fresh"]
    return LiveAnswer(
        "\n".join(_parcel(voice, one) for one in shown),
        as_of=max((one.standing.last_at for one in shown if one.standing.last_at), default=question.now),
        source=voice.join(dict.fromkeys(voice.say(f"source_parcels_{one.standing.source}") for one in shown)),
        state="fresh" if fresh or all(one.standing.knowledge == "unknown" for one in shown) else "stale",
        whole=False,
    )


@dataclass(frozen=True)
class _Told:
    """A parcel and what may be told of it."""

    parcel: Parcel
    standing: ParcelStatus


def _is_of_interest(one: _Told, *, now: datetime) -> bool:
    last = one.standing.last_at
    return one.standing.status != "delivered" or last is None or now - last <= DELIVERED_SHOWN


def _wanted(parcels: Sequence[_Told], *, order: int | None) -> list[_Told]:
    """Return what is under way before what has arrived; of several, the one that was counted out."""
    ranked = sorted(parcels, key=lambda one: one.standing.status == "delivered")
    if order is not None and order <= len(ranked):
        return [ranked[order - 1]]
    return ranked[:PARCELS_SHOWN]


def _parcel(voice: Voice, one: _Told) -> str:
    parcel, standing = one.parcel, one.standing
    facts = {"carrier": parcel.carrier, "tail": parcel.number[-TAIL:]}
    status = voice.say(f"status_{standing.status}")
    if standing.last_at is None:
        return voice.say("parcel_no_trace", **facts, status=status)
    if standing.knowledge == "stale":
        words = voice.say("parcel_stale", **facts, days=standing.silent_days)
        if standing.silent_days < STALE_DAYS:
            words = voice.say("parcel_unheard", **facts, moment=voice.moment(standing.last_at))
        return words + (voice.say("parcel_looked_after") if parcel.stuck_key else "")
    awaited = promised(parcel.eta, standing=standing, now=voice.now)
    eta = voice.say("parcel_eta", day=voice.day(clinic_time(awaited).date())) if awaited else ""
    trace = voice.say("parcel_trace", moment=voice.moment(standing.last_at), text=standing.last_text)
    return f"{voice.say('parcel', **facts, status=status, eta=eta)}\n  {trace}"


def _unknown_visitor(question: LiveQuestion, *, what: str, source: str) -> LiveAnswer:
    voice = question.voice
    words = voice.say("unknown_visitor", what=voice.say(what))
    return LiveAnswer(words, as_of=question.now, source=source, state="unknown_visitor", whole=False)

"""Live answers from the schedule: sessions of a department or doctor, what runs on a day, holidays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from caredesk.actions.live_parts import LiveAnswer, LiveQuestion, WhichOne
from caredesk.chatbot.live_words import Voice
from caredesk.clinic import queries as clinic
from caredesk.clinic.hours import HoursRule, Window
from caredesk.clinic.models import Department, Doctor
from caredesk.clinic.queries import SessionLine
from caredesk.clinic.rules import evaluate
from caredesk.clinic.workdays import calendar_day
from caredesk.core.clock import from_clinic
from caredesk.events.shapes import LiveState

AHEAD = timedelta(days=14)
"""How far the next session is looked for."""
DAYS_SHOWN = 4
SESSIONS_SHOWN = 10
DEPARTMENTS_SHOWN = 9
HOLIDAYS_AHEAD = timedelta(days=120)
KINDS_OF_PART = {"morning": ("morning",), "afternoon": ("afternoon",), "evening": ("evening", "night")}


# ---- a department or a doctor ----------------------------------------------------------------------------


def tell_sessions(session: Session, question: LiveQuestion) -> LiveAnswer | WhichOne:
    """Say when a department or doctor sees children: on the day that was asked for, else on the next days."""
    voice, slots = question.voice, question.slots
    if len(slots.doctors) > 1:
        return _which_doctor(session, question)
    if slots.stranger is not None:
        words = voice.say("sessions_stranger", name=slots.stranger)
        return _answer(question, words, state="missing", whole=False)
    doctor = clinic.find_doctor(session, doctor_id=slots.doctors[0]) if slots.doctors else None
    department = clinic.find_department(session, department_id=slots.department) if slots.department else None
    if doctor is None and department is None:
        return tell_overview(session, question)
    lines = _lines_of(session, question, department=department, doctor=doctor)
    who = _who(voice, department=department, doctor=doctor)
    if slots.first is None or slots.last is None:
        return _answer(question, "\n\n".join(_next_days(voice, lines, who=who)))
    if slots.last < voice.today:
        past = voice.say("sessions_past", day=voice.days(slots.first, slots.last))
        return _answer(question, "\n\n".join([past, *_next_days(voice, lines, who=who)]))
    return _on_days(session, question, lines, who=who)


def _which_doctor(session: Session, question: LiveQuestion) -> WhichOne:
    voice, names = question.voice, clinic.department_names(session)
    doctors = [clinic.find_doctor(session, doctor_id=doctor_id) for doctor_id in question.slots.doctors]
    choices = [
        voice.say(
            "doctor_choice",
            doctor=voice.name(doctor.name, doctor.name_en),
            department=voice.name(*names.get(doctor.department_id, ("", ""))),
        )
        for doctor in doctors
        if doctor is not None
    ]
    return WhichOne(voice.say("which_doctor"), tuple(choices))


def _lines_of(
    session: Session, question: LiveQuestion, *, department: Department | None, doctor: Doctor | None
) -> list[SessionLine]:
    """Return the sessions from today on, or around the days that were asked for, in order of time."""
    today = question.voice.today
    first = max(question.slots.first or today, today)
    last = max(question.slots.last or today, first) + AHEAD
    found = clinic.list_sessions(session, since=_midnight(first), until=_midnight(last + timedelta(days=1)))
    mine = [line for line in found if _is_of(line, department=department, doctor=doctor)]
    return sorted(mine, key=lambda line: (line.session.starts_at, line.session.id))


def _is_of(line: SessionLine, *, department: Department | None, doctor: Doctor | None) -> bool:
    if doctor is not None:
        return line.session.doctor_id == doctor.id
    return department is not None and line.department.id == department.id


def _on_days(session: Session, question: LiveQuestion, lines: Sequence[SessionLine], *, who: str) -> LiveAnswer:
    voice, slots = question.voice, question.slots
    first, last = max(slots.first or voice.today, voice.today), slots.last or voice.today
    asked = [line for line in lines if first <= line.session.day <= last and _is_in_part(line, slots.part)]
    when = voice.days(first, last) + (voice.say(f"part_{slots.part}") if slots.part else "")
    if not asked and not _is_published(session, day=first):
        words = voice.say("sessions_unpublished", day=voice.days(first, last))
        return _answer(question, words, state="missing", whole=False)
    held = [line for line in asked if line.session.status != "cancelled"]
    if not held:
        key = "sessions_all_cancelled" if asked else "sessions_none"
        later = [line for line in lines if line.session.day > last]
        told = [voice.say(key, who=who, day=when), *_cancelled(voice, asked), *_next_one(voice, later)]
        return _answer(question, "\n".join(told))
    blocks = [*_day_blocks(voice, asked, who=who), *_now(voice, asked), voice.say("sessions_slots")]
    return _answer(question, "\n\n".join(blocks))


def _is_in_part(line: SessionLine, part: str | None) -> bool:
    return part is None or line.session.kind in KINDS_OF_PART[part]


def _is_published(session: Session, *, day: date) -> bool:
    # A day without any session of anybody, with none after it, is not free: nobody has entered it yet.
    return bool(clinic.days_with_sessions(session, first=day, last=day + AHEAD))


def _next_days(voice: Voice, lines: Sequence[SessionLine], *, who: str) -> list[str]:
    ahead = [line for line in lines if line.session.ends_at > voice.now]
    days = sorted({line.session.day for line in ahead})[:DAYS_SHOWN]
    if not days:
        return [voice.say("sessions_none", who=who, day=voice.days(voice.today, voice.today + AHEAD))]
    shown = [line for line in ahead if line.session.day in days]
    return [*_day_blocks(voice, shown, who=who), *_now(voice, shown), voice.say("sessions_slots")]


def _day_blocks(voice: Voice, lines: Sequence[SessionLine], *, who: str) -> list[str]:
    blocks = []
    for day in sorted({line.session.day for line in lines}):
        of_day = [line for line in lines if line.session.day == day][:SESSIONS_SHOWN]
        head = voice.say("sessions_head", who=who, day=voice.day(day))
        blocks.append("\n".join([head, *(_session(voice, line) for line in of_day)]))
    return blocks


def _session(voice: Voice, line: SessionLine) -> str:
    start, end = voice.clock(line.session.starts_at), voice.clock(line.session.ends_at)
    doctor = voice.name(line.doctor.name, line.doctor.name_en) if line.doctor else ""
    if line.session.status == "cancelled":
        return voice.say("session_cancelled", start=start, end=end, doctor=doctor)
    if not doctor:
        return voice.say("session_plain", start=start, end=end)
    title = f" {line.doctor.title}" if line.doctor and line.doctor.title and voice.language == "zh" else ""
    key = "session_added" if line.session.status == "added" else "session"
    return voice.say(key, start=start, end=end, doctor=doctor, title=title)


def _cancelled(voice: Voice, lines: Sequence[SessionLine]) -> list[str]:
    return [_session(voice, line) for line in lines if line.session.status == "cancelled"]


def _next_one(voice: Voice, lines: Sequence[SessionLine]) -> list[str]:
    line = next((line for line in lines if line.session.status != "cancelled"), None)
    if line is None:
        return []
    doctor = f" {voice.name(line.doctor.name, line.doctor.name_en)}" if line.doctor else ""
    start, end = voice.clock(line.session.starts_at), voice.clock(line.session.ends_at)
    day = voice.day(line.session.day)
    return ["", voice.say("sessions_next", day=day, start=start, end=end, doctor=doctor)]


def _now(voice: Voice, lines: Sequence[SessionLine]) -> list[str]:
    """Say whether it is in session at this moment, by the evaluator that opens and closes the queues."""
    windows = [
        Window(line.session.starts_at, line.session.ends_at, cancelled=line.session.status == "cancelled")
        for line in lines
    ]
    state = evaluate(HoursRule(), windows, at=voice.now)
    if not state.open or state.next_change is None:
        return []
    return [voice.say("sessions_now", until=voice.clock(state.next_change))]


def _who(voice: Voice, *, department: Department | None, doctor: Doctor | None) -> str:
    if doctor is not None:
        return voice.name(doctor.name, doctor.name_en)
    return voice.name(department.name, department.name_en) if department is not None else ""


# ---- a whole day -----------------------------------------------------------------------------------------


def tell_overview(session: Session, question: LiveQuestion) -> LiveAnswer | WhichOne:
    """Say which departments see children on a day; of one department or doctor, its sessions."""
    if question.slots.names_someone:
        return tell_sessions(session, question)
    voice = question.voice
    first = max(question.slots.first or voice.today, voice.today)
    last = max(question.slots.last or first, first)
    blocks = [_overview_of(session, question, day=first + timedelta(days=n)) for n in range((last - first).days + 1)]
    if not _is_published(session, day=first):
        words = voice.say("sessions_unpublished", day=voice.days(first, last))
        return _answer(question, words, state="missing", whole=False)
    return _answer(question, "\n\n".join(blocks[:DAYS_SHOWN]), whole=False)


def _overview_of(session: Session, question: LiveQuestion, *, day: date) -> str:
    voice = question.voice
    found = clinic.list_sessions(session, since=_midnight(day), until=_midnight(day + timedelta(days=1)))
    times: dict[str, list[str]] = {}
    for line in found:
        fits = line.session.day == day and _is_in_part(line, question.slots.part)
        if fits and line.session.status != "cancelled":
            department = voice.name(line.department.name, line.department.name_en)
            span = f"{voice.clock(line.session.starts_at)}–{voice.clock(line.session.ends_at)}"
            times.setdefault(department, []).append(span)
    if not times:
        return voice.say("overview_none", day=voice.day(day))
    shown = [
        voice.say("overview_line", department=department, times=voice.join(dict.fromkeys(spans)))
        for department, spans in list(times.items())[:DEPARTMENTS_SHOWN]
    ]
    left = len(times) - DEPARTMENTS_SHOWN
    more = [voice.say("overview_more", count=left)] if left > 0 else []
    return "\n".join([voice.say("overview_head", day=voice.day(day)), *shown, *more])


# ---- holidays --------------------------------------------------------------------------------------------


def tell_holidays(session: Session, question: LiveQuestion) -> LiveAnswer | WhichOne:
    """Say what the calendar makes of the day that was asked for, or which holiday comes next, and who works then."""
    voice, day = question.voice, question.slots.first
    if day is not None and day >= voice.today:
        return _tell_day(session, question, day=day)
    days = [voice.today + timedelta(days=n) for n in range(HOLIDAYS_AHEAD.days)]
    holiday = _first_holiday(days)
    known = all(calendar_day(each).known for each in days)
    words = [] if known else [voice.say("holiday_unknown")]
    if not holiday:
        return _calendar_answer(question, [voice.say("holiday_none"), *words], state="fresh" if known else "missing")
    span = voice.say("holiday_next", first=voice.day(holiday[0]), last=voice.day(holiday[-1]), days=len(holiday))
    swapped = [each for each in days if calendar_day(each).swapped and abs((each - holiday[0]).days) <= AHEAD.days]
    worked = [voice.say("holiday_worked", days=voice.join(map(voice.day, swapped)))] if swapped else []
    return _calendar_answer(question, [span, *worked, _who_works(session, voice, holiday), *words])


def _first_holiday(days: Sequence[date]) -> list[date]:
    """Return the days of the first public holiday, with the free days that it runs into."""
    found: list[date] = []
    for day in days:
        kind = calendar_day(day)
        if kind.holiday or (found and not kind.workday):
            found.append(day)
        elif found:
            break
    return found


def _who_works(session: Session, voice: Voice, holiday: Sequence[date]) -> str:
    if not _is_published(session, day=holiday[0]):
        return voice.say("holiday_unpublished")
    busy = sorted(clinic.days_with_sessions(session, first=holiday[0], last=holiday[-1]))
    return voice.say("holiday_open", days=voice.join(map(voice.day, busy))) if busy else voice.say("holiday_closed")


def _tell_day(session: Session, question: LiveQuestion, *, day: date) -> LiveAnswer:
    voice, kind = question.voice, calendar_day(day)
    key = "holiday_day" if kind.holiday else "holiday_swapped" if kind.swapped else "holiday_ordinary"
    words = [voice.say(key, day=voice.day(day))]
    if not kind.known:
        words = [voice.say("holiday_unknown")]
    published = _is_published(session, day=day)
    words.append(_overview_of(session, question, day=day) if published else voice.say("holiday_unpublished"))
    return _calendar_answer(question, words, state="fresh" if kind.known and published else "missing")


def _calendar_answer(question: LiveQuestion, words: Sequence[str], *, state: LiveState = "fresh") -> LiveAnswer:
    return LiveAnswer(
        text="\n".join(words),
        as_of=question.now,
        source=question.voice.say("source_calendar"),
        state=state,
        whole=False,
    )


# ---- common ----------------------------------------------------------------------------------------------


def _answer(question: LiveQuestion, words: str, *, state: LiveState = "fresh", whole: bool = True) -> LiveAnswer:
    source = question.voice.say("source_schedule")
    return LiveAnswer(text=words, as_of=question.now, source=source, state=state, whole=whole)


def _midnight(day: date) -> datetime:
    return from_clinic(datetime.combine(day, time()))

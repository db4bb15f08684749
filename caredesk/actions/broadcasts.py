"""What a doctor says to all families who wait for a session: checked, previewed, planned for each family, counted.

One family never learns of another: each gets its own message on its own page, and outside it a registered text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from caredesk.accounts.schemas import SignedIn
from caredesk.actions import broadcast_sending, floor_trail
from caredesk.actions.call_up_contacts import reach_of
from caredesk.actions.doctor_day import ONLINE_WITHIN, SessionToday, day_of_doctor
from caredesk.assistance import broadcast_queries as queries
from caredesk.assistance.broadcast_errors import (
    NobodyWaits,
    SessionNotYours,
    SessionOver,
    WordsMedical,
    WordsNameSomebody,
)
from caredesk.assistance.broadcast_models import Broadcast, BroadcastLeg
from caredesk.assistance.broadcast_rules import (
    LINGERS,
    WAITING,
    WORDS_CHARACTERS,
    Planned,
    fates,
    first_legs,
    is_quiet,
    names_somebody,
)
from caredesk.assistance.broadcast_schemas import BroadcastPreview, BroadcastView, Delay, EarlyEnd, What, Words
from caredesk.chatbot.bot import Bot
from caredesk.conversations import search_queries
from caredesk.conversations.rules import clean_text
from caredesk.core.clock import clinic_time
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.patients import queries as patient_queries
from caredesk.patients.rules import mask_child_name

SHORT_NIGHT = timedelta(hours=6)


@dataclass(frozen=True)
class _Family:
    """Who waits: the guardian who booked, and the first of their children in the session."""

    guardian_id: str
    patient_id: str


def checked(what: What, *, bot: Bot) -> What:
    """Return what is to be said as it is kept, or refuse it; slow enough to stand before any transaction.

    What is medical is said to one child's family, in its visit: to a whole waiting room it would be wrong for most.
    """
    if not isinstance(what, Words):
        return what
    text = clean_text(what.text, limit=WORDS_CHARACTERS)
    if bot.ask(text).outcome in ("emergency", "medical"):
        raise WordsMedical
    return Words(kind="words", text=text)


def preview(session: Session, *, who: SignedIn, session_id: str, what: What, at: datetime) -> BroadcastPreview:
    """Return how many families a message would go to and how; sends nothing."""
    today = _session_of(session, who=who, session_id=session_id, at=at)
    plans = _plans(session, _waiting(session, today, what=what), running=today.running, at=at)
    ways = [[one.channel for one in legs if not one.skip] for legs in plans.values()]
    return BroadcastPreview(
        families=len(ways),
        on_page=sum("in_app" in way for way in ways),
        by_wechat=sum("wechat" in way for way in ways),
        by_sms=sum("sms" in way for way in ways),
        unreachable=sum(not way for way in ways),
    )


def send(work: Work, *, who: SignedIn, session_id: str, what: What, client_key: str) -> Broadcast:
    """Say something to all families who wait for a session; a repeat of the tap is the same message."""
    before = queries.find_by_key(work.session, staff_id=who.staff_id, client_key=client_key)
    if before is not None:
        return before
    today = _session_of(work.session, who=who, session_id=session_id, at=work.now)
    # Whoever taps a second time at the same moment waits here and finds the first message.
    work.session.refresh(today.line.session, with_for_update={"key_share": True})
    before = queries.find_by_key(work.session, staff_id=who.staff_id, client_key=client_key)
    if before is not None:
        return before
    families = _waiting(work.session, today, what=what)
    broadcast = _broadcast(work, who=who, today=today, what=what, client_key=client_key)

    plans = _plans(work.session, families, running=today.running, at=work.now)
    legs = [leg for family in families for leg in _legs(broadcast, family, plans[family.guardian_id])]
    queries.add_broadcast(work.session, broadcast=broadcast, legs=legs)
    for leg in legs:
        broadcast_sending.send_soon(work, leg)
    facts = {"broadcast_id": broadcast.id, "kind": what.kind, "families": str(len(families))}
    floor_trail.keep(work, what="families_told", reason="", staff_id=who.staff_id, facts=facts)
    return broadcast


def _broadcast(work: Work, *, who: SignedIn, today: SessionToday, what: What, client_key: str) -> Broadcast:
    return Broadcast(
        id=new_id(),
        staff_id=who.staff_id,
        client_key=client_key,
        doctor_id=who.doctor_id or "",
        department_id=today.line.session.department_id,
        clinic_session_id=today.line.session.id,
        kind=what.kind,
        minutes=what.minutes if isinstance(what, Delay) else None,
        ends_at=work.now + timedelta(minutes=what.minutes) if isinstance(what, EarlyEnd) else None,
        text=what.text if isinstance(what, Words) else "",
        in_session=today.running,
        at=work.now,
    )


def _session_of(session: Session, *, who: SignedIn, session_id: str, at: datetime) -> SessionToday:
    day = day_of_doctor(session, doctor_id=who.doctor_id, at=at)
    found = next((one for one in day.sessions if one.line.session.id == session_id), None)
    if found is None:
        raise SessionNotYours
    if found.line.session.status == "cancelled" or at > found.line.session.ends_at + LINGERS:
        raise SessionOver
    return found


def _waiting(session: Session, today: SessionToday, *, what: What) -> list[_Family]:
    """Return who waits, each family once; refuse when nobody does, or when the words are about one of them."""
    visits = [one.appointment for one in today.booked if one.appointment.status in WAITING]
    if not visits:
        raise NobodyWaits
    families = {visit.guardian_id: _Family(visit.guardian_id, visit.patient_id) for visit in reversed(visits)}
    if isinstance(what, Words):
        children = patient_queries.names_of_patients(session, patient_ids=[visit.patient_id for visit in visits])
        guardians = patient_queries.list_guardian_names(session, guardian_ids=list(families))
        if names_somebody(what.text, names=[*children.values(), *guardians.values()]):
            raise WordsNameSomebody
    return [families[guardian_id] for guardian_id in dict.fromkeys(visit.guardian_id for visit in visits)]


def _plans(session: Session, families: Sequence[_Family], *, running: bool, at: datetime) -> dict[str, list[Planned]]:
    ids = [family.guardian_id for family in families]
    reach = reach_of(session, guardian_ids=ids)
    seen = search_queries.last_seen_of_guardians(session, guardian_ids=ids)
    quiet = is_quiet(in_session=running, now=at)
    return {
        contact.guardian_id: first_legs(
            contact,
            consent=reach.consent,
            is_online=contact.guardian_id in seen and seen[contact.guardian_id] >= at - ONLINE_WITHIN,
            quiet=quiet,
        )
        for contact in reach.contacts
    }


def _legs(broadcast: Broadcast, family: _Family, plan: Sequence[Planned]) -> list[BroadcastLeg]:
    return [
        broadcast_sending.new_leg(broadcast, guardian_id=family.guardian_id, patient_id=family.patient_id, planned=one)
        for one in plan
    ]


# ---- how it went -----------------------------------------------------------------------------------------


def sent_today(session: Session, *, who: SignedIn, at: datetime) -> list[BroadcastView]:
    """Return what somebody said to families today, newest first."""
    morning = clinic_time(at).replace(hour=0, minute=0, second=0, microsecond=0)
    return views(session, queries.list_broadcasts(session, staff_id=who.staff_id, since=morning - SHORT_NIGHT))


def views(session: Session, broadcasts: Sequence[Broadcast]) -> list[BroadcastView]:
    """Return messages with how far they have come."""
    legs = queries.list_legs(session, broadcast_ids=[one.id for one in broadcasts])
    children = patient_queries.names_of_patients(session, patient_ids=sorted({leg.patient_id for leg in legs}))
    return [
        _view(one, legs=[leg for leg in legs if leg.broadcast_id == one.id], children=children) for one in broadcasts
    ]


def _view(broadcast: Broadcast, *, legs: Sequence[BroadcastLeg], children: dict[str, str]) -> BroadcastView:
    ways: dict[str, list[tuple[str, str]]] = {}
    patients: dict[str, str] = {}
    for leg in legs:
        ways.setdefault(leg.guardian_id, []).append((leg.channel, leg.state))
        patients[leg.guardian_id] = leg.patient_id
    went = fates(ways)
    counts = list(went.values())
    return BroadcastView(
        id=broadcast.id,
        clinic_session_id=broadcast.clinic_session_id,
        kind=broadcast.kind,
        minutes=broadcast.minutes,
        ends_at=broadcast.ends_at,
        text=broadcast.text,
        at=broadcast.at,
        families=len(counts),
        delivered=counts.count("delivered"),
        sent=counts.count("sent"),
        pending=counts.count("pending"),
        failed=counts.count("failed"),
        unreached=[mask_child_name(children.get(patients[one], "")) for one, fate in went.items() if fate == "failed"],
    )

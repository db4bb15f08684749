"""The shift that the demo begins in the middle of: people at work, talks of today, families who wait and have visits.

Everything goes through the same actions as in life, each at its own time; nothing here is shown before the commit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from caredesk.accounts import presence_queries
from caredesk.accounts import queries as account_queries
from caredesk.accounts.models import Staff
from caredesk.accounts.rules import PresenceState
from caredesk.actions import chat, closing, floor_figures, floor_people, presence, replies, visits
from caredesk.actions.demo_files import DemoFolder
from caredesk.actions.family_imports import import_appointments
from caredesk.actions.routing import assign
from caredesk.clinic import queries as clinic_queries
from caredesk.clinic.queries import SessionLine
from caredesk.clinic.sheet import SheetRow
from caredesk.conversations import house_queries, wait_queries
from caredesk.conversations import queries as conversation_queries
from caredesk.conversations.models import Conversation
from caredesk.core.ids import new_id
from caredesk.core.work import Actor, Work
from caredesk.patients.incoming import AppointmentRow

NODE = "demo"
"""Whose screens the played people sit at: no process of this name ever ends, so they stay."""

BETWEEN_LINES = timedelta(seconds=50)
LIMIT = 2000
SLOT = timedelta(minutes=15)
LATE = timedelta(minutes=20)
MANY = 10
ON_DUTY_MINUTES = 120
AROUND = timedelta(hours=12)
A_SHIFT = timedelta(hours=12)
LONG_AGO = datetime.min.replace(tzinfo=UTC)
LEFT_AT_MOST = 500


@dataclass(frozen=True)
class _Cast:
    """The played people by login."""

    staff: Mapping[str, Staff]

    def as_actor(self, login: str) -> Actor:
        """Return a played person as the one who acts."""
        one = self.staff[login]
        return Actor(kind="staff", id=one.id, name=one.name, roles=frozenset(one.roles))

    def as_staff(self, login: str) -> replies.AsStaff:
        """Return a played person as conversations know them."""
        return replies.AsStaff(staff_id=self.staff[login].id, sees_floor=False)


def begin_shift(work: Work, folder: Path) -> int:
    """Fill the demo's floor; return how many talks there are. While a shift goes on nothing is changed."""
    came = [one.arrived_at for one in floor_figures.contacts_today(work.session, now=work.now)]
    if not house_queries.get_hospital(work.session).demo or max(came, default=LONG_AGO) > work.now - A_SHIFT:
        return 0
    files = DemoFolder(folder)
    scene = files.facts("floor.yaml")
    cast = _Cast({one.login: one for one in account_queries.list_staff(work.session) if one.active})
    _end_last_shift(work)
    _book_visits(work, files)
    _come_to_work(work, scene["people"], cast=cast)
    for talk in scene["talks"]:
        _Talk(work, talk, cast).play()
    _go_on(work, scene["people"], cast=cast)
    notice = scene["notice"]
    then = _at(work, minutes=notice["ago"], by=cast.as_actor(notice["by"]))
    floor_people.post_notice(then, queue_id=None, text=notice["text"])
    return len(scene["talks"])


def _at(work: Work, *, minutes: float, by: Actor | None = None) -> Work:
    """Return the same transaction as it would have been so many minutes ago."""
    return replace(work, now=work.now - timedelta(minutes=minutes), actor=by or work.actor)


# ---- people ----------------------------------------------------------------------------------------------


def _end_last_shift(work: Work) -> None:
    """Close what has been left since the last shift, and send its people home."""
    presence_queries.drop_connections_of_node(work.session, node=NODE)
    for left in wait_queries.list_live(work.session, limit=LEFT_AT_MOST):
        conversation = conversation_queries.lock_conversation(work.session, conversation_id=left.id)
        chat.close(work, conversation, by="visitor", category="", outcome="", note="")


def _come_to_work(work: Work, people: Sequence[Mapping[str, Any]], *, cast: _Cast) -> None:
    for person in people:
        staff_id = cast.staff[person["login"]].id
        then = _at(work, minutes=ON_DUTY_MINUTES)
        before = PresenceState.READY if person["state"] == PresenceState.BUSY else PresenceState.BUSY
        presence.connect(then, sid=new_id(), node=NODE, staff_id=staff_id)
        presence.set_presence(then, staff_id=staff_id, state=before, reason="")


def _go_on(work: Work, people: Sequence[Mapping[str, Any]], *, cast: _Cast) -> None:
    """Bring everybody into the state that the wall shows now."""
    for person in people:
        then, state = _at(work, minutes=person["since"]), PresenceState(person["state"])
        staff_id = cast.staff[person["login"]].id
        presence.set_presence(then, staff_id=staff_id, state=state, reason=person.get("reason", ""))


# ---- talks -----------------------------------------------------------------------------------------------


@dataclass
class _Talk:
    """One family's talk with the desk, from asking for a person to where it stands now."""

    work: Work
    told: Mapping[str, Any]
    cast: _Cast

    def play(self) -> None:
        """Have it happen."""
        first = _at(self.work, minutes=self.told["ago"])
        opened = visits.open_visit(
            first, visitor_id=None, external_id=self.told["family"], language=self.told.get("language", "zh")
        )
        visitor_id, topic = opened.visitor.id, self.told["topic"]
        asked = chat.ask_for_person(first, visitor_id=visitor_id, client_key=new_id(), topic=topic)
        self._say(first, visitor_id=visitor_id, text=self.told["said"][0])
        conversation = asked.conversation
        if conversation.status != "waiting":
            return
        if "left" in self.told:
            then = _at(first, minutes=self.told["left"] / 60)
            chat.end_conversation(then, visitor_id=visitor_id, conversation_id=conversation.id)
        elif "agent" in self.told:
            self._serve(conversation.id, visitor_id=visitor_id)

    def _say(self, then: Work, *, visitor_id: str, text: str) -> None:
        chat.post_message(then, visitor_id=visitor_id, client_key=new_id(), content=chat.Words(text=text), limit=LIMIT)

    def _serve(self, conversation_id: str, *, visitor_id: str) -> None:
        login = self.told["agent"]
        who, actor = self.cast.as_staff(login), self.cast.as_actor(login)
        then = _at(self.work, minutes=self.told["ago"] - self.told["waits"] / 60, by=actor)
        if not presence_queries.claim_own_slot(then.session, staff_id=who.staff_id):
            return
        conversation = conversation_queries.lock_conversation(then.session, conversation_id=conversation_id)
        assign(then, conversation=conversation, staff_id=who.staff_id)
        for turn, text in enumerate(self.told["said"][1:]):
            then = replace(then, now=min(then.now + BETWEEN_LINES, self.work.now))
            if turn % 2:
                self._say(then, visitor_id=visitor_id, text=text)
            else:
                self._reply(then, conversation, who=who, text=text)
        if "closed" in self.told:
            outcome: str = self.told["closed"]
            ends = {"category": outcome.partition(".")[0], "outcome": outcome, "note": ""}
            then = replace(then, now=then.now + BETWEEN_LINES)
            closing.close_conversation(then, conversation_id=conversation.id, who=who, **ends)

    def _reply(self, then: Work, conversation: Conversation, *, who: replies.AsStaff, text: str) -> None:
        replies.reply(
            then,
            conversation_id=conversation.id,
            who=who,
            client_key=new_id(),
            says=replies.Says(text=text),
            seen_seq=conversation.staff_seq,
            confirmed=True,
            limit=LIMIT,
        )


# ---- visits ----------------------------------------------------------------------------------------------


def _book_visits(work: Work, files: DemoFolder) -> None:
    """Give each session that runs now a few visits: those at its beginning are over, the others are to come."""
    running = [
        line
        for line in clinic_queries.list_sessions(work.session, since=work.now - AROUND, until=work.now + AROUND)
        if line.session.status == "scheduled" and line.session.starts_at <= work.now < line.session.ends_at
    ]
    families = files.table("families.csv", required=("guardian_id", "child_id"))
    if running:
        import_appointments(work, list(_visits(families, running=running, now=work.now)))


def _visits(families: Sequence[SheetRow], *, running: Sequence[SessionLine], now: datetime) -> Iterator[AppointmentRow]:
    """Give the first session many children and a doctor who is late; the others share the rest."""
    first, *others = running
    hands = [(first, families[:MANY] if others else families)]
    hands += [(line, families[MANY + n :: len(others)]) for n, line in enumerate(others)]
    for line, children in hands:
        late = LATE if line is first else timedelta(0)
        for turn, family in enumerate(children):
            yield _visit(family, line=line, turn=turn, turns=len(children), now=now - late)


def _visit(family: SheetRow, *, line: SessionLine, turn: int, turns: int, now: datetime) -> AppointmentRow:
    held = line.session
    starts_at = held.starts_at + (held.ends_at - held.starts_at) * (turn + 0.5) / turns
    return AppointmentRow(
        appointment_id=f"F{held.id}-{turn + 1}",
        child_id=family.cell("child_id"),
        guardian_id=family.cell("guardian_id"),
        department_id=held.department_id,
        doctor_id=held.doctor_id,
        clinic_session_id=held.id,
        starts_at=starts_at.replace(second=0, microsecond=0),
        status=_status(starts_at, now=now),
        kind="video",
        number_in_line=turn + 1,
    )


def _status(starts_at: datetime, *, now: datetime) -> Literal["done", "in_progress", "booked"]:
    if starts_at + SLOT <= now:
        return "done"
    return "in_progress" if starts_at <= now else "booked"

"""What follows a change of the schedule at once: families told, who waits moved or promised, screens renewed.

`FOLLOWERS` is the seam for whoever keeps something that hangs on a session, such as a doctor's open requests: one
function more in the tuple, called with the change in the transaction that makes it (B19).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from caredesk.actions import clinic, promises
from caredesk.actions.match_asking import ask_for_match
from caredesk.actions.timeline import append_notice, changed, status_changed
from caredesk.clinic import queries as clinic_queries
from caredesk.clinic.history import with_changes
from caredesk.clinic.rules import evaluate
from caredesk.clinic.schedule import PlannedChange
from caredesk.clinic.schemas import Affected
from caredesk.conversations import queries as conversation_queries
from caredesk.conversations.models import Conversation
from caredesk.core.work import Work
from caredesk.events.catalogue import ScheduleChanged
from caredesk.patients import queries as patient_queries
from caredesk.queue import queries as queue_queries
from caredesk.queue.models import Queue

AHEAD = timedelta(days=8)


@dataclass(frozen=True)
class Applied:
    """A change of the schedule that has just been made: its sessions, and the queues that were open before."""

    change_id: str
    kind: str
    changes: tuple[tuple[str, PlannedChange], ...]
    open_before: frozenset[str]

    @property
    def planned(self) -> list[PlannedChange]:
        """Return the changes without the ids."""
        return [change for _, change in self.changes]


Follower = Callable[[Work, Applied], None]


# ---- whom a change touches -------------------------------------------------------------------------------


def affected_by(session: Session, changes: Sequence[PlannedChange], *, now: datetime) -> Affected:
    """Count whom planned changes touch."""
    closing = _closing_queues(session, changes, now=now)
    ids = [queue.id for queue in closing]
    disturbed = [change.known.id for change in changes if change.known and _disturbs(change, now=now)]
    booked = patient_queries.count_booked(session, session_ids=disturbed)
    waiting = conversation_queries.list_waiting(session, queue_ids=ids, statuses=["waiting"])
    left = conversation_queries.list_waiting(session, queue_ids=ids, statuses=["message"])
    return Affected(
        waiting=len(waiting),
        appointments=sum(booked.values()),
        promises=len(left),
        closing_queues=[queue.name for queue in closing],
    )


def _disturbs(change: PlannedChange, *, now: datetime) -> bool:
    """Tell whether people who count on a session find it gone or at another time."""
    known = change.known
    if known is None or not known.facts.takes_place or known.facts.ends_at <= now:
        return False
    moved = (known.facts.starts_at, known.facts.ends_at) != (change.facts.starts_at, change.facts.ends_at)
    return moved or not change.facts.takes_place


def _closing_queues(session: Session, changes: Sequence[PlannedChange], *, now: datetime) -> list[Queue]:
    """Return the queues that are open now and would not be after the changes."""
    minute = now.replace(second=0, microsecond=0)
    labels = {id: name for id, (name, _) in clinic_queries.department_names(session).items()}
    closing = []
    for queue, departments in _concerned(session, changes):
        if not clinic.queue_state(session, queue, at=now).open:
            continue
        rule = clinic.rule_with_hands(session, queue, at=now)
        lead = timedelta(minutes=max(rule.lead_in_minutes, rule.lead_out_minutes, 0))
        windows = clinic_queries.list_windows(
            session, department_ids=departments, since=minute - lead, until=minute + AHEAD
        )
        then = with_changes(windows, changes, departments=departments, labels=labels)
        if not evaluate(rule, then, at=minute).open:
            closing.append(queue)
    return closing


def _concerned(session: Session, changes: Sequence[PlannedChange]) -> list[tuple[Queue, Collection[str]]]:
    touched = {change.facts.department_id for change in changes}
    touched |= {change.known.facts.department_id for change in changes if change.known}
    found: list[tuple[Queue, Collection[str]]] = []
    for queue in queue_queries.list_queues(session):
        departments = set(queue_queries.department_ids_of(session, queue_id=queue.id))
        if departments & touched:
            found.append((queue, departments))
    return found


def open_queues_of(work: Work, changes: Sequence[PlannedChange]) -> frozenset[str]:
    """Return the queues concerned that are open at this moment."""
    return frozenset(
        queue.id
        for queue, _ in _concerned(work.session, changes)
        if clinic.queue_state(work.session, queue, at=work.now).open
    )


# ---- who is told -----------------------------------------------------------------------------------------


def tell_families(work: Work, applied: Applied) -> None:
    """Tell families who are talking to the desk that the session of their appointment is cancelled or moved."""
    for session_id, change in applied.changes:
        if _disturbs(change, now=work.now):
            guardians = patient_queries.guardians_booked(work.session, session_id=session_id)
            for found in conversation_queries.list_open_of_guardians(work.session, guardian_ids=guardians):
                conversation = conversation_queries.lock_conversation(work.session, conversation_id=found.id)
                _tell_of_session(work, conversation, change=change)


def _tell_of_session(work: Work, conversation: Conversation, *, change: PlannedChange) -> None:
    facts = change.facts
    department = clinic_queries.department_names(work.session).get(facts.department_id, ("", ""))
    doctor = clinic_queries.doctor_names(work.session).get(facts.doctor_id or "", ("", ""))
    was = change.known.facts.starts_at if change.known else facts.starts_at
    fields = {
        "department": department[0],
        "department_en": department[1],
        "doctor": doctor[0],
        "doctor_en": doctor[1],
        "starts_at": (facts.starts_at if facts.takes_place else was).isoformat(),
    }
    code = "session.moved" if facts.takes_place else "session.cancelled"
    append_notice(work, conversation, code=code, fields=fields, to_patient=True)
    changed(work, conversation)


def move_waiting(work: Work, applied: Applied) -> None:
    """Nobody waits for what no longer takes place: on to the general queue when it is open, else a promise."""
    for queue, _ in _concerned(work.session, applied.planned):
        state = clinic.queue_state(work.session, queue, at=work.now)
        if queue.id not in applied.open_before or state.open:
            continue
        other = _open_elsewhere(work, queue=queue)
        for waiting in conversation_queries.list_waiting(work.session, queue_ids=[queue.id], statuses=["waiting"]):
            # Someone is being asked right now; when that ends without a yes, the closed queue's own rule applies.
            if queue_queries.find_pending_offer(work.session, conversation_id=waiting.id) is not None:
                continue
            conversation = conversation_queries.lock_conversation(work.session, conversation_id=waiting.id)
            if other is not None:
                _move(work, conversation, queue=other)
            else:
                code = "queue.cancelled"
                promises.promise(work, conversation, queue=queue, next_open=state.next_open, code=code)


def _open_elsewhere(work: Work, *, queue: Queue) -> Queue | None:
    general = queue_queries.find_queue_for_category(work.session, category=None)
    if general is None or general.id == queue.id or general.kind != queue.kind:
        return None
    return general if clinic.queue_state(work.session, general, at=work.now).open else None


def _move(work: Work, conversation: Conversation, *, queue: Queue) -> None:
    before, conversation.queue_id = conversation.queue_id, queue.id
    fields = {"queue": queue.name, "queue_en": queue.name_en}
    append_notice(work, conversation, code="queue.moved", fields=fields, to_patient=True)
    status_changed(work, conversation)
    changed(work, conversation, previous_queue_id=before)
    ask_for_match(work, queue_id=queue.id, trigger="session_cancelled")


def follow_queues(work: Work, applied: Applied) -> None:
    """Have every queue concerned look at its hours right after this transaction."""
    clinic.remember_hours(work)
    for queue, _ in _concerned(work.session, applied.planned):
        work.enqueue("follow_clinic", {"queue_id": queue.id}, key=f"follow_clinic:{queue.id}")


def show_calendars(work: Work, applied: Applied) -> None:
    """Bring open calendars up to date."""
    days = sorted({change.facts.day for change in applied.planned})
    days += [change.known.facts.day for change in applied.planned if change.known]
    count = {
        outcome: sum(c.outcome == outcome for c in applied.planned) for outcome in ("added", "changed", "cancelled")
    }
    work.emit(
        ScheduleChanged(
            change_id=applied.change_id,
            kind=applied.kind,
            by=work.actor.name,
            first=min(days).isoformat(),
            last=max(days).isoformat(),
            at=work.now,
            **count,
        )
    )


FOLLOWERS: tuple[Follower, ...] = (tell_families, move_waiting, follow_queues, show_calendars)
"""In order: what people are told first, then what queues and screens make of it."""

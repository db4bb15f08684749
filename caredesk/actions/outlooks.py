"""Looking ahead: visits that begin soon are judged, and families who will hardly be online are gently reminded.

Some of them are left alone by chance, so that what reminding saves can be measured. A reminder is a call-up with a
ladder of its own; it ends when the family is seen, when the doctor calls, or when its last rung is done.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from caredesk.actions import call_ups
from caredesk.actions.call_up_contacts import reach_of
from caredesk.assistance import outlook_queries as queries
from caredesk.assistance import outlook_rules as rules
from caredesk.assistance.call_up_models import CallUp
from caredesk.assistance.call_up_rules import ONLINE_WITHIN, is_allowed
from caredesk.assistance.outlook_models import LearnedWeights, Outlook
from caredesk.conversations import search_queries
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.patients import contact_queries
from caredesk.patients.models import Appointment

EVERY = timedelta(minutes=2)
LEARN_EVERY = timedelta(days=1)
LEARNED_FROM = timedelta(days=180)
CALL_UP, REMINDER = "call_up", "reminder"
ARRIVED_STATES = ("checked_in", "in_progress")


def begin_looking(work: Work, *, minutes: int) -> None:
    """Have the desk look ahead from now on; with no minutes it does not."""
    if minutes:
        work.enqueue("look_ahead", {}, key="look_ahead", not_later=True)
        work.enqueue("learn_outlook", {}, key="learn_outlook", due_at=work.now + LEARN_EVERY, not_later=True)


def look_ahead(work: Work, *, minutes: int) -> None:
    """Judge the visits that begin within some minutes and were not judged yet; remind who will hardly be there."""
    if not minutes:
        return
    work.enqueue("look_ahead", {}, key="look_ahead", due_at=work.now + EVERY)
    soon = contact_queries.list_visits_between(
        work.session, since=work.now, until=work.now + timedelta(minutes=minutes)
    )
    known = queries.judged_before(work.session, appointment_ids=[visit.id for visit in soon])
    weights = queries.weights_in_use(work.session)
    for visit in soon:
        if visit.id not in known:
            _judge(work, visit, weights=weights)


def _judge(work: Work, visit: Appointment, *, weights: rules.Weights) -> None:
    signs = signs_of(work.session, visit)
    parts = rules.parts_of(signs, now=work.now)
    value = rules.score(parts, weights=weights)
    online = signs.last_seen_at is not None and signs.last_seen_at >= work.now - ONLINE_WITHIN
    group: rules.Group = "none" if online else rules.group_of(visit.id, value=value)
    outlook = Outlook(
        appointment_id=visit.id,
        patient_id=visit.patient_id,
        at=work.now,
        parts=parts,
        score=value,
        weights=weights.name,
        reasons=rules.reasons(parts, weights=weights),
        group=group,
    )
    queries.add_outlook(work.session, outlook=outlook)
    if group == "reminded":
        call_ups.start(
            work,
            request_id=new_id(),
            conversation_id=None,
            patient_id=visit.patient_id,
            appointment_id=visit.id,
            ladder=REMINDER,
        )


def signs_of(session: Session, visit: Appointment) -> rules.Signs:
    """Return what is known of a family shortly before its visit."""
    relations = {
        guardian.id: relation
        for guardian, relation in contact_queries.list_guardians_of(session, patient_id=visit.patient_id)
    }
    reach = reach_of(session, guardian_ids=list(relations))
    seen = search_queries.last_seen_of_guardians(session, guardian_ids=list(relations))
    calls = queries.calls_of(session, patient_ids=[visit.patient_id], ladder=CALL_UP).get(visit.patient_id, [])
    return rules.Signs(
        last_seen_at=max(seen.values(), default=None),
        relations=frozenset(relations.values()),
        called_before=len(calls),
        missing_before=sum(not was_online for _, was_online in calls),
        checked_in=visit.status in ARRIVED_STATES,
        can_be_written_to=any(
            is_allowed(reach.consent, guardian_id=one, channel="wechat")
            or is_allowed(reach.consent, guardian_id=one, channel="sms")
            for one in relations
        ),
        starts_at=visit.starts_at,
    )


# ---- what became of it -----------------------------------------------------------------------------------


def pasts_between(session: Session, *, since: datetime, now: datetime) -> list[rules.Past]:
    """Return every visit that was judged since an instant, with how it went."""
    outlooks = queries.list_outlooks(session, since=since)
    visits = {
        visit.id: visit
        for visit in contact_queries.list_visits(session, appointment_ids=[one.appointment_id for one in outlooks])
    }
    calls = queries.calls_of(session, patient_ids={one.patient_id for one in outlooks}, ladder=CALL_UP)
    return [
        _past(one, visits[one.appointment_id], calls=calls.get(one.patient_id, []), now=now)
        for one in outlooks
        if one.appointment_id in visits
    ]


def _past(outlook: Outlook, visit: Appointment, *, calls: list[tuple[CallUp, bool]], now: datetime) -> rules.Past:
    own = next(((run, online) for run, online in calls if run.appointment_id == visit.id), None)
    group: rules.Group = "reminded" if outlook.group == "reminded" else "none"
    return rules.Past(
        group="control" if outlook.group == "control" else group,
        parts={name: float(value) for name, value in outlook.parts.items()},
        done=visit.status in ("in_progress", "done"),
        called=own is not None,
        was_online=own is not None and own[1],
        waited=(own[0].ended_at or now) - own[0].started_at if own is not None else timedelta(0),
    )


@dataclass(frozen=True)
class Learned:
    """Weights, and how they and the rule did on outcomes that they had not seen."""

    base: float
    parts: dict[str, float]
    outcomes: int
    error: float
    error_of_rule: float


def keep_learned(work: Work, *, learned: Learned | None) -> None:
    """Keep what was learned; it is used from now on only if it foretells better than the rule."""
    work.enqueue("learn_outlook", {}, key="learn_outlook", due_at=work.now + LEARN_EVERY)
    if learned is not None:
        weights = LearnedWeights(
            id=new_id(),
            at=work.now,
            base=learned.base,
            parts=learned.parts,
            outcomes=learned.outcomes,
            error=learned.error,
            error_of_rule=learned.error_of_rule,
            in_use=learned.error < learned.error_of_rule,
        )
        queries.add_weights(work.session, weights=weights)

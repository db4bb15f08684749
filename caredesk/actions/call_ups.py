"""Calling a family up: begin, climb from rung to rung, take the assistant's word, stop.

Everything is locked in one order, the request's talk before the run before the attempt, and a run does one thing at a
time. What is said to the outside is `caredesk/actions/call_up_sending.py`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from caredesk.actions import assist_views, number_marks
from caredesk.actions.call_up_contacts import Reach, reach_of
from caredesk.actions.call_up_views import legs_of
from caredesk.actions.call_up_watch import note_who_left
from caredesk.assistance import call_up_queries as queries
from caredesk.assistance import call_up_rules as rules
from caredesk.assistance import mark_queries
from caredesk.assistance import queries as assist_queries
from caredesk.assistance.call_up_errors import CallUpOver, LegNotFound, PromiseMissing
from caredesk.assistance.call_up_models import CallUp, CallUpContact, CallUpLeg
from caredesk.assistance.call_up_schemas import Ladder, Outcome, parse_ladder
from caredesk.clinic import queries as clinic_queries
from caredesk.conversations import queries as conversation_queries
from caredesk.conversations import search_queries
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.patients import contact_queries
from caredesk.patients import queries as patient_queries

__all__ = ["climb", "legs_of", "record_outcome", "start", "stop"]

REMINDER = "reminder"
ENDING: tuple[Outcome, ...] = ("refused", "already_visited")
"""Answers after which nobody of the family is called any more."""


def start(
    work: Work,
    *,
    request_id: str,
    conversation_id: str | None,
    patient_id: str,
    appointment_id: str | None,
    ladder: str,
) -> None:
    """Begin to call a patient's guardians for a request; while they are being called a repeat changes nothing."""
    if queries.lock_open(work.session, request_id=request_id) is not None:
        return
    for reminder in queries.lock_reminders_of(work.session, patient_id=patient_id, ladder_key=REMINDER):
        # Whoever is called now need not be reminded any more, and nobody gets two messages at once.
        end_run(work, reminder, state="stopped", why="called")
    chosen = queries.get_ladder(work.session, key=ladder)
    call_up = CallUp(
        id=new_id(),
        request_id=request_id,
        conversation_id=conversation_id,
        patient_id=patient_id,
        appointment_id=appointment_id,
        ladder_key=chosen.key,
        ladder=chosen.model_dump(mode="json"),
        state="running",
        started_at=work.now,
    )
    queries.add_call_up(work.session, call_up=call_up, contacts=_contacts(work, call_up))
    climb_soon(work, call_up_id=call_up.id)


def _contacts(work: Work, call_up: CallUp) -> list[CallUpContact]:
    relations = {
        guardian.id: relation
        for guardian, relation in contact_queries.list_guardians_of(work.session, patient_id=call_up.patient_id)
    }
    order = rules.told_first(relations)
    seen = search_queries.last_seen_of_guardians(work.session, guardian_ids=order)
    return [
        CallUpContact(
            call_up_id=call_up.id,
            guardian_id=guardian_id,
            position=position,
            relation=relations[guardian_id],
            was_online=guardian_id in seen and seen[guardian_id] >= work.now - rules.ONLINE_WITHIN,
        )
        for position, guardian_id in enumerate(order)
    ]


def climb_soon(work: Work, *, call_up_id: str, at: datetime | None = None) -> None:
    """Have the next thing done for a family, now or at an instant."""
    work.enqueue("climb_call_up", {"call_up_id": call_up_id}, due_at=at, key=f"call_up:{call_up_id}")


# ---- climbing --------------------------------------------------------------------------------------------


def climb(work: Work, *, call_up_id: str) -> None:
    """Do what comes next for a family: plan an attempt, wait, or note that everything was tried."""
    call_up = lock_run(work, call_up_id=call_up_id)
    if call_up is None or call_up.state != "running":
        return
    ladder = parse_ladder(call_up.ladder)
    guardian_ids = [one.guardian_id for one in queries.list_contacts(work.session, call_up_id=call_up.id)]
    note_who_left(work, guardian_ids=guardian_ids)
    reach = reach_of(work.session, guardian_ids=guardian_ids)
    legs = list(queries.list_legs(work.session, call_up_ids=[call_up.id]))
    _give_up_telephone(work, call_up, legs=legs, ladder=ladder)
    if call_up.held_until is not None and work.now < call_up.held_until:
        climb_soon(work, call_up_id=call_up.id, at=call_up.held_until)
    else:
        _take_steps(work, call_up, ladder=ladder, legs=legs, reach=reach)
    tell(work, call_up)


def _take_steps(work: Work, call_up: CallUp, *, ladder: Ladder, legs: list[CallUpLeg], reach: Reach) -> None:
    in_session = is_in_session(work.session, appointment_id=call_up.appointment_id, now=work.now)
    while True:
        following = rules.next_leg(
            ladder,
            legs=[_past(leg, reach=reach) for leg in legs],
            contacts=reach.contacts,
            consent=reach.consent,
            now=work.now,
            in_session=in_session,
        )
        if isinstance(following, rules.Exhausted):
            _give_up(work, call_up)
            return
        if isinstance(following, rules.Wait):
            _wait(work, call_up, wait=following, legs=legs, ladder=ladder)
            return
        leg = _plan(work, call_up, following, reach=reach)
        legs.append(leg)
        if leg.state == "planned":
            _begin(work, call_up, leg, ladder=ladder)
            return


def _give_up(work: Work, call_up: CallUp) -> None:
    """Note that everything was tried. A doctor's call waits for a late arrival; a reminder is over."""
    if call_up.ladder_key == REMINDER:
        end_run(work, call_up, state="stopped", why="exhausted")
    else:
        call_up.state = "exhausted"


def _wait(work: Work, call_up: CallUp, *, wait: rules.Wait, legs: Sequence[CallUpLeg], ladder: Ladder) -> None:
    if wait.until is not None:
        climb_soon(work, call_up_id=call_up.id, at=wait.until)
        return
    # An attempt is under way: a message ends by itself, a telephone task also when nobody takes it up.
    for leg in legs:
        if leg.state == "planned" and leg.channel == "telephone":
            climb_soon(work, call_up_id=call_up.id, at=_task_ends(leg, ladder=ladder))


def _plan(work: Work, call_up: CallUp, following: rules.Leg, *, reach: Reach) -> CallUpLeg:
    leg = CallUpLeg(
        id=new_id(),
        call_up_id=call_up.id,
        step=following.step,
        channel=following.channel,
        text=following.text,
        guardian_id=following.guardian_id,
        attempt=following.attempt,
        number_key=number_marks.number_key(work.session, following.number),
        state="skipped" if following.skip else "planned",
        reason=following.skip,
        request_id=new_id(),
        planned_at=work.now,
        ended_at=work.now if following.skip else None,
    )
    leg.to = reach.shown(leg)
    return queries.add_leg(work.session, leg=leg)


def _begin(work: Work, call_up: CallUp, leg: CallUpLeg, *, ladder: Ladder) -> None:
    if leg.channel == "telephone":
        climb_soon(work, call_up_id=call_up.id, at=_task_ends(leg, ladder=ladder))
    else:
        send_soon(work, leg)


def send_soon(work: Work, leg: CallUpLeg, *, at: datetime | None = None) -> None:
    """Have a planned message sent, now or at an instant."""
    if leg.channel == "in_app":
        work.enqueue("say_on_page", {"leg_id": leg.id}, due_at=at, key=f"leg:{leg.id}")
    else:
        work.enqueue("send_leg", {"leg_id": leg.id}, due_at=at, key=f"leg:{leg.id}")


def _give_up_telephone(work: Work, call_up: CallUp, *, legs: Sequence[CallUpLeg], ladder: Ladder) -> None:
    """End a telephone task that nobody has taken up in its time: the next of the family is nobody's fault."""
    for leg in legs:
        if leg.channel == "telephone" and leg.state == "planned" and work.now >= _task_ends(leg, ladder=ladder):
            end_leg(work, leg, state="failed", reason="not_dialled")


def _task_ends(leg: CallUpLeg, *, ladder: Ladder) -> datetime:
    rung = ladder.steps[leg.step] if leg.step < len(ladder.steps) else ladder.steps[-1]
    return leg.planned_at + timedelta(seconds=rung.answer_within)


def _past(leg: CallUpLeg, *, reach: Reach) -> rules.PastLeg:
    contact = next((one for one in reach.contacts if one.guardian_id == leg.guardian_id), None)
    same = contact is not None and leg.number_key in reach.keys[contact.guardian_id]
    return rules.PastLeg(
        step=leg.step,
        channel=leg.channel,  # type: ignore[arg-type]
        guardian_id=leg.guardian_id,
        attempt=leg.attempt,
        state=leg.state,  # type: ignore[arg-type]
        number=contact.number.e164 if contact is not None and same else leg.number_key,
        at=leg.sent_at or leg.ended_at or leg.planned_at,
        outcome=leg.outcome,
        reason=leg.reason,
    )


def is_in_session(session: Session, *, appointment_id: str | None, now: datetime) -> bool:
    """Tell whether the session that a visit belongs to runs now: its own families may be called at any hour."""
    visit = patient_queries.find_appointment(session, appointment_id=appointment_id) if appointment_id else None
    if visit is None:
        return False
    running = clinic_queries.find_session_at(
        session, department_id=visit.department_id, doctor_id=visit.doctor_id, at=now
    )
    return running is not None and visit.clinic_session_id in (None, running.id)


# ---- the assistant's word --------------------------------------------------------------------------------


def record_outcome(
    work: Work,
    *,
    request_id: str,
    staff_id: str,
    outcome: Outcome,
    promised_at: datetime | None = None,
    leg_id: str | None = None,
) -> None:
    """Keep what came of a telephone call and go on as it says; who calls before the ladder does may say it, too."""
    if outcome == "promised" and not rules.is_promise(promised_at, now=work.now):
        raise PromiseMissing
    call_up = _lock_called(work, request_id=request_id)
    leg = _called_leg(work, call_up, leg_id=leg_id)
    leg.outcome, leg.outcome_by, leg.sent_at = outcome, staff_id, leg.sent_at or work.now
    answered = outcome not in ("no_answer", "wrong_number")
    end_leg(work, leg, state="answered" if answered else "failed", reason="" if answered else outcome)
    if outcome == "wrong_number" and leg.number_key:
        key = number_marks.in_force(work.session, leg.number_key)
        mark_queries.mark_wrong(work.session, number_key=key, guardian_id=leg.guardian_id, by_id=staff_id, now=work.now)
    _note_report(work, request_id=request_id, promised_at=promised_at if outcome == "promised" else None)
    if outcome in ENDING:
        end_run(work, call_up, state="stopped", why=outcome)
    elif outcome == "arrived":
        came = {"patient_id": call_up.patient_id, "guardian_id": leg.guardian_id, "by": "assistant"}
        work.enqueue("note_arrival", came, key=f"arrival:{call_up.patient_id}")
    else:
        call_up.held_until = rules.held_until(outcome, promised_at=promised_at, now=work.now)
        # Whoever answered is on the way; what was to be tried meanwhile is not. When they do not come, it goes on.
        call_up.state = "running"
        climb_soon(work, call_up_id=call_up.id)
    tell(work, call_up)


def _lock_called(work: Work, *, request_id: str) -> CallUp:
    request = assist_queries.get_request(work.session, request_id=request_id)
    conversation_queries.lock_conversation(work.session, conversation_id=request.conversation_id)
    call_up = queries.lock_open(work.session, request_id=request_id)
    if call_up is None:
        raise CallUpOver
    return call_up


def _called_leg(work: Work, call_up: CallUp, *, leg_id: str | None) -> CallUpLeg:
    """Return the telephone task that a word is about: the named one, the open one, or one made for a call by hand."""
    legs = list(queries.list_legs(work.session, call_up_ids=[call_up.id]))
    open_one = next((leg for leg in legs if leg.channel == "telephone" and leg.state == "planned"), None)
    if leg_id is not None:
        if open_one is None or open_one.id != leg_id:
            raise LegNotFound
        return open_one
    for leg in legs:
        if leg.state == "planned" and leg.channel != "telephone":
            end_leg(work, leg, state="skipped", reason="called_by_hand")
    return open_one or _leg_by_hand(work, call_up, legs=legs)


def _leg_by_hand(work: Work, call_up: CallUp, *, legs: Sequence[CallUpLeg]) -> CallUpLeg:
    """Write down a call that an assistant made before the ladder came to it, in the place where it would have come."""
    ladder = parse_ladder(call_up.ladder)
    guardian_ids = [one.guardian_id for one in queries.list_contacts(work.session, call_up_id=call_up.id)]
    reach = reach_of(work.session, guardian_ids=guardian_ids)
    whom = next((one for one in reach.contacts if one.number.e164 and not one.is_wrong), None)
    if whom is None:
        raise LegNotFound
    by_phone = [place for place, rung in enumerate(ladder.steps) if rung.channel == "telephone"]
    step = by_phone[0] if by_phone else len(ladder.steps)
    made = [leg.attempt for leg in legs if leg.step == step and leg.guardian_id == whom.guardian_id]
    attempt = max(made, default=0) + 1
    by_hand = rules.Leg(step, "telephone", "call_up", whom.guardian_id, attempt, number=whom.number.e164)
    return _plan(work, call_up, by_hand, reach=reach)


def _note_report(work: Work, *, request_id: str, promised_at: datetime | None) -> None:
    request = assist_queries.get_request(work.session, request_id=request_id)
    request.reported_at = request.reported_at or work.now
    request.first_attempt_at = request.first_attempt_at or work.now
    request.promised_at = promised_at


# ---- the end ---------------------------------------------------------------------------------------------


def stop(work: Work, *, request_id: str, why: str) -> None:
    """Call nobody any more for a request: it was withdrawn or closed, or its session is over."""
    call_up = queries.lock_open(work.session, request_id=request_id)
    if call_up is not None:
        end_run(work, call_up, state="stopped", why=why)


def end_run(work: Work, call_up: CallUp, *, state: str, why: str) -> None:
    """End a locked run. What is planned is not done; what is being sent right now ends by itself."""
    call_up.state, call_up.why, call_up.ended_at, call_up.held_until = state, why[:40], work.now, None
    for leg in queries.list_legs(work.session, call_up_ids=[call_up.id]):
        if leg.state == "planned":
            end_leg(work, leg, state="skipped", reason=why)
        elif leg.state in ("sent", "delivered"):
            leg.ended_at = leg.ended_at or work.now
    work.session.flush()


def end_leg(work: Work, leg: CallUpLeg, *, state: str, reason: str = "") -> None:
    """End an attempt."""
    leg.state, leg.reason, leg.ended_at = state, reason[:60], work.now
    work.session.flush()


def lock_run(work: Work, *, call_up_id: str) -> CallUp | None:
    """Return a run locked after its request's talk, so that nobody waits for whoever waits for them."""
    found = queries.find_call_up(work.session, call_up_id=call_up_id)
    if found is None:
        return None
    if found.conversation_id is not None:
        conversation_queries.lock_conversation(work.session, conversation_id=found.conversation_id)
    return queries.lock_call_up(work.session, call_up_id=call_up_id)


def tell(work: Work, call_up: CallUp) -> None:
    """Tell who looks at the request that the call-up moved on; a reminder has none."""
    work.session.flush()
    request = queries.find_request(work.session, request_id=call_up.request_id)
    if request is not None:
        assist_views.tell(work, request_id=request.id)


def note_attempt(work: Work, call_up: CallUp) -> None:
    """Note that the family has been tried, which stops the request's clock of the first attempt."""
    request = queries.find_request(work.session, request_id=call_up.request_id)
    if request is not None:
        request.first_attempt_at = request.first_attempt_at or work.now

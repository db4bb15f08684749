"""What a doctor asks of the assistants: raise, write, urge, withdraw, rate. A request is a talk of its own channel."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from caredesk.accounts import queries as account_queries
from caredesk.accounts.schemas import SignedIn
from caredesk.actions import alerts, assist_clocks, call_ups, chat, clinic, promises, routing
from caredesk.actions.assist_about import About, Wish, about_wish, name_of, placed
from caredesk.actions.assist_pictures import own_pictures
from caredesk.actions.assist_views import CHANNEL
from caredesk.actions.handoff import enter_queue
from caredesk.actions.keeping import Kept, keep_words
from caredesk.actions.timeline import Author, Key, append_message, append_notice, changed
from caredesk.assistance import queries
from caredesk.assistance.errors import (
    NobodyAssists,
    RequestNotRatable,
    RequestOver,
    RequestTypeUnknown,
    TooManyPictures,
)
from caredesk.assistance.models import AssistRequest
from caredesk.assistance.request_types import RequestType
from caredesk.assistance.rules import due_of, form_words, read_form
from caredesk.clinic import queries as clinic_queries
from caredesk.conversations import posting_queries
from caredesk.conversations import queries as conversation_queries
from caredesk.conversations.models import Conversation, Visitor
from caredesk.conversations.plain import AnyEntry
from caredesk.conversations.rules import day_of, number_of, tidy_text
from caredesk.core.ids import new_id, new_token, token_hash
from caredesk.core.work import Work
from caredesk.events.shapes import Body, PictureBody, TextBody
from caredesk.patients.models import Appointment
from caredesk.queue import policy_queries
from caredesk.queue import queries as queue_queries
from caredesk.queue.models import Queue
from caredesk.queue.policy import Policy

IN_SESSION = "doctor_in_session"
"""The class of the policy that stands ahead of ordinary work (B10)."""
COMMENT_CHARACTERS = 200
BY_DESK = "desk"


def raise_request(work: Work, *, who: SignedIn, wish: Wish, client_key: str) -> AssistRequest:
    """Ask the assistants for something; a repeat of the tap, or of the wish while it is open, is the same request."""
    sender = f"staff:{who.staff_id}"
    before = queries.find_by_key(work.session, sender=sender, client_key=client_key)
    if before is not None:
        return before
    kind = _type_for(work.session, key=wish.type_key, roles=who.roles)
    about = about_wish(work, who=who, kind=kind, wish=wish)
    form = read_form(kind, {name: tidy_text(value) for name, value in wish.form.items()})
    if len(wish.pictures) > kind.pictures:
        raise TooManyPictures(limit=kind.pictures)
    pictures = own_pictures(work.session, picture_ids=wish.pictures, staff_id=who.staff_id)
    if about.appointment is not None:
        # Whoever asks for the same patient at the same moment waits here and finds the first request.
        work.session.refresh(about.appointment, with_for_update={"key_share": True})
        open_one = queries.find_open(work.session, type_key=kind.key, appointment_id=about.appointment.id)
        if open_one is not None:
            return open_one
    name = name_of(who, about=about)
    key = Key(sender, client_key)
    request = _begin(work, kind=kind, about=about, form=form, key=key, staff_id=who.staff_id, name=name)
    _show(work, request, pictures=pictures)
    return request


def _show(work: Work, request: AssistRequest, *, pictures: Sequence[PictureBody]) -> None:
    if pictures:
        conversation = conversation_queries.lock_conversation(work.session, conversation_id=request.conversation_id)
        for body in pictures:
            append_message(work, conversation, author=_author(work, conversation), body=body, text="")
            conversation.unread += 1
        changed(work, conversation)


def raise_by_desk(
    work: Work, *, type_key: str, patient_id: str, guardian_id: str, form: Mapping[str, str], key: str
) -> AssistRequest:
    """Ask the assistants for something the desk has noticed by itself; the same `key` is the same request."""
    before = queries.find_by_key(work.session, sender=BY_DESK, client_key=key)
    if before is not None:
        return before
    kind = _type_for(work.session, key=type_key, roles=(BY_DESK,))
    about = About(patient_id=patient_id, guardian_id=guardian_id)
    words = read_form(kind, form)
    return _begin(work, kind=kind, about=about, form=words, key=Key(BY_DESK, key), staff_id=None, name="")


def raise_for_visit(work: Work, *, appointment: Appointment, type_key: str, by_name: str, key: str) -> AssistRequest:
    """Ask the assistants for a booked patient without the doctor's tap; the doctor follows it like an own request.

    The same `key` is the same request, and so is one of the type that is open for the visit already.
    """
    before = queries.find_by_key(work.session, sender=BY_DESK, client_key=key)
    if before is not None:
        return before
    kind = _type_for(work.session, key=type_key, roles=(BY_DESK,))
    work.session.refresh(appointment, with_for_update={"key_share": True})
    open_one = queries.find_open(work.session, type_key=kind.key, appointment_id=appointment.id)
    if open_one is not None:
        return open_one
    doctor = clinic_queries.find_doctor(work.session, doctor_id=appointment.doctor_id or "")
    about = placed(work, doctor=doctor, appointment=appointment)
    follower = account_queries.find_staff_of_doctor(work.session, doctor_id=doctor.id) if doctor else None
    staff_id = follower.id if follower is not None else None
    return _begin(work, kind=kind, about=about, form={}, key=Key(BY_DESK, key), staff_id=staff_id, name=by_name)


def _type_for(session: Session, *, key: str, roles: Collection[str]) -> RequestType:
    kind = queries.get_type(session, key=key)
    if not kind.active or not set(kind.roles) & set(roles):
        raise RequestTypeUnknown
    return kind


def _begin(
    work: Work, *, kind: RequestType, about: About, form: dict[str, str], key: Key, staff_id: str | None, name: str
) -> AssistRequest:
    queue = _queue_for(work.session, department_id=about.department_id)
    conversation = _open_talk(work, about=about, name=name, queue=queue)
    if kind.in_session_first and about.in_session:
        conversation.priority = in_session_class(policy_queries.active_policy(work.session))
    due = due_of(kind.clocks, raised_at=work.now)
    request = AssistRequest(
        id=new_id(),
        conversation_id=conversation.id,
        type_key=kind.key,
        sender=key.sender,
        client_key=key.client_key,
        staff_id=staff_id,
        raised_by=name,
        doctor_id=about.doctor.id if about.doctor is not None else None,
        department_id=about.department_id,
        clinic_session_id=about.session_id,
        appointment_id=about.appointment.id if about.appointment is not None else None,
        patient_id=about.patient_id,
        guardian_id=about.guardian_id,
        form=form,
        raised_at=work.now,
        accept_due_at=due.accept,
        attempt_due_at=due.attempt,
        report_due_at=due.report,
    )
    work.session.add(request)
    work.session.flush()
    _say_what_is_asked(work, conversation, kind=kind, form=form)
    _let_wait(work, conversation, queue=queue)
    assist_clocks.start(work, request, after_session=kind.after_session)
    _call_up(work, request, ladder=kind.ladder)
    return request


def _call_up(work: Work, request: AssistRequest, *, ladder: str) -> None:
    if ladder and request.patient_id is not None:
        call_ups.start(
            work,
            request_id=request.id,
            conversation_id=request.conversation_id,
            patient_id=request.patient_id,
            appointment_id=request.appointment_id,
            ladder=ladder,
        )


def _queue_for(session: Session, *, department_id: str) -> Queue:
    """Return the assistants' queue that follows a department, else the first of the assistants."""
    serving = [queue for queue in queue_queries.list_queues(session) if queue.kind == "assistant"]
    if not serving:
        raise NobodyAssists
    following = (
        queue for queue in serving if department_id in queue_queries.department_ids_of(session, queue_id=queue.id)
    )
    return next(following, serving[0])


def in_session_class(policy: Policy) -> int:
    """Return the class of a doctor's request in session; a policy without one treats it as ordinary."""
    return next((one.number for one in policy.classes if one.name == IN_SESSION), 0)


def _open_talk(work: Work, *, about: About, name: str, queue: Queue) -> Conversation:
    # Nobody ever comes with this visitor's token: behind it stand a signed-in colleague, or the desk itself.
    visitor = Visitor(
        id=new_id(), token_hash=token_hash(new_token()), name=name, created_at=work.now, last_seen_at=work.now
    )
    work.session.add(visitor)
    day = day_of(work.now)
    conversation = Conversation(
        id=new_id(),
        number=number_of(day=day, count=conversation_queries.next_count_of_day(work.session, day=day)),
        channel=CHANNEL,
        visitor_id=visitor.id,
        guardian_id=about.guardian_id,
        queue_id=queue.id,
        handoff_reason=CHANNEL,
        created_at=work.now,
        flags=[],
    )
    work.session.add(conversation)
    work.session.flush()
    return conversation_queries.lock_conversation(work.session, conversation_id=conversation.id)


def _say_what_is_asked(work: Work, conversation: Conversation, *, kind: RequestType, form: dict[str, str]) -> None:
    text = "\n".join(line for line in (kind.zh, form_words(kind, form)) if line)
    author = _author(work, conversation)
    append_message(work, conversation, author=author, body=TextBody(text=text), text=text, key=None)
    conversation.unread += 1


def _author(work: Work, conversation: Conversation) -> Author:
    name = conversation_queries.get_visitor(work.session, visitor_id=conversation.visitor_id).name
    return Author("visitor", conversation.visitor_id, name)


def _let_wait(work: Work, conversation: Conversation, *, queue: Queue) -> None:
    state = clinic.queue_state(work.session, queue, at=work.now)
    if state.open:
        enter_queue(work, conversation, queue=queue)
    else:
        promises.promise(work, conversation, queue=queue, next_open=state.next_open, code="message.promised")


# ---- while it is open ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Saying:
    """What is written to the assistant: words of at most `limit` characters, or a picture of one's own."""

    text: str = ""
    picture_id: str | None = None
    limit: int = 2000


def say(work: Work, *, request_id: str, staff_id: str, client_key: str, what: Saying) -> AnyEntry:
    """Append what the doctor writes or shows to the assistant; a repeat changes nothing (B23)."""
    _, conversation = _lock_own(work, request_id=request_id, staff_id=staff_id)
    key = Key(f"staff:{staff_id}", client_key)
    before = posting_queries.find_entry_by_key(work.session, sender=key.sender, client_key=client_key)
    if before is not None:
        chat.check_key_is_for(before, conversation_id=conversation.id)
        return before
    if conversation.status == "closed":
        raise RequestOver
    body, kept = _body(work, what, staff_id=staff_id)
    author = _author(work, conversation)
    entry = append_message(work, conversation, author=author, body=body, text=kept.text, key=key)
    if kept.masked:
        append_notice(work, conversation, code="numbers.masked", to_patient=True)
    routing.note_visitor_wrote(work, conversation)
    changed(work, conversation)
    return entry


def _body(work: Work, what: Saying, *, staff_id: str) -> tuple[Body, Kept]:
    if what.picture_id is not None:
        return own_pictures(work.session, picture_ids=[what.picture_id], staff_id=staff_id)[0], Kept("")
    kept = keep_words(what.text, limit=what.limit)
    return TextBody(text=kept.text), kept


def mark_read(work: Work, *, request_id: str, staff_id: str, up_to: int) -> None:
    """Note how far the doctor has read; a number that goes back or beyond the end changes nothing."""
    _, conversation = _lock_own(work, request_id=request_id, staff_id=staff_id)
    if conversation.patient_read_seq < up_to <= conversation.patient_seq:
        conversation.patient_read_seq = up_to
        changed(work, conversation)


def urge(work: Work, *, request_id: str, staff_id: str) -> AssistRequest:
    """Ask for haste: ahead of ordinary work, and supervisors are told. Once is enough; a repeat changes nothing."""
    request, conversation = _lock_own(work, request_id=request_id, staff_id=staff_id)
    if conversation.status == "closed":
        raise RequestOver
    if request.urged_at is not None:
        return request
    request.urged_at = work.now
    ahead = in_session_class(policy_queries.active_policy(work.session))
    conversation.priority = max(conversation.priority, ahead)
    append_notice(work, conversation, code="assist.urged", to_patient=True)
    changed(work, conversation)
    alerts.raise_alert(work, code="assist_urged", conversation_id=conversation.id, queue_id=conversation.queue_id)
    return request


def withdraw(work: Work, *, request_id: str, staff_id: str) -> AssistRequest:
    """Take a request back; whoever works at it is told and the family is not called any more."""
    request, conversation = _lock_own(work, request_id=request_id, staff_id=staff_id)
    if request.outcome == "withdrawn":
        return request
    if conversation.status == "closed":
        raise RequestOver
    end(work, request, conversation=conversation, outcome="withdrawn", by="doctor")
    return request


def rate(work: Work, *, request_id: str, staff_id: str, score: int, comment: str) -> AssistRequest:
    """Keep how well a request was helped; the last rating counts."""
    request, conversation = _lock_own(work, request_id=request_id, staff_id=staff_id)
    if conversation.status != "closed" or conversation.assigned_at is None:
        raise RequestNotRatable
    request.score, request.comment = score, tidy_text(comment).strip()[:COMMENT_CHARACTERS]
    append_notice(work, conversation, code="rated", fields={"score": str(score)})
    changed(work, conversation)
    return request


def _lock_own(work: Work, *, request_id: str, staff_id: str) -> tuple[AssistRequest, Conversation]:
    request = queries.get_request_of(work.session, request_id=request_id, staff_id=staff_id)
    conversation = conversation_queries.lock_conversation(work.session, conversation_id=request.conversation_id)
    work.session.refresh(request)
    return request, conversation


# ---- how it ends -----------------------------------------------------------------------------------------


def end(work: Work, request: AssistRequest, *, conversation: Conversation, outcome: str, by: str) -> None:
    """End a request with its talk, which must be locked; who comes second changes nothing."""
    if request.ended_at is not None:
        return
    request.ended_at, request.outcome = work.now, outcome
    if conversation.status != "closed":
        chat.close(work, conversation, by=by, category="", outcome="", note="")


def arrived(work: Work, *, request_id: str, by: str) -> None:
    """Note that the patient is there, which ends the request; who says it first is recorded."""
    request = queries.get_request(work.session, request_id=request_id)
    conversation = conversation_queries.lock_conversation(work.session, conversation_id=request.conversation_id)
    work.session.refresh(request)
    if request.arrived_at is not None or request.ended_at is not None:
        return
    request.arrived_at, request.arrived_by = work.now, by
    request.reported_at = request.reported_at or work.now
    append_notice(work, conversation, code="assist.arrived", fields={"by": by}, to_patient=True)
    end(work, request, conversation=conversation, outcome="arrived", by="desk")

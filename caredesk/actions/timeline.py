"""Appending to a timeline: row, numbers and events together. Every action that says something goes through here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from pydantic import TypeAdapter

from caredesk.actions import assist_views
from caredesk.actions.names import Names
from caredesk.actions.summaries import patient_view, summaries
from caredesk.conversations import posting_queries, queries, spoken_queries
from caredesk.conversations.models import Conversation, Entry
from caredesk.conversations.plain import AnyConversation, AnyEntry, PlainConversation, PlainEntry
from caredesk.conversations.rules import preview
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.events.catalogue import ConversationChanged, EntryAppended, MessageCreated, StatusChanged
from caredesk.events.shapes import (
    Body,
    NoticeBody,
    PatientMessage,
    PictureBody,
    StaffBody,
    TextBody,
    TimelineEntry,
    WaitEstimate,
    WhisperBody,
)

_BODY: TypeAdapter[Body] = TypeAdapter(Body)
_STAFF_BODY: TypeAdapter[StaffBody] = TypeAdapter(StaffBody)


@dataclass(frozen=True)
class Author:
    """Who says something on a timeline."""

    kind: Literal["visitor", "bot", "agent", "desk"]
    id: str = ""
    name: str = ""


WITHOUT_PAGE = frozenset({"hotline"})
"""Channels whose visitors have no page."""

BOT = Author("bot")
DESK = Author("desk")


@dataclass(frozen=True)
class Key:
    """A sender and their own key for a message: together they make a repeat recognisable (B23)."""

    sender: str
    client_key: str


def append_message(
    work: Work, conversation: AnyConversation, *, author: Author, body: Body, text: str, key: Key | None = None
) -> AnyEntry:
    """Append something both sides see. The conversation must be locked.

    Lists show the last words of people: what the bot answered tells nobody what the family wants.
    """
    entry = _append(work, conversation, kind="message", author=author, body=body, text=text, key=key, to_patient=True)
    if author != BOT:
        conversation.last_message = preview(text)
        conversation.last_message_by = author.kind
        conversation.last_message_at = work.now
    return entry


def append_note(work: Work, conversation: AnyConversation, *, author: Author, text: str, key: Key) -> AnyEntry:
    """Append an internal note. There is no way from here to the visitor (B32)."""
    body = TextBody(text=text)
    return _append(work, conversation, kind="note", author=author, body=body, text=text, key=key, to_patient=False)


def append_whisper(
    work: Work, conversation: AnyConversation, *, author: Author, to_name: str, text: str, key: Key
) -> AnyEntry:
    """Append a supervisor's words to the agent. Their body is none that a visitor's message can have (B32)."""
    body = WhisperBody(text=text, to_name=to_name)
    return _append(work, conversation, kind="note", author=author, body=body, text=text, key=key, to_patient=False)


def append_notice(
    work: Work,
    conversation: AnyConversation,
    *,
    code: str,
    fields: dict[str, str] | None = None,
    to_patient: bool = False,
    key: Key | None = None,
) -> AnyEntry:
    """Append something the desk says about itself; the words are in the front end."""
    body = NoticeBody(code=code, fields=fields or {})
    return _append(work, conversation, kind="notice", author=DESK, body=body, text="", key=key, to_patient=to_patient)


def changed(
    work: Work,
    *conversations: Conversation,
    previous_assignee_id: str | None = None,
    previous_queue_id: str | None = None,
    names: Names | None = None,
) -> None:
    """Tell the lists that summaries changed; call it last, once per action and conversation."""
    for conversation in conversations:
        conversation.version += 1
    tell_change(
        work,
        conversations,
        previous_assignee_id=previous_assignee_id,
        previous_queue_id=previous_queue_id,
        names=names,
    )


def changed_plain(work: Work, conversation: PlainConversation, *, names: Names | None = None) -> None:
    """Write what was said in a plain conversation and tell the lists; the last thing that is done to it."""
    conversation.version += 1
    posting_queries.write_posts(work.session, [conversation])
    tell_change(work, [conversation], names=names)


def tell_change(
    work: Work,
    conversations: Sequence[AnyConversation],
    *,
    previous_assignee_id: str | None = None,
    previous_queue_id: str | None = None,
    names: Names | None = None,
) -> None:
    """Tell the lists of conversations whose version has grown, as it stands in the store by now."""
    told = summaries(work.session, conversations, names=names)
    for conversation, summary in zip(conversations, told, strict=True):
        work.emit(
            ConversationChanged(
                conversation=summary,
                previous_assignee_id=previous_assignee_id,
                previous_queue_id=previous_queue_id,
            )
        )
        if conversation.channel == assist_views.CHANNEL:
            row = queries.get_conversation(work.session, conversation_id=conversation.id)
            assist_views.tell_with(work, row, previous_queue_id=previous_queue_id)


def status_changed(work: Work, conversation: AnyConversation, *, wait: WaitEstimate | None = None) -> None:
    """Tell the visitor that the conversation moved on; behind a call there is no page that could show it.

    Who has just reckoned the `wait` hands it in.
    """
    if conversation.channel in WITHOUT_PAGE:
        return
    conversation.patient_seq += 1
    conversation.archived_at = None
    view = patient_view(work.session, conversation, now=work.now, wait=wait)
    work.emit(StatusChanged(conversation_id=conversation.id, seq=conversation.patient_seq, conversation=view))


def body_of(entry: AnyEntry) -> Body:
    """Return an entry's body as a visitor may have it; an internal kind is refused, not passed on."""
    return _BODY.validate_python(entry.body)


def staff_body_of(entry: AnyEntry) -> StaffBody:
    """Return an entry's body as staff see it."""
    return _STAFF_BODY.validate_python(entry.body)


def patient_message(entry: AnyEntry, *, body: Body | None = None) -> PatientMessage:
    """Return the visitor's view of an entry that is theirs to see; who has its body hands it in."""
    if entry.patient_seq is None:
        raise ValueError("an internal entry has no visitor's view")
    return PatientMessage(
        id=entry.id,
        conversation_id=entry.conversation_id,
        seq=entry.patient_seq,
        author=entry.author_kind,
        author_name=entry.author_name,
        client_key=entry.client_key if entry.author_kind in ("visitor", "desk") else None,
        body=body or body_of(entry),
        at=entry.created_at,
    )


def timeline_entry(entry: AnyEntry, *, body: StaffBody | None = None) -> TimelineEntry:
    """Return the staff's view of an entry; who has its body hands it in."""
    return TimelineEntry(
        id=entry.id,
        conversation_id=entry.conversation_id,
        seq=entry.staff_seq,
        patient_seq=entry.patient_seq,
        kind=entry.kind,
        internal=entry.patient_seq is None,
        author=entry.author_kind,
        author_id=entry.author_id,
        author_name=entry.author_name,
        client_key=entry.client_key,
        body=body or staff_body_of(entry),
        at=entry.created_at,
    )


def _append(  # noqa: PLR0913 (each is one column of the row)
    work: Work,
    conversation: AnyConversation,
    *,
    kind: str,
    author: Author,
    body: StaffBody,
    text: str,
    key: Key | None,
    to_patient: bool,
) -> AnyEntry:
    conversation.staff_seq += 1
    conversation.patient_seq += 1 if to_patient else 0
    # What was archived is not touched; what comes now follows it there when archiving comes round again.
    conversation.archived_at = None
    make: Callable[..., AnyEntry] = PlainEntry if isinstance(conversation, PlainConversation) else Entry
    entry = make(
        id=new_id(),
        conversation_id=conversation.id,
        staff_seq=conversation.staff_seq,
        patient_seq=conversation.patient_seq if to_patient else None,
        kind=kind,
        author_kind=author.kind,
        author_id=author.id,
        author_name=author.name,
        sender=key.sender if key else None,
        client_key=key.client_key if key else None,
        body=body.model_dump(mode="json"),
        text=text,
        picture_id=body.picture_id if isinstance(body, PictureBody) else None,
        created_at=work.now,
    )
    _keep(work, conversation, entry=entry)
    _tell(work, entry, body=body)
    return entry


def _keep(work: Work, conversation: AnyConversation, *, entry: AnyEntry) -> None:
    """Have an entry written with its conversation: by the unit of work, or with all others of a plain one."""
    if isinstance(conversation, PlainConversation):
        conversation.added.append(cast(PlainEntry, entry))
        return
    work.session.add(entry)
    if entry.text and conversation.status == "closed":
        spoken_queries.keep_words(work.session, conversation=cast(Conversation, conversation))


def _tell(work: Work, entry: AnyEntry, *, body: StaffBody) -> None:
    if entry.patient_seq is not None:
        message = patient_message(entry, body=_of_both(body))
        work.emit(MessageCreated(conversation_id=entry.conversation_id, seq=entry.patient_seq, message=message))
    told = timeline_entry(entry, body=body)
    work.emit(EntryAppended(conversation_id=entry.conversation_id, seq=entry.staff_seq, entry=told))


def _of_both(body: StaffBody) -> Body:
    """Return a body that both sides may have; what is for staff only is refused, not passed on (B32)."""
    if isinstance(body, WhisperBody):
        raise TypeError("a whisper is for staff only")
    return body

"""What an agent does in a conversation: reply, note, read, draft."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from sqlalchemy.orm import Session

from caredesk.accounts.access_rules import Thing, is_within
from caredesk.actions import access, alerts
from caredesk.actions.answers import answer_body
from caredesk.actions.chat import check_key_is_for
from caredesk.actions.guardrails import NO_THOUGHT, SecondThought, hold_draft, look_at_draft, note_masked, note_sent
from caredesk.actions.keeping import Kept, keep_line, keep_words
from caredesk.actions.names import Names
from caredesk.actions.timeline import (
    Author,
    Key,
    append_message,
    append_note,
    append_notice,
    changed,
    changed_plain,
    status_changed,
)
from caredesk.conversations import posting_queries, queries
from caredesk.conversations.errors import ConversationClosed, ConversationNotFound, NotYours, PictureNotFound, StaleView
from caredesk.conversations.models import Conversation
from caredesk.conversations.plain import AnyConversation, AnyEntry, PlainConversation
from caredesk.conversations.rules import missed_since
from caredesk.core.work import Work
from caredesk.events.shapes import Body, PictureBody, TextBody
from caredesk.floor import queries as floor_queries
from caredesk.floor.models import ConversationGuest
from caredesk.guardrails.rules import Finding
from caredesk.knowledge_base import queries as knowledge

Locked = TypeVar("Locked", Conversation, PlainConversation)


@dataclass(frozen=True)
class Says:
    """What is sent: words, a picture or a knowledge entry; exactly one is set. `thought` is what was said when held."""

    text: str | None = None
    picture_id: str | None = None
    entry_id: str | None = None
    thought: SecondThought = NO_THOUGHT


@dataclass(frozen=True)
class AsStaff:
    """A member of staff as far as conversations are concerned.

    `roles` say how far they reach; without any, as far as an agent or, who sees the floor, a supervisor. `at` is when
    they look: only then does what they have opened for a purpose count.
    """

    staff_id: str
    sees_floor: bool
    roles: frozenset[str] = frozenset()
    at: datetime | None = None

    def acting(self) -> AsStaff:
        """Return the person as one who acts: what is opened for a purpose is looked at only."""
        return replace(self, at=None)


@dataclass(frozen=True)
class Said:
    """What an agent's command left on the timeline, with the names that were looked up for it."""

    entry: AnyEntry
    conversation: AnyConversation
    names: Names | None = None


def sender_of(staff_id: str) -> str:
    """Return the name under which an agent's client keys are unique."""
    return f"staff:{staff_id}"


def lock_visible(work: Work, *, conversation_id: str, who: AsStaff) -> Conversation:
    """Return the locked conversation if it is within the person's reach; otherwise it does not exist for them.

    Whoever locks it acts, and what is opened for a purpose is only looked at.
    """
    conversation = queries.lock_conversation(work.session, conversation_id=conversation_id)
    return _if_visible(work, conversation, who=who)


def _if_visible(work: Work, conversation: Locked, *, who: AsStaff) -> Locked:
    if not can_see(work.session, conversation, who=who.acting()):
        raise ConversationNotFound
    return conversation


def can_see(
    session: Session, conversation: AnyConversation, *, who: AsStaff, thing: Thing = Thing.CONVERSATION
) -> bool:
    """Tell whether a member of staff may look at a conversation: within their reach, or opened for a purpose."""
    if _reaches(session, conversation, who=who, thing=thing):
        return True
    return access.is_opened(session, conversation_id=conversation.id, who=who, thing=thing)


def _reaches(session: Session, conversation: AnyConversation, *, who: AsStaff, thing: Thing) -> bool:
    if conversation.assignee_id == who.staff_id:
        return access.reaches_own(session, who=who, thing=thing)
    scope = access.scope_of(session, who=who, thing=thing)
    if is_within(scope, queue_id=conversation.queue_id, assignee_id=conversation.assignee_id):
        return True
    # Who serves a family now sees what it said before, to others.
    return not scope.nothing and queries.serves_family_of(session, conversation=conversation, staff_id=who.staff_id)


def reply(  # noqa: PLR0913 (each is one fact of the command)
    work: Work,
    *,
    conversation_id: str,
    who: AsStaff,
    client_key: str,
    says: Says,
    seen_seq: int,
    confirmed: bool,
    limit: int,
) -> Said:
    """Send a reply; held with `StaleView` when the visitor wrote after `seen_seq`, unless it was confirmed (B26).

    Held with `DraftHeld` when it says what should be looked at again, unless a reason goes with it (B43).
    """
    locked = posting_queries.lock_conversation(work.session, conversation_id=conversation_id)
    conversation = _if_visible(work, locked, who=who)
    key = Key(sender_of(who.staff_id), client_key)
    before = said_before(work, conversation, key=key)
    if before is not None:
        return before
    _check_may_reply(work.session, conversation, who=who)
    if not confirmed:
        _check_nothing_missed(work.session, conversation, seen_seq=seen_seq)
    body, kept = _body(work, who=who, says=says, limit=limit)
    found = _held(work.session, conversation, says=says, kept=kept)
    names = _names_with(work, who=who)
    # What waits in the session may refer to the entry, which is written at the end.
    with work.session.no_autoflush:
        _announce_guest(work, conversation, who=who, names=names)
        author = author_of(who, names=names)
        entry = append_message(work, conversation, author=author, body=body, text=kept.text, key=key)
        note_masked(work, conversation, entry=entry, kept=kept, to_patient=False, staff_id=who.staff_id)
        note_sent(work, entry=entry, found=found, thought=says.thought)
        _note_replied(work, conversation)
        alerts.settle(work, conversation)
        queries.drop_draft(work.session, conversation_id=conversation.id, staff_id=who.staff_id)
        changed_plain(work, conversation, names=names)
    return Said(entry, conversation, names)


def said_before(work: Work, conversation: AnyConversation, *, key: Key) -> Said | None:
    """Return what a repeat of a command left the first time (B23)."""
    entry = posting_queries.find_entry_by_key(work.session, sender=key.sender, client_key=key.client_key)
    if entry is None:
        return None
    check_key_is_for(entry, conversation_id=conversation.id)
    return Said(entry, conversation)


def may_reply(session: Session, conversation: AnyConversation, *, who: AsStaff) -> bool:
    """Tell whether a member of staff may write to the visitor: its owner, and a supervisor who has joined."""
    if conversation.status != "active":
        return False
    return conversation.assignee_id == who.staff_id or _guest(session, conversation, who=who) is not None


def _check_nothing_missed(session: Session, conversation: AnyConversation, *, seen_seq: int) -> None:
    later = queries.visitor_seqs_after(session, conversation_id=conversation.id, seq=seen_seq)
    if missed_since(visitor_seqs=later, seen_seq=seen_seq):
        raise StaleView(head=conversation.staff_seq)


def _guest(session: Session, conversation: AnyConversation, *, who: AsStaff) -> ConversationGuest | None:
    if not who.sees_floor:
        return None
    return floor_queries.find_guest(session, conversation_id=conversation.id, staff_id=who.staff_id)


def _check_may_reply(session: Session, conversation: AnyConversation, *, who: AsStaff) -> None:
    if conversation.status == "closed":
        raise ConversationClosed
    if not may_reply(session, conversation, who=who):
        raise NotYours


def _announce_guest(work: Work, conversation: AnyConversation, *, who: AsStaff, names: Names) -> None:
    """Tell the visitor once that a supervisor is here too: with the first words of theirs."""
    guest = _guest(work.session, conversation, who=who)
    if guest is not None and guest.announced_at is None and conversation.assignee_id != who.staff_id:
        guest.announced_at = work.now
        fields = {"name": author_of(who, names=names).name}
        append_notice(work, conversation, code="supervisor.joined", fields=fields, to_patient=True)


def author_of(who: AsStaff, *, names: Names) -> Author:
    """Return a member of staff as the author of an entry."""
    return Author("agent", who.staff_id, names.of_staff([who.staff_id]).get(who.staff_id, ""))


def _held(session: Session, conversation: AnyConversation, *, says: Says, kept: Kept) -> list[Finding]:
    if says.text is None:
        return []
    return hold_draft(session, conversation, text=kept.text, thought=says.thought)


def _body(work: Work, *, who: AsStaff, says: Says, limit: int) -> tuple[Body, Kept]:
    if says.picture_id is not None:
        picture = queries.get_picture(work.session, picture_id=says.picture_id)
        if picture.owner != sender_of(who.staff_id):
            raise PictureNotFound
        return PictureBody(picture_id=picture.id, width=picture.width, height=picture.height), Kept("")
    if says.entry_id is not None:
        entry = knowledge.get_served(work.session, entry_id=says.entry_id, at=work.now)
        return answer_body(entry, related=[]), Kept(entry.question)
    kept = keep_words(says.text or "", limit=limit)
    return TextBody(text=kept.text), kept


def _names_with(work: Work, *, who: AsStaff) -> Names:
    """Return names to ask for; whoever acts was just signed in by theirs."""
    names = Names(work.session)
    if work.actor.kind == "staff" and work.actor.id == who.staff_id and work.actor.name:
        names.know_staff(who.staff_id, name=work.actor.name)
    return names


def _note_replied(work: Work, conversation: AnyConversation) -> None:
    conversation.first_reply_at = conversation.first_reply_at or work.now
    conversation.waiting_reply_since = conversation.reply_due_at = None
    conversation.unread = 0


def add_note(work: Work, *, conversation_id: str, who: AsStaff, client_key: str, text: str, limit: int) -> Said:
    """Append an internal note; whoever may see the conversation may write one, also after its close."""
    conversation = lock_visible(work, conversation_id=conversation_id, who=who)
    key = Key(sender_of(who.staff_id), client_key)
    before = said_before(work, conversation, key=key)
    if before is not None:
        return before
    kept, names = keep_words(text, limit=limit), Names(work.session)
    entry = append_note(work, conversation, author=author_of(who, names=names), text=kept.text, key=key)
    note_masked(work, conversation, entry=entry, kept=kept, to_patient=False, staff_id=who.staff_id)
    changed(work, conversation, names=names)
    return Said(entry, conversation, names)


def mark_seen(work: Work, *, conversation_id: str, who: AsStaff, up_to: int) -> None:
    """Note that the owner has seen the timeline up to a number; the visitor is shown that it was read."""
    conversation = lock_visible(work, conversation_id=conversation_id, who=who)
    if conversation.assignee_id != who.staff_id or up_to > conversation.staff_seq:
        return
    read = queries.patient_seq_at(work.session, conversation_id=conversation.id, staff_seq=up_to)
    if read > conversation.staff_read_seq:
        conversation.staff_read_seq = read
        conversation.unread = queries.count_unread(
            work.session, conversation_id=conversation.id, after_patient_seq=read
        )
        status_changed(work, conversation)
        changed(work, conversation)


def save_draft(work: Work, *, conversation_id: str, who: AsStaff, text: str) -> list[Finding]:
    """Keep what the agent has typed so far (B34); return what they would be asked about if they sent it."""
    conversation = lock_visible(work, conversation_id=conversation_id, who=who)
    kept = keep_line(text)
    queries.put_draft(work.session, conversation_id=conversation_id, staff_id=who.staff_id, text=kept, now=work.now)
    return look_at_draft(work.session, conversation, text=kept)

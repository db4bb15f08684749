"""What a visitor does in a conversation: write, ask for a person, leave a message, read, rate, end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from caredesk.accounts import presence_queries
from caredesk.actions import alerts, call_steps, call_ups, clinic, presence, promises
from caredesk.actions.assist_views import CHANNEL
from caredesk.actions.budget import share_held
from caredesk.actions.call_up_watch import note_acts, note_presence
from caredesk.actions.crowd import Crowd, gather, take_in
from caredesk.actions.guardrails import look_at_words, shows_something
from caredesk.actions.handoff import hand_over, topic_of
from caredesk.actions.keeping import Kept, keep_words
from caredesk.actions.match_asking import ask_for_match, ask_for_matches_of
from caredesk.actions.names import Names
from caredesk.actions.routing import begins_to_wait, owed_reply
from caredesk.actions.timeline import Author, Key, append_message, append_notice, changed, status_changed, tell_change
from caredesk.actions.unanswered import answers_in
from caredesk.assistance import queries as assist_queries
from caredesk.conversations import house_queries, posting_queries, queries, spoken_queries
from caredesk.conversations.errors import (
    ClientKeyTaken,
    ConversationClosed,
    ConversationNotFound,
    MessageNotFound,
    NotRatable,
    PictureNotFound,
    QueueOpen,
)
from caredesk.conversations.models import Conversation, Entry, Rating, Visitor
from caredesk.conversations.plain import AnyConversation, AnyEntry, PlainConversation
from caredesk.conversations.rules import REOPEN_WITHIN, clean_phone, day_of, number_of
from caredesk.core.errors import CareDeskError
from caredesk.core.ids import new_id
from caredesk.core.outbox import NewJob
from caredesk.core.work import Work
from caredesk.events.shapes import Body, PictureBody, TextBody
from caredesk.knowledge_base import queries as knowledge
from caredesk.patients import queries as patients
from caredesk.patients.rules import mask_name
from caredesk.queue import queries as queue_queries
from caredesk.queue.models import Queue


@dataclass(frozen=True)
class Written:
    """What a visitor's command left on the timeline."""

    entry: AnyEntry
    conversation: AnyConversation


@dataclass(frozen=True)
class Words:
    """Words of the visitor; `choice` names the entry when the words are a question that was tapped.

    `red_flag` is the guard's verdict, which is quick enough to be had before the transaction: with people in charge
    the bot's turn is needed for nothing else.
    """

    text: str
    choice: str | None = None
    red_flag: bool = False


@dataclass(frozen=True)
class PictureOf:
    """A picture the visitor has uploaded."""

    picture_id: str


@dataclass(frozen=True)
class Post:
    """A message on its way: whose it is, the visitor's own key for it, and what it says."""

    visitor_id: str
    client_key: str
    content: Words | PictureOf


Outcome = Written | CareDeskError | None
"""What became of one message among several."""


def sender_of(visitor_id: str) -> str:
    """Return the name under which a visitor's client keys are unique."""
    return f"visitor:{visitor_id}"


def post_message(
    work: Work,
    *,
    visitor_id: str,
    client_key: str,
    content: Words | PictureOf,
    limit: int,
    names: Names | None = None,
) -> Written:
    """Append what a visitor wrote, opening a conversation when there is none; a repeat changes nothing (B23)."""
    (outcome,) = post_messages(work, [Post(visitor_id, client_key, content)], limit=limit, names=names)
    if isinstance(outcome, Written):
        return outcome
    raise outcome or ConversationNotFound


def post_messages(work: Work, posts: Sequence[Post], *, limit: int, names: Names | None = None) -> list[Outcome]:
    """Append what several visitors wrote, in their order, at the price of few statements.

    A refusal stands in its message's place and touches no other. None: the rows are somebody else's just now, or there
    is no conversation yet; it must come again alone. Who holds many rows waits for no other's (two of them could wait
    for each other for ever), so only a message that comes alone waits, and opens.
    """
    keys = {(sender_of(post.visitor_id), post.client_key) for post in posts}
    names = names or Names(work.session)
    crowd = gather(work, visitor_ids={post.visitor_id for post in posts}, keys=keys, names=names)
    # Nothing that is asked here depends on what waits to be written, which then goes out together.
    with work.session.no_autoflush:
        outcomes = [_post(work, crowd, post=post, limit=limit) for post in posts]
        for conversation in crowd.touched.values():
            conversation.version += 1
        posting_queries.write_posts(work.session, crowd.touched.values())
    work.enqueue_all(crowd.jobs)
    note_acts(work, guardian_ids={c.guardian_id for c in crowd.touched.values() if c.guardian_id})
    tell_change(work, list(crowd.touched.values()), names=names)
    return outcomes


def _post(work: Work, crowd: Crowd, *, post: Post, limit: int) -> Outcome:
    conversation = crowd.conversations.get(post.visitor_id)
    if conversation is None and crowd.newcomer is None:
        return ConversationNotFound() if crowd.is_one else None
    key = Key(sender_of(post.visitor_id), post.client_key)
    before = crowd.written.get((key.sender, key.client_key))
    if before is not None:
        return _repeated(work, before, conversation=conversation)
    try:
        body, kept = _body(work, sender=key.sender, content=post.content, limit=limit)
    except CareDeskError as refusal:
        return refusal
    if conversation is None:
        conversation = _open_in(work, crowd, visitor_id=post.visitor_id)
    author = Author("visitor", post.visitor_id, mask_name(crowd.families.get(conversation.family_id or "", "")))
    entry = append_message(work, conversation, author=author, body=body, text=kept.text, key=key)
    if begins_to_wait(work, conversation):
        crowd.add_job(owed_reply(work, conversation, known=crowd.replies_due))
    if shows_something(kept):
        # What is noted of a message refers to it.
        posting_queries.write_posts(work.session, [conversation])
        look_at_words(work, conversation, entry=entry, kept=kept)
    if isinstance(post.content, Words) and (conversation.status == "bot" or post.content.red_flag):
        asked = {"entry_id": entry.id, "choice": post.content.choice}
        prefix = answers_in(conversation.id)
        crowd.jobs.append(NewJob("answer_message", asked, due_at=work.now, key=f"{prefix}{entry.staff_seq}"))
    crowd.written[key.sender, key.client_key] = entry
    crowd.touched[conversation.id] = conversation
    return Written(entry, conversation)


def _repeated(work: Work, entry: AnyEntry, *, conversation: PlainConversation | None) -> Written:
    if conversation is not None and conversation.id == entry.conversation_id:
        return Written(entry, conversation)
    return Written(entry, queries.get_conversation(work.session, conversation_id=entry.conversation_id))


def _open_in(work: Work, crowd: Crowd, *, visitor_id: str) -> PlainConversation:
    open_conversation(work, visitor=cast(Visitor, crowd.newcomer))
    return take_in(work, crowd, visitor_id=visitor_id)


def _written_before(work: Work, *, key: Key) -> Written | None:
    entry = posting_queries.find_entry_by_key(work.session, sender=key.sender, client_key=key.client_key)
    if entry is None:
        return None
    return Written(entry, queries.get_conversation(work.session, conversation_id=entry.conversation_id))


def _body(work: Work, *, sender: str, content: Words | PictureOf, limit: int) -> tuple[Body, Kept]:
    if isinstance(content, PictureOf):
        picture = queries.get_picture(work.session, picture_id=content.picture_id)
        if picture.owner != sender:
            raise PictureNotFound
        return PictureBody(picture_id=picture.id, width=picture.width, height=picture.height), Kept("")
    text = content.text
    if content.choice is not None:
        text = knowledge.get_served(work.session, entry_id=content.choice, at=work.now).question
    kept = keep_words(text, limit=limit)
    return TextBody(text=kept.text), kept


def _author(work: Work, visitor: Visitor) -> Author:
    name = ""
    if visitor.guardian_id:
        names = patients.list_guardian_names(work.session, guardian_ids=[visitor.guardian_id])
        name = mask_name(names.get(visitor.guardian_id, ""))
    return Author("visitor", visitor.id, name)


def open_conversation(work: Work, *, visitor: Visitor) -> Conversation:
    """Return a locked visitor's open conversation, locked; a new one when there is none."""
    found = queries.lock_open_conversation(work.session, visitor_id=visitor.id)
    if found is not None:
        return found
    last = queries.find_last_closed(work.session, visitor_id=visitor.id)
    recent = last is not None and last.closed_at is not None and work.now - last.closed_at <= REOPEN_WITHIN
    day = day_of(work.now)
    conversation = Conversation(
        id=new_id(),
        number=number_of(day=day, count=queries.next_count_of_day(work.session, day=day)),
        visitor_id=visitor.id,
        guardian_id=visitor.guardian_id,
        language=visitor.language,
        preferred_agent_id=last.preferred_agent_id if last is not None and recent else None,
        reopens_id=last.id if last is not None and recent and last.assigned_at is not None else None,
        created_at=work.now,
        flags=[],
    )
    work.session.add(conversation)
    work.session.flush()
    return queries.lock_conversation(work.session, conversation_id=conversation.id)


def ask_for_person(work: Work, *, visitor_id: str, client_key: str, topic: str | None = None) -> Written:
    """转人工 by the button: join the queue, or hear when it opens.

    `topic` is the category of a message that still waits for the bot: it is newer than whatever was answered.
    """
    visitor = queries.lock_visitor(work.session, visitor_id=visitor_id)
    key = Key(sender_of(visitor_id), client_key)
    before = _written_before(work, key=key)
    if before is not None:
        return before
    conversation = open_conversation(work, visitor=visitor)
    if conversation.status != "bot":
        # Already waiting, promised or served: repeat the state instead of queueing twice.
        entry = append_notice(work, conversation, code="person.already", to_patient=True, key=key)
        status_changed(work, conversation)
        changed(work, conversation)
        return Written(entry, conversation)
    category = topic or topic_of(work, conversation)
    return Written(hand_over(work, conversation, reason="button", category=category, key=key), conversation)


def leave_message(
    work: Work, *, visitor_id: str, conversation_id: str, client_key: str, text: str, phone: str, limit: int
) -> Written:
    """Leave a message while the queue is closed; it gets a promised time and becomes work at opening (B45)."""
    queries.lock_visitor(work.session, visitor_id=visitor_id)
    key = Key(sender_of(visitor_id), client_key)
    before = _written_before(work, key=key)
    if before is not None:
        return before
    conversation = queries.lock_conversation_of(work.session, conversation_id=conversation_id, visitor_id=visitor_id)
    if conversation.status not in ("bot", "message"):
        raise ConversationClosed if conversation.status == "closed" else QueueOpen
    kept, number = keep_words(text, limit=limit), clean_phone(phone)
    queue = _queue_of(work, conversation)
    state = clinic.queue_state(work.session, queue, at=work.now)
    if state.open:
        raise QueueOpen
    visitor = queries.lock_visitor(work.session, visitor_id=visitor_id)
    body, author = TextBody(text=kept.text), _author(work, visitor)
    entry = append_message(work, conversation, author=author, body=body, text=kept.text, key=key)
    look_at_words(work, conversation, entry=entry, kept=kept)
    conversation.unread += 1
    if number:
        append_notice(work, conversation, code="callback.number", fields={"phone": number})
    promises.promise(work, conversation, queue=queue, next_open=state.next_open, code="message.promised")
    # Words of a closed hour are read for red flags like any other.
    work.enqueue("answer_message", {"entry_id": entry.id, "choice": None})
    return Written(entry, conversation)


def _queue_of(work: Work, conversation: Conversation) -> Queue:
    if conversation.queue_id is not None:
        return queue_queries.get_queue(work.session, queue_id=conversation.queue_id)
    queue = queue_queries.find_queue_for_category(work.session, category=topic_of(work, conversation))
    if queue is None:
        raise QueueOpen
    conversation.queue_id = queue.id
    return queue


def mark_read(work: Work, *, visitor_id: str, conversation_id: str, up_to: int) -> None:
    """Note how far the visitor has read; a number that goes back or beyond the end changes nothing."""
    conversation = queries.lock_conversation_of(work.session, conversation_id=conversation_id, visitor_id=visitor_id)
    if conversation.patient_read_seq < up_to <= conversation.patient_seq:
        conversation.patient_read_seq = up_to
        changed(work, conversation)
        note_presence(work, guardian_id=conversation.guardian_id, acted=True)


def end_conversation(work: Work, *, visitor_id: str, conversation_id: str) -> Conversation:
    """Close a conversation at the visitor's wish; ending it again changes nothing."""
    conversation = queries.lock_conversation_of(work.session, conversation_id=conversation_id, visitor_id=visitor_id)
    if conversation.status != "closed":
        close(work, conversation, by="visitor", category="", outcome="", note="")
    return conversation


def close(work: Work, conversation: Conversation, *, by: str, category: str, outcome: str, note: str) -> None:
    """Close a locked conversation, give the agent's slot back and tell both sides."""
    staff_id, conversation.assignee_id = conversation.assignee_id, None
    was_waiting = conversation.status in ("waiting", "message")
    conversation.status, conversation.closed_at, conversation.closed_by = "closed", work.now, by
    conversation.close_category, conversation.close_outcome = category, outcome
    conversation.close_note = note
    conversation.waiting_reply_since = conversation.reply_due_at = None
    spoken_queries.keep_words(work.session, conversation=conversation)
    if conversation.channel == CHANNEL:
        _end_request(work, conversation, outcome=outcome)
    append_notice(work, conversation, code="conversation.closed", to_patient=True)
    if category:
        append_notice(work, conversation, code="closed", fields={"category": category, "outcome": outcome})
    status_changed(work, conversation)
    left = conversation.queue_id if was_waiting else None
    changed(work, conversation, previous_assignee_id=staff_id, previous_queue_id=left)
    alerts.settle(work, conversation)
    if staff_id is not None:
        share = share_held(work.session, conversation)
        work.session.flush()
        presence_queries.free_slot(work.session, staff_id=staff_id, now=work.now, share=share)
    call_steps.conversation_over(work, conversation)
    if staff_id is not None:
        presence.tell(work, staff_id=staff_id)
        ask_for_matches_of(work, staff_id=staff_id, trigger="conversation_closed")
    if conversation.assigned_at is not None and conversation.channel not in (CHANNEL, call_steps.CHANNEL):
        # What agents said tells what the bot would have missed.
        work.enqueue("weigh_replies", {"conversation_id": conversation.id}, key=f"weigh:{conversation.id}")
    pending = queue_queries.find_pending_offer(work.session, conversation_id=conversation.id)
    if pending is not None:
        work.enqueue("withdraw_offer", {"offer_id": pending.id}, key=f"withdraw:{pending.id}")
    if was_waiting and conversation.queue_id:
        ask_for_match(work, queue_id=conversation.queue_id, trigger="visitor_left")


def _end_request(work: Work, conversation: Conversation, *, outcome: str) -> None:
    """End what a doctor asked for with its talk, unless it ended by itself with an outcome of its own."""
    request = assist_queries.find_of_conversation(work.session, conversation_id=conversation.id)
    if request is None:
        return
    if request.ended_at is None:
        request.ended_at, request.outcome = work.now, outcome
    call_ups.stop(work, request_id=request.id, why=request.outcome or "closed")


def rate(work: Work, *, visitor_id: str, conversation_id: str, score: int, reasons: list[str], comment: str) -> None:
    """Keep the rating of a closed conversation; given again it replaces the first."""
    conversation = queries.lock_conversation_of(work.session, conversation_id=conversation_id, visitor_id=visitor_id)
    if conversation.status != "closed":
        raise NotRatable
    known = {option.key for option in house_queries.list_options(work.session, kind="rating_reason")}
    rating = Rating(
        conversation_id=conversation.id,
        score=score,
        reasons=[reason for reason in dict.fromkeys(reasons) if reason in known],
        comment=keep_words(comment, limit=500).text if comment.strip() else "",
        at=work.now,
    )
    work.session.merge(rating)
    append_notice(work, conversation, code="rated", fields={"score": str(score)})
    status_changed(work, conversation)
    changed(work, conversation)


def give_feedback(work: Work, *, visitor_id: str, message_id: str, helpful: bool) -> None:
    """Keep whether an answer of the bot helped; the last word counts."""
    turn = queries.find_turn_of_reply(work.session, entry_id=message_id)
    if turn is None:
        raise MessageNotFound
    queries.get_conversation_of(work.session, conversation_id=turn.conversation_id, visitor_id=visitor_id)
    turn.helpful, turn.feedback_at = helpful, work.now
    work.session.flush()


def check_key_is_for(entry: Entry, *, conversation_id: str) -> None:
    """Refuse a client key that was used in another conversation."""
    if entry.conversation_id != conversation_id:
        raise ClientKeyTaken

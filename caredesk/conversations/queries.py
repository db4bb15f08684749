"""All SQL of visitors, conversations and timelines, with the loaders that check who may see what."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, func, literal, select, update
from sqlalchemy.orm import Session

from caredesk.conversations.archive_queries import Told
from caredesk.conversations.errors import ConversationNotFound, PictureNotFound
from caredesk.conversations.line_queries import waits_since
from caredesk.conversations.models import BotTurn, Conversation, DayCounter, Draft, Entry, Picture, Rating, Visitor
from caredesk.conversations.plain import AnyConversation
from caredesk.core.db import UtcDateTime, table_of, upsert_into

TALKS_OF_OTHERS = ("assist", "hotline")
"""Channels on which nothing can be told to a family: a colleague asks there, or somebody speaks."""


# ---- visitors --------------------------------------------------------------------------------------------


def find_visitor_by_token_hash(session: Session, token_hash: str) -> Visitor | None:
    return session.scalars(select(Visitor).where(Visitor.token_hash == token_hash)).first()


def lock_visitor(session: Session, *, visitor_id: str) -> Visitor:
    """Return the visitor with the row locked: one command of a visitor at a time."""
    visitor = session.scalars(select(Visitor).where(Visitor.id == visitor_id).with_for_update(key_share=True)).first()
    if visitor is None:
        raise ConversationNotFound
    return visitor


def visitor_ids_of_guardian(session: Session, *, guardian_id: str) -> Sequence[str]:
    return session.scalars(select(Visitor.id).where(Visitor.guardian_id == guardian_id)).all()


# ---- conversations ---------------------------------------------------------------------------------------


def find_conversation(session: Session, *, conversation_id: str) -> Conversation | None:
    return session.get(Conversation, conversation_id)


def get_conversation(session: Session, *, conversation_id: str) -> Conversation:
    conversation = session.get(Conversation, conversation_id)
    if conversation is None:
        raise ConversationNotFound
    return conversation


def get_conversation_of(session: Session, *, conversation_id: str, visitor_id: str) -> Conversation:
    """Return a visitor's own conversation; anybody else's does not exist for them."""
    conversation = session.get(Conversation, conversation_id)
    if conversation is None or conversation.visitor_id != visitor_id:
        raise ConversationNotFound
    return conversation


# Made once: every command asks it, and making it costs as much as asking.
_LOCK_CONVERSATION = (
    select(Conversation)
    .where(Conversation.id == bindparam("wanted"))
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)


def lock_conversation(session: Session, *, conversation_id: str) -> Conversation:
    """Return the conversation with its row locked: its two sequences are taken under this lock."""
    conversation = session.scalars(_LOCK_CONVERSATION, {"wanted": conversation_id}).first()
    if conversation is None:
        raise ConversationNotFound
    return conversation


def lock_conversation_of(session: Session, *, conversation_id: str, visitor_id: str) -> Conversation:
    """Return a visitor's own conversation, locked."""
    conversation = lock_conversation(session, conversation_id=conversation_id)
    if conversation.visitor_id != visitor_id:
        raise ConversationNotFound
    return conversation


def find_open_conversation(session: Session, *, visitor_id: str) -> Conversation | None:
    query = select(Conversation).where(Conversation.visitor_id == visitor_id, Conversation.status != "closed")
    return session.scalars(query).first()


def lock_open_conversation(session: Session, *, visitor_id: str) -> Conversation | None:
    """Return the visitor's open conversation with its row locked, if there is one."""
    query = select(Conversation).where(Conversation.visitor_id == visitor_id, Conversation.status != "closed")
    locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return session.scalars(locked).first()


def list_open_of_guardians(session: Session, *, guardian_ids: Iterable[str]) -> Sequence[Conversation]:
    """Return the open conversations these guardians take part in, by id; a request about them or a call is none."""
    wanted = list(guardian_ids)
    if not wanted:
        return []
    return session.scalars(
        select(Conversation)
        .where(Conversation.guardian_id.in_(wanted), Conversation.status != "closed")
        .where(Conversation.channel.not_in(TALKS_OF_OTHERS))
        .order_by(Conversation.id)
    ).all()


def find_last_closed(session: Session, *, visitor_id: str) -> Conversation | None:
    query = (
        select(Conversation)
        .where(Conversation.visitor_id == visitor_id, Conversation.status == "closed")
        .order_by(Conversation.closed_at.desc())
        .limit(1)
    )
    return session.scalars(query).first()


def next_count_of_day(session: Session, *, day: str) -> int:
    """Return the next running count of a clinic day."""
    insert = upsert_into(session, DayCounter).values(day=day, value=1)
    counted = insert.on_conflict_do_update(index_elements=["day"], set_={"value": DayCounter.value + 1})
    return int(session.execute(counted.returning(DayCounter.value)).scalar_one())


def list_conversations_of_visitors(
    session: Session, *, visitor_ids: Iterable[str], limit: int
) -> Sequence[Conversation]:
    """Return conversations of these visitors, newest first."""
    query = (
        select(Conversation)
        .where(Conversation.visitor_id.in_(list(visitor_ids)))
        .order_by(Conversation.created_at.desc(), Conversation.id.desc())
        .limit(limit)
    )
    return session.scalars(query).all()


def list_mine(session: Session, *, staff_id: str) -> Sequence[Conversation]:
    query = (
        select(Conversation)
        .where(Conversation.assignee_id == staff_id, Conversation.status == "active")
        .order_by(Conversation.assigned_at)
    )
    return session.scalars(query).all()


def list_waiting(session: Session, *, queue_ids: Iterable[str], statuses: Sequence[str]) -> Sequence[Conversation]:
    """Return who waits in these queues in the order of offers: class first, then arrival (B3)."""
    query = (
        select(Conversation)
        .where(Conversation.queue_id.in_(list(queue_ids)), Conversation.status.in_(statuses))
        .order_by(Conversation.priority.desc(), Conversation.arrived_at, Conversation.id)
    )
    return session.scalars(query).all()


def mean_handling_seconds(session: Session, *, queue_id: str, last: int = 50) -> float | None:
    """Return the mean time from assignment to close of a queue's last conversations, in seconds; None without any."""
    query = (
        select(Conversation.assigned_at, Conversation.closed_at)
        .where(Conversation.queue_id == queue_id, Conversation.closed_at.is_not(None))
        .where(Conversation.assigned_at.is_not(None))
        .order_by(Conversation.closed_at.desc())
        .limit(last)
    )
    rows = session.execute(query).all()
    spans = [(closed - assigned).total_seconds() for assigned, closed in rows if assigned and closed]
    return sum(spans) / len(spans) if spans else None


def claim_assignment(
    session: Session, *, conversation_id: str, staff_id: str, now: datetime, expected_status: str = "waiting"
) -> bool:
    """Make an agent the one owner of a waiting conversation; False when somebody was faster (B6).

    `assigned_at` says when a person first took it, and stays: the wait that is measured ended then. It began at
    `waited_from`, which stays, too; what is taken before it was taken up to wait has not waited.
    """
    at = literal(now, UtcDateTime())
    taken = session.execute(
        update(Conversation)
        .where(Conversation.id == conversation_id, Conversation.status == expected_status)
        .values(status="active", assignee_id=staff_id, promised_at=None)
        .values(waited_from=func.coalesce(Conversation.waited_from, waits_since(), at))
        .values(assigned_at=func.coalesce(Conversation.assigned_at, at))
        .returning(Conversation.id)
    ).first()
    return taken is not None


# ---- timeline --------------------------------------------------------------------------------------------


def find_entry(session: Session, *, entry_id: str) -> Entry | None:
    return session.scalars(select(Told).where(Told.id == entry_id)).first()


def list_patient_entries(session: Session, *, conversation_id: str) -> Sequence[Entry]:
    """Return what the visitor may see, in order. Internal entries have no number there and cannot come."""
    query = (
        select(Told)
        .where(Told.conversation_id == conversation_id, Told.patient_seq.is_not(None))
        .order_by(Told.patient_seq)
    )
    return session.scalars(query).all()


def list_entries_before(
    session: Session, *, conversation_id: str, before: int | None, limit: int
) -> tuple[list[Entry], bool]:
    """Return the last entries before a number, oldest first, and whether there are earlier ones."""
    query = select(Told).where(Told.conversation_id == conversation_id)
    if before is not None:
        query = query.where(Told.staff_seq < before)
    rows = session.scalars(query.order_by(Told.staff_seq.desc()).limit(limit + 1)).all()
    return list(reversed(rows[:limit])), len(rows) > limit


def list_all_entries(session: Session, *, conversation_id: str) -> Sequence[Entry]:
    query = select(Told).where(Told.conversation_id == conversation_id).order_by(Told.staff_seq)
    return session.scalars(query).all()


def find_last_words(session: Session, *, conversation_id: str) -> Entry | None:
    """Return the visitor's last message with words in it."""
    query = select(Told).where(
        Told.conversation_id == conversation_id, Told.author_kind == "visitor", Told.kind == "message"
    )
    return session.scalars(query.where(Told.text != "").order_by(Told.staff_seq.desc()).limit(1)).first()


def visitor_seqs_after(session: Session, *, conversation_id: str, seq: int) -> Sequence[int]:
    """Return the numbers of what the visitor wrote after an entry of the staff's stream."""
    query = select(Told.staff_seq).where(
        Told.conversation_id == conversation_id, Told.author_kind == "visitor", Told.staff_seq > seq
    )
    return session.scalars(query).all()


# ---- bot turns, ratings, drafts, pictures ------------------------------------------------------------------


def find_turn_of_question(session: Session, *, entry_id: str) -> BotTurn | None:
    return session.scalars(select(BotTurn).where(BotTurn.question_id == entry_id)).first()


def find_turn_of_reply(session: Session, *, entry_id: str) -> BotTurn | None:
    return session.scalars(select(BotTurn).where(BotTurn.reply_id == entry_id)).first()


def list_turns(session: Session, *, conversation_id: str) -> Sequence[BotTurn]:
    query = select(BotTurn).where(BotTurn.conversation_id == conversation_id).order_by(BotTurn.at, BotTurn.id)
    return session.scalars(query).all()


def find_last_turn(session: Session, *, conversation_id: str) -> BotTurn | None:
    query = (
        select(BotTurn)
        .where(BotTurn.conversation_id == conversation_id)
        .order_by(BotTurn.at.desc(), BotTurn.id.desc())
        .limit(1)
    )
    return session.scalars(query).first()


def most_asked(session: Session, *, since: datetime, limit: int) -> Sequence[str]:
    """Return the knowledge entries that answered most often since an instant, most asked first."""
    query = (
        select(BotTurn.kb_entry_id)
        .where(BotTurn.kb_entry_id.is_not(None), BotTurn.at >= since, BotTurn.outcome == "answer")
        .group_by(BotTurn.kb_entry_id)
        .order_by(func.count().desc(), BotTurn.kb_entry_id)
        .limit(limit)
    )
    return [entry_id for entry_id in session.scalars(query) if entry_id]


def find_rating(session: Session, *, conversation_id: str) -> Rating | None:
    return session.get(Rating, conversation_id)


def scores_of(session: Session, *, conversation_ids: Sequence[str]) -> dict[str, int]:
    if not conversation_ids:
        return {}
    query = select(Rating.conversation_id, Rating.score).where(Rating.conversation_id.in_(conversation_ids))
    return dict(session.execute(query).all())


_DRAFT = table_of(Draft)
_DROP_DRAFT = delete(_DRAFT).where(_DRAFT.c.conversation_id == bindparam("talk"), _DRAFT.c.staff_id == bindparam("of"))


def find_draft(session: Session, *, conversation_id: str, staff_id: str) -> Draft | None:
    return session.get(Draft, (conversation_id, staff_id))


def put_draft(session: Session, *, conversation_id: str, staff_id: str, text: str, now: datetime) -> None:
    """Keep what an agent has typed; an empty text removes it."""
    if not text.strip():
        drop_draft(session, conversation_id=conversation_id, staff_id=staff_id)
        return
    session.merge(Draft(conversation_id=conversation_id, staff_id=staff_id, text=text, updated_at=now))
    session.flush()


def drop_draft(session: Session, *, conversation_id: str, staff_id: str) -> None:
    """Forget what an agent has typed, if there is anything; asked at each reply, so nothing is read for it."""
    session.connection().execute(_DROP_DRAFT, {"talk": conversation_id, "of": staff_id})


def get_picture(session: Session, *, picture_id: str) -> Picture:
    picture = session.get(Picture, picture_id)
    if picture is None:
        raise PictureNotFound
    return picture


def patient_seq_at(session: Session, *, conversation_id: str, staff_seq: int) -> int:
    """Return the visitor's number of the last shared entry up to a number of the staff's stream; 0 if there is none."""
    query = select(func.max(Told.patient_seq)).where(
        Told.conversation_id == conversation_id, Told.staff_seq <= staff_seq
    )
    return session.scalar(query) or 0


def count_unread(session: Session, *, conversation_id: str, after_patient_seq: int) -> int:
    """Return how many of the visitor's messages come after a number of the visitor's stream."""
    query = select(func.count()).where(
        Told.conversation_id == conversation_id,
        Told.author_kind == "visitor",
        Told.patient_seq > after_patient_seq,
    )
    return session.scalar(query) or 0


def list_closed(
    session: Session,
    *,
    queue_ids: Iterable[str],
    everything: bool,
    before: tuple[datetime, str] | None,
    limit: int,
) -> Sequence[Conversation]:
    """Return closed conversations, last closed first, that come after a (closed_at, id) pair."""
    # What is closed has a time of it, and only that. Asked by its status, a store would read and sort all of it.
    query = select(Conversation).where(Conversation.closed_at.is_not(None))
    if not everything:
        query = query.where(Conversation.queue_id.in_(list(queue_ids)))
    if before is not None:
        at, last_id = before
        query = query.where(
            (Conversation.closed_at < at) | ((Conversation.closed_at == at) & (Conversation.id < last_id))
        )
    return session.scalars(query.order_by(Conversation.closed_at.desc(), Conversation.id.desc()).limit(limit)).all()


def serves_family_of(session: Session, *, conversation: AnyConversation, staff_id: str) -> bool:
    """Tell whether an agent has an active conversation with the same visitor or guardian."""
    same = Conversation.visitor_id == conversation.visitor_id
    if conversation.guardian_id is not None:
        same = same | (Conversation.guardian_id == conversation.guardian_id)
    query = select(Conversation.id).where(Conversation.assignee_id == staff_id, same).limit(1)
    return session.scalar(query) is not None


def heads_of(session: Session, *, conversation_ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return the heads of both streams of conversations, by kind of screen."""
    query = select(Conversation.id, Conversation.patient_seq, Conversation.staff_seq)
    rows = session.execute(query.where(Conversation.id.in_(conversation_ids))).all()
    return {conversation_id: {"visitor": patient, "staff": staff} for conversation_id, patient, staff in rows}


def open_heads_of(session: Session, *, visitor_ids: Collection[str]) -> dict[str, dict[str, int]]:
    """Return each visitor's open conversation with the head of their own stream."""
    query = select(Conversation.visitor_id, Conversation.id, Conversation.patient_seq)
    rows = session.execute(query.where(Conversation.visitor_id.in_(visitor_ids), Conversation.status != "closed"))
    return {visitor_id: {conversation_id: head} for visitor_id, conversation_id, head in rows}


def touch_visitors(session: Session, *, visitor_ids: Sequence[str], now: datetime) -> None:
    """Note that these visitors are here now."""
    session.execute(update(Visitor).where(Visitor.id.in_(list(visitor_ids))).values(last_seen_at=now))


def get_visitor(session: Session, *, visitor_id: str) -> Visitor:
    visitor = session.get(Visitor, visitor_id)
    if visitor is None:
        raise ConversationNotFound
    return visitor

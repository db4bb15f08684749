"""What the console shows: the desk at a glance, one conversation whole, and why things went as they did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from caredesk.accounts import presence_queries
from caredesk.actions import access, floor_figures
from caredesk.actions.replies import AsStaff, can_see
from caredesk.actions.summaries import summaries, summary_of
from caredesk.actions.timeline import timeline_entry
from caredesk.conversations import house_queries, queries
from caredesk.conversations.errors import ConversationNotFound
from caredesk.conversations.models import BotTurn, Conversation, DeskOption, Rating
from caredesk.conversations.schemas import BotTurnView, OptionView, RatingView
from caredesk.events.shapes import ConversationSummary, TimelineEntry, Viewer
from caredesk.queue import queries as queue_queries

ENTRIES_SHOWN = 200
EARLIER_SHOWN = 20


def get_visible(session: Session, *, conversation_id: str, who: AsStaff) -> Conversation:
    """Return a conversation if the person may see it; otherwise it does not exist for them."""
    conversation = queries.get_conversation(session, conversation_id=conversation_id)
    if not can_see(session, conversation, who=who):
        raise ConversationNotFound
    return conversation


def seen_queue_ids(session: Session, *, who: AsStaff) -> list[str] | None:
    """Return the queues whose line the person sees: their own, and for a supervisor those within their reach.

    None is the whole house, with queues that are yet to come.
    """
    scope = access.scope_of(session, who=who)
    return None if scope.everything else sorted(scope.queue_ids)


def mine(session: Session, *, who: AsStaff) -> list[ConversationSummary]:
    return summaries(session, queries.list_mine(session, staff_id=who.staff_id))


def waiting(session: Session, *, who: AsStaff) -> list[ConversationSummary]:
    """Return who waits, and messages left for opening, in the order of offers."""
    queue_ids = seen_queue_ids(session, who=who)
    if queue_ids is None:
        queue_ids = [queue.id for queue in queue_queries.list_queues(session)]
    return summaries(session, queries.list_waiting(session, queue_ids=queue_ids, statuses=["waiting", "message"]))


@dataclass(frozen=True)
class ServiceToday:
    """How many were taken by an agent today, and how many of them within the queue's service level."""

    answered: int
    in_time: int


def service_today(session: Session, *, now: datetime) -> ServiceToday:
    """Return today's service level in its parts, counted by the one function that the wall uses."""
    level = floor_figures.service_today(session, now=now)
    return ServiceToday(answered=level.whole, in_time=level.part)


def options(session: Session, *, kind: str) -> list[OptionView]:
    """Return one of the hospital's lists."""
    return [_option(row) for row in house_queries.list_options(session, kind=kind)]


def _option(row: DeskOption) -> OptionView:
    return OptionView(key=row.key, parent=row.parent, zh=row.zh, en=row.en)


# ---- one conversation --------------------------------------------------------------------------------------


def entries_of(session: Session, *, conversation_id: str, before: int | None) -> tuple[list[TimelineEntry], bool]:
    """Return a page of the timeline, oldest first, and whether there is more before it."""
    rows, has_earlier = queries.list_entries_before(
        session, conversation_id=conversation_id, before=before, limit=ENTRIES_SHOWN
    )
    return [timeline_entry(row) for row in rows], has_earlier


def viewers_of(session: Session, *, conversation_id: str) -> list[Viewer]:
    found = presence_queries.list_viewers(session, conversation_id=conversation_id)
    return [Viewer(staff_id=staff_id, name=name) for staff_id, name in found]


def rating_of(session: Session, *, conversation_id: str) -> RatingView | None:
    rating = queries.find_rating(session, conversation_id=conversation_id)
    return _rating(rating) if rating else None


def _rating(rating: Rating) -> RatingView:
    return RatingView(score=rating.score, reasons=rating.reasons, comment=rating.comment, at=rating.at)


def turns_of(session: Session, *, conversation_id: str) -> list[BotTurnView]:
    return [_turn(turn) for turn in queries.list_turns(session, conversation_id=conversation_id)]


def _turn(turn: BotTurn) -> BotTurnView:
    return BotTurnView(
        question_id=turn.question_id,
        reply_id=turn.reply_id,
        outcome=turn.outcome,
        entry_id=turn.kb_entry_id,
        confidence=turn.confidence,
        candidates=turn.candidates,
        index_version=turn.index_version,
        helpful=turn.helpful,
        at=turn.at,
    )


def earlier_of(session: Session, conversation: Conversation, *, who: AsStaff) -> list[ConversationSummary]:
    """Return earlier conversations of the same person that the member of staff may see, newest first."""
    visitor_ids = [conversation.visitor_id]
    if conversation.guardian_id:
        visitor_ids += queries.visitor_ids_of_guardian(session, guardian_id=conversation.guardian_id)
    found = queries.list_conversations_of_visitors(session, visitor_ids=set(visitor_ids), limit=EARLIER_SHOWN)
    return summaries(session, [c for c in found if c.id != conversation.id and can_see(session, c, who=who)])


def draft_of(session: Session, *, conversation_id: str, staff_id: str) -> str:
    draft = queries.find_draft(session, conversation_id=conversation_id, staff_id=staff_id)
    return draft.text if draft else ""


def summary(session: Session, *, conversation_id: str) -> ConversationSummary:
    return summary_of(session, queries.get_conversation(session, conversation_id=conversation_id))


def closed_page(
    session: Session, *, who: AsStaff, before: tuple[datetime, str] | None, limit: int
) -> list[ConversationSummary]:
    """Return closed conversations the person may see, last closed first, after a cursor."""
    scope = access.scope_of(session, who=who)
    found = queries.list_closed(
        session, queue_ids=scope.queue_ids, everything=scope.everything, before=before, limit=limit
    )
    return summaries(session, found)

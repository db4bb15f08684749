"""What agents' replies tell of the bot, weighed when a conversation is over: asked the same, would it have said that?

Nobody fills in a form for it. What the bot would have missed, with the agent's own words or the entry that the agent
took, comes onto the review list.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from caredesk.actions import suggestions
from caredesk.chatbot.bot import Bot, Turn
from caredesk.chatbot.text import load_wording, normalise
from caredesk.conversations import queries
from caredesk.conversations.models import BotTurn, Conversation, Entry
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.knowledge_base import queries as knowledge
from caredesk.knowledge_base import review_queries
from caredesk.knowledge_base.feedback_models import BotFeedback
from caredesk.knowledge_base.reply_rules import Exchange, Line, Told, Verdict, exchanges, judge_reply

MOST_WEIGHED = 12
"""Messages of one conversation, the first ones: a long talk is about what it began with."""


@dataclass(frozen=True)
class Weighed:
    """A message that the bot would not have answered as the agent did."""

    question_id: str
    turn_id: str | None
    text: str
    verdict: Verdict
    entry_id: str | None
    actor_id: str
    at: datetime


def weigh(session: Session, bot: Bot, *, conversation_id: str) -> tuple[Weighed, ...]:
    """Ask the bot what the family asked its agents, and return what it would have missed; writes nothing."""
    conversation = queries.find_conversation(session, conversation_id=conversation_id)
    if conversation is None:
        return ()
    turns = {turn.question_id: turn for turn in queries.list_turns(session, conversation_id=conversation_id)}
    taken = review_queries.list_taken(session, conversation_id=conversation_id)
    found = []
    for one in exchanges(_lines(session, conversation_id=conversation_id))[:MOST_WEIGHED]:
        turn = turns.get(one.asked.id)
        told = _told(session, bot, conversation=conversation, asked=one.asked, turn=turn)
        chosen = _chosen(one, taken=taken)
        verdict = judge_reply(one, chosen=chosen, told=told)
        if verdict:
            entry_id = chosen if verdict == "agent_insert" else told.first
            found.append(_weighed(one, turn=turn, verdict=verdict, entry_id=entry_id))
    return tuple(found)


def keep_weighed(work: Work, *, conversation_id: str, weighed: Sequence[Weighed]) -> None:
    """Keep what was weighed; a choice that the agent's page has told already is only marked."""
    known = {
        (row.question_id, row.source): row
        for row in review_queries.list_feedback_of(work.session, conversation_id=conversation_id)
    }
    for one in weighed:
        row = known.get((one.question_id, one.verdict))
        if row is None:
            row = BotFeedback(
                id=new_id(),
                conversation_id=conversation_id,
                bot_turn_id=one.turn_id,
                question_id=one.question_id,
                entry_id=one.entry_id,
                question_text=one.text[: suggestions.QUESTION_CHARACTERS],
                source=one.verdict,
                actor_id=one.actor_id,
                at=one.at,
            )
            work.session.add(row)
        row.missed = True


def _lines(session: Session, *, conversation_id: str) -> list[Line]:
    entries = queries.list_patient_entries(session, conversation_id=conversation_id)
    return [_line(entry) for entry in entries if entry.kind == "message" and entry.author_kind in ("visitor", "agent")]


def _line(entry: Entry) -> Line:
    sends = entry.body.get("entry_id") if entry.body.get("kind") == "answer" else None
    by: Literal["visitor", "agent"] = "agent" if entry.author_kind == "agent" else "visitor"
    return Line(entry.id, by, entry.author_id, entry.text, str(sends) if sends else None, entry.created_at)


def _told(session: Session, bot: Bot, *, conversation: Conversation, asked: Line, turn: BotTurn | None) -> Told:
    """Return what the bot did with a message, or would have done if people had not been there already."""
    if not _is_asked(asked.text):
        return Told("courtesy")
    if turn is not None:
        # What it answered and what came of it is the timeline's to tell.
        return Told("answered" if turn.outcome == "answer" else turn.outcome)
    would = suggestions.ask(session, bot, conversation=conversation, words=asked.text, at=asked.at)
    if would.small_talk is not None or would.reason == "empty":
        return Told("courtesy")
    first = _first(would)
    entry = knowledge.find_entry(session, entry_id=first) if first else None
    return Told(would.outcome, first, entry.answer if entry else "")


def _first(turn: Turn) -> str | None:
    if turn.outcome == "answer":
        return turn.entry
    return turn.offered[0] if turn.outcome == "suggest" and turn.offered else None


def _is_asked(text: str) -> bool:
    """Tell whether a message asks for something: thanks, numbers and "I see" between people are no questions."""
    plain = normalise(text).plain
    return text.rstrip().endswith(("?", "？")) or any(word in plain for word in load_wording().asking)


def _chosen(exchange: Exchange, *, taken: Iterable[BotFeedback]) -> str | None:
    sent = next((reply.entry_id for reply in exchange.replies if reply.entry_id), None)
    return sent or next((row.entry_id for row in taken if row.question_id == exchange.asked.id), None)


def _weighed(exchange: Exchange, *, turn: BotTurn | None, verdict: Verdict, entry_id: str | None) -> Weighed:
    return Weighed(
        question_id=exchange.asked.id,
        turn_id=turn.id if turn else None,
        text=exchange.asked.text,
        verdict=verdict,
        entry_id=entry_id,
        actor_id=exchange.replies[0].author_id,
        at=exchange.asked.at,
    )

"""What the desk can tell an editor while writing: look-alikes, contradictions, missed questions, and why the bot
would say what it says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel
from sqlalchemy.orm import Session

from caredesk.actions.knowledge import content_of
from caredesk.chatbot.bot import Bot
from caredesk.knowledge_base import queries
from caredesk.knowledge_base.advice import Contradiction, NearPhrase, contradictions, near_phrases
from caredesk.knowledge_base.schemas import EntryContent

TOPIC = 8
"""So many of the nearest entries count as the same topic."""
MOST_TRIED = 101


class Missed(BaseModel):
    """A question of the entry that leads elsewhere today; an empty `led_to` means that the bot is silent."""

    text: str
    led_to: str
    question: str
    outcome: str


class Advice(BaseModel):
    """What to look at before asking for a review."""

    near: list[NearPhrase]
    contradictions: list[Contradiction]
    missed: list[Missed]
    tried: int


class TriedCandidate(BaseModel):
    """An entry that was considered, with what each view of it says."""

    id: str
    question: str
    score: float
    features: dict[str, float]


class Tried(BaseModel):
    """What the bot would do with a question now, and why."""

    outcome: str
    entry: str | None
    confidence: float
    answers_from: float
    suggests_from: float
    reason: str
    read_as: str
    index_version: str
    reply: str
    candidates: list[TriedCandidate]


def advise(session: Session, content: EntryContent, *, bot: Bot, at: datetime) -> Advice:
    """Compare an entry, saved or not, with what is served, and ask today's bot its questions."""
    others = [content_of(row) for row in queries.list_entries(session) if row.id != content.id]
    near = near_phrases(content, others=others)
    known = {other.id: other for other in others}
    topic = [*(one.entry_id for one in near), *_topic(content, bot=bot)]
    same_topic = [known[entry_id] for entry_id in dict.fromkeys(topic) if entry_id in known]
    missed = missed_questions(content, bot=bot) if content.audience == "parent" else []
    return Advice(
        near=near,
        contradictions=contradictions(content, others=same_topic),
        missed=missed,
        tried=min(1 + len(content.similar), MOST_TRIED),
    )


def missed_questions(content: EntryContent, *, bot: Bot) -> list[Missed]:
    """Return which of an entry's questions do not lead to it today."""
    missed = []
    for text in (content.question, *content.similar)[:MOST_TRIED]:
        turn = bot.ask(text)
        first = turn.candidates[0] if turn.candidates and turn.outcome in ("answer", "suggest") else None
        if first is None or first.id != content.id:
            missed.append(
                Missed(
                    text=text,
                    led_to=first.id if first else "",
                    question=first.question if first else "",
                    outcome=turn.outcome,
                )
            )
    return missed


def try_question(text: str, *, bot: Bot) -> Tried:
    """Ask today's bot and tell everything that it weighed."""
    turn = bot.ask(text)
    return Tried(
        outcome=turn.outcome,
        entry=turn.entry,
        confidence=round(turn.confidence, 4),
        answers_from=bot.thresholds.answer,
        suggests_from=bot.thresholds.suggest,
        reason=turn.reason or turn.small_talk or "",
        read_as=turn.read_as,
        index_version=turn.index_version,
        reply=turn.reply,
        candidates=[
            TriedCandidate(id=one.id, question=one.question, score=one.score, features=one.features)
            for one in turn.candidates
        ],
    )


def _topic(content: EntryContent, *, bot: Bot) -> Sequence[str]:
    return [one.id for one in bot.search(content.question, limit=TOPIC) if one.id != content.id]

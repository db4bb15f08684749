"""Wire shapes of the timeline that no event carries: bot turns, ratings, canned replies, options."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from caredesk.events.shapes import Shape


class BotTurnView(Shape):
    """What the bot decided about one message, for staff."""

    question_id: str
    reply_id: str | None
    outcome: str
    entry_id: str | None
    confidence: float
    candidates: list[dict[str, Any]]
    index_version: str
    helpful: bool | None
    at: datetime


class RatingView(Shape):
    """A visitor's rating."""

    score: int
    reasons: list[str]
    comment: str
    at: datetime


class CannedReplyView(Shape):
    """A canned reply with its variables already filled for the conversation."""

    code: str
    title: str
    text: str


class OptionView(Shape):
    """One choice of a list in both languages."""

    key: str
    parent: str
    zh: str
    en: str

"""Rows of what people chose beside the bot's answers. What a timeline already tells is read there and not copied."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from caredesk.core.db import Base, Id

FeedbackSource = Literal[
    "parent_helpful",
    "parent_unhelpful",
    "agent_insert",
    "agent_reply",
    "handoff_after_answer",
    "repeated",
    "abstained",
    "suggestion_tapped",
    "judged",
]
"""Everything that tells how well a question was answered.

Only `STORED` sources have rows here. The parent's word is `bot_turn.helpful`, an abstention is the turn's outcome,
handoffs and repetitions follow from the timeline, and a reviewer's judgement is a `judged_question`: each has one
place, and the review reads it there.
"""

STORED: tuple[FeedbackSource, ...] = ("agent_insert", "agent_reply", "suggestion_tapped")


class BotFeedback(Base):
    """Somebody chose an entry for a question, or words of their own instead.

    `agent_insert`: an agent sent a suggested entry. `agent_reply`: an agent wrote own words instead of what the bot
    would have said (`entry_id` is its first suggestion, or None). `suggestion_tapped`: the parent chose one of several.
    `missed` tells that the bot, asked the same, would not have given this answer; it is weighed when the conversation
    is over. `at` is when it was asked.
    """

    __tablename__ = "bot_feedback"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[str | None] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), index=True)
    bot_turn_id: Mapped[str | None] = mapped_column(ForeignKey("bot_turn.id", ondelete="CASCADE"), index=True)
    # The parent's message, as far as it is known which one was meant; it may lie in the archive.
    question_id: Mapped[str | None] = mapped_column(Id, index=True)
    entry_id: Mapped[str | None] = mapped_column(String(80))
    question_text: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(String(24))
    missed: Mapped[bool] = mapped_column(default=False, server_default=false())
    actor_id: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("source in ('agent_insert','agent_reply','suggestion_tapped')", name="source"),
        Index("ix_bot_feedback_source_at", "source", "at"),
        Index("ix_bot_feedback_at", "at"),
    )

"""All SQL that takes a conversation's questions from what the bot is reviewed by."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from caredesk.knowledge_base.feedback_models import BotFeedback
from caredesk.knowledge_base.review_models import ReviewQuestion


def forget_questions(session: Session, *, conversation_id: str) -> None:
    """Remove what was collected from a conversation."""
    session.execute(delete(BotFeedback).where(BotFeedback.conversation_id == conversation_id))
    session.execute(delete(ReviewQuestion).where(ReviewQuestion.conversation_id == conversation_id))

"""Rows of the review: what the bot did not answer well, in groups; judged questions; evaluations that were run."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from caredesk.core.db import Base, Id


class ReviewCluster(Base):
    """Questions that mean the same and were not answered well, with what could be done about them.

    The figures and the draft are made anew by each collection while the cluster is open. `suggested_entry_id` is what
    agents inserted or parents chose for these questions; `shown_entry_id` is what the bot said instead.
    """

    __tablename__ = "review_cluster"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    state: Mapped[str] = mapped_column(String(10), default="open")
    outcome: Mapped[str] = mapped_column(String(10), default="")
    question: Mapped[str] = mapped_column(String(200))
    volume: Mapped[int]
    handling_seconds: Mapped[int]
    # volume × handling time, which is what the list is ranked by.
    cost_seconds: Mapped[int]
    troubles: Mapped[dict[str, Any]]
    shown_entry_id: Mapped[str | None] = mapped_column(String(80))
    suggested_entry_id: Mapped[str | None] = mapped_column(String(80))
    draft_answer: Mapped[str] = mapped_column(Text, default="")
    draft_similar: Mapped[list[str]]
    draft_replies: Mapped[list[dict[str, Any]]]
    result_entry_id: Mapped[str | None] = mapped_column(String(80))
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str] = mapped_column(String(60), default="")

    __table_args__ = (
        CheckConstraint("state in ('open','done','dismissed')", name="state"),
        CheckConstraint("outcome in ('','entry','similar','judged','not_ours','done')", name="outcome"),
        CheckConstraint("(state = 'open') = (outcome = '')", name="an_open_one_has_no_outcome"),
        Index("ix_review_cluster_state_cost", "state", "cost_seconds"),
    )


class ReviewQuestion(Base):
    """One question that was not answered well, with personal data masked. It comes from a bot turn or a feedback row.

    `origin_id` is the id of that row, so that the same question is never collected twice. `settled_as` is empty until
    somebody dealt with it.
    """

    __tablename__ = "review_question"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    origin_id: Mapped[str] = mapped_column(Id, unique=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), index=True)
    cluster_id: Mapped[str | None] = mapped_column(ForeignKey("review_cluster.id", ondelete="SET NULL"), index=True)
    text: Mapped[str] = mapped_column(Text)
    trouble: Mapped[str] = mapped_column(String(24))
    entry_id: Mapped[str | None] = mapped_column(String(80))
    handling_seconds: Mapped[int | None]
    settled_as: Mapped[str] = mapped_column(String(10), default="", index=True)
    at: Mapped[datetime] = mapped_column(index=True)


class JudgedQuestion(Base):
    """A question with what should come of it, said by a person: an entry's id, or none, medical, emergency, human.

    Every release is asked these questions before it is published.
    """

    __tablename__ = "judged_question"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    query: Mapped[str] = mapped_column(String(300), unique=True)
    expected: Mapped[str] = mapped_column(String(80), index=True)
    acceptable: Mapped[list[str]]
    slice: Mapped[str] = mapped_column(String(40), default="judged")
    judged_by: Mapped[str] = mapped_column(String(60))
    judged_at: Mapped[datetime]


EvaluationSource = Literal["judged", "file", "base", "public"]
"""Whose questions are asked: those that people judged, a file's, the base's own, or the public set's."""


class BotEvaluation(Base):
    """One evaluation: what was asked, of which index, and every figure that came out."""

    __tablename__ = "bot_evaluation"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    source: Mapped[EvaluationSource] = mapped_column(String(16))
    file_name: Mapped[str] = mapped_column(String(120), default="")
    # What was uploaded; empty for the judged questions, for the base itself and for the public set.
    labels: Mapped[list[dict[str, Any]]]
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    fault: Mapped[str] = mapped_column(String(80), default="")
    index_version: Mapped[str] = mapped_column(String(60), default="")
    questions: Mapped[int] = mapped_column(default=0)
    # How far it has come, of how much; 0 of 0 while it is being prepared.
    done: Mapped[int] = mapped_column(default=0, server_default="0")
    total: Mapped[int] = mapped_column(default=0, server_default="0")
    figures: Mapped[dict[str, Any]]
    asked_by: Mapped[str] = mapped_column(String(60))
    asked_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("source in ('judged','file','base','public')", name="source"),
        CheckConstraint("state in ('waiting','done','failed')", name="state"),
    )

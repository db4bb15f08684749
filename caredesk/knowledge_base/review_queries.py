"""All SQL of the review: clusters, their questions, judged questions, feedback and evaluations."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from caredesk.core.outbox import JobRow
from caredesk.knowledge_base.feedback_models import BotFeedback
from caredesk.knowledge_base.models import KbEntry
from caredesk.knowledge_base.review_errors import ClusterNotFound, EvaluationNotFound, JudgedNotFound
from caredesk.knowledge_base.review_models import BotEvaluation, JudgedQuestion, ReviewCluster, ReviewQuestion

# SQLite takes no more than some thousands of values in one statement.
MOST_AT_ONCE = 500


# ---- clusters --------------------------------------------------------------------------------------------


def get_cluster(session: Session, *, cluster_id: str) -> ReviewCluster:
    """Return a cluster. Raises ClusterNotFound."""
    cluster = session.get(ReviewCluster, cluster_id)
    if cluster is None:
        raise ClusterNotFound
    return cluster


def lock_cluster(session: Session, *, cluster_id: str) -> ReviewCluster:
    """Return a cluster with its row locked: one decision at a time."""
    query = select(ReviewCluster).where(ReviewCluster.id == cluster_id).with_for_update(key_share=True)
    cluster = session.scalars(query.execution_options(populate_existing=True)).first()
    if cluster is None:
        raise ClusterNotFound
    return cluster


def lock_open_clusters(session: Session) -> Sequence[ReviewCluster]:
    """Return every open cluster, locked."""
    query = (
        select(ReviewCluster)
        .where(ReviewCluster.state == "open")
        .order_by(ReviewCluster.id)
        .with_for_update(key_share=True)
    )
    return session.scalars(query).all()


def list_clusters(session: Session, *, state: str, limit: int) -> Sequence[ReviewCluster]:
    """Return clusters of a state: open ones by what they cost, others by when they were closed, newest first."""
    query = select(ReviewCluster).where(ReviewCluster.state == state)
    order = ReviewCluster.cost_seconds.desc() if state == "open" else ReviewCluster.closed_at.desc()
    return session.scalars(query.order_by(order, ReviewCluster.id).limit(limit)).all()


def list_closed_clusters(session: Session, *, since: datetime) -> Sequence[ReviewCluster]:
    """Return what is not our topic at all, and what was dealt with since an instant."""
    kept = (ReviewCluster.outcome == "not_ours") | (ReviewCluster.closed_at >= since)
    query = select(ReviewCluster).where(ReviewCluster.state != "open", kept)
    return session.scalars(query.order_by(ReviewCluster.id)).all()


def count_clusters(session: Session) -> dict[str, int]:
    """Return how many clusters there are in each state."""
    query = select(ReviewCluster.state, func.count()).group_by(ReviewCluster.state)
    return dict(session.execute(query).all())


# ---- questions -------------------------------------------------------------------------------------------


def list_questions(session: Session, *, cluster_id: str) -> Sequence[ReviewQuestion]:
    """Return a cluster's questions, newest first."""
    query = select(ReviewQuestion).where(ReviewQuestion.cluster_id == cluster_id)
    return session.scalars(query.order_by(ReviewQuestion.at.desc(), ReviewQuestion.id)).all()


def list_open_questions(session: Session, *, limit: int) -> Sequence[ReviewQuestion]:
    """Return the newest questions that nobody has dealt with."""
    query = select(ReviewQuestion).where(ReviewQuestion.settled_as == "")
    return session.scalars(query.order_by(ReviewQuestion.at.desc(), ReviewQuestion.id).limit(limit)).all()


def collected_origins(session: Session, *, origin_ids: Collection[str]) -> dict[str, ReviewQuestion]:
    """Return those of the origins that were collected before, by origin."""
    found = [
        row
        for part in _parts(sorted(origin_ids))
        for row in session.scalars(select(ReviewQuestion).where(ReviewQuestion.origin_id.in_(part)))
    ]
    return {row.origin_id: row for row in found}


def add_questions(session: Session, *, rows: Sequence[ReviewQuestion]) -> None:
    """Add collected questions."""
    session.add_all(rows)
    session.flush()


def assign(session: Session, *, question_ids: Sequence[str], cluster_id: str | None) -> None:
    """Put questions into a cluster."""
    for part in _parts(question_ids):
        session.execute(update(ReviewQuestion).where(ReviewQuestion.id.in_(part)).values(cluster_id=cluster_id))


def settle(session: Session, *, question_ids: Sequence[str], as_: str) -> None:
    """Note how questions were dealt with; empty makes them open again."""
    for part in _parts(question_ids):
        session.execute(update(ReviewQuestion).where(ReviewQuestion.id.in_(part)).values(settled_as=as_))


def forget_questions(session: Session, *, question_ids: Sequence[str]) -> None:
    """Remove questions that turned out not to be in trouble: the parent changed a "not helpful" into "helpful"."""
    for part in _parts(question_ids):
        session.execute(delete(ReviewQuestion).where(ReviewQuestion.id.in_(part)))


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + MOST_AT_ONCE] for start in range(0, len(ids), MOST_AT_ONCE))


# ---- feedback --------------------------------------------------------------------------------------------


def list_feedback(session: Session, *, since: datetime) -> Sequence[BotFeedback]:
    """Return what people chose since an instant, oldest first."""
    query = select(BotFeedback).where(BotFeedback.at >= since).order_by(BotFeedback.at, BotFeedback.id)
    return session.scalars(query).all()


def list_feedback_of(session: Session, *, conversation_id: str) -> Sequence[BotFeedback]:
    """Return what people chose in a conversation, oldest first."""
    query = select(BotFeedback).where(BotFeedback.conversation_id == conversation_id)
    return session.scalars(query.order_by(BotFeedback.at, BotFeedback.id)).all()


def list_taken(session: Session, *, conversation_id: str) -> Sequence[BotFeedback]:
    """Return which entries agents took in a conversation, for which message."""
    query = select(BotFeedback).where(
        BotFeedback.conversation_id == conversation_id,
        BotFeedback.source == "agent_insert",
        BotFeedback.entry_id.is_not(None),
        BotFeedback.question_id.is_not(None),
    )
    return session.scalars(query.order_by(BotFeedback.at, BotFeedback.id)).all()


# ---- judged questions ------------------------------------------------------------------------------------


def list_judged(session: Session) -> Sequence[JudgedQuestion]:
    """Return every judged question, newest first; the regression set at publishing."""
    return session.scalars(select(JudgedQuestion).order_by(JudgedQuestion.judged_at.desc(), JudgedQuestion.id)).all()


def count_judged(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(JudgedQuestion)) or 0


def find_judged(session: Session, *, query: str) -> JudgedQuestion | None:
    """Return the judgement of exactly this question."""
    return session.scalars(select(JudgedQuestion).where(JudgedQuestion.query == query)).first()


def get_judged(session: Session, *, judged_id: str) -> JudgedQuestion:
    """Return a judged question. Raises JudgedNotFound."""
    judged = session.get(JudgedQuestion, judged_id)
    if judged is None:
        raise JudgedNotFound
    return judged


# ---- evaluations -----------------------------------------------------------------------------------------


def get_evaluation(session: Session, *, evaluation_id: str) -> BotEvaluation:
    """Return an evaluation. Raises EvaluationNotFound."""
    evaluation = session.get(BotEvaluation, evaluation_id)
    if evaluation is None:
        raise EvaluationNotFound
    return evaluation


def list_evaluations(session: Session, *, limit: int) -> Sequence[BotEvaluation]:
    """Return the newest evaluations."""
    query = select(BotEvaluation).order_by(BotEvaluation.asked_at.desc(), BotEvaluation.id.desc()).limit(limit)
    return session.scalars(query).all()


def is_evaluating(session: Session) -> bool:
    """Tell whether an evaluation waits or runs."""
    return session.scalar(select(BotEvaluation.id).where(BotEvaluation.state == "waiting").limit(1)) is not None


def note_evaluation_progress(session: Session, *, evaluation_id: str, done: int, total: int) -> bool:
    """Note how far an evaluation has come; False when nobody waits for it any more."""
    change = update(BotEvaluation).where(BotEvaluation.id == evaluation_id, BotEvaluation.state == "waiting")
    updated = session.execute(change.values(done=done, total=total).returning(BotEvaluation.id))
    return updated.first() is not None


# ---- beside the review -----------------------------------------------------------------------------------


def entries_by_id(session: Session, *, entry_ids: Collection[str]) -> dict[str, KbEntry]:
    """Return those of the entries that exist, in whatever state, by id."""
    found = [
        row
        for part in _parts(sorted(entry_ids))
        for row in session.scalars(select(KbEntry).where(KbEntry.id.in_(part)))
    ]
    return {row.id: row for row in found}


def has_job(session: Session, *, key: str) -> bool:
    """Tell whether a job of this key waits or runs."""
    return session.scalar(select(JobRow.id).where(JobRow.key == key, JobRow.dead.is_(False))) is not None

"""Evaluations of the bot: asked for, run outside any transaction, kept with the version of the index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from caredesk.chatbot.bot import Bot
from caredesk.chatbot.entries import FaqEntry
from caredesk.chatbot.evaluation import Labelled
from caredesk.chatbot.evaluation_report import Tell, cross_examine, evaluate, quietly
from caredesk.chatbot.index import build_index
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.knowledge_base import review_queries as queries
from caredesk.knowledge_base.evaluation_rules import LabelRow
from caredesk.knowledge_base.evaluation_schemas import (
    EvaluationLine,
    EvaluationList,
    EvaluationReport,
    EvaluationView,
)
from caredesk.knowledge_base.public_set import public_base, public_labels
from caredesk.knowledge_base.review_errors import EvaluationRunning, LabelsInvalid
from caredesk.knowledge_base.review_models import BotEvaluation, EvaluationSource

MOST_LISTED = 20

Progress = tuple[int, int]
"""How many questions were asked, and of how many."""


@dataclass(frozen=True)
class Exam:
    """What is to be asked; the base itself and the public set bring their own questions."""

    source: EvaluationSource
    labels: tuple[LabelRow, ...]


@dataclass(frozen=True)
class Outcome:
    """What came of an exam: a report, or the reason why there is none."""

    report: dict[str, Any]
    index_version: str
    fault: str = ""


def ask_for_evaluation(
    work: Work, *, source: EvaluationSource, rows: Sequence[LabelRow] = (), file_name: str = ""
) -> BotEvaluation:
    """Have the bot evaluated: on the judged questions, a file's, the base's own, or those of the public set."""
    if source == "judged" and not queries.count_judged(work.session):
        raise LabelsInvalid(reason="nothing_judged")
    if queries.is_evaluating(work.session):
        raise EvaluationRunning
    evaluation = BotEvaluation(
        id=new_id(),
        source=source,
        file_name=file_name,
        labels=[row.model_dump(mode="json") for row in rows],
        figures={},
        asked_by=work.actor.id,
        asked_at=work.now,
    )
    work.session.add(evaluation)
    work.session.flush()
    work.enqueue("evaluate_bot", {"evaluation_id": evaluation.id}, key=f"evaluate_bot:{evaluation.id}")
    return evaluation


def find_exam(session: Session, *, evaluation_id: str) -> Exam | None:
    """Return what an evaluation asks, or None when it is done already."""
    evaluation = queries.get_evaluation(session, evaluation_id=evaluation_id)
    if evaluation.state != "waiting":
        return None
    if evaluation.source == "judged":
        judged = queries.list_judged(session)
        rows = [
            LabelRow(query=row.query, expected=row.expected, acceptable=tuple(row.acceptable), slice=row.slice)
            for row in judged
        ]
        return Exam("judged", tuple(rows))
    return Exam(evaluation.source, tuple(LabelRow.model_validate(row) for row in evaluation.labels))


def run_exam(bot: Bot, exam: Exam, *, precision: float, tell: Tell = quietly) -> Outcome:
    """Ask everything; pure and slow. Every source is asked with the precision that the desk wants."""
    version = bot.index.version
    if exam.source == "base":
        if not any(entry.similar for entry in bot.index.entries):
            return Outcome({}, version, fault="nothing_to_ask")
        report = cross_examine(bot.index.entries, version=version, precision=precision, tell=tell)
        return Outcome(report, version)
    rows = public_labels() if exam.source == "public" else exam.labels
    if not rows:
        return Outcome({}, version, fault="nothing_to_ask")
    asked = public_bot(precision) if exam.source == "public" else bot
    labels = [Labelled(row.query, row.expected, frozenset(row.acceptable)) for row in rows]
    report = evaluate(asked, labels, slices=[row.slice for row in rows], tell=tell)
    return Outcome(report, asked.index.version)


def public_bot(precision: float) -> Bot:
    """Return a bot over the public set's base."""
    entries = [
        FaqEntry(id=one.id, category=one.category, question=one.question, similar=one.similar, answer=one.answer)
        for one in public_base()
    ]
    index = build_index(entries, version="public")
    return Bot(index, index.thresholds(precision=precision))


def keep_outcome(work: Work, *, evaluation_id: str, outcome: Outcome | None) -> None:
    """Keep what came of an evaluation."""
    evaluation = queries.get_evaluation(work.session, evaluation_id=evaluation_id)
    if outcome is None or evaluation.state != "waiting":
        return
    evaluation.state = "failed" if outcome.fault else "done"
    evaluation.fault = outcome.fault
    evaluation.index_version = outcome.index_version
    evaluation.figures = outcome.report
    evaluation.questions = int(outcome.report.get("questions", 0))
    evaluation.done = evaluation.total = evaluation.questions
    evaluation.finished_at = work.now


def evaluation_list(session: Session, *, now: datetime) -> EvaluationList:
    """Return the newest evaluations."""
    rows = queries.list_evaluations(session, limit=MOST_LISTED)
    return EvaluationList(evaluations=[_line(row) for row in rows], judged=queries.count_judged(session), now=now)


def evaluation_view(session: Session, *, evaluation_id: str) -> EvaluationView:
    """Return one evaluation."""
    row = queries.get_evaluation(session, evaluation_id=evaluation_id)
    report = EvaluationReport.model_validate(row.figures) if row.state == "done" else None
    return EvaluationView(line=_line(row), report=report)


def _line(row: BotEvaluation) -> EvaluationLine:
    shares = {share["name"]: share["value"] for share in row.figures.get("shares", [])}
    return EvaluationLine(
        id=row.id,
        source=row.source,
        file_name=row.file_name,
        state=row.state,
        fault=row.fault,
        index_version=row.index_version,
        questions=row.questions,
        done=row.done,
        total=row.total,
        asked_at=row.asked_at,
        finished_at=row.finished_at,
        accuracy_at_1=shares.get("accuracy_at_1"),
        recall_at_3=shares.get("recall_at_3"),
        coverage=row.figures.get("coverage", {}).get("value"),
    )

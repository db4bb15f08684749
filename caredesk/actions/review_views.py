"""What the review's pages show, put together from rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from caredesk.core.cells import safe_cell
from caredesk.knowledge_base import editor_queries as editor
from caredesk.knowledge_base import review_queries as queries
from caredesk.knowledge_base.models import KbEntry
from caredesk.knowledge_base.review_models import JudgedQuestion, ReviewCluster, ReviewQuestion
from caredesk.knowledge_base.review_rules import MASKED
from caredesk.knowledge_base.review_schemas import (
    ClusterLine,
    ClusterView,
    EntryRef,
    JudgedLine,
    JudgedList,
    QuestionLine,
    ReplyLine,
    ReviewList,
)

MOST_SHOWN = 200
COLLECTING = "collect_review:now"
LABEL_COLUMNS = ("query", "expected", "acceptable", "slice")


def review_list(session: Session, *, state: str, now: datetime) -> ReviewList:
    """Return the groups of a state, the costliest first."""
    clusters = queries.list_clusters(session, state=state, limit=MOST_SHOWN)
    entries = _entries_of(session, clusters)
    return ReviewList(
        clusters=[_line(cluster, entries=entries) for cluster in clusters],
        counts=queries.count_clusters(session),
        judged=queries.count_judged(session),
        collecting=queries.has_job(session, key=COLLECTING),
        categories=editor.list_categories(session),
        now=now,
    )


def cluster_view(session: Session, *, cluster_id: str) -> ClusterView:
    """Return a group with its questions and the draft."""
    cluster = queries.get_cluster(session, cluster_id=cluster_id)
    questions = queries.list_questions(session, cluster_id=cluster.id)
    entries = _entries_of(session, [cluster], also=(question.entry_id for question in questions))
    near = entries.get(cluster.suggested_entry_id or "") or entries.get(cluster.shown_entry_id or "")
    return ClusterView(
        cluster=_line(cluster, entries=entries),
        questions=[_question(question, entries=entries) for question in questions],
        draft_answer=cluster.draft_answer,
        draft_similar=cluster.draft_similar,
        draft_category=near.category if near else "",
        replies=[ReplyLine.model_validate(reply) for reply in cluster.draft_replies],
    )


def judged_list(session: Session) -> JudgedList:
    """Return every judged question."""
    rows = queries.list_judged(session)
    entries = queries.entries_by_id(session, entry_ids={row.expected for row in rows})
    return JudgedList(judged=[_judged(row, entry=entries.get(row.expected)) for row in rows])


def judged_table(session: Session) -> str:
    """Return the judged questions as the CSV that `caredesk bot evaluate` reads."""
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\n")
    table.writerow(LABEL_COLUMNS)
    for row in queries.list_judged(session):
        cells = (row.query, row.expected, "|".join(row.acceptable), row.slice)
        table.writerow(map(safe_cell, cells))
    return written.getvalue()


def _entries_of(
    session: Session, clusters: Iterable[ReviewCluster], *, also: Iterable[str | None] = ()
) -> dict[str, KbEntry]:
    ids = {
        entry_id
        for cluster in clusters
        for entry_id in (cluster.shown_entry_id, cluster.suggested_entry_id, cluster.result_entry_id)
    }
    return queries.entries_by_id(session, entry_ids={entry_id for entry_id in (*ids, *also) if entry_id})


def _line(cluster: ReviewCluster, *, entries: dict[str, KbEntry]) -> ClusterLine:
    return ClusterLine(
        id=cluster.id,
        state=cluster.state,
        outcome=cluster.outcome,
        question=cluster.question,
        volume=cluster.volume,
        handling_seconds=cluster.handling_seconds,
        cost_seconds=cluster.cost_seconds,
        troubles=cluster.troubles,
        shown=_ref(entries.get(cluster.shown_entry_id or "")),
        suggested=_ref(entries.get(cluster.suggested_entry_id or "")),
        result=_ref(entries.get(cluster.result_entry_id or "")),
        has_draft=bool(cluster.draft_answer),
        first_at=cluster.first_at,
        last_at=cluster.last_at,
        closed_at=cluster.closed_at,
        closed_by=cluster.closed_by,
    )


def _ref(entry: KbEntry | None) -> EntryRef | None:
    return EntryRef(id=entry.id, question=entry.question, category=entry.category) if entry else None


def _question(row: ReviewQuestion, *, entries: dict[str, KbEntry]) -> QuestionLine:
    shown = entries.get(row.entry_id or "")
    return QuestionLine(
        id=row.id,
        text=row.text,
        trouble=row.trouble,
        shown=shown.question if shown else "",
        settled_as=row.settled_as,
        usable=MASKED not in row.text,
        at=row.at,
    )


def _judged(row: JudgedQuestion, *, entry: KbEntry | None) -> JudgedLine:
    return JudgedLine(
        id=row.id,
        query=row.query,
        expected=row.expected,
        expected_question=entry.question if entry else "",
        acceptable=row.acceptable,
        slice=row.slice,
        judged_by=row.judged_by,
        judged_at=row.judged_at,
    )

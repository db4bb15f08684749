"""What an editor decides about a group of questions: a new entry, other ways to ask one, a judgement, or none of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from caredesk.actions.knowledge import content_of
from caredesk.actions.knowledge_editing import Chosen, ask_for_review, create_entry, save_entry
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.knowledge_base import editor_queries as editor
from caredesk.knowledge_base import review_queries as queries
from caredesk.knowledge_base.models import KbEntry
from caredesk.knowledge_base.queries import find_entry
from caredesk.knowledge_base.review_errors import ClusterClosed, EntryMissing, NothingChosen
from caredesk.knowledge_base.review_models import JudgedQuestion, ReviewCluster, ReviewQuestion
from caredesk.knowledge_base.review_rules import JUDGEMENTS, MASKED
from caredesk.knowledge_base.rules import LONGEST_SIMILAR, MOST_SIMILAR, bare
from caredesk.knowledge_base.schemas import EntryContent

Settled = Literal["entry", "similar", "judged"]
Dismissal = Literal["not_ours", "done"]
SLICE = "judged"


def make_entry(
    work: Work, *, cluster_id: str, question_ids: Sequence[str], content: EntryContent, for_review: bool
) -> KbEntry:
    """Begin an entry for the chosen questions; `for_review` hands it on to whoever publishes."""
    cluster, questions = _lock_chosen(work, cluster_id=cluster_id, question_ids=question_ids)
    entry = create_entry(work, content)
    work.session.flush()
    if for_review:
        ask_for_review(work, [Chosen(entry.id, entry.newest_version)])
    _settle(work, cluster, questions=questions, as_="entry", entry_id=entry.id)
    return entry


def add_similar(work: Work, *, cluster_id: str, question_ids: Sequence[str], entry_id: str) -> KbEntry:
    """Add the chosen questions to an entry as other ways to ask it; the change waits as a draft."""
    cluster, questions = _lock_chosen(work, cluster_id=cluster_id, question_ids=question_ids)
    entry = _get_entry(work, entry_id)
    newest = content_of(editor.get_version(work.session, entry_id=entry.id, version=entry.newest_version))
    similar = with_questions(newest, [question.text for question in questions])
    if similar == newest.similar:
        raise NothingChosen
    changed = newest.model_copy(update={"similar": similar})
    save_entry(work, changed, base_version=entry.newest_version)
    _settle(work, cluster, questions=questions, as_="similar", entry_id=entry.id)
    return entry


def with_questions(content: EntryContent, texts: Sequence[str]) -> tuple[str, ...]:
    """Return an entry's similar questions with new ones, as far as they are new, short enough and unmasked."""
    similar = list(content.similar)
    known = {bare(text) for text in (content.question, *similar)}
    for text in texts:
        if bare(text) and bare(text) not in known and MASKED not in text and len(text) <= LONGEST_SIMILAR:
            known.add(bare(text))
            similar.append(text)
    return tuple(similar[:MOST_SIMILAR])


def judge(work: Work, *, cluster_id: str, question_ids: Sequence[str], expected: str) -> int:
    """Keep what is right for the chosen questions, for the regression set; return how many there are."""
    cluster, questions = _lock_chosen(work, cluster_id=cluster_id, question_ids=question_ids)
    if expected not in JUDGEMENTS:
        _get_entry(work, expected)
    for text in dict.fromkeys(question.text for question in questions):
        judged = queries.find_judged(work.session, query=text)
        if judged is None:
            judged = JudgedQuestion(id=new_id(), query=text, slice=SLICE)
            work.session.add(judged)
        judged.expected, judged.acceptable = expected, []
        judged.judged_by, judged.judged_at = work.actor.id, work.now
    entry_id = None if expected in JUDGEMENTS else expected
    _settle(work, cluster, questions=questions, as_="judged", entry_id=entry_id)
    return len(questions)


def withdraw_judgement(work: Work, *, judged_id: str) -> None:
    """Take a question out of the regression set."""
    work.session.delete(queries.get_judged(work.session, judged_id=judged_id))


def dismiss(work: Work, *, cluster_id: str, outcome: Dismissal) -> ReviewCluster:
    """Take a group off the list. What is not our topic also takes in what is asked like it later."""
    cluster = queries.lock_cluster(work.session, cluster_id=cluster_id)
    if cluster.state != "open":
        raise ClusterClosed
    questions = [row for row in queries.list_questions(work.session, cluster_id=cluster.id) if not row.settled_as]
    queries.settle(work.session, question_ids=[row.id for row in questions], as_=outcome)
    _close(work, cluster, state="dismissed", outcome=outcome)
    return cluster


def reopen(work: Work, *, cluster_id: str) -> ReviewCluster:
    """Bring a group back onto the list with the questions that its closing took; entries made from it stay."""
    cluster = queries.lock_cluster(work.session, cluster_id=cluster_id)
    if cluster.state == "open":
        return cluster
    rows = queries.list_questions(work.session, cluster_id=cluster.id)
    back = [row for row in rows if row.settled_as == cluster.outcome]
    queries.settle(work.session, question_ids=[row.id for row in back], as_="")
    cluster.state, cluster.outcome, cluster.closed_at, cluster.closed_by = "open", "", None, ""
    cluster.result_entry_id = None
    _recount(cluster, volume=len(back))
    return cluster


def _lock_chosen(
    work: Work, *, cluster_id: str, question_ids: Sequence[str]
) -> tuple[ReviewCluster, list[ReviewQuestion]]:
    cluster = queries.lock_cluster(work.session, cluster_id=cluster_id)
    if cluster.state != "open":
        raise ClusterClosed
    rows = queries.list_questions(work.session, cluster_id=cluster.id)
    chosen = [row for row in rows if row.id in set(question_ids) and not row.settled_as]
    if not chosen:
        raise NothingChosen
    return cluster, chosen


def _get_entry(work: Work, entry_id: str) -> KbEntry:
    entry = find_entry(work.session, entry_id=entry_id)
    if entry is None or entry.state == "retired":
        raise EntryMissing
    return entry


def _settle(
    work: Work, cluster: ReviewCluster, *, questions: Sequence[ReviewQuestion], as_: Settled, entry_id: str | None
) -> None:
    """Note how questions were dealt with; with the last of them the group is done."""
    queries.settle(work.session, question_ids=[question.id for question in questions], as_=as_)
    cluster.result_entry_id = entry_id or cluster.result_entry_id
    left = cluster.volume - len(questions)
    if left > 0:
        _recount(cluster, volume=left)
    else:
        _close(work, cluster, state="done", outcome=as_)


def _close(work: Work, cluster: ReviewCluster, *, state: str, outcome: str) -> None:
    cluster.state, cluster.outcome = state, outcome
    cluster.closed_at, cluster.closed_by = work.now, work.actor.id


def _recount(cluster: ReviewCluster, *, volume: int) -> None:
    cluster.volume = volume
    cluster.cost_seconds = volume * cluster.handling_seconds

"""Keeping what a collection found, in one short transaction, and when the next one is due.

A group that is still open goes on as the one with which it shares most questions, so that nobody loses their place.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import timedelta

from caredesk.actions.review_collecting import Collection, Found, Grouped
from caredesk.core.clock import clinic_time, from_clinic
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.knowledge_base import review_queries as queries
from caredesk.knowledge_base.review_models import ReviewCluster, ReviewQuestion
from caredesk.knowledge_base.review_rules import draft_similar, match_groups

NIGHTLY_AT = timedelta(hours=2, minutes=30)


def keep_collection(work: Work, *, collection: Collection) -> None:
    """Keep what was collected: new questions, groups with their figures and drafts; what was dealt with stays so."""
    queries.forget_questions(work.session, question_ids=collection.recovered)
    _add_questions(work, collection)
    work.session.flush()
    origins = {one.origin_id for group in collection.groups for one in group.found}
    rows = queries.collected_origins(work.session, origin_ids=origins)
    # Somebody may have settled a question while the groups were being made.
    still_open = {origin: row for origin, row in rows.items() if not row.settled_as}
    groups = [_still(group, still_open) for group in collection.groups]
    _write_clusters(work, [group for group in groups if group.found], rows=still_open)


def _still(group: Grouped, still_open: Mapping[str, ReviewQuestion]) -> Grouped:
    found = tuple(one for one in group.found if one.origin_id in still_open)
    return replace(group, found=found)


def _add_questions(work: Work, collection: Collection) -> None:
    closed = {
        cluster_id: queries.get_cluster(work.session, cluster_id=cluster_id)
        for cluster_id in sorted(set(collection.absorbed.values()))
    }
    there = queries.collected_origins(work.session, origin_ids={one.origin_id for one in collection.found})
    fresh = [one for one in collection.found if one.origin_id not in there]
    # A group that was opened again meanwhile takes its question as an open one.
    rows = [_question(one, cluster=closed.get(collection.absorbed.get(one.origin_id, ""))) for one in fresh]
    queries.add_questions(work.session, rows=rows)


def _question(found: Found, *, cluster: ReviewCluster | None) -> ReviewQuestion:
    return ReviewQuestion(
        id=new_id(),
        origin_id=found.origin_id,
        conversation_id=found.conversation_id,
        cluster_id=cluster.id if cluster else None,
        text=found.text,
        trouble=found.trouble,
        entry_id=found.entry_id,
        handling_seconds=found.handling,
        settled_as=cluster.outcome if cluster else "",
        at=found.at,
    )


def _write_clusters(work: Work, groups: Sequence[Grouped], *, rows: Mapping[str, ReviewQuestion]) -> None:
    open_clusters = {cluster.id: cluster for cluster in queries.lock_open_clusters(work.session)}
    before: dict[str, set[str]] = defaultdict(set)
    for origin, row in rows.items():
        if row.cluster_id in open_clusters:
            before[str(row.cluster_id)].add(origin)
    matched = match_groups(
        [frozenset(one.origin_id for one in group.found) for group in groups],
        before={cluster_id: frozenset(origins) for cluster_id, origins in before.items()},
    )
    for number, group in enumerate(groups):
        cluster = open_clusters.pop(matched.get(number, ""), None)
        cluster = cluster or ReviewCluster(id=new_id(), state="open", outcome="")
        _describe(work, cluster, group=group)
        work.session.add(cluster)
        work.session.flush()
        ids = [rows[one.origin_id].id for one in group.found]
        queries.assign(work.session, question_ids=ids, cluster_id=cluster.id)
    for left in open_clusters.values():
        work.session.delete(left)


def _describe(work: Work, cluster: ReviewCluster, *, group: Grouped) -> None:
    found = group.found
    shown = Counter(one.entry_id for one in found if one.entry_id)
    chosen = Counter(entry_id for one in found for entry_id in one.chosen)
    cluster.question = group.question[:200]
    cluster.volume = len(found)
    cluster.handling_seconds = group.handling
    cluster.cost_seconds = cluster.volume * cluster.handling_seconds
    cluster.troubles = dict(sorted(Counter(one.trouble for one in found).items()))
    cluster.shown_entry_id = _commonest(shown)
    cluster.suggested_entry_id = _commonest(chosen)
    cluster.draft_answer = group.replies[0].text if group.replies else ""
    cluster.draft_similar = draft_similar(cluster.question, wordings=Counter(one.text for one in found))
    cluster.draft_replies = [asdict(reply) for reply in group.replies]
    cluster.first_at = min(one.at for one in found)
    cluster.last_at = max(one.at for one in found)
    cluster.updated_at = work.now


def _commonest(counted: Counter[str]) -> str | None:
    return min(counted, key=lambda entry_id: (-counted[entry_id], entry_id)) if counted else None


# ---- when ------------------------------------------------------------------------------------------------


def schedule_nightly(work: Work) -> None:
    """Have the collection run in the coming night, when the clinic sleeps; asking again changes nothing."""
    local = clinic_time(work.now)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    due_at = from_clinic(midnight + NIGHTLY_AT)
    if due_at <= work.now:
        due_at = from_clinic(midnight + timedelta(days=1) + NIGHTLY_AT)
    work.enqueue("begin_review", {}, due_at=due_at, key="begin_review")


def begin_nightly(work: Work) -> None:
    """Have tonight's collection run, and the next night's too, whatever becomes of tonight's (B49)."""
    collect_now(work)
    schedule_nightly(work)


def collect_now(work: Work) -> None:
    """Have the collection run at once; asking again while it waits changes nothing."""
    work.enqueue("collect_review", {}, key="collect_review:now")

"""Why an agent was asked, or nobody: decisions as they were kept, and made again from what the matcher saw (B11)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from caredesk.accounts.models import Staff
from caredesk.queue import policy_queries
from caredesk.queue import queries as queue_queries
from caredesk.queue.decision_data import item_from, make_again
from caredesk.queue.errors import DecisionUnknown
from caredesk.queue.models import RoutingDecision, RoutingSnapshot
from caredesk.queue.rules import Match, Ranked, WorkItem
from caredesk.queue.schemas import CandidateView, DecisionView, ScoreView


def decisions_of(session: Session, *, conversation_id: str) -> list[DecisionView]:
    """Return why each agent was or was not asked, decision by decision."""
    queues = {queue.id: queue.name for queue in queue_queries.list_queues(session)}
    found = queue_queries.list_decisions(session, conversation_id=conversation_id)
    return [_view(session, row, queue_name=queues.get(row.queue_id, "")) for row in found]


@dataclass(frozen=True)
class Replay:
    """A decision beside what the same inputs and the same version of the policy give now."""

    decision: RoutingDecision
    item: WorkItem
    match: Match
    version: int

    @property
    def agrees(self) -> bool:
        """Tell whether the decision made again chose the same agent."""
        return (self.match.chosen.staff_id if self.match.chosen else None) == self.decision.chosen_staff_id


def replay(session: Session, *, decision_id: str, version: int | None = None) -> Replay:
    """Make a decision again from its record, by the version that held or another one.

    `DecisionUnknown` for one from before records could do that.
    """
    row = session.get(RoutingDecision, decision_id)
    if row is None or row.item is None or row.snapshot_id is None:
        raise DecisionUnknown
    version = version or row.policy_version
    return Replay(row, item_from(row.item), _made_again(session, row, version=version), version)


def _made_again(session: Session, row: RoutingDecision, *, version: int) -> Match:
    snapshot = session.get_one(RoutingSnapshot, row.snapshot_id)
    return make_again(
        item=row.item or {},
        candidates=snapshot.candidates,
        taken=row.taken or {},
        asked=row.asked or {},
        policy=policy_queries.get_policy(session, version=version),
        at=row.at,
    )


def _view(session: Session, row: RoutingDecision, *, queue_name: str) -> DecisionView:
    chosen = session.get(Staff, row.chosen_staff_id) if row.chosen_staff_id else None
    common = {
        "id": row.id,
        "at": row.at,
        "queue_name": queue_name,
        "trigger": row.trigger,
        "chosen_staff_id": row.chosen_staff_id,
        "chosen_name": chosen.name if chosen else None,
        "policy_version": row.policy_version,
    }
    if row.item is None or row.snapshot_id is None:
        return DecisionView(**common, candidates=[CandidateView.model_validate(one) for one in row.candidates])
    item, match = item_from(row.item), _made_again(session, row, version=row.policy_version)
    return DecisionView(
        **common,
        candidates=[_candidate(one, item=item, row=row) for one in match.ranked],
        decided_by=row.decided_by,
        priority=item.priority,
        waited_seconds=max(int((row.at - item.since).total_seconds()), 0),
        ring=match.ring,
    )


def _candidate(ranked: Ranked, *, item: WorkItem, row: RoutingDecision) -> CandidateView:
    one = ranked.candidate
    return CandidateView(
        staff_id=one.staff_id,
        name=one.name,
        eligible=not ranked.excluded,
        excluded=list(ranked.excluded),
        load=one.load,
        capacity=one.capacity,
        level=one.level(item.queue),
        idle_seconds=max(int((row.at - one.idle_since).total_seconds()), 0),
        rank=ranked.rank,
        state=one.state,
        scores=tuple(ScoreView(rule=rule, value=value) for rule, value in ranked.scores),
    )

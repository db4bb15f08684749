"""Who comes first among many free agents, without scoring everybody again for each piece of work of one match.

A sixth file beside the island's rules because it remembers: what an agent scored for one piece of work holds for the
next of its kind until the agent is given something. It decides nothing: `choose` does, among the few that are named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from heapq import heappop, heappush

from caredesk.queue.policy import Policy
from caredesk.queue.rules import Candidate, WorkItem, choose, ring_at

NEAREST = 2
"""The first is chosen, and the second tells by which rule."""

Kind = tuple[str, str, tuple[str, ...], str, int, bool]


@dataclass(order=True, frozen=True, slots=True)
class _Entry:
    key: tuple[float | str, ...]
    candidate: Candidate = field(compare=False)


class Lineup:
    """The agents who could be asked in one match, kept in order for each kind of work."""

    def __init__(self, candidates: Iterable[Candidate], *, policy: Policy, now: datetime) -> None:
        self._standing = {candidate.staff_id: candidate for candidate in candidates}
        self._policy = policy
        self._now = now
        self._orders: dict[Kind, tuple[WorkItem, list[_Entry]]] = {}

    @property
    def free_units(self) -> int:
        """Return how much could still be given out."""
        return sum(max(c.capacity - c.load, 0) for c in self._standing.values())

    def nearest(self, item: WorkItem, *, asked: Mapping[str, datetime]) -> list[Candidate]:
        """Return the few among whom `choose` finds the same agent, for the same reason, as among all.

        For all but the preferred agent and those who were asked before, only the kind of work counts.
        """
        special = {*asked, item.preferred_agent}
        order = self._order_for(item)
        passed: list[_Entry] = []
        found: list[Candidate] = []
        while order and len(found) < NEAREST:
            entry = heappop(order)
            candidate = entry.candidate
            if self._standing.get(candidate.staff_id) is not candidate:
                # Given something since: a newer entry says where they stand now.
                continue
            passed.append(entry)
            if candidate.staff_id not in special:
                found.append(candidate)
        for entry in passed:
            heappush(order, entry)
        known = (self._standing[staff_id] for staff_id in special if staff_id in self._standing)
        return [*found, *(replace(c, asked_at=asked.get(c.staff_id)) for c in known)]

    def give(self, staff_id: str, *, weight: int) -> None:
        """Note what an agent was given."""
        candidate = self._standing[staff_id]
        self._standing[staff_id] = candidate = replace(candidate, load=candidate.load + weight)
        for plain, order in self._orders.values():
            self._enter([candidate], plain=plain, order=order)

    def _order_for(self, item: WorkItem) -> list[_Entry]:
        ring = ring_at(item, policy=self._policy, now=self._now)
        kind = (item.channel, item.queue, item.skills, item.language, ring, item.needs_phone)
        if kind not in self._orders:
            self._orders[kind] = plain, order = replace(item, preferred_agent=None), list[_Entry]()
            self._enter(list(self._standing.values()), plain=plain, order=order)
        return self._orders[kind][1]

    def _enter(self, candidates: Sequence[Candidate], *, plain: WorkItem, order: list[_Entry]) -> None:
        for ranked in choose(plain, candidates, policy=self._policy, now=self._now).ranked:
            if not ranked.excluded:
                values = (value for _, value in ranked.scores)
                heappush(order, _Entry((*values, ranked.candidate.staff_id), ranked.candidate))

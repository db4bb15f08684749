"""Pure decisions of the matcher: the order of the line, who may take a piece of work, who is asked first, and when
waiting alone changes something. The policy comes in as a value; the sandbox calls exactly these functions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from caredesk.queue.policy import (
    FreshFirst,
    LanguageFirst,
    LeastLoaded,
    LongestIdle,
    MostSkilled,
    Policy,
    RankingRule,
    Ring,
    StickyAgent,
    budgeted_as,
)

URGENT = 10
"""Priority class of a conversation with a red flag; ordinary ones have 0."""

DOCTOR_IN_SESSION = 5
"""Priority class of what a doctor asks for during an open session of that doctor (B10)."""

ORDINARY = 0


@dataclass(frozen=True, slots=True)
class WorkItem:
    """A piece of waiting work of whatever channel, as the matcher sees it.

    `queue` is the queue's key; `skills` are wanted besides it. `arrived_at` is its place in the line and never
    changes; what widens or ends with waiting counts from `waiting_since`, which is later when a message left at night
    is taken up in the morning.
    """

    id: str
    channel: str
    queue: str
    arrived_at: datetime
    priority: int = ORDINARY
    skills: tuple[str, ...] = ()
    preferred_agent: str | None = None
    language: str = "zh"
    deadline: datetime | None = None
    waiting_since: datetime | None = None
    needs_phone: bool = False

    @property
    def since(self) -> datetime:
        """Return the instant from which waiting counts."""
        return self.waiting_since or self.arrived_at


@dataclass(frozen=True, slots=True)
class Candidate:
    """One agent, as the matcher sees them. `levels` are their skills: keys of queues and others."""

    staff_id: str
    name: str
    state: str
    connected: bool
    may_reply: bool
    load: int
    capacity: int
    idle_since: datetime
    levels: Mapping[str, int] = field(default_factory=dict)
    languages: tuple[str, ...] = ("zh",)
    exclusive: bool = False
    asked_at: datetime | None = None
    has_phone: bool = True

    def level(self, queue: str) -> int:
        """Return the level of a skill, 0 without it."""
        return self.levels.get(queue, 0)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with the reasons for exclusion, or a rank among the eligible (0 is asked first) with the scores.

    Each score is the value that a rule of the policy gave, in the policy's order; the smaller comes first.
    """

    candidate: Candidate
    excluded: tuple[str, ...]
    rank: int | None
    scores: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """The matcher's decision and everything it was based on (B11)."""

    chosen: Candidate | None
    ranked: tuple[Ranked, ...]
    ring: int = 0

    @property
    def decided_by(self) -> str | None:
        """Return the first rule that set the chosen one apart from the next, or None without a next one."""
        first_two = sorted((r for r in self.ranked if r.rank in (0, 1)), key=lambda r: r.rank or 0)
        if len(first_two) < 2:
            return None
        pairs = zip(first_two[0].scores, first_two[1].scores, strict=True)
        return next((rule for (rule, best), (_, next_best) in pairs if best != next_best), "name")


# ---- the line ------------------------------------------------------------------------------------------------


def head_start_of(priority: int, *, policy: Policy) -> timedelta:
    """Return how much earlier than it did a class counts as having arrived; between two classes the lower counts."""
    reached = [one for one in policy.classes if one.number <= priority]
    best = max(reached, key=lambda one: one.number, default=None)
    return timedelta(seconds=best.head_start_seconds if best else 0)


def rank_of_work(item: WorkItem, *, policy: Policy) -> tuple[datetime, int, datetime, str]:
    """Return the key by which the line is sorted; the smallest is offered first.

    It does not depend on the time: all classes age at the same pace, so the order of two never turns while they wait.
    """
    counted = item.arrived_at - head_start_of(item.priority, policy=policy)
    return (counted, -item.priority, item.arrived_at, item.id)


def starvation_bound(priority: int, *, policy: Policy) -> timedelta:
    """Return the bound of starvation: nothing that arrives more than this after an item is ever offered before it."""
    most = max(one.head_start_seconds for one in policy.classes)
    return timedelta(seconds=most) - head_start_of(priority, policy=policy)


# ---- who is asked --------------------------------------------------------------------------------------------


def choose(item: WorkItem, candidates: Sequence[Candidate], *, policy: Policy, now: datetime) -> Match:
    """Choose whom to ask for a piece of work, with every candidate's exclusion or scores."""
    terms = _terms(item, policy=policy, now=now)
    excluded = {c.staff_id: _exclusions(item, c, terms=terms) for c in candidates}
    scores = {c.staff_id: scores_of(item, c, policy=policy, now=now) for c in candidates if not excluded[c.staff_id]}
    eligible = sorted(
        (c for c in candidates if c.staff_id in scores),
        key=lambda c: (*(value for _, value in scores[c.staff_id]), c.staff_id),
    )
    ranks = {c.staff_id: rank for rank, c in enumerate(eligible)}
    ranked = tuple(
        Ranked(c, excluded[c.staff_id], ranks.get(c.staff_id), scores.get(c.staff_id, ())) for c in candidates
    )
    return Match(eligible[0] if eligible else None, ranked, terms.ring_number)


@dataclass(frozen=True, slots=True)
class _Terms:
    """What holds for one piece of work at one instant, whoever is asked; found once, for there may be many agents."""

    ring_number: int
    ring: Ring
    widest: Ring
    asked_again_from: datetime
    exclusive: bool
    joins_exclusive: bool
    weight: int
    held_beside: int


def _terms(item: WorkItem, *, policy: Policy, now: datetime) -> _Terms:
    rings, number = policy.rings_of(item.queue), ring_at(item, policy=policy, now=now)
    exclusive = is_exclusive(item.channel, policy=policy)
    return _Terms(
        ring_number=number,
        ring=rings[number],
        widest=rings[-1],
        asked_again_from=now - timedelta(seconds=policy.pause.seconds),
        exclusive=exclusive,
        joins_exclusive=policy.budget.new_work_during_exclusive and not exclusive,
        weight=weight_of(item.channel, policy=policy),
        held_beside=policy.budget.held_beside_exclusive,
    )


def exclusions(item: WorkItem, candidate: Candidate, *, policy: Policy, now: datetime) -> tuple[str, ...]:
    """Return why the agent cannot be asked now; empty when they can (B8)."""
    return _exclusions(item, candidate, terms=_terms(item, policy=policy, now=now))


def _exclusions(item: WorkItem, candidate: Candidate, *, terms: _Terms) -> tuple[str, ...]:
    inside = _inside(item, candidate, ring=terms.ring)
    ever = inside or _inside(item, candidate, ring=terms.widest)
    asked_at, load = candidate.asked_at, candidate.load
    fits = load <= terms.held_beside if terms.exclusive else load + terms.weight <= candidate.capacity
    checks = (
        ("not_skilled", not ever or not _has_skills(item, candidate)),
        ("outside_ring", ever and not inside),
        ("not_connected", not candidate.connected),
        ("not_ready", candidate.state != "ready"),
        ("not_permitted", not candidate.may_reply),
        ("in_call", candidate.exclusive and not terms.joins_exclusive),
        ("no_capacity", not fits),
        ("no_phone", item.needs_phone and not candidate.has_phone),
        ("just_asked", asked_at is not None and asked_at > terms.asked_again_from),
    )
    return tuple(code for code, holds in checks if holds)


def _has_skills(item: WorkItem, candidate: Candidate) -> bool:
    return all(candidate.level(skill) >= 1 for skill in item.skills)


def _inside(item: WorkItem, candidate: Candidate, *, ring: Ring) -> bool:
    own = candidate.level(item.queue) >= ring.min_level
    return own or any(candidate.level(queue) >= 1 for queue in ring.also_queues)


def is_exclusive(channel: str, *, policy: Policy) -> bool:
    """Tell whether work of a channel is taken by an agent alone (B9)."""
    return budgeted_as(channel) in policy.budget.exclusive


def weight_of(channel: str, *, policy: Policy) -> int:
    """Return what a piece of work takes of the budget; exclusive work takes a place of its own instead."""
    return 0 if is_exclusive(channel, policy=policy) else policy.budget.weights.get(budgeted_as(channel), 1)


def scores_of(item: WorkItem, candidate: Candidate, *, policy: Policy, now: datetime) -> tuple[tuple[str, float], ...]:
    """Return what each ranking rule of the policy says of a candidate, in the policy's order; smaller is better."""
    return tuple((rule.rule, _score(rule, item, candidate, now=now)) for rule in policy.ranking)


def _score(rule: RankingRule, item: WorkItem, candidate: Candidate, *, now: datetime) -> float:
    match rule:
        case StickyAgent():
            honoured = now - item.since <= timedelta(seconds=rule.for_seconds)
            return 0.0 if honoured and candidate.staff_id == item.preferred_agent else 1.0
        case FreshFirst():
            return 0.0 if candidate.asked_at is None else 1.0
        case LanguageFirst():
            return 0.0 if item.language in candidate.languages else 1.0
        case LeastLoaded():
            return candidate.load / max(candidate.capacity, 1)
        case LongestIdle():
            return -(now - candidate.idle_since).total_seconds()
        case MostSkilled():
            return -float(candidate.level(item.queue))


# ---- what waiting alone changes ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Moves:
    """Where and when a piece of work goes when nobody takes it."""

    at: datetime
    to: str


@dataclass(frozen=True, slots=True)
class Promised:
    """When the wait becomes a call-back or message, and by when that is answered."""

    at: datetime
    answered_by: datetime


def ring_at(item: WorkItem, *, policy: Policy, now: datetime) -> int:
    """Return the number of the widest ring whose time has come; 0 is the first."""
    waited = (now - item.since).total_seconds()
    reached = [n for n, ring in enumerate(policy.rings_of(item.queue)) if ring.after_seconds <= waited]
    return max(reached, default=0)


def overflow_at(item: WorkItem, *, policy: Policy) -> Moves | None:
    """Return when and to which queue a piece of work moves, or None when it stays."""
    rule = policy.overflow_of(item.queue)
    return Moves(item.since + timedelta(seconds=rule.after_seconds), rule.to) if rule else None


def promise_at(item: WorkItem, *, policy: Policy) -> Promised | None:
    """Return when a wait becomes a promise, or None when it never does; nothing is promised twice."""
    rule = policy.promise_of(item.queue)
    if rule is None or item.deadline is not None:
        return None
    at = item.since + timedelta(seconds=rule.after_seconds)
    return Promised(at, at + timedelta(minutes=rule.promise_minutes))


def alert_at(item: WorkItem, *, policy: Policy) -> datetime | None:
    """Return when a wait of this class alerts the supervisor, or None when it never does (B10)."""
    limits = {one.number: one.alert_after_seconds for one in policy.classes}
    limit = limits.get(item.priority)
    return item.since + timedelta(seconds=limit) if limit else None


def next_look(item: WorkItem, *, policy: Policy, now: datetime, asked_at: Iterable[datetime] = ()) -> datetime | None:
    """Return the next instant at which waiting alone changes something for a piece of work, or None.

    A ring widens, the preferred agent loses the preference, the work overflows or becomes a promise, its deadline
    comes, the supervisor is alerted, or somebody who was asked at one of the given times may be asked again.
    """
    rings = [item.since + timedelta(seconds=ring.after_seconds) for ring in policy.rings_of(item.queue)]
    moves, promised = overflow_at(item, policy=policy), promise_at(item, policy=policy)
    times = [
        *rings,
        # The preference holds up to and including its last instant.
        item.since + timedelta(seconds=policy.sticky.for_seconds, microseconds=1) if item.preferred_agent else None,
        moves.at if moves else None,
        promised.at if promised else None,
        item.deadline,
        alert_at(item, policy=policy),
        *(at + timedelta(seconds=policy.pause.seconds) for at in asked_at),
    ]
    return min((at for at in times if at is not None and at > now), default=None)


# ---- how long it will take -----------------------------------------------------------------------------------

DEFAULT_HANDLING_SECONDS = 480.0

Z_80 = 1.2816
"""Standard normal quantile of 0.9: four of five waits should end inside the interval."""

ANSWER_SECONDS = 30.0
"""An agent who is asked needs a moment to accept, and is asked at most this long."""


@dataclass(frozen=True, slots=True)
class Wait:
    """An honest range: seconds, and whole minutes around them; None when nobody is there to serve it."""

    low_seconds: float | None
    high_seconds: float | None

    @property
    def low_minutes(self) -> int | None:
        return None if self.low_seconds is None else math.floor(self.low_seconds / 60)

    @property
    def high_minutes(self) -> int | None:
        return None if self.high_seconds is None else max(1, math.ceil(self.high_seconds / 60))


def estimate_wait(*, position: int, slots: int, free_slots: int, handling_seconds: float) -> Wait:
    """Estimate the wait of the one at `position` (1 is next) as an interval that four of five waits end in.

    `slots` pieces of work are served at a time, each for `handling_seconds` on average with about that much scatter,
    so places fall free as a Poisson stream and the wait for the n-th of them has a gamma distribution. Its quantiles
    are taken by the approximation of Wilson and Hilferty (1931), which is within five percent from n = 1 on.
    """
    if slots <= 0:
        return Wait(None, None)
    if position <= free_slots:
        return Wait(0.0, ANSWER_SECONDS)
    needed = position - max(free_slots, 0)
    scale = handling_seconds / slots
    low, high = (needed * (1 - 1 / (9 * needed) + z / (3 * math.sqrt(needed))) ** 3 * scale for z in (-Z_80, Z_80))
    return Wait(max(low, 0.0), high + ANSWER_SECONDS)


@dataclass(frozen=True, slots=True)
class Told:
    """A wait that was told, in seconds, and the one that came true."""

    low_seconds: float
    high_seconds: float
    actual_seconds: float


@dataclass(frozen=True, slots=True)
class Honesty:
    """How many waits were told, and how many of them ended inside the range of minutes that was told."""

    told: int
    held: int
    shorter: int
    longer: int

    @property
    def share(self) -> float | None:
        """Return the share that held, None when nothing was told."""
        return self.held / self.told if self.told else None


def honesty_of(waits: Iterable[Told]) -> Honesty:
    """Compare what was told, in whole minutes as it was told, with what came true."""
    shorter = longer = held = 0
    for wait in waits:
        said = Wait(wait.low_seconds, wait.high_seconds)
        if wait.actual_seconds < (said.low_minutes or 0) * 60:
            shorter += 1
        elif wait.actual_seconds > (said.high_minutes or 0) * 60:
            longer += 1
        else:
            held += 1
    return Honesty(told=shorter + longer + held, held=held, shorter=shorter, longer=longer)

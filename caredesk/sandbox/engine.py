"""The discrete-event simulation of the desk (SimPy): people come, wait, are offered, are served or give up.

Every decision is made by the same pure rules as on the desk: `choose`, `rank_of_work` and `next_look` of the queue,
`evaluate` of the clinic. What is played here is only what people do. Where the play is simpler than life: agents end
what they hold before they go; work that becomes a message is taken up when its queue opens next, or when its promise
is due if the queue stays open; a handling time does not depend on how much an agent has open.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Generator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import simpy

from caredesk.clinic.rules import evaluate
from caredesk.queue.policy import Policy
from caredesk.queue.rules import (
    Match,
    WorkItem,
    choose,
    next_look,
    overflow_at,
    promise_at,
    rank_of_work,
)
from caredesk.sandbox.jobs import Job
from caredesk.sandbox.seats import MICRO, Seat
from caredesk.sandbox.values import Asked, Contact, Course, Journey, SimQueue, World

Process = Generator[Any, Any, None]

OWN_REASONS = frozenset({"just_asked", "outside_ring", "not_skilled"})
"""Exclusions that concern one piece of work only; the desk's matcher goes on down the line after them as well."""

LOOKED_AT = 200
"""How far down the line a match looks, as on the desk."""

Rank = tuple[datetime, int, datetime, str]


def simulate(world: World, *, policy: Policy) -> Course:
    """Play one period under a policy. The same world and policy give the same course, always."""
    return _Desk(world, policy).run()


class _Desk:
    def __init__(self, world: World, policy: Policy) -> None:
        self.world, self.policy = world, policy
        self.env = simpy.Environment(initial_time=0)
        self.counted_from = round(world.warm_up_seconds * MICRO)
        self.end = (world.until - world.since) // timedelta(microseconds=1)
        self.seats = {a.id: Seat(a, now=world.since, counted_from=self.counted_from) for a in world.agents}
        self.queues = {queue.key: queue for queue in world.queues}
        self.open = dict.fromkeys(self.queues, False)
        self.lines: dict[str, list[tuple[Rank, Job]]] = {key: [] for key in self.queues}
        self.messages: dict[str, list[Job]] = {key: [] for key in self.queues}
        self.servers = {key: self._servers_of(key) for key in self.queues}
        self.stuck: dict[str, tuple[int, str]] = {}
        self.changes = 0
        self.jobs: list[Job] = []
        self.offers: list[Asked] = []
        self.waiting = self.waiting_area = self.waiting_to = self.events = 0

    def run(self) -> Course:
        for queue in self.world.queues:
            self._follow_hours(queue)
        for seat in self.seats.values():
            for span in seat.agent.present:
                self.env.process(self._shift(seat, start=self._micro(span.start), end=self._micro(span.end)))
        self.env.process(self._arrivals())
        self.env.run(until=self.end)
        self._count_waiting(0)
        for seat in self.seats.values():
            seat.count_to(self.end)
        return Course(
            journeys=tuple(self._journey(job) for job in self.jobs if job.arrived >= self.counted_from),
            attendances=tuple(seat.attendance() for seat in self.seats.values()),
            offers=tuple(self.offers),
            waiting_seconds=self.waiting_area / MICRO,
            seconds=(self.end - self.counted_from) / MICRO,
            events=self.events,
        )

    # ---- time --------------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        return self.world.since + timedelta(microseconds=int(self.env.now))

    def _micro(self, at: datetime) -> int:
        return (at - self.world.since) // timedelta(microseconds=1)

    def _count_waiting(self, change: int) -> None:
        """Carry the integral of the number waiting on to now, then change the number."""
        now = max(int(self.env.now), self.counted_from)
        self.waiting_area += self.waiting * (now - max(self.waiting_to, self.counted_from))
        self.waiting_to = now
        self.waiting += change
        self.events += 1

    # ---- hours and shifts --------------------------------------------------------------------------------

    def _follow_hours(self, queue: SimQueue) -> None:
        if queue.rule is None:
            self.open[queue.key] = True
        else:
            self.env.process(self._hours(queue))

    def _hours(self, queue: SimQueue) -> Process:
        """Open and close a queue as the one evaluator says."""
        while queue.rule is not None:
            state = evaluate(queue.rule, queue.windows, at=self.now)
            self.open[queue.key] = state.open
            if state.open:
                self._take_up_messages(queue.key)
                self._match(queue.key)
            else:
                for _, job in list(self.lines[queue.key]):
                    self._becomes_message(job)
            if state.next_change is None:
                return
            yield self.env.timeout(max(1, self._micro(state.next_change) - int(self.env.now)))

    def _shift(self, seat: Seat, *, start: int, end: int) -> Process:
        if end <= 0 or start >= self.end or end <= start:
            return
        if start > 0:
            yield self.env.timeout(start)
        self._turn(seat, on_shift=True, on_break=False)
        yield self.env.timeout(end - int(self.env.now))
        self._turn(seat, on_shift=False)

    def _break(self, seat: Seat) -> Process:
        self._turn(seat, on_break=True)
        yield self.env.timeout(max(1, round(self.world.habits.break_seconds * MICRO)))
        self._turn(seat, on_break=False)

    def _turn(self, seat: Seat, *, on_shift: bool | None = None, on_break: bool | None = None) -> None:
        seat.count_to(int(self.env.now))
        seat.turn(now=self.now, on_shift=on_shift, on_break=on_break)
        self._match_for(seat)

    # ---- coming and waiting ------------------------------------------------------------------------------

    def _arrivals(self) -> Process:
        for contact in sorted(self.world.contacts, key=lambda c: (c.arrives_at, c.id)):
            at = self._micro(contact.arrives_at)
            if at >= self.end:
                return
            if at > self.env.now:
                yield self.env.timeout(at - int(self.env.now))
            self._arrive(contact)

    def _arrive(self, contact: Contact) -> None:
        item = WorkItem(
            id=contact.id,
            channel=contact.channel,
            queue=contact.queue,
            arrived_at=self.now,
            priority=contact.priority,
            skills=contact.skills,
            preferred_agent=contact.preferred_agent,
            language=contact.language,
        )
        job = Job(contact, item, arrived=int(self.env.now), over=self.env.event())
        self.jobs.append(job)
        self.events += 1
        if not self.open[contact.queue]:
            job.entered = False
            self._becomes_message(job)
            return
        self._count_waiting(1)
        self._join(job)
        self._match(job.item.queue)
        if job.ended is None:
            if math.isfinite(contact.patience_seconds):
                self.env.process(self._patience(job))
            self._watch(job)

    def _join(self, job: Job) -> None:
        insort(self.lines[job.item.queue], self._place(job), key=lambda entry: entry[0])

    def _place(self, job: Job) -> tuple[Rank, Job]:
        return (rank_of_work(job.item, policy=self.policy), job)

    def _leave_line(self, job: Job) -> None:
        line = self.lines[job.item.queue]
        place = next((n for n, (_, other) in enumerate(line) if other is job), None)
        if place is not None:
            del line[place]

    def _patience(self, job: Job) -> Process:
        yield self.env.any_of([job.over, self.env.timeout(max(1, round(job.contact.patience_seconds * MICRO)))])
        if job.ended is None:
            self._end_wait(job, outcome="abandoned")
            self._out(job)

    def _watch(self, job: Job) -> None:
        """Look again whenever waiting alone changes something."""
        if next_look(job.item, policy=self.policy, now=self.now) is not None:
            self.env.process(self._looks(job))

    def _looks(self, job: Job) -> Process:
        while job.state in ("waiting", "offered"):
            at = next_look(job.item, policy=self.policy, now=self.now)
            if at is None:
                return
            yield self.env.any_of([job.over, self.env.timeout(max(1, self._micro(at) - int(self.env.now)))])
            if job.state == "waiting":
                self._change_by_waiting(job)
                self._match(job.item.queue)

    def _change_by_waiting(self, job: Job) -> None:
        promised = promise_at(job.item, policy=self.policy)
        if promised is not None and promised.at <= self.now and not job.message:
            self._becomes_message(job, due=promised.answered_by)
            return
        moves = overflow_at(job.item, policy=self.policy)
        if moves is not None and moves.at <= self.now and moves.to in self.queues:
            self._leave_line(job)
            job.item = replace(job.item, queue=moves.to)
            self._join(job)

    # ---- messages ----------------------------------------------------------------------------------------

    def _becomes_message(self, job: Job, *, due: datetime | None = None) -> None:
        """End the wait by a promise; the work is taken up when the queue opens, or when the promise is due."""
        if job.ended is None:
            if job.entered:
                self._end_wait(job, outcome="converted")
            else:
                job.outcome, job.ended = "converted", int(self.env.now)
        self._out(job)
        job.message, job.state = True, "kept"
        self.messages[job.item.queue].append(job)
        if due is not None:
            self.env.process(self._due(job, at=self._micro(due)))

    def _due(self, job: Job, *, at: int) -> Process:
        yield self.env.timeout(max(1, at - int(self.env.now)))
        if job.state == "kept" and self.open[job.item.queue]:
            self.messages[job.item.queue].remove(job)
            self._take_up(job)
            self._match(job.item.queue)

    def _take_up_messages(self, key: str) -> None:
        kept, self.messages[key] = self.messages[key], []
        for job in kept:
            self._take_up(job)

    def _take_up(self, job: Job) -> None:
        job.item = replace(job.item, waiting_since=self.now)
        job.state, job.over = "waiting", self.env.event()
        self._join(job)
        self._watch(job)

    # ---- ends --------------------------------------------------------------------------------------------

    def _end_wait(self, job: Job, *, outcome: str) -> None:
        job.outcome, job.ended = outcome, int(self.env.now)
        self._count_waiting(-1)

    def _out(self, job: Job) -> None:
        """Take work out of the line, and back from whom it is offered to."""
        self._leave_line(job)
        seat, job.seat, job.state = job.seat, None, "done"
        if not job.over.triggered:
            job.over.succeed()
        if seat is not None:
            self._free(seat, job)

    def _free(self, seat: Seat, job: Job) -> None:
        seat.count_to(int(self.env.now))
        seat.give_back(job.item.channel, policy=self.policy, now=self.now)
        self._match_for(seat)

    # ---- matching ----------------------------------------------------------------------------------------

    def _servers_of(self, key: str) -> list[Seat]:
        wanted = {key, *(also for ring in self.policy.rings_of(key) for also in ring.also_queues)}
        return [seat for seat in self.seats.values() if wanted & set(seat.agent.levels)]

    def _match_for(self, seat: Seat) -> None:
        self.changes += 1
        for key, servers in self.servers.items():
            if seat in servers:
                self._match(key)

    def _match(self, key: str) -> None:
        """Offer waiting work, the head of the line first, until nobody eligible is left."""
        line = self.lines[key]
        if not line or not self.open[key] or self.stuck.get(key) == (self.changes, line[0][1].contact.id):
            return
        for _, job in list(line[:LOOKED_AT]):
            if job.state != "waiting":
                continue
            match = self._choose(job, key=key)
            if match.chosen is not None:
                self._offer(job, self.seats[match.chosen.staff_id])
            elif not any(set(ranked.excluded) <= OWN_REASONS for ranked in match.ranked):
                # Nobody has room: until an agent changes, the same head of the line gets the same answer.
                if line and line[0][1] is job:
                    self.stuck[key] = (self.changes, job.contact.id)
                return

    def _choose(self, job: Job, *, key: str) -> Match:
        seen = [
            replace(seat.candidate, asked_at=job.asked[seat.agent.id]) if seat.agent.id in job.asked else seat.candidate
            for seat in self.servers[key]
        ]
        return choose(job.item, seen, policy=self.policy, now=self.now)

    def _offer(self, job: Job, seat: Seat) -> None:
        now = int(self.env.now)
        self._leave_line(job)
        seat.count_to(now)
        seat.take(job.item.channel, policy=self.policy)
        self.changes += 1
        job.state, job.seat, job.offers = "offered", seat, job.offers + 1
        self.offers.append(Asked(now / MICRO, job.contact.id, seat.agent.id))
        habits = self.world.habits
        missed = habits.miss_share > 0 and self._misses(job)
        if habits.accept_seconds <= 0 and not missed:
            self._accept(job, seat)
        else:
            seconds = self.queues[job.item.queue].offer_seconds if missed else habits.accept_seconds
            self.env.process(self._answer(job, seat, after=max(1, round(seconds * MICRO)), missed=missed))

    def _misses(self, job: Job) -> bool:
        """Draw whether an offer is missed: a number of its own for each offer, the same under every policy."""
        key = [self.world.seed, *job.contact.id.encode(), job.offers]
        return bool(np.random.default_rng(key).random() < self.world.habits.miss_share)

    def _answer(self, job: Job, seat: Seat, *, after: int, missed: bool) -> Process:
        number = job.offers
        yield self.env.any_of([job.over, self.env.timeout(after)])
        if job.state != "offered" or job.seat is not seat or job.offers != number:
            return
        if missed:
            self._miss(job, seat)
        else:
            self._accept(job, seat)

    def _miss(self, job: Job, seat: Seat) -> None:
        """Give an unanswered offer back to its place; after several in a row the agent is set to break (B7)."""
        job.asked[seat.agent.id] = self.now
        job.state, job.seat = "waiting", None
        self._join(job)
        seat.missed_in_a_row += 1
        if seat.missed_in_a_row >= self.policy.misses.limit:
            seat.missed_in_a_row = 0
            self.env.process(self._break(seat))
        self._free(seat, job)
        self._match(job.item.queue)
        self.env.process(self._pause_over(job))

    def _pause_over(self, job: Job) -> Process:
        yield self.env.timeout(max(1, self.policy.pause.seconds * MICRO))
        self._match(job.item.queue)

    def _accept(self, job: Job, seat: Seat) -> None:
        if not job.message:
            self._end_wait(job, outcome="answered")
        job.state, job.agent = "served", seat.agent.id
        if not job.over.triggered:
            job.over.succeed()
        seat.missed_in_a_row = 0
        if job.arrived >= self.counted_from:
            seat.answered += 1
        self.env.process(self._handle(job, seat))

    def _handle(self, job: Job, seat: Seat) -> Process:
        yield self.env.timeout(max(1, round(job.contact.handling_seconds * MICRO)))
        job.state, job.seat = "done", None
        self.events += 1
        self._free(seat, job)

    def _journey(self, job: Job) -> Journey:
        ended = self.end if job.ended is None else job.ended
        outcome = job.outcome or "left"
        return Journey(job.contact, job.arrived / MICRO, ended / MICRO, outcome, job.entered, job.agent)

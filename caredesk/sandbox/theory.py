"""What queueing theory says beside a simulation: Erlang A or C for each queue at its average load."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta

from caredesk.clinic.hours import Span, open_spans
from caredesk.sandbox.schemas import TheoryLine
from caredesk.sandbox.values import Agent, Contact, SimQueue
from caredesk.staffing.erlang import Load, figures, service_level


def theory_of(contacts: Sequence[Contact], *, queues: Sequence[SimQueue], agents: Sequence[Agent]) -> list[TheoryLine]:
    """Return a line for each queue that somebody came to.

    Servers are the units of the agents who serve the queue, averaged over the time in which somebody comes: it takes
    them as this queue's own and as constant, which a day never is. A rough guide beside the simulation.
    """
    lines = (_line(queue, [c for c in contacts if c.queue == queue.key], agents=agents) for queue in queues)
    return [line for line in lines if line is not None]


def _line(queue: SimQueue, contacts: Sequence[Contact], *, agents: Sequence[Agent]) -> TheoryLine | None:
    if len(contacts) < 2:
        return None
    times = [contact.arrives_at for contact in contacts]
    limits = Span(min(times), max(times) + timedelta(microseconds=1))
    spans = [limits] if queue.rule is None else open_spans(queue.rule, queue.windows, limits=limits)
    coming = [contact for contact in contacts if any(span.covers(contact.arrives_at) for span in spans)]
    seconds = math.fsum((span.end - span.start).total_seconds() for span in spans)
    servers = round(_units(agents, queue=queue.name or queue.key, spans=spans) / seconds) if seconds > 0 else 0
    if not coming or servers < 1:
        return None
    patient = [c.patience_seconds for c in coming if math.isfinite(c.patience_seconds)]
    load = Load(
        arrivals_per_second=len(coming) / seconds,
        handling_seconds=math.fsum(c.handling_seconds for c in coming) / len(coming),
        patience_seconds=math.fsum(patient) / len(patient) if len(patient) == len(coming) else None,
    )
    found = figures(load, servers=servers)
    return TheoryLine(
        queue=queue.key,
        model="erlang_c" if load.patience_seconds is None else "erlang_a",
        per_hour=load.arrivals_per_second * 3600,
        servers=servers,
        within_20=max(0.0, service_level(load, servers=servers, within_seconds=20)),
        abandonment=found.abandonment,
        wait_mean=found.mean_wait_seconds if math.isfinite(found.mean_wait_seconds) else None,
        occupancy=found.occupancy,
    )


def _units(agents: Sequence[Agent], *, queue: str, spans: Sequence[Span]) -> float:
    """Return unit-seconds of the agents who serve a queue within the spans."""
    parts = (
        agent.capacity * max(0.0, (min(p.end, s.end) - max(p.start, s.start)).total_seconds())
        for agent in agents
        if queue in agent.levels
        for p in agent.present
        for s in spans
    )
    return math.fsum(parts)

"""The transaction edge: one action, one commit, then the events go out. Nobody else commits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from caredesk.core.doing import current, note
from caredesk.core.work import Actor, Work
from caredesk.edge.services import Services


@contextmanager
def write(services: Services, *, actor: Actor) -> Iterator[Work]:
    """Open a transaction for one action; commit when the block ends well, then push and wake.

    Anything raised inside rolls everything back: no row, no event, no job. Answers to the caller are built from
    plain data after the block, when what they say is on disk.
    """
    if actor.kind == "staff":
        note(staff_id=actor.id)
    span = services.traces.span("action", kind="internal", attributes={"caredesk.action": current().deed})
    with span, services.meters.action() as times, services.store.writing() as session:
        times.begin()
        work = Work(session=session, now=services.clock.now(), actor=actor)
        yield work
        work.store()
        with times.commit():
            session.commit()
        # Before the gate opens: else the next writer's events could overtake these, and every screen would fetch.
        if work.events:
            services.push.deliver(work.events)
            services.meters.pushed(work.events)
    if work.has_jobs:
        services.jobs.wake()
    for name in work.rings:
        services.bells.ring(name)


@contextmanager
def read(services: Services) -> Iterator[Session]:
    """Open a session for looking only."""
    with services.store.reading() as session:
        yield session

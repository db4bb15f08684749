"""The transaction edge: one action, one commit, then the events go out. Nobody else commits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import has_request_context, request
from sqlalchemy.orm import Session

from caredesk.actions.auditing import keep_deeds
from caredesk.actions.webhooks import announce_events
from caredesk.audit.rules import Origin
from caredesk.core.doing import current, note, own_id
from caredesk.core.work import Actor, Work
from caredesk.edge.services import Services
from caredesk.edge.store_faults import told_as_refusal


@contextmanager
def write(services: Services, *, actor: Actor, anyway: bool = False, first: bool = False) -> Iterator[Work]:
    """Open a transaction for one action; commit when the block ends well, then push and wake.

    Anything raised inside rolls everything back: no row, no event, no job. Answers to the caller are built from
    plain data after the block, when what they say is on disk. A database that takes nothing is told as
    StoreUnavailable, and once that is known at once; `anyway` is for who looks whether it is still so. `first` is for
    who carries the deeds of many people: where writers wait for each other, all of them wait with it.
    """
    condition = services.condition
    admit = None if anyway else condition.admit_write
    if admit is not None:
        admit()
    if actor.kind == "staff":
        note(staff_id=actor.id)
    span = services.traces.span("action", kind="internal", attributes={"caredesk.action": current().deed})
    refusals = told_as_refusal(doubt=condition.doubt_store)
    with span, services.meters.action() as times, refusals, services.store.writing(admit=admit, first=first) as session:
        times.begin()
        work = Work(session=session, now=services.clock.now(), actor=actor)
        yield work
        announce_events(work)
        work.store()
        # Last of all: who has the chain's head locks nothing more, and others wait for it as long as a commit takes.
        keep_deeds(work, origin=_origin_of(work))
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
def read(services: Services, *, anyway: bool = False) -> Iterator[Session]:
    """Open a session for looking only; a database that does not answer is told as StoreUnavailable."""
    if not anyway:
        services.condition.admit_read()
    with told_as_refusal(doubt=services.condition.doubt_store), services.store.reading() as session:
        yield session


def _origin_of(work: Work) -> Origin:
    """Return who did it and from where: the address of staff is kept, and of whoever signs in as one; no family's."""
    now, actor = current(), work.actor
    is_staff = actor.kind == "staff" or any(deed.subject.startswith("staff:") for deed in work.deeds)
    asked = request if has_request_context() else None
    looks = asked is not None and asked.method in ("GET", "HEAD")
    address = asked.remote_addr if asked is not None and is_staff else None
    way = "http_get" if looks else now.kind
    return Origin(actor.kind, actor.id, way, now.deed, own_id(now.request_id), address or "")

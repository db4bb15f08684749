"""A batch of facts at the edge: one transaction for all, and when that fails one for each call, so that a bad one
keeps nobody waiting."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy.exc import SQLAlchemyError

from caredesk.actions import call_rescue
from caredesk.actions.call_intake import Told, note_failed, take_facts
from caredesk.core.work import Actor
from caredesk.edge.services import Services
from caredesk.edge.store_faults import StoreUnavailable
from caredesk.edge.transactions import read, write

log = logging.getLogger(__name__)

ENGINE = Actor(kind="system", id="engine", name="engine")


def take_batch(services: Services, *, engine: str, run: str, facts: Sequence[Told], done: Sequence[str]) -> list[str]:
    """Take facts and return the ids of those that need not come again.

    What fails for a reason of the store comes again; what fails for a fault of our own is noted and let be, because
    it would fail for ever and stand before everything that follows.
    """
    for told in facts:
        services.meters.hotline_facts.labels(engine, told.type if told.fact else "unreadable").inc()
    services.meters.hotline_commands.labels(engine).inc(len(done))
    try:
        with write(services, actor=ENGINE) as work:
            take_facts(work, engine=engine, run=run, facts=facts, done=done)
    except Exception:
        log.exception("hotline_batch_failed", extra={"facts": len(facts)})
        return _one_by_one(services, engine=engine, run=run, facts=facts, done=done)
    return [one.id for one in facts]


def _one_by_one(services: Services, *, engine: str, run: str, facts: Sequence[Told], done: Sequence[str]) -> list[str]:
    taken: list[str] = []
    away: set[str] = set()
    for told in facts:
        call_id = told.fact.call_id if told.fact else ""
        if call_id and call_id in away:
            continue
        try:
            with write(services, actor=ENGINE) as work:
                take_facts(work, engine=engine, run=run, facts=[told], done=done)
        except (SQLAlchemyError, StoreUnavailable):
            # The store is away or was faster elsewhere: this call's facts come again, in their order.
            log.exception("hotline_fact_put_off", extra={"fact_type": told.type})
            away.add(call_id)
            continue
        except Exception:
            log.exception("hotline_fact_failed", extra={"fact_type": told.type})
            with write(services, actor=ENGINE) as work:
                note_failed(work, engine=engine, told=told)
            _rescue(services, engine=engine, told=told)
        taken.append(told.id)
    return taken


def _rescue(services: Services, *, engine: str, told: Told) -> None:
    """Let the caller of a fact that failed hear something at once; what fails here, too, ends with an excuse."""
    fact = told.fact
    with read(services) as session:
        if fact is None or not call_rescue.needs_rescue(session, fact=fact):
            return
    try:
        with write(services, actor=ENGINE) as work:
            call_rescue.carry_on(work, fact=fact, engine=engine)
    except Exception:
        log.exception("hotline_rescue_failed", extra={"fact_type": told.type})
        with write(services, actor=ENGINE) as work:
            call_rescue.say_sorry(work, fact=fact, engine=engine)

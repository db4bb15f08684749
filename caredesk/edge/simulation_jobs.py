"""The slow part of the sandbox's job: playing a plan, with progress noted and the wish to stop heard."""

from __future__ import annotations

import logging
from typing import Any

from caredesk.actions.simulations import Played, find_plan
from caredesk.core.work import SYSTEM
from caredesk.edge.services import Services
from caredesk.edge.transactions import read, write
from caredesk.sandbox.queries import note_progress

log = logging.getLogger(__name__)


def prepare_simulation(services: Services, payload: dict[str, Any]) -> Played | None:
    """Play a run; None when it has ended or was cancelled. Whatever fails, whoever waits for it hears of it."""
    run_id = payload["run_id"]
    with read(services) as session:
        plan = find_plan(session, run_id=run_id, now=services.clock.now())
    if plan is None or isinstance(plan, Played):
        return plan

    def told(done: int, /) -> bool:
        with write(services, actor=SYSTEM) as work:
            return note_progress(work.session, run_id=run_id, done=done)

    try:
        report = services.play(plan, told=told)
    except Exception:
        log.exception("simulation_failed", extra={"run_id": run_id})
        return Played(None, fault="sandbox.broke")
    return Played(report) if report is not None else None

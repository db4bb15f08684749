"""The slow part of a roster's proposal: the solver, which thinks outside any transaction and lets other threads run."""

from __future__ import annotations

import logging
from typing import Any

from caredesk.actions.staffing_proposals import find_task
from caredesk.edge.services import Services
from caredesk.edge.transactions import read
from caredesk.staffing.proposal import Plan, propose

log = logging.getLogger(__name__)


def prepare_proposal(services: Services, payload: dict[str, Any]) -> Plan | None:
    """Think out the proposal that was asked for; whatever fails, whoever waits for it hears of it."""
    with read(services) as session:
        task = find_task(session, proposal_id=payload["proposal_id"], now=services.clock.now())
    if task is None:
        return None
    try:
        return propose(task)
    except Exception:
        log.exception("proposal_failed", extra={"proposal_id": payload["proposal_id"]})
        return None

"""What the job that asks a call centre for a call does outside any transaction: claim the wish, ask, tell what came."""

from __future__ import annotations

from typing import Any

from caredesk.actions.cloud_calls_out import claim_wish
from caredesk.core.ports import Dialled
from caredesk.core.work import SYSTEM
from caredesk.edge.services import Services
from caredesk.edge.transactions import write


def dial(services: Services, payload: dict[str, Any]) -> Dialled | None:
    """Ask for one call. After a crash it is not asked for again: nobody is rung twice."""
    if services.call_centre is None:
        return Dialled("refused", error="not_set")
    with write(services, actor=SYSTEM) as work:
        wish = claim_wish(work, call_id=payload["call_id"], number=payload["number"])
    if wish is None:
        return None
    return services.call_centre.dial(login=wish.login, phone=wish.phone, number=wish.number, tag=payload["call_id"])

"""What the job that tells about a request does outside any transaction: wake browsers, else hand over a message."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from caredesk.actions.request_news import Plan, Told, plan_news
from caredesk.core.ports import Pushed
from caredesk.edge.call_up_jobs import hand_to
from caredesk.edge.services import Services
from caredesk.edge.transactions import read

TOPIC_CHARACTERS = 32
"""As many as a push service takes (RFC 8030, 5.4)."""


def tell_closed_page(services: Services, payload: dict[str, Any]) -> Told | None:
    """Tell who asked that there is news, by the first way that takes it."""
    with read(services) as session:
        plan = plan_news(session, request_id=payload["request_id"])
    if plan is None:
        return None
    if plan.on_screen:
        return Told(plan, "screen", told=True)
    pushed = _wake(services, plan)
    if any(one.fate == "taken" for one in pushed.values()):
        return Told(plan, "web_push", told=True, pushed=pushed)
    for channel, message in plan.messages:
        handed = hand_to(services, "wechat" if channel == "wechat" else "sms", message=message, is_demo=plan.is_demo)
        if handed.fate in ("taken", "unsure"):
            return Told(plan, channel, told=handed.fate == "taken", reason=handed.error, pushed=pushed)
    return _in_vain(plan, pushed)


def _wake(services: Services, plan: Plan) -> dict[str, Pushed]:
    sender = services.web_push
    if sender is None or not plan.targets:
        return {}
    # No word about anybody: whoever finds the phone reads that something has moved on, and no more.
    body = json.dumps({"v": 1, "request_id": plan.request_id}).encode()
    topic = hashlib.sha256(plan.request_id.encode()).hexdigest()[:TOPIC_CHARACTERS]
    with services.meters.post("web_push"):
        pushed = {id: sender.send(target, body=body, topic=topic) for id, target in plan.targets.items()}
    for one in pushed.values():
        services.meters.posts.labels("web_push", one.fate).inc()
    return pushed


def _in_vain(plan: Plan, pushed: dict[str, Pushed]) -> Told:
    """Say why nobody was told; whoever has no other way than a page is told there, and that is no failure."""
    if not pushed:
        return Told(plan, "none", told=False, reason="no_way")
    errors = [one.error for one in pushed.values()]
    again = any(one.fate == "later" for one in pushed.values())
    return Told(plan, "web_push", told=False, reason=errors[-1], pushed=pushed, again=again)

"""The doctor's API about being told while the page is closed: by push, by message, or not at all."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import Field

from caredesk.accounts.rules import Permission
from caredesk.actions import request_news
from caredesk.core.ports import PushTarget
from caredesk.edge.guards import current_actor, current_staff, staff_guard
from caredesk.edge.limits import limited
from caredesk.edge.respond import answer, current_services, no_content
from caredesk.edge.transactions import read, write
from caredesk.events.shapes import Shape

TAG = Tag(name="doctor push", description="Being told while the page is closed. Session cookie.")
api = APIBlueprint("doctor_push", __name__, url_prefix="/api/doctor/push", abp_tags=[TAG])

Endpoint = Annotated[str, Field(min_length=1, max_length=1000)]


class PushOutcome(Shape):
    """How the last news went out to a closed page."""

    channel: Literal["web_push", "wechat", "sms", "none"]
    told: bool
    reason: str
    at: datetime


class PushState(Shape):
    """How somebody is told while the page is closed; `public_key` is null where no browser is woken."""

    public_key: str | None
    browsers: int
    """Browsers of theirs that may be woken and could be, the last time."""
    message: Literal["wechat", "sms", ""]
    """The way of messages that is used when no browser can be woken."""
    last: PushOutcome | None


class AllowPush(Shape):
    """A browser's subscription, as the browser has made it."""

    endpoint: Endpoint
    p256dh: str = Field(min_length=1, max_length=100)
    auth: str = Field(min_length=1, max_length=40)


class StopPush(Shape):
    """The subscription that a browser gives up."""

    endpoint: Endpoint


@api.get("", responses={200: PushState})
@staff_guard(Permission.SEE_DOCTOR_DESK)
def get_push() -> ResponseReturnValue:
    """How one is told while the page is closed."""
    return answer(_state())


@api.put("", responses={200: PushState})
@staff_guard(Permission.SEE_DOCTOR_DESK, by_hand=False)
@limited("doctor.act", by="staff")
def put_push(body: AllowPush) -> ResponseReturnValue:
    """Have this browser woken when there is news."""
    services = current_services()
    target = PushTarget(body.endpoint, body.p256dh, body.auth)
    fault = services.web_push.fault_of(target) if services.web_push is not None else "no_push"
    with write(services, actor=current_actor()) as work:
        request_news.allow_push(work, staff_id=current_staff().staff_id, target=target, fault=fault)
    return answer(_state())


@api.post("/off", responses={204: None})
@staff_guard(Permission.SEE_DOCTOR_DESK)
@limited("doctor.act", by="staff")
def post_push_off(body: StopPush) -> ResponseReturnValue:
    """Wake this browser no more."""
    with write(current_services(), actor=current_actor()) as work:
        request_news.stop_push(work, staff_id=current_staff().staff_id, endpoint=body.endpoint)
    return no_content()


def _state() -> PushState:
    services = current_services()
    with read(services) as session:
        found = request_news.reachability(session, staff_id=current_staff().staff_id)
    last = found.last
    return PushState(
        public_key=services.web_push.public_key if services.web_push is not None else None,
        browsers=found.browsers,
        message=found.message,
        last=last and PushOutcome(channel=last.channel, told=last.told, reason=last.reason, at=last.at),
    )

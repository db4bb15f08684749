"""The hospital's systems that hear of news, for administrators: added, tried, given new keys, and their post."""

from __future__ import annotations

from typing import Annotated

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from caredesk.accounts.rules import Permission
from caredesk.actions import dead_letters, webhook_systems
from caredesk.console.floor_schemas import Because
from caredesk.edge.guards import current_actor, staff_guard
from caredesk.edge.limits import limited
from caredesk.edge.respond import answer, current_services, no_content
from caredesk.edge.transactions import read, write
from caredesk.edge.webhook_jobs import try_system
from caredesk.floor.hook_schemas import GivenKey, WantedSubscription, WebhooksPage, WebhookTried

TAG = Tag(name="webhooks", description="Systems that hear of news; docs/webhooks.md. Writes carry X-CSRF-Token.")
api = APIBlueprint("webhooks", __name__, url_prefix="/api/console/webhooks", abp_tags=[TAG])

Id = Annotated[str, Field(max_length=36)]


class SubscriptionPath(BaseModel):
    subscription_id: Id


class PostPath(BaseModel):
    delivery_id: Id


@api.get("", responses={200: WebhooksPage})
@staff_guard(Permission.CONNECT_SYSTEMS)
def get_webhooks() -> ResponseReturnValue:
    """All systems with how their post stands, and the newest post."""
    services = current_services()
    with read(services) as session:
        page = webhook_systems.page(session, now=services.clock.now())
    return answer(page)


@api.post("", responses={200: GivenKey})
@staff_guard(Permission.CONNECT_SYSTEMS)
def post_webhook(body: WantedSubscription) -> ResponseReturnValue:
    """Add a system; its key is told once."""
    services = current_services()
    with write(services, actor=current_actor()) as work:
        given = webhook_systems.add(work, wanted=body, fault_of=services.post_office.fault_of)
    return answer(given)


@api.put("/<subscription_id>", responses={204: None})
@staff_guard(Permission.CONNECT_SYSTEMS)
def put_webhook(path: SubscriptionPath, body: WantedSubscription) -> ResponseReturnValue:
    """Replace a system's name, address and kinds."""
    services = current_services()
    with write(services, actor=current_actor()) as work:
        webhook_systems.change(
            work, subscription_id=path.subscription_id, wanted=body, fault_of=services.post_office.fault_of
        )
    return no_content()


@api.post("/<subscription_id>/key", responses={200: GivenKey})
@staff_guard(Permission.CONNECT_SYSTEMS)
def post_webhook_key(path: SubscriptionPath) -> ResponseReturnValue:
    """Give a system a new key, told once; for a day both sign."""
    with write(current_services(), actor=current_actor()) as work:
        given = webhook_systems.change_key(work, subscription_id=path.subscription_id)
    return answer(given)


@api.post("/<subscription_id>/test", responses={200: WebhookTried})
@staff_guard(Permission.CONNECT_SYSTEMS)
@limited("webhook.test", by="staff")
def post_webhook_test(path: SubscriptionPath) -> ResponseReturnValue:
    """Send a harmless message now and tell how it went."""
    error = try_system(current_services(), actor=current_actor(), subscription_id=path.subscription_id)
    return answer(WebhookTried(error=error))


@api.delete("/<subscription_id>", responses={204: None})
@staff_guard(Permission.CONNECT_SYSTEMS)
def delete_webhook(path: SubscriptionPath) -> ResponseReturnValue:
    """Forget a system; what it has not taken is dropped."""
    with write(current_services(), actor=current_actor()) as work:
        webhook_systems.remove(work, subscription_id=path.subscription_id)
    return no_content()


@api.post("/posts/<delivery_id>/replay", responses={204: None})
@staff_guard(Permission.CONNECT_SYSTEMS)
def post_webhook_replay(path: PostPath) -> ResponseReturnValue:
    """Send dead post to a system again; what waited behind it follows."""
    with write(current_services(), actor=current_actor()) as work:
        webhook_systems.check_is_systems(work.session, delivery_id=path.delivery_id)
        dead_letters.replay(work, kind="webhook", letter_id=path.delivery_id)
    return no_content()


@api.post("/posts/<delivery_id>/discard", responses={204: None})
@staff_guard(Permission.CONNECT_SYSTEMS)
def post_webhook_discard(path: PostPath, body: Because) -> ResponseReturnValue:
    """Throw dead post to a system away, with a reason; what waited behind it goes out."""
    with write(current_services(), actor=current_actor()) as work:
        webhook_systems.check_is_systems(work.session, delivery_id=path.delivery_id)
        dead_letters.discard(work, kind="webhook", letter_id=path.delivery_id, reason=body.reason)
    return no_content()

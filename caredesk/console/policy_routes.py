"""The routing policy for supervisors: the rules that hold, what a change would change, applying it, the way back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from caredesk.accounts.rules import Permission
from caredesk.actions import estimates, policies
from caredesk.edge.guards import current_actor, staff_guard
from caredesk.edge.respond import answer, current_services
from caredesk.edge.transactions import read, write
from caredesk.events.shapes import Shape
from caredesk.queue import policy_queries, queries
from caredesk.queue.policy import Policy, Rule

TAG = Tag(name="policy", description="The routing policy, for supervisors. Writes carry X-CSRF-Token.")
api = APIBlueprint("policy", __name__, url_prefix="/api/console/policy", abp_tags=[TAG])

HONESTY_DAYS = timedelta(days=14)
LARGEST_VERSION = 1_000_000


class PolicyQueue(Shape):
    """A queue as rules name it."""

    key: str
    name: str
    name_en: str


class PolicyVersion(Shape):
    """A version that was made, and when it was."""

    version: int
    note: str
    made_by: str
    made_at: datetime


class PolicyActivationView(Shape):
    """When a version began to hold."""

    version: int
    by: str
    reason: str
    at: datetime


class HonestyView(Shape):
    """How many of the waits that were told on a day ended inside the range that was told."""

    day: str
    queue_key: str
    told: int
    held: int
    shorter: int
    longer: int


class PolicyPage(Shape):
    """Everything the page shows: the rules that hold, the queues they may name, versions, history, honesty, faults."""

    version: int
    rules: list[Rule]
    queues: list[PolicyQueue]
    versions: list[PolicyVersion]
    history: list[PolicyActivationView]
    honesty: list[HonestyView]
    faults: dict[str, int]


class RuleChangeView(Shape):
    """A rule that changes, with its fields before and after; none where it is not there."""

    rule: str
    queue: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class PolicyDifference(Shape):
    """What a policy would change against the one that holds."""

    active: int
    changes: list[RuleChangeView]


class PolicyBody(BaseModel):
    """Rules in their order. They are read by the policy's own parser, whose faults name their place."""

    rules: list[dict[str, Any]] = Field(max_length=60)


class ApplyPolicy(PolicyBody):
    """Rules that shall hold; `expected` is the version that the difference was shown against."""

    expected: int = Field(ge=1, le=LARGEST_VERSION)
    note: str = Field("", max_length=200)


class ActivateVersion(BaseModel):
    """An older version that shall hold again, and why."""

    expected: int = Field(ge=1, le=LARGEST_VERSION)
    reason: str = Field("", max_length=200)


class VersionPath(BaseModel):
    """A version in a path."""

    version: int = Field(ge=1, le=LARGEST_VERSION)


@api.get("", responses={200: PolicyPage})
@staff_guard(Permission.SEE_FLOOR)
def get_policy() -> ResponseReturnValue:
    """The rules that hold, with their history."""
    services = current_services()
    with read(services) as session:
        page = _page(session, now=services.clock.now())
    return answer(page)


@api.get("/versions/<version>", responses={200: PolicyDifference})
@staff_guard(Permission.SEE_FLOOR)
def get_version(path: VersionPath) -> ResponseReturnValue:
    """What would change if an older version held again."""
    with read(current_services()) as session:
        wanted = policy_queries.get_policy(session, version=path.version)
        shown = _difference(policy_queries.active_policy(session), wanted)
    return answer(shown)


@api.post("/check", responses={200: PolicyDifference})
@staff_guard(Permission.SEE_FLOOR)
def post_check(body: PolicyBody) -> ResponseReturnValue:
    """What these rules would change; faults are named by their place. Nothing is stored."""
    with read(current_services()) as session:
        wanted = policies.check(session, data={"rules": body.rules})
        shown = _difference(policy_queries.active_policy(session), wanted)
    return answer(shown)


@api.post("", responses={200: PolicyPage})
@staff_guard(Permission.SEE_FLOOR)
def post_policy(body: ApplyPolicy) -> ResponseReturnValue:
    """Let these rules hold from now on, as a new version."""
    with write(current_services(), actor=current_actor()) as work:
        policies.apply(work, data={"rules": body.rules}, note=body.note, expected=body.expected)
        page = _page(work.session, now=work.now)
    return answer(page)


@api.post("/versions/<version>/activate", responses={200: PolicyPage})
@staff_guard(Permission.SEE_FLOOR)
def post_activation(path: VersionPath, body: ActivateVersion) -> ResponseReturnValue:
    """Let an older version hold again."""
    with write(current_services(), actor=current_actor()) as work:
        policies.activate(work, version=path.version, reason=body.reason, expected=body.expected)
        page = _page(work.session, now=work.now)
    return answer(page)


def _page(session: Session, *, now: datetime) -> PolicyPage:
    active = policy_queries.active_policy(session)
    return PolicyPage(
        version=active.version,
        rules=list(active.rules),
        queues=[PolicyQueue(key=q.key, name=q.name, name_en=q.name_en) for q in queries.list_queues(session)],
        versions=[
            PolicyVersion(version=one.version, note=one.note, made_by=one.made_by, made_at=one.made_at)
            for one in policy_queries.list_policies(session)
        ],
        history=[
            PolicyActivationView(version=one.version, by=one.by, reason=one.reason, at=one.at)
            for one in policy_queries.list_activations(session)
        ],
        honesty=[_honesty(one) for one in estimates.honesty(session, since=now - HONESTY_DAYS, until=now)],
        faults=queries.count_faults(session),
    )


def _honesty(one: estimates.HonestyOfDay) -> HonestyView:
    held = one.honesty
    return HonestyView(
        day=one.day.isoformat(),
        queue_key=one.queue_key,
        told=held.told,
        held=held.held,
        shorter=held.shorter,
        longer=held.longer,
    )


def _difference(before: Policy, after: Policy) -> PolicyDifference:
    found = policies.difference(before, after)
    changes = [RuleChangeView(rule=one.rule, queue=one.queue, before=one.before, after=one.after) for one in found]
    return PolicyDifference(active=before.version, changes=changes)

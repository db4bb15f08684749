"""The hospital's own system brings its schedule: FHIR R4 `Schedule` and `Slot` behind a token. See `docs/fhir.md`."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import orjson
from flask import Response
from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field, RootModel

from caredesk.actions.schedule_fhir import (
    GivenSession,
    find_kept,
    list_kept,
    list_schedules,
    take_sessions,
)
from caredesk.channels import fhir_shapes as shapes
from caredesk.clinic.errors import SessionNotFound
from caredesk.clinic.schemas import ChangeDone
from caredesk.core.clock import clinic_time, from_clinic
from caredesk.core.errors import CareDeskError, NotFound
from caredesk.core.work import Actor
from caredesk.edge.errors import request_id
from caredesk.edge.guards import integration_guard
from caredesk.edge.limits import limited
from caredesk.edge.respond import current_services
from caredesk.edge.transactions import read, write

TAG = Tag(name="fhir", description="The hospital's own system: FHIR R4 Schedule and Slot.")
api = APIBlueprint("fhir", __name__, url_prefix="/fhir", abp_tags=[TAG])

HOSPITAL = Actor(kind="system", id="fhir", name="HIS")
MEDIA = "application/fhir+json"
LONGEST_SEARCH = 31

_ISSUES = {401: "login", 403: "forbidden", 404: "not-found", 409: "conflict", 413: "too-long", 429: "throttled"}


class Resource(RootModel[dict[str, Any]]):
    """A FHIR resource as it was sent; the standard's shapes check it."""


class ResourcePath(BaseModel):
    resource_id: str = Field(max_length=121)


class SlotQuery(BaseModel):
    """`start` is the first day (`ge2026-11-30`), `days` how many; `schedule` one schedule only."""

    schedule: str | None = Field(None, max_length=140)
    start: str | None = Field(None, max_length=30)
    days: int = Field(7, ge=1, le=LONGEST_SEARCH)


@api.errorhandler(CareDeskError)
def refuse(error: CareDeskError) -> Response:
    """Say every refusal as the standard does."""
    issues = getattr(error, "issues", None) or [f"{error.code} ({request_id()})"]
    code = _ISSUES.get(error.status, "invalid")
    response = _fhir(shapes.outcome_json((code, words) for words in issues), status=error.status)
    if "retry_after" in error.fields:
        response.headers["Retry-After"] = str(error.fields["retry_after"])
    return response


@api.post("")
@integration_guard
@limited("fhir", by="address")
def post_bundle(body: Resource) -> ResponseReturnValue:
    """Take a bundle of schedules and slots: all of it, or nothing. Sending it again changes nothing."""
    sent = shapes.read_resource(body.root, kind="Bundle")
    given = shapes.sessions_of(sent)  # type: ignore[arg-type]
    done = _take(given, source=f"Bundle ({len(given)})")
    if done.refused:
        return _fhir(shapes.outcome_json(shapes.refused_issues(done.refused)), status=422)
    told = ", ".join(f"{count} {outcome}" for outcome, count in done.counts.items() if count)
    return _fhir(shapes.outcome_json([("informational", told)], severity="information"))


@api.post("/Slot")
@integration_guard
@limited("fhir", by="address")
def post_slot(body: Resource) -> ResponseReturnValue:
    """Take one slot by its identifier."""
    return _take_slot(body.root, created=201)


@api.put("/Slot/<resource_id>")
@integration_guard
@limited("fhir", by="address")
def put_slot(path: ResourcePath, body: Resource) -> ResponseReturnValue:
    """Take one slot under the number in the address, unless it has an identifier of its own."""
    if body.root.get("id", path.resource_id) != path.resource_id:
        raise shapes.FhirRefused(["id: differs from the address"])
    return _take_slot({**body.root, "id": path.resource_id}, created=201)


@api.get("/Slot")
@integration_guard
@limited("fhir", by="address")
def get_slots(query: SlotQuery) -> ResponseReturnValue:
    """The slots of some days, from today on unless told otherwise."""
    services = current_services()
    day = shapes.first_day(query.start) if query.start else clinic_time(services.clock.now()).date()
    since = from_clinic(datetime.combine(day, time()))
    schedule = query.schedule.rpartition("Schedule/")[2] if query.schedule else None
    with read(services) as session:
        kept = list_kept(session, since=since, until=since + timedelta(days=query.days), schedule=schedule)
        found = shapes.bundle_json("searchset", [shapes.slot_json(one) for one in kept])
    return _fhir(found)


@api.get("/Slot/<resource_id>")
@integration_guard
@limited("fhir", by="address")
def get_slot(path: ResourcePath) -> ResponseReturnValue:
    """One slot, by its number in the hospital's system or by ours."""
    return _fhir(_slot(path.resource_id))


@api.get("/Schedule")
@integration_guard
@limited("fhir", by="address")
def get_schedules() -> ResponseReturnValue:
    """Every schedule: one for each department, and one for each doctor of it."""
    with read(current_services()) as session:
        found = list_schedules(session)
    return _fhir(shapes.bundle_json("searchset", [shapes.schedule_json(id, names) for id, names in found.items()]))


@api.get("/Schedule/<resource_id>")
@integration_guard
@limited("fhir", by="address")
def get_schedule(path: ResourcePath) -> ResponseReturnValue:
    """One schedule with its actors."""
    with read(current_services()) as session:
        names = list_schedules(session).get(path.resource_id)
    if names is None:
        raise NotFound
    return _fhir(shapes.schedule_json(path.resource_id, names))


def _take_slot(sent: dict[str, Any], *, created: int) -> Response:
    slot = shapes.read_resource(sent, kind="Slot")
    given = shapes.given_session(slot, schedules={})  # type: ignore[arg-type]
    done = _take([given], source="Slot")
    if done.refused:
        return _fhir(shapes.outcome_json(shapes.refused_issues(done.refused)), status=422)
    return _fhir(_slot(given.number), status=created if done.counts["added"] else 200)


def _take(given: list[GivenSession], *, source: str) -> ChangeDone:
    with write(current_services(), actor=HOSPITAL) as work:
        return take_sessions(work, given, source=source)


def _slot(number: str) -> dict[str, Any]:
    with read(current_services()) as session:
        kept = find_kept(session, number=number)
        if kept is None:
            raise SessionNotFound
        return shapes.slot_json(kept)


def _fhir(resource: dict[str, Any], *, status: int = 200) -> Response:
    return Response(orjson.dumps(resource), status=status, mimetype=MEDIA)

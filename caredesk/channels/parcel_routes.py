"""The tracking service pushes where parcels are: signed, answered in its own shape. See `docs/parcels.md`."""

from __future__ import annotations

import orjson
from flask import Response
from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from caredesk.actions import parcels
from caredesk.core.errors import CareDeskError
from caredesk.core.work import Actor
from caredesk.edge.guards import open_to_all
from caredesk.edge.limits import limited
from caredesk.edge.parcel_jobs import PUSH_PATH
from caredesk.edge.respond import current_services
from caredesk.edge.transactions import write
from caredesk.patients.errors import TrackingNotSet

TAG = Tag(name="parcels", description="The tracking service pushes; see docs/parcels.md.")
api = APIBlueprint("parcel_push", __name__, abp_tags=[TAG])

CARRIER = Actor(kind="system", id="carrier", name="carrier")


class PushForm(BaseModel):
    """What the service sends: a JSON text, and the signature over it."""

    param: str = Field(min_length=2, max_length=500_000)
    sign: str = Field(min_length=1, max_length=64)


@api.errorhandler(CareDeskError)
def refuse(error: CareDeskError) -> Response:
    """Say every refusal in the service's own shape; the word is the code, and nothing that was sent is repeated."""
    response = _answer(result=False, code=str(error.status), message=error.code, status=error.status)
    if "retry_after" in error.fields:
        response.headers["Retry-After"] = str(error.fields["retry_after"])
    return response


@api.post(PUSH_PATH)
@open_to_all(reason="the tracking service has no account; every push is signed, and what is not is refused")
@limited("parcel.push", by="address")
def post_push(form: PushForm) -> ResponseReturnValue:
    """Take one push. The same push again, or one that comes late, is taken and changes nothing."""
    services = current_services()
    if services.parcels is None:
        raise TrackingNotSet
    tracked = services.parcels.read_push(param=form.param, sign=form.sign)
    with write(services, actor=CARRIER) as work:
        outcome = parcels.take_push(work, tracked=tracked)
    return _answer(result=True, code="200", message=outcome, status=200)


def _answer(*, result: bool, code: str, message: str, status: int) -> Response:
    body = {"result": result, "returnCode": code, "message": message}
    return Response(orjson.dumps(body), status=status, mimetype="application/json")

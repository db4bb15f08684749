"""Cloud call centres push what happens to calls: checked, kept as it came, answered at once. See `docs/hotline.md`.

Nothing is worked out while the vendor waits: some of them give up after 700 ms, and send again.
"""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response, request
from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from caredesk.actions import cloud_calls
from caredesk.core.errors import TooLarge
from caredesk.core.work import Actor
from caredesk.edge.errors import MediaTypeRefused, TokenWrong, malformed
from caredesk.edge.guards import open_to_all
from caredesk.edge.limits import limited
from caredesk.edge.respond import current_services
from caredesk.edge.signatures import is_known
from caredesk.edge.transactions import write
from caredesk.telephony.cloud_providers import PROVIDERS

TAG = Tag(name="cloud calls", description="Cloud call centres push what happens to calls; see docs/hotline.md.")
api = APIBlueprint("cloud_calls", __name__, url_prefix="/hooks/calls", abp_tags=[TAG])

VENDOR = Actor(kind="system", id="call_centre", name="call centre")
LARGEST = 100_000
"""Bytes of one push. The longest record of a call that was passed on twenty times is a tenth of that."""

_FIELDS: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])


class ProviderPath(BaseModel):
    """Who pushes."""

    provider: str = Field(max_length=20)


class SecretPath(ProviderPath):
    """Who pushes, and the secret that their address ends with."""

    secret: str = Field(max_length=100)


class PushQuery(BaseModel):
    """What stands in the address: which kind of record it is (TCCC)."""

    action: str = Field("", max_length=20)


@api.post("/<provider>")
@open_to_all(reason="a cloud call centre has no account; it shows the name and password that were set up for it")
@limited("call.push", by="address")
def post_push(path: ProviderPath, query: PushQuery) -> ResponseReturnValue:
    """Take one push of a call centre that can show a password (HTTP basic authentication, as TCCC's)."""
    given = request.authorization
    password = given.password if given is not None and given.type == "basic" else None
    return _take(path.provider, password or "", action=query.action)


@api.post("/<provider>/<secret>")
@open_to_all(reason="7moor signs nothing that it pushes; the address itself is the secret it was given")
@limited("call.push", by="address")
def post_push_to_secret(path: SecretPath, query: PushQuery) -> ResponseReturnValue:
    """Take one push of a call centre that can show nothing but the address it was given."""
    return _take(path.provider, path.secret, action=query.action)


def _take(provider: str, shown: str, *, action: str) -> Response:
    services = current_services()
    expected = services.hooks.cloud
    chosen = services.settings.cloud_calls
    # Who is let in is settled first: nobody learns by the answer which call centre is used here.
    if not is_known(shown, secret=expected) or provider not in PROVIDERS or provider != chosen:
        raise TokenWrong
    body = _body()
    with write(services, actor=VENDOR) as work:
        pushed_as = request.headers.get("X-TCCC-PUSH-UUID", "")
        cloud_calls.take_push(work, provider=provider, body=body, action=action, pushed_as=pushed_as)
    return Response(orjson.dumps({"ErrCode": 0, "ErrMsg": "ok"}), mimetype="application/json")


def _body() -> dict[str, Any]:
    """Return the fields of a push, whichever way they are sent."""
    raw = request.get_data(cache=True)
    if len(raw) > LARGEST:
        raise TooLarge
    if not request.is_json:
        fields: dict[str, Any] = request.form.to_dict()
        if not fields:
            raise MediaTypeRefused
        return fields
    try:
        return _FIELDS.validate_json(raw)
    except ValidationError as error:
        raise malformed(error, part="body") from None

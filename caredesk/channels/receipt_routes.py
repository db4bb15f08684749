"""What comes back: receipts of SMS and WeChat, and the hospital's word that a patient has entered: `docs/call-ups.md`.

Whoever asks is checked before anything of the body is read, and a receipt for nobody is answered like any other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

import orjson
from flask import Response, request
from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field, TypeAdapter, ValidationError, model_validator

from caredesk.actions import arrivals, broadcast_sending
from caredesk.actions.call_up_sending import Receipt, take_receipt
from caredesk.core.work import Actor
from caredesk.edge.errors import MediaTypeRefused, TokenWrong, malformed
from caredesk.edge.guards import open_to_all
from caredesk.edge.limits import limited
from caredesk.edge.respond import current_services, no_content
from caredesk.edge.signatures import is_known, is_same, keys_in, post_signature, push_signature
from caredesk.edge.transactions import write

TAG = Tag(name="receipts", description="Receipts of messages, and that a patient has entered; see docs/call-ups.md.")
api = APIBlueprint("receipts", __name__, url_prefix="/hooks", abp_tags=[TAG])

PROVIDER = Actor(kind="system", id="provider", name="provider")
HOSPITAL = Actor(kind="system", id="his", name="HIS")
TOLERANCE = timedelta(minutes=5)
"""A signature this old, or this far ahead, is a replay."""
MOST_REPORTS = 500
PLAIN = re.compile(r"[A-Za-z0-9_-]{1,64}")

Name = Annotated[str, Field(min_length=1, max_length=80)]


class SecretPath(BaseModel):
    secret: str = Field(max_length=100)


class SmsReport(BaseModel):
    """One entry of what the SMS service posts; fields we do not use are let be."""

    success: bool
    err_code: str = Field("", max_length=60)
    biz_id: str = Field("", max_length=80)
    out_id: str = Field("", max_length=80)


class PushQuery(BaseModel):
    """How WeChat signs what it pushes."""

    signature: str = Field("", max_length=64)
    timestamp: str = Field("", max_length=20)
    nonce: str = Field("", max_length=64)
    echostr: str = Field("", max_length=64)


class Entered(BaseModel):
    """A patient has entered a visit: by the visit's number in the hospital's system, or by the child's."""

    appointment: Name | None = None
    patient: Name | None = None

    @model_validator(mode="after")
    def _it_names_somebody(self) -> Entered:
        if self.appointment is None and self.patient is None:
            raise ValueError("nobody_named")
        return self


_REPORTS: TypeAdapter[list[SmsReport]] = TypeAdapter(Annotated[list[SmsReport], Field(max_length=MOST_REPORTS)])


@api.post("/sms/<secret>")
@open_to_all(reason="the SMS service signs nothing; the address itself is the secret it was given")
@limited("hook", by="address")
def post_sms_reports(path: SecretPath) -> ResponseReturnValue:
    """Take receipts of SMS; repeats and those for nobody change nothing."""
    expected = current_services().hooks.sms
    if not is_known(path.secret, secret=expected):
        raise TokenWrong
    if not request.is_json:
        raise MediaTypeRefused
    try:
        reports = _REPORTS.validate_json(request.get_data(cache=False))
    except ValidationError as error:
        raise malformed(error, part="body") from None
    _take([_sms_receipt(one) for one in reports])
    return Response(orjson.dumps({"code": 0, "msg": "OK"}), mimetype="application/json")


def _sms_receipt(report: SmsReport) -> Receipt:
    code = report.err_code if PLAIN.fullmatch(report.err_code) else "not_delivered"
    return Receipt("sms", report.biz_id, report.out_id, report.success, "" if report.success else code)


@api.get("/wechat")
@open_to_all(reason="WeChat has no account; it signs its question, and what is not signed is refused")
@limited("hook", by="address")
def get_wechat(query: PushQuery) -> ResponseReturnValue:
    """WeChat asks whether this is the address: its own word is repeated."""
    _check_push(query)
    if not PLAIN.fullmatch(query.echostr):
        raise TokenWrong
    return Response(query.echostr, mimetype="text/plain")


@api.post("/wechat")
@open_to_all(reason="WeChat has no account; it signs every push, and what is not signed is refused")
@limited("hook", by="address")
def post_wechat(query: PushQuery) -> ResponseReturnValue:
    """Take a push of WeChat: whether a template message arrived; every other push is thanked for and let be."""
    _check_push(query)
    receipt = _wechat_receipt(request.get_data(cache=False)[:20_000].decode("utf-8", "replace"))
    if receipt is not None:
        _take([receipt])
    return Response("success", mimetype="text/plain")


def _check_push(query: PushQuery) -> None:
    token = current_services().hooks.wechat
    good = [push_signature(key, timestamp=query.timestamp, nonce=query.nonce) for key in keys_in(token)]
    matches = any(is_same(query.signature, expected=one) for one in good)
    if not matches or not _is_fresh(query.timestamp):
        raise TokenWrong


def _wechat_receipt(xml: str) -> Receipt | None:
    """Read the three fields we want. No parser of XML sees what strangers write."""
    if _field(xml, "Event") != "TEMPLATESENDJOBFINISH":
        return None
    number, status = _field(xml, "MsgID"), _field(xml, "Status")
    reason = {"failed:user block": "user_block", "failed: system failed": "system_failed"}
    return Receipt("wechat", number, "", status == "success", reason.get(status, "not_delivered"))


def _field(xml: str, name: str) -> str:
    found = re.search(rf"<{name}>(?:<!\[CDATA\[)?([A-Za-z0-9:_ -]{{1,60}})(?:\]\]>)?</{name}>", xml)
    return found[1] if found else ""


@api.post("/entered")
@open_to_all(reason="the hospital's system signs its word; what is not signed, or is old, is refused")
@limited("hook", by="address")
def post_entered() -> ResponseReturnValue:
    """Take the hospital's word that a patient has entered; whether anybody waits for them is not told."""
    raw = request.get_data(cache=False)
    post_id = _check_signature(raw)
    try:
        entered = Entered.model_validate_json(raw)
    except ValidationError as error:
        raise malformed(error, part="body") from None
    with write(current_services(), actor=HOSPITAL) as work:
        arrivals.note_entered(work, post_id=post_id, appointment=entered.appointment, patient=entered.patient)
    return no_content()


def _check_signature(raw: bytes) -> str:
    """Return the id under which the post was signed (Standard Webhooks, as our own post goes out), or refuse it."""
    secret = current_services().hooks.entered
    post_id, stamp = request.headers.get("webhook-id", ""), request.headers.get("webhook-timestamp", "")
    given = request.headers.get("webhook-signature", "")
    good = [post_signature(key, post_id=post_id, timestamp=stamp, body=raw) for key in keys_in(secret)]
    matches = any(is_same(one, expected=expected) for one in given.split(" ") for expected in good)
    if not PLAIN.fullmatch(post_id) or not matches or not _is_fresh(stamp):
        raise TokenWrong
    return post_id


def _is_fresh(stamp: str) -> bool:
    if not re.fullmatch(r"[0-9]{1,12}", stamp):
        return False
    age = current_services().clock.now().timestamp() - int(stamp)
    return abs(age) <= TOLERANCE.total_seconds()


def _take(receipts: Sequence[Receipt]) -> None:
    for receipt in receipts:
        with write(current_services(), actor=PROVIDER) as work:
            # A provider does not say what a message was about; at most one of them knows it.
            take_receipt(work, receipt)
            broadcast_sending.take_receipt(work, receipt)

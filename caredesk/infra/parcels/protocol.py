"""快递100's protocol without a network: signatures, states, what is asked, answered and pushed.

After its public documentation: a question is signed with MD5 over param, key and customer, a push with MD5 over param
and the salt of the subscription, both in upper case. MD5 is the service's choice; it proves who speaks, no more.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from caredesk.core.clock import from_clinic
from caredesk.core.ports import Tracked, TrackedStep
from caredesk.edge.signatures import keys_in
from caredesk.patients.errors import PushForged, PushUnreadable
from caredesk.patients.parcel_rules import ParcelState

STATES: dict[str, ParcelState] = {
    "0": "in_transit",
    "1": "shipped",
    "2": "trouble",
    "3": "delivered",
    "4": "returned",
    "5": "out_for_delivery",
    "6": "returned",
    "7": "in_transit",
    "8": "in_transit",
    "10": "in_transit",
    "11": "in_transit",
    "12": "in_transit",
    "13": "trouble",
    "14": "returned",
}
"""States 0 to 14; what is not among them (9, or a new one) changes no state here."""

FAULTS = {
    "400": "not_accepted",
    "408": "phone_needed",
    "500": "nothing_found",
    "501": "service_broken",
    "502": "service_busy",
    "503": "sign_refused",
    "601": "key_expired",
    "700": "carrier_unknown",
    "701": "carrier_unknown",
}
SUBSCRIBED = frozenset({"200", "501"})
"""501 says that the parcel is subscribed already."""

TIME = "%Y-%m-%d %H:%M:%S"


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int) else value


Code = Annotated[str, BeforeValidator(_as_text), Field(max_length=20)]


class _Sent(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Node(_Sent):
    """One step of an answer; `ftime` is the tidied time where there is one."""

    context: str = Field(max_length=2000)
    time: str = Field("", max_length=30)
    ftime: str = Field("", max_length=30)


class Result(_Sent):
    """An answer: of a question, or inside a push. Refusals carry `returnCode` instead of a state."""

    com: str = Field("", max_length=40)
    nu: str = Field("", max_length=40)
    state: Code = ""
    returnCode: Code = ""  # noqa: N815 (the protocol's own name)
    result: bool = True
    data: tuple[Node, ...] = Field((), max_length=500)


class Push(_Sent):
    """What is pushed; without `lastResult` the service only says that it stops watching."""

    status: str = Field(max_length=20)
    lastResult: Result | None = None  # noqa: N815 (the protocol's own name)


# ---- signing ---------------------------------------------------------------------------------------------


def signature(*parts: str) -> str:
    """Return the signature of some parts as the service computes it."""
    return hashlib.md5("".join(parts).encode(), usedforsecurity=False).hexdigest().upper()


def is_signed(param: str, *, sign: str, salt: str) -> bool:
    """Tell whether a push carries the signature of the subscription's salt, in a time that tells nothing."""
    given = sign.strip().upper().encode("utf-8", "replace")
    return any(hmac.compare_digest(given, signature(param, key).encode()) for key in keys_in(salt))


# ---- what is sent ----------------------------------------------------------------------------------------


def question(*, customer: str, key: str, carrier_code: str, number: str, phone_tail: str) -> dict[str, str]:
    """Return the form that asks about a parcel; the very text that is signed is sent."""
    asked = {"com": carrier_code, "num": number, "phone": phone_tail, "show": "0", "order": "asc"}
    param = json.dumps(asked, ensure_ascii=False, separators=(",", ":"))
    return {"customer": customer, "sign": signature(param, key, customer), "param": param}


def subscription(
    *, key: str, salt: str, callback_url: str, carrier_code: str, number: str, phone_tail: str
) -> dict[str, str]:
    """Return the form that has changes of a parcel pushed."""
    newest = next(iter(keys_in(salt)), "")
    wanted = {"callbackurl": callback_url, "salt": newest, "phone": phone_tail}
    param = {"company": carrier_code, "number": number, "key": key, "parameters": wanted}
    return {"schema": "json", "param": json.dumps(param, ensure_ascii=False, separators=(",", ":"))}


# ---- what comes back -------------------------------------------------------------------------------------


def read_answer(content: bytes, *, carrier_code: str, number: str) -> Tracked:
    """Return what an answer tells of the parcel that was asked about; anything else is a fault."""
    try:
        result = Result.model_validate_json(content)
        steps = _steps(result)
    except (ValidationError, ValueError):
        return Tracked(carrier_code, number, error="unreadable")
    if not result.result or result.returnCode not in ("", "200"):
        return Tracked(carrier_code, number, error=fault_of(result.returnCode))
    if result.nu.upper() != number.upper():
        return Tracked(carrier_code, number, error="other_parcel")
    return Tracked(result.com or carrier_code, number, status=STATES.get(result.state), steps=steps)


def read_subscribed(content: bytes) -> str:
    """Return an empty text when a parcel is being watched, else what was wrong."""
    try:
        result = Result.model_validate_json(content)
    except ValidationError:
        return "unreadable"
    return "" if result.returnCode in SUBSCRIBED else fault_of(result.returnCode)


def fault_of(code: str) -> str:
    """Return our word for what the service refused."""
    return FAULTS.get(code, f"refused_{code}" if code.isalnum() else "refused")


def read_push(*, param: str, sign: str, salt: str) -> Tracked:
    """Return what a push tells; who did not sign it learns nothing else."""
    if not is_signed(param, sign=sign, salt=salt):
        raise PushForged
    try:
        push = Push.model_validate_json(param)
        last = push.lastResult
        if last is None or not last.nu:
            raise PushUnreadable
        return Tracked(last.com, last.nu, status=STATES.get(last.state), steps=_steps(last))
    except ValueError:
        raise PushUnreadable from None


def _steps(result: Result) -> tuple[TrackedStep, ...]:
    return tuple(TrackedStep(_moment(node.ftime or node.time), node.context) for node in result.data)


def _moment(text: str) -> datetime:
    return from_clinic(datetime.strptime(text, TIME))  # noqa: DTZ007 (the service speaks the clinic's wall clock)

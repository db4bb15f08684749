"""The cloud call centres that we can read, by the name that stands in the address of their pushes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Literal, get_args

import orjson

from caredesk.telephony import cloud_seven_moor, cloud_tccc
from caredesk.telephony.cloud_events import CloudEvent
from caredesk.telephony.cloud_text import CloudUnreadable, name_of

Provider = Literal["seven_moor", "tccc"]
PROVIDERS: tuple[Provider, ...] = get_args(Provider)

TELLS_LIVE: Mapping[Provider, bool] = {"seven_moor": True, "tccc": False}
"""Whether a vendor tells of a call while it is on, or only when it is over."""


def read_push(provider: str, body: Mapping[str, Any], *, action: str, event_id: str) -> CloudEvent | None:
    """Return what a push tells, or None when it says nothing of a call that we understand."""
    try:
        if provider == "tccc":
            return cloud_tccc.read_event(body, action=action, push_id=event_id)
        return cloud_seven_moor.read_event(body)
    except CloudUnreadable:
        return None


def event_id_of(body: Mapping[str, Any], *, pushed_as: str) -> str:
    """Return by what a repeat of a push is known: the vendor's own number of it, else a fingerprint of all it says."""
    given = name_of(pushed_as) or name_of(body.get("eventUniqueId"))
    if given:
        return given
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS, default=str)).hexdigest()[:40]

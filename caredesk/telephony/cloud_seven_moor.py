"""容联七陌 (7moor) tells of calls as they happen: its two shapes, read into ours.

Sources: developer.7moor.com/event (the older shape: `CallSheetID`, `CallState`, times as `yyyy-MM-dd HH:mm:ss`) and
developer.7moor.com/v7/outpush-callevent (`callUniqueId`, `callEvent`, Unix seconds). Read from their pages, never
tried against their system; what we do not know is let be.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from caredesk.telephony.call_state import Disposition
from caredesk.telephony.cloud_events import CloudEvent, Kind, Side
from caredesk.telephony.cloud_text import CloudUnreadable, address_of, name_of, number_of, word_of
from caredesk.telephony.cloud_times import read_time

_KINDS: Mapping[str, Kind] = {
    "ring": "arrived",
    "ringing": "rung",
    "link": "linked",
    "hangup": "ended",
    # Older systems say so when one side leaves; 7moor's page asks to treat it as the end.
    "unlink": "ended",
}
_KINDS_V7: Mapping[str, Kind] = {"calling": "arrived", "ring": "rung", "link": "linked", "hangup": "ended"}
_STATES: Mapping[str, Disposition] = {
    "dealing": "answered",
    "notdeal": "abandoned_ring",
    "leak": "abandoned_ivr",
    "queueleak": "abandoned_queue",
    "blacklist": "failed",
    "voicemail": "voicemail",
}
_OUT = ("dialout", "dialtransfer", "webcall", "previewdialout", "autodialout")
_SIDES: Mapping[str, Side] = {"agent": "agent", "customer": "caller", "system": "system"}


def read_event(body: Mapping[str, Any]) -> CloudEvent:
    """Return what a push tells. Raises CloudUnreadable when it names no call or nothing that happened."""
    return _read_v7(body) if "callUniqueId" in body else _read_classic(body)


def _read_classic(body: Mapping[str, Any]) -> CloudEvent:
    call = name_of(body.get("CallSheetID"))
    kind = _KINDS.get(word_of(body.get("CallState")).lower())
    if not call or kind is None:
        raise CloudUnreadable
    direction = _direction(body.get("CallType"))
    near, far = number_of(body.get("CallNo")), number_of(body.get("CalledNo"))
    times = {name: read_time(body.get(key)) for name, key in _TIMES.items()}
    state: Disposition | Literal[""] = ""
    if kind == "ended":
        state = _STATES.get(word_of(body.get("State")).lower(), "")
    bridged_at = times["bridged_at"] if state in ("", "answered") else None
    moments = [moment for moment in (*times.values(), bridged_at) if moment is not None]
    return CloudEvent(
        id=_fingerprint(body),
        call=call,
        kind=kind,
        at=max(moments, default=None),
        follows=name_of(body.get("refCallSheetId")),
        direction=direction,
        caller=far if direction == "out" else near,
        called=near if direction == "out" else far,
        agent=word_of(body.get("Agent")) or word_of(body.get("Exten")),
        queue=word_of(body.get("Queue")),
        started_at=times["started_at"],
        queued_at=times["queued_at"],
        ringing_at=times["ringing_at"],
        bridged_at=bridged_at,
        ended_at=times["ended_at"] if kind == "ended" else None,
        verdict=state,
        by=_SIDES.get(word_of(body.get("HangupPart")).lower(), ""),
        recording=word_of(body.get("RecordFile"), most=300),
        sound=address_of(body.get("RecordFile")),
        tag=name_of(body.get("ActionID")),
    )


_TIMES = {
    "started_at": "Ring",
    "queued_at": "QueueTime",
    "ringing_at": "RingingDate",
    "bridged_at": "Begin",
    "ended_at": "End",
}


def _read_v7(body: Mapping[str, Any]) -> CloudEvent:
    call, at = name_of(body.get("callUniqueId")), read_time(body.get("statusTime"))
    kind = _KINDS_V7.get(word_of(body.get("callEvent")).lower())
    if not call or kind is None or at is None:
        raise CloudUnreadable
    return CloudEvent(
        id=name_of(body.get("eventUniqueId")) or _fingerprint(body),
        call=call,
        kind=kind,
        at=at,
        direction=_direction(body.get("callType")),
        caller=number_of(body.get("customerNumber")),
        called=number_of(body.get("displayNumber")) or number_of(body.get("trunkNumber")),
        agent=word_of(body.get("agentNumber")),
        queue=word_of(body.get("queueName")),
        **_moment(kind, at),
    )


def _direction(kind: object) -> Literal["in", "out"]:
    return "out" if word_of(kind).lower() in _OUT else "in"


def _moment(kind: Kind, at: datetime) -> dict[str, Any]:
    """In this shape an event says one time only, that of what it tells."""
    names = {"arrived": "started_at", "rung": "ringing_at", "linked": "bridged_at", "ended": "ended_at"}
    return {names[kind]: at}


def _fingerprint(body: Mapping[str, Any]) -> str:
    """Return the same id for the same push: the older shape has no number of its own for an event."""
    written = "\n".join(f"{key}={body[key]}" for key in sorted(body))
    return hashlib.sha256(written.encode("utf-8", "replace")).hexdigest()[:40]

"""腾讯云联络中心 (TCCC) tells of a call when it is over: one record of it, and recordings beside it.

Sources: cloud.tencent.com/document/product/679/67256 (how pushes are sent), 67257 (the record), 123938 (how calls
end), 86651 (messages left); tencentcloud.com/document/product/1229/59642 (recordings and their `RecordURL`). Read
from these pages, never tried against their system.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from caredesk.telephony.call_state import Disposition
from caredesk.telephony.cloud_events import CloudEvent, Side
from caredesk.telephony.cloud_text import CloudUnreadable, address_of, name_of, number_of, word_of
from caredesk.telephony.cloud_times import read_time

_ENDS: Mapping[str, Disposition] = {
    "ok": "answered",
    "seatForward": "answered",
    "seatGiveUp": "abandoned_ring",
    "ringingGiveUp": "abandoned_ring",
    "ringGiveUp": "abandoned_ring",
    "waitingGiveUp": "abandoned_queue",
    "ivrGiveUp": "abandoned_ivr",
    # The menu told what was asked for: nobody was needed, and nobody was kept waiting.
    "ivrEnd": "abandoned_ivr",
    "noSeatOnline": "overflow",
    "notWorkTime": "after_hours",
    "notAnswer": "patient_unreachable",
    "userReject": "patient_unreachable",
    "powerOff": "patient_unreachable",
    "numberNotExist": "patient_unreachable",
    "busy": "patient_unreachable",
    "outOfCredit": "patient_unreachable",
    "notInService": "patient_unreachable",
}
_SIDES: Mapping[str, Side] = {"user": "caller", "seat": "agent"}
_OUT = (1, 5)
"""`CallType` of calls that began here: dialled by an agent, dialled by itself. `Direction` says it, too."""


def read_event(body: Mapping[str, Any], *, action: str, push_id: str) -> CloudEvent:
    """Return what a push tells. Raises CloudUnreadable when it names no call or is of a kind we do not know.

    `action` stands in the address of the push, `push_id` in its header `X-TCCC-PUSH-UUID`: the same for the same
    push, however often it is sent.
    """
    call = name_of(body.get("SessionId"))
    if not call:
        raise CloudUnreadable
    if action == "cdr":
        return _read_record(body, call=call, push_id=push_id)
    if action in ("record", "voicemail"):
        return _read_sound(body, call=call, action=action, push_id=push_id)
    raise CloudUnreadable


def _read_record(body: Mapping[str, Any], *, call: str, push_id: str) -> CloudEvent:
    started_at, ended_at = read_time(body.get("StartTimestamp")), read_time(body.get("EndedTimestamp"))
    if started_at is None and ended_at is None:
        raise CloudUnreadable
    out = body.get("Direction") == 1 or (body.get("Direction") != 0 and body.get("CallType") in _OUT)
    near, far = number_of(body.get("Caller")), number_of(body.get("Callee"))
    bridged_at = read_time(body.get("AcceptTimestamp"))
    return CloudEvent(
        id=push_id,
        call=call,
        kind="ended",
        at=ended_at or started_at,
        direction="out" if out else "in",
        caller=far if out else near,
        called=near if out else far,
        agent=_agent(body),
        queue=word_of(body.get("QueuedSkillGroupName")),
        started_at=started_at,
        queued_at=None if out else read_time(body.get("QueuedTimestamp")),
        ringing_at=read_time(body.get("RingTimestamp")),
        bridged_at=bridged_at,
        ended_at=ended_at or bridged_at or started_at,
        verdict=_ENDS.get(word_of(body.get("EndStatusString")), "failed"),
        by=_SIDES.get(word_of(body.get("HungUpSide")), "system"),
        recording=word_of(body.get("RecordId")),
        tag=name_of(body.get("Uui")) or name_of(body.get("UUI")),
    )


def _agent(body: Mapping[str, Any]) -> str:
    """Return by what the agent is known: the number of the seat, else the mail address that TCCC signs people in by."""
    seat = body.get("SeatUser")
    if not isinstance(seat, Mapping):
        return ""
    return word_of(seat.get("StaffNumber")) or word_of(seat.get("Mail")) or word_of(seat.get("UserId"))


def _read_sound(body: Mapping[str, Any], *, call: str, action: str, push_id: str) -> CloudEvent:
    return CloudEvent(
        id=push_id,
        call=call,
        kind="recorded" if action == "record" else "message",
        at=read_time(body.get("Timestamp")),
        recording=word_of(body.get("RecordId")),
        sound=address_of(body.get("RecordURL")),
    )

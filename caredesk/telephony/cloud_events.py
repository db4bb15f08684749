"""What cloud call centres tell, in one shape for all vendors, and the record that follows from all that was told.

The record is a function of the set of events, not of their order: they are put in an order of our own first, so that
repeats, late events and events that overtook others change nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from caredesk.telephony.call_state import Disposition

Kind = Literal["arrived", "queued", "rung", "linked", "ended", "recorded", "message"]
Side = Literal["caller", "agent", "system"]

RANK: Mapping[Kind, int] = {
    "arrived": 0,
    "queued": 1,
    "rung": 2,
    "linked": 3,
    "recorded": 4,
    "message": 5,
    "ended": 6,
}
"""The later in a call, the more its event knows: what it says of caller, agent and queue is believed before others."""

LOST_AFTER = timedelta(hours=4)
"""A call of which nothing more was heard for so long is over, whatever became of its last event."""
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CloudEvent:
    """One thing that a vendor has told of a call.

    `id` is the vendor's own where there is one. `call` is the vendor's number of the call, `follows` that of the call
    which was passed on and became this one. `started_at`, `queued_at` and the like are what the event says of the
    whole call; empty and None mean that it says nothing.
    """

    id: str
    call: str
    kind: Kind
    at: datetime | None = None
    follows: str = ""
    direction: Literal["", "in", "out"] = ""
    caller: str = ""
    called: str = ""
    agent: str = ""
    queue: str = ""
    started_at: datetime | None = None
    queued_at: datetime | None = None
    ringing_at: datetime | None = None
    bridged_at: datetime | None = None
    ended_at: datetime | None = None
    verdict: Disposition | Literal[""] = ""
    by: Side | Literal[""] = ""
    recording: str = ""
    sound: str = ""
    """Where a recording can be fetched."""
    tag: str = ""
    """What we gave along when we asked for the call."""


@dataclass(frozen=True, slots=True)
class CloudRecord:
    """A call as everything that was told of it makes it. Without `ended_at` it is still on.

    `caller` is the other side's number, whoever dialled.
    """

    direction: Literal["in", "out"]
    caller: str
    called: str
    agent: str
    queue: str
    started_at: datetime
    queued_at: datetime | None
    ringing_at: datetime | None
    bridged_at: datetime | None
    ended_at: datetime | None
    talk_seconds: float
    disposition: Disposition | Literal[""]
    hung_up_by: Side | Literal[""]
    recording: str
    tag: str


def record_of(events: Iterable[CloudEvent], *, now: datetime) -> CloudRecord | None:
    """Return the record of one call, with what it was passed on as; None while no event tells when it was."""
    told = in_order(events)
    if not any(_moments(event) for event in told):
        return None
    parts = _parts(told, now=now)
    first = min(parts, key=lambda part: part.started_at)
    last = max(parts, key=lambda part: (part.ended_at is None, part.ended_at or part.started_at, part.started_at))
    bridged = [part for part in parts if part.bridged_at is not None]
    over = all(part.ended_at is not None for part in parts)
    return CloudRecord(
        direction=first.direction,
        caller=first.caller or last.caller,
        called=first.called or last.called,
        agent=max(bridged, key=lambda part: part.bridged_at or _EVER).agent if bridged else last.agent,
        queue=last.queue or first.queue,
        started_at=first.started_at,
        queued_at=_first(part.queued_at for part in parts),
        ringing_at=_first(part.ringing_at for part in parts),
        bridged_at=_first(part.bridged_at for part in parts),
        ended_at=max(part.ended_at for part in parts if part.ended_at) if over else None,
        talk_seconds=sum(part.talk_seconds for part in parts),
        disposition=("answered" if bridged else last.disposition) if over else "",
        hung_up_by=last.hung_up_by if over else "",
        recording=next((part.recording for part in parts if part.recording), ""),
        tag=next((part.tag for part in parts if part.tag), ""),
    )


def in_order(events: Iterable[CloudEvent]) -> tuple[CloudEvent, ...]:
    """Return events once each, in the one order in which they are looked at."""
    once = {event.id: event for event in sorted(events, key=_place)}
    return tuple(sorted(once.values(), key=_place))


def _place(event: CloudEvent) -> tuple[int, datetime, str, str]:
    return RANK[event.kind], event.at or _EVER, event.id, repr(event)


def _parts(told: Collection[CloudEvent], *, now: datetime) -> list[CloudRecord]:
    calls = sorted({event.call for event in told})
    parts = [_part([event for event in told if event.call == call], now=now) for call in calls]
    return sorted((part for part in parts if part is not None), key=lambda part: (part.started_at, repr(part)))


def _part(told: Collection[CloudEvent], *, now: datetime) -> CloudRecord | None:
    """Return what is known under one of the vendor's numbers."""
    moments = sorted(moment for event in told for moment in _moments(event))
    if not moments:
        return None
    bridged_at = _first(event.bridged_at for event in told)
    ended_at = _last(event.ended_at for event in told)
    if ended_at is None and now - moments[-1] > LOST_AFTER:
        ended_at = moments[-1]
    direction = _word(told, "direction")
    return CloudRecord(
        direction="out" if direction == "out" else "in",
        caller=_word(told, "caller"),
        called=_word(told, "called"),
        agent=_word(told, "agent"),
        queue=_word(told, "queue"),
        started_at=moments[0],
        queued_at=_first(event.queued_at for event in told),
        ringing_at=_first(event.ringing_at for event in told),
        bridged_at=bridged_at,
        ended_at=ended_at,
        talk_seconds=max(0.0, (ended_at - bridged_at).total_seconds()) if bridged_at and ended_at else 0.0,
        disposition=_verdict(told, out=direction == "out") if ended_at else "",
        hung_up_by=_side(told) if ended_at else "",
        recording=_word(told, "recording"),
        tag=_word(told, "tag"),
    )


def _moments(event: CloudEvent) -> list[datetime]:
    """Return when something happened in the call; a recording is made afterwards and says nothing of it."""
    told = (event.started_at, event.queued_at, event.ringing_at, event.bridged_at, event.ended_at)
    at = event.at if event.kind not in ("recorded", "message") else None
    return [moment for moment in (*told, at) if moment is not None]


def _verdict(told: Collection[CloudEvent], *, out: bool) -> Disposition:
    """Return how a call ended: what happened counts before what the vendor calls it."""
    if any(event.bridged_at for event in told):
        return "answered"
    if any(event.kind == "message" for event in told):
        return "voicemail"
    for event in reversed(tuple(told)):
        if event.verdict and event.verdict != "answered":
            return event.verdict
    if out:
        return "patient_unreachable"
    if any(event.ringing_at for event in told):
        return "abandoned_ring"
    return "abandoned_queue" if any(event.queued_at for event in told) else "abandoned_ivr"


def _side(told: Collection[CloudEvent]) -> Side:
    for event in reversed(tuple(told)):
        if event.by:
            return event.by
    return "system"


def _word(told: Collection[CloudEvent], name: str) -> str:
    """Return what the event that knows most says; events come in order."""
    return next((str(getattr(event, name)) for event in reversed(tuple(told)) if getattr(event, name)), "")


def _first(moments: Iterable[datetime | None]) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)


def _last(moments: Iterable[datetime | None]) -> datetime | None:
    return max((moment for moment in moments if moment is not None), default=None)

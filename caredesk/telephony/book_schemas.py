"""Shapes of the book of calls on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from caredesk.events.call_shapes import CallStateName
from caredesk.telephony.menu_schemas import Shape


class CallLine(Shape):
    """One call in a list. `title` is the family's masked name where it is known, `caller` the number, masked.

    `place` is the place in the line while nobody has been asked; `waited` are seconds from the wish for a person to the
    talk, or to the end without one, and `talked` seconds of talk; both are none where there was nothing of the kind.
    """

    call_id: str
    conversation_id: str
    number: str
    title: str
    caller: str
    direction: Literal["in", "out"]
    is_call_back: bool
    state: CallStateName
    queue_name: str
    queue_name_en: str
    agent_name: str | None
    started_at: datetime
    queued_at: datetime | None
    ended_at: datetime | None
    place: int | None
    waited: int | None
    talked: int | None
    disposition: str
    hung_up_by: str
    has_recording: bool


class CallsNow(Shape):
    """The hotline at a moment of the desk's clock: calls that go on, the oldest first, and the last ones of today."""

    at: datetime
    live: list[CallLine]
    recent: list[CallLine]


class MissedCall(Shape):
    """A caller who wanted a person, got none and has not been spoken with since.

    `times` counts their calls in vain, `tried` the desk's own calls since; `being_called` while one goes on.
    """

    call: CallLine
    times: int
    tried: int
    being_called: bool


class MissedCalls(Shape):
    """Missed callers of the last day as far as they are one's own to see, the newest first."""

    calls: list[MissedCall]


class CallLines(Shape):
    """Calls in order."""

    calls: list[CallLine]


class CallStep(Shape):
    """One thing that happened in a call.

    `digit` and what it led to (`leads_to`, a queue's name with `leads_to_en`) tell of a key in the menu, `who` and
    `reason` of a phone that rang; each is empty where it says nothing.
    """

    at: datetime
    what: Literal["began", "pressed", "queued", "rang", "not_answered", "talked", "ended"]
    digit: str = ""
    kind: Literal["", "queue", "information", "call_back", "message"] = ""
    leads_to: str = ""
    leads_to_en: str = ""
    who: str = ""
    reason: str = ""


class CallCourse(Shape):
    """How the newest call of a conversation went, in order."""

    steps: list[CallStep]

"""What can go wrong with calling a family; apart from the requests' errors because providers and commands meet them."""

from __future__ import annotations

from caredesk.core.errors import BadInput, Conflict, NotFound


class LadderInvalid(BadInput):
    """The data of a ladder contradict themselves; `problems` says each by its place."""

    code = "call_up.ladder_invalid"


class LadderUnknown(NotFound):
    """There is no ladder of this name."""

    code = "call_up.ladder_unknown"


class LegNotFound(NotFound):
    """There is no such attempt, or it is not in the state that was asked for."""

    code = "call_up.leg_not_found"


class CallUpOver(Conflict):
    """The family is not called any more: they came, or the request ended."""

    code = "call_up.over"


class CallUpBusy(Conflict):
    """Another attempt to the same family is under way."""

    code = "call_up.busy"


class PromiseMissing(BadInput):
    """A promise needs the time for which it was given, ahead of now and within a day."""

    code = "call_up.promise_missing"

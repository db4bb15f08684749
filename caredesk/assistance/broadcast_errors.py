"""What can go wrong with a message to all waiting families."""

from __future__ import annotations

from caredesk.core.errors import BadInput, Conflict, NotFound


class SessionNotYours(NotFound):
    """There is no such session today, or it is another doctor's."""

    code = "broadcast.session_not_yours"


class SessionOver(Conflict):
    """The session was cancelled or is long over; nobody waits for it."""

    code = "broadcast.session_over"


class NobodyWaits(Conflict):
    """Every family of the session has been seen, or none has booked."""

    code = "broadcast.nobody_waits"


class WordsMedical(BadInput):
    """The words are about symptoms, medicines or danger; that is said to one family, in its visit."""

    code = "broadcast.medical"


class WordsNameSomebody(BadInput):
    """The words name a patient, or hold a number or a link that other families must not get."""

    code = "broadcast.names_somebody"


class BroadcastTooLate(Conflict):
    """The message is too old to be sent again."""

    code = "broadcast.too_late"


class BroadcastLegNotFound(NotFound):
    """There is no such dead message."""

    code = "broadcast.not_found"

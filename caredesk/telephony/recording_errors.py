"""Errors of recordings."""

from __future__ import annotations

from caredesk.core.errors import BadInput, Conflict, NotFound, Refused


class RecordingNotFound(NotFound):
    """No such recording, or not theirs to hear."""

    code = "recording.not_found"


class RecordingGone(NotFound):
    """Its time is over: the sound was deleted, the row tells that there was one."""

    code = "recording.gone"


class RecordingUnreadable(Conflict):
    """Its bytes cannot be opened: damaged, or sealed with a key that this desk does not have."""

    code = "recording.unreadable"


class RecordingRefused(BadInput):
    """What was handed over is no recording; `reason` is type, format, broken, size or empty."""

    code = "recording.refused"


class PurposeRefused(Refused):
    """This purpose is not theirs to listen for."""

    code = "recording.purpose_refused"

"""Expected errors of going on in trouble."""

from __future__ import annotations

from caredesk.core.errors import BadInput, CareDeskError, Conflict, NotFound


class StandbyMissing(CareDeskError):
    """Nothing was kept that could be shown, or it is too old to be relied on."""

    code = "standby.missing"
    status = 503


class IncidentNotFound(NotFound):
    """There is no such incident."""

    code = "incident.not_found"


class IncidentGoesOn(Conflict):
    """An incident of this sort, real or drill, goes on already."""

    code = "incident.goes_on"


class IncidentEnded(Conflict):
    """The incident is over: nothing is added to it any more."""

    code = "incident.ended"


class IncidentNotKept(CareDeskError):
    """The database is away, and the journal in its stead cannot be written either; nothing was done."""

    code = "incident.not_kept"
    status = 503


class IncidentWordsInvalid(BadInput):
    """A reason or a note that says nothing or too much, or a kind or step that nobody knows; `what` says which."""

    code = "incident.words_invalid"

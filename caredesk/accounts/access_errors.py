"""Expected errors about who may open what."""

from __future__ import annotations

from caredesk.core.errors import BadInput, Conflict, NotFound, Refused


class AccessInvalid(BadInput):
    """The table of who may open what names a `subject` that it cannot: an account, a department, a role or a thing."""

    code = "access.invalid"


class AccessMoved(Conflict):
    """Somebody else has changed who may open what meanwhile; `version` is the one that holds."""

    code = "access.moved"


class PurposeNotAdmitted(Refused):
    """None of one's roles opens talks for this purpose."""

    code = "access.purpose_refused"


class NothingToOpen(NotFound):
    """No talk has this number."""

    code = "access.nothing_to_open"


class OwnOpening(Refused):
    """Nobody reviews what they have opened themselves, in an earlier role."""

    code = "access.own_opening"


class OpeningNotFound(NotFound):
    """No talk was opened under this id."""

    code = "access.opening_not_found"

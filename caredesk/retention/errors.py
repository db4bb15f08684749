"""Expected errors about holds and erasures."""

from __future__ import annotations

from caredesk.core.errors import BadInput, Conflict, NotFound, Refused


class ErasureNotFound(NotFound):
    """There is no such erasure."""

    code = "erasure.not_found"


class FamilyNotErasable(NotFound):
    """No family of this id is here to be erased: it never was, or it was erased already."""

    code = "erasure.family_not_found"


class ErasureUnderWay(Conflict):
    """The family's erasure was asked for already."""

    code = "erasure.under_way"


class ErasureDecided(Conflict):
    """Somebody has decided on this erasure already."""

    code = "erasure.decided"


class ErasureNotYet(Conflict):
    """Something of the family is still going on; `reasons` are its codes."""

    code = "erasure.not_yet"


class OwnErasure(Refused):
    """Whoever asked for an erasure or placed a hold is not the one who may say the second yes."""

    code = "erasure.own"


class HoldNotFound(NotFound):
    """There is no such hold, or it was lifted."""

    code = "hold.not_found"


class HoldPlaced(Conflict):
    """This family or conversation is held already."""

    code = "hold.placed"


class ReasonNeeded(BadInput):
    """A hold needs a reason in words."""

    code = "hold.reason_needed"

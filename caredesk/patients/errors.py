"""Expected errors about families."""

from __future__ import annotations

from caredesk.core.errors import BadInput, NotFound


class GuardianNotFound(NotFound):
    """No such guardian."""

    code = "guardian.not_found"


class NothingToReveal(NotFound):
    """The field is empty, or the child or parcel is not of this family."""

    code = "reveal.nothing"


class FamilyUnknown(BadInput):
    """A row speaks of a guardian or a child that has not been handed in; nothing of the file is kept."""

    code = "families.unknown"

"""Errors of the hotline's set-up."""

from __future__ import annotations

from caredesk.core.errors import BadInput, Conflict


class SetupMoved(Conflict):
    """Somebody else has changed the set-up meanwhile; `version` is the one that holds now."""

    code = "hotline.setup_moved"


class SetupNamesNothing(BadInput):
    """The set-up names a queue or prompt that there is not; `field` says which, `digit` where."""

    code = "hotline.setup_unknown_name"

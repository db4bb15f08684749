"""Expected errors of the roster."""

from __future__ import annotations

from caredesk.core.errors import BadInput, Conflict, NotFound


class RosterRefused(BadInput):
    """A roster that cannot be; `reason` is the fault's code, `agent` and `value` say whose and what."""

    code = "roster.refused"


class ShiftNotFound(NotFound):
    """No such shift; somebody else may have removed it."""

    code = "roster.shift_not_found"


class LeaveNotFound(NotFound):
    """No such leave."""

    code = "roster.leave_not_found"


class ProposalNotFound(NotFound):
    """No such proposal."""

    code = "roster.proposal_not_found"


class ProposalStale(Conflict):
    """The roster has changed since the proposal was made, or it was applied before."""

    code = "roster.proposal_stale"


class ChangeNotUndoable(Conflict):
    """What the change did is no longer there as it left it, or it was undone before."""

    code = "roster.not_undoable"


class AssumptionsMovedOn(Conflict):
    """Somebody else has changed the assumptions since they were looked at."""

    code = "roster.assumptions_moved_on"


class RosterFileUnreadable(BadInput):
    """The file is no roster: a column is missing, or it can't be read."""

    code = "roster.file_unreadable"

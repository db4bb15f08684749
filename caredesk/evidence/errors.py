"""Expected errors about exports without masks."""

from __future__ import annotations

from caredesk.core.errors import Conflict, NotFound, Refused


class EvidenceUnsigned(Conflict):
    """The audit is not whole where this stands in it, so that nothing can be proven: read the chain."""

    code = "export.audit_broken"


class ApprovalNotFound(NotFound):
    """There is no such request, or it is not theirs to see."""

    code = "export.approval_not_found"


class OwnApproval(Refused):
    """Nobody allows their own export."""

    code = "export.own_approval"


class ApprovalOver(Conflict):
    """The request was decided by somebody else, or its time is over."""

    code = "export.approval_over"


class NotApproved(Refused):
    """Without a second person's yes that is still good, nothing leaves without masks."""

    code = "export.not_approved"

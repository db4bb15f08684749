"""Expected errors about the audit."""

from __future__ import annotations

from caredesk.core.errors import NotFound


class AuditEntryNotFound(NotFound):
    """The audit has no entry of this `number`."""

    code = "audit.entry_not_found"

"""Expected errors of the knowledge base."""

from __future__ import annotations

from caredesk.core.errors import NotFound


class NotServed(NotFound):
    """The entry is not published, or no longer valid."""

    code = "knowledge.not_served"

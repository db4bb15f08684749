"""What can go wrong with the knowledge base, each with its code."""

from __future__ import annotations

from caredesk.core.errors import BadInput, NotFound


class EntryNotServed(NotFound):
    """The entry is unknown, not published, or outside its validity."""

    code = "knowledge.not_served"


class UnreadableTable(BadInput):
    """The file is no table that can be read; `reason` says why, in English, for the person at the command line."""

    code = "knowledge.file_unreadable"


class MissingColumns(BadInput):
    """The table lacks required columns."""

    code = "knowledge.columns_missing"

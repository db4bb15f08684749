"""Expected errors about the clinic and its files."""

from __future__ import annotations

from caredesk.core.errors import BadInput


class SheetUnreadable(BadInput):
    """The file is no table in UTF-8 or GB18030."""

    code = "clinic.sheet_unreadable"


class ColumnsMissing(BadInput):
    """The heading lacks columns without which no row can be understood."""

    code = "clinic.columns_missing"


class HoursInvalid(BadInput):
    """A queue's fixed hours cannot be understood."""

    code = "clinic.hours_invalid"

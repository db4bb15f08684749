"""Expected errors about the clinic and its files."""

from __future__ import annotations

from caredesk.core.errors import BadInput, Conflict, NotFound


class SheetUnreadable(BadInput):
    """The file is no table in UTF-8 or GB18030."""

    code = "clinic.sheet_unreadable"


class ColumnsMissing(BadInput):
    """The heading lacks columns without which no row can be understood."""

    code = "clinic.columns_missing"


class HoursInvalid(BadInput):
    """A queue's fixed hours cannot be understood."""

    code = "clinic.hours_invalid"


class TemplateInvalid(BadInput):
    """Rows of the weekly template cannot be understood; nothing of the file was taken."""

    code = "schedule.template_invalid"


class SessionNotFound(NotFound):
    """There is no session of this id in the schedule."""

    code = "schedule.session_not_found"


class SessionRefused(BadInput):
    """A session as it was asked for cannot be: `fault` says why, `value` what stands in the way."""

    code = "schedule.refused"


class ScheduleMovedOn(Conflict):
    """The schedule has changed since the difference was shown; look at it again."""

    code = "schedule.moved_on"


class NothingToUndo(Conflict):
    """The change has been taken back already, or sessions have changed again since."""

    code = "schedule.not_undoable"

"""The one family of expected errors. Each has a code for programs; people's words live in the front end."""

from __future__ import annotations

from typing import ClassVar

FieldValue = str | int | float | bool | None | list[str] | dict[str, str]


class CareDeskError(Exception):
    """Something a caller can understand and act upon; rendered once, at the edge."""

    code: ClassVar[str] = "desk.error"
    status: ClassVar[int] = 400

    def __init__(self, **fields: FieldValue) -> None:
        super().__init__(self.code)
        self.fields: dict[str, FieldValue] = fields

    def __str__(self) -> str:
        return f"{self.code} {self.fields}" if self.fields else self.code


class BadInput(CareDeskError):
    """The request can be read but its content is not acceptable."""

    code = "input.invalid"
    status = 400


class SignInNeeded(CareDeskError):
    """Nobody is known to be behind the request."""

    code = "auth.sign_in_needed"
    status = 401


class Refused(CareDeskError):
    """The person is known and may not do this."""

    code = "auth.not_permitted"
    status = 403


class NotFound(CareDeskError):
    """It does not exist, or it is not theirs to see."""

    code = "desk.not_found"
    status = 404


class Conflict(CareDeskError):
    """Someone was faster, or the state has moved on."""

    code = "desk.conflict"
    status = 409


class TooLarge(CareDeskError):
    """More bytes or characters than accepted."""

    code = "input.too_large"
    status = 413


class TooMany(CareDeskError):
    """Too many requests; `retry_after` seconds tells when to come back."""

    code = "rate.limited"
    status = 429


class DeskBusy(CareDeskError):
    """More has come than can be done just now, and this was not taken; try again after `retry_after` seconds."""

    code = "desk.busy"
    status = 503


class FilesFull(CareDeskError):
    """There is no room for another file; nothing of it was kept."""

    code = "files.full"
    status = 503


class FileUnreadable(Conflict):
    """A kept file cannot be opened: its bytes were changed, or its key is not here."""

    code = "files.unreadable"

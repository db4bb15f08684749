"""What the doctor's desk sends and receives about requests."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from caredesk.assistance.request_types import RequestType
from caredesk.events.assist_shapes import AssistRequestView
from caredesk.events.shapes import PatientMessage, Shape

Key = Annotated[str, Field(min_length=1, max_length=40)]
ClientKey = Annotated[str, Field(min_length=8, max_length=64, pattern=r"^[\w-]+$")]


class RequestKinds(Shape):
    """What may be asked for, in order."""

    types: list[RequestType]


class OwnRequests(Shape):
    """What is open, and what was asked today; newest first."""

    requests: list[AssistRequestView]


class RaiseRequest(Shape):
    """Ask for something, under the client's own key: sent twice it is one request."""

    client_key: ClientKey
    type_key: Key
    appointment_id: Key | None = None
    form: dict[Key, Annotated[str, Field(max_length=2000)]] = Field(default={}, max_length=8)
    pictures: list[Key] = Field(default=[], max_length=6)
    """Pictures that were uploaded before, shown with it."""


class RequestPath(Shape):
    request_id: Key


class SayToAssistant(Shape):
    """Words to the assistant, or a picture that was uploaded before, under the client's own key."""

    client_key: ClientKey
    text: str = Field(default="", max_length=20_000)
    picture_id: Key | None = None


class ShownPicture(Shape):
    """A picture that can be shown now by its id."""

    picture_id: str
    width: int
    height: int


class PicturePath(Shape):
    picture_id: Key


class ReadUpTo(Shape):
    """The last number of the talk that was on the screen."""

    up_to: int = Field(ge=0, le=1_000_000_000)


class RateRequest(Shape):
    """One to five stars and a word."""

    score: int = Field(ge=1, le=5)
    comment: str = Field(default="", max_length=200)


class RequestTalk(Shape):
    """A request with its whole talk, oldest first."""

    request: AssistRequestView
    messages: list[PatientMessage]

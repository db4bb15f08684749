"""Wire shapes of calls and phones that no event carries."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from caredesk.events.shapes import Shape

AnId = Annotated[str, Field(max_length=36)]


class PhoneUsers(Shape):
    """The users of one's two phones; empty until numbers were given."""

    browser: str
    desk: str


class PhoneView(Shape):
    """One's own phone: whether there is a hotline at all, whether its engine is heard, and where to register.

    `capabilities` are the engine's; `registered` says which of the two phones can be rung now. `calls_by` says who
    makes calls that are asked for here: our own hotline, or a call centre, which rings a phone of its own.
    """

    enabled: bool
    engine: Literal["up", "down"]
    troubles: list[str]
    capabilities: list[str]
    wss_url: str
    users: PhoneUsers
    registered: list[Literal["browser", "desk"]]
    realm: str
    domain: str
    calls_by: Literal["hotline", "call_centre"] = "hotline"


class PhoneSecret(Shape):
    """A new password of one's phone, told this once."""

    user: str
    secret: str


class SecretFor(Shape):
    """Which of one's phones shall have a new password."""

    kind: Literal["browser", "desk"] = "browser"


class CallOut(Shape):
    """Whom to call; the first that is given counts: request, conversation, guardian, number."""

    number: Annotated[str, Field(max_length=40)] = ""
    guardian_id: AnId = ""
    request_id: AnId = ""
    conversation_id: AnId = ""


class TransferCall(Shape):
    """To whom a caller is given without asking first."""

    target_kind: Literal["agent", "queue"]
    target_id: AnId
    note: Annotated[str, Field(max_length=500)] = ""


class AskColleague(Shape):
    """Whom to ask while the caller holds."""

    staff_id: AnId


class SendTones(Shape):
    """Keys to press towards the other side."""

    digits: Annotated[str, Field(min_length=1, max_length=32)]


class StandBeside(Shape):
    """How a supervisor stands beside a call."""

    mode: Literal["listen", "whisper", "join"] = "listen"


class EarlierCall(Shape):
    """A call of the same number, for whoever is about to answer."""

    conversation_id: str
    number: str
    at: datetime
    direction: Literal["in", "out"]
    disposition: str
    agent_name: str | None
    seconds: int
    category: str
    outcome: str


class CallerLine(Shape):
    """A family that the number may belong to, masked; who knows more asks the caller."""

    guardian_id: str
    name: str
    phone: str
    children: list[str]

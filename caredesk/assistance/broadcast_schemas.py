"""What screens send and receive about a message to all waiting families."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from caredesk.events.shapes import Shape

Minutes = Annotated[int, Field(ge=5, le=180)]


class Delay(Shape):
    """The doctor begins, or goes on, so many minutes later than booked."""

    kind: Literal["delay"]
    minutes: Minutes


class EarlyEnd(Shape):
    """The session ends in so many minutes."""

    kind: Literal["early_end"]
    minutes: Minutes


class Words(Shape):
    """Words of the doctor's own; nothing medical and nobody's name."""

    kind: Literal["words"]
    text: Annotated[str, Field(max_length=2000)]


What = Annotated[Delay | EarlyEnd | Words, Field(discriminator="kind")]


class BroadcastPreview(Shape):
    """How many families a message would go to, and how each would be told; each family counts once."""

    families: int
    on_page: int
    """Have their page open, or will find it there; nothing goes out."""
    by_wechat: int
    by_sms: int
    unreachable: int
    """Have neither a page nor a channel that they allowed."""


class BroadcastView(Shape):
    """A message to all waiting families, and how many families it has reached; each counts once, at its best."""

    id: str
    clinic_session_id: str
    kind: Literal["delay", "early_end", "words"]
    minutes: int | None
    ends_at: datetime | None
    text: str
    at: datetime
    families: int
    delivered: int
    """It stands on the family's page, or the provider has reported that it arrived."""
    sent: int
    """A provider has taken it and has not reported yet."""
    pending: int
    failed: int
    unreached: list[str]
    """The masked names of the children whose families it did not reach."""

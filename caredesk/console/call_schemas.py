"""The shape of the screen pop: who calls, put together of families, requests and earlier calls."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from caredesk.events.assist_shapes import AssistRequestView
from caredesk.events.shapes import ConversationSummary, Shape
from caredesk.patients.schemas import AppointmentView, FamilyCard
from caredesk.telephony.schemas import CallerLine, EarlierCall


class SayWhoCalls(Shape):
    """Which of the families that may be calling it is; none of them without a guardian."""

    guardian_id: Annotated[str, Field(min_length=1, max_length=36)] | None


class CallerView(Shape):
    """Who calls, as far as the number tells: one family for certain, maybe one of several, or nobody we know.

    `today` are the family's visits of this clinic day, `requests` what doctors have asked about its children,
    `open_conversations` its talks that are not closed, `earlier` the last calls of this number. Everything is masked.
    `tie` tells what somebody at the desk has said about who it is: one of the families, or none of them.
    """

    knowledge: Literal["known", "maybe", "unknown"]
    number: str
    tie: Literal["", "family", "nobody"]
    family: FamilyCard | None
    maybe: list[CallerLine]
    today: list[AppointmentView]
    requests: list[AssistRequestView]
    open_conversations: list[ConversationSummary]
    earlier: list[EarlierCall]

"""Shapes of holds and erasures on the wire. Families are masked; nobody's value stands in what has been decided."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from caredesk.events.shapes import Shape

Ground = Literal["request", "consent", "unlawful", "ended"]
"""Why a family is erased (Personal Information Protection Law, article 47): it asks; it takes back its consent; it was
kept against the law; its purpose or its time has ended."""

SubjectKind = Literal["guardian", "conversation"]
RowId = Annotated[str, Field(min_length=36, max_length=36)]


class PhoneQuery(Shape):
    """The whole number of whoever is to be erased. It comes in a body, so that it stands in no log of addresses."""

    phone: str = Field(min_length=5, max_length=40)


class Counted(Shape):
    """How much there is of one class."""

    code: str
    count: int


class Staying(Shape):
    """What must stay by law: how many conversations, and until when the last of them."""

    code: str
    count: int
    until: datetime


class StandingHold(Shape):
    """A hold that stands on an opened conversation or its family; who, when and why for those who may know."""

    id: str
    subject_kind: SubjectKind
    placed_by: str
    placed_at: datetime | None
    reason: str


class ErasurePreview(Shape):
    """A family that would be erased: masked, with what would go, what stays by law, and what stands in the way."""

    guardian_id: str
    name: str
    phone: str
    children: list[str]
    shared_children: list[str]
    goes: list[Counted]
    stays: list[Staying]
    barriers: list[str]
    holds: list[StandingHold]
    erasure_id: str | None


class ErasurePreviews(Shape):
    """The families of a number; several may share one."""

    families: list[ErasurePreview]


class AskErasure(Shape):
    """Ask that a family be erased."""

    guardian_id: RowId
    ground: Ground


class ErasureView(Shape):
    """One erasure, without any value of the family. `mine` is whoever asked for it: the second yes is another's."""

    id: str
    guardian_id: str
    ground: str
    state: str
    asked_by: str
    asked_at: datetime
    decided_by: str
    decided_at: datetime | None
    done_at: datetime | None
    gone: list[Counted]
    stays: list[Staying]
    barriers: list[str]
    certificate: str
    mine: bool


class HoldView(Shape):
    """A hold on a family or a conversation, and who has lifted it. `mine` is whoever placed it."""

    id: str
    subject_kind: str
    subject_id: str
    number: str
    reason: str
    placed_by: str
    placed_at: datetime
    lifted_by: str
    lifted_at: datetime | None
    mine: bool


class RetentionPage(Shape):
    """Erasures and holds, what waits for somebody first."""

    erasures: list[ErasureView]
    holds: list[HoldView]


class PlaceHold(Shape):
    """Hold a conversation by its number, or the family that a preview has shown."""

    conversation_number: str = Field("", max_length=40)
    guardian_id: str = Field("", max_length=36)
    reason: str = Field(min_length=1, max_length=200)

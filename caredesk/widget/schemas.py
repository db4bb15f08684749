"""What the parent's page sends and receives."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from caredesk.events.catalogue import PatientEvents
from caredesk.events.shapes import Choice, PatientConversation, PatientMessage, Seq, Shape
from caredesk.patients.schemas import ParcelTold

ClientKey = Annotated[str, Field(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
Language = Literal["zh", "en"]


class OpenVisit(Shape):
    """Start or resume a visit. `identity` is the embedding site's signed token, if it has one."""

    language: Language = "zh"
    identity: str | None = Field(default=None, max_length=4000)


class AppointmentLine(Shape):
    """One of the family's appointments. The child's name is masked."""

    child: str
    department: str
    doctor: str
    starts_at: datetime
    status: str


class ParcelLine(ParcelTold):
    """A medicine parcel under way."""

    number: str
    carrier: str
    eta: datetime | None


class KnownFamily(Shape):
    """What the desk knows of a visitor whose identity was vouched for."""

    greeting_name: str
    appointments: list[AppointmentLine]
    parcels: list[ParcelLine]


class Visit(Shape):
    """A visit: its bearer token (only when new), the family if known, and the open conversation if any."""

    visitor_id: str
    token: str | None
    family: KnownFamily | None
    conversation: PatientConversation | None


class ClinicLine(Shape):
    """One department's sessions of today."""

    department_id: str
    department: str
    department_en: str
    open: bool
    sessions: list[str]
    """Clock ranges such as `08:00-12:00` in clinic time."""
    doctors: list[str]


class Welcome(Shape):
    """What the first screen shows before anything is asked."""

    hospital: str
    hospital_en: str
    demo: bool
    hotline: str
    mail: str
    notice: IncidentNotice | None
    emergency_phone: str
    open: bool
    reason: str
    next_change: datetime | None
    next_open: datetime | None
    server_time: datetime
    top_questions: list[Choice]
    clinics: list[ClinicLine]
    rating_reasons: list[RatingReason]
    message_characters: int
    picture_bytes: int


class IncidentNotice(Shape):
    """What parents are told of an incident; `kind` is what the beats name."""

    kind: str
    zh: str
    en: str


class RatingReason(Shape):
    """A reason to tick beside the stars; `good` ones go with four and five stars."""

    key: str
    good: bool
    zh: str
    en: str


class NewText(Shape):
    """Words of the visitor; an empty text is refused."""

    kind: Literal["text"] = "text"
    text: str


class NewPicture(Shape):
    """A picture uploaded before."""

    kind: Literal["picture"]
    picture_id: str = Field(max_length=36)


class NewChoice(Shape):
    """A tap on a question: asked as its own words and answered by that entry."""

    kind: Literal["choice"]
    entry_id: str = Field(max_length=80)


class PostMessage(Shape):
    """A message under the client's own key: sent twice it is one message with the same response (B23)."""

    client_key: ClientKey
    body: Annotated[NewText | NewPicture | NewChoice, Field(discriminator="kind")]


class Posted(Shape):
    """The message as stored, and the conversation it is in."""

    message: PatientMessage
    conversation: PatientConversation


class CatchUp(Shape):
    """Exactly the events after the number asked for. `more` says that the page is full: ask again."""

    events: list[PatientEvents]
    head: int
    more: bool
    conversation: PatientConversation


class History(Shape):
    """Conversations of this visitor, newest first."""

    conversations: list[PatientConversation]


class Transcript(Shape):
    """All messages of one conversation, in order."""

    conversation: PatientConversation
    messages: list[PatientMessage]


class AskForPerson(Shape):
    """转人工, by the button. A visitor without an open conversation gets one."""

    client_key: ClientKey


class LeaveMessage(Shape):
    """A message for the team while it is closed, with an optional number to call back."""

    client_key: ClientKey
    text: str
    phone: str = Field(default="", max_length=30)


class MarkRead(Shape):
    """The visitor has seen everything up to this number."""

    up_to: Seq


class Rate(Shape):
    """One to five stars with reasons and words."""

    score: int = Field(ge=1, le=5)
    reasons: list[Annotated[str, Field(max_length=60)]] = Field(default=[], max_length=10)
    comment: str = Field(default="", max_length=500)


class Feedback(Shape):
    """Was this answer helpful?"""

    helpful: bool


class UploadedPicture(Shape):
    """A picture that was checked and stored."""

    picture_id: str
    width: int
    height: int


class ConversationPath(BaseModel):
    conversation_id: str = Field(max_length=36)


class MessagePath(BaseModel):
    message_id: str = Field(max_length=36)


class PicturePath(BaseModel):
    picture_id: str = Field(max_length=36)


class AfterQuery(BaseModel):
    after: Seq = 0


Welcome.model_rebuild()

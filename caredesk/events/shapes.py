"""What events and answers carry: message bodies, the visitor's view, the staff's view. Two families, never mixed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from caredesk.events.alert_codes import AlertCode


class Shape(BaseModel):
    """Base of all wire shapes: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Seq = Annotated[int, Field(ge=0, le=2**31 - 1)]
"""A number of a stream as a client names it; neither store can compare with larger ones."""


# ---- bodies ----------------------------------------------------------------------------------------------


class TextBody(Shape):
    """Words of a person."""

    kind: Literal["text"] = "text"
    text: str


class PictureBody(Shape):
    """A picture; its bytes are fetched by id by those who may see the conversation."""

    kind: Literal["picture"] = "picture"
    picture_id: str
    width: int
    height: int


class Choice(Shape):
    """A question that can be asked with one tap. Without an entry the words are said as they stand."""

    entry_id: str
    question: str


LiveState = Literal["fresh", "stale", "missing", "unknown_visitor"]


class LiveNote(Shape):
    """Where live data of an answer come from and as of when.

    `stale`: too old to be told as true now; `missing`: there are none; `unknown_visitor`: they belong to a family, and
    this visitor is not known to be of it. In each case the answer's words say so.
    """

    provider: str
    state: LiveState
    as_of: datetime
    source: str


class AnswerPart(Shape):
    """A further answer in the same message, for a second question that was asked in one breath."""

    entry_id: str
    question: str
    text: str
    source: str = ""
    owner: str = ""
    valid_until: str | None = None
    live: LiveNote | None = None


class AnswerBody(Shape):
    """An answer of the knowledge base with its source (B47). `text` is simple Markdown without HTML."""

    kind: Literal["answer"] = "answer"
    entry_id: str
    question: str
    text: str
    source: str = ""
    owner: str = ""
    valid_until: str | None = None
    related: list[Choice] = []
    live: LiveNote | None = None
    also: list[AnswerPart] = []


class SuggestionsBody(Shape):
    """Near questions to choose from when the bot is not sure."""

    kind: Literal["suggestions"] = "suggestions"
    text: str
    choices: list[Choice]


class SessionLine(Shape):
    """One clinic session of today, in words for a parent."""

    department: str
    doctor: str
    starts_at: datetime
    ends_at: datetime


class MedicalBody(Shape):
    """A medical question, declined kindly with the way to a visit (B43)."""

    kind: Literal["medical"] = "medical"
    text: str
    sessions: list[SessionLine] = []


class EmergencyBody(Shape):
    """A red flag: call first, everything else later (B46)."""

    kind: Literal["emergency"] = "emergency"
    text: str
    phone: str


class BotTextBody(Shape):
    """Plain words of the bot: greeting, thanks, not understood. `offer_person` shows the button for a person."""

    kind: Literal["bot_text"] = "bot_text"
    text: str
    offer_person: bool = False


class NoticeBody(Shape):
    """Something the desk says about itself; the words are in the front end, by code.

    Codes for visitors: `queue.joined`, `queue.closed` (next_open), `message.promised` (promised_at), `agent.joined`
    (name), `supervisor.joined` (name), `agent.left`, `transferred` (to), `conversation.closed`, `queue.reopened`,
    `queue.closing` (promised_at). For staff in addition: `offer.declined`, `offer.timed_out`,
    `transfer` (from, to, reason, note), `red_flag`, `revealed` (field), `closed` (category, outcome), `rated` (score).
    """

    kind: Literal["notice"] = "notice"
    code: str
    fields: dict[str, str] = {}


Body = Annotated[
    TextBody | PictureBody | AnswerBody | SuggestionsBody | MedicalBody | EmergencyBody | BotTextBody | NoticeBody,
    Field(discriminator="kind"),
]


class WhisperBody(Shape):
    """A supervisor's words to the agent who serves a conversation.

    It is no `Body`: nothing that is made for a visitor can carry it, whatever the code around it does (B32).
    """

    kind: Literal["whisper"] = "whisper"
    text: str
    to_name: str


StaffBody = Annotated[
    TextBody
    | PictureBody
    | AnswerBody
    | SuggestionsBody
    | MedicalBody
    | EmergencyBody
    | BotTextBody
    | NoticeBody
    | WhisperBody,
    Field(discriminator="kind"),
]
"""What the staff's timeline carries: everything the visitor's may, and whispers."""

Status = Literal["bot", "waiting", "message", "active", "closed"]
"""bot: with the assistant; waiting: in the queue; message: left while closed, with a promise; active: with an agent."""


# ---- what a visitor sees ---------------------------------------------------------------------------------


class PatientMessage(Shape):
    """One thing on the visitor's timeline. `author` is `visitor`, `bot`, `agent` or `desk` (notices)."""

    id: str
    conversation_id: str
    seq: int
    author: Literal["visitor", "bot", "agent", "desk"]
    author_name: str
    client_key: str | None
    body: Body
    at: datetime


class WaitEstimate(Shape):
    """Place in the queue and honest waiting time. Minutes are None when nobody is there to serve it."""

    position: int
    low_minutes: int | None
    high_minutes: int | None


class PatientConversation(Shape):
    """The visitor's view of a conversation's state. `head` is the last number of the visitor's event stream."""

    id: str
    number: str
    status: Status
    queue_name: str | None = None
    queue_name_en: str | None = None
    agent_name: str | None = None
    wait: WaitEstimate | None = None
    promised_at: datetime | None = None
    read_by_staff_seq: int = 0
    head: int
    created_at: datetime
    closed_at: datetime | None = None
    rated: bool = False


# ---- what staff see --------------------------------------------------------------------------------------


class TimelineEntry(Shape):
    """One thing on the staff's timeline; `internal` ones never left the desk."""

    id: str
    conversation_id: str
    seq: int
    patient_seq: int | None
    kind: Literal["message", "note", "notice"]
    internal: bool
    author: Literal["visitor", "bot", "agent", "desk"]
    author_id: str
    author_name: str
    client_key: str | None
    body: StaffBody
    at: datetime


class ConversationSummary(Shape):
    """A row of the console's lists; a screen drops one whose `version` is not greater than what it has."""

    id: str
    number: str
    version: int
    head: int
    channel: str
    status: Status
    title: str
    """Masked name of the guardian, or the visitor's label."""
    language: str
    queue_id: str | None
    assignee_id: str | None
    assignee_name: str | None
    priority: int
    flags: list[str]
    arrived_at: datetime | None
    promised_at: datetime | None
    waiting_reply_since: datetime | None
    reply_due_at: datetime | None = None
    """When that reply is late; the time in which the queue is closed does not count."""
    last_message: str
    last_message_by: str
    last_message_at: datetime | None
    unread: int
    read_by_patient_seq: int
    created_at: datetime
    closed_at: datetime | None
    close_category: str
    close_outcome: str
    score: int | None = None
    reopened: bool = False
    request_type: str = ""
    """What a colleague asks for, in words; empty for families."""
    request_type_en: str = ""


class Viewer(Shape):
    """A colleague who has the conversation open."""

    staff_id: str
    name: str


class ByHand(Shape):
    """Hours that a supervisor has set: what, why, who, and when they end by themselves."""

    kind: Literal["open", "closed"]
    reason: str
    by_name: str
    ends_at: datetime


class QueueState(Shape):
    """Is the queue open, why, and when that changes; and within how many seconds an agent should be there."""

    id: str
    key: str
    name: str
    name_en: str
    kind: str
    open: bool
    reason: str
    next_change: datetime | None
    next_open: datetime | None
    waiting: int
    longest_wait_since: datetime | None
    ready_agents: int
    service_level_seconds: int
    by_hand: ByHand | None = None


class OfferView(Shape):
    """An invitation to one agent to take a conversation. `last_message` is what the visitor said last."""

    id: str
    conversation_id: str
    conversation_number: str
    channel: str
    priority: int
    title: str
    queue_id: str
    queue_name: str
    language: str
    last_message: str
    arrived_at: datetime | None
    flags: list[str]
    made_at: datetime
    expires_at: datetime


class AgentView(Shape):
    """A colleague's state and load."""

    staff_id: str
    name: str
    name_en: str
    state: Literal["ready", "busy", "break", "offline"]
    reason: str
    since: datetime
    connected: bool
    load: int
    capacity: int
    queue_ids: list[str]
    voice: Literal["", "talking", "wrap_up"] = ""
    """Whether they are on a call, or note what came of one."""


# ---- the floor -------------------------------------------------------------------------------------------


class AlertView(Shape):
    """An alert as it stands: whom it calls now, who has seen it, whether its matter is over."""

    id: str
    code: AlertCode
    conversation_id: str | None
    staff_id: str | None
    queue_id: str | None
    stage: Literal["agent", "supervisor", "webhook"]
    raised_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str
    escalated_at: datetime | None
    ended_at: datetime | None


class NoticeView(Shape):
    """Words of a supervisor to all agents or to those of a queue, and who has acknowledged them."""

    id: str
    queue_id: str | None
    text: str
    by_name: str
    at: datetime
    seen_by: list[str]

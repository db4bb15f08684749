"""What the agent's console sends and receives."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from caredesk.accounts.schemas import HalfOpen
from caredesk.conversations.schemas import BotTurnView, CannedReplyView, OptionView, RatingView
from caredesk.events.catalogue import EntryAppended
from caredesk.events.shapes import (
    AgentView,
    ConversationSummary,
    OfferView,
    QueueState,
    Seq,
    Shape,
    TimelineEntry,
    Viewer,
)
from caredesk.guardrails.rules import DraftKind, Reason
from caredesk.knowledge_base.schemas import Audience
from caredesk.patients.schemas import FamilyCard
from caredesk.queue.schemas import DecisionView
from caredesk.retention.schemas import StandingHold

ClientKey = Annotated[str, Field(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]


# ---- account ---------------------------------------------------------------------------------------------


class SignIn(Shape):
    login: str = Field(min_length=1, max_length=60)
    password: str = Field(min_length=1, max_length=200)


class ChangePassword(Shape):
    current: str = Field(max_length=200)
    new: str = Field(max_length=200)


class Me(Shape):
    """Who is signed in, and the token that every write must carry in `X-CSRF-Token`."""

    staff_id: str
    login: str
    name: str
    name_en: str
    roles: list[str]
    permissions: list[str]
    csrf_token: str


class EnrolledIn(Shape):
    """A second factor was added on the way in: its recovery codes, and who is signed in, or what comes next."""

    codes: list[str]
    me: Me | None
    half: HalfOpen | None


# ---- the desk at a glance --------------------------------------------------------------------------------


class Snapshot(Shape):
    """Everything the console shows before a conversation is opened; also what is fetched after a gap."""

    me: AgentView
    queues: list[QueueState]
    mine: list[ConversationSummary]
    waiting: list[ConversationSummary]
    """Waiting in my queues, with messages that were left while closed, in the order of offers."""
    offers: list[OfferView]
    colleagues: list[AgentView]
    close_categories: list[OptionView]
    close_outcomes: list[OptionView]
    break_reasons: list[OptionView]
    transfer_reasons: list[OptionView]
    rating_reasons: list[OptionView]
    hospital: str
    demo: bool
    server_time: datetime
    answered_today: int
    within_service_level_today: int
    message_characters: int
    may_claim: bool
    """Whether the policy lets agents take work out of its order."""
    seen_queue_ids: list[str] | None
    """The queues whose line is seen; None is the whole house, with queues that are yet to come."""


class SummaryPage(Shape):
    """A page of a list; `cursor` opens the next one."""

    conversations: list[ConversationSummary]
    cursor: str | None


class ClosedQuery(BaseModel):
    cursor: str | None = Field(default=None, max_length=120)


class SearchQuery(BaseModel):
    """Search by words, person (name or last four digits of the phone), number, and closing or opening date."""

    text: str = Field(default="", max_length=100)
    person: str = Field(default="", max_length=60)
    number: str = Field(default="", max_length=20)
    since: date | None = None
    until: date | None = None
    cursor: str | None = Field(default=None, max_length=120)


class SearchHit(Shape):
    """A conversation with the words around what was found."""

    conversation: ConversationSummary
    snippet: str


class SearchPage(Shape):
    hits: list[SearchHit]
    cursor: str | None


# ---- one conversation ------------------------------------------------------------------------------------


class ConversationView(Shape):
    """An opened conversation: its whole state at number `head` of the staff's stream."""

    conversation: ConversationSummary
    entries: list[TimelineEntry]
    """The last 200; older ones by `/entries?before=`."""
    has_earlier: bool
    head: int
    family: FamilyCard | None
    rating: RatingView | None
    bot_turns: list[BotTurnView]
    viewers: list[Viewer]
    draft: str
    earlier: list[ConversationSummary]
    """Earlier conversations of the same person, newest first."""
    can_reply: bool
    holds: list[StandingHold]


class EntriesQuery(BaseModel):
    before: Annotated[Seq, Field(ge=1)]


class EntryPage(Shape):
    entries: list[TimelineEntry]
    has_earlier: bool


class StaffCatchUp(Shape):
    """Exactly the events after the number asked for."""

    events: list[EntryAppended]
    head: int
    more: bool
    conversation: ConversationSummary


class AfterQuery(BaseModel):
    after: Seq = 0


class ReplyText(Shape):
    kind: Literal["text"]
    text: str


class ReplyPicture(Shape):
    kind: Literal["picture"]
    picture_id: str = Field(max_length=36)


class ReplyAnswer(Shape):
    """A published entry of the knowledge base, sent with its source."""

    kind: Literal["answer"]
    entry_id: str = Field(max_length=80)


class PostReply(Shape):
    """A reply written while the last thing seen was number `seen_seq` of the staff's stream.

    When the visitor has written since, it is held: 409 `conversation.stale_view` with field `head`. Sent again with
    `confirmed`, it goes out (B26). When its words should be looked at again: 409 `guardrail.held` with fields `kinds`
    and `places`. Sent again with a reason in `in_spite`, it goes out; what was changed instead names the kinds it was
    held for in `changed_after`.
    """

    client_key: ClientKey
    body: Annotated[ReplyText | ReplyPicture | ReplyAnswer, Field(discriminator="kind")]
    seen_seq: Seq
    confirmed: bool = False
    in_spite: Reason | None = None
    changed_after: list[DraftKind] = Field(default=[], max_length=6)


class PostNote(Shape):
    client_key: ClientKey
    text: str


class Appended(Shape):
    """The entry as stored and the conversation's new summary."""

    entry: TimelineEntry
    conversation: ConversationSummary


class MarkSeen(Shape):
    up_to: Seq


class PutDraft(Shape):
    text: str = Field(max_length=5000)


class Transfer(Shape):
    """Hand over to an agent or a queue: the reason is a key of the transfer reasons, the note is for the colleague."""

    target_kind: Literal["agent", "queue"]
    target_id: str = Field(max_length=36)
    reason: str = Field(min_length=1, max_length=60)
    note: str = Field(default="", max_length=1000)


class Close(Shape):
    category: str = Field(min_length=1, max_length=60)
    outcome: str = Field(min_length=1, max_length=60)
    note: str = Field(default="", max_length=1000)


class Changed(Shape):
    conversation: ConversationSummary


class Decline(Shape):
    reason: str = Field(default="", max_length=200)


class SetPresence(Shape):
    state: Literal["ready", "busy", "break", "offline"]
    reason: str = Field(default="", max_length=60)


class RevealField(Shape):
    """Uncover one masked value for a few minutes; the reason is recorded."""

    field: Literal["phone", "name", "id_number", "address", "child_name"]
    subject_id: str = Field(default="", max_length=36, pattern=r"^[A-Za-z0-9_-]*$")
    """The child or parcel when the field is not the guardian's own."""
    reason: str = Field(min_length=2, max_length=200)


class Revealed(Shape):
    value: str
    until: datetime


class CannedReplies(Shape):
    replies: list[CannedReplyView]


class Decisions(Shape):
    decisions: list[DecisionView]


class KnowledgeQuery(BaseModel):
    q: str = Field(min_length=1, max_length=200)


class KnowledgeHit(Shape):
    entry_id: str
    category: str
    question: str
    answer: str
    source: str
    owner: str
    valid_until: str | None
    score: float
    audience: Audience
    """For whom the answer is; what is not for parents is for reading only."""


class KnowledgeHits(Shape):
    hits: list[KnowledgeHit]


class UploadedPicture(Shape):
    picture_id: str
    width: int
    height: int


class Colleagues(Shape):
    agents: list[AgentView]
    queues: list[QueueState]


class ConversationPath(BaseModel):
    conversation_id: str = Field(max_length=36)


class OfferPath(BaseModel):
    offer_id: str = Field(max_length=36)


class PicturePath(BaseModel):
    picture_id: str = Field(max_length=36)

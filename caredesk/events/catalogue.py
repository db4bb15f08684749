"""The catalogue: every event a browser can receive, one frozen class each. The browser's types come from here."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from caredesk.core.audience import (
    Audience,
    agent,
    desk,
    doctor,
    floor,
    floors_of,
    queue,
    session_of,
    supervisors,
    watchers_of,
)
from caredesk.core.event import Event, PatientEvent, Sequenced, StaffEvent
from caredesk.events.alert_events import AlertChanged, AlertRaised
from caredesk.events.assist_shapes import AssistRequestView
from caredesk.events.call_shapes import CallView
from caredesk.events.continuity_events import ConditionChanged, IncidentChanged
from caredesk.events.shapes import (
    AgentView,
    ConversationSummary,
    NoticeView,
    OfferView,
    PatientConversation,
    PatientMessage,
    QueueState,
    TimelineEntry,
    Viewer,
)

# ---- to visitors -----------------------------------------------------------------------------------------


class PatientSequenced(PatientEvent, Sequenced):
    """An event of a visitor's own stream."""

    @property
    def stream(self) -> str:
        return f"patient:{self.conversation_id}"


class MessageCreated(PatientSequenced):
    """Something new on the visitor's timeline."""

    type: Literal["message.created"] = "message.created"
    message: PatientMessage


class StatusChanged(PatientSequenced):
    """The conversation moved on: queued, joined, promised, read by staff, closed."""

    type: Literal["status.changed"] = "status.changed"
    conversation: PatientConversation


class PlaceChanged(PatientEvent):
    """The visitor's place in the queue or the estimate changed; not stored, the state is fetched on return."""

    type: Literal["place.changed"] = "place.changed"
    conversation: PatientConversation


class AgentTyped(PatientEvent):
    """The agent is typing; lasts a few seconds on the screen, never stored."""

    type: Literal["agent.typed"] = "agent.typed"
    name: str


# ---- to staff --------------------------------------------------------------------------------------------


class StaffSequenced(StaffEvent, Sequenced):
    """An event of a conversation's internal stream, for those who have it open."""

    @property
    def stream(self) -> str:
        return f"staff:{self.conversation_id}"

    def audiences(self) -> tuple[Audience, ...]:
        return (watchers_of(self.conversation_id),)


class EntryAppended(StaffSequenced):
    """Something new on the staff's timeline: message, note or notice."""

    type: Literal["entry.appended"] = "entry.appended"
    entry: TimelineEntry


class ConversationChanged(StaffEvent):
    """A row of the lists changed: for its owner, its watchers and the floor, and for the queue while it waits there.

    Also told to the agent who has just lost it and to the queue it has just left. In other events `floor_queue_id` is
    the queue of the talk that they are about, whose supervisors hear of them.
    """

    type: Literal["conversation.changed"] = "conversation.changed"
    conversation: ConversationSummary
    previous_assignee_id: str | None = None
    previous_queue_id: str | None = None

    def audiences(self) -> tuple[Audience, ...]:
        summary = self.conversation
        rooms = [watchers_of(summary.id), *floors_of(summary.queue_id, self.previous_queue_id)]
        rooms += [agent(who) for who in (summary.assignee_id, self.previous_assignee_id) if who]
        waits_in = summary.queue_id if summary.status in ("waiting", "message") else None
        rooms += [queue(which) for which in (waits_in, self.previous_queue_id) if which]
        return tuple(dict.fromkeys(rooms))


class OfferMade(StaffEvent):
    """An agent is asked to take a conversation."""

    type: Literal["offer.made"] = "offer.made"
    staff_id: str
    offer: OfferView

    def audiences(self) -> tuple[Audience, ...]:
        return (agent(self.staff_id),)


class OfferEnded(StaffEvent):
    """An offer is no longer open: accepted, declined, timed out or withdrawn."""

    type: Literal["offer.ended"] = "offer.ended"
    staff_id: str
    offer_id: str
    conversation_id: str
    outcome: Literal["accepted", "declined", "timed_out", "withdrawn"]

    def audiences(self) -> tuple[Audience, ...]:
        return (agent(self.staff_id),)


class PresenceChanged(StaffEvent):
    """An agent's state, load or connection changed; told to all colleagues, who choose from them whom to ask."""

    type: Literal["presence.changed"] = "presence.changed"
    agent: AgentView
    why: str = ""

    def audiences(self) -> tuple[Audience, ...]:
        return (agent(self.agent.staff_id), desk(), floor())


class QueueChanged(StaffEvent):
    """A queue opened, closed, or its waiting line changed; told to all who work, who may hand over to any of them."""

    type: Literal["queue.changed"] = "queue.changed"
    queue: QueueState

    def audiences(self) -> tuple[Audience, ...]:
        return (desk(), floor())


class ViewersChanged(StaffEvent):
    """Who else is looking at a conversation (B33)."""

    type: Literal["viewers.changed"] = "viewers.changed"
    conversation_id: str
    viewers: list[Viewer]

    def audiences(self) -> tuple[Audience, ...]:
        return (watchers_of(self.conversation_id),)


class SomeoneTyped(StaffEvent):
    """The visitor or a colleague is typing in a conversation; never stored."""

    type: Literal["someone.typed"] = "someone.typed"
    conversation_id: str
    who: Literal["visitor", "staff"]
    staff_id: str | None = None
    name: str = ""

    def audiences(self) -> tuple[Audience, ...]:
        return (watchers_of(self.conversation_id),)


class NoticePosted(StaffEvent):
    """A supervisor has something to say to the agents of a queue, or to all."""

    type: Literal["notice.posted"] = "notice.posted"
    notice: NoticeView

    def audiences(self) -> tuple[Audience, ...]:
        return (supervisors(), queue(self.notice.queue_id) if self.notice.queue_id else desk())


class NoticeAcknowledged(StaffEvent):
    """Somebody has read a notice and says so; supervisors see who has not."""

    type: Literal["notice.acknowledged"] = "notice.acknowledged"
    notice_id: str
    staff_id: str

    def audiences(self) -> tuple[Audience, ...]:
        return (supervisors(), agent(self.staff_id))


class SupervisorActed(StaffEvent):
    """A supervisor did something that concerns one agent, who is told what, by whom and why."""

    type: Literal["supervisor.acted"] = "supervisor.acted"
    staff_id: str
    what: Literal["state_set", "joined", "left", "whispered", "taken_over", "moved", "given"]
    by_name: str
    reason: str
    conversation_id: str | None = None

    def audiences(self) -> tuple[Audience, ...]:
        return (agent(self.staff_id),)


class RosterChanged(StaffEvent):
    """Shifts or leave changed; told to supervisors and to those whose they are, who fetch them again."""

    type: Literal["roster.changed"] = "roster.changed"
    change_id: str
    kind: str
    by: str
    staff_ids: list[str]

    def audiences(self) -> tuple[Audience, ...]:
        return (supervisors(), *(agent(staff_id) for staff_id in self.staff_ids))


class ScheduleChanged(StaffEvent):
    """Sessions of the clinic changed on some dates; whoever has a calendar of them open fetches it again."""

    type: Literal["schedule.changed"] = "schedule.changed"
    change_id: str
    kind: str
    by: str
    first: str
    last: str
    at: datetime
    added: int
    changed: int
    cancelled: int

    def audiences(self) -> tuple[Audience, ...]:
        return (supervisors(),)


class ParcelChanged(StaffEvent):
    """Something new is known of a family's parcel; whoever has its conversation open fetches the family's card."""

    type: Literal["parcel.changed"] = "parcel.changed"
    conversation_id: str

    def audiences(self) -> tuple[Audience, ...]:
        return (watchers_of(self.conversation_id),)


# ---- to the desk itself ------------------------------------------------------------------------------------


class SignedOut(StaffEvent):
    """Sessions of a member of staff have ended or locked; whoever holds their sockets closes them. No browser receives
    it."""

    type: Literal["session.ended"] = "session.ended"
    staff_id: str

    def audiences(self) -> tuple[Audience, ...]:
        return (session_of(self.staff_id),)


class AssistChanged(StaffEvent):
    """A doctor's request moved on: taken, tried, promised, arrived, ended; or somebody wrote in its talk."""

    type: Literal["assist.changed"] = "assist.changed"
    request: AssistRequestView
    floor_queue_id: str | None = None
    previous_queue_id: str | None = None

    def audiences(self) -> tuple[Audience, ...]:
        floors = floors_of(self.floor_queue_id, self.previous_queue_id)
        rooms = (watchers_of(self.request.conversation_id), *floors)
        return rooms if self.request.staff_id is None else (doctor(self.request.staff_id), *rooms)


class CallChanged(StaffEvent):
    """A call moved on: it waits, rings, talks, holds, is being wrapped up, is over; for all whom it concerns."""

    type: Literal["call.changed"] = "call.changed"
    call: CallView
    staff_ids: list[str]
    floor_queue_id: str | None = None

    def audiences(self) -> tuple[Audience, ...]:
        agents = (agent(staff_id) for staff_id in self.staff_ids)
        return (watchers_of(self.call.conversation_id), *floors_of(self.floor_queue_id), *agents)


PatientEvents = Annotated[MessageCreated | StatusChanged | PlaceChanged | AgentTyped, Field(discriminator="type")]
StaffEvents = Annotated[
    EntryAppended
    | ConversationChanged
    | OfferMade
    | OfferEnded
    | PresenceChanged
    | QueueChanged
    | ViewersChanged
    | SomeoneTyped
    | AlertRaised
    | AlertChanged
    | NoticePosted
    | NoticeAcknowledged
    | SupervisorActed
    | ScheduleChanged
    | ParcelChanged
    | RosterChanged
    | AssistChanged
    | CallChanged
    | ConditionChanged
    | IncidentChanged,
    Field(discriminator="type"),
]

CATALOGUE: tuple[type[Event], ...] = (
    MessageCreated,
    StatusChanged,
    PlaceChanged,
    AgentTyped,
    EntryAppended,
    ConversationChanged,
    OfferMade,
    OfferEnded,
    PresenceChanged,
    QueueChanged,
    ViewersChanged,
    SomeoneTyped,
    AlertRaised,
    AlertChanged,
    NoticePosted,
    NoticeAcknowledged,
    SupervisorActed,
    ScheduleChanged,
    ParcelChanged,
    RosterChanged,
    AssistChanged,
    CallChanged,
    ConditionChanged,
    IncidentChanged,
)

PATIENT_EVENTS: TypeAdapter[PatientEvents] = TypeAdapter(PatientEvents)
STAFF_EVENTS: TypeAdapter[StaffEvents] = TypeAdapter(StaffEvents)

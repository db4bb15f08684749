"""What goes over the socket, as two schemas for the browser's generated types."""

from __future__ import annotations

from datetime import datetime

from caredesk.events.catalogue import PatientEvents, StaffEvents
from caredesk.events.shapes import Shape


class Beat(Shape):
    """The server's time, and the heads of what the screen watches; sent every fifteen seconds.

    `stalled` while the database takes nothing: what is sent waits on the device. `notice` is the kind of incident
    that parents are told of, whose words come with the first screen's facts.
    """

    at: datetime
    heads: dict[str, int]
    stalled: bool = False
    notice: str = ""


class Watch(Shape):
    """Watch a conversation and get what was missed after a number."""

    conversation_id: str
    after: int


class OneConversation(Shape):
    """Names a conversation."""

    conversation_id: str


class ServerEvents(Shape):
    """What the server sends, by socket event name."""

    event: PatientEvents | StaffEvents
    beat: Beat


class ClientEvents(Shape):
    """What a screen sends, by socket event name; each is acknowledged."""

    watch: Watch
    unwatch: OneConversation
    typing: OneConversation
    ping_desk: dict[str, str]
    post: dict[str, object]
    """A parent's message, with the body and the answer of `POST /api/chat/messages`."""

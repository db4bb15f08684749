"""Shapes of recordings and left messages on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from caredesk.telephony.menu_schemas import Shape
from caredesk.telephony.recording_rules import Purpose


class Watermark(Shape):
    """Who looks at this, and when: shown over the player, so that a photograph of the screen tells where it leaked."""

    name: str
    at: datetime


class PlayView(Shape):
    """Somebody listened."""

    staff_id: str
    staff_name: str
    purpose: str
    at: datetime


class RecordingView(Shape):
    """A recording apart from its sound. `peaks` are the loudest of each stretch by channel, 0 to 100.

    Of a call, the first channel is the caller and the second the agent. Without `playable` the sound is gone, past
    `kept_until` or deleted. `plays` is filled for supervisors.
    """

    id: str
    conversation_id: str
    call_id: str
    kind: Literal["call", "voicemail"]
    seconds: float
    channels: int
    peaks: list[list[int]]
    kept_at: datetime
    kept_until: datetime
    playable: bool
    purposes: list[Purpose]
    plays: list[PlayView]
    watermark: Watermark


class RecordingList(Shape):
    """The recordings of one conversation, in order."""

    recordings: list[RecordingView]


class VoicemailView(Shape):
    """A message that somebody left: the work it became, and its recording."""

    conversation_id: str
    number: str
    status: Literal["waiting", "message", "active", "closed", "bot"]
    caller: str
    queue_name: str
    queue_name_en: str
    left_at: datetime
    promised_at: datetime | None
    recording_id: str | None
    seconds: float


class VoicemailList(Shape):
    """Left messages, those that wait longest first."""

    voicemails: list[VoicemailView]

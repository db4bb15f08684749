"""Shapes of the hotline's set-up on the wire: the menu, its limits, its prompts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

PromptName = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,60}$")]
QueueKey = Annotated[str, Field(min_length=1, max_length=40)]
MOST_OPTIONS = 10


class Shape(BaseModel):
    """A frozen shape that knows all its fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class MenuOption(Shape):
    """What one digit leads to: a queue, something to hear, a call-back, or leaving a message.

    A call-back and a message may name the queue that they are for; without one it is the default queue.
    """

    digit: str = Field(pattern=r"^[0-9*#]$")
    kind: Literal["queue", "information", "call_back", "message"]
    queue_key: QueueKey | None = None
    prompt: PromptName | None = None

    @model_validator(mode="after")
    def _it_leads_somewhere(self) -> Self:
        if self.kind == "queue" and not self.queue_key:
            raise ValueError("queue_missing")
        if (self.kind == "information") != (self.prompt is not None):
            raise ValueError("prompt_missing")
        return self


class HotlineSetup(Shape):
    """How the hotline behaves. Times are seconds unless their name says minutes.

    `caller_id` is the hospital's own number, shown on outgoing calls. Whom we call hears no notice of ours, so that
    those calls are recorded only where agents say it themselves (`record_outgoing`); a call-back heard it before.
    """

    options: list[MenuOption] = Field(default=[], max_length=MOST_OPTIONS)
    default_queue: QueueKey
    rounds: int = Field(2, ge=1, le=5)
    digit_seconds: int = Field(6, ge=3, le=20)
    announce_seconds: int = Field(45, ge=15, le=300)
    say_cancelled: bool = True
    record: bool = True
    record_outgoing: bool = False
    call_back: bool = True
    call_back_attempts: int = Field(3, ge=1, le=10)
    call_back_pause_minutes: int = Field(10, ge=1, le=240)
    voicemail: bool = True
    voicemail_seconds: int = Field(120, ge=10, le=600)
    voicemail_silence_seconds: int = Field(6, ge=2, le=30)
    ring_seconds: int = Field(20, ge=8, le=60)
    wrap_up_seconds: int = Field(60, ge=0, le=900)
    caller_id: str = Field("", max_length=20, pattern=r"^[0-9+]*$")

    @model_validator(mode="after")
    def _each_digit_once(self) -> Self:
        digits = [option.digit for option in self.options]
        if len(digits) != len(set(digits)):
            raise ValueError("digit_twice")
        return self


class SetupQueue(Shape):
    """A queue that the menu may lead to, and whether it is open now."""

    key: str
    name: str
    name_en: str
    open: bool
    next_open: datetime | None


class HotlineSetupView(Shape):
    """The set-up that holds, its version (0: nobody has changed it yet), and what the page needs beside it.

    `speech` tells whether words can be spoken: without a speech program callers hear tones in their place.
    """

    version: int
    made_by: str
    made_at: datetime | None
    setup: HotlineSetup
    queues: list[SetupQueue]
    information: list[str]
    speech: Literal["speech", "tones"]


class PutHotlineSetup(Shape):
    """A changed set-up, and the version that it was made from."""

    version: int = Field(ge=0, le=1_000_000)
    setup: HotlineSetup
    note: str = Field("", max_length=200)


class PromptView(Shape):
    """One prompt as the page lists it. `origin` tells where its sound comes from."""

    name: str
    kind: Literal["phrase", "part", "sound", "name"]
    zh: str
    en: str
    origin: Literal["uploaded", "speech", "tones", "made"]
    seconds: float
    sha256: str
    uploaded_by: str
    uploaded_at: datetime | None


class PromptList(Shape):
    """Every prompt that callers may hear."""

    speech: Literal["speech", "tones"]
    prompts: list[PromptView]


class EnginePrompt(Shape):
    """A prompt as the telephony process fetches it."""

    name: str
    sha256: str
    seconds: float


class EnginePrompts(Shape):
    """All prompts with what tells whether one has changed."""

    prompts: list[EnginePrompt]


class HotlineVersionView(Shape):
    """A version of the set-up that was kept."""

    version: int
    note: str
    made_by: str
    made_at: datetime
    setup: HotlineSetup


class HotlineVersionList(Shape):
    """The last versions, newest first."""

    versions: list[HotlineVersionView]

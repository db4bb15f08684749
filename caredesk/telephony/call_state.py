"""A call's state as one value, what the desk itself tells the machine, and what a step asks for.

A file beside the rules because all of them speak in it: the state is kept with the call's row and read back from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from caredesk.telephony.commands import Verb

Direction = Literal["in", "out", "call_back"]
Phase = Literal["menu", "waiting", "ringing", "talking", "held", "consulting", "message", "leaving", "ended"]
Stage = Literal["", "greeting", "asking", "digit", "information", "closed", "invited", "speaking"]
"""Where in menu or message a caller is; what is played decides what its end means."""

Role = Literal["agent", "consult", "patient", "listener"]
LegState = Literal["dialling", "ringing", "up", "over"]
Disposition = Literal[
    "answered",
    "abandoned_ivr",
    "abandoned_queue",
    "abandoned_ring",
    "queue_timeout",
    "overflow",
    "after_hours",
    "voicemail",
    "callback_requested",
    "patient_unreachable",
    "failed",
]


class Leg(BaseModel):
    """One phone that is rung or talked on. Only the agent's and a consulted colleague's leg take somebody's place."""

    model_config = ConfigDict(frozen=True)

    id: str
    role: Role
    staff_id: str | None = None
    offer_id: str | None = None
    state: LegState = "dialling"
    user: str = ""
    mode: str = ""
    """For a listener: listen, whisper or join."""

    @property
    def lives(self) -> bool:
        return self.state != "over"


class CallState(BaseModel):
    """Where a call stands. `spent` are the seconds of each phase that has ended, so that no second is lost."""

    model_config = ConfigDict(frozen=True)

    id: str
    direction: Direction
    phase: Phase
    started_at: datetime
    since: datetime
    spent: dict[str, float] = {}
    legs: tuple[Leg, ...] = ()
    legs_made: int = 0
    plays: int = 0
    playing: str = ""
    """The play whose end counts; what ends without being it was overtaken."""
    round: int = 0
    timer: int = 0
    """Number of the last timer; one that rings with another number is late."""
    stage: Stage = ""
    pressed: str = ""
    """The key that was pressed before it could count."""
    owes: Literal["", "told", "asked"] = ""
    """Whether the caller is owed a call-back: we know of one, or have just said so and asked whether it shall stay."""
    pending_queue: str = ""
    has_recording: bool = False
    was_bridged: bool = False
    was_queued: bool = False
    message_id: str = ""
    message_seconds: float = 0.0
    foreseen: str = ""
    """The disposition that is known before the end."""
    disposition: str = ""
    hung_up_by: str = ""
    cause: int = 0

    def leg(self, leg_id: str) -> Leg | None:
        """Return a leg by its id."""
        return next((one for one in self.legs if one.id == leg_id), None)

    def living(self, role: Role) -> Leg | None:
        """Return the leg of a role that is not over."""
        return next((one for one in self.legs if one.role == role and one.lives), None)

    @property
    def ended(self) -> bool:
        return self.phase == "ended"


# ---- what the desk tells the machine -----------------------------------------------------------------------


@dataclass(frozen=True)
class OfferMade:
    """The matcher asks an agent: ring these of their phones, for so many seconds."""

    offer_id: str
    staff_id: str
    users: tuple[str, ...]
    ring_seconds: int


@dataclass(frozen=True)
class OfferOver:
    """The offer was declined, withdrawn or ran out at the desk."""

    offer_id: str


@dataclass(frozen=True)
class PlaceKnown:
    """What a waiting caller is told of place and wait, when the timer of this number rang."""

    timer: int
    prompts: tuple[str, ...]


@dataclass(frozen=True)
class WaitOver:
    """Nobody will come: the wait is over without an agent. `prompts` say so, then a message is taken where allowed."""

    prompts: tuple[str, ...]
    disposition: Disposition


@dataclass(frozen=True)
class CallBackKept:
    """The wish to be called back was noted, or not."""

    kept: bool


@dataclass(frozen=True)
class Stumbled:
    """What the engine told could not be taken for a fault of ours: who is alone on the line must not hear silence."""


@dataclass(frozen=True)
class TimeOut:
    """A timer has rung."""

    timer: int


@dataclass(frozen=True)
class Hold:
    """The agent puts the caller on hold, or takes them off it."""

    on: bool


@dataclass(frozen=True)
class HangUp:
    """The agent, or whoever may, ends the call."""

    by: str = "agent"
    reason: str = "agent"


@dataclass(frozen=True)
class GiveBack:
    """The agent's part is over, the caller's is not: they wait for a queue or a colleague (blind transfer)."""


@dataclass(frozen=True)
class Consult:
    """Ask a colleague while the caller holds (warm transfer)."""

    staff_id: str
    users: tuple[str, ...]
    ring_seconds: int


@dataclass(frozen=True)
class Complete:
    """Leave the caller to the colleague who was asked."""


@dataclass(frozen=True)
class CancelConsult:
    """Go back to the caller."""


@dataclass(frozen=True)
class SendDigits:
    """Press keys towards the caller."""

    digits: str


@dataclass(frozen=True)
class Listen:
    """A supervisor stands beside the call."""

    staff_id: str
    users: tuple[str, ...]
    mode: str
    ring_seconds: int


DeskFact = (
    OfferMade
    | OfferOver
    | PlaceKnown
    | WaitOver
    | CallBackKept
    | Stumbled
    | TimeOut
    | Hold
    | HangUp
    | GiveBack
    | Consult
    | Complete
    | CancelConsult
    | SendDigits
    | Listen
)


# ---- what a step asks for ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Send:
    """A command to the engine."""

    verb: Verb
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class EnterQueue:
    """Let the caller wait in a queue; without one the default queue's place is the desk's to find."""

    queue_id: str | None


@dataclass(frozen=True)
class AcceptOffer:
    """The agent has answered: the conversation is theirs."""

    offer_id: str
    staff_id: str


@dataclass(frozen=True)
class EndOffer:
    """The agent did not answer; `how` is what happens to the offer."""

    offer_id: str
    how: Literal["time_out", "decline", "withdraw"]
    reason: str


@dataclass(frozen=True)
class WaitAgain:
    """The caller goes back to the queue at the original place; `lost` when the agent's phone went away."""

    staff_id: str | None
    lost: bool


@dataclass(frozen=True)
class PhoneGone:
    """A phone turned out not to be there."""

    staff_id: str
    user: str
    reason: str


@dataclass(frozen=True)
class HandOver:
    """The colleague who was consulted has the caller now."""

    giver: str
    taker: str


@dataclass(frozen=True)
class FreeConsulted:
    """The colleague who was consulted has nothing to do with it any more."""

    staff_id: str


@dataclass(frozen=True)
class NoteCallBack:
    """The caller wants to be called back, keeping the place; `queue_id` when they have not waited yet."""

    queue_id: str | None


@dataclass(frozen=True)
class WithdrawCallBack:
    """The caller, who is owed a call-back, does not want it any more."""


@dataclass(frozen=True)
class BeginMessage:
    """The caller is about to speak a message for a queue."""

    queue_id: str | None


@dataclass(frozen=True)
class KeepMessage:
    """A message was spoken."""

    recording_id: str
    seconds: float


@dataclass(frozen=True)
class Wake:
    """Ring a timer."""

    timer: int
    seconds: float


@dataclass(frozen=True)
class NotReached:
    """The patient who was called did not answer; `reason` is the leg's."""

    reason: str


@dataclass(frozen=True)
class Finish:
    """The call is over: wrap-up, or the end of the conversation."""

    disposition: str


Effect = (
    Send
    | EnterQueue
    | AcceptOffer
    | EndOffer
    | WaitAgain
    | PhoneGone
    | HandOver
    | FreeConsulted
    | NoteCallBack
    | WithdrawCallBack
    | BeginMessage
    | KeepMessage
    | Wake
    | NotReached
    | Finish
)


@dataclass(frozen=True)
class Step:
    """A state and what follows from having come to it, in order."""

    state: CallState
    effects: tuple[Effect, ...] = ()

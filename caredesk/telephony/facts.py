"""What an engine tells of calls, legs and phones: the shapes on the wire, one for each kind (`docs/hotline.md`).

A file beside the schemas because engines speak it, not browsers: fields that we do not know are let be.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

Name = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9._:-]*$")]
"""An id that an engine or we have made."""


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())


Plain = Annotated[str, AfterValidator(_printable)]
"""Words from outside, which may be of any shape: what cannot be printed is left out."""


def _phone_user(text: str) -> str:
    return text if re.fullmatch(r"[a-z]?[0-9]{3,6}", text) else ""


User = Annotated[str, Field(max_length=200), AfterValidator(_phone_user)]
"""Which of an agent's phones; a number outside, which an engine may put in its place, is let fall."""

PhoneKind = Literal["browser", "desk"]


class FactBase(BaseModel):
    """What every fact has: its own id, by which a repeat is known, the call, and the engine's time."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._:-]+$")]
    call_id: Annotated[str, Field(max_length=36, pattern=r"^[A-Za-z0-9-]*$")] = ""
    at: AwareDatetime


# ---- the engine ------------------------------------------------------------------------------------------


class EngineStarted(FactBase):
    """A new run of an engine: whatever it does not name is over."""

    type: Literal["engine.started"]
    version: Annotated[Plain, Field(max_length=60)] = ""
    capabilities: Annotated[list[Name], Field(max_length=40)] = []
    calls: Annotated[list[Name], Field(max_length=5000)] = []


class EngineCalls(FactBase):
    """Which calls live, every half minute and after a connection was lost."""

    type: Literal["engine.calls"]
    calls: Annotated[list[Name], Field(max_length=5000)] = []


class EngineTrouble(FactBase):
    """Something of the engine does not work."""

    type: Literal["engine.trouble"]
    code: Name


class EngineRecovered(FactBase):
    """It works again."""

    type: Literal["engine.recovered"]
    code: Name


# ---- the call --------------------------------------------------------------------------------------------


class CallArrived(FactBase):
    """Somebody calls; `caller` is what the trunk said, of whatever shape."""

    type: Literal["call.arrived"]
    caller: Annotated[Plain, Field(max_length=200)] = ""
    called: Annotated[Plain, Field(max_length=200)] = ""
    trunk: Annotated[Plain, Field(max_length=80)] = ""


class CallDigit(FactBase):
    """The caller pressed a key."""

    type: Literal["call.digit"]
    digit: Annotated[str, Field(pattern=r"^[0-9*#A-D]$")]


class CallPlayed(FactBase):
    """Prompts have ended, by themselves or because of a digit or another command."""

    type: Literal["call.played"]
    play_id: Annotated[Name, Field(min_length=1)]
    interrupted: bool = False


class CallHeld(FactBase):
    """The agent's side put the caller on hold."""

    type: Literal["call.held"]
    leg: Name = ""


class CallResumed(FactBase):
    """They talk again."""

    type: Literal["call.resumed"]
    leg: Name = ""


class CallBridged(FactBase):
    """The caller and a leg hear each other."""

    type: Literal["call.bridged"]
    leg: Name = ""


class CallEnded(FactBase):
    """The call is over, with everything that belonged to it."""

    type: Literal["call.ended"]
    by: Literal["caller", "agent", "system", "trunk"] = "system"
    cause: Annotated[int, Field(ge=0, le=999)] = 0
    reason: Name = ""


# ---- legs ------------------------------------------------------------------------------------------------


class LegRinging(FactBase):
    """A phone rings."""

    type: Literal["leg.ringing"]
    leg: Name


class LegAnswered(FactBase):
    """A phone was answered; `user` is which of the agent's phones."""

    type: Literal["leg.answered"]
    leg: Name
    user: User = ""


class LegFailed(FactBase):
    """A phone was not answered."""

    type: Literal["leg.failed"]
    leg: Name
    reason: Literal["timeout", "busy", "declined", "not_registered", "unreachable", "cancelled", "error"]
    cause: Annotated[int, Field(ge=0, le=999)] = 0


class LegEnded(FactBase):
    """An answered phone hung up while the call goes on."""

    type: Literal["leg.ended"]
    leg: Name
    by: Name = ""


class LegLost(FactBase):
    """An answered phone is gone without a word."""

    type: Literal["leg.lost"]
    leg: Name
    reason: Name = ""


# ---- recordings and phones -------------------------------------------------------------------------------


class VoicemailEnded(FactBase):
    """A caller's message is over, after so many seconds."""

    type: Literal["voicemail.ended"]
    recording_id: Name
    seconds: Annotated[float, Field(ge=0, le=100_000)]


class RecordingReady(FactBase):
    """A recording has been handed over."""

    type: Literal["recording.ready"]
    recording_id: Name
    kind: Literal["call", "voicemail"]
    seconds: Annotated[float, Field(ge=0, le=100_000)]


class PhoneRegistered(FactBase):
    """A phone can be rung until `expires_at`, unless it says so again before."""

    type: Literal["phone.registered"]
    user: Name
    kind: PhoneKind
    expires_at: AwareDatetime


class PhoneUnregistered(FactBase):
    """A phone cannot be rung any more."""

    type: Literal["phone.unregistered"]
    user: Name
    kind: PhoneKind
    reason: Name = ""


EngineFact = EngineStarted | EngineCalls | EngineTrouble | EngineRecovered
PhoneFact = PhoneRegistered | PhoneUnregistered
CallFact = (
    CallArrived
    | CallDigit
    | CallPlayed
    | CallHeld
    | CallResumed
    | CallBridged
    | CallEnded
    | LegRinging
    | LegAnswered
    | LegFailed
    | LegEnded
    | LegLost
    | VoicemailEnded
    | RecordingReady
)
Fact = Annotated[EngineFact | PhoneFact | CallFact, Field(discriminator="type")]

FACT: TypeAdapter[Fact] = TypeAdapter(Fact)

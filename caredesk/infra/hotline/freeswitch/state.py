"""What the engine remembers of calls: channels by their ids, and what each is doing. Nothing here talks to anybody."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Hearing = Literal["nothing", "prompts", "music", "talk", "held", "message"]


@dataclass
class Play:
    """Prompts that are being played to the caller; `cut` when something else has stopped them."""

    play_id: str
    mark: str
    interruptible: bool
    cut: bool = False


@dataclass
class Leg:
    """One phone, or one after the other, that is rung for a call. Reported once, whichever of them it was."""

    id: str
    call_id: str
    channel: str
    targets: list[tuple[str, str]]
    """What is still to be tried: the user and the dial string; the first is being tried."""
    seconds: int
    shown: str
    bridges: bool
    state: Literal["dialling", "ringing", "up", "over"] = "dialling"
    user: str = ""
    role: Literal["agent", "patient"] = "agent"
    cancelled: bool = False
    released: bool = False
    lost: str = ""


@dataclass
class Taping:
    """A recording of the call, which begins with the first bridge."""

    recording_id: str
    path: str
    on: bool = True
    running: bool = False


@dataclass
class Message:
    """A message that the caller speaks."""

    recording_id: str
    path: str
    mark: str


@dataclass
class Call:
    """One call. `channel` is the caller's, or the patient's of a call that we make."""

    id: str
    channel: str
    is_out: bool = False
    answered: bool = False
    hearing: Hearing = "nothing"
    playing: Play | None = None
    plays: dict[str, Play] = field(default_factory=dict)
    """Prompts whose end has not been heard of, by their marks: those that are cut end a moment later."""
    legs: dict[str, Leg] = field(default_factory=dict)
    bridged: str = ""
    """The leg that the caller talks with, or would if they were not held."""
    rings_next: Leg | None = None
    """Of a call that we make: the patient, who is rung when the agent has answered."""
    taping: Taping | None = None
    message: Message | None = None
    ended_by_us: str = ""
    """Why we ended it, when we did."""

    def leg_of(self, channel: str) -> Leg | None:
        """Return the living leg that a channel is."""
        return next((leg for leg in self.legs.values() if leg.channel == channel and leg.state != "over"), None)

    @property
    def talks_with(self) -> Leg | None:
        """Return the leg that the caller is bound to."""
        return self.legs.get(self.bridged)


@dataclass
class Book:
    """All calls, and which call a channel belongs to."""

    calls: dict[str, Call] = field(default_factory=dict)
    by_channel: dict[str, str] = field(default_factory=dict)

    def add(self, call: Call) -> Call:
        """Put a call on the list."""
        self.calls[call.id] = call
        if call.channel:
            self.by_channel[call.channel] = call.id
        return call

    def bind(self, channel: str, *, call: Call) -> None:
        """Note that a channel belongs to a call."""
        self.by_channel[channel] = call.id

    def find(self, channel: str) -> Call | None:
        """Return the call of a channel."""
        return self.calls.get(self.by_channel.get(channel, ""))

    def drop(self, call: Call) -> None:
        """Take a call that has ended off the list, with its channels."""
        self.calls.pop(call.id, None)
        for channel in [one for one, owner in self.by_channel.items() if owner == call.id]:
            del self.by_channel[channel]

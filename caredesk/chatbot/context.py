"""What one turn of the dialogue hands to the next. The bot keeps nothing itself: this goes out with a turn and comes
back with the next question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from caredesk.chatbot.slots import Names, Slots

TOPIC_TURNS = 4
"""For so many turns an answer stays what "it" means."""


@dataclass(frozen=True, slots=True)
class Context:
    """What the bot should remember of the turns before.

    `topic` is the entry answered last, `age` how many turns ago. `asked` is the last question as it was read.
    `shown` are the entries that were answered or offered last, `rest` those that came next after them. `awaiting`
    names the slot that was asked for, on behalf of the entry `pending`.
    """

    misses: int = 0
    topic: str | None = None
    age: int = 0
    asked: str = ""
    outcome: str = ""
    shown: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()
    reworded: int = 0
    awaiting: str | None = None
    pending: str | None = None
    slots: Slots = field(default_factory=Slots)

    @property
    def has_topic(self) -> bool:
        """Tell whether an earlier answer is still what the talk is about."""
        return self.topic is not None and self.age <= TOPIC_TURNS

    def older(self) -> Context:
        """Return the context one turn later, in which nothing was answered; old topics fade."""
        if self.age >= TOPIC_TURNS:
            return replace(self, topic=None, age=0, slots=Slots())
        return replace(self, age=self.age + 1)

    def to_plain(self) -> dict[str, Any]:
        """Return plain values to be stored with the turn."""
        return {
            "topic": self.topic,
            "age": self.age,
            "asked": self.asked,
            "outcome": self.outcome,
            "shown": list(self.shown),
            "rest": list(self.rest),
            "reworded": self.reworded,
            "awaiting": self.awaiting,
            "pending": self.pending,
            "slots": self.slots.to_plain(),
        }

    @classmethod
    def from_plain(cls, kept: Mapping[str, Any] | None, *, misses: int) -> Context:
        """Read back what `to_plain` wrote; nothing kept is a fresh start."""
        if not kept:
            return cls(misses=misses)
        return cls(
            misses=misses,
            topic=kept["topic"],
            age=kept["age"],
            asked=kept["asked"],
            outcome=kept["outcome"],
            shown=tuple(kept["shown"]),
            rest=tuple(kept["rest"]),
            reworded=kept["reworded"],
            awaiting=kept["awaiting"],
            pending=kept["pending"],
            slots=Slots.from_plain(kept["slots"]),
        )


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the bot is told of the world for one question: names, the clinic's date, and which entries are live.

    `live` maps entries to the provider that completes their answers; an empty one means answers of words alone.
    """

    names: Names = field(default_factory=Names)
    today: date | None = None
    live: Mapping[str, str] = field(default_factory=dict)

    def bound_to(self, provider: str) -> tuple[str, ...]:
        """Return the entries that a provider completes, in order of their ids."""
        return tuple(sorted(entry_id for entry_id, name in self.live.items() if name == provider))

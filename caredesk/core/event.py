"""Base classes of events. The catalogue itself is `caredesk/events/catalogue.py`."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from typing import Any, final

from pydantic import BaseModel, ConfigDict

from caredesk.core.audience import Audience, patient_of


class Event(BaseModel):
    """A fact that has happened, told to a named audience. Subclasses carry a literal `type` = `noun.past_tense`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str

    @cached_property
    def wire(self) -> dict[str, Any]:
        """The event as it is stored and as it goes over a wire; written out once, and not to be changed."""
        return self.model_dump(mode="json")

    @abstractmethod
    def audiences(self) -> tuple[Audience, ...]:
        """Return the rooms that hear of it; never empty."""


class StaffEvent(Event):
    """For staff only; may carry internal matter."""


class PatientEvent(Event):
    """The only kind that reaches a visitor; its audience cannot be anything else."""

    conversation_id: str

    @final
    def audiences(self) -> tuple[Audience, ...]:
        return (patient_of(self.conversation_id),)


class Sequenced(Event):
    """Stored and numbered without gaps in its stream, so that a client can catch up after `seq`."""

    conversation_id: str
    seq: int

    @property
    @abstractmethod
    def stream(self) -> str:
        """Return the name of the sequence this event belongs to."""

"""What a provider of live data is asked, and what it gives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from caredesk.chatbot.live_words import Voice
from caredesk.chatbot.replies import Language
from caredesk.chatbot.slots import Slots
from caredesk.events.shapes import LiveState


@dataclass(frozen=True)
class LiveQuestion:
    """One question to a provider. `guardian_id` is None for a visitor nobody has vouched for."""

    entry_id: str
    slots: Slots
    words: str
    guardian_id: str | None
    language: Language
    now: datetime

    @cached_property
    def voice(self) -> Voice:
        """Return what says things in the visitor's language."""
        return Voice(language=self.language, now=self.now)


@dataclass(frozen=True)
class LiveAnswer:
    """What live data say, and as of when. `whole` answers stand alone; others stand before the entry's own words."""

    text: str
    as_of: datetime
    source: str
    state: LiveState = "fresh"
    whole: bool = True


@dataclass(frozen=True)
class WhichOne:
    """Several things may be meant: the words to ask with, and what to choose from."""

    text: str
    choices: tuple[str, ...]

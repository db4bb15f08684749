"""The words of live answers, by key and language; days and clock times are said in one way everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from caredesk.chatbot.content import read_yaml
from caredesk.chatbot.replies import Language
from caredesk.core.clock import clinic_time


class Voice:
    """Says things in one language, as seen from one instant."""

    def __init__(self, *, language: Language, now: datetime) -> None:
        self.language = language
        self.now = now
        self.today = clinic_time(now).date()
        self._words = _words()[language]

    def say(self, key: str, **facts: object) -> str:
        """Return the words of a key with its facts filled in."""
        pattern: str = self._words[key]
        return pattern.format(**facts)

    def name(self, name: str, name_en: str) -> str:
        """Return a name in this language, as far as it has one."""
        return name_en if self.language == "en" and name_en else name

    def day(self, day: date) -> str:
        """Say a day: today, tomorrow, or its date with the weekday."""
        key = {self.today: "today", self.today + timedelta(days=1): "tomorrow"}.get(day, "day")
        return self.say(key, **self._parts(day))

    def days(self, first: date, last: date) -> str:
        """Say a stretch of days."""
        return self.day(first) if first == last else self.say("range", first=self.day(first), last=self.day(last))

    def moment(self, at: datetime) -> str:
        """Say an instant with its date."""
        return self.say("moment", **self._parts(clinic_time(at).date()), clock=self.clock(at))

    def clock(self, at: datetime) -> str:
        """Say a time of day at the clinic."""
        return f"{clinic_time(at):%H:%M}"

    def join(self, words: Iterable[str]) -> str:
        """Say several things in a row."""
        between: str = self._words["and"]
        return between.join(words)

    def _parts(self, day: date) -> dict[str, object]:
        weekday = self._words["weekdays"][day.weekday()]
        return {"year": day.year, "month": day.month, "day": day.day, "weekday": weekday}


@lru_cache(maxsize=1)
def _words() -> dict[str, dict[str, Any]]:
    words: dict[str, dict[str, Any]] = read_yaml("live_words.yaml")
    return words

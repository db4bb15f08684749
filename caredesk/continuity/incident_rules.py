"""Pure decisions about incidents: kinds and their steps, what may be said, when somebody must have begun.

A file beside the rules of conditions, because they share nothing but the island.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from caredesk.continuity.errors import IncidentWordsInvalid

RESPOND_WITHIN = timedelta(minutes=30)
"""A major incident gets a response within 30 minutes (B65)."""

BEGINS = frozenset({"responded", "ticked", "parents_told"})
"""What shows that somebody has begun, and stops the clock of the response."""

LONGEST_REASON, LONGEST_NOTE = 200, 500
KINDS_FILE = Path(__file__).with_name("incident_kinds.yaml")
OUTAGES_FILE = Path(__file__).with_name("outages.yaml")

EntryKind = Literal["responded", "ticked", "unticked", "noted", "parents_told", "parents_untold", "taken_over"]


@dataclass(frozen=True)
class Words:
    """The same in both languages."""

    zh: str
    en: str

    def with_hotline(self, hotline: str) -> Words:
        """Return the words with the hospital's number in its place."""
        return Words(*(text.replace("{hotline}", hotline) for text in (self.zh, self.en)))


@dataclass(frozen=True)
class Kind:
    """A kind of incident: its name, its steps in order, and what parents are told."""

    key: str
    name: Words
    parents: Words
    steps: tuple[tuple[str, Words], ...]


@cache
def kinds(file: Path = KINDS_FILE) -> dict[str, Kind]:
    """Return the kinds by key, as the data file says."""
    read: dict[str, Any] = yaml.safe_load(file.read_text("utf-8"))
    return {key: _kind(key, told) for key, told in read.items()}


def _kind(key: str, told: dict[str, Any]) -> Kind:
    steps = tuple((step, Words(**words)) for step, words in told["steps"].items())
    return Kind(key, Words(told["zh"], told["en"]), Words(**told["parents"]), steps)


def known_kind(key: str) -> Kind:
    """Return a kind; raise IncidentWordsInvalid when nobody knows it."""
    found = kinds().get(key)
    if found is None:
        raise IncidentWordsInvalid(what="kind")
    return found


@dataclass(frozen=True)
class Outage:
    """After how long an outage of something suggests an incident, and one of which kind."""

    after: timedelta
    kind: str


@cache
def outages(file: Path = OUTAGES_FILE) -> dict[str, Outage]:
    """Return by the name of what fails what its outage suggests, as the data file says."""
    read: dict[str, Any] = yaml.safe_load(file.read_text("utf-8"))
    return {name: Outage(timedelta(minutes=told["minutes"]), told["kind"]) for name, told in read.items()}


def known_step(kind: Kind, *, step: str) -> str:
    """Return a step of a kind; raise IncidentWordsInvalid when it has none of this name."""
    if step not in dict(kind.steps):
        raise IncidentWordsInvalid(what="step")
    return step


def said(text: str, *, longest: int, what: str) -> str:
    """Return tidy words; raise IncidentWordsInvalid when they say nothing or too much."""
    if not text.strip() or len(text) > longest:
        raise IncidentWordsInvalid(what=what)
    return text.strip()


def ticked_steps(entries: Iterable[tuple[str, str]]) -> list[str]:
    """Return which steps are done, of pairs of what happened and to which step, in order."""
    done: dict[str, bool] = {}
    for what, item in entries:
        if what in ("ticked", "unticked"):
            done[item] = what == "ticked"
    return [item for item, is_done in done.items() if is_done]


@dataclass(frozen=True)
class Wait:
    """One wait for a person: from when to when, and whether somebody came."""

    since: datetime
    taken_at: datetime | None
    closed_at: datetime | None


@dataclass(frozen=True)
class WaitFigures:
    """How many waited, how many of them left without a person, and the longest wait in seconds."""

    waited: int
    lost: int
    longest_seconds: int


def wait_figures(waits: Sequence[Wait], *, until: datetime) -> WaitFigures:
    """Return the figures of waits that had not ended before an incident; who still waits counts until its end."""
    lost = sum(one.taken_at is None and one.closed_at is not None for one in waits)
    lengths = [(one.taken_at or one.closed_at or until) - one.since for one in waits]
    longest = max(lengths, default=timedelta(0))
    return WaitFigures(len(waits), lost, max(0, round(longest.total_seconds())))

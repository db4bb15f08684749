"""The hotline's figures, one definition each over calls: part, whole, window, what is left out (B60). Pure.

The words for people stand in the front end under `hotline.figure.<name>`; what is counted stands here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

FigureName = Literal[
    "answer_rate",
    "within_15",
    "within_20",
    "abandonment",
    "average_handling",
    "average_wrap_up",
    "occupancy",
]
Exclusion = Literal["not_over", "never_queued", "call_back_asked", "outgoing", "wrap_up_open", "away"]
"""What a figure leaves out: calls that are not over, that asked for no person, whose caller chose to be called back,
that we made; calls whose wrap-up is not over; time on a break or offline."""

SOUGHT_A_PERSON: tuple[Exclusion, ...] = ("not_over", "never_queued", "call_back_asked", "outgoing")
LEFT_OTHERWISE = frozenset({"callback_requested", "after_hours"})


@dataclass(frozen=True, slots=True)
class CallFacts:
    """One call as the figures see it; `talk`, `hold` and `wrap_up` are seconds, `wrap_up` None while it goes on."""

    incoming: bool
    started_at: datetime
    queued_at: datetime | None
    bridged_at: datetime | None
    ended_at: datetime | None
    disposition: str
    talk: float = 0.0
    hold: float = 0.0
    wrap_up: float | None = None
    agent_id: str | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with what it is made of. `value` is a share, or seconds where `unit` says so; None without any call."""

    name: FigureName
    part: float
    whole: float
    unit: Literal["share", "seconds"]
    excludes: tuple[Exclusion, ...]

    @property
    def value(self) -> float | None:
        """Return part of whole, or None: silence is not 100 %."""
        return self.part / self.whole if self.whole else None


def sought_a_person(calls: Iterable[CallFacts]) -> list[CallFacts]:
    """Return the calls by which people asked for a person, and whose wait is over."""
    return [
        call
        for call in calls
        if call.incoming
        and call.queued_at is not None
        and (call.bridged_at is not None or (call.ended_at is not None and call.disposition not in LEFT_OTHERWISE))
    ]


def answer_rate(calls: Iterable[CallFacts]) -> Figure:
    """Connected with an agent, of all who asked for a person."""
    sought = sought_a_person(calls)
    return _share("answer_rate", sum(call.bridged_at is not None for call in sought), len(sought))


def answered_within(calls: Iterable[CallFacts], *, seconds: Literal[15, 20]) -> Figure:
    """Connected within so many seconds after asking for a person, of all who asked: who hangs up counts against it."""
    sought = sought_a_person(calls)
    quick = sum(call.bridged_at is not None and _wait(call) <= timedelta(seconds=seconds) for call in sought)
    return _share("within_15" if seconds == 15 else "within_20", quick, len(sought))


def abandonment(calls: Iterable[CallFacts]) -> Figure:
    """Gone before anybody answered, of all who asked for a person: what the answer rate leaves."""
    answered = answer_rate(calls)
    return _share("abandonment", int(answered.whole - answered.part), int(answered.whole))


def average_handling(calls: Iterable[CallFacts]) -> Figure:
    """Mean seconds of talk, hold and wrap-up, of connected calls in both directions whose wrap-up is over."""
    done = [call for call in calls if call.bridged_at is not None and call.wrap_up is not None]
    seconds = sum(call.talk + call.hold + (call.wrap_up or 0.0) for call in done)
    return Figure("average_handling", seconds, len(done), "seconds", ("not_over", "wrap_up_open"))


def average_wrap_up(calls: Iterable[CallFacts]) -> Figure:
    """Mean seconds from the end of the call until its wrap-up was over, of the same calls."""
    done = [call.wrap_up for call in calls if call.bridged_at is not None and call.wrap_up is not None]
    return Figure("average_wrap_up", sum(done), len(done), "seconds", ("not_over", "wrap_up_open"))


def occupancy(calls: Iterable[CallFacts], *, at_work: Sequence[tuple[datetime, datetime]]) -> Figure:
    """Seconds of talk, hold and wrap-up, of the seconds that the same agents were ready or busy.

    `at_work` are the stretches of everybody who took a call, cut to the window. A call that went on after its agent
    had gone into a break counts for no more than the time at work, so that the share stays below 100 %.
    """
    whole = sum((end - start).total_seconds() for start, end in at_work)
    busy = sum(call.talk + call.hold + (call.wrap_up or 0.0) for call in calls if call.agent_id is not None)
    return Figure("occupancy", min(busy, whole), whole, "share", ("away",))


def _share(name: FigureName, part: int, whole: int) -> Figure:
    return Figure(name, part, whole, "share", SOUGHT_A_PERSON)


def _wait(call: CallFacts) -> timedelta:
    if call.bridged_at is None or call.queued_at is None:
        return timedelta.max
    return call.bridged_at - call.queued_at

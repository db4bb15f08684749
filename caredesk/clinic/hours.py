"""Opening hours as values: windows of sessions, fixed weekly hours and closures, and the spans of time they open.

Everything here is pure: rows come in as values, and no clock is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from caredesk.clinic.workdays import working_weekday
from caredesk.core.clock import clinic_time, from_clinic

ALL_DAYS = frozenset(range(1, 8))


@dataclass(frozen=True, slots=True)
class Window:
    """One clinic session as the evaluator sees it: from `starts_at` up to, but not including, `ends_at`."""

    starts_at: datetime
    ends_at: datetime
    label: str = ""
    cancelled: bool = False
    session_id: str | None = None


@dataclass(frozen=True, slots=True)
class WeeklyWindow:
    """The same hours on certain ISO weekdays, clinic time; `closes` at or before `opens` means the next day."""

    days: frozenset[int]
    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class FixedHours:
    """Weekly hours. With `workdays_only` they hold on working days alone, and a swapped Saturday counts as a Monday."""

    windows: tuple[WeeklyWindow, ...]
    workdays_only: bool = False


@dataclass(frozen=True, slots=True)
class Closure:
    """A time in which the queue was closed by hand, whatever the schedule says."""

    starts_at: datetime
    ends_at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Opening:
    """A time in which the queue was opened by hand, whatever the schedule says."""

    starts_at: datetime
    ends_at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class HoursRule:
    """When a queue is open: around the sessions of its departments, at fixed hours, or both; and by hand.

    An opening by hand adds to them; in a closure it is never open.
    """

    lead_in_minutes: int = 0
    lead_out_minutes: int = 0
    fixed: FixedHours | None = None
    closures: tuple[Closure, ...] = ()
    openings: tuple[Opening, ...] = ()

    def around(self, window: Window) -> Span:
        """Return the time that a session keeps the queue open: from its lead-in to its lead-out."""
        return Span(
            window.starts_at - timedelta(minutes=self.lead_in_minutes),
            window.ends_at + timedelta(minutes=self.lead_out_minutes),
        )


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time: its start belongs to it, its end does not."""

    start: datetime
    end: datetime

    def covers(self, at: datetime) -> bool:
        """Tell whether the instant lies in the span."""
        return self.start <= at < self.end

    def within(self, limits: Span) -> Span:
        """Return the part that lies inside the limits; its end may come before its start when there is none."""
        return Span(max(self.start, limits.start), min(self.end, limits.end))


def open_spans(rule: HoursRule, windows: Iterable[Window], *, limits: Span) -> list[Span]:
    """Return all open time within the limits, as spans in order that neither overlap nor touch."""
    sessions = (rule.around(window) for window in windows if not window.cancelled)
    by_hand = (Span(opening.starts_at, opening.ends_at) for opening in rule.openings)
    spans = [*sessions, *fixed_spans(rule.fixed, limits=limits), *by_hand]
    merged = merge(span.within(limits) for span in spans)
    closed = merge(Span(closure.starts_at, closure.ends_at) for closure in rule.closures)
    return list(subtract(merged, closed))


def fixed_spans(fixed: FixedHours | None, *, limits: Span) -> Iterator[Span]:
    """Yield the spans of fixed weekly hours that may touch the limits, day by day."""
    if fixed is None:
        return
    # The day before may still be open after midnight.
    day = clinic_time(limits.start).date() - timedelta(days=1)
    last = clinic_time(limits.end).date()
    while day <= last:
        weekday = working_weekday(day) if fixed.workdays_only else day.isoweekday()
        for window in fixed.windows:
            if weekday in window.days:
                yield span_on(day, opens=window.opens, closes=window.closes)
        day += timedelta(days=1)


def span_on(day: date, *, opens: time, closes: time) -> Span:
    """Return the span between two wall-clock times; closing at or before opening means the next day."""
    closing_day = day + timedelta(days=1) if closes <= opens else day
    return Span(from_clinic(datetime.combine(day, opens)), from_clinic(datetime.combine(closing_day, closes)))


def merge(spans: Iterable[Span]) -> list[Span]:
    """Join spans that overlap or touch; spans without length vanish."""
    merged: list[Span] = []
    for span in sorted((s for s in spans if s.start < s.end), key=lambda s: s.start):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged


def subtract(spans: Sequence[Span], holes: Sequence[Span]) -> Iterator[Span]:
    """Cut holes out of spans; both come merged."""
    for span in spans:
        start = span.start
        for hole in holes:
            if hole.end <= start or hole.start >= span.end:
                continue
            if start < hole.start:
                yield Span(start, hole.start)
            start = hole.end
        if start < span.end:
            yield Span(start, span.end)

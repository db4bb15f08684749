"""The one evaluator of opening hours: page, bot, console, queue and reports all ask it, so that they agree (B17)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from caredesk.clinic.hours import HoursRule, Span, Window, fixed_spans, open_spans
from caredesk.clinic.workdays import calendar_day
from caredesk.core.clock import clinic_time

LOOK_AHEAD = timedelta(days=92)
"""How far the evaluator looks for the next change; what lies beyond is reported as unknown (None)."""

NEAR = timedelta(days=9)
"""Nearly every question is answered within nine days, the length of the longest public holiday."""

Reason = Literal[
    "in_session",
    "fixed_hours",
    "lead_in",
    "lead_out",
    "opened_by_hand",
    "closed_by_hand",
    "cancelled",
    "holiday",
    "between_sessions",
    "no_schedule",
]
"""Why a queue is open (the first five) or closed."""


@dataclass(frozen=True, slots=True)
class OpenState:
    """Whether a queue is open at an instant, and why.

    `next_change` is when `open` flips. `next_open` is the next opening, which for an open queue is the one after its
    closing. `sessions` are the windows behind the answer: those that keep it open, those whose cancellation closed
    it, or those that will open it next.
    """

    open: bool
    reason: Reason
    next_change: datetime | None
    next_open: datetime | None
    sessions: tuple[Window, ...]


def evaluate(rule: HoursRule, windows: Sequence[Window], *, at: datetime) -> OpenState:
    """Tell whether the rule and the sessions keep a queue open at an instant, why, and until when."""
    spans = _spans_from(rule, windows, at=at)
    if spans and spans[0].covers(at):
        return _open_state(rule, windows, at=at, until=spans[0].end, later=spans[1:])
    return _closed_state(rule, windows, at=at, later=spans)


def is_open(rule: HoursRule, windows: Sequence[Window], *, at: datetime) -> bool:
    """Tell whether the queue is open at an instant."""
    return evaluate(rule, windows, at=at).open


def next_change(rule: HoursRule, windows: Sequence[Window], *, at: datetime) -> datetime | None:
    """Return the first instant after `at` when the queue opens or closes, if one is known."""
    return evaluate(rule, windows, at=at).next_change


def spent_at(spans: Sequence[Span], *, lasting: timedelta) -> datetime | None:
    """Return when open time, given in order, has lasted for a while; None when it does not last so long."""
    left = lasting
    for span in spans:
        if span.end - span.start >= left:
            return span.start + left
        left -= span.end - span.start
    return None


def _spans_from(rule: HoursRule, windows: Sequence[Window], *, at: datetime) -> list[Span]:
    """Return the open time from `at` on: the one that covers it, cut off at its left, and at least the next, if any."""
    near = open_spans(rule, windows, limits=Span(at, at + NEAR))
    # Two spans hold the next closing and the next opening; looking further costs ten times as much.
    return near if len(near) > 1 else open_spans(rule, windows, limits=Span(at, at + LOOK_AHEAD))


def _open_state(
    rule: HoursRule, windows: Sequence[Window], *, at: datetime, until: datetime, later: Sequence[Span]
) -> OpenState:
    behind = _led_windows(rule, windows, at=at, cancelled=False)
    return OpenState(
        open=True,
        reason=_reason_to_be_open(rule, behind, at=at),
        next_change=until if until < at + LOOK_AHEAD else None,
        next_open=later[0].start if later else None,
        sessions=behind,
    )


def _reason_to_be_open(rule: HoursRule, behind: Sequence[Window], *, at: datetime) -> Reason:
    if any(window.starts_at <= at < window.ends_at for window in behind):
        return "in_session"
    moment = Span(at, at + timedelta.resolution)
    if any(span.covers(at) for span in fixed_spans(rule.fixed, limits=moment)):
        return "fixed_hours"
    if not behind:
        return "opened_by_hand"
    return "lead_in" if any(at < window.starts_at for window in behind) else "lead_out"


def _closed_state(rule: HoursRule, windows: Sequence[Window], *, at: datetime, later: Sequence[Span]) -> OpenState:
    opens = later[0].start if later else None
    reason = _reason_to_be_closed(rule, windows, at=at, opens=opens)
    if reason == "cancelled":
        behind = _led_windows(rule, windows, at=at, cancelled=True)
    else:
        behind = _led_windows(rule, windows, at=opens, cancelled=False) if opens else ()
    return OpenState(open=False, reason=reason, next_change=opens, next_open=opens, sessions=behind)


def _reason_to_be_closed(rule: HoursRule, windows: Sequence[Window], *, at: datetime, opens: datetime | None) -> Reason:
    if any(closure.starts_at <= at < closure.ends_at for closure in rule.closures):
        return "closed_by_hand"
    if _led_windows(rule, windows, at=at, cancelled=True):
        return "cancelled"
    if opens is None:
        return "no_schedule"
    today = clinic_time(at).date()
    opens_today = clinic_time(opens).date() == today
    return "holiday" if calendar_day(today).holiday and not opens_today else "between_sessions"


def _led_windows(rule: HoursRule, windows: Sequence[Window], *, at: datetime, cancelled: bool) -> tuple[Window, ...]:
    led = (w for w in windows if w.cancelled == cancelled and rule.around(w).covers(at))
    return tuple(sorted(led, key=lambda w: (w.starts_at, w.ends_at, w.label)))

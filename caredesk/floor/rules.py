"""Pure decisions of the floor: hours by hand, whom an alert calls and when it escalates, and danger with hysteresis."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from caredesk.events.alert_codes import AlertCode
from caredesk.floor.errors import EndNotPossible, ReasonNeeded

HandKind = Literal["open", "closed"]
Stage = Literal["agent", "supervisor", "webhook"]

LONGEST_BY_HAND = timedelta(days=7)
REASON_CHARACTERS = 200

# ---- hours by hand ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HandHours:
    """A stretch in which a queue is open or closed because a person said so."""

    kind: HandKind
    starts_at: datetime
    ends_at: datetime
    made_at: datetime
    ended_at: datetime | None
    reason: str = ""

    def as_known(self, moment: datetime | None) -> HandHours | None:
        """Return it as it was known at a moment: not yet made, or not yet taken back. None when it opens nothing."""
        if moment is not None and self.made_at > moment:
            return None
        taken_back = self.ended_at is not None and (moment is None or self.ended_at <= moment)
        end = min(self.ends_at, whole_minute(self.ended_at)) if taken_back and self.ended_at else self.ends_at
        if end <= self.starts_at:
            return None
        return HandHours(self.kind, self.starts_at, end, self.made_at, self.ended_at, self.reason)


def whole_minute(at: datetime) -> datetime:
    """Return the minute an instant lies in: hours of a queue begin and end on whole minutes."""
    return at.replace(second=0, microsecond=0)


def end_of_hand(ends_at: datetime, *, now: datetime) -> datetime:
    """Return the end as a whole minute; refuse one that has passed or that somebody will have forgotten by then."""
    end = whole_minute(ends_at.astimezone(now.tzinfo))
    if not now < end <= now + LONGEST_BY_HAND:
        raise EndNotPossible
    return end


def clean_reason(reason: str) -> str:
    """Return a reason as it is kept: one line of at least two characters."""
    line = " ".join(reason.split())
    if not 2 <= len(line) <= REASON_CHARACTERS:
        raise ReasonNeeded
    return line


# ---- alerts ----------------------------------------------------------------------------------------------

ESCALATES_AFTER: dict[Stage, timedelta] = {
    "agent": timedelta(seconds=90),
    "supervisor": timedelta(minutes=3),
}
"""How long an alert calls one circle of people in vain before it calls the next; the webhook is the last."""

AT_ONCE = frozenset({"red_flag", "self_harm", "threat", "insult"})
"""What an agent should not be alone with for a moment."""

NEXT_STAGE: dict[Stage, Stage] = {"agent": "supervisor", "supervisor": "webhook"}


def first_stage(*, staff_id: str | None, code: AlertCode) -> Stage:
    """Return whom an alert calls first: the agent whose matter it is, else the supervisors.

    Danger and insults are everybody's matter from the first second.
    """
    return "agent" if staff_id is not None and code not in AT_ONCE else "supervisor"


def matter_of(code: AlertCode, *, conversation_id: str | None, staff_id: str | None, queue_id: str | None) -> str:
    """Return the name of what an alert is about: raised again while it is open, it is the same alert."""
    return f"{code}:{conversation_id or queue_id or staff_id or 'desk'}"


# ---- a queue in trouble ----------------------------------------------------------------------------------

LONGEST_WAIT = timedelta(minutes=10)
NOBODY_AFTER = timedelta(seconds=30)
"""An agent who reloads a page is away for seconds; only a longer absence is one."""
DANGER_BELOW = 0.75
SAFE_FROM = 0.85
"""Between the two nothing changes, so that a figure that trembles does not ring again and again."""
FEWEST_TO_JUDGE = 5


@dataclass(frozen=True, slots=True)
class QueueNow:
    """What decides about a queue's alerts."""

    open: bool
    waiting: int
    ready: int
    longest_wait: timedelta
    answered: int
    in_time: int
    late_already: int
    """How many wait longer than the level already: they will be late however fast they are taken now."""


def level_in_danger(queue: QueueNow, *, was: bool) -> bool:
    """Tell whether today's level will be missed if everyone who waits is taken this moment."""
    judged = queue.answered + queue.waiting
    if not queue.open or judged < FEWEST_TO_JUDGE:
        return False
    predicted = (queue.in_time + queue.waiting - queue.late_already) / judged
    return predicted < (SAFE_FROM if was else DANGER_BELOW)


def queue_alerts(queue: QueueNow, *, raised: Iterable[str]) -> set[AlertCode]:
    """Return which of a queue's own alerts should stand now, knowing which do."""
    standing: set[AlertCode] = set()
    if queue.open and queue.waiting and not queue.ready and queue.longest_wait >= NOBODY_AFTER:
        standing.add("nobody_ready")
    if queue.open and queue.waiting and queue.longest_wait >= LONGEST_WAIT:
        standing.add("wait_too_long")
    if level_in_danger(queue, was="level_in_danger" in set(raised)):
        standing.add("level_in_danger")
    return standing


QUEUE_ALERTS: tuple[AlertCode, ...] = ("nobody_ready", "wait_too_long", "level_in_danger")

# ---- the clinic's pulse ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """A booked visit of a session: when it should begin, and whether it is over."""

    starts_at: datetime
    done: bool


SLOWEST = 3.0
"""A session with two visits behind it says little; no pace is believed to be slower than this many times the plan."""


def overrun_minutes(
    visits: Sequence[PlannedVisit], *, starts_at: datetime, ends_at: datetime, slots: int | None, now: datetime
) -> int | None:
    """Return how many minutes after its end a running session will be done; None when there is nothing to tell.

    A visit that is left takes as long as planned, longer when fewer are over than should be, and begins no earlier
    than it was booked for: a gap in the bookings is no delay.
    """
    left = sorted(visit.starts_at for visit in visits if not visit.done)
    if now < starts_at or not left:
        return None
    slot = (ends_at - starts_at) / max(slots or 0, len(visits))
    due, done = sum(visit.starts_at + slot <= now for visit in visits), len(visits) - len(left)
    pace = slot * min(max(due / done, 1.0), SLOWEST) if done else slot
    # Who should have begun within the last visit's time is taken to have begun in time.
    free_at = left[0] if now - pace < left[0] <= now else now
    for booked in left:
        free_at = max(free_at, booked) + pace
    return max(0, round((free_at - ends_at).total_seconds() / 60))

"""The weekly template as data: windows with their validity, the sessions that follow, and what those change.

Pure. `template.py` lays files out over dates for the demo; this is the template that a desk keeps and works from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import partial

from caredesk.clinic.facts import KnownSession, Outcome, SessionFacts
from caredesk.clinic.hours import span_on
from caredesk.clinic.schedule import PlannedChange, SchedulePlan, outcome_of
from caredesk.clinic.schedule_edits import plan_of
from caredesk.clinic.workdays import calendar_day

OWN_WEEKDAY = 0
"""In `swapped`: a Saturday worked in exchange has what a Saturday has."""

HANDS_OFF = frozenset({"import", "hand", "fhir", "undo"})
"""Whoever spoke of a session by himself has the last word; the template never overwrites it."""


@dataclass(frozen=True, slots=True)
class TemplateFacts:
    """One window of the weekly template; `ends` at or before `starts` is on the next day."""

    department_id: str
    doctor_id: str | None
    weekday: int
    starts: time
    ends: time
    kind: str
    slots: int | None = None
    on_holidays: bool = False
    swapped: int | None = 1
    valid_from: date = date.min
    valid_until: date | None = None
    note: str = ""

    @property
    def key(self) -> tuple[str, str | None, int, str, time]:
        """Return what makes it the same window in two files."""
        return (self.department_id, self.doctor_id, self.weekday, self.kind, self.starts)

    def holds_on(self, day: date) -> bool:
        """Tell whether the window has a session on a date: by validity, weekday, public holidays and swapped days."""
        if day < self.valid_from or (self.valid_until is not None and day > self.valid_until):
            return False
        kind = calendar_day(day)
        if kind.holiday:
            return self.on_holidays and day.isoweekday() == self.weekday
        if kind.swapped and not self.on_holidays:
            return self.swapped is not None and (self.swapped or day.isoweekday()) == self.weekday
        return day.isoweekday() == self.weekday

    def session_on(self, day: date) -> SessionFacts:
        """Return its session of a date."""
        span = span_on(day, opens=self.starts, closes=self.ends)
        return SessionFacts(
            department_id=self.department_id,
            doctor_id=self.doctor_id,
            day=day,
            starts_at=span.start,
            ends_at=span.end,
            kind=self.kind,
            slots=self.slots,
            note=self.note,
        )


@dataclass(frozen=True, slots=True)
class KnownWindow:
    """A window that the desk keeps already."""

    id: str
    facts: TemplateFacts


@dataclass(frozen=True, slots=True)
class LaidOut:
    """A session that stands in the schedule, with who had the last word and its place in the template."""

    session: KnownSession
    origin: str
    generated_for: str | None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A session that follows from the template; `place` is the same on every run."""

    place: str
    facts: SessionFacts


def occurrences(windows: Sequence[KnownWindow], *, first: date, last: date) -> Iterator[Occurrence]:
    """Yield what the template wants on every date from first to last."""
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        for window in windows:
            if window.facts.holds_on(day):
                yield Occurrence(f"{window.id}:{day:%Y%m%d}", window.facts.session_on(day))


def plan_layout(wanted: Iterable[Occurrence], *, known: Sequence[LaidOut], last: date, now: datetime) -> SchedulePlan:
    """Plan the rolling schedule: what is missing is added, what the template no longer wants is cancelled.

    Sessions that began already stay as they are. Exceptions win: nothing is laid over what a person or a file said.
    """
    by_place = {laid.generated_for: laid for laid in known if laid.generated_for}
    by_key = {laid.session.facts.key: laid for laid in known}
    held = _by_people(laid.session.facts for laid in known if laid.origin in HANDS_OFF)
    changes: list[PlannedChange] = []
    seen: set[str] = set()
    for occurrence in wanted:
        laid = by_place.get(occurrence.place) or by_key.get(occurrence.facts.key)
        if laid is not None:
            seen.add(laid.session.id)
        change = _laid(occurrence, laid=laid, held=held)
        if change is not None and change.facts.starts_at > now:
            changes.append(change)
    in_reach = [laid for laid in known if laid.session.facts.day <= last]
    changes += [_withdrawn(laid) for laid in in_reach if _is_unwanted(laid, seen=seen, now=now)]
    return plan_of(changes)


def _laid(
    occurrence: Occurrence, *, laid: LaidOut | None, held: Mapping[object, list[SessionFacts]]
) -> PlannedChange | None:
    if laid is not None and laid.origin in HANDS_OFF:
        return None
    facts, known = occurrence.facts, laid.session if laid else None
    # A session that was cancelled or moved by hand keeps its time free, also under a new window of the template.
    if any(other.meets(facts) for other in held.get(_people(facts), [])):
        return None
    return PlannedChange(outcome_of(facts, known=known), facts, known, generated_for=occurrence.place)


def _by_people(sessions: Iterable[SessionFacts]) -> dict[object, list[SessionFacts]]:
    held: dict[object, list[SessionFacts]] = {}
    for facts in sessions:
        held.setdefault(_people(facts), []).append(facts)
    return held


def _people(facts: SessionFacts) -> object:
    # A department without a named doctor may hold several sessions at once; only the same kind of day stands for it.
    return facts.doctor_id or (facts.department_id, facts.kind)


def _is_unwanted(laid: LaidOut, *, seen: set[str], now: datetime) -> bool:
    facts = laid.session.facts
    return laid.origin == "template" and laid.session.id not in seen and facts.starts_at > now and facts.takes_place


def _withdrawn(laid: LaidOut) -> PlannedChange:
    return PlannedChange(
        "cancelled", replace(laid.session.facts, status="cancelled"), laid.session, generated_for=laid.generated_for
    )


# ---- a new template --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TemplatePlan:
    """What an import of the template does: windows that begin, and windows that end the day before.

    `outcomes` tells in the order of the file what becomes of each row's window; `cancelled` counts the windows that end
    without another in their place.
    """

    begin: tuple[TemplateFacts, ...]
    end: tuple[tuple[str, date], ...]
    drop: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    cancelled: int

    @property
    def changes(self) -> int:
        """Return how many windows begin or end."""
        return len(self.begin) + len(self.end) + len(self.drop)


def plan_template(wanted: Sequence[TemplateFacts], *, known: Sequence[KnownWindow], first: date) -> TemplatePlan:
    """Plan that from a date on the template is exactly what a file says; earlier weeks keep what was valid then."""
    left = {window.id: window for window in known if (window.facts.valid_until or date.max) >= first}
    own = [replace(facts, valid_from=max(facts.valid_from, first)) for facts in wanted]
    kept = [_take(left, partial(_is_same, wanted=facts)) for facts in own]
    end = tuple((id, first - timedelta(days=1)) for id, window in left.items() if window.facts.valid_from < first)
    drop = tuple(id for id, window in left.items() if window.facts.valid_from >= first)
    outcomes = tuple("unchanged" if kept[n] else _begun(facts, left) for n, facts in enumerate(own))
    begin = tuple(facts for n, facts in enumerate(own) if not kept[n])
    return TemplatePlan(begin, end, drop, outcomes, cancelled=len(left))


def _begun(facts: TemplateFacts, left: dict[str, KnownWindow]) -> Outcome:
    """Say whether a window takes the place of one that ends: the same people, weekday and part of the day."""
    return "changed" if _take(left, lambda window: window.key[:4] == facts.key[:4]) else "added"


def _take(left: dict[str, KnownWindow], fits: Callable[[TemplateFacts], bool]) -> bool:
    found = next((id for id, window in left.items() if fits(window.facts)), None)
    return left.pop(found, None) is not None if found else False


def _is_same(kept: TemplateFacts, *, wanted: TemplateFacts) -> bool:
    # A window that has been valid for long needs no new beginning.
    begun = kept.valid_from <= wanted.valid_from
    return begun and replace(kept, valid_from=wanted.valid_from) == wanted

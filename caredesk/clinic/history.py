"""The schedule as it was: windows before and after changes, and what was valid at a moment. Pure (B20)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from caredesk.clinic.facts import SessionFacts
from caredesk.clinic.hours import HoursRule, Window
from caredesk.clinic.schedule import PlannedChange
from caredesk.clinic.weekly import read_fixed_hours


@dataclass(frozen=True)
class PlannedHours:
    """How a queue follows the clinic: its rule, and the departments whose sessions open it."""

    rule: HoursRule
    department_ids: tuple[str, ...]


def rule_of(*, lead_in_minutes: int, lead_out_minutes: int, fixed_hours: Mapping[str, Any] | None) -> HoursRule:
    """Return the rule of opening that stored values mean."""
    return HoursRule(
        lead_in_minutes=lead_in_minutes, lead_out_minutes=lead_out_minutes, fixed=read_fixed_hours(fixed_hours)
    )


def window_of(facts: SessionFacts, *, session_id: str | None, label: str = "") -> Window:
    """Return a session as the evaluator sees it."""
    return Window(facts.starts_at, facts.ends_at, label=label, cancelled=not facts.takes_place, session_id=session_id)


def with_changes(
    windows: Sequence[Window],
    changes: Iterable[PlannedChange],
    *,
    departments: Collection[str],
    labels: Mapping[str, str],
) -> list[Window]:
    """Return the windows as they will be after planned changes."""
    concerned = list(changes)
    replaced = {change.known.id for change in concerned if change.known}
    kept = [window for window in windows if window.session_id not in replaced]
    new = [
        window_of(
            change.facts,
            session_id=change.known.id if change.known else None,
            label=labels.get(change.facts.department_id, ""),
        )
        for change in concerned
        if change.facts.department_id in departments
    ]
    return sorted([*kept, *new], key=lambda window: (window.starts_at, window.session_id or ""))


def facts_of_record(stored: Mapping[str, Any]) -> SessionFacts:
    """Read a session as the history of changes keeps it."""
    return SessionFacts(
        department_id=stored["department_id"],
        doctor_id=stored["doctor_id"],
        day=date.fromisoformat(stored["day"]),
        starts_at=datetime.fromisoformat(stored["starts_at"]),
        ends_at=datetime.fromisoformat(stored["ends_at"]),
        kind=stored["kind"],
        status=stored["status"],
        slots=stored["slots"],
        note=stored["note"],
    )


@dataclass(frozen=True, slots=True)
class LaterChange:
    """What a session was before the first change after a moment; None when it was not there yet."""

    session_id: str
    before: SessionFacts | None


def as_it_was(
    today: Sequence[tuple[str, SessionFacts]], later: Iterable[LaterChange]
) -> list[tuple[str, SessionFacts]]:
    """Take back what changed later: sessions as they stand now, with each later change undone.

    `later` is in order of time; only the first change of a session counts, because it tells what was before it.
    """
    before: dict[str, SessionFacts | None] = {}
    for change in later:
        before.setdefault(change.session_id, change.before)
    untouched = [(id, facts) for id, facts in today if id not in before]
    return untouched + [(id, facts) for id, facts in before.items() if facts is not None]

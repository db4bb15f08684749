"""The plan of a schedule import: pure decisions on what is added, changed, cancelled or refused, before any is done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

from caredesk.clinic.facts import (
    Directory,
    Fault,
    ImportReport,
    KnownSession,
    Outcome,
    RowOutcome,
    SessionFacts,
)
from caredesk.clinic.schedule_rows import read_session
from caredesk.clinic.sheet import SheetRow
from caredesk.core.clock import clinic_time


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """One session as it will be; `known` is what it was, None for a new one.

    `line` is where the file says so. `generated_for` and `external_id` are given when the weekly template or the
    hospital's system put the session there.
    """

    outcome: Outcome
    facts: SessionFacts
    known: KnownSession | None
    line: int | None = None
    generated_for: str | None = None
    external_id: str | None = None


@dataclass(frozen=True)
class SchedulePlan:
    """What an import would do. With a refused row there are no changes."""

    report: ImportReport
    changes: tuple[PlannedChange, ...] = ()


@dataclass(frozen=True, slots=True)
class _Line:
    """A row that could be read, and the session in the schedule that it speaks of."""

    line: int
    facts: SessionFacts
    known: KnownSession | None = None


def plan_import(rows: Sequence[SheetRow], *, directory: Directory, known: Sequence[KnownSession]) -> SchedulePlan:
    """Plan an import of rows against the sessions known on and around their dates."""
    faults: dict[int, tuple[Fault, ...]] = {}
    read: list[_Line] = []
    for row in rows:
        facts, wrong = read_session(row, directory=directory)
        if facts is None:
            faults[row.line] = wrong
        else:
            read.append(_Line(row.line, facts))
    faults |= _repeated(read)
    lines = _matched([line for line in read if line.line not in faults], known=known)
    for line, wrong in _overlapping(lines, known=known).items():
        faults[line] = faults.get(line, ()) + wrong
    return _plan(rows, lines=lines, faults=faults)


@dataclass(frozen=True, slots=True)
class NumberedSession:
    """A session that another system sent under its own number, and the one that has this number already."""

    line: int
    facts: SessionFacts
    number: str
    known: KnownSession | None


def plan_numbered(
    sessions: Sequence[NumberedSession],
    *,
    lines: Sequence[int],
    faults: Mapping[int, tuple[Fault, ...]],
    known: Sequence[KnownSession],
) -> SchedulePlan:
    """Plan sessions that are recognised by number; one of the same time and people without a number is taken over."""
    by_key = {session.facts.key: session for session in known}
    found = [_Line(one.line, one.facts, one.known or by_key.get(one.facts.key)) for one in sessions]
    found = [_speaking_of(line, line.known) for line in found]
    wrong = {**faults}
    for line, fault in _overlapping(found, known=known).items():
        wrong[line] = wrong.get(line, ()) + fault
    plan = _plan([SheetRow(line, {}) for line in lines], lines=found, faults=wrong)
    numbers = {one.line: one.number for one in sessions}
    taken_over = {one.line for one, line in zip(sessions, found, strict=True) if line.known and one.known is None}
    kept = {change.line for change in plan.changes}
    extra = [PlannedChange("changed", line.facts, line.known, line=line.line) for line in found]
    adopted = [c for c in extra if not wrong and c.line in taken_over and c.line not in kept]
    changes = [replace(change, external_id=numbers[change.line or 0]) for change in (*plan.changes, *adopted)]
    return SchedulePlan(plan.report, tuple(changes))


def _repeated(lines: Iterable[_Line]) -> dict[int, tuple[Fault, ...]]:
    first: dict[object, int] = {}
    faults: dict[int, tuple[Fault, ...]] = {}
    for line in lines:
        earlier = first.setdefault(line.facts.key, line.line)
        if earlier != line.line:
            faults[line.line] = (Fault("duplicate", str(earlier)),)
    return faults


def _matched(lines: Sequence[_Line], *, known: Sequence[KnownSession]) -> list[_Line]:
    by_key = {session.facts.key: session for session in known}
    exact = {line.line: by_key[line.facts.key] for line in lines if line.facts.key in by_key}
    free = _by_half_day(known, taken={session.id for session in exact.values()})
    return [_speaking_of(line, exact.get(line.line) or _take_moved(line, free=free)) for line in lines]


def _by_half_day(known: Iterable[KnownSession], *, taken: set[str]) -> dict[object, list[KnownSession]]:
    """Group the sessions that take place by everything of their key but the start."""
    groups: dict[object, list[KnownSession]] = defaultdict(list)
    for session in known:
        if session.id not in taken and session.facts.takes_place:
            groups[session.facts.key[:4]].append(session)
    return groups


def _take_moved(line: _Line, *, free: dict[object, list[KnownSession]]) -> KnownSession | None:
    """Find the one session that a row with another start must mean, and take it from the free ones.

    The same doctor cannot hold two sessions at once, so a row that meets a session of the same doctor, department,
    date and kind is that session at its new time.
    """
    group = free.get(line.facts.key[:4], [])
    same = [session for session in group if session.facts.meets(line.facts)]
    if len(same) != 1:
        return None
    group.remove(same[0])
    return same[0]


def _speaking_of(line: _Line, known: KnownSession | None) -> _Line:
    if known is None:
        return line
    # A file without these columns says nothing about them.
    slots = known.facts.slots if line.facts.slots is None else line.facts.slots
    return _Line(line.line, replace(line.facts, slots=slots, note=line.facts.note or known.facts.note), known)


def _overlapping(lines: Sequence[_Line], *, known: Sequence[KnownSession]) -> dict[int, tuple[Fault, ...]]:
    """Return the rows whose doctor would be in two places at once."""
    replaced = {line.known.id for line in lines if line.known}
    staying = [_Line(0, session.facts) for session in known if session.id not in replaced]
    by_doctor: dict[str, list[_Line]] = defaultdict(list)
    for line in (*staying, *lines):
        if line.facts.doctor_id and line.facts.takes_place:
            by_doctor[line.facts.doctor_id].append(line)
    faults: dict[int, tuple[Fault, ...]] = {}
    for own in by_doctor.values():
        for line, other in _collisions(own):
            faults.setdefault(line.line, (Fault("overlap", _when(other.facts)),))
    return faults


def _collisions(lines: list[_Line]) -> Iterable[tuple[_Line, _Line]]:
    """Yield rows of the file that meet another session of the same doctor, each with the one it meets."""
    ordered = sorted(lines, key=attrgetter("facts.starts_at", "line"))
    longest: _Line | None = None
    for line in ordered:
        if longest and line.facts.meets(longest.facts):
            # What stands in the schedule (line 0) is not at fault; of two rows, the later in the file is.
            blamed, other = (line, longest) if line.line > longest.line else (longest, line)
            if blamed.line:
                yield blamed, other
        if longest is None or line.facts.ends_at > longest.facts.ends_at:
            longest = line


def _when(facts: SessionFacts) -> str:
    return f"{facts.day} {clinic_time(facts.starts_at):%H:%M}-{clinic_time(facts.ends_at):%H:%M}"


def _plan(rows: Sequence[SheetRow], *, lines: Sequence[_Line], faults: dict[int, tuple[Fault, ...]]) -> SchedulePlan:
    changes = {line.line: _change(line) for line in lines if line.line not in faults}
    outcomes = tuple(
        RowOutcome(row.line, "refused", faults[row.line])
        if row.line in faults
        else RowOutcome(row.line, changes[row.line].outcome)
        for row in rows
    )
    if faults:
        return SchedulePlan(ImportReport(outcomes))
    planned = tuple(change for change in changes.values() if change.outcome != "unchanged")
    return SchedulePlan(ImportReport(outcomes), planned)


def _change(line: _Line) -> PlannedChange:
    return PlannedChange(outcome_of(line.facts, known=line.known), line.facts, line.known, line=line.line)


def outcome_of(facts: SessionFacts, *, known: KnownSession | None) -> Outcome:
    """Say what it means that a session will be like this."""
    if known and known.facts == facts:
        return "unchanged"
    was_cancelled = known is not None and not known.facts.takes_place
    if not facts.takes_place and not was_cancelled:
        return "cancelled"
    return "changed" if known else "added"

"""Backups as the desk knows them: planned each night, told by the audit, and how long ago the last one and drill are.

Making them is infra's (docs/backups.md). What was made, drilled or failed stands in the audit's chain and nowhere
else, so that nobody can add a drill later.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from caredesk.actions import alerts
from caredesk.audit import queries
from caredesk.audit.queries import SoughtDeeds
from caredesk.audit.rules import Entry
from caredesk.audit.schemas import BackupDone, BackupsState, DrillDone
from caredesk.core.clock import clinic_time, from_clinic
from caredesk.core.deed import Deed
from caredesk.core.work import Work
from caredesk.events.alert_codes import AlertCode

FAILED: AlertCode = "backup_failed"
OVERDUE: AlertCode = "backup_overdue"
DRILL_FAILED: AlertCode = "drill_failed"
DRILL_OVERDUE: AlertCode = "drill_overdue"
LOOK_EVERY = timedelta(hours=1)
AGAIN_AFTER = timedelta(hours=1)
OVERDUE_AFTER = timedelta(hours=26)
"""A day, and what a night's backup may take longer than the one before."""


@dataclass(frozen=True)
class BackupOutcome:
    """What came of an attempt: a name, a size in bytes and how long it took, or the code of a fault."""

    name: str = ""
    size: int = 0
    fault: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class DrillOutcome:
    """What a drill has shown. `record` is the SHA-256 of the signed record that was filed."""

    name: str
    passed: bool
    recovery_seconds: float
    age: timedelta
    record: str


# ---- each night ------------------------------------------------------------------------------------------


def begin_backups(work: Work, *, hour: int) -> None:
    """Have a backup made each night at an hour of the clinic's day; after a start. Below zero: none."""
    if hour >= 0:
        _plan(work, due_at=next_night(work.now, hour=hour))


def keep_backup(work: Work, *, outcome: BackupOutcome | None, hour: int) -> None:
    """Note what came of a night's backup and plan the next; one that failed is tried again in an hour.

    None: nobody wants one, because no key was made yet.
    """
    if outcome is not None:
        note_backup(work, outcome=outcome)
    if hour < 0:
        return
    night = next_night(work.now, hour=hour)
    failed = outcome is not None and bool(outcome.fault)
    _plan(work, due_at=min(night, work.now + AGAIN_AFTER) if failed else night)


def next_night(now: datetime, *, hour: int) -> datetime:
    """Return when it is next this hour at the clinic."""
    local = clinic_time(now)
    due = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    return from_clinic((due if due > local else due + timedelta(days=1)).replace(tzinfo=None))


def _plan(work: Work, *, due_at: datetime) -> None:
    nothing: dict[str, Any] = {}
    work.enqueue("make_backup", nothing, due_at=due_at, key="make_backup", not_later=True)


# ---- what is noted ---------------------------------------------------------------------------------------


def note_backup(work: Work, *, outcome: BackupOutcome) -> None:
    """Put a backup into the audit; one that failed calls for a supervisor, until the next one that did not."""
    if outcome.fault:
        work.attest(Deed("backup.failed", why=outcome.fault))
        alerts.raise_alert(work, code=FAILED)
        return
    figures = f"bytes={outcome.size} seconds={outcome.seconds:.1f}"
    work.attest(Deed("backup.made", subject=f"backup:{outcome.name}", why=figures))
    _take_down(work, codes={FAILED, OVERDUE})


def note_verified(work: Work, *, name: str, age: timedelta) -> None:
    """Put into the audit that a backup was read to its end and is whole; `age` is how old it is."""
    work.attest(Deed("backup.verified", subject=f"backup:{name}", why=f"age={age.total_seconds():.0f}"))


def note_drill(work: Work, *, outcome: DrillOutcome) -> None:
    """Put a drill into the audit, with its figures and the sum of its record; one that failed calls for somebody."""
    figures = f"seconds={outcome.recovery_seconds:.1f} age={outcome.age.total_seconds():.0f}"
    name = "drill.passed" if outcome.passed else "drill.failed"
    work.attest(Deed(name, subject=f"backup:{outcome.name}", why=figures, record=f"sha256:{outcome.record}"))
    if outcome.passed:
        _take_down(work, codes={DRILL_FAILED, DRILL_OVERDUE})
    else:
        alerts.raise_alert(work, code=DRILL_FAILED)


def note_restored(work: Work, *, name: str) -> None:
    """Put into the audit that the desk goes on from a backup."""
    work.attest(Deed("backup.restored", subject=f"backup:{name}"))


def _take_down(work: Work, *, codes: Collection[AlertCode]) -> None:
    for alert in alerts.open_alerts(work.session):
        if alert.code in codes:
            alerts.end(work, alert_id=alert.id)


# ---- each hour -------------------------------------------------------------------------------------------


def begin_watching(work: Work) -> None:
    """Have somebody called when a backup or a drill is late; after a start."""
    work.enqueue("watch_backups", {}, due_at=work.now, key="watch_backups", not_later=True)


def watch_backups(work: Work, *, drill_days: int, wanted: bool) -> None:
    """Call for somebody where a backup or a drill is late, take that back where none is, and look again in an hour.

    What only failed is called for when it fails.
    """
    late = late_matters(work.session, now=work.now, drill_days=drill_days) if wanted else frozenset()
    for code in sorted(late):
        alerts.raise_alert(work, code=code)
    _take_down(work, codes=frozenset({OVERDUE, DRILL_OVERDUE}) - late)
    work.enqueue("watch_backups", {}, due_at=work.now + LOOK_EVERY, key="watch_backups")


def late_matters(session: Session, *, now: datetime, drill_days: int) -> frozenset[AlertCode]:
    """Return what is late of backups and drills. The first drill is due so many days after the first backup."""
    made, drill = _last(session, deed="backup.made"), _last_drill(session)
    late: set[AlertCode] = set()
    if made is not None and now - made.at > OVERDUE_AFTER:
        late.add(OVERDUE)
    since = drill or queries.find_first(session, deed="backup.made")
    if since is not None and now - since.at > timedelta(days=drill_days):
        late.add(DRILL_OVERDUE)
    return frozenset(late)


# ---- how it stands ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BackupFigures:
    """Backups and drills in figures, seconds and bytes; None where there was none yet."""

    age: float | None
    size: float | None
    took: float | None
    verified_age: float | None
    """Age of the newest backup that was read to its end, by a check or a drill."""

    failures: int
    """Attempts that failed since the last backup."""

    drill_age: float | None
    drill_passed: bool | None
    recovery_time: float | None
    recovery_point: float | None


def backup_figures(session: Session, *, now: datetime) -> BackupFigures:
    """Return how backups and drills stand, for a monitoring system."""
    made, drill = _last(session, deed="backup.made"), _last_drill(session)
    return BackupFigures(
        age=_seconds_since(made, now=now),
        size=_figure(made, "bytes") if made else None,
        took=_figure(made, "seconds") if made else None,
        verified_age=_verified_age(session, now=now),
        failures=queries.count_since(session, deed="backup.failed", number=made.number if made else 0),
        drill_age=_seconds_since(drill, now=now),
        drill_passed=drill.deed == "drill.passed" if drill else None,
        recovery_time=_figure(drill, "seconds") if drill else None,
        recovery_point=_figure(drill, "age") if drill else None,
    )


def _verified_age(session: Session, *, now: datetime) -> float | None:
    read = [_last(session, deed=deed) for deed in ("backup.verified", "drill.passed")]
    ages = [(now - one.at).total_seconds() + _figure(one, "age") for one in read if one is not None]
    return min(ages, default=None)


def _seconds_since(entry: Entry | None, *, now: datetime) -> float | None:
    return (now - entry.at).total_seconds() if entry else None


def backups_state(session: Session, *, now: datetime, drill_days: int, wanted: bool) -> BackupsState:
    """Return the last backup and the last drill, and whether either is overdue; without a key nothing is wanted."""
    made = _last(session, deed="backup.made")
    failed = _last(session, deed="backup.failed")
    drill = _last_drill(session)
    passed = drill is not None and drill.deed == "drill.passed"
    return BackupsState(
        wanted=wanted,
        backup=BackupDone(name=_name_of(made), at=made.at, size=int(_figure(made, "bytes"))) if made else None,
        backup_overdue=wanted and (made is None or now - made.at > OVERDUE_AFTER),
        failed_at=failed.at if failed and (made is None or failed.number > made.number) else None,
        fault=failed.why if failed and (made is None or failed.number > made.number) else "",
        drill=_drill_done(drill) if drill else None,
        drill_overdue=wanted and (drill is None or not passed or now - drill.at > timedelta(days=drill_days)),
    )


def _drill_done(entry: Entry) -> DrillDone:
    return DrillDone(
        name=_name_of(entry),
        at=entry.at,
        passed=entry.deed == "drill.passed",
        recovery_seconds=_figure(entry, "seconds"),
        lost_seconds=_figure(entry, "age"),
    )


def _last_drill(session: Session) -> Entry | None:
    drills = [one for one in (_last(session, deed="drill.passed"), _last(session, deed="drill.failed")) if one]
    return max(drills, key=lambda one: one.number, default=None)


def _last(session: Session, *, deed: str) -> Entry | None:
    return next(iter(queries.search_entries(session, sought=SoughtDeeds(deed=deed), before=None, limit=1)), None)


def _name_of(entry: Entry) -> str:
    return entry.subject.removeprefix("backup:")


def _figure(entry: Entry, name: str) -> float:
    pairs = dict(part.partition("=")[::2] for part in entry.why.split())
    return float(pairs.get(name, "0"))

"""The nightly backup: planned, noted in the audit, tried again, called for when it fails; and what is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from caredesk.actions import alerts, backups
from caredesk.actions.backups import OVERDUE, BackupOutcome, DrillOutcome
from caredesk.actions.metrics import list_figures
from caredesk.audit.schemas import BackupsState
from caredesk.core.outbox import JobRow
from caredesk.edge.backup_jobs import Watched, look_after, make_tonight
from caredesk.infra.backup.keeper import Keeper
from caredesk.infra.backup.places import Label
from caredesk.infra.backup.retention import no_longer_kept
from caredesk.infra.backup.source import PUBLIC_KEY
from tests.fixtures.backing import Backed
from tests.fixtures.desk import MONDAY_MORNING, DeskForTests

NIGHT = 2
MADE = BackupOutcome("caredesk-20261123T020000Z-abcd.tar.age", 1234)


def due(desk: DeskForTests) -> datetime:
    with desk.read() as session:
        return session.scalars(select(JobRow.due_at).where(JobRow.name == "make_backup")).one()


def state(desk: DeskForTests) -> BackupsState:
    with desk.read() as session:
        return backups.backups_state(session, now=desk.clock.now(), drill_days=35, wanted=True)


def note(desk: DeskForTests, outcome: BackupOutcome | None) -> None:
    with desk.write() as work:
        backups.keep_backup(work, outcome=outcome, hour=NIGHT)


def alerts_told(desk: DeskForTests) -> list[str]:
    return [alert.code for alert in desk.push.of_type("alert.raised")]


def test_a_desk_plans_its_backup_for_the_night(desk: DeskForTests) -> None:
    with desk.write() as work:
        backups.begin_backups(work, hour=NIGHT)
    # Two in the morning at the clinic is six in the evening before in UTC.
    assert due(desk) == MONDAY_MORNING.replace(hour=18, minute=0)


def test_a_desk_that_is_told_to_make_none_plans_none(desk: DeskForTests) -> None:
    with desk.write() as work:
        backups.begin_backups(work, hour=-1)
    with desk.read() as session:
        assert session.scalars(select(JobRow).where(JobRow.name == "make_backup")).all() == []


def test_one_that_failed_calls_for_a_supervisor_and_is_tried_again(desk: DeskForTests) -> None:
    note(desk, BackupOutcome(fault="disk_full"))
    assert alerts_told(desk) == ["backup_failed"]
    assert due(desk) == MONDAY_MORNING + timedelta(hours=1)
    assert (state(desk).fault, state(desk).failed_at, state(desk).backup) == ("disk_full", MONDAY_MORNING, None)
    desk.clock.advance(hours=1)
    note(desk, MADE)
    assert desk.push.of_type("alert.changed")[-1].alert.ended_at == desk.clock.now()
    assert (state(desk).fault, state(desk).failed_at) == ("", None)


def test_it_is_told_how_old_backup_and_drill_are(desk: DeskForTests) -> None:
    assert (state(desk).backup_overdue, state(desk).drill_overdue) == (True, True)
    note(desk, MADE)
    with desk.write() as work:
        drilled = DrillOutcome(MADE.name, passed=True, recovery_seconds=12.34, age=timedelta(hours=3), record="ab" * 32)
        backups.note_drill(work, outcome=drilled)
    found = state(desk)
    assert found.backup is not None
    assert found.drill is not None
    assert (found.backup.name, found.backup.size, found.backup_overdue) == (MADE.name, 1234, False)
    assert (found.drill.passed, found.drill.recovery_seconds, found.drill.lost_seconds) == (True, 12.3, 10800)
    desk.clock.advance(hours=27)
    assert (state(desk).backup_overdue, state(desk).drill_overdue) == (True, False)
    desk.clock.advance(days=35)
    assert state(desk).drill_overdue


def test_a_drill_that_failed_leaves_the_drill_overdue(desk: DeskForTests) -> None:
    with desk.write() as work:
        drilled = DrillOutcome(MADE.name, passed=False, recovery_seconds=1, age=timedelta(0), record="ab" * 32)
        backups.note_drill(work, outcome=drilled)
    assert state(desk).drill is not None
    assert state(desk).drill_overdue


# ---- who is called when it is late -----------------------------------------------------------------------


def open_codes(desk: DeskForTests) -> list[str]:
    with desk.read() as session:
        return sorted(alert.code for alert in alerts.open_alerts(session))


def drill(desk: DeskForTests, *, passed: bool) -> None:
    with desk.write() as work:
        age = timedelta(hours=3)
        done = DrillOutcome(MADE.name, passed=passed, recovery_seconds=12.5, age=age, record="ab" * 32)
        backups.note_drill(work, outcome=done)


def watch(desk: DeskForTests, *, wanted: bool = True) -> list[str]:
    """Look after backups once, and return which alerts stand then."""
    with desk.write() as work:
        backups.watch_backups(work, drill_days=35, wanted=wanted)
    return open_codes(desk)


def test_somebody_is_called_once_a_backup_or_a_drill_is_late_and_no_longer_when_it_is_done(desk: DeskForTests) -> None:
    assert watch(desk) == []
    note(desk, MADE)
    assert watch(desk) == []
    desk.clock.advance(hours=27)
    assert watch(desk) == watch(desk) == ["backup_overdue"]
    desk.clock.advance(days=34)
    assert watch(desk) == ["backup_overdue", "drill_overdue"]
    assert sorted(alerts_told(desk)) == ["backup_overdue", "drill_overdue"]
    note(desk, MADE)
    assert open_codes(desk) == ["drill_overdue"]
    drill(desk, passed=True)
    assert (open_codes(desk), watch(desk)) == ([], [])


def test_a_drill_that_failed_calls_until_one_has_passed(desk: DeskForTests) -> None:
    drill(desk, passed=False)
    assert open_codes(desk) == watch(desk) == ["drill_failed"]
    drill(desk, passed=True)
    assert open_codes(desk) == []


def test_who_wants_no_backups_any_more_is_not_called(desk: DeskForTests) -> None:
    note(desk, MADE)
    desk.clock.advance(hours=27)
    assert watch(desk) == ["backup_overdue"]
    assert watch(desk, wanted=False) == []


def test_the_desk_looks_every_hour_by_itself(backed: Backed) -> None:
    desk = backed.desk
    with desk.write() as work:
        backups.begin_watching(work)
        backups.note_backup(work, outcome=MADE)
    desk.run_jobs()
    desk.clock.advance(hours=27)
    desk.run_jobs()
    # This desk has no one who makes backups, so that none is wanted.
    assert OVERDUE not in open_codes(desk)
    with desk.read() as session:
        planned = session.scalars(select(JobRow.due_at).where(JobRow.name == "watch_backups")).all()
    assert planned == [desk.clock.now() + timedelta(hours=1)]
    assert look_after(replace(desk.services, backups=Keeper(backed.source.settings)), {}) == Watched(True, 35)
    assert not look_after(desk.services, {}).wanted


def test_what_is_measured_is_what_was_done(desk: DeskForTests) -> None:
    with desk.read() as session:
        before = {one.name: list(one.values) for one in list_figures(session, now=desk.clock.now())}
    assert before["caredesk_backup_age_seconds"] == before["caredesk_drill_passed"] == []
    note(desk, replace(MADE, seconds=41.24))
    desk.clock.advance(hours=1)
    drill(desk, passed=True)
    desk.clock.advance(hours=1)
    note(desk, BackupOutcome(fault="disk_full"))
    note(desk, BackupOutcome(fault="s3_away"))
    with desk.read() as session:
        told = {one.name: one.values[0][1] for one in list_figures(session, now=desk.clock.now()) if one.values}
    assert {name: value for name, value in told.items() if name.startswith(("caredesk_backup", "caredesk_drill"))} == {
        "caredesk_backup_age_seconds": 7200,
        "caredesk_backup_verified_age_seconds": 4 * 3600,
        "caredesk_backup_bytes": 1234,
        "caredesk_backup_took_seconds": 41.2,
        "caredesk_backup_failures": 2,
        "caredesk_drill_age_seconds": 3600,
        "caredesk_drill_passed": 1,
        "caredesk_drill_recovery_time_seconds": 12.5,
        "caredesk_drill_recovery_point_seconds": 3 * 3600,
    }


# ---- by the keeper ---------------------------------------------------------------------------------------


def test_the_keeper_makes_one_and_deletes_what_is_kept_no_longer(backed: Backed) -> None:
    keeper = Keeper(backed.source.settings.model_copy(update={"backup_keep_weekly": 0, "backup_keep_monthly": 0}))
    for day in range(9):
        made = keeper.make(now=MONDAY_MORNING + timedelta(days=day))
        assert made is not None
        assert made.fault == ""
    kept = [label.made_at for label in backed.place.labels()]
    assert kept == [MONDAY_MORNING + timedelta(days=day) for day in range(8, 1, -1)]


def test_without_a_key_nobody_wants_a_backup_and_nothing_is_told(backed: Backed) -> None:
    (backed.source.folder / PUBLIC_KEY).unlink()
    assert Keeper(backed.source.settings).make(now=MONDAY_MORNING) is None
    assert make_tonight(backed.desk.services, {}).outcome is None
    note(backed.desk, None)
    assert alerts_told(backed.desk) == []


def test_a_fault_is_told_by_its_code(backed: Backed) -> None:
    (backed.source.folder / PUBLIC_KEY).write_text("age1nonsense\n", "ascii")
    assert Keeper(backed.source.settings).make(now=MONDAY_MORNING) == BackupOutcome(fault="bad_key")


# ---- what is kept ----------------------------------------------------------------------------------------


def label(at: datetime) -> Label:
    return Label(f"caredesk-{at:%Y%m%dT%H%M%S}", at, "1", "0001", "sqlite", 1, "", "")


@pytest.mark.parametrize(
    ("daily", "weekly", "monthly", "kept"),
    [(1, 0, 0, 1), (7, 0, 0, 7), (7, 5, 0, 10), (7, 5, 12, 21)],
)
def test_the_newest_of_each_day_week_and_month_is_kept(daily: int, weekly: int, monthly: int, kept: int) -> None:
    labels = [label(MONDAY_MORNING - timedelta(hours=12 * half)) for half in range(2 * 400)]
    dropped = no_longer_kept(labels, daily=daily, weekly=weekly, monthly=monthly)
    assert len(labels) - len(dropped) == kept
    assert labels[0] not in dropped


def test_a_desk_that_stood_still_for_long_keeps_what_it_has() -> None:
    old = [label(MONDAY_MORNING - timedelta(days=400 + day)) for day in range(5)]
    assert no_longer_kept(old, daily=7, weekly=5, monthly=12) == []

"""The schedule of any past moment is what stood in the database then; a template file tells what it changed."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial
from random import Random

import pytest

from caredesk.actions.schedule import Cause, change_schedule, plan_by_hand
from caredesk.actions.schedule_template import import_template
from caredesk.clinic import queries, schedule_queries
from caredesk.clinic.errors import SessionRefused
from caredesk.clinic.hours import Window
from caredesk.clinic.models import Department, Doctor
from caredesk.clinic.schedule_edits import SessionEdit
from caredesk.clinic.sheet import SheetRow
from caredesk.clinic.timetable_rows import TEMPLATE_COLUMNS
from tests.fixtures.desk import DeskForTests

START = datetime.fromisoformat("2026-11-30T00:00:00+08:00")
WEEK = {"since": START, "until": START + timedelta(days=3)}


@pytest.fixture
def hospital(desk: DeskForTests) -> DeskForTests:
    """Two departments with two doctors each."""
    with desk.write() as work:
        for department in ("skin", "eyes"):
            work.session.add(Department(id=department, name=department))
            work.session.flush()
            work.session.add_all(
                [Doctor(id=f"{department}-{n}", name=str(n), department_id=department) for n in (1, 2)]
            )
    return desk


def windows_now(desk: DeskForTests) -> list[Window]:
    with desk.read() as session:
        return queries.list_windows(session, department_ids=["skin"], **WEEK)


def windows_as_of(desk: DeskForTests, moment: datetime) -> list[Window]:
    with desk.read() as session:
        return schedule_queries.windows_as_of(session, department_ids=["skin"], moment=moment, **WEEK)


def some_edit(desk: DeskForTests, random: Random) -> SessionEdit:
    """Return a new session somewhere in or behind the week, or another time or end of one that is there."""
    starts_at = START + timedelta(days=random.randrange(6), hours=random.randrange(8, 18))
    ends_at = starts_at + timedelta(hours=2)
    with desk.read() as session:
        known = queries.list_known_sessions(session, first=date(2026, 11, 29), last=date(2026, 12, 8))
    if known and random.random() < 0.6:
        one = random.choice(known).id
        if random.random() < 0.3:
            return SessionEdit(one, cancelled=random.random() < 0.7)
        return SessionEdit(one, starts_at=starts_at, ends_at=ends_at)
    department = random.choice(("skin", "eyes"))
    doctor = f"{department}-{random.choice((1, 2))}"
    return SessionEdit(department_id=department, doctor_id=doctor, starts_at=starts_at, ends_at=ends_at)


@pytest.mark.parametrize("seed", range(4))
def test_what_was_valid_at_any_moment_is_what_stood_there_then(hospital: DeskForTests, seed: int) -> None:
    random, snapshots = Random(seed), [(hospital.clock.now(), windows_now(hospital))]
    for _ in range(25):
        hospital.clock.advance(minutes=1)
        planner = partial(plan_by_hand, edits=[some_edit(hospital, random)])
        try:
            with hospital.write() as work:
                change_schedule(work, planner, cause=Cause("hand"))
        except SessionRefused:
            continue
        snapshots.append((hospital.clock.now(), windows_now(hospital)))
    assert len(snapshots) > 10
    for moment, then in snapshots:
        assert windows_as_of(hospital, moment) == then, moment


# ---- the template's report -------------------------------------------------------------------------------

FIRST = (
    "1,skin,skin-1,08:00,11:30,上午",
    "2,skin,skin-1,08:00,11:30,上午",
    "3,skin,skin-2,13:30,17:00,下午",
)
SECOND = (
    "1,skin,skin-1,08:00,11:30,上午",  # as it was
    "2,skin,skin-1,08:30,12:00,上午",  # at another time
    "5,skin,skin-2,13:30,17:00,下午",  # new; Wednesday's is gone
)


def template(desk: DeskForTests, lines: tuple[str, ...], *, first: date) -> tuple[list[str], int]:
    rows = [SheetRow(n, dict(zip(TEMPLATE_COLUMNS, line.split(","), strict=True))) for n, line in enumerate(lines, 2)]
    with desk.write() as work:
        outcome = import_template(work, rows, first=first)
    return [row.outcome for row in outcome.report.rows], outcome.cancelled


def test_a_template_file_tells_what_it_adds_changes_ends_and_leaves(hospital: DeskForTests) -> None:
    assert template(hospital, FIRST, first=date(2026, 11, 24)) == (["added"] * 3, 0)
    assert template(hospital, FIRST, first=date(2026, 12, 1)) == (["unchanged"] * 3, 0)
    assert template(hospital, SECOND, first=date(2026, 12, 7)) == (["unchanged", "changed", "added"], 1)
    assert template(hospital, SECOND, first=date(2026, 12, 7)) == (["unchanged"] * 3, 0)


def test_a_refused_template_file_tells_its_faults_and_nothing_else(hospital: DeskForTests) -> None:
    outcomes, cancelled = template(hospital, (FIRST[0], "9,skin,skin-1,08:00,07:00,上午"), first=date(2026, 11, 24))
    assert (outcomes, cancelled) == (["unchanged", "refused"], 0)

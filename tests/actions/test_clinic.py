"""Queues and the clinic together: hours from stored sessions, the schedule's import and its history."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from caredesk.actions.clinic import (
    hospital_overview,
    hours_rule,
    import_departments,
    import_doctors,
    list_queue_states,
    queue_state,
)
from caredesk.actions.schedule import import_sessions
from caredesk.clinic import queries
from caredesk.clinic.facts import ImportReport
from caredesk.clinic.models import ClinicSession, Department, Doctor, ScheduleChange, ScheduleImport
from caredesk.clinic.rules import LOOK_AHEAD, evaluate
from caredesk.clinic.schedule_rows import COLUMNS
from caredesk.clinic.sheet import SheetRow
from caredesk.core.clock import CLINIC_ZONE
from caredesk.core.ids import new_id
from caredesk.core.outbox import JobRow
from caredesk.core.store import Store
from caredesk.core.work import SYSTEM, Actor, Work
from caredesk.queue import queries as queue_queries
from caredesk.queue.models import Queue

DEPARTMENTS = (("skin", "皮肤科"), ("eyes", "眼科"), ("night", "夜间门诊"))
DOCTORS = (("zhang-wei", "张伟", "skin"), ("li-na", "李娜", "eyes"))
MORNING = "皮肤科,张伟,2026-11-23,08:00,12:00,上午,开诊"
AFTERNOON = "眼科,李娜,2026-11-23,13:30,17:00,下午,开诊"
NIGHT = "夜间门诊,,2026-11-22,20:00,08:00,夜间,开诊"


def clinic(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CLINIC_ZONE).astimezone(UTC)


def rows(*lines: str, columns: tuple[str, ...] = COLUMNS) -> list[SheetRow]:
    return [
        SheetRow(number, dict(zip(columns, line.split(","), strict=False)))
        for number, line in enumerate(lines, start=2)
    ]


@dataclass
class Desk:
    """A database and a time; nobody works at it."""

    store: Store
    now: datetime

    @contextmanager
    def write(self, *, actor: Actor = SYSTEM) -> Iterator[Work]:
        with self.store.writing() as session:
            yield Work(session=session, now=self.now, actor=actor)
            session.commit()

    def read(self) -> AbstractContextManager[Session]:
        return self.store.reading()

    def add_queue(self, key: str = "general", **values: Any) -> str:
        queue = Queue(id=new_id(), key=key, name=key, **values)
        with self.write() as work:
            work.session.add(queue)
        return queue.id


@pytest.fixture
def desk(database: Store) -> Desk:
    return Desk(database, clinic("2026-11-23 10:00"))


@pytest.fixture
def hospital(desk: Desk) -> Desk:
    """A desk whose clinic has departments and doctors, but no sessions."""
    with desk.write() as work:
        work.session.add_all(Department(id=id, name=name) for id, name in DEPARTMENTS)
        work.session.flush()
        work.session.add_all(Doctor(id=id, name=name, department_id=home) for id, name, home in DOCTORS)
    return desk


def bring_in(desk: Desk, *lines: str) -> ImportReport:
    with desk.write(actor=Actor(kind="staff", id="he", name="何雅宁")) as work:
        return import_sessions(work, rows(*lines), source="week.csv")


def add_clinic_queue(desk: Desk, *departments: str, key: str = "general", **values: Any) -> str:
    queue_id = desk.add_queue(key, **values)
    with desk.write() as work:
        queue_queries.set_departments(work.session, queue_id=queue_id, department_ids=departments)
    return queue_id


def state(desk: Desk, queue_id: str, at: str) -> tuple[bool, str, datetime | None]:
    with desk.read() as session:
        found = queue_state(session, queue_queries.get_queue(session, queue_id=queue_id), at=clinic(at))
    return found.open, found.reason, found.next_change


def count(desk: Desk, model: type) -> int:
    with desk.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def due_jobs(desk: Desk) -> list[str]:
    with desk.read() as session:
        return sorted(key for key in session.scalars(select(JobRow.key)) if key)


# ---- hours -----------------------------------------------------------------------------------------------


def test_a_queue_follows_the_sessions_of_its_departments_only(hospital: Desk) -> None:
    skin = add_clinic_queue(hospital, "skin", lead_in_minutes=30, lead_out_minutes=30)
    bring_in(hospital, MORNING, AFTERNOON)
    assert state(hospital, skin, "2026-11-23 07:29") == (False, "between_sessions", clinic("2026-11-23 07:30"))
    assert state(hospital, skin, "2026-11-23 10:00") == (True, "in_session", clinic("2026-11-23 12:30"))
    assert state(hospital, skin, "2026-11-23 14:00") == (False, "no_schedule", None)


def test_a_queue_may_follow_the_clinic_and_its_own_hours(hospital: Desk) -> None:
    queue_id = add_clinic_queue(hospital, "skin")
    with hospital.write() as work:
        queue = queue_queries.get_queue(work.session, queue_id=queue_id)
        queue.fixed_hours = {"windows": [{"opens": "12:00", "closes": "13:00"}]}
    bring_in(hospital, MORNING)
    assert state(hospital, queue_id, "2026-11-23 10:00") == (True, "in_session", clinic("2026-11-23 13:00"))
    assert state(hospital, queue_id, "2026-11-23 12:30")[:2] == (True, "fixed_hours")


def test_last_nights_session_keeps_the_queue_open_this_morning(hospital: Desk) -> None:
    night = add_clinic_queue(hospital, "night", lead_out_minutes=30)
    bring_in(hospital, NIGHT)
    assert state(hospital, night, "2026-11-23 03:00") == (True, "in_session", clinic("2026-11-23 08:30"))
    assert state(hospital, night, "2026-11-23 08:10")[:2] == (True, "lead_out")


def test_a_session_weeks_ahead_is_found(hospital: Desk) -> None:
    skin = add_clinic_queue(hospital, "skin", lead_in_minutes=30)
    bring_in(hospital, MORNING.replace("2026-11-23", "2026-12-30"))
    assert state(hospital, skin, "2026-11-23 10:00")[2] == clinic("2026-12-30 07:30")


def test_stored_sessions_answer_like_the_evaluator_over_all_of_them(hospital: Desk) -> None:
    """The look at the near sessions only must never change an answer."""
    chance = random.Random(7)
    queue_id = add_clinic_queue(hospital, "skin", "eyes", lead_in_minutes=40, lead_out_minutes=25)
    days = [date(2026, 9, 1) + timedelta(days=day) for day in chance.sample(range(120), 25)]
    lines = [
        f"{chance.choice(['skin', 'eyes'])},,{day},{hour:02}:00,{hour + 3}:00,,"
        for day in days
        for hour in chance.sample([8, 13, 18], 2)
    ]
    lines = [line + chance.choice(["scheduled", "cancelled", "added"]) for line in lines]
    assert bring_in(hospital, *lines).applied
    start = clinic("2026-09-01 00:00")
    with hospital.read() as session:
        queue = queue_queries.get_queue(session, queue_id=queue_id)
        everything = queries.list_windows(
            session, department_ids=["skin", "eyes"], since=start - LOOK_AHEAD, until=start + 3 * LOOK_AHEAD
        )
        for _ in range(150):
            at = start + timedelta(minutes=chance.randrange(120 * 1440))
            assert queue_state(session, queue, at=at) == evaluate(hours_rule(queue), everything, at=at)


def test_all_queues_are_told_in_their_order(hospital: Desk) -> None:
    add_clinic_queue(hospital, "skin", key="second", position=2)
    hospital.add_queue("first", position=1, fixed_hours={"windows": [{"opens": "00:00", "closes": "24:00"}]})
    with hospital.read() as session:
        states = list_queue_states(session, at=clinic("2026-11-23 10:00"))
    assert [(hours.queue.key, hours.state.open) for hours in states] == [("first", True), ("second", False)]


# ---- schedule --------------------------------------------------------------------------------------------


def test_an_import_is_recorded_with_who_when_and_how_much(hospital: Desk) -> None:
    report = bring_in(hospital, MORNING, AFTERNOON.replace("开诊", "停诊"))
    assert [row.outcome for row in report.rows] == ["added", "cancelled"]
    with hospital.read() as session:
        (record,) = queries.list_imports(session)
    assert (record.at, record.actor_id, record.actor_name, record.source) == (
        hospital.now,
        "he",
        "何雅宁",
        "week.csv",
    )
    assert (record.added, record.changed, record.cancelled, record.unchanged) == (1, 0, 1, 0)


def test_importing_again_changes_nothing_and_leaves_no_record(hospital: Desk) -> None:
    bring_in(hospital, MORNING, AFTERNOON, NIGHT)
    again = bring_in(hospital, MORNING, AFTERNOON, NIGHT)
    assert (again.changes, again.count("unchanged")) == (0, 3)
    assert (count(hospital, ClinicSession), count(hospital, ScheduleImport)) == (3, 1)


def test_one_bad_row_keeps_every_row_out(hospital: Desk) -> None:
    add_clinic_queue(hospital, "skin")
    report = bring_in(hospital, MORNING, AFTERNOON.replace("眼科", "骨科"))
    assert (report.applied, report.count("refused")) == (False, 1)
    assert [count(hospital, model) for model in (ClinicSession, ScheduleImport, ScheduleChange)] == [0, 0, 0]
    assert due_jobs(hospital) == []


def test_a_cancelled_session_closes_its_queue_at_once(hospital: Desk) -> None:
    skin = add_clinic_queue(hospital, "skin")
    bring_in(hospital, MORNING)
    assert state(hospital, skin, "2026-11-23 10:00")[0]
    bring_in(hospital, MORNING.replace("开诊", "停诊"))
    assert state(hospital, skin, "2026-11-23 10:00")[:2] == (False, "cancelled")


def test_only_the_queues_concerned_look_at_their_hours(hospital: Desk) -> None:
    skin = add_clinic_queue(hospital, "skin")
    add_clinic_queue(hospital, "eyes", key="other")
    bring_in(hospital, MORNING)
    assert due_jobs(hospital) == [f"follow_clinic:{skin}"]


def test_the_history_of_a_session_tells_what_it_was(hospital: Desk) -> None:
    bring_in(hospital, MORNING)
    hospital.now += timedelta(hours=1)
    bring_in(hospital, MORNING.replace("12:00", "11:00"))
    hospital.now += timedelta(hours=1)
    bring_in(hospital, MORNING.replace("12:00", "11:00").replace("开诊", "停诊"))
    with hospital.read() as session:
        (row,) = session.scalars(select(ClinicSession))
        changes = queries.list_changes(session, session_id=row.id)
    assert [change.outcome for change in changes] == ["added", "changed", "cancelled"]
    assert changes[0].before is None
    assert [change.after["ends_at"] for change in changes] == [
        "2026-11-23T04:00:00+00:00",
        "2026-11-23T03:00:00+00:00",
        "2026-11-23T03:00:00+00:00",
    ]
    assert changes[2].before == changes[1].after
    assert (row.status, row.ends_at) == ("cancelled", clinic("2026-11-23 11:00"))


def test_a_row_for_the_night_before_is_checked_against_the_stored_schedule(hospital: Desk) -> None:
    bring_in(hospital, MORNING)
    report = bring_in(hospital, "夜间门诊,张伟,2026-11-22,20:00,08:30,夜间,开诊")
    assert [fault.code for fault in report.rows[0].faults] == ["overlap"]
    assert count(hospital, ClinicSession) == 1


# ---- today -----------------------------------------------------------------------------------------------


def test_the_overview_tells_todays_sessions_by_department(hospital: Desk) -> None:
    bring_in(hospital, MORNING, AFTERNOON.replace("开诊", "停诊"), NIGHT, MORNING.replace("11-23", "11-24"))
    with hospital.read() as session:
        overview = {today.department.id: today for today in hospital_overview(session, at=clinic("2026-11-23 07:00"))}
    assert overview["skin"].clock_ranges == ["08:00-12:00"]
    assert (overview["skin"].doctors, overview["skin"].running) == (["张伟"], False)
    assert (overview["night"].clock_ranges, overview["night"].running) == (["20:00-08:00"], True)
    assert (overview["eyes"].sessions, len(overview["eyes"].cancelled)) == ((), 1)


def test_last_nights_session_is_no_news_once_it_has_ended(hospital: Desk) -> None:
    bring_in(hospital, MORNING, NIGHT)
    with hospital.read() as session:
        overview = hospital_overview(session, at=clinic("2026-11-23 09:00"))
    assert [(today.department.id, today.running) for today in overview] == [("skin", True)]


# ---- departments and doctors -----------------------------------------------------------------------------

DEPARTMENT_FILE = ("id", "name", "name_en")
DOCTOR_FILE = ("id", "name", "department", "title")


def test_departments_and_doctors_come_from_files(desk: Desk) -> None:
    departments = rows("skin,皮肤科,Dermatology", "eyes,眼科,Ophthalmology", columns=DEPARTMENT_FILE)
    doctors = rows("zhang-wei,张伟,皮肤科,主任医师", columns=DOCTOR_FILE)
    with desk.write() as work:
        assert import_departments(work, departments).count("added") == 2
        assert import_doctors(work, doctors).count("added") == 1
    promoted = rows("zhang-wei,张伟,eyes,主任医师", columns=DOCTOR_FILE)
    with desk.write() as work:
        assert import_departments(work, departments).count("unchanged") == 2
        assert import_doctors(work, promoted).count("changed") == 1
    with desk.read() as session:
        doctor = queries.find_doctor(session, doctor_id="zhang-wei")
        assert doctor is not None and doctor.department_id == "eyes"
        assert [row.id for row in queries.list_departments(session)] == ["skin", "eyes"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (",张伟,skin,", "id_missing"),
        ("Zhang Wei,张伟,skin,", "id_invalid"),
        ("zhang-wei,,skin,", "name_missing"),
        ("zhang-wei,张伟,骨科,", "department_unknown"),
        ("li-na,李娜,skin,", "duplicate"),
    ],
)
def test_a_bad_doctor_keeps_all_doctors_out(desk: Desk, line: str, code: str) -> None:
    with desk.write() as work:
        import_departments(work, rows("skin,皮肤科,", columns=DEPARTMENT_FILE))
        report = import_doctors(work, rows("li-na,李娜,skin,", line, columns=DOCTOR_FILE))
    assert [fault.code for row in report.rows for fault in row.faults] == [code]
    assert count(desk, Doctor) == 0

"""The demo's doctor has families to call at any hour and on any day, and only as often as needed."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from caredesk.accounts import queries as account_queries
from caredesk.actions.demo import load_demo
from caredesk.actions.demo_round import begin_round
from caredesk.actions.doctor_day import day_of_doctor
from caredesk.clinic import queries as clinic_queries
from caredesk.core.clock import CLINIC_ZONE
from tests.fixtures.desk import DeskForTests


def begin(desk: DeskForTests, folder: Path) -> str:
    with desk.write() as work:
        load_demo(work, folder, now=work.now, hash_password=str.upper)
    return again(desk, folder)


def again(desk: DeskForTests, folder: Path) -> str:
    with desk.write() as work:
        login = begin_round(work, folder)
    assert login is not None
    return login


def waiting(desk: DeskForTests, login: str) -> int:
    with desk.read() as session:
        doctor = account_queries.get_staff_by_login(session, login=login)
        day = day_of_doctor(session, doctor_id=doctor.doctor_id, at=desk.clock.now())
    running = [one for one in day.sessions if one.running]
    return sum(one.appointment.status in ("booked", "checked_in") for today in running for one in today.booked)


def added_sessions(desk: DeskForTests) -> int:
    now = desk.clock.now()
    with desk.read() as session:
        lines = clinic_queries.list_sessions(session, since=now - timedelta(hours=6), until=now + timedelta(hours=6))
    return sum(line.session.note == "演示加诊" for line in lines)


@pytest.mark.parametrize(
    "at", ["2026-11-30 10:12", "2026-11-29 03:07", "2026-11-28 18:40", "2026-11-29 23:52", "2027-01-01 12:30"]
)
def test_somebody_has_families_to_call_at_any_hour(desk: DeskForTests, without_knowledge: Path, at: str) -> None:
    desk.clock.set(datetime.fromisoformat(at).replace(tzinfo=CLINIC_ZONE))
    assert waiting(desk, begin(desk, without_knowledge)) > 0


def test_a_second_start_adds_nothing_and_one_of_the_next_night_does(
    desk: DeskForTests, without_knowledge: Path
) -> None:
    desk.clock.set(datetime(2026, 11, 29, 12, 45, tzinfo=CLINIC_ZONE))
    login = begin(desk, without_knowledge)
    assert (waiting(desk, login), added_sessions(desk)) == (5, 1)
    assert again(desk, without_knowledge) == login
    assert (waiting(desk, login), added_sessions(desk)) == (5, 1)
    desk.clock.advance(hours=24)
    assert waiting(desk, again(desk, without_knowledge)) == 5

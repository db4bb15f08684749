"""The demo in the middle of a shift: a floor that is never empty, whatever the hour, and begun once a day."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from caredesk.actions import floor_views
from caredesk.actions.demo import load_demo
from caredesk.actions.demo_floor import begin_shift
from caredesk.cli.demo import DEMO_FOLDER
from caredesk.core.clock import CLINIC_ZONE
from caredesk.floor.schemas import FloorView
from tests.fixtures.desk import DeskForTests


def begin(desk: DeskForTests, folder: Path) -> int:
    with desk.write() as work:
        load_demo(work, folder, now=work.now, hash_password=str.upper)
    with desk.write() as work:
        return begin_shift(work, folder)


def floor(desk: DeskForTests) -> FloorView:
    with desk.read() as session:
        return floor_views.floor_view(session, staff_id="nobody", now=desk.clock.now())


@pytest.mark.parametrize("at", ["2026-11-30 10:12", "2026-11-29 03:07", "2026-11-28 18:40"])
def test_the_floor_is_lively_at_any_hour(desk: DeskForTests, without_knowledge: Path, at: str) -> None:
    desk.clock.set(datetime.fromisoformat(at).replace(tzinfo=CLINIC_ZONE))
    assert begin(desk, without_knowledge) > 20
    desk.run_jobs()
    shown = floor(desk)
    states = {agent.state for agent in shown.agents if agent.connected}
    assert states == {"ready", "busy", "break"}
    assert all(agent.load <= agent.capacity for agent in shown.agents)
    assert shown.figures.waiting >= 2 and shown.figures.service_level.whole > 10
    assert {work.status for work in shown.conversations} == {"waiting", "active"}
    assert shown.alerts and shown.notices and shown.staffing
    now = desk.clock.now()
    running = [one for one in shown.sessions if one.starts_at <= now < one.ends_at]
    assert any(one.visits > one.waiting_visits > 0 for one in running) == bool(running)


def test_nobody_of_the_shift_is_asked_or_set_to_break_while_someone_looks_around(
    desk: DeskForTests, without_knowledge: Path
) -> None:
    begin(desk, without_knowledge)
    before = {agent.staff_id: agent.state for agent in floor(desk).agents}
    for _ in range(4):
        desk.clock.advance(minutes=1)
        desk.run_jobs()
    assert {agent.staff_id: agent.state for agent in floor(desk).agents} == before
    assert desk.push.of_type("offer.made") == []


def test_a_day_on_which_somebody_has_asked_is_left_alone_and_the_next_begins_anew(
    desk: DeskForTests, without_knowledge: Path
) -> None:
    begin(desk, without_knowledge)
    with desk.write() as work:
        assert begin_shift(work, DEMO_FOLDER) == 0
    desk.clock.advance(days=1)
    with desk.write() as work:
        assert begin_shift(work, DEMO_FOLDER) > 20
    assert {agent.state for agent in floor(desk).agents if agent.connected} == {"ready", "busy", "break"}


def test_a_real_hospital_never_gets_invented_families(desk: DeskForTests) -> None:
    with desk.write() as work:
        assert begin_shift(work, DEMO_FOLDER) == 0

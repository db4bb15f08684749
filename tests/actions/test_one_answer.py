"""Whoever is asked whether a queue is open says the same for the same instant (B17)."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from caredesk.actions import metrics
from caredesk.actions.clinic import hours_rule, list_queue_states, queue_state
from caredesk.actions.promises import promised_time
from caredesk.actions.schedule import import_sessions
from caredesk.actions.summaries import queue_view
from caredesk.clinic import queries
from caredesk.clinic.models import Department
from caredesk.clinic.rules import LOOK_AHEAD
from caredesk.clinic.schedule_rows import COLUMNS
from caredesk.clinic.sheet import SheetRow
from caredesk.core.clock import CLINIC_ZONE
from caredesk.queue import queries as queue_queries
from caredesk.widget.welcome import welcome
from tests.fixtures.desk import DeskForTests
from tests.rules.clinic.oracle import oracle_is_open

START = datetime(2026, 9, 21, tzinfo=CLINIC_ZONE).astimezone(UTC)
DAYS = 24


def random_rows(chance: random.Random) -> list[SheetRow]:
    """Return some weeks of sessions around the national holiday, a fifth of them cancelled."""
    rows = []
    for day in range(DAYS):
        for department in ("skin", "eyes"):
            for hour in chance.sample([7, 11, 15, 19], chance.randint(0, 2)):
                date = (START + timedelta(days=day, hours=9)).date()
                status = chance.choice(["scheduled", "scheduled", "scheduled", "added", "cancelled"])
                cells = (department, "", date.isoformat(), f"{hour:02}:00", f"{hour + 3:02}:30", "", status)
                rows.append(SheetRow(len(rows) + 2, dict(zip(COLUMNS, cells, strict=True))))
    return rows


@pytest.mark.parametrize("seed", range(3))
def test_page_bot_console_promise_metrics_command_and_history_say_the_same(desk: DeskForTests, seed: int) -> None:
    chance = random.Random(seed)
    with desk.write() as work:
        work.session.add_all([Department(id="skin", name="皮肤科"), Department(id="eyes", name="眼科")])
        work.session.flush()
        assert import_sessions(work, random_rows(chance)).applied
    queue_id = desk.add_queue(
        hours={"workdays_only": True, "windows": [{"opens": "12:00", "closes": "13:00"}]},
        lead_in_minutes=chance.randint(0, 45),
        lead_out_minutes=chance.randint(0, 45),
    )
    with desk.write() as work:
        queue_queries.set_departments(work.session, queue_id=queue_id, department_ids=["skin", "eyes"])
    imported = desk.clock.now()
    for _ in range(25):
        at = START + timedelta(minutes=chance.randrange(DAYS * 1440))
        desk.clock.set(at)
        with desk.read() as session:
            queue = queue_queries.get_queue(session, queue_id=queue_id)
            state = queue_state(session, queue, at=at)
            windows = queries.list_windows(
                session, department_ids=["skin", "eyes"], since=START - LOOK_AHEAD, until=START + LOOK_AHEAD
            )
            assert state.open == oracle_is_open(hours_rule(queue), windows, at=at)
            assert queue_state(session, queue, at=at, as_of=imported) == state
            (told,) = list_queue_states(session, at=at)
            shown = queue_view(session, queue, at=at)
            figures = {figure.name: figure.values for figure in metrics.list_figures(session, now=at)}
            promised = promised_time(queue, next_open=state.next_open)
        page = welcome(desk.services)
        assert told.state == state
        assert (shown.open, shown.reason, shown.next_change) == (state.open, state.reason, state.next_change)
        assert (page.open, page.reason, page.next_open) == (state.open, state.reason, state.next_open)
        assert [value for _, value in figures["caredesk_queue_open"]] == [state.open]
        assert promised is None or (promised > at and state.next_open is not None)

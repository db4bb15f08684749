"""Whatever is done in whatever order, every screen shows what it would fetch: lists, timelines, pages, requests.

`test_state_after_events.py` does everything once, in one order; here parents, agents, a supervisor and a doctor do
what chance says. They are played when they are named: `pytest -m nightly tests/live/test_random_days.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from caredesk.core.clock import FixedClock
from caredesk.edge.job_kinds import JOB_KINDS
from caredesk.edge.services import Services
from caredesk.infra.engine import open_store
from caredesk.infra.runner import Runner
from tests.fixtures.database import SECRETS, PostgresDatabases, SqliteDatabases
from tests.fixtures.desk import MONDAY_MORNING, DeskForTests, FixedBot, RecordingPush
from tests.fixtures.random_day import DEEDS, RandomDay

DAYS, NIGHTLY_DAYS, STEPS, NIGHTLY_STEPS = 20, 1_000, 7, 25

Fresh = Callable[[], AbstractContextManager[RandomDay]]


def deeds(most: int) -> st.SearchStrategy[list[tuple[int, int]]]:
    """Return deeds and who does them; the first ones are what most days are made of."""
    usual = st.integers(0, 3)
    return st.lists(st.tuples(usual | st.integers(0, len(DEEDS) - 1), st.integers(0, 59)), min_size=1, max_size=most)


@pytest.fixture
def fresh(services: Services, databases: SqliteDatabases | PostgresDatabases, tmp_path: Path) -> Fresh:
    """Give a desk of its own to each day, so that the same deeds always make the same day."""

    @contextmanager
    def begin() -> Iterator[RandomDay]:
        url = databases.make(tmp_path)
        clock, push, bot = FixedClock(MONDAY_MORNING), RecordingPush(), FixedBot()
        own = replace(services, store=open_store(url, secrets=SECRETS), clock=clock, push=push, bot=bot)
        day = RandomDay(DeskForTests(own, clock, push, bot, Runner(own, kinds=JOB_KINDS)))
        try:
            day.begin()
            yield day
        finally:
            own.store.engine.dispose()
            databases.drop(url)

    return begin


def play(fresh: Fresh, steps: list[tuple[int, int]]) -> None:
    done = []
    with fresh() as day:
        for what, who in steps:
            done.append(day.do(what=what, who=who))
            day.settle()
            assert day.differences() == [], done


@pytest.mark.nightly
@pytest.mark.timeout(0)
@settings(
    max_examples=DAYS, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
@given(steps=deeds(STEPS))
def test_after_random_deeds_every_screen_shows_what_it_would_fetch(fresh: Fresh, steps: list[tuple[int, int]]) -> None:
    play(fresh, steps)


@pytest.mark.nightly
@pytest.mark.timeout(0)
@settings(max_examples=NIGHTLY_DAYS, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=deeds(NIGHTLY_STEPS))
def test_so_it_is_after_a_thousand_long_days(fresh: Fresh, steps: list[tuple[int, int]]) -> None:
    play(fresh, steps)

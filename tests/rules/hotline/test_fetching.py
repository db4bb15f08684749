"""Fetching what the desk has: no answer is older than the question, and a crowd of questions is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from caredesk.infra.hotline.fetching import Fetcher
from caredesk.infra.hotline.http import DeskHttp, DeskUnreachable
from caredesk.infra.hotline.link import Errand


class Desk:
    """Errands are run when the test says so; what holds then is what is brought."""

    def __init__(self) -> None:
        self.errands: list[Errand] = []
        self.holds = "old"
        self.brought: list[str] = []
        self.now = 100.0
        self.status = 0
        self.fetcher = Fetcher(self.fetch, send=self.errands.append, call=self.call, now=lambda: self.now)

    def fetch(self, _http: DeskHttp) -> None:
        if self.status:
            raise DeskUnreachable(self.status)
        self.brought.append(self.holds)

    def call(self, then: Callable[[], None]) -> None:
        then()

    def run_errand(self) -> None:
        self.errands.pop(0)(cast("Any", None))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_who_asks_while_something_is_fetched_gets_what_holds_afterwards(desk: Desk) -> None:
    told: list[tuple[str, str]] = []
    desk.fetcher.ask(lambda: told.append(("first", desk.brought[-1])))
    desk.fetcher.ask(lambda: told.append(("second", desk.brought[-1])))
    desk.fetcher.ask(lambda: told.append(("third", desk.brought[-1])))
    desk.run_errand()
    desk.holds = "new"
    assert desk.fetcher.busy
    desk.run_errand()
    assert told == [("first", "old"), ("second", "new"), ("third", "new")]
    assert not desk.fetcher.busy and desk.errands == []


def test_what_is_asked_for_again_and_again_is_fetched_now_and_then(desk: Desk) -> None:
    desk.fetcher.ask_again(after=5)
    desk.fetcher.ask_again(after=5)
    desk.run_errand()
    desk.fetcher.ask_again(after=5)
    assert desk.errands == []
    desk.now += 5
    desk.fetcher.ask_again(after=5)
    assert len(desk.errands) == 1


def test_a_desk_that_is_away_is_asked_again_and_one_that_refuses_is_not(desk: Desk) -> None:
    told: list[str] = []
    desk.fetcher.ask(lambda: told.append("done"))
    desk.status = 503
    with pytest.raises(DeskUnreachable):
        desk.errands[0](cast("Any", None))
    assert desk.fetcher.busy and told == []
    desk.status = 404
    desk.run_errand()
    assert not desk.fetcher.busy and told == ["done"] and desk.brought == []

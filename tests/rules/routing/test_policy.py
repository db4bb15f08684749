"""The policy as data: what is read, what is refused, and with which words."""

from __future__ import annotations

from typing import Any

import pytest

from caredesk.queue.errors import PolicyInvalid
from caredesk.queue.policy import EVERYBODY, default_policy, parse_policy

LEAST_LOADED: dict[str, Any] = {"rule": "least_loaded"}


def classes(*rows: tuple[str, int, int]) -> dict[str, Any]:
    made = [{"name": name, "number": number, "head_start_seconds": start} for name, number, start in rows]
    return {"rule": "classes", "classes": made}


def rings(*rows: tuple[int, int], queue: str | None = None) -> dict[str, Any]:
    return {"rule": "skill_rings", "queue": queue, "rings": [{"after_seconds": s, "min_level": n} for s, n in rows]}


def overflow(queue: str, to: str) -> dict[str, Any]:
    return {"rule": "overflow", "queue": queue, "after_seconds": 60, "to": to}


def test_the_policy_of_a_new_desk_is_read_back_as_it_was_written() -> None:
    policy = default_policy()
    assert parse_policy(policy.data(), version=policy.version) == policy


def test_rules_that_rank_keep_the_order_of_the_list() -> None:
    data = {"rules": [{"rule": "longest_idle"}, {"rule": "pause"}, LEAST_LOADED]}
    assert [rule.rule for rule in parse_policy(data).ranking] == ["longest_idle", "least_loaded"]


def test_what_is_not_written_has_its_default() -> None:
    policy = parse_policy({"rules": [LEAST_LOADED]})
    assert policy.classes == default_policy().classes
    assert policy.rings_of("general") == EVERYBODY
    assert policy.sticky.for_seconds == 0
    assert (policy.overflow_of("general"), policy.promise_of("general"), policy.claiming.allowed) == (None, None, False)


def test_a_queues_own_rings_come_before_those_of_every_queue() -> None:
    policy = parse_policy({"rules": [LEAST_LOADED, rings((0, 1)), rings((0, 3), (30, 1), queue="skin")]})
    assert [ring.min_level for ring in policy.rings_of("skin")] == [3, 1]
    assert [ring.min_level for ring in policy.rings_of("general")] == [1]


@pytest.mark.parametrize(
    ("rules", "problem"),
    [
        ([{"rule": "magic"}], "rules.0: union_tag_invalid"),
        ([{"rule": "least_loaded", "weight": 2}], "rules.0.least_loaded.*: extra_forbidden"),
        ([{"rule": "sticky_agent", "for_seconds": -1}], "rules.0.sticky_agent.for_seconds: greater_than_equal"),
        ([{"rule": "pause"}], "rules: nothing_ranks_agents"),
        ([LEAST_LOADED, LEAST_LOADED], "rules.1.least_loaded: rule_twice"),
        ([LEAST_LOADED, classes(("a", 0, 0), ("a", 1, 0))], "rules.1.classes: class_twice"),
        ([LEAST_LOADED, classes(("a", 1, 0))], "rules.1.classes: ordinary_class_missing"),
        ([LEAST_LOADED, classes(("a", 0, 60), ("b", 1, 0))], "rules.1.classes: higher_class_with_less_head_start"),
        ([LEAST_LOADED, rings((10, 1))], "rules.1.skill_rings: first_ring_later_than_arrival"),
        ([LEAST_LOADED, rings((0, 2), (0, 1))], "rules.1.skill_rings: rings_out_of_order"),
        ([LEAST_LOADED, rings((0, 1), (9, 2))], "rules.1.skill_rings: ring_narrower_than_the_one_before"),
        ([LEAST_LOADED, overflow("a", "gone")], "rules.1.overflow.to: queue_unknown"),
        ([LEAST_LOADED, overflow("a", "b"), overflow("b", "a")], "rules.1.overflow: overflow_in_a_circle"),
        ([LEAST_LOADED, overflow("a", "a")], "rules.1.overflow: overflow_in_a_circle"),
        ([LEAST_LOADED, {"rule": "budget", "weights": {"webchat": 2}}], "rules.1.budget: chat_is_the_unit"),
        ([LEAST_LOADED, {"rule": "budget", "weights": {"call": 1}}], "rules.1.budget: exclusive_with_weight"),
    ],
)
def test_a_fault_is_named_by_its_place(rules: list[dict[str, Any]], problem: str) -> None:
    with pytest.raises(PolicyInvalid) as refused:
        parse_policy({"rules": rules}, queues=["a", "b"])
    problems = refused.value.fields["problems"]
    assert isinstance(problems, list)
    assert problem in problems


@pytest.mark.parametrize("data", [None, [], {}, {"rules": None}, {"rules": 1}, {"rules": [], "more": 1}, "rules"])
def test_what_is_no_list_of_rules_is_refused(data: object) -> None:
    with pytest.raises(PolicyInvalid):
        parse_policy(data)

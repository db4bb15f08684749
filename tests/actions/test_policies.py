"""Versions of the policy, decisions that can be made again, and waits that were told honestly (B7, B11)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from caredesk.actions import decisions, estimates, matching, policies
from caredesk.conversations.models import Conversation
from caredesk.queue import policy_queries
from caredesk.queue.errors import DecisionUnknown, PolicyInvalid, PolicyMoved, PolicyUnknown
from caredesk.queue.models import Offer, RoutingDecision
from caredesk.queue.policy import default_policy, parse_policy
from tests.fixtures.desk import DeskForTests


def with_rule(**rule: Any) -> dict[str, Any]:
    kept = [one for one in default_policy().data()["rules"] if one["rule"] != rule["rule"]]
    return {"rules": [*kept, rule]}


def apply(desk: DeskForTests, data: object, *, expected: int | None = None) -> int:
    with desk.write() as work:
        return policies.apply(work, data=data, note="试一试", expected=expected).version


def active(desk: DeskForTests) -> int:
    with desk.read() as session:
        return policy_queries.active_policy(session).version


def test_a_new_desk_follows_the_built_in_first_version(desk: DeskForTests) -> None:
    assert active(desk) == 1


def test_each_change_is_a_version_and_the_way_back_is_an_older_one(desk: DeskForTests) -> None:
    assert apply(desk, with_rule(rule="misses", limit=5)) == 2
    assert apply(desk, with_rule(rule="misses", limit=7)) == 3
    with desk.write() as work:
        policies.activate(work, version=1, reason="太松了")
    assert active(desk) == 1
    with desk.read() as session:
        assert [one.version for one in policy_queries.list_activations(session)] == [1, 3, 2]
        assert [one.version for one in policy_queries.list_policies(session)] == [3, 2, 1]


def test_a_policy_that_changes_nothing_makes_no_version(desk: DeskForTests) -> None:
    assert apply(desk, default_policy().data()) == 1


@pytest.mark.parametrize(
    "data", [None, {"rules": []}, with_rule(rule="overflow", queue="nowhere", after_seconds=9, to="elsewhere")]
)
def test_a_faulty_policy_changes_nothing(desk: DeskForTests, data: object) -> None:
    with pytest.raises(PolicyInvalid):
        apply(desk, data)
    assert active(desk) == 1


def test_who_looked_at_an_older_version_is_told_that_it_moved_on(desk: DeskForTests) -> None:
    apply(desk, with_rule(rule="misses", limit=5))
    with pytest.raises(PolicyMoved):
        apply(desk, with_rule(rule="misses", limit=7), expected=1)
    assert active(desk) == 2


def test_an_unknown_version_cannot_be_activated(desk: DeskForTests) -> None:
    with desk.write() as work, pytest.raises(PolicyUnknown):
        policies.activate(work, version=9, reason="")


def test_the_difference_names_each_rule_that_changes_and_a_changed_order() -> None:
    before = default_policy()
    data = with_rule(rule="misses", limit=5)
    data["rules"].insert(0, data["rules"].pop(5))
    changes = policies.difference(before, parse_policy(data))
    assert [(change.rule, change.after) for change in changes] == [
        ("misses", {"limit": 5}),
        ("order", {"order": [rule.rule for rule in parse_policy(data).ranking]}),
    ]


def test_the_limit_of_missed_offers_is_the_policys(desk: DeskForTests) -> None:
    agent = desk.add_agent("lin", queues=[desk.add_queue(offer_seconds=20)])
    apply(desk, with_rule(rule="misses", limit=1))
    desk.waiting_visitor()
    desk.run_jobs()
    desk.clock.advance(seconds=21)
    desk.run_jobs()
    told = desk.push.of_type("presence.changed")[-1]
    assert (told.agent.staff_id, told.agent.state, told.agent.reason) == (agent, "break", "missed_offers")


# ---- decisions -----------------------------------------------------------------------------------------------


def decision_ids(desk: DeskForTests) -> list[str]:
    with desk.read() as session:
        return list(session.scalars(select(RoutingDecision.id).order_by(RoutingDecision.at, RoutingDecision.id)))


def test_a_decision_says_which_rule_told_the_chosen_one_from_the_next(desk: DeskForTests) -> None:
    queue_id = desk.add_queue()
    desk.add_agent("bo", queues=[queue_id])
    desk.clock.advance(minutes=12)
    lin = desk.add_agent("lin", queues=[queue_id], capacity=1)
    _, first = desk.waiting_visitor()
    _, second = desk.waiting_visitor()
    desk.run_jobs()
    with desk.read() as session:
        of_first = decisions.decisions_of(session, conversation_id=first)[-1]
        of_second = decisions.decisions_of(session, conversation_id=second)[-1]
    assert (of_first.chosen_name, of_first.decided_by) == ("客服bo", "longest_idle")
    assert (of_second.chosen_staff_id, of_second.decided_by) == (lin, "least_loaded")
    assert [c.load for c in of_second.candidates if c.name == "客服bo"] == [1]


STEPS = st.lists(st.sampled_from(["arrive", "accept", "expire", "policy", "break", "wait"]), min_size=2, max_size=12)


@given(steps=STEPS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
def test_every_decision_made_again_from_its_record_chooses_the_same(desk: DeskForTests, steps: list[str]) -> None:
    name = f"q{next(desk.numbers)}"
    queue_id = desk.add_queue(name, position=-next(desk.numbers), offer_seconds=20)
    agents = [desk.add_agent(f"{name}-{n}", queues=[queue_id], capacity=2, level=n + 1) for n in range(3)]
    for step in steps:
        take_step(desk, step, agents=agents)
        desk.clock.advance(seconds=7)
        desk.run_jobs()
    with desk.read() as session:
        for decision_id in decision_ids(desk):
            again = decisions.replay(session, decision_id=decision_id)
            assert again.agrees
            assert again.match.decided_by == again.decision.decided_by


def take_step(desk: DeskForTests, step: str, *, agents: list[str]) -> None:
    if step == "arrive":
        desk.waiting_visitor()
    elif step == "accept":
        for agent in agents:
            try:
                desk.accept(agent)
            except IndexError:
                continue
    elif step == "expire":
        desk.clock.advance(seconds=21)
    elif step == "policy":
        order = [{"rule": "most_skilled"}, {"rule": "longest_idle"}]
        seconds = next(desk.numbers) % 600
        apply(desk, {"rules": [*order, {"rule": "sticky_agent", "for_seconds": seconds}]})
    elif step == "break":
        desk.set_state(agents[0], "busy")
    else:
        desk.clock.advance(minutes=5)


def test_nobody_for_the_same_reasons_again_adds_no_decision(desk: DeskForTests) -> None:
    queue_id = desk.add_queue()
    resting = desk.add_agent("lin", queues=[queue_id])
    desk.set_state(resting, "busy")
    desk.waiting_visitor()
    desk.run_jobs()
    before = decision_ids(desk)
    with desk.write() as work:
        matching.match_queue(work, queue_id=queue_id, trigger="test")
    assert decision_ids(desk) == before
    desk.add_agent("bo", queues=[queue_id], ready=False)
    with desk.write() as work:
        matching.match_queue(work, queue_id=queue_id, trigger="test")
    assert len(decision_ids(desk)) == len(before) + 1


def test_a_call_is_taken_alone_also_within_one_match(desk: DeskForTests) -> None:
    queue_id = desk.add_queue()
    calls = [desk.waiting_visitor()[1] for _ in range(3)]
    _, chat = desk.waiting_visitor()
    with desk.write() as work:
        for conversation_id in calls:
            work.session.get_one(Conversation, conversation_id).channel = "call"
    for login in ("an", "bo"):
        desk.add_agent(login, queues=[queue_id], capacity=3)
    desk.run_jobs()
    with desk.read() as session:
        offers = session.scalars(select(Offer).where(Offer.state == "pending")).all()
    # One call for each, and nothing beside it: neither the third call nor the chat.
    assert {offer.conversation_id for offer in offers} == set(calls[:2])
    assert len({offer.staff_id for offer in offers}) == 2
    assert chat not in {offer.conversation_id for offer in offers}


def test_a_decision_that_is_not_there_cannot_be_made_again(desk: DeskForTests) -> None:
    with desk.read() as session, pytest.raises(DecisionUnknown):
        decisions.replay(session, decision_id="nothing")


# ---- honest waits --------------------------------------------------------------------------------------------


def test_what_was_told_is_compared_with_what_came_true(desk: DeskForTests) -> None:
    agent = desk.add_agent("lin", queues=[desk.add_queue()], capacity=2)
    began = desk.clock.now()
    desk.waiting_visitor()
    desk.waiting_visitor()
    desk.run_jobs()
    desk.clock.advance(seconds=10)
    desk.accept(agent)
    desk.clock.advance(seconds=200)
    desk.set_state(agent, "ready")
    desk.run_jobs()
    desk.clock.advance(seconds=40)
    desk.run_jobs()
    desk.accept(agent)
    with desk.read() as session:
        found = estimates.honesty(session, since=began, until=began + timedelta(days=1))
    assert [(one.queue_key, one.honesty.told, one.honesty.held, one.honesty.longer) for one in found] == [
        ("general", 2, 1, 1)
    ]

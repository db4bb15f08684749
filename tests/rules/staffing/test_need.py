"""Agents needed per quarter: minimum, slots, exclusivity, pooling, and what is measured."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from caredesk.staffing.assumptions import ChannelUse, default_assumptions
from caredesk.staffing.need import (
    agents_for,
    handling_of,
    measured_handling,
    measured_patience,
    pooled,
    service_of,
)

ASSUMED = default_assumptions()
SERVICE = service_of(ASSUMED, within_seconds=60)


def test_one_agent_while_open_and_none_while_closed() -> None:
    assert agents_for(np.array([0.0, 0.0]), is_open=np.array([1.0, 0.0]), service=SERVICE).tolist() == [1, 0]


def test_more_contacts_never_need_fewer_agents() -> None:
    needed = agents_for(np.linspace(0, 80, 200), is_open=np.ones(200), service=SERVICE)
    assert (np.diff(needed) >= 0).all() and needed[-1] > 10


def test_more_chats_at_a_time_need_fewer_agents() -> None:
    contacts, is_open = np.array([30.0]), np.ones(1)
    alone = agents_for(contacts, is_open=is_open, service=replace(SERVICE, slots=1))
    assert agents_for(contacts, is_open=is_open, service=SERVICE) < alone


def test_a_call_takes_all_slots_of_its_agent() -> None:
    calls = {"call": ChannelUse(1.0, 300, True)}
    assert handling_of(calls, slots=3) == 900
    mixed = {"webchat": ChannelUse(0.5, 480, False), "call": ChannelUse(0.5, 300, True)}
    assert handling_of(mixed, slots=3) == pytest.approx(690)


def test_shrinkage_adds_people_but_not_a_second_one_at_night() -> None:
    lost = replace(SERVICE, shrinkage=0.3)
    assert agents_for(np.array([0.0]), is_open=np.ones(1), service=lost).tolist() == [1]
    many = np.array([60.0])
    assert agents_for(many, is_open=np.ones(1), service=lost) > agents_for(many, is_open=np.ones(1), service=SERVICE)


def test_a_pool_needs_no_more_than_its_queues_apart() -> None:
    each = [np.array([5.0, 20.0]), np.array([2.0, 9.0])]
    total, service = pooled(each, [SERVICE, SERVICE])
    together = agents_for(total, is_open=np.ones(2), service=service)
    apart = sum(agents_for(one, is_open=np.ones(2), service=SERVICE) for one in each)
    assert (together <= apart).all()


def test_patience_counts_the_time_of_all_and_the_givers_up_only() -> None:
    # Ten thousand people with a patience of 200 s; each is answered after a random wait, if still there.
    random = np.random.default_rng(1)
    patience, answer = random.exponential(200, 10_000), random.exponential(150, 10_000)
    waited, gave_up = np.minimum(patience, answer).sum(), int((patience < answer).sum())
    found = measured_patience(waited_seconds=float(waited), abandoned=gave_up, assumed=300, weight=20)
    assert found == pytest.approx(200, rel=0.03)
    assert measured_patience(waited_seconds=0, abandoned=0, assumed=300, weight=20) == 300


def test_handling_is_the_assumption_until_enough_was_seen() -> None:
    assert measured_handling(handled_seconds=0, contacts=0, assumed=480, weight=30) == 480
    assert measured_handling(handled_seconds=600.0 * 3000, contacts=3000, assumed=480, weight=30) == pytest.approx(
        600, rel=0.01
    )

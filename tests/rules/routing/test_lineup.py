"""The few that the line-up names are enough: the choice among them is the choice among all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from caredesk.queue.lineup import Lineup
from caredesk.queue.policy import parse_policy
from caredesk.queue.rules import Candidate, WorkItem, choose

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
POLICY = parse_policy(
    {
        "rules": [
            {"rule": "sticky_agent", "for_seconds": 60},
            {"rule": "fresh_first"},
            {"rule": "language_first"},
            {"rule": "least_loaded"},
            {"rule": "most_skilled"},
            {"rule": "longest_idle"},
            {"rule": "skill_rings", "rings": [{"after_seconds": 0, "min_level": 2}, {"after_seconds": 30}]},
            {"rule": "pause", "seconds": 30},
        ]
    }
)
NAMES = [f"a{number}" for number in range(8)]

agents = st.builds(
    Candidate,
    staff_id=st.sampled_from(NAMES),
    name=st.just("客服"),
    state=st.sampled_from(["ready", "ready", "ready", "break"]),
    connected=st.just(True),
    may_reply=st.just(True),
    load=st.integers(0, 3),
    capacity=st.integers(1, 4),
    idle_since=st.integers(0, 2).map(lambda minutes: NOW - timedelta(minutes=minutes)),
    levels=st.fixed_dictionaries({"general": st.integers(1, 3)}, optional={"dosage": st.just(1)}),
    languages=st.sampled_from([("zh",), ("zh", "en")]),
    exclusive=st.sampled_from([False, False, False, True]),
)
pieces = st.builds(
    WorkItem,
    id=st.just("w"),
    channel=st.sampled_from(["webchat", "assist"]),
    queue=st.just("general"),
    arrived_at=st.sampled_from([0, 31, 61]).map(lambda seconds: NOW - timedelta(seconds=seconds)),
    skills=st.sampled_from([(), ("dosage",)]),
    preferred_agent=st.sampled_from([None, *NAMES]),
    language=st.sampled_from(["zh", "en"]),
)
asked_before = st.dictionaries(
    st.sampled_from(NAMES), st.sampled_from([5, 60]).map(lambda seconds: NOW - timedelta(seconds=seconds)), max_size=3
)


@given(
    found=st.lists(agents, max_size=8, unique_by=lambda agent: agent.staff_id),
    line=st.lists(st.tuples(pieces, asked_before), max_size=12),
)
def test_the_choice_among_the_nearest_is_the_choice_among_all(
    found: list[Candidate], line: list[tuple[WorkItem, dict[str, datetime]]]
) -> None:
    lineup, standing = Lineup(found, policy=POLICY, now=NOW), {agent.staff_id: agent for agent in found}
    for item, asked in line:
        among_all = [replace(agent, asked_at=asked.get(agent.staff_id)) for agent in standing.values()]
        wanted = choose(item, among_all, policy=POLICY, now=NOW)
        match = choose(item, lineup.nearest(item, asked=asked), policy=POLICY, now=NOW)
        assert match.chosen == wanted.chosen
        if wanted.chosen is None:
            continue
        assert match.decided_by == wanted.decided_by
        weight = POLICY.budget.weights.get(item.channel, 1)
        lineup.give(wanted.chosen.staff_id, weight=weight)
        given_to = standing[wanted.chosen.staff_id]
        standing[given_to.staff_id] = replace(given_to, load=given_to.load + weight)


def test_few_are_named_however_many_there_are() -> None:
    one = Candidate("a", "客服", "ready", connected=True, may_reply=True, load=0, capacity=3, idle_since=NOW,
                    levels={"general": 2})  # fmt: skip
    lineup = Lineup((replace(one, staff_id=f"a{number:04d}") for number in range(1500)), policy=POLICY, now=NOW)
    item = WorkItem(id="w", channel="webchat", queue="general", arrived_at=NOW, preferred_agent="a0700")
    assert [agent.staff_id for agent in lineup.nearest(item, asked={})] == ["a0000", "a0001", "a0700"]
    assert lineup.free_units == 4500

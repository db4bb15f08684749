"""Who may open what, as the one rule decides it: by role, by whose departments somebody serves, never by default."""

from __future__ import annotations

import pytest

from caredesk.accounts.access_rules import (
    AccessTable,
    Purpose,
    Reach,
    Scope,
    Service,
    Thing,
    default_table,
    is_within,
    purposes_of,
    reach_of,
    scope_of,
)
from caredesk.accounts.rules import Role

WORKS_FOR = {"skin-line": ["skin"], "teeth-line": ["teeth"], "hotline": ["skin", "teeth"], "night": []}


def table(reach: Reach, **values: object) -> AccessTable:
    """Return a table by which agents reach this far, and nobody else anything."""
    agents = {"role": "agent", **dict.fromkeys(Thing, reach), "purposes": []}
    return AccessTable.model_validate({"roles": [agents], "minutes": 60, **values})


def serving(*queue_ids: str, roles: tuple[str, ...] = ("agent",)) -> Service:
    return Service("lin", frozenset(roles), frozenset(queue_ids), WORKS_FOR)


def opens(scope: Scope) -> set[str]:
    """Return which talks somebody opens: their own, one of each queue, and one that no queue has."""
    talks = {"own": ("skin-line", "lin"), "bot": (None, None), **{queue: (queue, None) for queue in WORKS_FOR}}
    return {name for name, (queue, who) in talks.items() if is_within(scope, queue_id=queue, assignee_id=who)}


EVERYTHING = {"own", "bot", *WORKS_FOR}


@pytest.mark.parametrize(
    ("reach", "seen"),
    [
        (Reach.NONE, set()),
        (Reach.OWN, {"own"}),
        (Reach.QUEUE, {"own", "skin-line"}),
        (Reach.DEPARTMENT, {"own", "skin-line", "hotline"}),
        (Reach.HOUSE, EVERYTHING),
    ],
)
def test_each_reach_opens_what_the_one_before_does_and_more(reach: Reach, seen: set[str]) -> None:
    scope = scope_of(
        table(reach, serves=[{"staff_id": "lin", "departments": ["skin"]}]),
        service=serving("skin-line"),
        thing=Thing.CONVERSATION,
    )
    assert opens(scope) == seen


@pytest.mark.parametrize(("unassigned", "seen"), [("house", EVERYTHING), ("queues", {"own", "skin-line", "hotline"})])
def test_whom_the_table_does_not_name_serves_the_house_or_the_departments_of_their_queues(
    unassigned: str, seen: set[str]
) -> None:
    wide = table(Reach.DEPARTMENT, unassigned=unassigned)
    assert opens(scope_of(wide, service=serving("skin-line"), thing=Thing.FAMILY)) == seen


def test_who_serves_nothing_in_a_house_of_departments_opens_only_their_own() -> None:
    narrow = table(Reach.DEPARTMENT, unassigned="queues")
    assert opens(scope_of(narrow, service=serving(), thing=Thing.CONVERSATION)) == {"own"}


@pytest.mark.parametrize("roles", [(), ("auditor",), ("admin", "security"), ("doctor",), ("nobody",)])
def test_a_role_that_the_table_does_not_name_opens_nothing(roles: tuple[str, ...]) -> None:
    for thing in Thing:
        assert scope_of(default_table(), service=serving("skin-line", roles=roles), thing=thing).nothing
    assert purposes_of(default_table(), roles=roles) == []


def test_a_thing_that_a_role_is_not_given_is_opened_by_nobody_of_it() -> None:
    assert scope_of(default_table(), service=serving("skin-line"), thing=Thing.EXPORT).nothing


def test_two_roles_reach_as_far_as_the_further_one() -> None:
    assert reach_of(default_table(), roles=["agent", "supervisor"], thing=Thing.EXPORT) is Reach.DEPARTMENT


def test_purposes_are_those_of_all_ones_roles() -> None:
    given = {Role.AGENT: [Purpose.FAULT], Role.ASSISTANT: [Purpose.SERVICE]}
    rows = [row.model_copy(update={"purposes": given.get(row.role, [])}) for row in default_table().roles]
    both = default_table().model_copy(update={"roles": rows})
    assert purposes_of(both, roles=["assistant", "agent"]) == [Purpose.SERVICE, Purpose.FAULT]
    assert purposes_of(default_table(), roles=["agent"]) == []

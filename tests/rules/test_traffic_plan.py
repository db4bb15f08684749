"""The plan of invented traffic: pure, repeatable, within its time, busier where the clinic is."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime

from caredesk.actions.demo_files import DemoFolder
from caredesk.cli.demo import DEMO_FOLDER
from caredesk.infra.traffic.material import read_logins, read_material
from caredesk.infra.traffic.plan import Cast, Material, SessionHours, busyness, plan_traffic
from caredesk.infra.traffic.tally import Tally, spread

MONDAY = datetime(2026, 11, 23, 8, 0)  # noqa: DTZ001 (clinic time)
CAST = Cast(minutes=30, parents=40, agents=3, doctors=2, calls=4, seed=7)
MORNING = SessionHours(weekday=1, begins=8 * 60 + 30, ends=11 * 60 + 30)
NIGHT = SessionHours(weekday=7, begins=22 * 60, ends=26 * 60)
MATERIAL = Material(questions=("问一", "问二"), to_people=("请帮忙",), replies=("您好",), sessions=(MORNING, NIGHT))


def test_the_same_seed_is_the_same_play_and_another_is_another() -> None:
    first = plan_traffic(CAST, material=MATERIAL, begins=MONDAY)

    assert plan_traffic(CAST, material=MATERIAL, begins=MONDAY) == first
    assert plan_traffic(replace(CAST, seed=8), material=MATERIAL, begins=MONDAY) != first


def test_everybody_comes_first_and_leaves_last_and_within_the_time() -> None:
    for seed in range(20):
        plan = plan_traffic(replace(CAST, seed=seed), material=MATERIAL, begins=MONDAY)
        deeds = {who: [d.what for d in plan.parents if d.who == who] for who in range(CAST.parents)}
        assert len(deeds) == CAST.parents and len(plan.callers) == CAST.calls and len(plan.agents) == CAST.agents
        for done in deeds.values():
            assert done[0] == "arrive" and done[-1] == "leave" and Counter(done)["leave"] == 1
        assert all(0 <= d.at <= plan.seconds for d in (*plan.parents, *plan.doctors, *plan.callers))
        assert {d.who for d in plan.doctors} == {0, 1}


def test_a_play_of_a_few_seconds_has_its_people_too() -> None:
    plan = plan_traffic(replace(CAST, minutes=0.1), material=MATERIAL, begins=MONDAY)

    assert Counter(d.what for d in plan.parents)["arrive"] == CAST.parents


def test_more_come_where_the_clinic_is_busier() -> None:
    at = {hour: busyness(MATERIAL.sessions, at=MONDAY.replace(hour=hour, minute=15)) for hour in (1, 3, 8, 10, 15)}

    # Sunday's night runs into Monday; before half past eight families get ready.
    assert at == {1: 2.0, 3: 1.0, 8: 3.0, 10: 2.0, 15: 1.0}
    plan = plan_traffic(replace(CAST, minutes=60, parents=600), material=MATERIAL, begins=MONDAY)
    arrivals = [d.at for d in plan.parents if d.what == "arrive"]
    # Ten quiet minutes, twenty before the session, eighteen of the session: 10, 60 and 36 parts.
    assert sum(at < 600 for at in arrivals) < sum(1200 <= at < 1800 for at in arrivals) / 2


def test_the_demo_hospital_gives_enough_to_say() -> None:
    files = DemoFolder(DEMO_FOLDER)
    material, logins = read_material(files), read_logins(files)

    assert len(material.questions) > 50 and len(material.to_people) > 20 and len(material.replies) > 20
    assert material.sessions and all(one.begins < one.ends for one in material.sessions)
    assert logins.agents[0] == "agent01" and len(logins.doctors) == 4 and len(logins.assistants) == 3


def test_what_is_missing_doubled_or_unseen_is_told() -> None:
    tally = Tally()
    tally.check(["a", "b", "c", "d"], kept=["a", "b", "b", "d"], shown=["a", "b"])
    tally.count_answers(["visitor", "bot", "desk", "visitor", "agent", "visitor"])

    assert (tally.lost, tally.doubled, tally.unseen, tally.is_whole()) == (1, 1, 1, False)
    assert (tally.answered, tally.unanswered) == (2, 1)
    assert Tally().is_whole() and spread([]) is None and spread([0.1, 0.2, 0.3]) == {"p50": 200.0, "p99": 300.0}

"""What holds in every simulated period: nobody is lost, Little's law, budgets, order, repeatability."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from caredesk.actions import matching
from caredesk.clinic.hours import FixedHours, HoursRule, Span, WeeklyWindow
from caredesk.clinic.weekly import read_fixed_hours
from caredesk.queue.policy import (
    Budget,
    LongestIdle,
    Overflow,
    Policy,
    PromiseAfter,
    Ring,
    SkillRings,
    StickyAgent,
    default_policy,
)
from caredesk.sandbox import engine
from caredesk.sandbox.engine import simulate
from caredesk.sandbox.metrics import RATES, counts, measure
from caredesk.sandbox.values import Agent, Contact, Habits, SimQueue, World
from tests.rules.sandbox.worlds import BEGINNING, agents

MINUTES = 90


def contact(name: str, *, at: float, handling: float = 60, patience: float = math.inf, **more: object) -> Contact:
    """Return a contact that comes so many seconds after the beginning."""
    queue = str(more.pop("queue", "general"))
    return Contact(name, queue, BEGINNING + timedelta(seconds=at), handling, patience, **more)  # type: ignore[arg-type]


def world(people: Sequence[Contact], staff: Sequence[Agent], **more: object) -> World:
    """Return an hour and a half of one queue, open all the time."""
    until = BEGINNING + timedelta(minutes=MINUTES)
    given = {"queues": (SimQueue("general"),), "habits": Habits(accept_seconds=0), **more}
    return World(BEGINNING, until, contacts=tuple(people), agents=tuple(staff), **given)  # type: ignore[arg-type]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Return small worlds with two queues, changing hours, late shifts, missed offers and every kind of patience."""
    people = [
        contact(
            f"c{number:03d}",
            at=draw(st.integers(0, MINUTES * 60 - 1)),
            handling=draw(st.floats(1, 1200)),
            patience=draw(st.sampled_from([math.inf, 5.0, 60.0, 400.0])),
            queue=draw(st.sampled_from(["general", "medicine"])),
            channel=draw(st.sampled_from(["webchat", "call", "assist"])),
            priority=draw(st.sampled_from([0, 5, 10])),
        )
        for number in range(draw(st.integers(0, 40)))
    ]
    staff = []
    for number in range(draw(st.integers(0, 4))):
        start, length = draw(st.integers(0, 60)), draw(st.integers(1, 60))
        span = Span(BEGINNING + timedelta(minutes=start), BEGINNING + timedelta(minutes=start + length))
        levels = draw(st.sampled_from([{"general": 1}, {"medicine": 2}, {"general": 2, "medicine": 1}]))
        staff.append(Agent(f"a{number}", f"a{number}", levels, (span,), draw(st.integers(1, 4))))
    rule = HoursRule(fixed=read_fixed_hours({"windows": [{"opens": "08:10", "closes": "08:40"}]}))
    medicine = SimQueue("medicine", rule=draw(st.sampled_from([None, rule])), offer_seconds=10)
    habits = Habits(draw(st.sampled_from([0.0, 4.0])), draw(st.sampled_from([0.0, 0.4])), 120)
    return world(people, staff, queues=(SimQueue("general", offer_seconds=10), medicine), habits=habits)


RICH = Policy(
    rules=(
        StickyAgent(),
        LongestIdle(),
        Budget(),
        SkillRings(queue="general", rings=(Ring(after_seconds=0), Ring(after_seconds=60, also_queues=("medicine",)))),
        Overflow(queue="medicine", after_seconds=90, to="general"),
        PromiseAfter(queue="general", after_seconds=300, promise_minutes=10),
    )
)
POLICIES = (default_policy(), RICH)
RANDOM = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@RANDOM
@given(worlds(), st.sampled_from(POLICIES))
def test_nobody_is_lost_and_nobody_counted_twice(random: World, policy: Policy) -> None:
    found = counts(simulate(random, policy=policy).journeys)
    assert found.contacts == len(random.contacts)
    assert found.contacts == found.messages + found.answered + found.abandoned + found.converted + found.left


@RANDOM
@given(worlds(), st.sampled_from(POLICIES))
def test_the_number_waiting_over_time_is_the_sum_of_the_waits(random: World, policy: Policy) -> None:
    course = simulate(random, policy=policy)
    waited = math.fsum(journey.waited for journey in course.journeys if journey.entered)
    assert math.isclose(course.waiting_seconds, waited, abs_tol=1e-3)


@RANDOM
@given(worlds(), st.sampled_from(POLICIES))
def test_no_rate_exceeds_one_and_no_wait_exceeds_patience(random: World, policy: Policy) -> None:
    course = simulate(random, policy=policy)
    figures = measure(course)
    assert all(0 <= rate <= 1 for name in RATES if (rate := figures[name]) is not None)
    assert all(j.waited <= j.contact.patience_seconds + 1e-5 for j in course.journeys)
    assert all(0 <= a.busy_seconds <= a.there_seconds + 1e-6 for a in course.attendances)


@RANDOM
@given(worlds(), st.sampled_from(POLICIES))
def test_the_same_world_gives_the_same_course(random: World, policy: Policy) -> None:
    assert simulate(random, policy=policy) == simulate(random, policy=policy)


@RANDOM
@given(worlds())
def test_within_a_class_and_queue_first_offers_come_in_order_of_arrival(random: World) -> None:
    same = replace(random, contacts=tuple(replace(c, queue="general", channel="webchat") for c in random.contacts))
    course = simulate(replace(same, habits=Habits(0, 0)), policy=default_policy())
    by_id = {c.id: c for c in same.contacts}
    for priority in (0, 5, 10):
        first = [by_id[o.contact] for o in course.offers if by_id[o.contact].priority == priority]
        places = [(c.arrives_at, c.id) for c in first]
        assert places == sorted(places)


def test_the_line_is_looked_at_as_the_desk_does() -> None:
    assert engine.OWN_REASONS == matching.OWN_REASONS and engine.LOOKED_AT == matching.LOOKED_AT


def test_who_is_missed_goes_to_somebody_else_and_keeps_the_place() -> None:
    people = [contact("first", at=0), contact("second", at=1)]
    course = simulate(world(people, agents(2, hours=1.5), habits=Habits(0, 0.999999, 60)), policy=default_policy())
    asked = [offer.agent for offer in course.offers if offer.contact == "first"]
    assert asked[:2] == ["a00", "a01"]


def test_who_waits_at_closing_time_is_given_a_promise_and_served_at_the_next_opening() -> None:
    rule = HoursRule(
        fixed=FixedHours((_window("08:00", "08:10"), _window("08:30", "09:00"))),
    )
    people = [contact("long", at=0, handling=1500), contact("waits", at=60), contact("late", at=900)]
    course = simulate(
        world(people, agents(1, hours=1.5), queues=(SimQueue("general", rule=rule),)), policy=default_policy()
    )
    journeys = {journey.contact.id: journey for journey in course.journeys}
    assert (journeys["waits"].outcome, journeys["waits"].ended) == ("converted", 600)
    assert (journeys["late"].outcome, journeys["late"].entered) == ("converted", False)
    assert [(offer.contact, offer.at) for offer in course.offers] == [("long", 0), ("waits", 1800), ("late", 1860)]


def test_work_overflows_to_the_other_queue_with_its_arrival() -> None:
    policy = Policy(rules=(LongestIdle(), Overflow(queue="general", after_seconds=30, to="medicine")))
    queues = (SimQueue("general"), SimQueue("medicine"))
    staff = agents(1, hours=1.5, queue="medicine")
    course = simulate(world([contact("one", at=10)], staff, queues=queues), policy=policy)
    assert [(offer.contact, offer.at) for offer in course.offers] == [("one", 40)]


def test_a_call_is_taken_alone() -> None:
    people = [contact("call", at=0, channel="call", handling=100), contact("chat", at=1)]
    course = simulate(world(people, agents(1, hours=1.5, capacity=3)), policy=default_policy())
    assert [(offer.contact, offer.at) for offer in course.offers] == [("call", 0), ("chat", 100)]


def test_what_comes_in_the_warm_up_is_played_and_not_counted() -> None:
    people = [contact("early", at=0, handling=100), contact("counted", at=60)]
    course = simulate(world(people, agents(1, hours=1.5), warm_up_seconds=30), policy=default_policy())
    assert [(j.contact.id, j.waited) for j in course.journeys] == [("counted", 40)]
    assert course.attendances[0].busy_seconds == 130 and course.attendances[0].answered == 1


def _window(opens: str, closes: str) -> WeeklyWindow:
    stored = read_fixed_hours({"windows": [{"opens": opens, "closes": closes}]})
    assert stored is not None
    return stored.windows[0]

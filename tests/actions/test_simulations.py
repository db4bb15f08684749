"""Runs of the sandbox on a real desk: what is recorded is played, what is wrong is refused, the play is true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from caredesk.actions import chat, routing, simulations
from caredesk.actions.simulation_plans import plan_of
from caredesk.clinic.hours import Span
from caredesk.core.clock import clinic_time
from caredesk.queue import policy_queries
from caredesk.queue.errors import PolicyInvalid
from caredesk.queue.models import Offer
from caredesk.sandbox.engine import simulate
from caredesk.sandbox.errors import NobodyWorks, PeriodInvalid, ScenarioInvalid, SimulationOver, TrafficEmpty
from caredesk.sandbox.files import parse_scenario
from caredesk.sandbox.schemas import RunRequest
from caredesk.sandbox.values import Agent, Contact, Habits, SimQueue, World
from tests.fixtures.desk import DeskForTests

SCENARIO = {
    "from": "2026-11-24",
    "queues": {
        "general": {
            "arrivals": [{"from": "09:00", "to": "10:00", "per_hour": 30}],
            "handling": {"mean_seconds": 300},
            "patience": {"mean_seconds": 200},
        }
    },
}
AGENT = {"id": "a", "queues": {"general": 1}}


def run(desk: DeskForTests, **wanted: object) -> str:
    """Ask for a run and let it be played; return its id."""
    with desk.write() as work:
        run_id = simulations.ask_for_run(work, wanted=RunRequest.model_validate({"replications": 3, **wanted})).id
    desk.run_jobs()
    return run_id


def test_a_run_is_played_as_a_job_and_kept_with_its_report(desk: DeskForTests) -> None:
    desk.add_agent("lin", queues=[desk.add_queue()])
    run_id = run(desk, scenario=SCENARIO, roster_change=1)
    with desk.read() as session:
        view = simulations.run_view(session, run_id=run_id)
    assert view.line.state == "done" and view.line.done == view.line.total == 3
    assert view.report is not None
    assert [variant.name for variant in view.report.variants] == ["new", "today"]
    assert [variant.agents_there for variant in view.report.variants] == [2, 1]
    assert {figure.name for figure in view.report.differences} >= {"within_20", "abandonment", "occupancy"}


def test_the_same_wish_gives_the_same_report_byte_for_byte(desk: DeskForTests) -> None:
    desk.add_agent("lin", queues=[desk.add_queue()])
    reports = []
    for run_id in (run(desk, scenario=SCENARIO), run(desk, scenario=SCENARIO)):
        with desk.read() as session:
            report = simulations.run_view(session, run_id=run_id).report
        assert report is not None
        reports.append(report.model_dump_json())
    assert reports[0] == reports[1]


def test_a_cancelled_run_stays_cancelled(desk: DeskForTests) -> None:
    desk.add_agent("lin", queues=[desk.add_queue()])
    with desk.write() as work:
        run_id = simulations.ask_for_run(work, wanted=RunRequest.model_validate({"scenario": SCENARIO})).id
    with desk.write() as work:
        simulations.cancel_run(work, run_id=run_id)
    desk.run_jobs()
    with desk.read() as session:
        assert simulations.run_view(session, run_id=run_id).line.state == "cancelled"
    with pytest.raises(SimulationOver), desk.write() as work:
        simulations.cancel_run(work, run_id=run_id)


def test_what_is_wrong_is_said_at_once_and_nothing_is_kept(desk: DeskForTests) -> None:
    general = desk.add_queue()
    today = clinic_time(desk.clock.now()).date()
    with pytest.raises(TrafficEmpty):
        run(desk)
    with pytest.raises(PeriodInvalid):
        run(desk, first=today, last=today - timedelta(days=1))
    with pytest.raises(PeriodInvalid):
        run(desk, first=date(2020, 1, 1), last=today)
    with pytest.raises(ScenarioInvalid):
        run(desk, scenario={**SCENARIO, "queues": {"nowhere": SCENARIO["queues"]["general"]}})  # type: ignore[index]
    with pytest.raises(NobodyWorks):
        run(desk, scenario=SCENARIO)
    desk.add_agent("lin", queues=[general])
    with pytest.raises(NobodyWorks):
        run(desk, scenario=SCENARIO, roster_change=-1)
    with pytest.raises(PolicyInvalid):
        run(
            desk,
            scenario=SCENARIO,
            policy={"rules": [{"rule": "overflow", "queue": "x", "after_seconds": 1, "to": "y"}]},
        )
    with desk.read() as session:
        assert simulations.run_list(session).runs == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"days": 0}, "days: greater_than_equal"),
        ({"days": 400}, "days: less_than_equal"),
        ({"from": "yesterday"}, "from: "),
        ({"queues": {}}, "queues: too_short"),
        ({"surprise": 1}, "surprise: extra_forbidden"),
        ({"accept_seconds": float("nan")}, "accept_seconds: finite_number"),
        (
            {"agents": [{"id": "a", "queues": {"general": 1}, "shifts": ["08:00-12:00", "11:00-12:30"]}]},
            "shifts_overlap",
        ),
        ({"agents": [{**AGENT, "shifts": ["25:00-26:00"]}]}, "agents.0: "),
        ({"agents": [AGENT, AGENT]}, "agents: agent_twice"),
    ],
)
def test_each_fault_of_a_scenario_is_named_by_its_place(change: dict[str, object], problem: str) -> None:
    with pytest.raises(ScenarioInvalid) as refused:
        parse_scenario({**SCENARIO, **change})
    problems = refused.value.fields["problems"]
    assert isinstance(problems, list) and any(problem in one for one in problems)


def test_recorded_conversations_are_played_with_what_they_showed(desk: DeskForTests) -> None:
    desk.served_conversation()
    with desk.read() as session:
        plan = plan_of(session, RunRequest(replications=1), now=desk.clock.now())
    assert [one.ended for one in plan.recorded] == ["answered"]
    assert plan.recorded[0].queue == "general"


# ---- fidelity ------------------------------------------------------------------------------------------------


def test_the_play_offers_the_same_work_to_the_same_agents_in_the_same_order_as_the_desk(desk: DeskForTests) -> None:
    """Three agents, nine visitors, every 20 s; each is accepted at once and closed after 70, 100 or 130 s."""
    general = desk.add_queue()
    names = {desk.add_agent(login, queues=[general], capacity=1): login for login in ("lin", "wang", "zhao")}
    began, held = desk.clock.now(), {f"v{number}": 70 + 30 * (number % 3) for number in range(9)}
    asked_of_desk = _play_on_the_desk(desk, held=held, names=names)
    with desk.read() as session:
        policy = policy_queries.active_policy(session)
    course = simulate(_same_world(began=began, held=held, names=names), policy=policy)
    assert len(asked_of_desk) == len(held)
    assert [(offer.at, offer.contact, names[offer.agent]) for offer in course.offers] == asked_of_desk


def _play_on_the_desk(
    desk: DeskForTests, *, held: Mapping[str, int], names: Mapping[str, str]
) -> list[tuple[float, str, str]]:
    """Let visitors come and be served while the clock is told; return every offer as it was made."""
    began, coming = desk.clock.now(), {20 * number: name for number, name in enumerate(held)}
    by_id: dict[str, str] = {}
    visitors: dict[str, str] = {}
    ends: list[tuple[int, str, str]] = []
    asked: list[tuple[float, str, str]] = []
    for second in range(0, 600, 10):
        desk.clock.set(began + timedelta(seconds=second))
        for _, visitor_id, conversation_id in sorted(end for end in ends if end[0] == second):
            with desk.write() as work:
                chat.end_conversation(work, visitor_id=visitor_id, conversation_id=conversation_id)
            desk.run_jobs()
        if second in coming:
            visitor_id, conversation_id = desk.waiting_visitor()
            by_id[conversation_id], visitors[conversation_id] = coming[second], visitor_id
        desk.run_jobs()
        for offer in _pending(desk):
            asked.append((float(second), by_id[offer.conversation_id], names[offer.staff_id]))
            with desk.write() as work:
                routing.accept_offer(work, offer_id=offer.id, staff_id=offer.staff_id)
            desk.run_jobs()
            visitor_id = visitors[offer.conversation_id]
            ends.append((second + held[by_id[offer.conversation_id]], visitor_id, offer.conversation_id))
    return asked


def _pending(desk: DeskForTests) -> Sequence[Offer]:
    with desk.read() as session:
        query = select(Offer).where(Offer.state == "pending").order_by(Offer.made_at, Offer.id)
        return session.scalars(query).all()


def _same_world(*, began: datetime, held: Mapping[str, int], names: Mapping[str, str]) -> World:
    until = began + timedelta(seconds=600)
    coming = enumerate(held.items())
    contacts = tuple(Contact(name, "general", began + timedelta(seconds=20 * n), float(s)) for n, (name, s) in coming)
    agents = tuple(Agent(id_, login, {"general": 1}, (Span(began, until),), 1) for id_, login in names.items())
    return World(began, until, (SimQueue("general"),), contacts, agents, Habits(accept_seconds=0))

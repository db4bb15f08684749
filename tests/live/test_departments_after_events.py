"""Supervisors of a department are told of its calls and requests what they would fetch; others of nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from caredesk.actions import alerts, transfers
from caredesk.application import create_app
from caredesk.edge.services import HookSecrets, Services
from tests.fixtures.departments import limit, name_department
from tests.fixtures.desk import DeskForTests
from tests.fixtures.engine import SECRET, FakeEngine
from tests.fixtures.mirror import Console
from tests.fixtures.ward import Ward


@pytest.fixture
def services(services: Services) -> Services:
    return replace(services, hooks=HookSecrets(hotline=SECRET))


@dataclass
class Wall:
    """A supervisor's screen: what its events have told of calls and requests, beside what it would fetch."""

    console: Console

    def heard(self, kind: str) -> list[dict[str, Any]]:
        return [one.model_dump(mode="json") for one in self.console.desk.push.of_type(kind) if self.console.hears(one)]

    def shown(self) -> tuple[dict[str, int], dict[str, str]]:
        """Return open requests with their versions, and calls that go on with their states, as pages keep them."""
        requests = {}
        for event in self.heard("assist.changed"):
            requests[event["request"]["id"]] = event["request"]["version"]
            if event["request"]["ended_at"] or not self.reaches(event["floor_queue_id"]):
                del requests[event["request"]["id"]]
        calls = {event["call"]["id"]: event["call"]["state"] for event in self.heard("call.changed")}
        return requests, {id: state for id, state in calls.items() if state not in ("wrap_up", "ended")}

    def reaches(self, queue_id: str) -> bool:
        seen = self.console.first["seen_queue_ids"]
        return seen is None or queue_id in seen

    def fetched(self) -> tuple[dict[str, int], dict[str, str]]:
        requests = self.console.browser.get("/api/console/assist/open").json["requests"]
        calls = self.console.browser.get("/api/desk/hotline/calls").json["live"]
        return {one["id"]: one["version"] for one in requests}, {one["call_id"]: one["state"] for one in calls}


def walls_of(desk: DeskForTests, queues: dict[str, str]) -> dict[str, Wall]:
    """Have each queue work for a department of its own, with a supervisor; one more serves the house."""
    for key, queue_id in queues.items():
        name_department(desk, key, queue_id=queue_id)
    staff = {key: desk.add_staff(f"{key}-boss", roles=["supervisor"]) for key in (*queues, "house")}
    limit(desk, {staff[key]: [key] for key in queues})
    return {
        key: Wall(Console.of(desk, create_app(desk.services).test_client(), staff_id=staff_id))
        for key, staff_id in staff.items()
    }


def compare(walls: dict[str, Wall], *, after: str) -> None:
    for key, wall in walls.items():
        assert wall.shown() == wall.fetched(), f"{key} after {after}"


def test_a_call_is_told_to_the_supervisors_who_reach_its_queue(desk: DeskForTests, client: FlaskClient) -> None:
    queues = {"skin": desk.add_queue("skin"), "teeth": desk.add_queue("teeth", is_default=False)}
    walls = walls_of(desk, queues)
    engine = FakeEngine(desk, client)
    engine.start()
    engine.give_phone(desk.add_agent("lin", queues=[queues["skin"]]))
    call_id = engine.call()
    steps = {
        "the greeting": lambda: engine.played(call_id),
        "the choice": lambda: engine.press(call_id, "1"),
        "the ring": lambda: engine.tell("leg.ringing", call_id, leg=f"{call_id}-1"),
        "the answer": lambda: engine.answer(call_id),
        "the hold": lambda: engine.tell("call.held", call_id, leg=f"{call_id}-1"),
        "the end": lambda: engine.end(call_id),
    }
    compare(walls, after="its arrival")
    for name, do in steps.items():
        desk.clock.advance(seconds=1)
        do()
        compare(walls, after=name)
    heard = {key: {event["call"]["state"] for event in wall.heard("call.changed")} for key, wall in walls.items()}
    assert {"ringing", "talking", "held"} <= heard["skin"] < heard["house"]
    assert heard["teeth"] == set()


def test_a_request_is_told_to_those_who_reach_its_queue_and_leaves_the_list_with_it(
    desk: DeskForTests, client: FlaskClient
) -> None:
    ward = Ward(desk, client)
    queues = {"ward": ward.queue, "teeth": desk.add_queue("teeth", is_default=False)}
    walls = walls_of(desk, queues)
    desk.add_option("transfer_reason", "other")
    assistant = desk.add_agent("xu", queues=[ward.queue])
    request = ward.call()
    desk.run_jobs()
    compare(walls, after="it is raised")
    conversation_id = desk.accept(assistant)
    compare(walls, after="it is taken")
    ward.do(request, "urge")
    compare(walls, after="it is urged")
    assert not walls["teeth"].heard("assist.changed")
    with desk.write() as work:
        transfers.transfer(
            work,
            conversation_id=conversation_id,
            who=desk.as_agent(assistant),
            target_kind="queue",
            target_id=queues["teeth"],
            reason="other",
            note="",
        )
    compare(walls, after="it is handed to another queue")
    assert walls["teeth"].shown()[0] and not walls["ward"].shown()[0]
    ward.do(request, "withdraw")
    compare(walls, after="it is withdrawn")


def test_an_alert_that_calls_one_agent_is_told_to_the_supervisors_of_its_talk(desk: DeskForTests) -> None:
    queues = {"skin": desk.add_queue("skin"), "teeth": desk.add_queue("teeth", is_default=False)}
    walls = walls_of(desk, queues)
    agent = desk.add_agent("lin", queues=[queues["skin"]])
    desk.waiting_visitor()
    desk.run_jobs()
    conversation_id = desk.accept(agent)
    with desk.write() as work:
        alerts.raise_alert(work, code="self_harm", conversation_id=conversation_id, staff_id=agent)
        alerts.raise_alert(work, code="set_to_break", staff_id=agent)
    found = {}
    for key, wall in walls.items():
        told = {event["code"] for event in wall.heard("alert.raised")}
        fetched = {one["code"] for one in wall.console.browser.get("/api/console/alerts").json["alerts"]}
        found[key] = (told, fetched)
    all_of_them, of_the_house = {"self_harm", "set_to_break"}, {"set_to_break"}
    assert found == {
        "skin": (all_of_them, all_of_them),
        "teeth": (of_the_house, of_the_house),
        "house": (all_of_them, all_of_them),
    }

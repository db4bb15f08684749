"""Incidents while the database is away: declared, worked and shown from a journal, and put into it when it is back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from caredesk.accounts.models import StaffSession
from caredesk.actions import incidents
from caredesk.audit.models import AuditEntry
from caredesk.continuity.models import Incident, IncidentEntry
from caredesk.core.work import Actor
from caredesk.edge.services import Services
from caredesk.infra.incident_journal import IncidentJournal
from caredesk.infra.notices import follow_notice
from tests.fixtures.database import SECRETS
from tests.fixtures.desk import DeskForTests
from tests.surfaces.test_standby import client_of, find_database, keeper, lose_database, sign_in

HOME = "/api/console/incidents"
FAULT = {"kind": "platform", "drill": False, "reason": "数据库连不上"}


class Person:
    """Somebody at the console of a desk, as their browser speaks."""

    def __init__(self, desk: DeskForTests, services: Services, *, staff_id: str) -> None:
        token = sign_in(desk, staff_id)
        with desk.read() as session:
            newest = select(StaffSession.csrf_token).where(StaffSession.staff_id == staff_id)
            self._csrf = session.scalars(newest.order_by(StaffSession.id.desc())).first() or ""
        self._client: FlaskClient = client_of(services, token=token)

    def sees(self) -> dict[str, Any]:
        answer: dict[str, Any] = self._client.get(HOME).get_json()
        return answer

    def does(self, body: Mapping[str, object], path: str = "", *, csrf: str | None = None) -> TestResponse:
        headers = {"X-CSRF-Token": self._csrf if csrf is None else csrf}
        return self._client.post(f"{HOME}{path}", json=dict(body), headers=headers)


@pytest.fixture
def away(desk: DeskForTests) -> tuple[Services, Person, Person]:
    """A desk whose database has just gone, with a supervisor and an agent who were signed in."""
    supervisor = desk.add_staff("wang", roles=("supervisor",))
    agent = desk.add_agent("lin", queues=[desk.add_queue()], ready=False)
    journal = IncidentJournal(desk.services.settings.data_dir / "incident_journal", masters=SECRETS.masters)
    services = replace(desk.services, standby=keeper(desk.services), journal=journal)
    people = Person(desk, services, staff_id=supervisor), Person(desk, services, staff_id=agent)
    services.standby.keep_if_due(services)  # type: ignore[union-attr]
    lose_database(services)
    return services, *people


def replayed(services: Services) -> None:
    find_database(services)
    assert isinstance(services.journal, IncidentJournal)
    services.journal.replay(services)


def rows(desk: DeskForTests) -> list[tuple[str, str, datetime]]:
    with desk.read() as session:
        entries = session.scalars(select(IncidentEntry).order_by(IncidentEntry.at, IncidentEntry.id)).all()
        return [(one.what, one.by_name, one.at) for one in entries]


def test_an_incident_is_worked_without_the_database_which_gets_it_once_in_order_and_with_the_true_times(
    desk: DeskForTests, away: tuple[Services, Person, Person]
) -> None:
    services, wang, lin = away
    began = desk.clock.now()
    declared = wang.does(FAULT).get_json()["incident"]
    desk.clock.advance(minutes=2)
    path = f"/{declared['id']}/entries"
    assert wang.does({"what": "ticked", "item": "call_it"}, path).status_code == 200
    desk.clock.advance(minutes=3)
    assert wang.does({"what": "parents_told"}, path).status_code == 200
    (course,) = lin.sees()["open"]
    assert [(one["what"], one["stored"]) for one in course["entries"]] == [
        ("declared", False),
        ("ticked", False),
        ("parents_told", False),
    ]
    assert [step["key"] for step in course["steps"] if step["done"]] == ["call_it"]
    assert desk.push.of_type("incident.changed")[-1].incident.tells_parents
    follow_notice(services)
    assert services.condition.notice == "platform"
    sealed = [one for one in (services.settings.data_dir / "incident_journal").rglob("*") if one.is_file()]
    assert len(sealed) == 3
    assert not any("数据库连不上".encode() in one.read_bytes() for one in sealed)
    desk.clock.advance(minutes=10)
    replayed(services)
    told = rows(desk)
    assert told == [
        ("declared", "客服wang", began),
        ("ticked", "客服wang", began + timedelta(minutes=2)),
        ("parents_told", "客服wang", began + timedelta(minutes=5)),
    ]
    replayed(services)
    assert rows(desk) == told
    assert wang.sees()["live"] is True
    with desk.read() as session:
        incident = session.scalars(select(Incident)).one()
        query = select(AuditEntry.why, AuditEntry.record).where(AuditEntry.deed == "incident.replayed")
        deeds = session.execute(query.order_by(AuditEntry.number)).all()
    assert (incident.declared_at, incident.responded_at, incident.tells_parents) == (began, told[1][2], True)
    assert [why for why, _ in deeds] == ["declared", "ticked", "parents_told"]
    assert deeds[0].record == f"done:{began.isoformat(timespec='seconds')}"


def test_only_whoever_led_the_floor_when_the_list_was_kept_may_and_what_is_wrong_changes_nothing(
    desk: DeskForTests, away: tuple[Services, Person, Person]
) -> None:
    services, wang, lin = away
    refused = [
        lin.does(FAULT),
        wang.does(FAULT, csrf="another"),
        wang.does({**FAULT, "kind": "weather"}),
        wang.does({**FAULT, "reason": "  "}),
        wang.does({"what": "noted", "text": "补记"}, "/nobody/entries"),
    ]
    assert [one.get_json()["code"] for one in refused] == [
        "auth.not_permitted",
        "auth.csrf",
        "incident.words_invalid",
        "incident.words_invalid",
        "incident.not_found",
    ]
    assert services.journal is not None
    assert services.journal.deeds() == []
    declared = wang.does(FAULT).get_json()["incident"]["id"]
    again = [wang.does(FAULT), wang.does({"what": "ticked", "item": "dance"}, f"/{declared}/entries")]
    assert [one.get_json()["code"] for one in again] == ["incident.goes_on", "incident.words_invalid"]
    assert len(services.journal.deeds()) == 1
    # Whatever the report must count is in the database only.
    assert wang.does({"text": "好了"}, f"/{declared}/end").get_json()["code"] == "store.away"
    replayed(services)
    assert [what for what, *_ in rows(desk)] == ["declared"]


def test_of_two_declarations_on_machines_that_share_no_folder_one_goes_on_and_knows_of_the_other(
    desk: DeskForTests, away: tuple[Services, Person, Person]
) -> None:
    services, wang, _ = away
    declared = wang.does(FAULT).get_json()["incident"]["id"]
    assert wang.does({"what": "noted", "text": "已通知信息科"}, f"/{declared}/entries").status_code == 200
    assert wang.does({"what": "ticked", "item": "print_list"}, f"/{declared}/entries").status_code == 200
    find_database(services)
    with desk.write(actor=Actor(kind="staff", id="li", name="李明")) as work:
        first = incidents.declare(work, kind="hotline", drill=False, reason="热线不通").id
    replayed(services)
    with desk.read() as session:
        entries = session.scalars(select(IncidentEntry).order_by(IncidentEntry.at, IncidentEntry.id)).all()
        assert {one.incident_id for one in entries} == {first}
        assert sorted(one.text for one in entries) == ["", "已通知信息科", "平台故障 · 数据库连不上", "热线不通"]
    assert services.journal is not None
    assert services.journal.deeds() == []


def test_where_not_even_the_disk_takes_it_nothing_is_said_to_be_kept(
    desk: DeskForTests, away: tuple[Services, Person, Person]
) -> None:
    _, wang, _ = away
    (desk.services.settings.data_dir / "incident_journal").write_text("a file where the folder should be")
    assert wang.does(FAULT).get_json()["code"] == "incident.not_kept"
    assert wang.sees()["open"] == []

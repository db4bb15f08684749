"""After a day of use neither what lies in the database nor what any page shows tells a family's names or numbers.

What people write into a chat is theirs and not looked at: nobody in this day writes a number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from caredesk.accounts.models import Staff
from caredesk.accounts.rules import Role
from caredesk.actions.demo import load_demo
from caredesk.actions.demo_floor import begin_shift
from caredesk.actions.demo_round import begin_round
from caredesk.application import create_app
from caredesk.conversations.models import Conversation
from caredesk.core.ids import new_id
from caredesk.core.store import Store
from caredesk.patients.models import Appointment, Guardian, Parcel, Patient, Prescription
from caredesk.telephony import callback_queries, cloud_queries
from caredesk.telephony.callback_models import CallBack
from caredesk.telephony.models import Call, EngineCommand
from tests.fixtures.calling import tell
from tests.fixtures.desk import DeskForTests
from tests.fixtures.records import sign_in

CALLER = "13800001001"
"""The first family of the demo."""


@dataclass(frozen=True)
class Known:
    """What must be seen nowhere."""

    names: frozenset[str]
    numbers: frozenset[str]
    homes: frozenset[str]
    """Where parcels go, and when children were born."""


@pytest.fixture
def day(desk: DeskForTests, without_knowledge: Path) -> DeskForTests:
    """The demo hospital after a day: families wrote, called, were called back, and a call centre told of them."""
    with desk.write() as work:
        load_demo(work, without_knowledge, now=work.now, hash_password=str.upper)
    with desk.write() as work:
        begin_shift(work, without_knowledge)
        begin_round(work, without_knowledge)
    visitor_id = desk.visit(external_id="G1001").visitor.id
    desk.say(visitor_id, "请问快递到哪里了")
    desk.ask_for_person(visitor_id)
    call(desk)
    desk.run_jobs()
    be_called_back(desk)
    return desk


def call(desk: DeskForTests) -> None:
    """Let a family call the hotline until its line has been answered."""
    tell(desk, "engine.started", version="1", capabilities=[])
    tell(desk, "call.arrived", new_id(), caller=CALLER, called="4001234567", trunk="t")


def be_called_back(desk: DeskForTests) -> None:
    """Keep what a call centre pushes about a family, a call-back to it, and what the engine is told to dial."""
    with desk.write() as work:
        talk = work.session.scalars(select(Call.conversation_id)).first()
        assert talk is not None
        numbered = {"from": CALLER, "to": f"+86{CALLER}"}
        cloud_queries.keep_push(
            work.session,
            provider="tccc",
            event_id="e1",
            call="c1",
            follows="",
            action="cdr",
            body=numbered,
            now=work.now,
        )
        owed = CallBack(conversation_id=talk, number=f"+86{CALLER}", asked_at=work.now, attempts_limit=3)
        callback_queries.add_call_back(work.session, call_back=owed)
        dial = {"to": {"kind": "number", "number": f"+86{CALLER}"}}
        order = EngineCommand(id=new_id(), engine="embedded", verb="dial", args=dial, made_at=work.now)
        work.session.add(order)


@pytest.fixture
def known(day: DeskForTests) -> Known:
    with day.read() as session:
        guardians = session.scalars(select(Guardian)).all()
        children = session.scalars(select(Patient)).all()
        parcels = session.scalars(select(Parcel)).all()
    phones = {one.phone for one in guardians if one.phone}
    ids = {one.id_number for one in guardians if one.id_number}
    names = frozenset(one.name for one in (*guardians, *children))
    homes = {parcel.address for parcel in parcels} | {one.birth_date.isoformat() for one in children if one.birth_date}
    return Known(names, frozenset(phones | ids), frozenset(homes))


def all_that_lies_in(store: Store, file: Path) -> bytes:
    """Return the raw file of SQLite with what is not yet in it, or every row of PostgreSQL as a dump writes it."""
    if store.engine.dialect.name == "sqlite":
        return b"".join(path.read_bytes() for path in sorted(file.parent.glob(f"{file.name}*")))
    with store.engine.connect() as connection:
        names = connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
        rows = [connection.scalars(text(f'SELECT t::text FROM "{name}" t')).all() for name in names]
    return "\n".join(row for table in rows for row in table).encode()


def test_the_raw_database_tells_nothing_of_a_family(day: DeskForTests, known: Known) -> None:
    lies = all_that_lies_in(day.services.store, Path(str(day.services.store.engine.url.database)))
    assert len(lies) > 100_000
    assert len(known.names) > 40 and CALLER in known.numbers
    assert len(known.homes) > 20
    assert {value for value in known.names | known.numbers | known.homes if value.encode() in lies} == set()


# ---- what is shown -------------------------------------------------------------------------------------------


@pytest.fixture
def app(day: DeskForTests) -> Flask:
    return create_app(day.services)


@pytest.fixture
def values(day: DeskForTests) -> dict[str, str]:
    """What stands in addresses: things of the family that wrote and called."""
    with day.read() as session:
        guardian = session.scalars(select(Guardian).where(Guardian.external_id == "G1001")).one()
        visit = session.scalars(select(Appointment).where(Appointment.guardian_id == guardian.id)).first()
        mine = select(Parcel).join(Prescription, Prescription.id == Parcel.prescription_id)
        talk = select(Conversation.id).where(Conversation.guardian_id == guardian.id)
        called = session.scalars(talk.order_by(Conversation.channel == "hotline", Conversation.id.desc())).first()
        parcel = session.scalars(mine).first()
    assert visit is not None and called is not None and parcel is not None
    return {
        "conversation_id": called,
        "guardian_id": guardian.id,
        "patient_id": visit.patient_id,
        "appointment_id": visit.id,
        "session_id": visit.clinic_session_id or "none",
        "parcel_id": parcel.id,
        "app": "widget",
        "name": "x",
        "view": "x",
    }


ELSEWHERE = ("/hooks/", "/fhir", "/demo")
"""Addresses of other systems; and the demo's page, which lets one choose as which invented family to come."""


def addresses(app: Flask, values: dict[str, str]) -> Iterator[str]:
    """Yield the address of every route that only looks."""
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or set()) and not rule.rule.startswith(ELSEWHERE):
            steps = rule.rule.split("/")
            yield "/".join(values.get(one.strip("<>").split(":")[-1], "none") if "<" in one else one for one in steps)


def shown_to(browser: FlaskClient, address: str) -> str:
    """Return everything that an address says."""
    answer = browser.get(address, environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    return answer.get_data().decode("utf-8", "replace")


def browser_of(app: Flask, desk: DeskForTests, role: str) -> FlaskClient:
    browser = app.test_client()
    with desk.read() as session:
        staff = session.scalars(select(Staff).where(Staff.active).order_by(Staff.login)).all()
    found = next((one.id for one in staff if role in one.roles), None) or desk.add_staff(f"a-{role}", roles=(role,))
    sign_in(desk, browser, staff_id=found)
    return browser


# Eight roles by a hundred and more addresses: seconds on a free machine, minutes on one that many share.
@pytest.mark.timeout(900)
def test_no_page_shows_who_a_family_is_or_where_it_lives_to_anybody(
    app: Flask, day: DeskForTests, known: Known, values: dict[str, str]
) -> None:
    told, masked = set(), 0
    looked_for = known.names | known.numbers | known.homes
    for role in sorted(role.value for role in Role):
        browser = browser_of(app, day, role)
        for address in addresses(app, values):
            everything = shown_to(browser, address)
            masked += "138****1001" in everything
            told |= {(role, address) for value in looked_for if value in everything}
    assert told == set()
    # The family is shown to whoever serves it, so that what was looked through was no empty page.
    assert masked

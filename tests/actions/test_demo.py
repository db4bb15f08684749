"""The demo hospital: complete, plausible at any hour, and loaded twice without a change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from caredesk.accounts import queries as account_queries
from caredesk.accounts.models import Presence, Staff
from caredesk.accounts.passwords import hash_password, password_matches
from caredesk.actions import canned, clinic
from caredesk.actions.demo import DemoReport, list_demo_accounts, load_demo
from caredesk.actions.demo_files import DemoFileInvalid, DemoFolder, relative
from caredesk.cli.demo import DEMO_FOLDER
from caredesk.clinic.models import ClinicSession, Department, Doctor
from caredesk.clinic.workdays import calendar_day
from caredesk.conversations import house_queries
from caredesk.core.clock import CLINIC_ZONE, clinic_time
from caredesk.core.db import Base
from caredesk.core.outbox import JobRow
from caredesk.core.store import Store
from caredesk.core.work import SYSTEM, Work
from caredesk.infra.engine import open_store
from caredesk.knowledge_base import queries as knowledge_queries
from caredesk.patients import queries as patient_queries
from caredesk.patients.models import Appointment, Guardian, Parcel, Patient, Prescription
from caredesk.queue import queries as queue_queries
from caredesk.queue.models import AgentSkill
from tests.fixtures.database import SECRETS, PostgresDatabases, SqliteDatabases

PASSWORD = "caredesk-demo"
MONDAY_MORNING = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def at_clinic(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CLINIC_ZONE).astimezone(UTC)


@dataclass
class Demo:
    """A database into which demo hospitals are loaded at a time that a test chooses."""

    store: Store
    now: datetime = MONDAY_MORNING

    @contextmanager
    def write(self) -> Iterator[Work]:
        with self.store.writing() as session:
            yield Work(session=session, now=self.now, actor=SYSTEM)
            session.commit()

    def read(self) -> AbstractContextManager[Session]:
        return self.store.reading()

    def load(self, *, folder: Path = DEMO_FOLDER, hash_password: Callable[[str], str] = str.upper) -> DemoReport:
        with self.write() as work:
            return load_demo(work, folder, now=work.now, hash_password=hash_password)


@pytest.fixture
def fresh(database: Store) -> Demo:
    """An empty desk."""
    return Demo(database)


@pytest.fixture(scope="module")
def demo(databases: SqliteDatabases | PostgresDatabases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo hospital on a Monday morning, loaded once: for tests that only look."""
    store = open_store(databases.make(tmp_path_factory.mktemp("demo")), secrets=SECRETS)
    loaded = Demo(store)
    loaded.load()
    yield loaded
    store.engine.dispose()


def rows_of_everything(desk: Demo) -> dict[str, list[Any]]:
    with desk.read() as session:
        return {
            table.name: sorted(map(repr, session.execute(select(table)).all())) for table in Base.metadata.sorted_tables
        }


def total(desk: Demo, model: type) -> int:
    with desk.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_the_demo_is_complete(demo: Demo) -> None:
    assert (total(demo, Department), total(demo, Doctor)) == (16, 40)
    assert min(total(demo, model) for model in (Guardian, Patient)) >= 20
    with demo.read() as session:
        roles = Counter(role for staff in account_queries.list_staff(session) for role in staff.roles)
        assert roles == {
            "agent": 10,
            "assistant": 3,
            "doctor": 4,
            "supervisor": 1,
            "editor": 1,
            "admin": 1,
            "nurse": 1,
            "pharmacist": 1,
            "security": 1,
            "auditor": 1,
        }
        hospital = house_queries.get_hospital(session)
        assert (hospital.demo, hospital.emergency_phone, bool(hospital.name_en)) == (True, "120", True)
        assert knowledge_queries.current_release(session) == 1
        assert len(knowledge_queries.list_entries(session)) >= 160
        for kind in ("close_category", "close_outcome", "break_reason", "transfer_reason", "rating_reason"):
            options = house_queries.list_options(session, kind=kind)
            assert options and all(option.zh and option.en for option in options)


def test_loading_twice_changes_nothing(fresh: Demo) -> None:
    fresh.load()
    before = rows_of_everything(fresh)
    fresh.now = fresh.now + timedelta(minutes=7)
    report = fresh.load()
    assert report.total == 0
    assert rows_of_everything(fresh) == before


def test_a_later_load_only_extends_the_schedule(fresh: Demo, without_knowledge: Path) -> None:
    fresh.load(folder=without_knowledge)
    fresh.now = fresh.now + timedelta(days=8)
    report = fresh.load(folder=without_knowledge)
    assert {part for part, count in report.added.items() if count} == {"clinic_sessions"}
    with fresh.read() as session:
        last = session.scalar(select(func.max(ClinicSession.day)))
    assert last == clinic_time(fresh.now).date() + timedelta(days=21)


def test_what_people_have_changed_stays_theirs(fresh: Demo) -> None:
    fresh.load()
    with fresh.write() as work:
        reply = house_queries.list_canned_replies(work.session)[0]
        reply.text = "改过了"
        entry = knowledge_queries.list_entries(work.session)[0]
        entry.answer = "改过的答案"
        stopped = work.session.scalars(select(ClinicSession).where(ClinicSession.status == "scheduled")).first()
        assert stopped is not None
        stopped.status = "cancelled"
    before = rows_of_everything(fresh)
    assert fresh.load().total == 0
    assert rows_of_everything(fresh) == before


# ---- the clinic ------------------------------------------------------------------------------------------


def test_the_schedule_spans_four_weeks_with_every_department_and_one_cancelled_session(demo: Demo) -> None:
    today = clinic_time(demo.now).date()
    with demo.read() as session:
        sessions = session.scalars(select(ClinicSession)).all()
    assert (min(s.day for s in sessions), max(s.day for s in sessions)) == (
        today - timedelta(days=7),
        today + timedelta(days=21),
    )
    assert {s.department_id for s in sessions} == {row["id"] for row in _table("departments.csv")}
    assert {s.doctor_id for s in sessions} == {row["id"] for row in _table("doctors.csv")}
    assert Counter(s.status for s in sessions)["cancelled"] == 1
    assert {s.kind for s in sessions} == {"morning", "afternoon", "evening", "night"}
    by_day = Counter(s.day for s in sessions)
    weekend = max(count for day, count in by_day.items() if day.isoweekday() > 5)
    assert weekend < min(count for day, count in by_day.items() if day.isoweekday() <= 5) / 2


def test_holidays_have_only_the_night_clinic_and_swapped_days_are_worked(fresh: Demo, without_knowledge: Path) -> None:
    fresh.now = at_clinic("2026-09-28 10:00")
    fresh.load(folder=without_knowledge)
    with fresh.read() as session:
        kinds: dict[Any, set[str]] = {}
        for row in session.scalars(select(ClinicSession)):
            kinds.setdefault(row.day, set()).add(row.kind)
    holidays = [day for day in kinds if calendar_day(day).holiday]
    swapped = [day for day in kinds if calendar_day(day).swapped]
    assert len(holidays) >= 7
    assert all(kinds[day] == {"night"} for day in holidays)
    assert swapped and all({"morning", "afternoon", "night"} <= kinds[day] for day in swapped)


def test_the_general_queue_is_open_by_day_and_through_every_night(demo: Demo) -> None:
    with demo.read() as session:
        general = queue_queries.find_queue_by_key(session, key="general")
        assert general is not None and general.is_default
        hours = [at_clinic(f"2026-11-{day} {hour:02}:00") for day in range(23, 30) for hour in (3, 12, 18, 21)]
        assert all(clinic.queue_state(session, general, at=hour).open for hour in hours)


def test_medicine_questions_wait_for_the_next_working_day(fresh: Demo, without_knowledge: Path) -> None:
    fresh.now = at_clinic("2026-09-28 10:00")
    fresh.load(folder=without_knowledge)
    with fresh.read() as session:
        medicine = queue_queries.find_queue_for_category(session, category="物流配送")
        assert medicine is not None and medicine.key == "medicine"
        state = clinic.queue_state(session, medicine, at=at_clinic("2026-10-01 10:00"))
    assert (state.reason, state.next_open) == ("holiday", at_clinic("2026-10-08 08:30"))


# ---- people ----------------------------------------------------------------------------------------------


def test_every_queue_has_agents_and_every_agent_a_place(demo: Demo) -> None:
    with demo.read() as session:
        skilled = Counter(session.scalars(select(AgentSkill.queue_id)))
        queues = queue_queries.list_queues(session)
        agents = {staff.id for staff in account_queries.list_staff(session) if {"agent", "assistant"} & {*staff.roles}}
        places = {row.staff_id: row.capacity for row in session.scalars(select(Presence))}
    assert all(skilled[queue.id] >= 3 for queue in queues)
    assert all(places[staff_id] >= 3 for staff_id in agents)


def test_doctors_accounts_belong_to_doctors_of_the_clinic(demo: Demo) -> None:
    with demo.read() as session:
        bound = {
            staff.doctor_id: staff.name for staff in session.scalars(select(Staff).where(Staff.doctor_id.is_not(None)))
        }
        doctors = {doctor.id: doctor.name for doctor in session.scalars(select(Doctor))}
    assert len(bound) == 4
    assert bound.items() <= doctors.items()


def test_the_published_password_opens_the_listed_accounts(fresh: Demo, without_knowledge: Path) -> None:
    with fresh.read() as session:
        assert list_demo_accounts(session, folder=DEMO_FOLDER) == []
    fresh.load(folder=without_knowledge, hash_password=hash_password)
    with fresh.read() as session:
        accounts = list_demo_accounts(session, folder=DEMO_FOLDER)
        assert len(accounts) == 24
        assert {account.password for account in accounts} == {PASSWORD}
        supervisor = account_queries.get_staff_by_login(session, login="supervisor")
        assert password_matches(PASSWORD, stored=supervisor.password_hash)


def test_a_closed_account_is_not_advertised(fresh: Demo, without_knowledge: Path) -> None:
    fresh.load(folder=without_knowledge)
    with fresh.write() as work:
        account_queries.get_staff_by_login(work.session, login="agent10").active = False
    with fresh.read() as session:
        logins = {account.login for account in list_demo_accounts(session, folder=DEMO_FOLDER)}
    assert len(logins) == 23 and "agent10" not in logins


def test_invented_people_cannot_be_real() -> None:
    for family in _table("families.csv"):
        # No administrative division has the code 999999, and 555 01xx numbers are kept for fiction.
        assert family["id_number"].startswith(("999999", "X9999")) or not family["id_number"]
        assert family["phone"].startswith(("1380000", "+1 202 555 01"))


# ---- families --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "now", ["2026-11-23 10:00", "2026-11-24 03:30", "2026-11-28 12:40", "2026-11-28 18:00", "2026-10-01 14:00"]
)
def test_appointments_are_plausible_at_any_hour(fresh: Demo, without_knowledge: Path, now: str) -> None:
    fresh.now = at_clinic(now)
    fresh.load(folder=without_knowledge)
    moment = at_clinic(now)
    with fresh.read() as session:
        appointments = session.scalars(select(Appointment)).all()
        sessions = {row.id: row for row in session.scalars(select(ClinicSession))}
    for visit in appointments:
        assert visit.status not in ("done", "missed", "in_progress") or visit.starts_at <= moment
        assert visit.status != "checked_in" or visit.starts_at <= moment + timedelta(minutes=30)
        if visit.clinic_session_id:
            held = sessions[visit.clinic_session_id]
            assert held.status != "cancelled"
            assert (held.department_id, held.doctor_id) == (visit.department_id, visit.doctor_id)
            assert held.starts_at <= visit.starts_at < held.ends_at
    assert all(visit.clinic_session_id for visit in appointments if visit.starts_at > moment)
    assert sum(visit.starts_at > moment for visit in appointments) >= 12


def test_visits_of_this_hour_go_to_whoever_holds_a_session(fresh: Demo, without_knowledge: Path) -> None:
    fresh.now = at_clinic("2026-11-24 03:30")
    fresh.load(folder=without_knowledge)
    with fresh.read() as session:
        near = session.scalars(select(Appointment).where(Appointment.department_id == "night-clinic")).all()
    assert len(near) >= 5
    assert "in_progress" in {visit.status for visit in near}


def test_a_family_has_its_own_appointments_and_parcels_only(demo: Demo) -> None:
    with demo.read() as session:
        guardian = patient_queries.find_guardian_by_external_id(session, external_id="G1001")
        assert guardian is not None
        family = patient_queries.family_of(session, guardian_id=guardian.id, at=demo.now)
        (found,) = patient_queries.list_guardian_ids_by_person(session, text="138 0000 1001")
        by_child = patient_queries.list_guardian_ids_by_person(session, text="刘子墨")
    assert [child.patient.name for child in family.children] == ["刘子墨", "刘子萱"]
    assert {visit.guardian_id for visit in family.appointments} == {guardian.id}
    assert [parcel.number for parcel in family.parcels] == ["SF-DEMO-500001"]
    assert (found, by_child) == (guardian.id, [guardian.id])


def test_two_guardians_of_one_child_see_the_same_parcel(demo: Demo) -> None:
    with demo.read() as session:
        numbers = set()
        for external_id in ("G1002", "G1003"):
            guardian = patient_queries.find_guardian_by_external_id(session, external_id=external_id)
            assert guardian is not None
            parcels = patient_queries.list_parcels(session, guardian_id=guardian.id, around=demo.now)
            numbers.add(tuple(parcel.number for parcel in parcels))
    assert numbers == {("SF-DEMO-500002",)}


def test_parcels_tell_a_story_in_order(demo: Demo) -> None:
    now = demo.now
    with demo.read() as session:
        parcels = session.execute(
            select(Parcel, Prescription).join(Prescription, Prescription.id == Parcel.prescription_id)
        ).all()
    assert {parcel.status for parcel, _ in parcels} == {
        "packed", "shipped", "in_transit", "out_for_delivery", "delivered", "returned",
    }  # fmt: skip
    for parcel, prescription in parcels:
        steps = [datetime.fromisoformat(step["at"]) for step in parcel.trace]
        assert steps == sorted(steps)
        assert prescription.issued_at < steps[0] and steps[-1] < now


# ---- files -----------------------------------------------------------------------------------------------


def test_canned_replies_use_known_variables_only() -> None:
    values = dict.fromkeys(("parent", "agent", "hospital", "queue_open"), "x")
    for reply in DemoFolder(DEMO_FOLDER).entries("canned_replies.yaml"):
        assert "{" not in canned.fill(reply["text"] + reply["text_en"], values=values)
        assert reply["code"].isascii() and reply["code"].islower()


def test_queue_categories_are_those_of_the_knowledge_base(demo: Demo) -> None:
    with demo.read() as session:
        known = {entry.category for entry in knowledge_queries.list_entries(session)}
        wanted = {category for queue in queue_queries.list_queues(session) for category in queue.categories}
    assert wanted and wanted <= known


def test_queues_follow_the_clinic_from_the_first_load(demo: Demo) -> None:
    with demo.read() as session:
        jobs = set(session.scalars(select(JobRow.key).where(JobRow.name == "follow_clinic")))
        assert jobs == {f"follow_clinic:{queue.id}" for queue in queue_queries.list_queues(session)}


def test_a_folder_without_files_is_refused_by_name(fresh: Demo, tmp_path: Path) -> None:
    with pytest.raises(DemoFileInvalid) as refused:
        fresh.load(folder=tmp_path)
    assert refused.value.fields == {"file": "hospital.yaml"}
    assert total(fresh, Department) == 0


@pytest.mark.parametrize("offset", ["3d", "+d", "+3w", "soon", ""])
def test_an_offset_that_makes_no_sense_is_refused(offset: str) -> None:
    with pytest.raises(DemoFileInvalid):
        relative(offset, now=at_clinic("2026-11-23 10:00"))


def _table(name: str) -> list[dict[str, str]]:
    return [dict(row.cells) for row in DemoFolder(DEMO_FOLDER).table(name, required=())]

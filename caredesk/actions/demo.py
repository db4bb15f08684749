"""The demo hospital: brings a folder of readable files in through the same actions that a customer's files take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from caredesk.accounts import queries as account_queries
from caredesk.accounts.rules import Permission, permissions_of
from caredesk.accounts.schemas import NewStaff
from caredesk.actions import (
    accounts,
    call_phones,
    call_up_consents,
    clinic,
    family_imports,
    promises,
    schedule,
    schedule_template,
)
from caredesk.actions.demo_files import DemoFileInvalid, DemoFolder, relative
from caredesk.actions.demo_history import load_bot_history, load_judged
from caredesk.actions.demo_lists import load_desk_lists, load_graph, load_knowledge
from caredesk.actions.demo_roster import load_roster
from caredesk.actions.demo_visits import place_visit
from caredesk.clinic import queries as clinic_queries
from caredesk.clinic import schedule_queries
from caredesk.clinic.directory import DEPARTMENT_COLUMNS, DOCTOR_COLUMNS
from caredesk.clinic.facts import ImportReport
from caredesk.clinic.sheet import SheetRow
from caredesk.clinic.template import TEMPLATE_COLUMNS, lay_out, overridden
from caredesk.clinic.workdays import calendar_day
from caredesk.conversations import house_queries
from caredesk.core.clock import clinic_time
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.patients import queries as patient_queries
from caredesk.patients.incoming import FamilyRow, PrescriptionRow
from caredesk.patients.models import Appointment, Prescription
from caredesk.queue import queries as queue_queries
from caredesk.queue.models import Queue

BEHIND, AHEAD = timedelta(days=7), timedelta(days=21)
"""The demo's schedule covers a week behind and three ahead."""


@dataclass
class DemoReport:
    """How much of each part was new; a second load finds nothing to do."""

    added: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Return how much was new altogether."""
        return sum(self.added.values())


def load_demo(work: Work, folder: Path, *, now: datetime, hash_password: Callable[[str], str]) -> DemoReport:
    """Load a demo hospital. What is there already stays as it is, so that loading twice changes nothing."""
    files = DemoFolder(folder)
    report = DemoReport()
    report.added["hospital"] = _load_hospital(work, files)
    report.added["departments"] = _accepted(
        clinic.import_departments(work, files.table("departments.csv", required=DEPARTMENT_COLUMNS))
    )
    report.added["doctors"] = _accepted(
        clinic.import_doctors(work, files.table("doctors.csv", required=DOCTOR_COLUMNS))
    )
    report.added["queues"] = _load_queues(work, files)
    report.added["staff"] = _load_staff(work, files, hash_password=hash_password)
    report.added["clinic_sessions"] = _load_sessions(work, files, now=now)
    report.added["shifts"] = load_roster(work, files)
    report.added |= load_desk_lists(work, files)
    report.added |= _load_families(work, files, now=now)
    report.added["knowledge"] = load_knowledge(work, files)
    report.added["graph"] = load_graph(work, files)
    report.added["conversations"] = load_bot_history(work, files)
    report.added["judged_questions"] = load_judged(work, files)
    if report.added["queues"]:
        promises.follow_all_queues(work)
    return report


@dataclass(frozen=True)
class DemoAccount:
    """An account that anybody may try; the password is the published one it began with."""

    login: str
    password: str
    roles: str
    name: str


def list_demo_accounts(session: Session, *, folder: Path) -> list[DemoAccount]:
    """Return the demo's accounts, or nothing when this desk serves a real hospital."""
    if not house_queries.get_hospital(session).demo:
        return []
    files = DemoFolder(folder)
    password = str(files.facts("hospital.yaml")["demo_password"])
    logins = [row.cell("login") for row in files.table("staff.csv", required=("login",))]
    active = {staff.login: staff for staff in account_queries.list_staff(session) if staff.active}
    return [
        DemoAccount(login, password, roles=", ".join(active[login].roles), name=active[login].name)
        for login in logins
        if login in active
    ]


def _accepted(report: ImportReport) -> int:
    if not report.applied:
        refused = [f"{row.line}: {fault.code}" for row in report.rows for fault in row.faults]
        raise DemoFileInvalid(rows=refused)
    return report.changes


# ---- hospital and clinic ---------------------------------------------------------------------------------


def _load_hospital(work: Work, files: DemoFolder) -> int:
    if house_queries.get_hospital(work.session).name:
        return 0
    facts = files.facts("hospital.yaml")
    told = {name: facts[name] for name in ("name", "name_en", "hotline", "emergency_phone", "demo")}
    house_queries.put_hospital(work.session, **told)
    return 1


def _load_sessions(work: Work, files: DemoFolder, *, now: datetime) -> int:
    """Lay the weekly template over the days around now that have no sessions yet."""
    today = clinic_time(now).date()
    first, last = today - BEHIND, today + AHEAD
    settled = clinic_queries.days_with_sessions(work.session, first=first, last=last)
    template = files.table("clinic_template.csv", required=TEMPLATE_COLUMNS)
    exceptions = files.table("clinic_exceptions.csv", required=("week", *TEMPLATE_COLUMNS, "status"))
    rows = overridden(lay_out(template, first=first, last=last), by=[_dated(row, today=today) for row in exceptions])
    new = [row for row in rows if date.fromisoformat(row.cell("date")) not in settled]
    added = _accepted(schedule.import_sessions(work, new, source="clinic_template.csv"))
    if not schedule_queries.has_template(work.session):
        # The days around now came by file; from then on a running desk lays the template out, night by night.
        _, plan = schedule_template.plan_template_import(work.session, template, first=last + timedelta(days=1))
        if plan is not None:
            schedule_queries.apply_template(work.session, plan)
    return added


def _dated(row: SheetRow, *, today: date) -> SheetRow:
    """Give an exception its date: its weekday so many weeks ahead, later when that is a public holiday."""
    monday = today - timedelta(days=today.isoweekday() - 1)
    day = monday + timedelta(days=7 * int(row.cell("week")) + int(row.cell("weekday")) - 1)
    while calendar_day(day).holiday:
        day += timedelta(days=7)
    return SheetRow(row.line, {**row.cells, "date": day.isoformat()})


# ---- queues and staff ------------------------------------------------------------------------------------


def _load_queues(work: Work, files: DemoFolder) -> int:
    added = 0
    for position, entry in enumerate(files.entries("queues.yaml")):
        if queue_queries.find_queue_by_key(work.session, key=entry["key"]) is None:
            _add_queue(work, entry, position=position)
            added += 1
    return added


def _add_queue(work: Work, entry: dict[str, Any], *, position: int) -> None:
    departments = entry.get("departments", [])
    if departments == "all":
        departments = [department.id for department in clinic_queries.list_departments(work.session)]
    values = {name: value for name, value in entry.items() if name != "departments"}
    queue = Queue(id=new_id(), position=position, **values)
    # Hours that make no sense are refused here and not when the first parent asks.
    clinic.hours_rule(queue)
    work.session.add(queue)
    work.session.flush()
    queue_queries.set_departments(work.session, queue_id=queue.id, department_ids=departments)


def _load_staff(work: Work, files: DemoFolder, *, hash_password: Callable[[str], str]) -> int:
    rows = files.table("staff.csv", required=("login", "name", "roles"))
    new = [row for row in rows if account_queries.find_staff_by_login(work.session, login=row.cell("login")) is None]
    if new:
        # One hash serves all accounts, because they share one published password.
        password_hash = hash_password(str(files.facts("hospital.yaml")["demo_password"]))
        for row in new:
            _add_staff(work, row, password_hash=password_hash)
    return len(new)


def _add_staff(work: Work, row: SheetRow, *, password_hash: str) -> None:
    staff = accounts.add_staff(
        work,
        new=NewStaff(
            login=row.cell("login"),
            name=row.cell("name"),
            name_en=row.cell("name_en"),
            roles=tuple(row.cell("roles").split("|")),
            password_hash=password_hash,
            doctor_id=row.cell("doctor") or None,
            department_id=row.cell("department"),
            capacity=int(row.cell("capacity") or 0),
        ),
    )
    if Permission.WORK in permissions_of(staff.roles):
        # From 1001 on; a phone can ring once a password was issued for it.
        call_phones.ensure(work, staff_id=staff.id)
    for skill in filter(None, row.cell("queues").split("|")):
        key, level = skill.split(":")
        queue = queue_queries.find_queue_by_key(work.session, key=key)
        if queue is None:
            raise DemoFileInvalid(file="staff.csv", line=row.line, queue=key)
        queue_queries.set_skill(work.session, staff_id=staff.id, queue_id=queue.id, level=int(level))


# ---- families --------------------------------------------------------------------------------------------


def _load_families(work: Work, files: DemoFolder, *, now: datetime) -> dict[str, int]:
    table = files.table("families.csv", required=("guardian_id", "guardian", "relation", "child_id", "child"))
    bonds = family_imports.import_families(work, [FamilyRow.model_validate(dict(row.cells)) for row in table])
    return {
        "families": bonds.changes,
        "consents": _load_consents(work, files),
        "appointments": _load_appointments(work, files, now=now),
        "prescriptions": _load_prescriptions(work, files, now=now),
    }


def _load_consents(work: Work, files: DemoFolder) -> int:
    """Load by which channels families may be reached, unless somebody has noted a word of theirs already."""
    if call_up_consents.has_any(work.session):
        return 0
    rows = [row.cells for row in files.table("contact_consents.csv", required=("guardian_id", "channel", "state"))]
    faults = call_up_consents.import_consents(work, rows, by="demo")
    if faults:
        raise DemoFileInvalid(file="contact_consents.csv", rows=faults)
    return len(rows)


def _load_appointments(work: Work, files: DemoFolder, *, now: datetime) -> int:
    table = files.table("appointments.csv", required=("appointment_id", "child_id", "guardian_id", "offset"))
    # Times are relative to now: what was loaded before keeps the times it got then.
    settled = patient_queries.ids_by_external_id(
        work.session, Appointment, external_ids=[row.cell("appointment_id") for row in table]
    )
    sessions = [
        line
        for line in clinic_queries.list_sessions(work.session, since=now - BEHIND, until=now + AHEAD)
        if line.session.status != "cancelled"
    ]
    new = [place_visit(row, sessions=sessions, now=now) for row in table if row.cell("appointment_id") not in settled]
    return family_imports.import_appointments(work, new).changes


def _load_prescriptions(work: Work, files: DemoFolder, *, now: datetime) -> int:
    entries = files.entries("parcels.yaml")
    numbers = [entry["prescription_id"] for entry in entries]
    settled = patient_queries.ids_by_external_id(work.session, Prescription, external_ids=numbers)
    new = [_prescription(entry, now=now) for entry in entries if entry["prescription_id"] not in settled]
    return family_imports.import_prescriptions(work, new).changes


def _prescription(entry: dict[str, Any], *, now: datetime) -> PrescriptionRow:
    values = {**entry, "doctor_id": entry["doctor"], "issued_at": relative(entry["issued"], now=now)}
    if parcel := entry.get("parcel"):
        trace = [{**step, "at": relative(step["at"], now=now)} for step in parcel["trace"]]
        values["parcel"] = {**parcel, "eta": relative(parcel["eta"], now=now), "trace": trace}
    return PrescriptionRow.model_validate(values)

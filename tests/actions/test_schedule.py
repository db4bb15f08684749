"""Changes of the schedule: the difference first, exactly that applied, everyone told at once, and the way back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from caredesk.actions.clinic import queue_state, set_hours
from caredesk.actions.schedule import (
    Cause,
    change_schedule,
    difference_of,
    import_sessions,
    plan_by_hand,
    plan_schedule,
    undo_change,
)
from caredesk.actions.schedule_calendar import calendar_of
from caredesk.actions.schedule_template import import_template, keep_schedule, lay_out_schedule
from caredesk.clinic import queries, schedule_queries
from caredesk.clinic.errors import NothingToUndo, ScheduleMovedOn, SessionNotFound, SessionRefused
from caredesk.clinic.models import ClinicSession, Department, Doctor
from caredesk.clinic.schedule_edits import SessionEdit
from caredesk.clinic.schedule_rows import COLUMNS
from caredesk.clinic.schemas import ChangeDone
from caredesk.clinic.sheet import SheetRow
from caredesk.clinic.timetable_rows import TEMPLATE_COLUMNS
from caredesk.core.clock import CLINIC_ZONE
from caredesk.core.ids import new_id
from caredesk.patients.models import Appointment, Guardian, Patient
from caredesk.queue import queries as queue_queries
from tests.fixtures.desk import DeskForTests

MORNING = "skin,zhang-wei,2026-11-23,08:00,12:00,上午,开诊"
EYES = "eyes,li-na,2026-11-23,08:00,18:00,上午,开诊"


def clinic(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CLINIC_ZONE).astimezone(UTC)


def rows(*lines: str, columns: tuple[str, ...] = COLUMNS) -> list[SheetRow]:
    return [SheetRow(n, dict(zip(columns, line.split(","), strict=False))) for n, line in enumerate(lines, start=2)]


@pytest.fixture
def hospital(desk: DeskForTests) -> DeskForTests:
    """Two departments with a doctor each and no sessions; it is ten o'clock on Monday 2026-11-23."""
    with desk.write() as work:
        work.session.add_all([Department(id="skin", name="皮肤科"), Department(id="eyes", name="眼科")])
        work.session.flush()
        work.session.add(Doctor(id="zhang-wei", name="张伟", department_id="skin"))
        work.session.add(Doctor(id="li-na", name="李娜", department_id="eyes"))
    return desk


def bring_in(desk: DeskForTests, *lines: str) -> None:
    with desk.write() as work:
        assert import_sessions(work, rows(*lines)).applied


def the_session(desk: DeskForTests, *, department: str = "skin") -> ClinicSession:
    with desk.read() as session:
        found = queries.list_sessions(session, since=clinic("2026-01-01 00:00"), until=clinic("2027-12-01 00:00"))
        return next(line.session for line in found if line.session.department_id == department)


def edit(desk: DeskForTests, *edits: SessionEdit) -> ChangeDone:
    with desk.write() as work:
        return change_schedule(work, lambda session: plan_by_hand(session, edits), cause=Cause("hand"))


def clinic_queue(desk: DeskForTests, *departments: str, key: str, is_default: bool = False) -> str:
    queue_id = desk.add_queue(key, hours={}, is_default=is_default)
    with desk.write() as work:
        queue_queries.set_departments(work.session, queue_id=queue_id, department_ids=departments)
    return queue_id


def book(desk: DeskForTests, session_id: str, *, guardian_number: str) -> str:
    """Book a child of a guardian into a session; return the guardian's id."""
    with desk.write() as work:
        guardian = Guardian(id=new_id(), external_id=guardian_number, name="王芳")
        child = Patient(id=new_id(), external_id=f"c-{guardian_number}", name="王小宝")
        work.session.add_all([guardian, child])
        work.session.flush()
        work.session.add(
            Appointment(
                id=new_id(),
                patient_id=child.id,
                guardian_id=guardian.id,
                department_id="skin",
                doctor_id="zhang-wei",
                clinic_session_id=session_id,
                starts_at=work.now + timedelta(hours=1),
            )
        )
    return guardian.id


def waiting_in(desk: DeskForTests, queue_id: str) -> str:
    """Have somebody wait in a queue; return the conversation."""
    _, conversation_id = desk.waiting_visitor()
    assert desk.conversation(conversation_id).queue_id == queue_id
    return conversation_id


def notices(desk: DeskForTests) -> list[str]:
    return [e.message.body.code for e in desk.push.of_type("message.created") if e.message.body.kind == "notice"]


# ---- the difference --------------------------------------------------------------------------------------


def test_a_difference_changes_nothing_and_names_whom_it_touches(hospital: DeskForTests) -> None:
    queue_id = clinic_queue(hospital, "skin", key="general", is_default=True)
    bring_in(hospital, MORNING)
    book(hospital, the_session(hospital).id, guardian_number="g1")
    waiting_in(hospital, queue_id)
    cancelled = rows(MORNING.replace("开诊", "停诊"), EYES)
    with hospital.read() as session:
        shown = difference_of(session, lambda some: plan_schedule(some, cancelled), now=hospital.clock.now())
    assert (shown.counts["cancelled"], shown.counts["added"]) == (1, 1)
    assert (shown.affected.waiting, shown.affected.appointments) == (1, 1)
    assert shown.affected.closing_queues == ["队列general"]
    assert the_session(hospital).status == "scheduled"


def test_what_was_shown_is_applied_only_while_the_schedule_stands_still(hospital: DeskForTests) -> None:
    with hospital.read() as session:
        shown = difference_of(session, lambda some: plan_schedule(some, rows(MORNING)), now=hospital.clock.now())
    bring_in(hospital, EYES)
    with pytest.raises(ScheduleMovedOn), hospital.write() as work:
        change_schedule(
            work,
            lambda some: plan_schedule(some, rows(MORNING)),
            cause=Cause("import"),
            fingerprint=shown.fingerprint,
        )
    with hospital.read() as session:
        assert len(queries.list_imports(session)) == 1


def test_an_unchanged_schedule_takes_what_was_shown(hospital: DeskForTests) -> None:
    with hospital.read() as session:
        shown = difference_of(session, lambda some: plan_schedule(some, rows(MORNING)), now=hospital.clock.now())
    with hospital.write() as work:
        done = change_schedule(
            work, lambda some: plan_schedule(some, rows(MORNING)), cause=Cause("import"), fingerprint=shown.fingerprint
        )
    assert done.counts["added"] == 1
    (told,) = hospital.push.of_type("schedule.changed")
    assert (told.first, told.added, told.change_id) == ("2026-11-23", 1, done.change_id)


# ---- by hand ---------------------------------------------------------------------------------------------


def test_a_session_is_moved_shortened_cancelled_and_brought_back(hospital: DeskForTests) -> None:
    bring_in(hospital, MORNING)
    own = the_session(hospital).id
    edit(hospital, SessionEdit(own, starts_at=clinic("2026-11-23 13:00"), ends_at=clinic("2026-11-23 16:00")))
    assert (the_session(hospital).kind, the_session(hospital).ends_at) == ("afternoon", clinic("2026-11-23 16:00"))
    edit(hospital, SessionEdit(own, ends_at=clinic("2026-11-23 15:00")))
    edit(hospital, SessionEdit(own, cancelled=True, note="医生外出"))
    assert (the_session(hospital).status, the_session(hospital).note) == ("cancelled", "医生外出")
    edit(hospital, SessionEdit(own, cancelled=False))
    assert (the_session(hospital).status, the_session(hospital).origin) == ("scheduled", "hand")


@pytest.mark.parametrize(
    ("wanted", "fault"),
    [
        ({"ends_at": "2026-11-23 07:00"}, "end_before_start"),
        ({"ends_at": "2026-11-24 09:00"}, "too_long"),
        ({"doctor_id": "nobody"}, "doctor_unknown"),
    ],
)
def test_a_senseless_session_is_refused(hospital: DeskForTests, wanted: dict[str, str], fault: str) -> None:
    bring_in(hospital, MORNING)
    values = {name: clinic(value) if name.endswith("_at") else value for name, value in wanted.items()}
    with pytest.raises(SessionRefused) as refused:
        edit(hospital, SessionEdit(the_session(hospital).id, **values))  # type: ignore[arg-type]
    assert refused.value.fields["fault"] == fault


def test_nobody_is_put_in_two_places_by_hand(hospital: DeskForTests) -> None:
    bring_in(hospital, MORNING)
    second = SessionEdit(
        department_id="eyes",
        doctor_id="zhang-wei",
        starts_at=clinic("2026-11-23 11:00"),
        ends_at=clinic("2026-11-23 13:00"),
    )
    with pytest.raises(SessionRefused, match="overlap"):
        edit(hospital, second)


def test_an_unknown_session_is_told(hospital: DeskForTests) -> None:
    with pytest.raises(SessionNotFound):
        edit(hospital, SessionEdit("nothing", cancelled=True))


# ---- undo ------------------------------------------------------------------------------------------------


def test_a_change_is_taken_back_once(hospital: DeskForTests) -> None:
    bring_in(hospital, MORNING)
    own = the_session(hospital).id
    done = edit(hospital, SessionEdit(own, cancelled=True))
    with hospital.write() as work:
        undo_change(work, change_id=done.change_id or "")
    assert the_session(hospital).status == "scheduled"
    with pytest.raises(NothingToUndo), hospital.write() as work:
        undo_change(work, change_id=done.change_id or "")


def test_what_changed_again_cannot_be_taken_back(hospital: DeskForTests) -> None:
    bring_in(hospital, MORNING)
    own = the_session(hospital).id
    done = edit(hospital, SessionEdit(own, ends_at=clinic("2026-11-23 11:30")))
    edit(hospital, SessionEdit(own, ends_at=clinic("2026-11-23 11:00")))
    with pytest.raises(NothingToUndo), hospital.write() as work:
        undo_change(work, change_id=done.change_id or "")


def test_an_added_session_is_cancelled_by_the_way_back(hospital: DeskForTests) -> None:
    done = edit(
        hospital,
        SessionEdit(
            department_id="skin", starts_at=clinic("2026-11-25 08:00"), ends_at=clinic("2026-11-25 10:00"), slots=5
        ),
    )
    with hospital.write() as work:
        undo_change(work, change_id=done.change_id or "")
    assert the_session(hospital).status == "cancelled"


# ---- B19: at once ----------------------------------------------------------------------------------------


def test_who_waits_for_a_cancelled_session_moves_to_the_open_queue_at_the_same_place(hospital: DeskForTests) -> None:
    skin = clinic_queue(hospital, "skin", key="skin", is_default=True)
    bring_in(hospital, MORNING)
    conversation = waiting_in(hospital, skin)
    arrived = hospital.conversation(conversation).arrived_at
    with hospital.write() as work:
        queue_queries.get_queue(work.session, queue_id=skin).is_default = False
    general = hospital.add_queue("general")
    edit(hospital, SessionEdit(the_session(hospital).id, cancelled=True))
    moved = hospital.conversation(conversation)
    assert (moved.status, moved.queue_id, moved.arrived_at) == ("waiting", general, arrived)
    assert "queue.moved" in notices(hospital)


def test_with_no_other_queue_open_the_wait_becomes_a_promise(hospital: DeskForTests) -> None:
    skin = clinic_queue(hospital, "skin", key="skin", is_default=True)
    bring_in(hospital, MORNING, MORNING.replace("11-23", "11-24"))
    conversation = waiting_in(hospital, skin)
    edit(hospital, SessionEdit(the_session(hospital).id, cancelled=True))
    left = hospital.conversation(conversation)
    assert (left.status, left.promised_at) == ("message", clinic("2026-11-24 08:30"))
    assert "queue.cancelled" in notices(hospital)
    with hospital.read() as session:
        state = queue_state(session, queue_queries.get_queue(session, queue_id=skin), at=hospital.clock.now())
    assert (state.open, state.reason) == (False, "cancelled")


def test_a_family_that_talks_to_the_desk_is_told_that_its_session_is_cancelled(hospital: DeskForTests) -> None:
    hospital.add_queue()
    bring_in(hospital, MORNING)
    guardian = book(hospital, the_session(hospital).id, guardian_number="G-7")
    visitor = hospital.visit(external_id="G-7").visitor
    assert visitor.guardian_id == guardian
    hospital.say(visitor.id)
    edit(hospital, SessionEdit(the_session(hospital).id, cancelled=True))
    assert "session.cancelled" in notices(hospital)
    edit(hospital, SessionEdit(the_session(hospital).id, cancelled=False))
    edit(hospital, SessionEdit(the_session(hospital).id, ends_at=clinic("2026-11-23 11:00")))
    assert notices(hospital)[-1] == "session.moved"


# ---- the template ----------------------------------------------------------------------------------------

WEEK = (
    "1,skin,zhang-wei,08:00,11:30,上午",
    "1,skin,zhang-wei,13:30,17:00,下午",
    "3,eyes,li-na,20:00,02:00,夜间",
)


def use_template(desk: DeskForTests, *lines: str, first: date = date(2026, 11, 24)) -> None:
    with desk.write() as work:
        outcome = import_template(work, rows(*lines, columns=TEMPLATE_COLUMNS), first=first)
        assert outcome.report.applied, outcome


def laid_out(desk: DeskForTests) -> list[tuple[str, str, str]]:
    with desk.read() as session:
        found = queries.list_sessions(session, since=clinic("2026-11-23 00:00"), until=clinic("2026-12-10 00:00"))
    lines = sorted(found, key=lambda line: line.session.starts_at)
    return [
        (f"{line.session.starts_at.astimezone(CLINIC_ZONE):%m-%d %H:%M}", line.department.id, line.session.status)
        for line in lines
    ]


def test_a_template_is_laid_out_over_the_days_ahead_and_twice_changes_nothing(hospital: DeskForTests) -> None:
    use_template(hospital, *WEEK)
    first = laid_out(hospital)
    assert first[:4] == [
        ("11-25 20:00", "eyes", "scheduled"),
        ("11-30 08:00", "skin", "scheduled"),
        ("11-30 13:30", "skin", "scheduled"),
        ("12-02 20:00", "eyes", "scheduled"),
    ]
    with hospital.write() as work:
        assert lay_out_schedule(work).change_id is None
        keep_schedule(work)
    assert laid_out(hospital) == first


def test_what_a_person_changed_is_never_overwritten_by_the_template(hospital: DeskForTests) -> None:
    use_template(hospital, *WEEK)
    own = the_session(hospital)
    assert own.day == date(2026, 11, 30)
    edit(hospital, SessionEdit(own.id, starts_at=clinic("2026-12-01 09:00"), ends_at=clinic("2026-12-01 10:00")))
    with hospital.write() as work:
        assert lay_out_schedule(work).change_id is None
    # Not even by a new template that says something else of the same time.
    use_template(hospital, "2,skin,zhang-wei,09:30,12:00,上午", first=date(2026, 11, 25))
    assert ("12-01 09:00", "skin", "scheduled") in laid_out(hospital)
    assert ("12-01 09:30", "skin", "scheduled") not in laid_out(hospital)
    assert ("12-08 09:30", "skin", "scheduled") in laid_out(hospital)


def test_a_new_template_cancels_what_it_no_longer_wants_and_leaves_other_departments(hospital: DeskForTests) -> None:
    use_template(hospital, *WEEK)
    use_template(hospital, "1,skin,zhang-wei,08:00,11:00,上午", first=date(2026, 12, 1))
    after = laid_out(hospital)
    assert ("11-30 13:30", "skin", "scheduled") in after
    assert ("12-07 13:30", "skin", "cancelled") in after
    assert ("12-02 20:00", "eyes", "scheduled") in after
    with hospital.read() as session:
        ends = {window.facts.valid_until for window in schedule_queries.list_template(session, department_ids=["skin"])}
    assert ends == {date(2026, 11, 30), None}


def test_one_bad_row_of_a_template_keeps_it_out(hospital: DeskForTests) -> None:
    with hospital.write() as work:
        lines = rows(WEEK[0], "9,skin,nobody,08:00,07:00,上午", columns=TEMPLATE_COLUMNS)
        outcome = import_template(work, lines, first=date(2026, 11, 24))
    codes = [fault.code for row in outcome.report.rows for fault in row.faults]
    assert codes == ["weekday_invalid", "doctor_unknown", "end_before_start"]
    assert laid_out(hospital) == []


def test_holidays_and_swapped_days_follow_each_window_of_the_template(hospital: DeskForTests) -> None:
    hospital.clock.set(clinic("2026-09-01 08:00"))
    columns = (*TEMPLATE_COLUMNS, "holidays", "swapped")
    lines = (
        "4,skin,zhang-wei,08:00,11:30,上午,no,周四",  # national day 2026 is a Thursday
        "4,eyes,li-na,08:00,11:30,上午,yes,休息",
    )
    with hospital.write() as work:
        import_template(work, rows(*lines, columns=columns), first=date(2026, 9, 2))
    with hospital.read() as session:
        week = calendar_of(session, first=date(2026, 9, 20), days=22, now=hospital.clock.now())
    days = {name: [s.day.isoformat() for s in week.sessions if s.department_id == name] for name in ("skin", "eyes")}
    swapped = [day.day.isoformat() for day in week.days if day.swapped]
    assert "2026-10-01" not in days["skin"] and "2026-10-01" in days["eyes"]
    assert swapped and set(swapped) <= set(days["skin"])
    assert not set(swapped) & set(days["eyes"])


# ---- B20: as it was --------------------------------------------------------------------------------------


def test_a_report_about_the_past_uses_what_was_valid_then(hospital: DeskForTests) -> None:
    queue_id = clinic_queue(hospital, "skin", key="skin")
    bring_in(hospital, MORNING)
    before = hospital.clock.now()
    hospital.clock.advance(hours=1)
    edit(hospital, SessionEdit(the_session(hospital).id, cancelled=True))
    with hospital.write() as work:
        set_hours(work, queue_key="skin", lead_in_minutes=120, department_ids=["skin", "eyes"])
    now = hospital.clock.now()
    with hospital.read() as session:
        queue = queue_queries.get_queue(session, queue_id=queue_id)
        at = clinic("2026-11-23 09:00")
        assert queue_state(session, queue, at=at).reason == "cancelled"
        assert queue_state(session, queue, at=at, as_of=before).reason == "in_session"
        assert queue_state(session, queue, at=at, as_of=now).reason == "cancelled"
        early = clinic("2026-11-23 06:30")
        assert queue_state(session, queue, at=early, as_of=before).reason == "between_sessions"
        assert queue_state(session, queue, at=early, as_of=before - timedelta(days=1)).reason == "no_schedule"

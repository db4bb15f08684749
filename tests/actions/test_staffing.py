"""The roster's use cases, what follows from the clinic's schedule, and the proposal from asking to undoing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from caredesk.actions import staffing, staffing_files, staffing_leave, staffing_proposals, staffing_roster
from caredesk.actions.schedule_calendar import coverage_of_days
from caredesk.clinic.models import ClinicSession, Department
from caredesk.conversations.models import Conversation, Visitor
from caredesk.core.errors import CareDeskError
from caredesk.core.ids import new_id
from caredesk.staffing import queries
from caredesk.staffing.errors import ChangeNotUndoable, ProposalStale, RosterFileUnreadable, RosterRefused
from caredesk.staffing.grid import grid_of
from caredesk.staffing.rules import LeaveFacts, ShiftFacts
from tests.fixtures.desk import OFFICE, DeskForTests

MONDAY = date(2026, 11, 30)
START = grid_of(MONDAY, days=1).starts_at


def at(day: int, hour: float) -> datetime:
    return START + timedelta(days=day, hours=hour)


def shifts(desk: DeskForTests) -> list[ShiftFacts]:
    with desk.read() as session:
        return queries.list_shifts(session, since=at(-60, 0), until=at(60, 0))


def put(desk: DeskForTests, staff_id: str, start: datetime, end: datetime, *, id: str = "") -> str:
    with desk.write() as work:
        return staffing_roster.put_shift(work, ShiftFacts(staff_id, start, end, id=id)).id


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(RosterRefused) as caught:
        call()
    return str(caught.value.fields["reason"])


def add_session(
    desk: DeskForTests, start: datetime, end: datetime, *, status: str = "scheduled", slots: int = 60
) -> str:
    with desk.write() as work:
        if work.session.get(Department, "skin") is None:
            work.session.add(Department(id="skin", name="皮肤科"))
            work.session.flush()
        row = ClinicSession(
            id=new_id(),
            department_id="skin",
            doctor_id=None,
            day=MONDAY,
            starts_at=start,
            ends_at=end,
            kind="morning",
            status=status,
            slots=slots,
        )
        work.session.add(row)
        return row.id


# ---- shifts ----------------------------------------------------------------------------------------------


def test_a_shift_is_added_moved_removed_and_every_step_undone(desk: DeskForTests) -> None:
    agent = desk.add_agent("lin", queues=[desk.add_queue()])
    added = put(desk, agent, at(0, 8), at(0, 16))
    (shift,) = shifts(desk)
    assert shift.breaks[0].starts_at == at(0, 11.5)
    moved = put(desk, agent, at(0, 9), at(0, 13), id=shift.id)
    assert [(s.id, s.starts_at, s.breaks) for s in shifts(desk)] == [(shift.id, at(0, 9), ())]
    with desk.write() as work:
        removed = staffing_roster.remove_shift(work, shift_id=shift.id).id
    assert shifts(desk) == []
    for change in (removed, moved, added):
        with desk.write() as work:
            staffing_roster.undo_change(work, change_id=change)
    assert shifts(desk) == []
    kinds = [event.kind for event in desk.push.of_type("roster.changed")]
    assert kinds == ["edit"] * 6


def test_what_was_altered_since_is_not_undone(desk: DeskForTests) -> None:
    agent = desk.add_agent("lin", queues=[desk.add_queue()])
    added = put(desk, agent, at(0, 8), at(0, 12))
    put(desk, agent, at(0, 9), at(0, 12), id=shifts(desk)[0].id)
    with pytest.raises(ChangeNotUndoable), desk.write() as work:
        staffing_roster.undo_change(work, change_id=added)
    assert shifts(desk)[0].starts_at == at(0, 9)


def test_bad_shifts_are_refused_and_nothing_changes(desk: DeskForTests) -> None:
    queue = desk.add_queue()
    agent, doctor = desk.add_agent("lin", queues=[queue]), desk.add_staff("zhou", roles=("doctor",))
    left = desk.add_staff("gone", active=False)
    put(desk, agent, at(0, 8), at(0, 12))
    before = shifts(desk)
    assert refused(lambda: put(desk, agent, at(0, 11), at(0, 15))) == "overlaps"
    assert refused(lambda: put(desk, agent, at(1, 8), at(2, 9))) == "too_long"
    assert refused(lambda: put(desk, agent, at(1, 16), at(1, 8))) == "ends_before_start"
    assert refused(lambda: put(desk, doctor, at(1, 8), at(1, 12))) == "agent_left"
    assert refused(lambda: put(desk, left, at(1, 8), at(1, 12))) == "agent_left"
    assert refused(lambda: put(desk, agent, at(900, 8), at(900, 12))) == "date_far"
    assert shifts(desk) == before


def test_leave_and_shifts_exclude_each_other(desk: DeskForTests) -> None:
    agent = desk.add_agent("lin", queues=[desk.add_queue()])
    put(desk, agent, at(0, 8), at(0, 12))

    def leave(day: int) -> str:
        with desk.write() as work:
            return staffing_leave.put_leave(work, LeaveFacts(agent, at(day, 0), at(day + 1, 0), "年假")).id

    assert refused(lambda: leave(0)) == "over_shift"
    taken = leave(1)
    assert refused(lambda: put(desk, agent, at(1, 8), at(1, 12))) == "on_leave"
    with desk.write() as work:
        staffing_leave.remove_leave(work, leave_id=taken)
    put(desk, agent, at(1, 8), at(1, 12))


def leaves(desk: DeskForTests) -> list[tuple[datetime, datetime, str]]:
    with desk.read() as session:
        found = queries.list_leaves(session, since=at(-60, 0), until=at(60, 0))
    return [(leave.starts_at, leave.ends_at, leave.reason) for leave in found]


def undo_last(desk: DeskForTests) -> None:
    with desk.write() as work:
        last = queries.last_change(work.session)
        assert last is not None
        staffing_roster.undo_change(work, change_id=last.id)


def test_leave_is_noted_altered_removed_and_every_step_undone(desk: DeskForTests) -> None:
    agent = desk.add_agent("lin", queues=[desk.add_queue()])
    steps: list[list[tuple[datetime, datetime, str]]] = [[]]
    with desk.write() as work:
        noted = staffing_leave.put_leave(work, LeaveFacts(agent, at(1, 0), at(2, 0), "年假")).id
    steps.append(leaves(desk))
    with desk.write() as work:
        staffing_leave.put_leave(work, LeaveFacts(agent, at(1, 0), at(4, 0), "病假", noted))
    steps.append(leaves(desk))
    assert steps[2] == [(at(1, 0), at(4, 0), "病假")]
    with desk.write() as work:
        staffing_leave.remove_leave(work, leave_id=noted)
    assert leaves(desk) == []
    for before in (steps[2], steps[1], steps[0]):
        undo_last(desk)
        assert leaves(desk) == before
    assert {event.staff_ids == [agent] for event in desk.push.of_type("roster.changed")} == {True}


def test_a_removed_leave_does_not_come_back_over_a_shift_that_was_put_there(desk: DeskForTests) -> None:
    agent = desk.add_agent("lin", queues=[desk.add_queue()])
    with desk.write() as work:
        noted = staffing_leave.put_leave(work, LeaveFacts(agent, at(1, 0), at(2, 0))).id
    with desk.write() as work:
        removed = staffing_leave.remove_leave(work, leave_id=noted).id
    put(desk, agent, at(1, 8), at(1, 12))
    with pytest.raises(RosterRefused), desk.write() as work:
        staffing_roster.undo_change(work, change_id=removed)
    assert leaves(desk) == []


def test_a_week_is_copied_without_what_leave_forbids_and_twice_is_once(desk: DeskForTests) -> None:
    agent = desk.add_agent("lin", queues=[desk.add_queue()])
    for day in (0, 1, 2):
        put(desk, agent, at(day, 8), at(day, 12))
    with desk.write() as work:
        staffing_leave.put_leave(work, LeaveFacts(agent, at(8, 0), at(9, 0)))
    following = MONDAY + timedelta(days=7)
    with desk.write() as work:
        copied = staffing_roster.copy_week(work, source=MONDAY, target=following)
    assert [fault.code for fault in copied.skipped] == ["on_leave"]
    assert [s.starts_at for s in shifts(desk)[3:]] == [at(7, 8), at(9, 8)]
    with desk.write() as work:
        assert staffing_roster.copy_week(work, source=MONDAY, target=following).change is None


# ---- need and coverage -----------------------------------------------------------------------------------


def test_coverage_tells_need_roster_and_gap_of_each_quarter(desk: DeskForTests) -> None:
    queue = desk.add_queue(hours=OFFICE)
    agent = desk.add_agent("lin", queues=[queue])
    put(desk, agent, at(0, 8), at(0, 12))
    with desk.read() as session:
        found = staffing.coverage(session, since=at(0, 7.6), until=at(0, 12.5))
    assert found[0].starts_at == at(0, 7.5) and found[-1].starts_at == at(0, 12.25)
    told = {q.starts_at: (q.need, q.rostered, q.missing) for q in found}
    assert told[at(0, 7.5)] == (0, 0, 0)
    assert told[at(0, 8)] == (1, 1, 0)
    assert told[at(0, 12)] == (1, 0, 1)


def test_without_any_data_coverage_is_all_zero(desk: DeskForTests) -> None:
    with desk.read() as session:
        found = staffing.coverage(session, since=at(0, 8), until=at(0, 9))
    assert [(q.need, q.rostered) for q in found] == [(0, 0)] * 4


def test_coverage_behind_the_calendar_counts_every_quarter_of_its_days(desk: DeskForTests) -> None:
    desk.add_queue(hours=OFFICE)
    with desk.read() as session:
        found = coverage_of_days(session, first=MONDAY, days=2)
    assert found.starts_at == START
    assert len(found.need) == len(found.rostered) == len(found.missing) == 2 * 96
    assert (found.need[31], found.need[32], found.missing[32], sum(found.rostered)) == (0, 1, 1, 0)


def test_behind_the_calendar_of_an_empty_desk_nobody_is_needed(desk: DeskForTests) -> None:
    with desk.read() as session:
        found = coverage_of_days(session, first=MONDAY, days=1)
    assert set(found.need + found.rostered + found.missing) == {0}


def test_a_cancelled_session_lowers_the_need_at_once(desk: DeskForTests) -> None:
    desk.add_queue(hours=OFFICE)
    session_ids = [add_session(desk, at(0, 9 + n), at(0, 13), slots=200) for n in range(3)]

    def most() -> int:
        with desk.read() as session:
            return max(q.need for q in staffing.coverage(session, since=at(0, 8), until=at(0, 18)))

    before = most()
    with desk.write() as work:
        for session_id in session_ids:
            row = work.session.get(ClinicSession, session_id)
            assert row is not None
            row.status = "cancelled"
    assert most() < before


def test_history_is_learned_and_its_error_is_told_beside_last_weeks(desk: DeskForTests) -> None:
    queue_id = desk.add_queue(hours=OFFICE)
    with desk.write() as work:
        for day in range(-28, 0):
            for hour in range(8, 18):
                for n in range(4 if hour == 10 else 1):
                    arrived = at(day, hour + n / 10)
                    visitor = Visitor(id=new_id(), token_hash=new_id(), created_at=arrived, last_seen_at=arrived)
                    work.session.add(visitor)
                    work.session.flush()
                    work.session.add(
                        Conversation(
                            id=new_id(),
                            number=new_id()[-20:],
                            visitor_id=visitor.id,
                            queue_id=queue_id,
                            status="closed",
                            arrived_at=arrived,
                            assigned_at=arrived + timedelta(seconds=20),
                            closed_at=arrived + timedelta(minutes=20),
                            created_at=arrived,
                        )
                    )
    with desk.read() as session:
        (found,) = staffing.need_on(session, grid=grid_of(MONDAY, days=1)).queues
        (error,) = staffing.forecast_errors(session)
    assert found.learned.contacts > 300
    assert found.service.handling_seconds > 1100
    assert found.contacts[40:44].sum() > 2 * found.contacts[32:36].sum()
    assert error.weeks == 2 and error.wape_day < 0.25


# ---- proposals -------------------------------------------------------------------------------------------


def ask(desk: DeskForTests) -> str:
    with desk.write() as work:
        proposal = staffing_proposals.ask_proposal(work, week=MONDAY + timedelta(days=3))
        assert (proposal.week, proposal.state) == (MONDAY, "waiting")
    desk.run_jobs()
    return proposal.id


def outcome(desk: DeskForTests, proposal_id: str) -> dict[str, object]:
    with desk.read() as session:
        row = queries.get_proposal(session, proposal_id=proposal_id)
        assert row.state == "ready" and row.outcome is not None
        return row.outcome


def test_a_proposal_closes_the_gaps_is_applied_and_undone(desk: DeskForTests) -> None:
    queue = desk.add_queue(hours=OFFICE)
    for login in ("lin", "wang", "zhao"):
        desk.add_agent(login, queues=[queue])
    proposal_id = ask(desk)
    told = outcome(desk, proposal_id)
    assert told["missing_before"] == 7 * 40 and told["missing_after"] == 0
    assert shifts(desk) == []
    with desk.write() as work:
        change_id = staffing_proposals.apply_proposal(work, proposal_id=proposal_id).change_id
    assert len(shifts(desk)) == len(told["added"])
    with desk.read() as session:
        assert not any(q.missing for q in staffing.coverage(session, since=at(0, 0), until=at(7, 0)))
    with pytest.raises(ProposalStale), desk.write() as work:
        staffing_proposals.apply_proposal(work, proposal_id=proposal_id)
    with desk.write() as work:
        staffing_roster.undo_change(work, change_id=str(change_id))
    assert shifts(desk) == []


def test_a_proposal_whose_roster_has_moved_on_is_refused(desk: DeskForTests) -> None:
    agent = desk.add_agent("lin", queues=[desk.add_queue(hours=OFFICE)])
    proposal_id = ask(desk)
    first = min(datetime.fromisoformat(one["starts_at"]) for one in outcome(desk, proposal_id)["added"])
    put(desk, agent, first, first + timedelta(hours=4))
    with pytest.raises(CareDeskError), desk.write() as work:
        staffing_proposals.apply_proposal(work, proposal_id=proposal_id)
    assert len(shifts(desk)) == 1


def test_what_nobody_can_do_is_told_with_queue_and_time(desk: DeskForTests) -> None:
    desk.add_agent("lin", queues=[desk.add_queue(hours={})])
    medicine = desk.add_queue("medicine", hours=OFFICE, is_default=False)
    lacks = outcome(desk, ask(desk))["lacks"]
    assert {(one["queue_id"], one["reason"]) for one in lacks if one["queue_id"]} == {(medicine, "no_skill")}


# ---- files -----------------------------------------------------------------------------------------------

FILE = "账号,日期,开始,结束\nlin,2026-11-30,08:00,16:00\nlin,2026-12-01,08:00,12:00\n"


def bring_in(desk: DeskForTests, text: str, **how: bool) -> staffing_files.ImportedRoster:
    rows = staffing_files.read_roster_file(text.encode(), name="roster.csv")
    with desk.write() as work:
        return staffing_files.import_roster(work, rows, **how)


def test_a_roster_file_is_brought_in_once(desk: DeskForTests) -> None:
    desk.add_agent("lin", queues=[desk.add_queue()])
    assert [row.outcome for row in bring_in(desk, FILE, dry_run=True).rows] == ["added", "added"]
    assert shifts(desk) == []
    assert bring_in(desk, FILE).change_id is not None
    assert len(shifts(desk)) == 2
    assert [row.outcome for row in bring_in(desk, FILE).rows] == ["unchanged", "unchanged"]


def test_a_file_with_bad_rows_names_them_and_changes_nothing(desk: DeskForTests) -> None:
    desk.add_agent("lin", queues=[desk.add_queue()])
    bad = FILE + "wer,2026-12-02,08:00,12:00\nlin,2026-13-01,08:00,12:00\nlin,2026-11-30,15:00,19:00\n"
    report = bring_in(desk, bad)
    faults = {row.line: row.fault.code for row in report.rows if row.fault}
    assert faults == {4: "agent_unknown", 5: "bad_date", 6: "overlaps"}
    assert report.change_id is None and shifts(desk) == []


def test_a_file_without_the_columns_is_no_roster(desk: DeskForTests) -> None:
    with pytest.raises(RosterFileUnreadable):
        bring_in(desk, "login,day\nlin,2026-11-30\n")

"""The staffing page's API: a week with its need, changes of the roster, proposals, files, and one's own shifts."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Response
from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from caredesk.accounts.rules import Permission
from caredesk.actions import staffing_files, staffing_leave, staffing_proposals, staffing_roster
from caredesk.actions.staffing import roster_agents
from caredesk.actions.staffing_assumptions import assumptions_view, change_assumptions
from caredesk.console.staffing_schemas import (
    ChangePath,
    CopyWeek,
    ImportedRosterView,
    ImportedRowView,
    LeavePath,
    LeaveView,
    OwnShifts,
    ProposalPath,
    ProposalView,
    PutLeave,
    PutShift,
    RosterDone,
    RosterExportQuery,
    RosterImportForm,
    RosterWeek,
    ShiftPath,
    WeekBody,
    WeekQuery,
    fault_view,
    leave_view,
    shift_view,
)
from caredesk.console.staffing_views import proposal_view, week_view
from caredesk.core.clock import clinic_time
from caredesk.edge.guards import current_actor, staff_guard
from caredesk.edge.limits import limited
from caredesk.edge.respond import answer, current_services
from caredesk.edge.transactions import read, write
from caredesk.staffing import queries
from caredesk.staffing.files import write_calendar, write_xlsx
from caredesk.staffing.grid import Stretch, monday_of
from caredesk.staffing.rules import LeaveFacts, ShiftFacts, clinic_midnight
from caredesk.staffing.schemas import AssumptionsView, ChangeAssumptions

TAG = Tag(name="staffing", description="The roster against its need. Session cookie; writes carry X-CSRF-Token.")
api = APIBlueprint("staffing", __name__, url_prefix="/api/console/staffing", abp_tags=[TAG])

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OWN_AHEAD = timedelta(days=35)
LARGEST_FILE = 5_000_000


@api.get("/week", responses={200: RosterWeek})
@staff_guard(Permission.SEE_FLOOR)
def get_week(query: WeekQuery) -> ResponseReturnValue:
    """A week of the roster with contacts expected, agents needed and gaps, per quarter."""
    services = current_services()
    now = services.clock.now()
    with read(services) as session:
        shown = week_view(session, monday=monday_of(query.week or clinic_time(now).date()), now=now)
    return answer(shown)


@api.post("/shifts", responses={200: RosterDone})
@staff_guard(Permission.SEE_FLOOR)
def post_shift(body: PutShift) -> ResponseReturnValue:
    """Add a shift, or bring one to what is said; refused whole when it can't be."""
    breaks = tuple(Stretch(one.starts_at, one.ends_at) for one in body.breaks or [])
    shift = ShiftFacts(body.staff_id, body.starts_at, body.ends_at, breaks, body.id)
    with write(current_services(), actor=current_actor()) as work:
        change = staffing_roster.put_shift(work, shift, with_breaks=body.breaks is None)
        shown = RosterDone(change_id=change.id)
    return answer(shown)


@api.post("/shifts/<shift_id>/remove", responses={200: RosterDone})
@staff_guard(Permission.SEE_FLOOR)
def post_remove_shift(path: ShiftPath) -> ResponseReturnValue:
    """Take a shift off the roster."""
    with write(current_services(), actor=current_actor()) as work:
        shown = RosterDone(change_id=staffing_roster.remove_shift(work, shift_id=path.shift_id).id)
    return answer(shown)


@api.post("/leave", responses={200: LeaveView})
@staff_guard(Permission.SEE_FLOOR)
def post_leave(body: PutLeave) -> ResponseReturnValue:
    """Note that an agent is away, or alter a leave."""
    leave = LeaveFacts(body.staff_id, body.starts_at, body.ends_at, body.reason, body.id)
    with write(current_services(), actor=current_actor()) as work:
        shown = leave_view(staffing_leave.put_leave(work, leave))
    return answer(shown)


@api.post("/leave/<leave_id>/remove", responses={200: RosterDone})
@staff_guard(Permission.SEE_FLOOR)
def post_remove_leave(path: LeavePath) -> ResponseReturnValue:
    """Take a leave back."""
    with write(current_services(), actor=current_actor()) as work:
        shown = RosterDone(change_id=staffing_leave.remove_leave(work, leave_id=path.leave_id).id)
    return answer(shown)


@api.post("/copy", responses={200: RosterDone})
@staff_guard(Permission.SEE_FLOOR)
def post_copy(body: CopyWeek) -> ResponseReturnValue:
    """Copy a week's shifts to another; what leave or other shifts forbid is skipped and told."""
    with write(current_services(), actor=current_actor()) as work:
        copied = staffing_roster.copy_week(work, source=monday_of(body.source), target=monday_of(body.target))
        shown = RosterDone(
            change_id=copied.change.id if copied.change else None, skipped=[fault_view(one) for one in copied.skipped]
        )
    return answer(shown)


@api.post("/changes/<change_id>/undo", responses={200: RosterDone})
@staff_guard(Permission.SEE_FLOOR)
def post_undo(path: ChangePath) -> ResponseReturnValue:
    """Take a change back, if nothing of it was altered since."""
    with write(current_services(), actor=current_actor()) as work:
        staffing_roster.undo_change(work, change_id=path.change_id)
    return answer(RosterDone(change_id=None))


@api.post("/proposals", responses={200: ProposalView})
@staff_guard(Permission.SEE_FLOOR)
@limited("search", by="staff")
def post_proposal(body: WeekBody) -> ResponseReturnValue:
    """Ask for a proposal that closes a week's gaps; it comes by an event when it is thought out."""
    with write(current_services(), actor=current_actor()) as work:
        shown = proposal_view(staffing_proposals.ask_proposal(work, week=body.week))
    return answer(shown)


@api.post("/proposals/<proposal_id>/apply", responses={200: ProposalView})
@staff_guard(Permission.SEE_FLOOR)
def post_apply(path: ProposalPath) -> ResponseReturnValue:
    """Bring a proposal onto the roster."""
    with write(current_services(), actor=current_actor()) as work:
        shown = proposal_view(staffing_proposals.apply_proposal(work, proposal_id=path.proposal_id))
    return answer(shown)


@api.post("/imports", responses={200: ImportedRosterView})
@staff_guard(Permission.SEE_FLOOR)
@limited("picture.upload", by="staff")
def post_import(form: RosterImportForm) -> ResponseReturnValue:
    """Bring a roster file in, all rows or none; a dry run only tells every row's fate."""
    rows = staffing_files.read_roster_file(form.file.read(), name=form.file.filename or "")
    with write(current_services(), actor=current_actor()) as work:
        report = staffing_files.import_roster(work, rows, dry_run=form.dry_run)
    shown = [
        ImportedRowView.model_validate(
            {
                "line": row.line,
                "outcome": row.outcome,
                "code": row.fault.code if row.fault else "",
                "value": row.fault.value if row.fault else "",
            }
        )
        for row in report.rows
    ]
    return answer(ImportedRosterView(rows=shown, refused=report.refused, change_id=report.change_id))


@api.get("/export")
@staff_guard(Permission.SEE_FLOOR)
def get_export(query: RosterExportQuery) -> ResponseReturnValue:
    """A week's roster as a workbook or as a calendar, of all agents or of one."""
    services = current_services()
    now = services.clock.now()
    monday = monday_of(query.week or clinic_time(now).date())
    with read(services) as session:
        agents = roster_agents(session)
        shifts = staffing_roster.shifts_of_week(session, monday=monday)
    if query.staff_id:
        shifts = [shift for shift in shifts if shift.staff_id == query.staff_id]
    if query.form == "xlsx":
        return _file(write_xlsx(shifts, agents=agents), name=f"roster-{monday}.xlsx", media_type=XLSX)
    content = write_calendar(shifts, agents=agents, now=now)
    return _file(content, name=f"roster-{monday}.ics", media_type="text/calendar; charset=utf-8")


@api.get("/assumptions", responses={200: AssumptionsView})
@staff_guard(Permission.SEE_FLOOR)
def get_assumptions() -> ResponseReturnValue:
    """What the forecast assumes, what the desk came with, and who changed what."""
    with read(current_services()) as session:
        shown = assumptions_view(session)
    return answer(shown)


@api.post("/assumptions", responses={200: AssumptionsView})
@staff_guard(Permission.SEE_FLOOR)
def post_assumptions(body: ChangeAssumptions) -> ResponseReturnValue:
    """Change what the forecast assumes; the version before stays in the history."""
    with write(current_services(), actor=current_actor()) as work:
        change_assumptions(work, version=body.version, values=body.values, note=body.note)
        shown = assumptions_view(work.session)
    return answer(shown)


@api.get("/mine", responses={200: OwnShifts})
@staff_guard(Permission.WORK)
def get_mine() -> ResponseReturnValue:
    """One's own shifts and leave from today on."""
    services, who = current_services(), current_actor().id
    now = services.clock.now()
    since = clinic_midnight(clinic_time(now).date())
    with read(services) as session:
        shifts = queries.list_shifts(session, since=since, until=since + OWN_AHEAD, staff_ids=[who])
        leaves = [
            one for one in queries.list_leaves(session, since=since, until=since + OWN_AHEAD) if one.staff_id == who
        ]
    return answer(
        OwnShifts(now=now, shifts=[shift_view(s) for s in shifts], leaves=[leave_view(one) for one in leaves])
    )


@api.get("/mine.ics")
@staff_guard(Permission.WORK)
def get_mine_calendar() -> ResponseReturnValue:
    """One's own shifts as a calendar file."""
    services, who = current_services(), current_actor().id
    now = services.clock.now()
    since = clinic_midnight(clinic_time(now).date())
    with read(services) as session:
        shifts = queries.list_shifts(session, since=since, until=since + OWN_AHEAD, staff_ids=[who])
        content = write_calendar(shifts, agents=roster_agents(session), now=now)
    return _file(content, name=_own_name(clinic_time(now).date()), media_type="text/calendar; charset=utf-8")


def _own_name(day: date) -> str:
    return f"shifts-{day}.ics"


def _file(content: bytes, *, name: str, media_type: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, mimetype=media_type, headers=headers)

"""The console's API of the guardrails: who can help, the weekly review, its table."""

from __future__ import annotations

from dataclasses import asdict

from flask import Response
from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from caredesk.accounts.rules import Permission
from caredesk.actions import guardrail_review
from caredesk.console.who import as_staff
from caredesk.edge.guards import current_actor, staff_guard
from caredesk.edge.respond import answer, current_services, no_content
from caredesk.edge.transactions import read, write
from caredesk.guardrails.schemas import FindingPath, GuardrailWeek, HelpLine, HelpLines, Judge, WeekQuery
from caredesk.guardrails.terms import help_lines

TAG = Tag(name="guardrails", description="What was found in messages, and how supervisors judge it. Session cookie.")
api = APIBlueprint("guardrails", __name__, url_prefix="/api/console/guardrails", abp_tags=[TAG])


@api.get("/help-lines", responses={200: HelpLines})
@staff_guard(Permission.WORK)
def get_help_lines() -> ResponseReturnValue:
    """Numbers and words for somebody who writes of hurting themselves."""
    known = help_lines()
    lines = [HelpLine(**asdict(line)) for line in known.lines]
    return answer(HelpLines(lines=lines, script_zh=known.script_zh, script_en=known.script_en))


@api.get("", responses={200: GuardrailWeek})
@staff_guard(Permission.SEE_FLOOR)
def get_guardrails(query: WeekQuery) -> ResponseReturnValue:
    """A week's findings with their figures; the look is in the audit before it is shown."""
    services = current_services()
    with read(services) as session:
        shown = guardrail_review.week_view(session, week=query.week, now=services.clock.now(), who=as_staff())
    with write(services, actor=current_actor()) as work:
        guardrail_review.note_week_looked_at(work, week=shown)
    return answer(shown)


@api.get("/table.csv")
@staff_guard(Permission.SEE_FLOOR)
def get_table(query: WeekQuery) -> ResponseReturnValue:
    """A week's findings as a table, without words."""
    services = current_services()
    with read(services) as session:
        table = guardrail_review.week_table(session, week=query.week, now=services.clock.now(), who=as_staff())
    with write(services, actor=current_actor()) as work:
        guardrail_review.note_table_taken(work)
    response = Response("\ufeff" + table, mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="caredesk-guardrails.csv"'
    return response


@api.post("/<finding_id>/verdict")
@staff_guard(Permission.SEE_FLOOR)
def post_verdict(path: FindingPath, body: Judge) -> ResponseReturnValue:
    """Judge a finding right or a false alarm."""
    with write(current_services(), actor=current_actor()) as work:
        guardrail_review.judge(work, finding_id=path.finding_id, verdict=body.verdict, who=as_staff())
    return no_content()

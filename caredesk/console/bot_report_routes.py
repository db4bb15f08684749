"""The API of the bot's dashboard and of its evaluations."""

from __future__ import annotations

from flask import Response
from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from caredesk.accounts.rules import Permission
from caredesk.actions.bot_evaluations import ask_for_evaluation, evaluation_list, evaluation_view
from caredesk.actions.bot_figures import BotReport, bot_report, days_asked_for, report_table
from caredesk.console.review_schemas import AskEvaluation, EvaluationPath, FiguresQuery
from caredesk.conversations.rules import tidy_text
from caredesk.edge.guards import current_actor, staff_guard
from caredesk.edge.respond import answer, current_services
from caredesk.edge.transactions import read, write
from caredesk.knowledge_base.evaluation_rules import read_labels
from caredesk.knowledge_base.evaluation_schemas import EvaluationList, EvaluationView

TAG = Tag(name="bot report", description="How well the bot does. Session cookie; writes carry X-CSRF-Token.")
api = APIBlueprint("bot_report", __name__, url_prefix="/api/console/kb/report", abp_tags=[TAG])


@api.get("/figures", responses={200: BotReport})
@staff_guard(Permission.EDIT_KNOWLEDGE)
def get_figures(query: FiguresQuery) -> ResponseReturnValue:
    """The figures of some days, beside those of as many days before."""
    return answer(_report(query))


@api.get("/figures.csv")
@staff_guard(Permission.EDIT_KNOWLEDGE)
def get_figures_csv(query: FiguresQuery) -> ResponseReturnValue:
    """The same figures as a table."""
    report = _report(query)
    response = Response("\ufeff" + report_table(report), mimetype="text/csv")
    name = f"caredesk-bot-{report.days[0].day.isoformat()}-{report.days[-1].day.isoformat()}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _report(query: FiguresQuery) -> BotReport:
    services = current_services()
    now = services.clock.now()
    days = days_asked_for(count=query.days, first=query.first, last=query.last, now=now)
    with read(services) as session:
        return bot_report(session, days=days, now=now)


@api.get("/evaluations", responses={200: EvaluationList})
@staff_guard(Permission.EDIT_KNOWLEDGE)
def get_evaluations() -> ResponseReturnValue:
    """The newest evaluations."""
    services = current_services()
    with read(services) as session:
        shown = evaluation_list(session, now=services.clock.now())
    return answer(shown)


@api.get("/evaluations/<evaluation_id>", responses={200: EvaluationView})
@staff_guard(Permission.EDIT_KNOWLEDGE)
def get_evaluation(path: EvaluationPath) -> ResponseReturnValue:
    """One evaluation with everything that came out."""
    with read(current_services()) as session:
        shown = evaluation_view(session, evaluation_id=path.evaluation_id)
    return answer(shown)


@api.post("/evaluations", responses={200: EvaluationView})
@staff_guard(Permission.EDIT_KNOWLEDGE)
def post_evaluation(body: AskEvaluation) -> ResponseReturnValue:
    """Have the bot evaluated; the answer comes at once, the figures when the job is done."""
    rows = read_labels(body.content) if body.source == "file" else []
    with write(current_services(), actor=current_actor()) as work:
        evaluation = ask_for_evaluation(
            work, source=body.source, rows=rows, file_name=tidy_text(body.file_name).strip()
        )
        shown = evaluation_view(work.session, evaluation_id=evaluation.id)
    return answer(shown)

"""The policy sandbox's API: runs of a supervisor, asked for, followed, cancelled, looked at again."""

from __future__ import annotations

from flask.typing import ResponseReturnValue
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from caredesk.accounts.rules import Permission
from caredesk.actions import simulations
from caredesk.edge.guards import current_actor, staff_guard
from caredesk.edge.limits import limited
from caredesk.edge.respond import answer, current_services, no_content
from caredesk.edge.transactions import read, write
from caredesk.sandbox.schemas import RunList, RunRequest, RunView

TAG = Tag(name="sandbox", description="Simulations of other policies and rosters, for supervisors.")
api = APIBlueprint("sandbox", __name__, url_prefix="/api/console/sandbox", abp_tags=[TAG])


class RunPath(BaseModel):
    run_id: str = Field(max_length=36)


@api.get("/runs", responses={200: RunList})
@staff_guard(Permission.SEE_FLOOR)
def get_runs() -> ResponseReturnValue:
    """The newest runs, and the queues that traffic can be made up for."""
    with read(current_services()) as session:
        shown = simulations.run_list(session)
    return answer(shown)


@api.get("/runs/<run_id>", responses={200: RunView})
@staff_guard(Permission.SEE_FLOOR)
def get_run(path: RunPath) -> ResponseReturnValue:
    """One run with its report when it is done."""
    with read(current_services()) as session:
        shown = simulations.run_view(session, run_id=path.run_id)
    return answer(shown)


@api.post("/runs", responses={200: RunView})
@staff_guard(Permission.SEE_FLOOR)
@limited("picture.upload", by="staff")
def post_run(body: RunRequest) -> ResponseReturnValue:
    """Have a policy or a roster played on recorded or generated traffic."""
    with write(current_services(), actor=current_actor()) as work:
        run = simulations.ask_for_run(work, wanted=body)
        shown = simulations.run_view(work.session, run_id=run.id)
    return answer(shown)


@api.post("/runs/<run_id>/cancel")
@staff_guard(Permission.SEE_FLOOR)
def post_cancel(path: RunPath) -> ResponseReturnValue:
    """Stop a run."""
    with write(current_services(), actor=current_actor()) as work:
        simulations.cancel_run(work, run_id=path.run_id)
    return no_content()

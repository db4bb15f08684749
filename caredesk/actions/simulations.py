"""Runs of the sandbox: asked for, played outside any transaction, kept with their report, cancelled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from caredesk.actions.simulation_plans import plan_of
from caredesk.conversations.rules import tidy_text
from caredesk.core.errors import CareDeskError
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.queue import queries as queue_queries
from caredesk.queue.errors import PolicyInvalid
from caredesk.sandbox import queries
from caredesk.sandbox.errors import ScenarioInvalid, SimulationOver, SimulationRunning
from caredesk.sandbox.models import SimulationRun
from caredesk.sandbox.report import Plan
from caredesk.sandbox.schemas import QueueName, RunLine, RunList, RunRequest, RunView, SimulationReport

MOST_LISTED = 50


@dataclass(frozen=True)
class Played:
    """What came of a run: a report, or the code of why there is none."""

    report: SimulationReport | None
    fault: str = ""


def ask_for_run(work: Work, *, wanted: RunRequest) -> SimulationRun:
    """Have a run played; what is wrong with the wish is said at once and nothing is kept."""
    if queries.is_running(work.session):
        raise SimulationRunning
    try:
        plan_of(work.session, wanted, now=work.now)
    except (ScenarioInvalid, PolicyInvalid) as invalid:
        # A screen is told what is wrong, never what was sent.
        raise type(invalid)(problems=_codes(invalid)) from None
    run = SimulationRun(
        id=new_id(),
        title=tidy_text(wanted.title).strip(),
        request=wanted.model_dump(mode="json"),
        total=wanted.replications,
        asked_by=work.actor.id,
        asked_by_name=work.actor.name,
        asked_at=work.now,
    )
    work.session.add(run)
    work.session.flush()
    work.enqueue("simulate", {"run_id": run.id}, key=f"simulate:{run.id}")
    return run


def _codes(invalid: CareDeskError) -> list[str]:
    problems = invalid.fields.get("problems")
    found = problems if isinstance(problems, list) else []
    return sorted({problem.rsplit(": ", 1)[-1].split(" ")[0] for problem in found})


def find_plan(session: Session, *, run_id: str, now: datetime) -> Plan | Played | None:
    """Return the plan of a run, why it cannot be played any more, or None when it has ended."""
    run = queries.get_run(session, run_id=run_id)
    if run.state not in queries.UNDER_WAY:
        return None
    try:
        return plan_of(session, RunRequest.model_validate(run.request), now=now)
    except CareDeskError as error:
        # The desk has changed since it was asked: a queue is gone, or nobody works any more.
        return Played(None, fault=error.code)


def keep_run(work: Work, *, run_id: str, played: Played | None) -> None:
    """Keep what came of a run; one that was cancelled meanwhile stays so."""
    if played is None:
        return
    report = played.report.model_dump(mode="json") if played.report else None
    values: dict[str, Any] = {"state": "failed", "fault": played.fault}
    if report is not None:
        values = {"state": "done", "report": report, "done": report["replications"]}
    queries.claim_end(work.session, run_id=run_id, now=work.now, **values)


def cancel_run(work: Work, *, run_id: str) -> None:
    """Stop a run; its replications end within moments."""
    queries.get_run(work.session, run_id=run_id)
    if not queries.claim_end(work.session, run_id=run_id, now=work.now, state="cancelled"):
        raise SimulationOver


def run_list(session: Session) -> RunList:
    """Return the newest runs, and the queues that traffic can be made up for."""
    queues = queue_queries.list_queues(session)
    return RunList(
        runs=[_line(run) for run in queries.list_runs(session, limit=MOST_LISTED)],
        queues=[QueueName(key=queue.key, name=queue.name, name_en=queue.name_en) for queue in queues],
    )


def run_view(session: Session, *, run_id: str) -> RunView:
    """Return one run with its report."""
    run = queries.get_run(session, run_id=run_id)
    report = SimulationReport.model_validate(run.report) if run.report is not None else None
    return RunView(line=_line(run), report=report)


def _line(run: SimulationRun) -> RunLine:
    return RunLine(
        id=run.id,
        title=run.title,
        state=run.state,
        fault=run.fault,
        done=run.done,
        total=run.total,
        asked_by=run.asked_by_name,
        asked_at=run.asked_at,
        finished_at=run.finished_at,
        request=RunRequest.model_validate(run.request),
    )

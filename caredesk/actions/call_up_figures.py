"""How calling families went: one definition of each figure, for every screen that shows it.

- Success of a channel: of the call-ups in which it reached somebody, those that ended with an arrival and in which it
  was the last to reach somebody before. A call-up has one success at most, so the shares of the channels add up.
- Median time to online: from the call to the arrival, of the call-ups that ended with one.
- Minutes waited: the same times added up, and for call-ups without an arrival the time until they ended, or now.
Reminders that nobody asked for are counted apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from caredesk.assistance import call_up_queries as queries
from caredesk.assistance.call_up_models import CallUp, CallUpLeg
from caredesk.assistance.call_up_rules import REACHED, RunOfCalls, channel_figures, median_to_online
from caredesk.assistance.call_up_schemas import CallUpFigures, CallUpTally, ChannelShare, DepartmentTally
from caredesk.clinic import queries as clinic_queries
from caredesk.patients import contact_queries
from caredesk.patients.models import Appointment

REMINDER = "reminder"


def figures_between(session: Session, *, since: datetime, until: datetime) -> CallUpFigures:
    """Return the figures of the call-ups that were begun in a stretch of time, of all and by department."""
    found = _called_between(session, since=since, until=until)
    visits = _visits_of(session, found)
    names = clinic_queries.department_names(session)
    by_department: dict[str, list[CallUp]] = {}
    for one in found:
        visit = visits.get(one.appointment_id or "")
        by_department.setdefault(visit.department_id if visit else "", []).append(one)
    departments = [
        DepartmentTally(
            department=names.get(key, (key, key))[0],
            department_en=names.get(key, (key, key))[1],
            tally=_tally(session, by_department[key], until=until),
        )
        for key in sorted(by_department)
    ]
    whole = _tally(session, found, until=until)
    return CallUpFigures(**dict(whole), since=since, until=until, departments=departments)


def figures_of_doctor(session: Session, *, doctor_id: str, since: datetime, until: datetime) -> CallUpTally:
    """Return the same figures of a doctor's own call-ups."""
    found = _called_between(session, since=since, until=until)
    visits = _visits_of(session, found)
    own = {visit.id for visit in visits.values() if visit.doctor_id == doctor_id}
    return _tally(session, [one for one in found if one.appointment_id in own], until=until)


def _called_between(session: Session, *, since: datetime, until: datetime) -> list[CallUp]:
    runs = queries.list_runs_between(session, since=since, until=until)
    return [one for one in runs if one.ladder_key != REMINDER]


def _visits_of(session: Session, call_ups: Sequence[CallUp]) -> dict[str, Appointment]:
    ids = [one.appointment_id for one in call_ups if one.appointment_id is not None]
    return {visit.id: visit for visit in contact_queries.list_visits(session, appointment_ids=ids)}


def _tally(session: Session, call_ups: Sequence[CallUp], *, until: datetime) -> CallUpTally:
    runs = runs_of(session, call_ups)
    median = median_to_online(runs)
    waited = sum(((one.ended_at or until) - one.started_at for one in call_ups), timedelta(0))
    shares = channel_figures(runs)
    return CallUpTally(
        called=len(runs),
        arrived=sum(run.arrived_after is not None for run in runs),
        median_seconds=round(median.total_seconds()) if median is not None else None,
        waited_minutes=round(waited.total_seconds() / 60),
        channels=[
            ChannelShare(channel=channel, tried=one.tried, succeeded=one.succeeded) for channel, one in shares.items()
        ],
    )


def runs_of(session: Session, call_ups: Sequence[CallUp]) -> list[RunOfCalls]:
    """Return call-ups as the figures count them."""
    legs: dict[str, list[CallUpLeg]] = {one.id: [] for one in call_ups}
    for leg in queries.list_legs(session, call_up_ids=list(legs)):
        legs[leg.call_up_id].append(leg)
    return [_run(one, legs[one.id]) for one in call_ups]


def _run(call_up: CallUp, legs: Sequence[CallUpLeg]) -> RunOfCalls:
    reached = [leg for leg in legs if leg.state in REACHED or leg.outcome == "no_answer"]
    came = call_up.state == "arrived" and call_up.ended_at is not None
    before = [leg for leg in reached if call_up.ended_at is None or (leg.sent_at or leg.planned_at) <= call_up.ended_at]
    channels = tuple(dict.fromkeys(leg.channel for leg in reached))
    last = max(before, key=lambda leg: leg.sent_at or leg.planned_at, default=None)
    return RunOfCalls(
        reached=channels,  # type: ignore[arg-type]
        last=last.channel if last is not None else None,  # type: ignore[arg-type]
        arrived_after=call_up.ended_at - call_up.started_at if came and call_up.ended_at is not None else None,
    )

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
from caredesk.assistance.call_up_schemas import CallUpFigures, ChannelShare

REMINDER = "reminder"


def figures_between(session: Session, *, since: datetime, until: datetime) -> CallUpFigures:
    """Return the figures of the call-ups that were begun in a stretch of time."""
    found = [one for one in queries.list_runs_between(session, since=since, until=until) if one.ladder_key != REMINDER]
    runs = runs_of(session, found)
    median = median_to_online(runs)
    waited = sum(((one.ended_at or until) - one.started_at for one in found), timedelta(0))
    shares = channel_figures(runs)
    return CallUpFigures(
        since=since,
        until=until,
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

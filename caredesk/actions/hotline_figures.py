"""The hotline's figures of a day: calls and time at work as rows, every figure from its one definition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from caredesk.accounts import presence_queries
from caredesk.clinic.hours import span_on
from caredesk.core.clock import clinic_time
from caredesk.telephony import figure_queries
from caredesk.telephony import figure_rules as rules
from caredesk.telephony.figure_rules import CallFacts, Figure
from caredesk.telephony.hotline_schemas import DispositionCount, FigureView, HotlineFigures

AT_WORK = ("ready", "busy")


def figures_of_day(session: Session, *, day: date | None, now: datetime) -> HotlineFigures:
    """Return the figures of a date at the clinic; of today as far as it has come."""
    day = day or clinic_time(now).date()
    window = span_on(day, opens=datetime.min.time(), closes=datetime.min.time())
    calls = figure_queries.list_calls(session, since=window.start, until=window.end)
    until = min(window.end, max(now, window.start))
    figures = [
        rules.answer_rate(calls),
        rules.answered_within(calls, seconds=15),
        rules.answered_within(calls, seconds=20),
        rules.abandonment(calls),
        rules.average_handling(calls),
        rules.average_wrap_up(calls),
        rules.occupancy(calls, at_work=_at_work(session, calls, since=window.start, until=until)),
    ]
    return HotlineFigures(
        day=day,
        since=window.start,
        until=until,
        incoming=sum(call.incoming for call in calls),
        outgoing=sum(not call.incoming for call in calls),
        live=sum(call.ended_at is None for call in calls),
        figures=[_view(figure) for figure in figures],
        dispositions=_dispositions(calls),
    )


def _at_work(
    session: Session, calls: Sequence[CallFacts], *, since: datetime, until: datetime
) -> list[tuple[datetime, datetime]]:
    agents = sorted({call.agent_id for call in calls if call.agent_id})
    spans = presence_queries.spans_between(session, staff_ids=agents, states=AT_WORK, since=since, until=until)
    return [(begun, ended) for _, begun, ended in spans]


def _dispositions(calls: Sequence[CallFacts]) -> list[DispositionCount]:
    counted = Counter(call.disposition for call in calls if call.disposition)
    return [DispositionCount(disposition=name, calls=number) for name, number in counted.most_common()]


def _view(figure: Figure) -> FigureView:
    return FigureView(
        name=figure.name,
        value=figure.value,
        unit=figure.unit,
        part=round(figure.part, 3),
        whole=round(figure.whole, 3),
        excludes=list(figure.excludes),
    )

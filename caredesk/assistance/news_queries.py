"""All SQL of what was told about requests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from caredesk.assistance.models import RequestNews


def find_last(session: Session, *, request_id: str) -> RequestNews | None:
    """Return what was told about a request last."""
    query = select(RequestNews).where(RequestNews.request_id == request_id)
    return session.scalars(query.order_by(RequestNews.at.desc(), RequestNews.id.desc()).limit(1)).first()


def find_last_sent(session: Session, *, staff_id: str) -> RequestNews | None:
    """Return the last attempt to tell somebody whose page was closed."""
    query = select(RequestNews).where(RequestNews.staff_id == staff_id, RequestNews.channel != "screen")
    return session.scalars(query.order_by(RequestNews.at.desc(), RequestNews.id.desc()).limit(1)).first()


def forget_doubtful(session: Session, *, staff_id: str, since: datetime) -> Sequence[str]:
    """Forget what a page was told lately; return the requests it was about."""
    query = (
        delete(RequestNews)
        .where(RequestNews.staff_id == staff_id, RequestNews.channel == "screen", RequestNews.at >= since)
        .returning(RequestNews.request_id)
    )
    return sorted(set(session.scalars(query)))


def count_news(session: Session) -> dict[tuple[str, bool], int]:
    """Return how many news went which way to people whose page was closed, and whether they were told by it."""
    query = (
        select(RequestNews.channel, RequestNews.told, func.count())
        .where(RequestNews.channel != "screen")
        .group_by(RequestNews.channel, RequestNews.told)
    )
    return {(channel, told): count for channel, told, count in session.execute(query)}

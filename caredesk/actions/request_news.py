"""News of a request for who asked, while no page of theirs is open: planned, told in no transaction, then recorded.

First the browsers that may be woken, then messages by the providers of the ladder, WeChat before SMS. What is sent
names nobody, only the request. A crash in between tells it again under the same topic, or under a request id that the
provider knows, so that it is seen once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy.orm import Session

from caredesk.accounts import presence_queries, push_queries
from caredesk.accounts import queries as account_queries
from caredesk.accounts.models import Staff
from caredesk.actions.assist_views import tell_closed_page, view_of
from caredesk.assistance import news_queries, queries
from caredesk.assistance.call_up_rules import read_number
from caredesk.assistance.errors import PushRefused, RequestNotFound
from caredesk.assistance.models import RequestNews
from caredesk.assistance.news_rules import IN_DOUBT, MOST_TRIES, TRY_AGAIN_AFTER, Channel, Stand, is_news
from caredesk.conversations import house_queries
from caredesk.core.ids import new_id
from caredesk.core.ports import OutgoingMessage, Pushed, PushTarget
from caredesk.core.work import Work

TEXT = "doctor_news"
"""The text's key among the registered templates of SMS and WeChat; it has no facts."""

Message = tuple[Literal["wechat", "sms"], OutgoingMessage]


@dataclass(frozen=True)
class Plan:
    """What is to be told now, and where: browsers by their rows, then messages in the order in which they are tried.

    With `on_screen` a page is open and has been told already.
    """

    request_id: str
    staff_id: str
    stand: Stand
    on_screen: bool = False
    targets: Mapping[str, PushTarget] | None = None
    messages: tuple[Message, ...] = ()
    is_demo: bool = False


@dataclass(frozen=True)
class Told:
    """What became of a plan: which way it went, or why it went no way; `pushed` says it of every browser."""

    plan: Plan
    channel: Channel
    told: bool
    reason: str = ""
    pushed: Mapping[str, Pushed] | None = None
    again: bool = False


def plan_news(session: Session, *, request_id: str) -> Plan | None:
    """Return what is to be told about a request; nothing when nothing has happened since the last time."""
    news = _news_of(session, request_id=request_id)
    if news is None:
        return None
    staff, stand = news
    if presence_queries.is_connected(session, staff_id=staff.id):
        return Plan(request_id, staff.id, stand, on_screen=True)
    browsers = push_queries.list_subscriptions(session, staff_id=staff.id)
    return Plan(
        request_id,
        staff.id,
        stand,
        targets={one.id: PushTarget(one.endpoint, one.p256dh, one.auth) for one in browsers},
        messages=_messages(staff, request_id=request_id, stand=stand),
        is_demo=house_queries.get_hospital(session).demo,
    )


def _news_of(session: Session, *, request_id: str) -> tuple[Staff, Stand] | None:
    try:
        request = queries.get_request(session, request_id=request_id)
    except RequestNotFound:
        return None
    staff = account_queries.find_staff(session, staff_id=request.staff_id) if request.staff_id else None
    if staff is None or not staff.active:
        return None
    view = view_of(session, request)
    stand = Stand(view.state, view.promised_at, view.unread)
    last = news_queries.find_last(session, request_id=request_id)
    known = Stand(last.state, last.promised_at, last.unread) if last else None
    return (staff, stand) if is_news(stand, known=known) else None


def _messages(staff: Staff, *, request_id: str, stand: Stand) -> tuple[Message, ...]:
    # The same news again after a crash is the same message to the provider.
    told = f"{request_id}/{stand.state}/{stand.promised_at}/{stand.unread}"
    number = read_number(staff.phone)
    ways: list[tuple[Literal["wechat", "sms"], str]] = [("wechat", staff.wechat_id), ("sms", number.e164)]
    return tuple(
        (channel, OutgoingMessage(str(uuid5(NAMESPACE_URL, f"{channel}/{told}")), to=to, text=TEXT, facts={}))
        for channel, to in ways
        if to and (channel == "wechat" or number.is_mobile)
    )


def keep_told(work: Work, *, request_id: str, tries: int, told: Told | None) -> None:
    """Record what was told; browsers whose address is gone are forgotten, and what cannot go now is tried again."""
    if told is not None:
        _keep_browsers(work, pushed=told.pushed or {})
        if told.again and tries + 1 < MOST_TRIES:
            tell_closed_page(work, request_id=request_id, tries=tries + 1, after=TRY_AGAIN_AFTER)
            return
        _record(work, told)
    # What has happened while this was told has asked for the very job that ends here.
    if _news_of(work.session, request_id=request_id) is not None:
        tell_closed_page(work, request_id=request_id)


def _record(work: Work, told: Told) -> None:
    stand = told.plan.stand
    row = RequestNews(
        id=new_id(),
        request_id=told.plan.request_id,
        staff_id=told.plan.staff_id,
        at=work.now,
        state=stand.state,
        promised_at=stand.promised_at,
        unread=stand.unread,
        channel=told.channel,
        told=told.told,
        reason=told.reason[:60],
    )
    work.session.add(row)
    work.session.flush()


def _keep_browsers(work: Work, *, pushed: Mapping[str, Pushed]) -> None:
    push_queries.drop_subscriptions(work.session, ids=[id for id, one in pushed.items() if one.fate == "gone"])
    for id, one in pushed.items():
        browser = push_queries.find_subscription(work.session, id=id) if one.fate != "gone" else None
        if browser is not None:
            browser.fault = one.error[:60]
            browser.used_at = work.now if one.fate == "taken" else browser.used_at


def doubt_screen(work: Work, *, staff_id: str) -> None:
    """Tell again what was told to a page whose network was gone, as it turns out."""
    for request_id in news_queries.forget_doubtful(work.session, staff_id=staff_id, since=work.now - IN_DOUBT):
        tell_closed_page(work, request_id=request_id, after=timedelta())


# ---- whose browser may be woken --------------------------------------------------------------------------


def allow_push(work: Work, *, staff_id: str, target: PushTarget, fault: str) -> None:
    """Keep a browser that may be woken; `fault` says why nothing may be sent to its address."""
    if fault:
        raise PushRefused(reason=fault)
    push_queries.put_subscription(work.session, staff_id=staff_id, target=target, now=work.now)


def stop_push(work: Work, *, staff_id: str, endpoint: str) -> None:
    """Wake a browser of one's own no more; what is not known, or another's, is left as it is."""
    push_queries.drop_subscription(work.session, staff_id=staff_id, endpoint=endpoint)


@dataclass(frozen=True)
class Reachability:
    """By which ways somebody is told while no page of theirs is open, and how it went the last time."""

    browsers: int
    message: Literal["wechat", "sms", ""]
    last: RequestNews | None


def reachability(session: Session, *, staff_id: str) -> Reachability:
    """Return how somebody can be told."""
    staff = account_queries.get_staff(session, staff_id=staff_id)
    message: Literal["wechat", "sms", ""] = ""
    if staff.wechat_id:
        message = "wechat"
    elif read_number(staff.phone).is_mobile:
        message = "sms"
    browsers = push_queries.list_subscriptions(session, staff_id=staff_id)
    last = news_queries.find_last_sent(session, staff_id=staff_id)
    return Reachability(len([one for one in browsers if not one.fault]), message, last)

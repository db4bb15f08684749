"""Alerts: raised once for a matter, acknowledged by who sees them, escalated when nobody does, ended with it (B35)."""

from __future__ import annotations

from typing import get_args

from sqlalchemy.orm import Session

from caredesk.accounts.access_rules import Scope, is_within
from caredesk.actions.webhooks import announce
from caredesk.conversations import queries as conversation_queries
from caredesk.conversations.plain import AnyConversation
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.events.alert_codes import AlertCode
from caredesk.events.alert_events import AlertChanged, AlertRaised
from caredesk.events.shapes import AlertView
from caredesk.floor import queries
from caredesk.floor.errors import AlertNotFound
from caredesk.floor.models import Alert
from caredesk.floor.rules import ESCALATES_AFTER, NEXT_STAGE, Stage, first_stage, matter_of
from caredesk.queue import queries as queue_queries

OVER_WHEN_SEEN = frozenset(
    {"red_flag", "self_harm", "threat", "insult", "set_to_break", "sweep_found", "malware_found"}
)
"""Nothing but a person's eye ends these; the others end when what they are about is over."""

_KNOWN = frozenset(get_args(AlertCode))
"""Beside these stand alerts that a newer release has raised while processes of both serve; it shows them, and this one
has no words for them and must not fall over them.
"""


def raise_alert(
    work: Work,
    *,
    code: AlertCode,
    conversation_id: str | None = None,
    staff_id: str | None = None,
    queue_id: str | None = None,
) -> None:
    """Call for a person. While an alert about the same matter is open this changes nothing."""
    id_, stage = new_id(), first_stage(staff_id=staff_id, code=code)
    about = {"conversation_id": conversation_id, "staff_id": staff_id, "queue_id": queue_id}
    values = {"id": id_, "code": code, "matter": matter_of(code, **about), **about, "stage": stage}
    if not queries.put_alert(work.session, values={**values, "raised_at": work.now, "acknowledged_by": ""}):
        return
    floor_queue_id = _floor_queue(work.session, queue_id=queue_id, conversation_id=conversation_id)
    work.emit(AlertRaised(alert_id=id_, stage=stage, code=code, **about, floor_queue_id=floor_queue_id, at=work.now))
    _expect_somebody(work, alert_id=id_, stage=stage)


def _expect_somebody(work: Work, *, alert_id: str, stage: Stage) -> None:
    pause = ESCALATES_AFTER.get(stage)
    if pause is not None:
        payload = {"alert_id": alert_id, "stage": stage}
        work.enqueue("escalate_alert", payload, due_at=work.now + pause, key=f"alert:{alert_id}")


def escalate_alert(work: Work, *, alert_id: str, stage: Stage) -> None:
    """Call the next circle when nobody has acknowledged: the agent, then supervisors, then the hospital's systems."""
    after = NEXT_STAGE[stage]
    alert = queries.claim_escalation(work.session, alert_id=alert_id, before=stage, after=after, now=work.now)
    if alert is None:
        return
    _tell(work, alert)
    if after == "webhook":
        _announce(work, alert, kind="alert.escalated")
    _expect_somebody(work, alert_id=alert.id, stage=after)


def acknowledge(work: Work, *, alert_id: str, staff_id: str, sees_floor: bool, scope: Scope | None = None) -> None:
    """Note that somebody looks after an alert. Who comes second changes nothing and is told nothing else.

    With `scope`, a supervisor's reach: an alert beyond it does not exist for them.
    """
    alert = queries.get_alert(work.session, alert_id=alert_id)
    beyond = scope is not None and not _is_within(work.session, alert, scope=scope)
    if (beyond or not sees_floor) and not _concerns(work.session, alert, staff_id=staff_id):
        raise AlertNotFound
    seen = queries.claim_acknowledgement(work.session, alert_id=alert_id, by=work.actor.name, now=work.now)
    if seen is None:
        return
    if seen.stage == "webhook":
        _announce(work, seen, kind="alert.acknowledged")
    if seen.code in OVER_WHEN_SEEN:
        end(work, alert_id=seen.id)
    else:
        _tell(work, seen)


def _concerns(session: Session, alert: Alert, *, staff_id: str) -> bool:
    if alert.staff_id == staff_id:
        return True
    return alert.queue_id is not None and alert.queue_id in queue_queries.queue_ids_of(session, staff_id=staff_id)


def end(work: Work, *, alert_id: str) -> None:
    """Take an alert down: what it is about is over."""
    alert = queries.claim_end(work.session, alert_id=alert_id, now=work.now)
    if alert is not None:
        _tell_end(work, alert, floor_queue_id=_queue_of(work.session, alert))


def _tell_end(work: Work, alert: Alert, *, floor_queue_id: str | None) -> None:
    _tell_floor(work, alert, floor_queue_id=floor_queue_id)
    if alert.stage == "webhook":
        _announce(work, alert, kind="alert.ended")


def settle(work: Work, conversation: AnyConversation) -> None:
    """End the alerts of a conversation whose matter is over; after a reply, a take, a transfer and a close."""
    over = queries.Over(
        talk=conversation.id,
        everything=conversation.status == "closed",
        waits=conversation.status == "active",
        replies=conversation.waiting_reply_since is None,
        owner=conversation.assignee_id,
    )
    for alert in queries.claim_ends_of_talk(work.session, over=over, now=work.now):
        _tell_end(work, alert, floor_queue_id=alert.queue_id or conversation.queue_id)


def _tell(work: Work, alert: Alert) -> None:
    _tell_floor(work, alert, floor_queue_id=_queue_of(work.session, alert))


def _tell_floor(work: Work, alert: Alert, *, floor_queue_id: str | None) -> None:
    if alert.code in _KNOWN:
        work.emit(AlertChanged(alert=alert_view(alert), floor_queue_id=floor_queue_id))


def _announce(work: Work, alert: Alert, *, kind: str) -> None:
    facts = {"alert": alert.id, "code": alert.code}
    about = {"conversation": alert.conversation_id, "queue": alert.queue_id, "agent": alert.staff_id}
    facts |= {name: value for name, value in about.items() if value is not None}
    announce(work, subject=f"alert:{alert.id}", kind=kind, facts=facts)


def open_alerts(session: Session) -> list[AlertView]:
    """Return every alert whose matter is not over, newest first."""
    return [alert_view(alert) for alert in _list_known(session)]


def alerts_within(session: Session, *, scope: Scope) -> list[AlertView]:
    """Return the open alerts within a supervisor's reach, newest first; those of no queue and no talk are for all."""
    found = _list_known(session)
    if scope.everything:
        return [alert_view(one) for one in found]
    return [alert_view(one) for one in found if _is_within(session, one, scope=scope)]


def _is_within(session: Session, alert: Alert, *, scope: Scope) -> bool:
    of_the_house = alert.queue_id is None and alert.conversation_id is None
    return of_the_house or is_within(scope, queue_id=_queue_of(session, alert), assignee_id=alert.staff_id)


def _queue_of(session: Session, alert: Alert) -> str | None:
    return _floor_queue(session, queue_id=alert.queue_id, conversation_id=alert.conversation_id)


def _floor_queue(session: Session, *, queue_id: str | None, conversation_id: str | None) -> str | None:
    """Return the queue whose supervisors an alert is for: it may call its agent only, and is of a talk all the same."""
    if queue_id is not None or conversation_id is None:
        return queue_id
    talk = conversation_queries.find_conversation(session, conversation_id=conversation_id)
    return talk.queue_id if talk is not None else None


def alerts_of(session: Session, *, staff_id: str) -> list[AlertView]:
    """Return the open alerts that concern one agent: their own and their queues'."""
    queue_ids = set(queue_queries.queue_ids_of(session, staff_id=staff_id))
    found = _list_known(session)
    return [alert_view(a) for a in found if a.staff_id == staff_id or (a.queue_id and a.queue_id in queue_ids)]


def _list_known(session: Session) -> list[Alert]:
    return [alert for alert in queries.list_open_alerts(session) if alert.code in _KNOWN]


def alert_view(alert: Alert) -> AlertView:
    """Return an alert as screens see it."""
    return AlertView.model_validate(
        {name: getattr(alert, name) for name in AlertView.model_fields},
    )

"""Messages of a call-up to the outside: claimed in one transaction, sent in none, recorded in another.

A crash between sending and recording leaves the attempt in `sending`; it is sent again under the same request id, which
the provider knows. Nothing is sent once the run has ended.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy.orm import Session

from caredesk.actions import call_ups
from caredesk.actions.call_up_contacts import reach_of, said_by
from caredesk.actions.call_up_views import dead_view
from caredesk.actions.number_marks import number_key
from caredesk.assistance import call_up_queries as queries
from caredesk.assistance.call_up_errors import CallUpBusy, CallUpOver, LegNotFound
from caredesk.assistance.call_up_models import CallUp, CallUpLeg
from caredesk.assistance.call_up_rules import MOST_TRIES, UNDER_WAY, pause_after
from caredesk.assistance.call_up_schemas import DeadLeg
from caredesk.conversations import house_queries
from caredesk.core.ids import new_id
from caredesk.core.ports import Handed, OutgoingMessage
from caredesk.core.work import Work
from caredesk.patients import queries as patient_queries

SHOWN = 100


@dataclass(frozen=True)
class Claimed:
    """A message that may be sent now, and whether this desk is a demo, where nothing needs to leave the machine."""

    channel: Literal["sms", "wechat"]
    message: OutgoingMessage
    is_demo: bool


def claim_message(work: Work, *, leg_id: str) -> Claimed | None:
    """Take an attempt in hand right before it is sent; none when it must not be sent any more."""
    call_up, leg = _lock(work, leg_id=leg_id)
    if call_up is None or leg is None or leg.state not in UNDER_WAY:
        return None
    if call_up.state != "running":
        # What may have been sent before a crash is told as what it is; what was not sent is not sent now.
        unsure = leg.state == "sending"
        call_ups.end_leg(work, leg, state="failed" if unsure else "skipped", reason="unsure" if unsure else call_up.why)
        call_ups.tell(work, call_up)
        return None
    message = _message(work, call_up, leg)
    if message is None:
        call_ups.end_leg(work, leg, state="skipped", reason="wrong_number" if leg.channel == "sms" else "no_wechat")
        call_ups.climb_soon(work, call_up_id=call_up.id)
        call_ups.tell(work, call_up)
        return None
    leg.state = "sending"
    call_ups.tell(work, call_up)
    channel: Literal["sms", "wechat"] = "sms" if leg.channel == "sms" else "wechat"
    return Claimed(channel, message, house_queries.get_hospital(work.session).demo)


def _lock(work: Work, *, leg_id: str) -> tuple[CallUp | None, CallUpLeg | None]:
    found = queries.find_leg(work.session, leg_id=leg_id)
    if found is None:
        return None, None
    call_up = call_ups.lock_run(work, call_up_id=found.call_up_id)
    return call_up, queries.lock_leg(work.session, leg_id=leg_id)


def _message(work: Work, call_up: CallUp, leg: CallUpLeg) -> OutgoingMessage | None:
    """Return what is to be sent to where the guardian is reached now; none when that has gone or was marked wrong."""
    reach = reach_of(work.session, guardian_ids=[leg.guardian_id])
    contact = reach.contacts[0] if reach.contacts else None
    if contact is None or (leg.channel == "sms" and (contact.is_wrong or contact.number.fault)):
        return None
    to = contact.number.e164 if leg.channel == "sms" else contact.wechat_id
    if not to:
        return None
    leg.to = reach.shown(leg)
    leg.number_key = number_key(work.session, contact.number.e164) if leg.channel == "sms" else ""
    guardian = patient_queries.get_guardian(work.session, guardian_id=leg.guardian_id)
    said = said_by(work.session, call_up=call_up, leg=leg, guardian=guardian)
    return OutgoingMessage(leg.request_id, to=to, text=said.text, facts=said.facts)


def keep_handed(work: Work, *, leg_id: str, handed: Handed | None) -> None:
    """Keep what became of a message and go on: up the ladder, or to another try."""
    call_up, leg = _lock(work, leg_id=leg_id)
    if handed is None or call_up is None or leg is None or leg.state != "sending":
        return
    leg.tries += 1
    if handed.fate == "taken":
        leg.state, leg.reason, leg.sent_at, leg.provider_id = "sent", "", work.now, handed.provider_id
        leg.ended_at = work.now if call_up.ended_at is not None else None
        call_ups.note_attempt(work, call_up)
    elif handed.fate == "refused" or call_up.state != "running" or leg.tries >= MOST_TRIES:
        leg.dead = handed.fate != "refused" and call_up.state == "running"
        call_ups.end_leg(work, leg, state="failed", reason=handed.error)
    else:
        _try_again(work, leg, handed=handed)
    if call_up.state == "running" and leg.state not in UNDER_WAY:
        call_ups.climb_soon(work, call_up_id=call_up.id)
    call_ups.tell(work, call_up)


def _try_again(work: Work, leg: CallUpLeg, *, handed: Handed) -> None:
    leg.reason = handed.error[:60]
    if handed.fate == "later":
        leg.state, leg.request_id = "planned", new_id()
    # Unsure: it may have been sent, so it stays in `sending` and keeps its request id.
    call_ups.send_soon(work, leg, at=work.now + pause_after(leg.tries))


# ---- receipts --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Receipt:
    """What a provider reports of a message: by its own number or by ours, and whether it arrived."""

    channel: Literal["sms", "wechat"]
    provider_id: str
    request_id: str
    delivered: bool
    error: str = ""


def take_receipt(work: Work, receipt: Receipt) -> None:
    """Note that a message arrived or did not; a repeat, one that comes late, and one for nobody change nothing."""
    found = queries.find_leg_by_post(
        work.session, channel=receipt.channel, provider_id=receipt.provider_id, request_id=receipt.request_id
    )
    call_up, leg = _lock(work, leg_id=found.id) if found is not None else (None, None)
    if call_up is None or leg is None or leg.state not in ("sending", "sent"):
        return
    leg.sent_at, leg.provider_id = leg.sent_at or work.now, leg.provider_id or receipt.provider_id
    if receipt.delivered:
        leg.state, leg.delivered_at, leg.ended_at, leg.reason = "delivered", work.now, work.now, ""
    else:
        call_ups.end_leg(work, leg, state="failed", reason=receipt.error)
    if call_up.state == "running":
        # What did not arrive is not waited for.
        call_ups.climb_soon(work, call_up_id=call_up.id)
    call_ups.tell(work, call_up)


# ---- dead letters ----------------------------------------------------------------------------------------


def list_dead(session: Session) -> list[DeadLeg]:
    """Return the messages that could not be sent however often they were tried, newest first."""
    return [dead_view(leg, call_up=call_up) for leg, call_up in queries.list_dead(session, limit=SHOWN)]


def replay(work: Work, *, leg_id: str) -> None:
    """Send a dead message again, while the family is still called and nothing else is under way to them."""
    call_up, leg = _lock(work, leg_id=leg_id)
    if call_up is None or leg is None or not leg.dead:
        raise LegNotFound
    if call_up.ended_at is not None:
        raise CallUpOver
    if any(one.state in UNDER_WAY for one in queries.list_legs(work.session, call_up_ids=[call_up.id])):
        raise CallUpBusy
    call_up.state = "running"
    leg.dead, leg.tries, leg.reason, leg.ended_at, leg.state = False, 0, "", None, "planned"
    work.session.flush()
    call_ups.send_soon(work, leg)
    call_ups.tell(work, call_up)


def discard(work: Work, *, leg_id: str) -> None:
    """Take a dead message off the list; the attempt stays failed."""
    _, leg = _lock(work, leg_id=leg_id)
    if leg is None or not leg.dead:
        raise LegNotFound
    leg.dead = False

"""A message to all waiting families on its way to each: onto the page in one transaction, outside in three steps.

As with call-ups, what goes outside is claimed, handed over in no transaction and recorded; a crash in between hands it
over again under the same request id, which the provider knows. What no channel could carry is tried by the next one.
"""

from __future__ import annotations

from typing import Literal

from sqlalchemy.orm import Session

from caredesk.actions import chat
from caredesk.actions.call_up_contacts import reach_of
from caredesk.actions.call_up_sending import Claimed, Receipt
from caredesk.actions.timeline import Key, append_notice, changed
from caredesk.assistance import broadcast_queries as queries
from caredesk.assistance.broadcast_errors import BroadcastLegNotFound, BroadcastTooLate
from caredesk.assistance.broadcast_models import Broadcast, BroadcastLeg
from caredesk.assistance.broadcast_rules import WORTH_FOR, Planned, is_quiet, outside_legs
from caredesk.assistance.call_up_rules import MOST_TRIES, UNDER_WAY, pause_after
from caredesk.clinic import queries as clinic_queries
from caredesk.conversations import family_queries, house_queries
from caredesk.conversations import queries as conversation_queries
from caredesk.core.clock import clinic_time
from caredesk.core.ids import new_id
from caredesk.core.ports import Handed, OutgoingMessage
from caredesk.core.work import Work
from caredesk.patients import contact_queries
from caredesk.patients.rules import mask_phone


def new_leg(broadcast: Broadcast, *, guardian_id: str, patient_id: str, planned: Planned) -> BroadcastLeg:
    """Return the message's way to one family by one channel."""
    return BroadcastLeg(
        id=new_id(),
        broadcast_id=broadcast.id,
        guardian_id=guardian_id,
        patient_id=patient_id,
        channel=planned.channel,
        state="skipped" if planned.skip else "planned",
        reason=planned.skip,
        request_id=new_id(),
        planned_at=broadcast.at,
        ended_at=broadcast.at if planned.skip else None,
    )


def send_soon(work: Work, leg: BroadcastLeg) -> None:
    """Have what is planned sent now."""
    if leg.state != "planned":
        return
    if leg.channel == "in_app":
        work.enqueue("say_broadcast", {"leg_id": leg.id}, key=f"broadcast:{leg.id}")
    else:
        work.enqueue("send_broadcast", {"leg_id": leg.id}, key=f"broadcast:{leg.id}")


# ---- on the family's page --------------------------------------------------------------------------------


def say_on_page(work: Work, *, leg_id: str) -> None:
    """Say it on a guardian's own page; it disturbs no talk that goes on there, and nobody owes an answer to it."""
    leg = queries.lock_leg(work.session, leg_id=leg_id)
    if leg is None or leg.state != "planned":
        return
    broadcast = queries.get_broadcast(work.session, broadcast_id=leg.broadcast_id)
    page = family_queries.find_page_of(work.session, guardian_id=leg.guardian_id)
    if page is None:
        _end(work, leg, state="skipped", reason="no_page")
        return
    visitor = conversation_queries.lock_visitor(work.session, visitor_id=page.id)
    conversation = chat.open_conversation(work, visitor=visitor)
    append_notice(
        work,
        conversation,
        code=f"broadcast.{broadcast.kind}",
        fields=facts_on_page(work.session, broadcast),
        to_patient=True,
        key=Key("broadcast", leg.id),
    )
    changed(work, conversation)
    leg.sent_at = work.now
    _end(work, leg, state="sent")


def facts_on_page(session: Session, broadcast: Broadcast) -> dict[str, str]:
    """Return what the words on a family's page are filled in with."""
    facts = _names(session, broadcast)
    if broadcast.minutes is not None:
        facts["minutes"] = str(broadcast.minutes)
    if broadcast.ends_at is not None:
        facts["clock"] = f"{clinic_time(broadcast.ends_at):%H:%M}"
    return {**facts, "text": broadcast.text} if broadcast.text else facts


def _names(session: Session, broadcast: Broadcast) -> dict[str, str]:
    department = clinic_queries.department_names(session).get(broadcast.department_id, ("", ""))
    doctor = clinic_queries.doctor_names(session).get(broadcast.doctor_id, ("", ""))
    return {
        "department": department[0],
        "department_en": department[1],
        "doctor": doctor[0],
        "doctor_en": doctor[1],
    }


# ---- outside ---------------------------------------------------------------------------------------------


def claim_message(work: Work, *, leg_id: str) -> Claimed | None:
    """Take a message in hand right before it is sent; none when it must not be sent any more."""
    leg = queries.lock_leg(work.session, leg_id=leg_id)
    if leg is None or leg.state not in UNDER_WAY:
        return None
    broadcast = queries.get_broadcast(work.session, broadcast_id=leg.broadcast_id)
    if work.now > broadcast.at + WORTH_FOR:
        unsure = leg.state == "sending"
        _end(work, leg, state="failed" if unsure else "skipped", reason="unsure" if unsure else "too_late")
        return None
    message = _message(work, broadcast, leg)
    if message is None:
        _end(work, leg, state="skipped", reason="wrong_number" if leg.channel == "sms" else "no_wechat")
        _try_next(work, broadcast, leg)
        return None
    leg.state = "sending"
    channel: Literal["sms", "wechat"] = "sms" if leg.channel == "sms" else "wechat"
    return Claimed(channel, message, house_queries.get_hospital(work.session).demo)


def _message(work: Work, broadcast: Broadcast, leg: BroadcastLeg) -> OutgoingMessage | None:
    reach = reach_of(work.session, guardian_ids=[leg.guardian_id])
    contact = reach.contacts[0] if reach.contacts else None
    if contact is None or (leg.channel == "sms" and (contact.is_wrong or contact.number.fault)):
        return None
    to = contact.number.e164 if leg.channel == "sms" else contact.wechat_id
    if not to:
        return None
    phone = reach.phones[leg.guardian_id]
    leg.to = mask_phone(phone) if leg.channel == "sms" else ""
    if leg.channel == "sms" and contact_queries.is_shared_with_others(
        work.session, phone=phone, patient_id=leg.patient_id
    ):
        return OutgoingMessage(leg.request_id, to=to, text=f"{broadcast.kind}_plain", facts={})
    return OutgoingMessage(leg.request_id, to=to, text=broadcast.kind, facts=_facts_outside(work.session, broadcast))


def _facts_outside(session: Session, broadcast: Broadcast) -> dict[str, str]:
    # A registered text is filled in with names and times only: what a doctor wrote stands on the family's page alone.
    facts = facts_on_page(session, broadcast)
    return {name: facts[name] for name in ("department", "doctor", "minutes", "clock") if name in facts}


def keep_handed(work: Work, *, leg_id: str, handed: Handed | None) -> None:
    """Keep what became of a message: on its way, tried again, or by the next channel."""
    leg = queries.lock_leg(work.session, leg_id=leg_id)
    if handed is None or leg is None or leg.state != "sending":
        return
    leg.tries += 1
    if handed.fate == "taken":
        leg.state, leg.reason, leg.sent_at, leg.provider_id = "sent", "", work.now, handed.provider_id
    elif handed.fate == "refused" or leg.tries >= MOST_TRIES:
        leg.dead = handed.fate != "refused"
        _end(work, leg, state="failed", reason=handed.error)
        _try_next(work, queries.get_broadcast(work.session, broadcast_id=leg.broadcast_id), leg)
    else:
        leg.reason = handed.error[:60]
        if handed.fate == "later":
            leg.state, leg.request_id = "planned", new_id()
        due = work.now + pause_after(leg.tries)
        work.enqueue("send_broadcast", {"leg_id": leg.id}, due_at=due, key=f"broadcast:{leg.id}")


def _try_next(work: Work, broadcast: Broadcast, leg: BroadcastLeg) -> None:
    """Go on to the channel after the one that failed; nobody is told by two that work."""
    reach = reach_of(work.session, guardian_ids=[leg.guardian_id])
    if not reach.contacts:
        return
    of_all = queries.list_legs(work.session, broadcast_ids=[broadcast.id])
    tried = [one.channel for one in of_all if one.guardian_id == leg.guardian_id]
    quiet = is_quiet(in_session=broadcast.in_session, now=work.now)
    for planned in outside_legs(reach.contacts[0], consent=reach.consent, quiet=quiet, tried=tried):
        following = new_leg(broadcast, guardian_id=leg.guardian_id, patient_id=leg.patient_id, planned=planned)
        following.planned_at = work.now
        work.session.add(following)
        work.session.flush()
        send_soon(work, following)


def take_receipt(work: Work, receipt: Receipt) -> None:
    """Note that a message arrived or did not; a repeat, one that comes late, and one for nobody change nothing."""
    leg = queries.lock_leg_by_post(
        work.session, channel=receipt.channel, provider_id=receipt.provider_id, request_id=receipt.request_id
    )
    if leg is None or leg.state not in ("sending", "sent"):
        return
    leg.sent_at, leg.provider_id = leg.sent_at or work.now, leg.provider_id or receipt.provider_id
    if receipt.delivered:
        leg.delivered_at = work.now
        _end(work, leg, state="delivered")
    else:
        _end(work, leg, state="failed", reason=receipt.error)
        _try_next(work, queries.get_broadcast(work.session, broadcast_id=leg.broadcast_id), leg)


def _end(work: Work, leg: BroadcastLeg, *, state: str, reason: str = "") -> None:
    leg.state, leg.reason, leg.ended_at = state, reason[:60], work.now
    work.session.flush()


# ---- dead letters ----------------------------------------------------------------------------------------


def replay(work: Work, *, leg_id: str) -> None:
    """Send a dead message again while it can still be of use."""
    leg = _lock_dead(work, leg_id=leg_id)
    if work.now > queries.get_broadcast(work.session, broadcast_id=leg.broadcast_id).at + WORTH_FOR:
        raise BroadcastTooLate
    leg.dead, leg.tries, leg.reason, leg.ended_at, leg.state = False, 0, "", None, "planned"
    work.session.flush()
    send_soon(work, leg)


def discard(work: Work, *, leg_id: str) -> None:
    """Take a dead message off the list; it stays failed."""
    _lock_dead(work, leg_id=leg_id).dead = False


def _lock_dead(work: Work, *, leg_id: str) -> BroadcastLeg:
    leg = queries.lock_leg(work.session, leg_id=leg_id)
    if leg is None or not leg.dead:
        raise BroadcastLegNotFound
    return leg

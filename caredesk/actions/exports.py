"""Taking one conversation out of the desk, whole: timeline, bot, routing, rating.

Personal data stay masked unless a second person has allowed otherwise (B61).
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from caredesk.accounts import queries as account_queries
from caredesk.accounts.access_rules import Thing
from caredesk.actions import decisions, desk
from caredesk.actions.export_approvals import use_approval
from caredesk.actions.families import family_card
from caredesk.actions.holds import holds_of, may_know
from caredesk.actions.replies import AsStaff, can_see
from caredesk.actions.timeline import append_notice, changed, timeline_entry
from caredesk.conversations import house_queries, picture_queries, queries
from caredesk.conversations.errors import ConversationNotFound
from caredesk.conversations.export import ExportedFacts, ExportedPicture, exported_facts, exported_pictures
from caredesk.conversations.models import Conversation
from caredesk.conversations.schemas import BotTurnView, OptionView, RatingView
from caredesk.core.deed import Deed
from caredesk.core.work import Work
from caredesk.events.shapes import NoticeBody, Shape, TimelineEntry
from caredesk.evidence.rules import Purpose
from caredesk.patients.schemas import MASKED, UNMASKED, FamilyCard, Mask, Masks
from caredesk.queue import queries as queue_queries
from caredesk.queue.models import Offer
from caredesk.queue.schemas import DecisionView
from caredesk.retention.schemas import StandingHold

log = logging.getLogger(__name__)

ExportForm = Literal["json", "html", "zip"]
LABELLED = ("close_category", "close_outcome", "transfer_reason", "rating_reason")


class ExportedOffer(Shape):
    """One agent who was asked, and what came of it."""

    agent: str
    state: str
    reason: str
    made_at: datetime
    expires_at: datetime
    ended_at: datetime | None


class ExportDocument(Shape):
    """A conversation as it leaves the desk. `version` grows when a reader of the last one would stumble."""

    format: Literal["caredesk.conversation"] = "caredesk.conversation"
    version: Literal[1] = 1
    hospital: str
    hospital_en: str
    exported_at: datetime
    exported_by: str
    masked: bool = True
    allowed_by: str = ""
    """Who has allowed an export without masks."""
    conversation: ExportedFacts
    family: FamilyCard | None
    timeline: list[TimelineEntry]
    bot_turns: list[BotTurnView]
    decisions: list[DecisionView]
    offers: list[ExportedOffer]
    rating: RatingView | None
    pictures: list[ExportedPicture]
    holds: list[StandingHold]
    """What keeps it from going; empty when who takes it out may not know."""
    labels: list[OptionView]
    """The hospital's words for the keys of categories, outcomes and reasons."""


def export_conversation(
    work: Work,
    *,
    conversation_id: str,
    who: AsStaff,
    form: ExportForm,
    approval_id: str = "",
    purpose: Purpose | None = None,
) -> ExportDocument:
    """Return a conversation whole, and leave a notice on its timeline that it was taken out, and by whom.

    The caller has checked that the person may export; here it is checked that they may see this one. With the id of
    a second person's yes that is still good, nothing is masked; a `purpose` that is stated must be the one allowed.
    """
    conversation = queries.lock_conversation(work.session, conversation_id=conversation_id)
    if not can_see(work.session, conversation, who=who, thing=Thing.EXPORT):
        raise ConversationNotFound
    allowed_by = None
    if approval_id:
        allowed_by = use_approval(
            work, approval_id=approval_id, conversation_id=conversation_id, staff_id=who.staff_id, purpose=purpose
        )
    work.attest(Deed("conversation.exported", subject=f"conversation:{conversation.id}", why=form))
    _note_export(work, conversation, form=form, allowed_by=allowed_by)
    log.info(
        "conversation exported",
        extra={"conversation_id": conversation.id, "staff_id": who.staff_id, "form": form},
    )
    standing = holds_of(work.session, conversation, who=who) if may_know(who) else []
    return _document(work, conversation, allowed_by=allowed_by, holds=standing)


def _note_export(work: Work, conversation: Conversation, *, form: ExportForm, allowed_by: str | None) -> None:
    fields = {"name": work.actor.name, "format": form}
    if allowed_by is None:
        append_notice(work, conversation, code="exported", fields=fields)
    else:
        append_notice(work, conversation, code="exported_unmasked", fields={**fields, "allowed_by": allowed_by})
    changed(work, conversation)


def _document(
    work: Work, conversation: Conversation, *, allowed_by: str | None, holds: list[StandingHold]
) -> ExportDocument:
    session, conversation_id = work.session, conversation.id
    masks: Masks = MASKED if allowed_by is None else UNMASKED
    hospital = house_queries.get_hospital(session)
    guardian_id = conversation.guardian_id
    return ExportDocument(
        hospital=hospital.name,
        hospital_en=hospital.name_en,
        exported_at=work.now,
        exported_by=work.actor.name,
        masked=allowed_by is None,
        allowed_by=allowed_by or "",
        conversation=_facts(session, conversation),
        family=family_card(session, guardian_id=guardian_id, at=work.now, masks=masks) if guardian_id else None,
        timeline=_timeline(session, conversation_id=conversation_id, phone=masks.phone),
        bot_turns=desk.turns_of(session, conversation_id=conversation_id),
        decisions=decisions.decisions_of(session, conversation_id=conversation_id),
        offers=[_offer(session, o) for o in queue_queries.list_offers(session, conversation_id=conversation_id)],
        rating=desk.rating_of(session, conversation_id=conversation_id),
        pictures=exported_pictures(picture_queries.list_pictures_of(session, conversation_id=conversation_id)),
        holds=holds,
        labels=[option for kind in LABELLED for option in desk.options(session, kind=kind)],
    )


def _facts(session: Session, conversation: Conversation) -> ExportedFacts:
    queue_id, reopens_id = conversation.queue_id, conversation.reopens_id
    queue = queue_queries.get_queue(session, queue_id=queue_id) if queue_id else None
    earlier = queries.find_conversation(session, conversation_id=reopens_id) if reopens_id else None
    return exported_facts(
        conversation,
        queue=queue.name if queue else "",
        agent=_staff_name(session, conversation.assignee_id or conversation.closed_by),
        reopens=earlier.number if earlier else "",
    )


def _staff_name(session: Session, staff_id: str) -> str:
    staff = account_queries.find_staff(session, staff_id=staff_id)
    return staff.name if staff else ""


def _timeline(session: Session, *, conversation_id: str, phone: Mask) -> list[TimelineEntry]:
    rows = queries.list_all_entries(session, conversation_id=conversation_id)
    return [_masked(timeline_entry(row), phone=phone) for row in rows]


def _masked(entry: TimelineEntry, *, phone: Mask) -> TimelineEntry:
    """Mask the number that a family left to be called back; what people wrote stays as they wrote it."""
    body = entry.body
    if not isinstance(body, NoticeBody) or "phone" not in body.fields:
        return entry
    fields = {**body.fields, "phone": phone(body.fields["phone"])}
    return entry.model_copy(update={"body": body.model_copy(update={"fields": fields})})


def _offer(session: Session, offer: Offer) -> ExportedOffer:
    return ExportedOffer(
        agent=_staff_name(session, offer.staff_id),
        state=offer.state,
        reason=offer.reason,
        made_at=offer.made_at,
        expires_at=offer.expires_at,
        ended_at=offer.ended_at,
    )

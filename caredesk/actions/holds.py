"""Legal holds: placed by one with a reason, lifted by another; while one stands nothing of it goes."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from caredesk.accounts import queries as account_queries
from caredesk.accounts.rules import Permission, permissions_of
from caredesk.actions import access
from caredesk.actions.replies import AsStaff
from caredesk.conversations import erasure_queries as talk_queries
from caredesk.conversations.errors import ConversationNotFound
from caredesk.conversations.models import Conversation
from caredesk.conversations.rules import clean_text
from caredesk.core.deed import Deed
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.patients import erasure_queries as family_queries
from caredesk.retention import queries
from caredesk.retention.errors import FamilyNotErasable, HoldPlaced, OwnErasure, ReasonNeeded
from caredesk.retention.models import LegalHold
from caredesk.retention.schemas import HoldView, StandingHold, SubjectKind

KNOW = frozenset({Permission.ERASE_FAMILIES, Permission.ALLOW_ERASURES})
"""Whoever places holds and whoever lifts them."""
REASON_CHARACTERS = 200
SHOWN = 100


def hold_family(work: Work, *, guardian_id: str, reason: str) -> str:
    """Hold a family with all that belongs to it; return the hold's id."""
    if family_queries.lock_guardian(work.session, guardian_id=guardian_id) is None:
        raise FamilyNotErasable
    return _place(work, kind="guardian", subject_id=guardian_id, reason=reason)


def hold_conversation(work: Work, *, number: str, reason: str) -> str:
    """Hold one conversation, found by its number; return the hold's id."""
    found = talk_queries.find_id_by_number(work.session, number=number.strip())
    if found is None:
        raise ConversationNotFound
    return _place(work, kind="conversation", subject_id=found, reason=reason)


def _place(work: Work, *, kind: SubjectKind, subject_id: str, reason: str) -> str:
    words = clean_text(reason, limit=REASON_CHARACTERS)
    if not words:
        raise ReasonNeeded
    if queries.list_standing_holds(work.session, subject_ids=[subject_id]):
        raise HoldPlaced
    hold = LegalHold(
        id=new_id(),
        subject_kind=kind,
        subject_id=subject_id,
        reason=words,
        placed_by=work.actor.id,
        placed_at=work.now,
    )
    queries.add_hold(work.session, hold=hold)
    work.attest(Deed("hold.placed", subject=f"{kind}:{subject_id}", record=f"legal_hold:{hold.id}"))
    return hold.id


def lift_hold(work: Work, *, hold_id: str) -> None:
    """Lift a hold, as somebody else than who placed it: what it has kept goes when its time is over."""
    hold = queries.lock_standing_hold(work.session, hold_id=hold_id)
    if hold.placed_by == work.actor.id:
        raise OwnErasure
    hold.lifted_by, hold.lifted_at = work.actor.id, work.now
    work.attest(Deed("hold.lifted", subject=f"{hold.subject_kind}:{hold.subject_id}", record=f"legal_hold:{hold.id}"))


def holds_on(session: Session, *, subject_ids: Collection[str]) -> list[StandingHold]:
    """Return the holds that stand on families and conversations, oldest first, for whoever may know of them."""
    holds = queries.list_standing_holds(session, subject_ids=subject_ids)
    names = account_queries.names_of(session, staff_ids=sorted({hold.placed_by for hold in holds}))
    return [
        StandingHold(
            id=hold.id,
            subject_kind="guardian" if hold.subject_kind == "guardian" else "conversation",
            placed_by=names.get(hold.placed_by, hold.placed_by),
            placed_at=hold.placed_at,
            reason=hold.reason,
        )
        for hold in holds
    ]


def holds_of(session: Session, conversation: Conversation, *, who: AsStaff) -> list[StandingHold]:
    """Return the holds on a conversation and its family; whoever may not know the rest sees that there are some."""
    found = holds_on(session, subject_ids=[id for id in (conversation.id, conversation.guardian_id) if id])
    if may_know(who):
        return found
    return [one.model_copy(update={"placed_by": "", "placed_at": None, "reason": ""}) for one in found]


def may_know(who: AsStaff) -> bool:
    """Tell whether somebody is told by whom, when and why something is held."""
    return not KNOW.isdisjoint(permissions_of(access.roles_of(who)))


def list_holds(session: Session, *, staff_id: str) -> list[HoldView]:
    """Return the holds, those that stand first."""
    holds = queries.list_holds(session, limit=SHOWN)
    people = {one for hold in holds for one in (hold.placed_by, hold.lifted_by) if one}
    names = account_queries.names_of(session, staff_ids=sorted(people))
    talks = [hold.subject_id for hold in holds if hold.subject_kind == "conversation"]
    numbers = talk_queries.numbers_of(session, ids=talks)
    return [_view(hold, names=names, number=numbers.get(hold.subject_id, ""), staff_id=staff_id) for hold in holds]


def _view(hold: LegalHold, *, names: dict[str, str], number: str, staff_id: str) -> HoldView:
    return HoldView(
        id=hold.id,
        subject_kind=hold.subject_kind,
        subject_id=hold.subject_id,
        number=number,
        reason=hold.reason,
        placed_by=names.get(hold.placed_by, hold.placed_by),
        placed_at=hold.placed_at,
        lifted_by=names.get(hold.lifted_by or "", hold.lifted_by or ""),
        lifted_at=hold.lifted_at,
        mine=hold.placed_by == staff_id,
    )

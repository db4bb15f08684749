"""Exports without masks need two people: one asks with a purpose and a reason, another one says yes or no (B61)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, cast

from sqlalchemy.orm import Session

from caredesk.accounts import queries as account_queries
from caredesk.actions.replies import AsStaff, can_see, lock_visible
from caredesk.conversations import queries as conversation_queries
from caredesk.conversations import search_queries
from caredesk.conversations.errors import ConversationNotFound
from caredesk.conversations.rules import clean_text
from caredesk.core.deed import Deed
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.evidence import queries
from caredesk.evidence.errors import ApprovalNotFound, ApprovalOver, NotApproved, OwnApproval
from caredesk.evidence.models import ExportApproval
from caredesk.evidence.rules import ASKED_FOR, GOOD_FOR, REASON_CHARACTERS, Purpose, good_until, standing_of
from caredesk.evidence.schemas import ApprovalView

COMMAND_LINE = "cli"
"""Whoever runs the machine takes out for the one who has asked; two people have spoken all the same."""


def ask_for_approval(work: Work, *, conversation_id: str, who: AsStaff, purpose: Purpose, reason: str) -> ApprovalView:
    """Ask for a conversation without masks; whoever asks may see it."""
    said = clean_text(reason, limit=REASON_CHARACTERS)
    conversation = lock_visible(work, conversation_id=conversation_id, who=who)
    approval = ExportApproval(
        id=new_id(),
        conversation_id=conversation.id,
        purpose=purpose,
        reason=said,
        asked_by=who.staff_id,
        asked_at=work.now,
        expires_at=work.now + ASKED_FOR,
        decision="",
        decided_by="",
        used=0,
    )
    queries.add_approval(work.session, approval=approval)
    _attest(work, "export.asked", approval=approval)
    return _views(work.session, [approval], viewer_id=who.staff_id, now=work.now)[0]


def decide_approval(work: Work, *, approval_id: str, staff_id: str, approve: bool) -> ApprovalView:
    """Say yes or no to somebody else's request, once and while it waits."""
    asked = queries.find_approval(work.session, approval_id=approval_id)
    if asked is None:
        raise ApprovalNotFound
    if asked.asked_by == staff_id:
        raise OwnApproval
    decision: Literal["approved", "refused"] = "approved" if approve else "refused"
    decided = queries.decide_approval(
        work.session, approval_id=approval_id, decision=decision, by=staff_id, now=work.now
    )
    if decided is None:
        raise ApprovalOver
    _attest(work, f"export.{decision}", approval=decided)
    return _views(work.session, [decided], viewer_id=staff_id, now=work.now)[0]


def use_approval(
    work: Work, *, approval_id: str, conversation_id: str, staff_id: str, purpose: Purpose | None = None
) -> str:
    """Return who has said yes to this person's export of this conversation; raise NotApproved without a good yes.

    A yes to one purpose is none to another; `purpose` is None for forms that state none.
    """
    approval = queries.find_approval(work.session, approval_id=approval_id)
    fits = (
        approval is not None
        and approval.conversation_id == conversation_id
        and staff_id in (approval.asked_by, COMMAND_LINE)
        and purpose in (None, approval.purpose)
        and _standing(approval, now=work.now) == "approved"
    )
    if approval is None or not fits:
        raise NotApproved
    queries.note_use(work.session, approval_id=approval.id)
    _attest(work, "export.unmasked", approval=approval)
    return account_queries.names_of(work.session, staff_ids=[approval.decided_by]).get(approval.decided_by, "")


def waiting_approvals(session: Session, *, viewer_id: str, now: datetime) -> list[ApprovalView]:
    """Return what waits for a second person, oldest first."""
    return _views(session, queries.list_waiting(session, now=now), viewer_id=viewer_id, now=now)


def approvals_of(session: Session, *, conversation_id: str, who: AsStaff, now: datetime) -> list[ApprovalView]:
    """Return a conversation's requests of the last hour and a half, newest first."""
    conversation = conversation_queries.get_conversation(session, conversation_id=conversation_id)
    if not can_see(session, conversation, who=who):
        raise ConversationNotFound
    since = now - ASKED_FOR - GOOD_FOR
    found = queries.list_of_conversation(session, conversation_id=conversation_id, since=since)
    return _views(session, found, viewer_id=who.staff_id, now=now)


def _attest(work: Work, name: str, *, approval: ExportApproval) -> None:
    subject, record = f"conversation:{approval.conversation_id}", f"export_approval:{approval.id}"
    work.attest(Deed(name, subject=subject, why=approval.purpose, record=record))


def _standing(approval: ExportApproval, *, now: datetime) -> str:
    return standing_of(
        decision=approval.decision, decided_at=approval.decided_at, expires_at=approval.expires_at, now=now
    )


def _views(
    session: Session, approvals: Sequence[ExportApproval], *, viewer_id: str, now: datetime
) -> list[ApprovalView]:
    people = {one.asked_by for one in approvals} | {one.decided_by for one in approvals if one.decided_by}
    names = account_queries.names_of(session, staff_ids=sorted(people))
    numbers = search_queries.numbers_of(session, conversation_ids={one.conversation_id for one in approvals})
    return [
        ApprovalView(
            id=one.id,
            conversation_id=one.conversation_id,
            number=numbers.get(one.conversation_id, ""),
            purpose=cast(Purpose, one.purpose),
            reason=one.reason,
            asked_by=names.get(one.asked_by, ""),
            asked_at=one.asked_at,
            standing=standing_of(decision=one.decision, decided_at=one.decided_at, expires_at=one.expires_at, now=now),
            decided_by=names.get(one.decided_by, ""),
            until=good_until(decision=one.decision, decided_at=one.decided_at, expires_at=one.expires_at),
            own=one.asked_by == viewer_id,
        )
        for one in approvals
    ]

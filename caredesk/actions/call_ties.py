"""Who calls when the number does not tell: the agent has asked, and ties the call to the right family or to none (B51).

A tie opens the family's card to whoever serves the call, so that only families with the caller's number can be chosen,
every tie is on the record, and each can be taken back.
"""

from __future__ import annotations

from dataclasses import dataclass

from caredesk.actions import floor_trail
from caredesk.actions.call_callers_known import choices_of
from caredesk.actions.replies import AsStaff, lock_visible
from caredesk.actions.timeline import append_notice, changed
from caredesk.conversations.errors import ConversationClosed, NotYours
from caredesk.conversations.models import Conversation
from caredesk.core.deed import Deed
from caredesk.core.work import Work
from caredesk.patients import contact_queries
from caredesk.patients.rules import mask_name
from caredesk.telephony import caller_queries, queries
from caredesk.telephony.errors import CallerCertain, CallerNoChoice, CallerNotTied, CallNotFound
from caredesk.telephony.models import CallerTie


@dataclass(frozen=True)
class Said:
    """What somebody says about who calls: this guardian, or, without one, none of those whose number it may be."""

    guardian_id: str | None


def tie(work: Work, *, conversation_id: str, who: AsStaff, said: Said) -> None:
    """Tie a call to one of the families that may be calling, or to none of them.

    Raise CallerCertain when it is settled who calls, CallerNoChoice when the number is not that family's.
    """
    conversation = _lock_served(work, conversation_id=conversation_id, who=who)
    if conversation.guardian_id is not None or _is_tied(work, conversation):
        raise CallerCertain
    call = queries.find_last(work.session, conversation_id=conversation.id)
    if call is None:
        raise CallNotFound
    choices = choices_of(work.session, call)
    if not choices or (said.guardian_id is not None and said.guardian_id not in choices):
        raise CallerNoChoice
    caller_queries.add_tie(
        work.session,
        tie=CallerTie(
            conversation_id=conversation.id, guardian_id=said.guardian_id, staff_id=who.staff_id, at=work.now
        ),
    )
    conversation.guardian_id = said.guardian_id
    work.session.flush()
    _note(work, conversation, what="caller.tied" if said.guardian_id else "caller.nobody", guardian_id=said.guardian_id)


def untie(work: Work, *, conversation_id: str, who: AsStaff) -> None:
    """Take back what was said about who calls; whoever the number tells by itself stays."""
    conversation = _lock_served(work, conversation_id=conversation_id, who=who)
    if not caller_queries.drop_tie(work.session, conversation_id=conversation.id):
        raise CallerNotTied
    before, conversation.guardian_id = conversation.guardian_id, None
    work.session.flush()
    _note(work, conversation, what="caller.untied", guardian_id=before)


def _is_tied(work: Work, conversation: Conversation) -> bool:
    return caller_queries.find_tie(work.session, conversation_id=conversation.id) is not None


def _lock_served(work: Work, *, conversation_id: str, who: AsStaff) -> Conversation:
    """Return the conversation of a call that a person serves; a supervisor may correct anybody's until it is closed."""
    conversation = lock_visible(work, conversation_id=conversation_id, who=who)
    if conversation.assignee_id != who.staff_id and not who.sees_floor:
        raise NotYours
    if conversation.status == "closed":
        raise ConversationClosed
    return conversation


def _note(work: Work, conversation: Conversation, *, what: str, guardian_id: str | None) -> None:
    """Say on the timeline, in the trail and in the audit what was said about who calls; the latter two name a family by
    its id only."""
    found = contact_queries.list_guardians(work.session, guardian_ids=[guardian_id]) if guardian_id else []
    fields = {"name": work.actor.name, "family": mask_name(found[0].name) if found else ""}
    append_notice(work, conversation, code=what, fields=fields)
    talk = f"conversation:{conversation.id}"
    work.attest(Deed(what, subject=f"guardian:{guardian_id}" if guardian_id else talk, record=talk))
    changed(work, conversation)
    floor_trail.keep(
        work,
        what=what.replace(".", "_"),
        reason="",
        conversation_id=conversation.id,
        queue_id=conversation.queue_id,
        facts={"guardian_id": guardian_id} if guardian_id else {},
    )

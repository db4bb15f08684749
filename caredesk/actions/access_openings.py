"""Opening a talk that is beyond one's reach: for a purpose, with a reason, for some time, on the record (B63)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from caredesk.accounts import access_queries
from caredesk.accounts import access_rules as rules
from caredesk.accounts.access_errors import NothingToOpen, PurposeNotAdmitted
from caredesk.accounts.access_models import AccessOpening
from caredesk.accounts.access_rules import Purpose, Thing
from caredesk.accounts.access_schemas import OpenTalk, OwnAccess, OwnOpening
from caredesk.actions import access
from caredesk.actions.replies import AsStaff, can_see
from caredesk.conversations import search_queries
from caredesk.conversations.queries import get_conversation
from caredesk.conversations.rules import clean_text
from caredesk.conversations.search_words import DAY_DIGITS, read_number
from caredesk.core.deed import Deed
from caredesk.core.ids import new_id
from caredesk.core.work import Work

REASON_CHARACTERS = 200


def own_access(session: Session, *, who: AsStaff) -> OwnAccess:
    """Return for what somebody may open talks beyond their reach, and what they have open now."""
    _, table = access_queries.table_now(session)
    opened = access_queries.list_open_of(session, staff_id=who.staff_id, now=who.at) if who.at else []
    numbers = search_queries.numbers_of(session, conversation_ids={one.conversation_id for one in opened})
    return OwnAccess(
        limited=not access.scope_of(session, who=who).everything,
        purposes=rules.purposes_of(table, roles=access.roles_of(who)),
        minutes=table.minutes,
        open=[
            OwnOpening(
                conversation_id=one.conversation_id,
                number=numbers[one.conversation_id],
                purpose=Purpose(one.purpose),
                until=one.until,
            )
            for one in opened
        ],
    )


def open_talk(work: Work, *, who: AsStaff, wish: OpenTalk) -> OwnOpening:
    """Open a talk by its number for a purpose that one's roles admit; what one sees anyway is not written down.

    The purpose is judged before the number, so that who may open nothing learns of no number whether there is one.
    """
    _, table = access_queries.table_now(work.session)
    if wish.purpose not in rules.purposes_of(table, roles=access.roles_of(who)):
        raise PurposeNotAdmitted
    reason = clean_text(wish.reason, limit=REASON_CHARACTERS)
    conversation = get_conversation(work.session, conversation_id=_id_of(work.session, number=wish.number))
    until = rules.opened_until(table, now=work.now)
    opened = OwnOpening(conversation_id=conversation.id, number=conversation.number, purpose=wish.purpose, until=until)
    if can_see(work.session, conversation, who=who.acting()):
        return opened
    if access.scope_of(work.session, who=who, thing=Thing.CONVERSATION).nothing:
        raise PurposeNotAdmitted
    row = AccessOpening(
        id=new_id(),
        staff_id=who.staff_id,
        conversation_id=conversation.id,
        purpose=wish.purpose,
        reason=reason,
        opened_at=work.now,
        until=until,
    )
    work.session.add(row)
    work.session.flush()
    subject, record = f"conversation:{conversation.id}", f"access_opening:{row.id}"
    work.attest(Deed("access.opened", subject=subject, why=wish.purpose, record=record))
    return opened


def _id_of(session: Session, *, number: str) -> str:
    """Return the talk of a whole number; an end of one is nobody's in particular."""
    whole = read_number(number) or ""
    day, dash, _ = whole.partition("-")
    found = search_queries.ids_by_number(session, number=whole) if dash and len(day) == DAY_DIGITS else []
    if not found:
        raise NothingToOpen
    return found[0]

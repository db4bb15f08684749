"""Guardrails at work: numbers masked and told, signs that call people, drafts held before they are sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from caredesk.actions import alerts
from caredesk.actions.keeping import Kept
from caredesk.actions.timeline import append_notice
from caredesk.chatbot.guard import shared_guard
from caredesk.chatbot.text import normalise
from caredesk.conversations import house_queries, queries
from caredesk.conversations.plain import AnyConversation, AnyEntry
from caredesk.core.deed import Deed
from caredesk.core.ids import new_id
from caredesk.core.work import Work
from caredesk.guardrails.errors import DraftHeld
from caredesk.guardrails.models import GuardrailFinding
from caredesk.guardrails.rules import DraftKind, Finding, Kind, Reason, digits_of, findings_in, has_mobile, signs_in
from caredesk.guardrails.terms import shared_terms
from caredesk.patients import queries as patients

# ---- what a family writes --------------------------------------------------------------------------------


def shows_something(kept: Kept) -> bool:
    """Tell whether there is anything to look at in a family's words; mostly there is not."""
    return bool(kept.masked or signs_in(kept.text, terms=shared_terms()))


def look_at_words(work: Work, conversation: AnyConversation, *, entry: AnyEntry, kept: Kept) -> None:
    """Tell what was masked in a family's message, and call people to what it shows. The conversation is locked."""
    note_masked(work, conversation, entry=entry, kept=kept, to_patient=True)
    for kind in signs_in(kept.text, terms=shared_terms()):
        _keep(work, entry, kind=kind, outcome="alerted", staff_id=conversation.assignee_id)
        if kind == "self_harm" and kind not in conversation.flags:
            conversation.flags = [*conversation.flags, kind]
            append_notice(work, conversation, code="self_harm")
        alerts.raise_alert(
            work,
            code=kind,
            conversation_id=conversation.id,
            staff_id=conversation.assignee_id,
            queue_id=None if conversation.assignee_id else conversation.queue_id,
        )


def note_masked(
    work: Work,
    conversation: AnyConversation,
    *,
    entry: AnyEntry,
    kept: Kept,
    to_patient: bool,
    staff_id: str | None = None,
) -> None:
    """Tell the sender that numbers were taken out of their message, and count it."""
    for kind in dict.fromkeys(kept.masked):
        _keep(work, entry, kind=kind, outcome="masked", staff_id=staff_id)
    if kept.masked:
        append_notice(work, conversation, code="numbers.masked", to_patient=to_patient)


# ---- what an agent is about to send ----------------------------------------------------------------------


@dataclass(frozen=True)
class SecondThought:
    """What an agent says of a held draft: that it goes out all the same and why, or that it was changed."""

    in_spite: Reason | None = None
    changed_after: Sequence[DraftKind] = ()


NO_THOUGHT = SecondThought()


def look_at_draft(session: Session, conversation: AnyConversation, *, text: str) -> list[Finding]:
    """Return what an agent should look at again before sending; words to a colleague are not looked at."""
    if conversation.channel == "assist":
        return []
    found = findings_in(
        text,
        terms=shared_terms(),
        is_medical=shared_guard().medical(normalise(text).plain) is not None,
        known_phones=_known_phones(session, conversation) if has_mobile(text) else (),
    )
    return [one for one in found if one.kind != "phone" or not _is_theirs(session, conversation, one=one, text=text)]


def hold_draft(session: Session, conversation: AnyConversation, *, text: str, thought: SecondThought) -> list[Finding]:
    """Return what is sent all the same with a reason; raise `DraftHeld` for what has none, which changes nothing."""
    found = look_at_draft(session, conversation, text=text)
    if found and thought.in_spite is None:
        kinds, places = [one.kind for one in found], [f"{one.start}-{one.end}" for one in found]
        raise DraftHeld(kinds=",".join(kinds), places=",".join(places))
    return found


def note_sent(work: Work, *, entry: AnyEntry, found: Iterable[Finding], thought: SecondThought) -> None:
    """Count what was sent all the same, and what was changed for the better."""
    left = set()
    for one in found:
        left.add(one.kind)
        row = _keep(work, entry, kind=one.kind, outcome="overridden", staff_id=entry.author_id)
        row.reason, row.start, row.stop = thought.in_spite or "", one.start, one.end
        subject, record = f"conversation:{entry.conversation_id}", f"guardrail_finding:{row.id}"
        work.attest(Deed("guardrail.overridden", subject=subject, why=one.kind, record=record))
    for kind in dict.fromkeys(thought.changed_after):
        if kind not in left:
            _keep(work, entry, kind=kind, outcome="changed", staff_id=entry.author_id)


def _known_phones(session: Session, conversation: AnyConversation) -> set[str]:
    known = {digits_of(house_queries.get_hospital(session).hotline)}
    if conversation.guardian_id is not None:
        guardian = patients.find_guardian(session, guardian_id=conversation.guardian_id)
        known.add(digits_of(guardian.phone) if guardian else "")
    return known


def _is_theirs(session: Session, conversation: AnyConversation, *, one: Finding, text: str) -> bool:
    """Tell whether the family has written the number itself in this conversation."""
    number = digits_of(text[one.start : one.end])
    said = queries.list_patient_entries(session, conversation_id=conversation.id)
    return any(number in _digits(entry.text) for entry in said if entry.author_kind == "visitor")


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdecimal())


def _keep(work: Work, entry: AnyEntry, *, kind: Kind, outcome: str, staff_id: str | None) -> GuardrailFinding:
    row = GuardrailFinding(
        id=new_id(),
        at=work.now,
        kind=kind,
        side="agent" if entry.author_kind == "agent" else "family",
        outcome=outcome,
        reason="",
        conversation_id=entry.conversation_id,
        entry_id=entry.id,
        staff_id=staff_id,
        start=0,
        stop=0,
        verdict="",
    )
    work.session.add(row)
    return row

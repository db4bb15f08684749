"""Erasing a family: asked by one, allowed by another, done by a job in small steps that a crash sets back by one.

First what tells who they are goes, with its keys and everything by which they could come back; then the words of
one conversation after the other; last a certificate is filed. The law keeps a conversation for three years after its
close: until then what was said lies sealed in a record that no page shows (ADR 0040).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from sqlalchemy.orm import Session

from caredesk.accounts import queries as account_queries
from caredesk.actions.backups import next_night
from caredesk.actions.erasure_scope import (
    Scope,
    barriers,
    holdable,
    kept_until,
    numbers_of,
    scope_of,
    would_go,
    would_stay,
)
from caredesk.actions.holds import holds_on
from caredesk.actions.timeline import changed
from caredesk.assistance import erasure_queries as assist_queries
from caredesk.conversations import erasure_queries as talk_queries
from caredesk.conversations.erasing import blank_event
from caredesk.conversations.models import Conversation
from caredesk.core import key_queries
from caredesk.core.deed import Deed
from caredesk.core.ids import new_id, new_token, token_hash
from caredesk.core.outbox import rewrite_events
from caredesk.core.work import Work
from caredesk.floor import erasure_queries as floor_queries
from caredesk.knowledge_base import erasure_queries as review_queries
from caredesk.patients import erasure_queries as family_queries
from caredesk.patients import queries as patient_queries
from caredesk.patients.models import Guardian
from caredesk.patients.rules import mask_child_name, mask_name, mask_phone
from caredesk.queue import erasure_queries as queue_queries
from caredesk.retention import queries
from caredesk.retention.classes import CONVERSATION
from caredesk.retention.errors import (
    ErasureDecided,
    ErasureNotYet,
    ErasureUnderWay,
    FamilyNotErasable,
    OwnErasure,
)
from caredesk.retention.models import Erasure, KeptRecord
from caredesk.retention.rules import added
from caredesk.retention.schemas import Counted, ErasurePreview, ErasureView, Ground, Staying
from caredesk.telephony import erasure_queries as call_queries

SHOWN = 100
WIPES_AT = 5
"""On the clinic's clock, behind the night's other work: SQLite's file is written anew then."""

LOOK_AGAIN = timedelta(hours=1)
"""When something of the family has begun between the second yes and the job."""


# ---- looking ---------------------------------------------------------------------------------------------


def preview_erasure(work: Work, *, phone: str) -> list[ErasurePreview]:
    """Return the families of exactly this number, with what an erasure would take and leave; each look is attested."""
    found = family_queries.list_guardians_by_phone(work.session, phone=phone)
    for guardian in found:
        work.attest(Deed("erasure.previewed", subject=f"guardian:{guardian.id}"))
    return [_preview(work, guardian) for guardian in found]


def _preview(work: Work, guardian: Guardian) -> ErasurePreview:
    scope = scope_of(work.session, guardian_id=guardian.id)
    under_way = queries.find_open_erasure(work.session, guardian_id=guardian.id)
    own = set(scope.child_ids)
    everyone = patient_queries.list_children(work.session, guardian_id=guardian.id)
    return ErasurePreview(
        guardian_id=guardian.id,
        name=mask_name(guardian.name),
        phone=mask_phone(guardian.phone),
        children=[mask_child_name(one.patient.name) for one in everyone if one.patient.id in own],
        shared_children=[mask_child_name(one.patient.name) for one in everyone if one.patient.id not in own],
        goes=would_go(work.session, scope, phone=guardian.phone),
        stays=would_stay(scope, now=work.now),
        barriers=barriers(work.session, scope, now=work.now),
        holds=holds_on(work.session, subject_ids=holdable(scope)),
        erasure_id=under_way.id if under_way else None,
    )


def list_erasures(session: Session, *, staff_id: str) -> list[ErasureView]:
    """Return the erasures, those that wait for a second yes first; no value of anybody stands in them."""
    found = queries.list_erasures(session, limit=SHOWN)
    people = {one for erasure in found for one in (erasure.asked_by, erasure.decided_by) if one}
    names = account_queries.names_of(session, staff_ids=sorted(people))
    return [_view(erasure, names=names, staff_id=staff_id) for erasure in found]


def _view(erasure: Erasure, *, names: dict[str, str], staff_id: str) -> ErasureView:
    kept = [Staying.model_validate({"code": code, **told}) for code, told in erasure.kept.items()]
    return ErasureView(
        id=erasure.id,
        guardian_id=erasure.guardian_id,
        ground=erasure.ground,
        state=erasure.state,
        asked_by=names.get(erasure.asked_by, erasure.asked_by),
        asked_at=erasure.asked_at,
        decided_by=names.get(erasure.decided_by or "", erasure.decided_by or ""),
        decided_at=erasure.decided_at,
        done_at=erasure.done_at,
        gone=[Counted(code=code, count=count) for code, count in erasure.gone.items()],
        stays=kept,
        barriers=[],
        certificate=erasure.certificate,
        mine=erasure.asked_by == staff_id,
    )


# ---- deciding --------------------------------------------------------------------------------------------


def ask_erasure(work: Work, *, guardian_id: str, ground: Ground) -> str:
    """Ask that a family be erased; return the erasure's id. Nothing goes before somebody else says yes."""
    if family_queries.lock_guardian(work.session, guardian_id=guardian_id) is None:
        raise FamilyNotErasable
    if queries.find_open_erasure(work.session, guardian_id=guardian_id) is not None:
        raise ErasureUnderWay
    _refuse_barred(work, guardian_id=guardian_id)
    erasure = Erasure(
        id=new_id(), guardian_id=guardian_id, ground=ground, asked_by=work.actor.id, asked_at=work.now, gone={}, kept={}
    )
    queries.add_erasure(work.session, erasure=erasure)
    _attest(work, "erasure.asked", erasure)
    return erasure.id


def allow_erasure(work: Work, *, erasure_id: str) -> None:
    """Say the second yes, as somebody else than who asked; a job begins at once."""
    erasure = _waiting(work, erasure_id=erasure_id)
    if erasure.asked_by == work.actor.id:
        raise OwnErasure
    _refuse_barred(work, guardian_id=erasure.guardian_id)
    erasure.state, erasure.decided_by, erasure.decided_at = "allowed", work.actor.id, work.now
    work.enqueue("erase_family", {"erasure_id": erasure.id}, key=f"erase:{erasure.id}")
    _attest(work, "erasure.allowed", erasure)


def refuse_erasure(work: Work, *, erasure_id: str) -> None:
    """Say no, or take one's own wish back: nothing of the family goes."""
    erasure = _waiting(work, erasure_id=erasure_id)
    erasure.state, erasure.decided_by, erasure.decided_at = "refused", work.actor.id, work.now
    _attest(work, "erasure.refused", erasure)


def _waiting(work: Work, *, erasure_id: str) -> Erasure:
    erasure = queries.lock_erasure(work.session, erasure_id=erasure_id)
    if erasure.state != "asked":
        raise ErasureDecided
    return erasure


def _refuse_barred(work: Work, *, guardian_id: str) -> None:
    found = barriers(work.session, scope_of(work.session, guardian_id=guardian_id), now=work.now)
    if found:
        raise ErasureNotYet(reasons=found)


def _attest(work: Work, name: str, erasure: Erasure) -> None:
    work.attest(
        Deed(name, subject=f"guardian:{erasure.guardian_id}", why=erasure.ground, record=f"erasure:{erasure.id}")
    )


# ---- the job ---------------------------------------------------------------------------------------------


Step = Literal["goes_on", "waits", "done"]
"""What a step of an erasure leaves: more to do, something that has to end first, or nothing."""


def erase_some(work: Work, *, erasure_id: str) -> Step:
    """Do the next step of an allowed erasure and ask for the one after it; done twice it changes nothing more."""
    erasure = queries.lock_erasure(work.session, erasure_id=erasure_id)
    if erasure.state not in ("allowed", "running"):
        return "done"
    scope = scope_of(work.session, guardian_id=erasure.guardian_id)
    if barriers(work.session, scope, now=work.now):
        # A hold, or a talk that was begun before the family's page was closed: what was allowed waits for its end.
        _go_on(work, erasure, after=LOOK_AGAIN)
        return "waits"
    if erasure.state == "allowed":
        _forget_people(work, erasure, scope=scope)
        erasure.state = "running"
    elif not _forget_words(work, erasure, scope=scope):
        _finish(work, erasure)
        return "done"
    _go_on(work, erasure)
    return "goes_on"


def erase_on(work: Work, *, erasure_id: str) -> None:
    """Do the next step, as a job that is told nothing."""
    erase_some(work, erasure_id=erasure_id)


def _go_on(work: Work, erasure: Erasure, *, after: timedelta = timedelta()) -> None:
    payload: dict[str, Any] = {"erasure_id": erasure.id}
    work.enqueue("erase_family", payload, due_at=work.now + after, key=f"erase:{erasure.id}")


def _forget_people(work: Work, erasure: Erasure, *, scope: Scope) -> None:
    """Take who they are: values, keys, words of search, numbers of calls, and every way back."""
    guardian = family_queries.lock_guardian(work.session, guardian_id=scope.guardian_id)
    if guardian is None:
        return
    numbers = numbers_of(work.session, guardian_id=guardian.id, phone=guardian.phone)
    goes = would_go(work.session, scope, phone=guardian.phone)
    erasure.gone = {one.code: one.count for one in goes if one.code != CONVERSATION}
    calls = call_queries.list_calls_of(work.session, conversation_ids=scope.conversation_ids, numbers=numbers)
    call_queries.blank_calls(work.session, calls)
    call_queries.blank_call_backs(work.session, conversation_ids=scope.conversation_ids, numbers=numbers)
    assist_queries.forget_contacts(work.session, guardian_id=guardian.id, patient_ids=scope.child_ids)
    visitors = talk_queries.visitor_ids_of(work.session, guardian_id=guardian.id)
    tokens = {visitor_id: token_hash(new_token()) for visitor_id in visitors}
    talk_queries.close_visits(work.session, guardian_id=guardian.id, tokens=tokens)
    prescriptions = family_queries.prescription_ids_of(work.session, patient_ids=scope.child_ids)
    family_queries.drop_belongings(work.session, guardian_id=guardian.id, patient_ids=scope.child_ids)
    family_queries.blank_guardian(guardian, now=work.now)
    for child in scope.children:
        family_queries.blank_patient(child, now=work.now)
    work.session.flush()
    key_queries.destroy_keys(work.session, holders=[guardian.id, *scope.child_ids, *prescriptions])


def _forget_words(work: Work, erasure: Erasure, *, scope: Scope) -> bool:
    """Take the words of the family's oldest conversation that still has them; tell whether there was one."""
    conversation = talk_queries.find_next_to_blank(work.session, guardian_id=scope.guardian_id, also=scope.about)
    if conversation is None:
        return False
    _keep_by_law(work, erasure, conversation)
    talk_queries.blank_conversation(work.session, conversation, now=work.now)
    streams = [f"{side}:{conversation.id}" for side in ("staff", "patient")]
    rewrite_events(work.session, streams=streams, change=blank_event)
    for forget in (review_queries.forget_questions, floor_queries.forget_reasons, queue_queries.forget_reasons):
        forget(work.session, conversation_id=conversation.id)
    erasure.gone = added(erasure.gone, name=CONVERSATION, count=1)
    changed(work, conversation)
    return True


def _keep_by_law(work: Work, erasure: Erasure, conversation: Conversation) -> None:
    """Seal away what the law still keeps, with its pictures; what it does not goes with its files."""
    until = kept_until(conversation)
    pictures = list(talk_queries.picture_ids_of(work.session, conversation_id=conversation.id))
    if until is None or until <= work.now:
        drop_pictures(work, ids=pictures)
        return
    told = talk_queries.list_told(work.session, conversation_id=conversation.id)
    body = {"number": conversation.number, "entries": told, "pictures": pictures}
    record = KeptRecord(id=new_id(), erasure_id=erasure.id, conversation_id=conversation.id, body=body, until=until)
    queries.keep_record(work.session, record=record)
    before = erasure.kept.get(CONVERSATION, {"count": 0})
    last = queries.last_kept_until(work.session, erasure_id=erasure.id) or until
    erasure.kept = {CONVERSATION: {"count": before["count"] + 1, "until": last.isoformat()}}


def drop_pictures(work: Work, *, ids: list[str]) -> None:
    """Remove pictures; their files go once nothing names them any more."""
    if ids:
        originals = talk_queries.drop_pictures(work.session, ids=ids)
        work.enqueue("drop_files", {"pictures": [*ids, *originals], "recordings": []})


def _finish(work: Work, erasure: Erasure) -> None:
    erasure.state, erasure.done_at = "done", work.now
    _attest(work, "erasure.done", erasure)
    work.enqueue("certify_erasure", {"erasure_id": erasure.id}, key=f"certify:{erasure.id}")
    nothing: dict[str, Any] = {}
    work.enqueue("wipe_leftovers", nothing, due_at=next_night(work.now, hour=WIPES_AT), key="wipe_leftovers")


def note_certificate(work: Work, *, erasure_id: str, sha256: str) -> None:
    """Keep by what the filed certificate is known."""
    erasure = queries.lock_erasure(work.session, erasure_id=erasure_id)
    if sha256 and not erasure.certificate:
        erasure.certificate = sha256
        work.attest(Deed("erasure.certified", subject=f"guardian:{erasure.guardian_id}", record=f"sha256:{sha256}"))


# ---- afterwards ------------------------------------------------------------------------------------------


def erase_again(work: Work, *, guardian_id: str, ground: Ground, asked_by: str, allowed_by: str) -> str | None:
    """Have a family erased again that a restored backup has brought back; None when it is not here.

    The two people are those of its certificate: what they have decided holds.
    """
    if family_queries.lock_guardian(work.session, guardian_id=guardian_id) is None:
        return None
    under_way = queries.find_open_erasure(work.session, guardian_id=guardian_id)
    erasure = under_way or Erasure(
        id=new_id(), guardian_id=guardian_id, ground=ground, asked_by=asked_by, asked_at=work.now, gone={}, kept={}
    )
    erasure.state, erasure.decided_by, erasure.decided_at = "allowed", allowed_by, work.now
    queries.add_erasure(work.session, erasure=erasure)
    _attest(work, "erasure.allowed", erasure)
    return erasure.id


def open_kept(work: Work, *, erasure_id: str, why: str) -> list[dict[str, Any]]:
    """Return what the law keeps of an erased family, for whoever asks for it by law; that it was opened is attested."""
    erasure = queries.get_erasure(work.session, erasure_id=erasure_id)
    work.attest(
        Deed("erasure.opened", subject=f"guardian:{erasure.guardian_id}", why=why, record=f"erasure:{erasure.id}")
    )
    return [record.body for record in queries.list_kept(work.session, erasure_id=erasure.id)]

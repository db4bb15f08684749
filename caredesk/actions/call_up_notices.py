"""The ladder's lowest rung: a message on the family's own page. It disturbs no talk that goes on there."""

from __future__ import annotations

from caredesk.actions import call_ups, chat
from caredesk.actions.call_up_contacts import facts_of
from caredesk.actions.timeline import Key, append_notice, changed
from caredesk.assistance import call_up_queries as queries
from caredesk.conversations import family_queries
from caredesk.conversations import queries as conversation_queries
from caredesk.core.work import Work
from caredesk.patients import queries as patient_queries
from caredesk.patients.rules import mask_child_name


def say_on_page(work: Work, *, leg_id: str) -> None:
    """Say on a guardian's own page that the doctor waits. Who serves them sees it, too; nobody owes an answer to it."""
    found = queries.find_leg(work.session, leg_id=leg_id)
    call_up = call_ups.lock_run(work, call_up_id=found.call_up_id) if found is not None else None
    if call_up is None or call_up.state != "running":
        return
    leg = queries.lock_leg(work.session, leg_id=leg_id)
    if leg.state != "planned":
        return
    page = family_queries.find_page_of(work.session, guardian_id=leg.guardian_id)
    if page is None:
        call_ups.end_leg(work, leg, state="skipped", reason="no_page")
    else:
        visitor = conversation_queries.lock_visitor(work.session, visitor_id=page.id)
        conversation = chat.open_conversation(work, visitor=visitor)
        names = patient_queries.names_of_patients(work.session, patient_ids=[call_up.patient_id])
        fields = {
            **facts_of(work.session, call_up=call_up),
            "child": mask_child_name(names.get(call_up.patient_id, "")),
        }
        key = Key("call_up", leg.id)
        append_notice(work, conversation, code=f"call_up.{leg.text}", fields=fields, to_patient=True, key=key)
        changed(work, conversation)
        leg.state, leg.sent_at = "sent", work.now
        call_ups.note_attempt(work, call_up)
    call_ups.climb_soon(work, call_up_id=call_up.id)
    call_ups.tell(work, call_up)

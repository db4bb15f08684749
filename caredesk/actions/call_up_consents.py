"""What a guardian said about being reached, asked and noted by whoever deals with the family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from caredesk.actions.call_up_contacts import CHANNELS, consents_of, note_consent
from caredesk.actions.records import sight_of
from caredesk.actions.replies import AsStaff, can_see
from caredesk.assistance import call_up_queries as queries
from caredesk.assistance import queries as assist_queries
from caredesk.assistance.call_up_schemas import Channel, ConsentView
from caredesk.conversations import line_queries, search_queries
from caredesk.core.work import Work
from caredesk.patients import queries as patient_queries
from caredesk.patients.errors import GuardianNotFound

ADDRESS_CHARACTERS = 80


def consents_for(session: Session, *, guardian_id: str, who: AsStaff) -> list[ConsentView]:
    """Return a guardian's consents; without a talk of the family that the person may see, there is no such guardian."""
    _check_deals_with(session, guardian_id=guardian_id, who=who)
    return consents_of(session, guardian_id=guardian_id)


def take_word(work: Work, *, guardian_id: str, channel: Channel, given: bool, who: AsStaff) -> list[ConsentView]:
    """Note what a guardian said about a channel, with who noted it."""
    _check_deals_with(work.session, guardian_id=guardian_id, who=who.acting())
    note_consent(work, guardian_id=guardian_id, channel=channel, given=given, by=work.actor.name[:60])
    return consents_of(work.session, guardian_id=guardian_id)


def has_any(session: Session) -> bool:
    """Tell whether anybody's word was ever noted."""
    return queries.has_consents(session)


# ---- by file ---------------------------------------------------------------------------------------------


def import_consents(work: Work, rows: Sequence[Mapping[str, str | None]], *, by: str) -> list[str]:
    """Keep consents of a file and return its faults by line; the caller keeps nothing when there are any."""
    faults = []
    for line, row in enumerate(rows, 2):
        cells = {name: (row.get(name) or "").strip() for name in ("guardian_id", "channel", "state", "address")}
        channel = next((one for one in CHANNELS if one == cells["channel"]), None)
        guardian = patient_queries.find_guardian_by_external_id(work.session, external_id=cells["guardian_id"])
        if channel is None or cells["state"] not in ("given", "refused") or len(cells["address"]) > ADDRESS_CHARACTERS:
            faults.append(f"{line}: channel, state or address")
        elif guardian is None:
            faults.append(f"{line}: unknown guardian")
        else:
            given = cells["state"] == "given"
            note_consent(work, guardian_id=guardian.id, channel=channel, given=given, by=by, address=cells["address"])
    return faults


def _check_deals_with(session: Session, *, guardian_id: str, who: AsStaff) -> None:
    sight = sight_of(session, who=who)
    if search_queries.find_conversation_of_guardian(session, guardian_id=guardian_id, sight=sight) is not None:
        return
    if not _is_called_for(session, guardian_id=guardian_id, who=who):
        raise GuardianNotFound


def _is_called_for(session: Session, *, guardian_id: str, who: AsStaff) -> bool:
    """Tell whether an open request that the person may see is about a child for whom the guardian acts, too."""
    children = [one.patient.id for one in patient_queries.list_children(session, guardian_id=guardian_id)]
    requests = assist_queries.list_open_of_patients(session, patient_ids=children)
    talks = line_queries.load_conversations(session, ids=[one.conversation_id for one in requests])
    return any(can_see(session, talk, who=who) for talk in talks.values())

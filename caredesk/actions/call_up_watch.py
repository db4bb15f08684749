"""Notices that a called family's page is seen. It knows no requests, so that whatever sees a page can ask it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from caredesk.assistance import call_up_queries as queries
from caredesk.assistance.call_up_rules import ONLINE_WITHIN, counts_as_arrival
from caredesk.conversations import family_queries, search_queries
from caredesk.core.work import Work


def note_presence(work: Work, *, guardian_id: str | None, acted: bool = False) -> None:
    """Note that a guardian's page is there; with `acted` that somebody has just opened it, read or written.

    Costs one look by an index while nobody calls this family. What follows is a job of its own, so that whoever only
    reads a message never waits for a doctor's request.
    """
    if guardian_id is None:
        return
    for call_up, contact in queries.list_open_contacts_of(work.session, guardian_id=guardian_id):
        if counts_as_arrival(was_online=contact.was_online and not contact.has_left, acted=acted):
            came = {"patient_id": call_up.patient_id, "guardian_id": guardian_id, "by": "presence"}
            work.enqueue("note_arrival", came, key=f"arrival:{call_up.patient_id}")


def note_acts(work: Work, *, guardian_ids: Collection[str]) -> None:
    """Note that these guardians' pages have just been used; one look for all of them while nobody is called."""
    called = queries.list_called_guardians(work.session) if guardian_ids else set()
    for guardian_id in sorted(called.intersection(guardian_ids)):
        note_presence(work, guardian_id=guardian_id, acted=True)


def note_beats(work: Work, *, visitor_ids: Sequence[str]) -> None:
    """Note the pages that are open now; without anybody being called this is one look at an index."""
    called = queries.list_called_guardians(work.session)
    if not called:
        return
    for guardian_id in sorted(family_queries.guardians_behind(work.session, visitor_ids=visitor_ids, among=called)):
        note_presence(work, guardian_id=guardian_id)


def note_who_left(work: Work, *, guardian_ids: Sequence[str]) -> None:
    """Note whose page has gone since they were called: seen again, they came."""
    seen = search_queries.last_seen_of_guardians(work.session, guardian_ids=guardian_ids)
    gone = [one for one in guardian_ids if one not in seen or seen[one] < work.now - ONLINE_WITHIN]
    if gone:
        queries.note_away(work.session, guardian_ids=gone)
